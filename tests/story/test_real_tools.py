"""The tools themselves, where they are installed: fresh logs of theirs import to the figures that they state.

ZKC_TOOLS_PYTHON names a Python that has inspect_ai; without it this stage is skipped, and says so. Nothing is fetched:
the model is Inspect's mock, and a solver of the test's own answers.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.kit.importing import raw
from tests.kit.inspect_tasks import TASKS

TOOLS = os.environ.get("ZKC_TOOLS_PYTHON")
pytestmark = pytest.mark.skipif(
    TOOLS is None, reason="NOT RUN: no fresh logs of the tools; ZKC_TOOLS_PYTHON names a Python with inspect_ai"
)
MILLION = 1_000_000


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    """By task: status, path, stated means, samples and retries, as Inspect itself says."""
    folder = tmp_path_factory.mktemp("tools")
    done = subprocess.run([str(TOOLS), "-c", TASKS], cwd=folder, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    return {name: rest for name, *rest in lines}


@pytest.mark.parametrize(
    ("name", "options", "score"),
    [
        ("dict", {"scorer": "dic.a"}, "a"), ("dict", {"scorer": "b"}, "b"), ("retried", {}, "half"),
        ("scale", {"scale": "1..10"}, "likert"), ("words", {"map": "yes=100%,no=0"}, "words"),
        ("failed", {"incomplete": "yes"}, "half"),
    ],
)  # fmt: skip
def test_fresh_logs_import_to_the_tools_own_figures(
    logs: dict[str, list[object]], name: str, options: dict[str, str], score: str
) -> None:
    status, path, stated, samples, retries = logs[name]
    rows = raw("inspect", Path(str(path)), "eval", **options)
    assert (status, len(rows)) == ("success", samples + retries)
    given = [int(row["score"]) / MILLION for row in rows if row["score"] is not None]
    mean = sum(given) / len(given)
    expected = (stated[score] - 1) / 9 if name == "scale" else stated[score]
    assert mean == pytest.approx(expected, abs=1e-6)
    assert name != "retried" or (retries > 0 and Counter(row["status"] for row in rows)["error"] == retries)


def test_a_fresh_pass_at_2(logs: dict[str, list[object]]) -> None:
    _, path, _, samples, _ = logs["passed"]
    assert len(raw("inspect", Path(str(path)), "eval", reducer="pass_at_2")) == samples == 40


def test_a_fresh_run_that_failed(logs: dict[str, list[object]]) -> None:
    status, path, _, samples, _ = logs["stopped"]
    rows = raw("inspect", Path(str(path)), "eval", incomplete="yes")
    assert status == "error" and len(rows) == samples
    assert {row["status"] for row in rows} == {"error"}
