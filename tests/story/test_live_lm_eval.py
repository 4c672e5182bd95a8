"""lm-evaluation-harness itself, where it is installed, with a small model: killed in the middle of calls, and gone on.

ZKC_TOOLS_PYTHON names a Python that has zkcompliance, lm_eval, datasets, transformers, torch and accelerate. Nothing is
fetched.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.harness_run import SEALED_AND_KILLED, SMALL_MODEL, SMALL_TASKS
from tests.kit.inspect_tasks import TOOLS
from zkcompliance.quantities import show_id
from zkcompliance.quantities.ids import text_id

pytestmark = pytest.mark.skipif(
    TOOLS is None, reason="NOT RUN: no harness; ZKC_TOOLS_PYTHON names a Python with lm_eval and zkcompliance"
)
DOCUMENTS = 25
GRADERS = {
    "chosen": ["acc,none", "acc_norm,none"],
    "plain": ["exact_match,letter", "exact_match,whole"],
    "drawn": ["exact_match,vote", "exact_match,first"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the model, the tasks and a key."""
    needed = "import zkcompliance, lm_eval, datasets, torch, transformers, accelerate"
    if subprocess.run([str(TOOLS), "-c", needed], capture_output=True, check=False).returncode:
        pytest.skip(f"NOT RUN: {TOOLS} has not all of: {needed.removeprefix('import ')}")
    zk.keygen(tmp_path / "key", "lab.example/live")
    (tmp_path / "evaluate.py").write_text(SEALED_AND_KILLED)
    for program in (SMALL_MODEL, SMALL_TASKS):
        subprocess.run([str(TOOLS), "-c", program], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


def evaluated(folder: Path, kill: int, tasks: str, *launcher: str) -> int:
    """The status of an evaluation that is killed -9 right after so many puts, of the second rank where there are two;
    never for 0."""
    environment = {
        **os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(folder / "cache"), "ACCELERATE_USE_CPU": "1",
    }  # fmt: skip
    done = subprocess.run(
        [str(TOOLS), *launcher, "evaluate.py", str(kill), tasks], cwd=folder, env=environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert kill or not done.returncode, done.stderr[-4000:]
    return done.returncode


def whole(folder: Path, tasks: list[str]) -> None:
    """Each row once, and they are those of the tool's own files, to the digit."""
    rows = list(zk.read_rows(folder / "log"))
    graders = Counter(row["grader"] for row in rows)
    assert graders == {show_id(text_id(each)): DOCUMENTS for task in tasks for each in GRADERS[task]}
    (results,) = folder.glob("out/.*/results_*.json")
    stated = json.loads(results.read_text())["results"]
    for task in tasks:
        (samples,) = folder.glob(f"out/.*/samples_{task}_*.jsonl")
        for grader in GRADERS[task]:
            scores = [int(str(row["score"])) for row in rows if row["grader"] == show_id(text_id(grader))]
            assert sum(scores) == round(1e6 * DOCUMENTS * stated[task][grader])
            metric, chosen = grader.split(",")
            again = subprocess.run(
                [
                    sys.executable, "-m", "zkcompliance", "seal", samples, "--from", "lm-eval", "--log", folder / "log",
                    "--key", folder / "key", "--set", f"results={results}", "--set", f"metric={metric}",
                    "--set", f"filter={chosen}",
                ],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert "already-sealed" in again.stderr
    assert not list(folder.glob("*_sealed_*")), "the call has ended"


def test_killed_three_times(folder: Path) -> None:
    """Among choices, among answers with two filters, among answers that are drawn four times each: on from there."""
    for kill in (10, 30, 60):
        assert evaluated(folder, kill, "chosen,plain,drawn") == -9
    with zk.open_log(folder / "log", key=folder / "key") as log:
        log.seal()
    assert sum(1 for _ in zk.read_rows(folder / "log")) >= 60
    evaluated(folder, 0, "chosen,plain,drawn")
    whole(folder, ["chosen", "plain", "drawn"])


def test_two_ranks(folder: Path) -> None:
    """Over gloo, 13 documents and 12: each puts its own as they are answered. One is killed, and both go on."""
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2")
    assert evaluated(folder, 5, "chosen,drawn", *launcher)
    evaluated(folder, 0, "chosen,drawn", *launcher)
    whole(folder, ["chosen", "drawn"])
