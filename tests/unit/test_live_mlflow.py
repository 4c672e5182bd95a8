"""MLflow's metrics as they are logged, with a look-alike of its client and store."""

from __future__ import annotations

import itertools
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path

import pytest

import zkcompliance as zk
from zkcompliance.errors import UsageError
from zkcompliance.importers.mlflow import Chosen
from zkcompliance.live.mlflow import Sealing, seal_metrics

T = 1_767_571_200_000  # 2026-01-05, in milliseconds
FLOP = {"flop_metric": "flop"}


class Metric(types.SimpleNamespace):
    key: str
    value: float
    timestamp: int
    step: int


def library(parents: dict[str, str] | None = None) -> types.SimpleNamespace:
    """`mlflow` with a client of one store; `parents`: run → the run above it. Times go on by a second a value."""
    metrics: list[tuple[str, Metric]] = []

    class MlflowClient:
        down = 0  # how often the store does not say what it has

        def log_metric(
            self, run_id: str, key: str, value: float, timestamp: int | None = None, step: int | None = None,
            synchronous: bool | None = None,
        ) -> object:  # fmt: skip
            assert timestamp is not None, "as the row has it"
            return self.log_batch(run_id, [Metric(key=key, value=float(value), timestamp=timestamp, step=step or 0)])

        def log_batch(self, run_id: str, metrics_: object = (), params: object = (), tags: object = ()) -> object:
            metrics.extend((run_id, each) for each in metrics_)  # type: ignore[attr-defined]
            return None

        def get_run(self, run: str) -> object:
            tags = {"mlflow.parentRunId": parents[run]} if parents and run in parents else {}
            return types.SimpleNamespace(
                info=types.SimpleNamespace(status="RUNNING", start_time=T), data=types.SimpleNamespace(tags=tags)
            )

        def get_metric_history(self, run: str, key: str) -> list[Metric]:
            if MlflowClient.down:
                MlflowClient.down -= 1
                raise ConnectionError("canary")
            return [each for of, each in metrics if (of, each.key) == (run, key)]

    return types.SimpleNamespace(MlflowClient=MlflowClient)


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Sealing]:
    zk.keygen(tmp_path / "key", "lab.example/c")

    def begun(mlflow: object, **options: str) -> Sealing:
        monkeypatch.setitem(sys.modules, "mlflow", mlflow)
        return seal_metrics(tmp_path / "log", key=tmp_path / "key", options={**FLOP, **options})

    return begun


