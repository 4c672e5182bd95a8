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

TOOLS = os.environ.get("ZKC_TOOLS_PYTHON")
pytestmark = pytest.mark.skipif(
    TOOLS is None, reason="NOT RUN: no fresh logs of the tools; ZKC_TOOLS_PYTHON names a Python with inspect_ai"
)
MILLION = 1_000_000
TASKS = """
import json, os, random
os.environ["INSPECT_DISPLAY"] = "none"
from inspect_ai import Epochs, Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Score, accuracy, mean, scorer
from inspect_ai.solver import solver

def of(*parts):
    return random.Random(repr(parts)).random()

def made(name, metrics, value):
    @scorer(metrics=metrics, name=name)
    def it():
        async def score(state, target):
            return Score(value=value(state))
        return score
    return it()

@solver
def answer(fails=0.0, always=False):
    tries = {}
    async def solve(state, generate):
        key = (state.sample_id, state.epoch)
        tries[key] = tries.get(key, 0) + 1
        if of(key) < fails and (always or tries[key] < 2):
            raise RuntimeError("failed")
        state.output = ModelOutput.from_content("mockllm", "an answer")
        return state
    return solve

def task(name, scorer, solver=None, **more):
    data = MemoryDataset([Sample(id=n, input="q", target="t") for n in range(1, 11)], name="d")
    return Task(name=name, dataset=data, solver=solver or answer(), scorer=scorer, **more)

half = lambda state: of(state.sample_id, state.epoch) > 0.5
both = lambda state: {"a": of(state.sample_id, "a"), "b": of(state.sample_id, "b")}
letters = lambda state: "CPIN"[int(4 * of(state.sample_id, state.epoch))]
runs = [
    (task("dict", made("dic", {"*": [mean()]}, both)), {}),
    (task("retried", made("half", [accuracy()], half), answer(0.5), epochs=2), {"retry_on_error": 3}),
    (task("passed", made("letters", [accuracy()], letters), epochs=Epochs(4, ["pass_at_2"])), {}),
    (task("scale", made("likert", [mean()], lambda state: 1 + int(10 * of(state.sample_id)))), {}),
    (task("words", made("words", [accuracy()], lambda state: "yes" if half(state) else "no")), {}),
    (task("failed", made("half", [accuracy()], half), answer(0.4, True)), {"fail_on_error": False}),
    (task("stopped", made("half", [accuracy()], half), answer(0.4, True)), {}),
]
for each, more in runs:
    (log,) = eval(each, model="mockllm/model", log_dir="logs", display="none", **more)
    found = log.results.scores if log.results else []
    stated = {line.name: next(iter(line.metrics.values())).value for line in found}
    retries = sum(len(sample.error_retries or []) for sample in log.samples or [])
    print(json.dumps([log.eval.task, log.status, str(log.location), stated, len(log.samples or []), retries]))
"""


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
