"""docs/labs.md, regulators.md and integrators.md, run in this order in one folder: the story of three people."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from doc_blocks import ROOT, run_in_order

DATA = ROOT / "tests" / "data"
FILES = {
    "sacct.psv": DATA / "slurm" / "sacct_steps_duplicates.psv",
    "arithmetic-match.json": DATA / "inspect" / "arithmetic-match.json",
    "wmdp-like-choice.json": DATA / "inspect" / "wmdp-like-choice.json",
    "failing-task.json": DATA / "inspect" / "failing-task.json",
}


def test_the_guides_run(tmp_path: Path) -> None:
    for name, source in FILES.items():
        shutil.copy(source, tmp_path / name)
    assert run_in_order("docs/labs.md", tmp_path) == {"sh", "python", "text"}
    assert not (tmp_path / "untrue.zkp").exists()
    assert run_in_order("docs/regulators.md", tmp_path) == {"sh", "text"}
    assert (tmp_path / "verdict.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "assessment-results" in json.loads((tmp_path / "assessment-results.json").read_bytes())
    assert run_in_order("docs/integrators.md", tmp_path) == {"python", "sh", "text"}
