"""MLflow: a cumulative metric is sealed as it is logged.

    from zkcompliance.live.mlflow import seal_metrics

    seal_metrics("acme-compute", key="compute.key", options={"tokens_metric": "tokens", "parameters": "7e9"})

One line, before anything is logged; importing this module changes nothing. `MlflowClient.log_metric` and `log_batch`,
through which all logging goes, autologging too, then also tell a thread what the store has taken. Its rows are those
that `zkcompliance seal --from mlflow STORE` would make, by the same code, and of the same records. What a run has in
the store before its first value here, of a process that was killed for one, is taken from the store first.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from zkcompliance import schemas
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers.mlflow import IMPORTER, Chosen, counted
from zkcompliance.importers.mlflow_model import Point, Run, point
from zkcompliance.importers.mlflow_server import history
from zkcompliance.importers.model import Row
from zkcompliance.live.identified import put
from zkcompliance.live.writer import Live

_RETRY = 30.0  # seconds until a store that did not say what it has is asked again
_OF_STORES = ("experiment", "only_run", "running", "without", "ranks", "continues", "order", "revision")


class Value(NamedTuple):
    """A value that was logged. pending: of a call that did not wait, what tells when the store has it, or None."""

    client: Any
    run: str
    step: int
    time: int
    value: float
    pending: Any


def seal_metrics(
    path: str | Path, *, options: Mapping[str, str], key: str | Path | None = None, **more: Any
) -> Sealing:
    """From now on, seal what any run of this process logs of a metric in the log of compute at `path`; made where new.

    `options`: as of `seal --from mlflow --set` (docs/importers.md): `flop_metric`, or `tokens_metric` with
    `parameters`; `resumed` where a run goes back to a checkpoint; `nested=both` where a run and its parent both have
    the metric and both count; what else holds of the rows. `key`, `more`: as for `Live`. Nothing is raised by a call
    that logs: what goes wrong is said in a warning of the logger `zkcompliance`. Raises UsageError for an option that
    there is not, or where MLflow is not installed.
    """
    try:
        library: Any = importlib.import_module("mlflow")
    except ImportError:
        raise UsageError("MLflow is not installed", help="pip install mlflow-skinny") from None
    given = dict(options)
    compute = schemas.by_name("compute")
    IMPORTER.check(compute, given)
    for name in _OF_STORES:
        if name in given:
            raise UsageError(f"{name} is of a whole store: while runs log there is nothing to choose by it")
    if given.get("nested", "refuse") not in ("refuse", "both"):
        raise UsageError("nested is refuse or both: while a run logs, nobody knows what its parent will")
    chosen = Chosen.of(given)
    sealing = Sealing(Live(path, key=key, schema=compute, on_error="warn", **more), chosen)
    sealing.listen(library.MlflowClient)
    atexit.register(sealing.close)
    return sealing


class Sealing:
    """A thread that takes what was logged, and puts its rows."""

    def __init__(self, live: Live, chosen: Chosen) -> None:
        self.live, self._chosen, self._closed = live, chosen, False
        self._runs: dict[str, Counting] = {}
        self._asked: dict[str, float] = {}  # run → when the store was last asked about it, of those not in _runs
        self._process = os.getpid()
        self._begin()

    def _begin(self) -> None:
        self._waiting: queue.SimpleQueue[Value | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._take, name="zkcompliance-mlflow", daemon=True)
        self._thread.start()

    def listen(self, client: Any) -> None:
        """Hear what this class of clients logs."""
        log_metric, log_batch = client.log_metric, client.log_batch

        @functools.wraps(log_metric)
        def metric(
            self_: Any, run_id: str, key: str, value: Any, timestamp: int | None = None, step: int | None = None,
            *rest: Any, **named: Any,
        ) -> Any:  # fmt: skip
            timestamp = int(time.time() * 1000) if timestamp is None else timestamp
            answer = log_metric(self_, run_id, key, value, timestamp, step, *rest, **named)
            self._hear(self_, run_id, [(key, value, timestamp, step)], answer)
            return answer

        @functools.wraps(log_batch)
        def batch(self_: Any, run_id: str, metrics: Any = (), *rest: Any, **named: Any) -> Any:
            metrics = list(metrics)
            answer = log_batch(self_, run_id, metrics, *rest, **named)
            self._hear(self_, run_id, [(each.key, each.value, each.timestamp, each.step) for each in metrics], answer)
            return answer

        client.log_metric, client.log_batch = metric, batch

    def _hear(self, client: Any, run: str, logged: list[tuple[Any, Any, Any, Any]], pending: Any) -> None:
        """The store has them, or `pending` will say so. Nothing waits, and nothing is raised."""
        if self._closed:
            return
        with self.live.telling(losing=True):
            if os.getpid() != self._process:  # forked: threads are not
                self._process = os.getpid()
                self._begin()
            for key, value, timestamp, step in logged:
                if key == self._chosen.metric:
                    self._waiting.put(Value(client, run, int(step or 0), int(timestamp), float(value), pending))

    def _take(self) -> None:
        while (value := self._waiting.get()) is not None:
            with self.live.telling(losing=True):
                self._put(value)

    def _put(self, value: Value) -> None:
        if value.pending is not None:
            value.pending.wait()
        counting = self._runs.get(value.run)
        if counting is not None:
            put(self.live, IMPORTER.name, counting.rows(value.step, value.time, value.value))
        elif time.monotonic() >= self._asked.get(value.run, -_RETRY) + _RETRY:  # until then it is in the store
            self._asked[value.run] = time.monotonic()
            counting = Counting(value.client, value.run, self._chosen)
            refused = counting.refused(value.client, self._runs)
            logged = list(counting.logged(value.client))
            self._runs[value.run] = counting
            if refused is not None:
                raise counting.stop(refused)
            logged.append((value.step, value.time, value.value))
            found: list[Row] = []
            try:
                for each in logged:
                    found.extend(counting.rows(*each))
            finally:
                put(self.live, IMPORTER.name, found)  # what came before a value that is refused

    def close(self) -> None:
        """Take what was logged, seal it where there is a key, and hear no more."""
        if self._closed or os.getpid() != self._process:
            return
        self._closed = True
        self._waiting.put(None)
        self._thread.join()
        self.live.close()


class Counting:
    """The rows of one run, value by value, as the importer has them of its whole series."""

    def __init__(self, client: Any, run: str, chosen: Chosen) -> None:
        found = client.get_run(run)
        parent = found.data.tags.get("mlflow.parentRunId")
        self.run = Run(run, found.info.status, found.info.start_time, None, parent, f"run {run}")
        self._chosen, self._stopped = chosen, False
        self._met: set[tuple[int, int, float]] = set()  # a store keeps equal values of a millisecond once
        self._points: deque[Point] = deque()
        self._rows = counted(self._next(), self.run, chosen)
        self._last: Point | None = None

    def refused(self, client: Any, others: Mapping[str, Counting]) -> ImporterError | None:
        """Where a run above has the metric too, or one below that was counted here."""
        above, met, both = self.run.parent, {self.run.uuid}, False
        while isinstance(above, str) and above not in met and not both:
            met.add(above)
            both = above in others or bool(client.get_metric_history(above, self._chosen.metric))
            above = client.get_run(above).data.tags.get("mlflow.parentRunId")
        both = both or any(each.run.parent == self.run.uuid for each in others.values())
        if self._chosen.nested == "both" or not both:
            return None
        return ImporterError(
            f"{self.run.where}: the metric is there in it and in its parent or child, so it may be counted twice",
            help="say that both count: nested=both; or seal the store when they have ended",
        )

    def stop(self, error: ImporterError) -> ImporterError:
        """No more of the run is sealed; the error, for whoever raises it."""
        self._stopped = True
        return error

    def _next(self) -> Iterator[Point]:
        while True:
            yield self._points.popleft()

    def logged(self, client: Any) -> Iterator[tuple[int, int, float]]:
        """(step, time, value) of what the store has of the run, in the order in which it counts."""
        order = "step" if self._chosen.resumed == "refuse" else "timestamp"
        for each in history(client, self.run, self._chosen.metric, order):
            yield each.step, each.time, float(each.value)

    def rows(self, step: int, at: int, value: float) -> Iterator[Row]:
        """The row that ends with this value; none where the value is there already, or after one that was refused."""
        if self._stopped or (step, at, value) in self._met:
            return
        self._stopped = True  # unless it is counted
        found = point(self.run, len(self._met) + 1, step, at, value, value != value)
        if self._chosen.resumed == "refuse" and self._last is not None and step <= self._last.step:
            raise ImporterError(
                f"{found.where}: a step is there twice, or after a later one; no more of the run is sealed",
                help="a run that was resumed: resumed=rewind; then seal the store, which brings what is missing",
            )
        self._points.append(found)
        row = next(self._rows)
        self._met.add((step, at, value))
        self._last, self._stopped = found, False
        yield row
