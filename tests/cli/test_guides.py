"""The pages that tell a story, run as they stand: three people's in one folder, and that of a log in its own."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import zkcompliance as zk
from tests.kit.doc_blocks import ROOT, run_in_order
from zkcompliance.hf import SealingCallback


def test_the_guides_run(tmp_path: Path) -> None:
    assert run_in_order("docs/labs.md", tmp_path) == {"sh", "python", "text"}
    assert not (tmp_path / "untrue.zkp").exists()
    assert run_in_order("docs/regulators.md", tmp_path) == {"sh", "text"}
    assert (tmp_path / "verdict.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "assessment-results" in json.loads((tmp_path / "assessment-results.json").read_bytes())
    assert run_in_order("docs/integrators.md", tmp_path) == {"python", "sh", "text"}


def test_the_page_of_roll_ups_runs(tmp_path: Path) -> None:
    assert run_in_order("docs/rollup.md", tmp_path) == {"sh", "python"}


def test_the_page_of_clusters_runs(tmp_path: Path) -> None:
    """On processes of this machine; what needs a scheduler stands there to be read."""
    assert run_in_order("docs/cluster.md", tmp_path) == {"sh"}


def test_the_page_of_logs_runs(tmp_path: Path) -> None:
    """A log is written, moved twice, cosigned, proved over and verified; then the fragment for whoever trains."""
    assert run_in_order("docs/logs.md", tmp_path) == {"sh", "python"}
    assert not (tmp_path / "acme-compute" / "secret" / "segments").exists()
    (fragment,) = re.findall(r"^```python fragment\n(.*?)^```$", (ROOT / "docs/logs.md").read_text(), re.M | re.S)
    added: list[object] = []

    class Trainer:
        add_callback = staticmethod(added.append)

    with zk.open_log(tmp_path / "acme-compute-3", key=tmp_path / "compute.key") as log:
        (tmp_path / "train.py").write_text(fragment)
        runpy.run_path(str(tmp_path / "train.py"), {"trainer": Trainer, "log": log})
    assert isinstance(added[0], SealingCallback)
