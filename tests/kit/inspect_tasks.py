"""A script that runs Inspect with its mock model: one task for each thing that its logs can say."""

import os

TOOLS = os.environ.get("ZKC_TOOLS_PYTHON")  # a Python that has inspect_ai and zkcompliance
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
