"""lm-evaluation-harness with a look-alike of it, over what the real one wrote once."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import zkcompliance as zk
from tests.kit.command_line import run
from tests.kit.importing import DATA
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.live.lm_eval import evaluate_sealed

FOLDER = DATA / "lm-eval"
RESULTS = json.loads((FOLDER / "results.json").read_text())
SAMPLES = {
    task: [json.loads(line) for line in (FOLDER / f"samples_{task}.jsonl").read_text().splitlines()]
    for task in ("mini_gen", "mini_wmdp_like")
}


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


@dataclass
class General:
    model_name: str = RESULTS["model_name"]


class Tracker:
    def __init__(self) -> None:
        self.general_config_tracker = General()


@pytest.fixture(autouse=True)
def harness(monkeypatch: pytest.MonkeyPatch) -> types.SimpleNamespace:
    """`lm_eval`, whose `found` is what it finds."""
    results = {name: value for name, value in RESULTS.items() if name != "model_name"}
    module = types.SimpleNamespace(found={**results, "samples": SAMPLES}, __version__=RESULTS["lm_eval_version"])
    evaluator = types.SimpleNamespace(evaluate=None)
    monkeypatch.setitem(sys.modules, "lm_eval.evaluator", evaluator)
    monkeypatch.setitem(sys.modules, "lm_eval.api.metrics", types.SimpleNamespace(mean=mean))
    monkeypatch.setitem(sys.modules, "lm_eval.api.model", types.SimpleNamespace(hash_args=str))

    def simple_evaluate(*, model: str, log_samples: bool, evaluation_tracker: Tracker) -> Any:
        assert model == "dummy" and log_samples and isinstance(evaluation_tracker, Tracker)
        return module.found

    module.simple_evaluate = simple_evaluate
    monkeypatch.setitem(sys.modules, "lm_eval", module)
    monkeypatch.setitem(sys.modules, "lm_eval.loggers", types.SimpleNamespace(EvaluationTracker=Tracker))
    monkeypatch.setitem(sys.modules, "lm_eval.utils", types.SimpleNamespace(handle_non_serializable=str))
    return module


@pytest.fixture
def live(tmp_path: Path) -> Iterator[zk.Live]:
    zk.keygen(tmp_path / "key", "lab.example/e")
    with zk.Live(tmp_path / "log", key=tmp_path / "key", schema=zk.schemas.eval) as opened:
        yield opened


def scores(live: zk.Live) -> list[int]:
    live.seal()
    return [int(row["score"]) for row in zk.read_rows(live.path)]  # type: ignore[call-overload]


def test_each_document_filter_and_metric(live: zk.Live, tmp_path: Path) -> None:
    """7/24 and 4/10, in the rows of the importer: sealing the tool's own files brings nothing."""
    found = evaluate_sealed(live, model="dummy")
    assert found["samples"] is SAMPLES
    results = tmp_path / "results.json"
    results.write_text(json.dumps({**RESULTS, "date": found["date"]}))
    metrics = len(SAMPLES["mini_wmdp_like"][0]["metrics"])
    assert len(scores(live)) == 10 + 24 * metrics
    live.close()
    for task in SAMPLES:
        for metric in SAMPLES[task][0]["metrics"]:
            again = run(
                "seal", FOLDER / f"samples_{task}.jsonl", "--from", "lm-eval", "--log", live.path, "--key",
                tmp_path / "key", "--set", f"results={results}", "--set", f"metric={metric}",
            )  # fmt: skip
            assert "already-sealed" in again.stderr


def test_one_metric(live: zk.Live) -> None:
    evaluate_sealed(live, model="dummy", log_samples=True, options={"metric": "acc", "domain": "subject"})
    assert sum(scores(live)) == 7_000_000 and len(scores(live)) == 24


def test_a_function_that_opens_the_log(tmp_path: Path, harness: types.SimpleNamespace) -> None:
    """Called by the process that has the results alone, which closes it."""
    zk.keygen(tmp_path / "key", "lab.example/e")

    def opened() -> zk.Live:
        return zk.Live(tmp_path / "log", key=tmp_path / "key", schema=zk.schemas.eval)

    found, harness.found = harness.found, None
    assert evaluate_sealed(opened, model="dummy") is None and not (tmp_path / "log").exists()
    harness.found = found
    evaluate_sealed(opened, model="dummy", options={"metric": "exact_match"})
    assert len(list(zk.read_rows(tmp_path / "log"))) == 10


def test_what_is_no_grade(tmp_path: Path, harness: types.SimpleNamespace, caplog: pytest.LogCaptureFixture) -> None:
    """A metric that the importer refuses is said; the others are sealed. Or raised, where the log has it so."""
    lines = [{**line, "metrics": ["exact_match", "ppl"], "ppl": [1.5, 2]} for line in SAMPLES["mini_gen"]]
    harness.found = {**harness.found, "samples": {"mini_gen": lines}}
    zk.keygen(tmp_path / "key", "lab.example/e")
    with zk.Live(tmp_path / "log", key=tmp_path / "key", schema=zk.schemas.eval, on_error="warn") as live:
        assert evaluate_sealed(live, model="dummy") is harness.found
        assert sum(scores(live)) == 4_000_000 and live.lost == 1 and "it is no single grade" in caplog.text
    with (
        zk.Live(tmp_path / "log", key=tmp_path / "key") as live,
        pytest.raises(ImporterError, match="it is no single grade"),
    ):
        evaluate_sealed(live, model="dummy")


def test_a_limit(live: zk.Live, harness: types.SimpleNamespace) -> None:
    """A suite that was cut is refused, and taken where that is stated; a mean that does not follow is refused."""
    cut = {"original": 99, "effective": 10}
    harness.found = {
        **harness.found, "samples": {"mini_gen": SAMPLES["mini_gen"]}, "n-samples": {"mini_gen": cut},
    }  # fmt: skip
    with pytest.raises(ImporterError, match="a limit cut the suite"):
        evaluate_sealed(live, model="dummy")
    evaluate_sealed(live, model="dummy", options={"limited": "yes"})
    assert len(scores(live)) == 10
    harness.found["results"] = {"mini_gen": {"exact_match,none": 0.9}}
    with pytest.raises(ImporterError, match="does not follow from the documents"):
        evaluate_sealed(live, model="dummy", options={"limited": "yes"})


def test_options(live: zk.Live, monkeypatch: pytest.MonkeyPatch) -> None:
    for options, why in (
        ({"colour": "red"}, "has no option"),
        ({"results": "results.json"}, "is of files"),
        ({"scale": "x"}, "scale"),
    ):
        with pytest.raises(UsageError, match=why):
            evaluate_sealed(live, model="dummy", options=options)
    with pytest.raises(UsageError, match="leave it on"):
        evaluate_sealed(live, model="dummy", log_samples=False)
    monkeypatch.setitem(sys.modules, "lm_eval", None)
    with pytest.raises(UsageError, match="lm_eval is not installed"):
        evaluate_sealed(live, model="dummy")