def rows(sealing: Sealing) -> list[tuple[int, int, int]]:
    """Start and end since T, and FLOP, of what was sealed."""
    sealing.close()
    found = [(int(row["start"]), int(row["end"]), int(row["flop"])) for row in zk.read_rows(sealing.live.path)]  # type: ignore[call-overload]
    return [(start - T // 1000, end - T // 1000, flop) for start, end, flop in found]


def logs(mlflow: types.SimpleNamespace, run: str, *values: tuple[int, int, float]) -> None:
    """Step, seconds and value of each."""
    client = mlflow.MlflowClient()
    for step, seconds, value in values:
        client.log_metric(run, "flop", value, T + 1000 * seconds, step)


def test_values_become_rows(begin: Callable[..., Sealing]) -> None:
    """One each, of this metric alone, whichever call logs it."""
    mlflow = library()
    sealing = begin(mlflow)
    logs(mlflow, "a", (1, 5, 100), (2, 9, 250))
    client = mlflow.MlflowClient()
    batch = [Metric(key=key, value=300.0, timestamp=T + 12_500, step=3) for key in ("loss", "flop")]
    client.log_batch("a", batch)
    assert rows(sealing) == [(0, 5, 100), (5, 9, 150), (9, 13, 50)] and sealing.live.lost == 0


def test_the_time_is_the_stores(begin: Callable[..., Sealing]) -> None:
    mlflow = library()
    sealing = begin(mlflow)
    before = time.time()
    mlflow.MlflowClient().log_metric("a", "flop", 7, step=1)
    (row,) = rows(sealing)
    assert before <= row[1] + T // 1000 <= time.time() + 1


def test_killed_and_resumed(begin: Callable[..., Sealing]) -> None:
    """What is in the store already comes from there, once, and a step that was done twice counts twice."""
    mlflow = library()
    first = begin(mlflow, resumed="rewind")
    logs(mlflow, "a", (1, 1, 10), (2, 2, 20), (3, 3, 30))
    first.close()
    logs(mlflow, "a", (4, 4, 40))  # nobody listened
    second = begin(mlflow, resumed="rewind")
    logs(mlflow, "a", (3, 5, 30), (4, 6, 40), (4, 6, 40))
    expected = [(n, n + 1, 10) for n in range(6)]
    assert sorted(rows(second)) == expected and second.live.lost == 0


def test_what_the_importer_refuses(begin: Callable[..., Sealing], caplog: pytest.LogCaptureFixture) -> None:
    """Said once; nothing more of the run is sealed, since a later row would not be the importer's."""
    mlflow = library()
    sealing = begin(mlflow)
    logs(mlflow, "a", (1, 1, 10), (2, 2, 20), (2, 3, 20), (3, 4, 30))
    logs(mlflow, "b", (1, 1, 5), (2, 2, 4), (3, 3, 6))
    logs(mlflow, "c", (1, 1, 0.5), (2, 2, 4))
    logs(mlflow, "d", (1, 1, 1))
    assert sorted(rows(sealing)) == [(0, 1, 1), (0, 1, 5), (0, 1, 10), (1, 2, 10)] and sealing.live.lost == 3
    for said in ("a step is there twice", "decreases", "is not a whole number"):
        assert caplog.text.count(said) == 1


def test_a_run_and_its_parent(begin: Callable[..., Sealing], caplog: pytest.LogCaptureFixture) -> None:
    """Whichever comes first; unless both count."""
    mlflow = library({"child": "above", "last": "child"})
    sealing = begin(mlflow)
    logs(mlflow, "above", (1, 1, 10))
    logs(mlflow, "child", (1, 1, 10), (2, 2, 20))
    logs(mlflow, "last", (1, 1, 10))
    assert rows(sealing) == [(0, 1, 10)] and caplog.text.count("counted twice") == 2
    other = library({"child": "above"})
    sealing = begin(other, nested="both", run="x")
    logs(other, "child", (1, 1, 7))
    logs(other, "above", (1, 1, 8))
    assert rows(sealing)[1:] == [(0, 1, 7), (0, 1, 8)]


def test_a_store_that_does_not_answer(
    begin: Callable[..., Sealing], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Asked again later; what came meanwhile is in the store. Its own words are not repeated."""
    monkeypatch.setattr("zkcompliance.live.mlflow._RETRY", 0.0)
    mlflow = library()
    sealing = begin(mlflow)
    mlflow.MlflowClient.down = 2
    logs(mlflow, "a", (1, 1, 10), (2, 2, 20), (3, 3, 30))
    assert rows(sealing) == [(0, 1, 10), (1, 2, 10), (2, 3, 10)]
    assert "does not answer" in caplog.text and "canary" not in caplog.text


def test_a_call_that_does_not_wait(begin: Callable[..., Sealing]) -> None:
    """Counted once the store has it."""
    mlflow = library()
    sealing = begin(mlflow)
    waited = []

    class Pending:
        def wait(self) -> None:
            waited.append(1)
            logs_of_the_store("a", "flop", 9.0, T + 1000, 1)

    def logs_of_the_store(*given: object) -> None:
        """What the store has of it, once it has."""

    sealing._hear(mlflow.MlflowClient(), "a", [("flop", 9.0, T + 1000, 1)], Pending())
    assert rows(sealing) == [(0, 1, 9)] and waited == [1]


def test_logging_is_as_it_was(begin: Callable[..., Sealing], caplog: pytest.LogCaptureFixture) -> None:
    """What MLflow raises is raised, what it answers is answered, and what the log is short of is no error."""
    mlflow, count = library(), itertools.count()

    def answers(self: object, *_: object, **__: object) -> int:
        return next(count)

    mlflow.MlflowClient.log_batch = answers
    sealing = begin(mlflow)
    client = mlflow.MlflowClient()
    assert client.log_batch("a", [Metric(key="loss", value=1.0, timestamp=T, step=1)]) == 0
    with pytest.raises(TypeError):
        client.log_metric("a")
    assert client.log_batch("a", [Metric(key="flop", value="much", timestamp=T, step=1)]) == 1
    sealing.close()
    sealing.close()
    assert client.log_batch("a", [Metric(key="flop", value=1.0, timestamp=T, step=1)]) == 2
    assert sealing.live.lost == 1


def test_options(begin: Callable[..., Sealing], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="of a whole store"):
        begin(library(), experiment="e")
    with pytest.raises(UsageError, match="nested is refuse or both"):
        begin(library(), nested="children")
    with pytest.raises(UsageError, match="has no option"):
        begin(library(), colour="red")
    with pytest.raises(UsageError, match="MLflow is not installed"):
        begin(None)
    assert Chosen.of(FLOP).metric == "flop"
