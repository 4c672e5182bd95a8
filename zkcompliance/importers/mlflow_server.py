"""An MLflow tracking server by its URL, through MLflow's own client, which has to be installed beside this package.

The client has the server's ways of being asked and of knowing who asks (MLFLOW_TRACKING_TOKEN and the like). What it
answers is held against what a store may hold, as in any other store.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

from zkcompliance import limits
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers.mlflow_model import Point, Run, named, point

_AT_ONCE = 1000  # of what is asked for in pages
_HELP = "curl URL/health  # does the server answer, and may you ask it? or import its store: a folder mlruns, or sqlite"


class Server:
    """The store of a server."""

    def __init__(self, url: str) -> None:
        try:
            library: Any = importlib.import_module("mlflow")
        except ImportError:
            raise UsageError(
                "a server is read through MLflow's client, which is not installed", help="pip install mlflow-skinny"
            ) from None
        self._every = library.entities.ViewType.ALL
        self._client = library.MlflowClient(tracking_uri=url)
        self._logging: dict[str, set[str]] = {}

    def runs(self) -> Iterator[Run]:
        """Every run, deleted ones too, by start."""
        names = {str(each.experiment_id): each.name for each in self._pages(self._client.search_experiments)}
        found: list[tuple[int, str, Any]] = []
        for experiment in names:
            for each in self._pages(self._client.search_runs, [experiment]):
                if not isinstance(each.info.run_id, str) or not each.info.run_id:
                    raise ImporterError("a run has no id")
                start = each.info.start_time
                found.append((start if isinstance(start, int) else -1, each.info.run_id, each))
        found.sort(key=lambda run: run[:2])
        for number, (_, uuid, each) in enumerate(found, 1):
            for metric in each.data.metrics:
                self._logging.setdefault(metric, set()).add(uuid)
            parent = each.data.tags.get("mlflow.parentRunId")
            name = names.get(str(each.info.experiment_id))
            yield Run(uuid, each.info.status, each.info.start_time, name, parent, named(number, uuid))

    def logging(self, metric: str) -> set[str]:
        """The ids of the runs that have the metric, of those that `runs` gave."""
        return self._logging.get(metric, set())

    def points(self, run: Run, metric: str, order: str) -> Iterator[Point]:
        """What a run logged of a metric, all of it held; order as in `Store`."""
        return history(self._client, run, metric, order)

    def _pages(self, ask: Callable[..., Any], *about: object) -> Iterator[Any]:
        """All that is answered in pages, deleted ones too."""
        every = "view_type" if not about else "run_view_type"
        token: str | None = None
        met, count = set[str](), 0
        while token is None or token not in met:
            met.add(token or "")
            page = _asked(ask, *about, **{every: self._every, "max_results": _AT_ONCE, "page_token": token})
            for each in page:
                count += 1
                if count > limits.MAX_IMPORT_IDENTITIES:
                    raise ImporterError(f"over {limits.MAX_IMPORT_IDENTITIES} runs in one store")
                yield each
            token = getattr(page, "token", None)
            if not token:
                return
        raise ImporterError("the server gives the same page again and again", help=_HELP)


def history(client: Any, run: Run, metric: str, order: str) -> Iterator[Point]:
    """What MLflow's client says that a run logged of a metric, all of it held; order as in `Store`."""
    found = list(_asked(client.get_metric_history, run.uuid, metric))
    if len(found) > limits.MAX_IMPORT_IDENTITIES:
        raise ImporterError(f"{run.where}: has over {limits.MAX_IMPORT_IDENTITIES} values of the metric")
    if any(type(each.step) is not int or type(each.timestamp) is not int for each in found):
        raise ImporterError(f"{run.where}: a value of the metric has no step or no time")
    first, second = ("step", "timestamp") if order == "step" else ("timestamp", "step")
    found.sort(key=lambda each: (getattr(each, first), getattr(each, second), each.value))
    for number, each in enumerate(found, 1):
        yield point(run, number, each.step, each.timestamp, each.value, each.value != each.value)


def _asked(ask: Callable[..., Any], *about: object, **more: object) -> Any:
    """The client's answer. Its own errors can hold anything: only their kind is passed on."""
    try:
        return ask(*about, **more)
    except Exception as error:
        raise ImporterError(
            f"the server does not answer as an MLflow server does ({type(error).__name__})", help=_HELP
        ) from None
