"""docs/labs.md, regulators.md and integrators.md, run in this order in one folder: the story of three people."""

from __future__ import annotations

import json
from pathlib import Path

from doc_blocks import run_in_order


def test_the_guides_run(tmp_path: Path) -> None:
    assert run_in_order("docs/labs.md", tmp_path) == {"sh", "python", "text"}
    assert not (tmp_path / "untrue.zkp").exists()
    assert run_in_order("docs/regulators.md", tmp_path) == {"sh", "text"}
    assert (tmp_path / "verdict.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "assessment-results" in json.loads((tmp_path / "assessment-results.json").read_bytes())
    assert run_in_order("docs/integrators.md", tmp_path) == {"python", "sh", "text"}
