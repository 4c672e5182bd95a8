"""MLflow's stores (sqlite, a folder mlruns, a server): one row per logged step of a cumulative metric, run by run.

Deleted and failed runs count: they spent compute. Metrics are 53-bit doubles: a whole double is taken as the integer
that it is, a fraction is refused. A run that others name as their parent may be without the metric; where parent and
child both have it, it has to be said which counts.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from zkcompliance.edge import regular
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.mlflow_model import Point, Run, Store, milliseconds
from zkcompliance.importers.mlflow_series import gathered, increases, value_before
from zkcompliance.importers.mlflow_store import Database, check_revision, check_tables, opened
from zkcompliance.importers.model import Identified, Importer, Row
from zkcompliance.quantities import parse_integer
from zkcompliance.schemas import Schema

FORMULA = (
    "flop = the increase of flop_metric, a cumulative FLOP count, between logged steps, method measured; or "
    "6 × parameters × the increase of tokens_metric, method architecture. A run's first value counts in full, unless "
    "it goes on from another run. Metrics are doubles: above 2^53 MLflow has rounded them. A row's interval reaches "
    "from the step before (the run's start for the first) to the step; run = MLflow's run id; deleted and failed runs "
    "count"
)
_ENDED = ("FINISHED", "FAILED", "KILLED")
_RANKS = re.compile(r"one|same|[2-9]|[1-9][0-9]{1,5}", re.ASCII)


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the compute schema, runs by start, steps in order."""
    chosen = Chosen.of(options)
    with contextlib.closing(opened(file)) as database, contextlib.closing(database.cursor()) as cursor:
        before = os.fstat(file.fileno())
        try:
            check_tables(cursor)
            check_revision(cursor, options)
            yield from _rows(Database(database), chosen)
        except sqlite3.Error:
            raise ImporterError("the database is damaged") from None  # sqlite's own messages can hold cells
        after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise ImporterError(
                "changed while it was read", help="sqlite3 STORE '.backup copy.db'  # and import the copy"
            )


def read_place(place: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """The same rows of a store that is no file: a folder, or what a URL names."""
    from zkcompliance.importers.mlflow_files import Files
    from zkcompliance.importers.mlflow_server import Server

    scheme, mark, rest = place.partition("://")
    if not mark:
        yield from _rows(Files(Path(place)), Chosen.of(options))
    elif scheme == "file":
        path = Path(unquote(rest.removeprefix("localhost")))
        if path.is_file():
            raise UsageError("a file:// URL names a folder mlruns", help="sqlite:////PATH is the URL of a database")
        yield from _rows(Files(path), Chosen.of(options))
    elif scheme == "sqlite":
        with regular.open_given(Path(rest.removeprefix("/"))) as file:
            yield from read(file, rest, schema, options)
    elif scheme in ("http", "https"):
        yield from _rows(Server(place), Chosen.of(options))
    else:
        raise UsageError(
            "a store is a database of sqlite, a folder mlruns, or an http URL",
            help="mlflow server --backend-store-uri URL  # and import http://localhost:5000",
        )


@dataclass(frozen=True)
class Chosen:
    """The options, read. Increases of `metric` are multiplied by `factor`."""

    stated: settings.Compute
    metric: str
    factor: int
    method: str
    experiment: str
    only: str
    running: str
    without: str
    nested: str
    ranks: str
    resumed: str
    continues: dict[str, str]
    order: str
    named: bool

    @classmethod
    def of(cls, options: Mapping[str, str]) -> Chosen:
        if ("flop_metric" in options) == ("tokens_metric" in options):
            raise UsageError(
                "name one metric: flop_metric, or tokens_metric with parameters",
                help="add --set flop_metric=NAME; or --set tokens_metric=NAME --set parameters=7e9",
            )
        if ("tokens_metric" in options) != ("parameters" in options):
            raise UsageError(
                "tokens_metric and parameters go together",
                help="add --set parameters=7e9 where there is a tokens_metric, and leave it out where there is none",
            )
        ranks = options.get("ranks", "one")
        if not _RANKS.fullmatch(ranks):
            raise UsageError("ranks is one, same or a number of ranks from 2", help="say --set ranks=same, or ranks=8")
        order = settings.choice(options, "order", ("step", "time"), "step")
        resumed = settings.choice(options, "resumed", ("refuse", "rewind", "restart"), "refuse")
        if ranks != "one" and (order, resumed) != ("step", "refuse"):
            raise UsageError("ranks goes with neither order nor resumed", help="leave --set ranks=… out, or the others")
        if order == "time" and resumed == "rewind":
            raise UsageError(
                "resumed=rewind tells by the steps, and order=time says that there are none",
                help="leave --set order=time out, or say resumed=restart",
            )
        return cls(
            settings.Compute.of(options, ""),
            options["flop_metric"] if "flop_metric" in options else options["tokens_metric"],
            6 * parse_integer(options["parameters"]) if "parameters" in options else 1,
            "architecture" if "parameters" in options else "measured",
            options.get("experiment", ""),
            options.get("only_run", ""),
            settings.choice(options, "running", ("refuse", "accept"), "refuse"),
            settings.choice(options, "without", ("refuse", "skip"), "refuse"),
            settings.choice(options, "nested", ("refuse", "children", "parents", "both"), "refuse"),
            ranks,
            resumed,
            settings.table(options, "continues"),
            order,
            "run" in options,
        )


def _rows(store: Store, chosen: Chosen) -> Iterator[Row]:
    every = {run.uuid: run for run in store.runs()}
    if chosen.experiment and any(run.experiment is None for run in every.values()):
        raise ImporterError(
            "an experiment has a name that cannot be read here, so that none can be chosen by name",
            help="choose runs: --set only_run=ID, for each of them",
        )
    asked = {
        uuid: run
        for uuid, run in every.items()
        if chosen.experiment in ("", run.experiment) and chosen.only in ("", uuid)
    }
    for after, before in chosen.continues.items():
        if after not in every or before not in every:
            raise ImporterError(
                "continues: names a run that is not in the store", help="--set continues=LATER=EARLIER, by their ids"
            )
    logging = store.logging(chosen.metric)
    parents = {str(run.parent) for run in every.values() if run.parent is not None}
    both = _both(every, asked, logging)
    if both and chosen.nested == "refuse":
        raise ImporterError(
            f"{both[0][1].where}: the metric is there in it and in its parent, so it may be counted twice",
            help="say which count: --set nested=children, nested=parents or nested=both",
        )
    left = {run.uuid for pair in both for run in pair if run is pair[chosen.nested == "parents"]}
    for uuid, run in asked.items():
        if uuid in left and chosen.nested != "both":
            continue
        if run.status not in _ENDED and (run.status != "RUNNING" or chosen.running != "accept"):
            raise ImporterError(f"{run.where}, status: the run has not ended", help="add --set running=accept")
        if uuid in logging:
            yield from _run(store, run, every, chosen)
        elif uuid not in parents and chosen.without == "refuse":
            raise ImporterError(
                f"{run.where}: has none of this metric",
                help="leave such runs out: --set without=skip; or choose runs: --set experiment=NAME or only_run=ID",
            )


def _both(every: Mapping[str, Run], asked: Mapping[str, Run], logging: set[str]) -> list[tuple[Run, Run]]:
    """(ancestor, run) of runs that are asked for where both have the metric."""
    found = []
    for uuid, run in asked.items():
        above, met = run, {uuid}
        while isinstance(above.parent, str) and above.parent in every and above.parent not in met:
            above = every[above.parent]
            met.add(above.uuid)
            if above.uuid in asked and {uuid, above.uuid} <= logging:
                found.append((above, run))
    return found


def _points(store: Store, run: Run, chosen: Chosen) -> Iterator[Point]:
    """What the run logged of the metric, one a step, in the order in which it counts."""
    timed = chosen.order == "time" or chosen.resumed != "refuse"
    found = store.points(run, chosen.metric, "timestamp" if timed else "step")
    if not timed:
        return gathered(found, chosen.ranks)
    return found


def _run(store: Store, run: Run, every: Mapping[str, Run], chosen: Chosen) -> Iterator[Row]:
    base = 0
    if run.uuid in chosen.continues:
        first = next(_points(store, run, chosen))
        base = value_before(_points(store, every[chosen.continues[run.uuid]], chosen), first.step)
    yield from counted(_points(store, run, chosen), run, chosen, base)


def counted(points: Iterator[Point], run: Run, chosen: Chosen, base: int = 0) -> Iterator[Row]:
    """The rows of one run, one for each of these points and before the next is asked for; base: where it goes on."""
    began = milliseconds(run.start, f"{run.where}, start_time")
    times: dict[int, int] = {}  # step → how often it was logged: more than once where a run was resumed
    for found in increases(points, began, chosen.resumed, base):
        row = chosen.stated.row(found.start // 1000, -(-found.end // 1000), chosen.factor * found.amount, chosen.method)
        times[found.step] = times.get(found.step, 0) + 1
        yield Identified(
            row if chosen.named else {**row, "run": run.uuid},
            (run.uuid, found.step, times[found.step]),
            f"step {found.step} of {run.where}",
        )


IMPORTER = Importer(
    "mlflow",
    "MLflow store: sqlite, a folder mlruns, or a server's URL",
    FORMULA,
    read,
    ("compute",),
    {
        "flop_metric": "name of a cumulative FLOP metric, e.g. train/flops_cumulative",
        "tokens_metric": "name of a cumulative token metric, with `parameters`",
        "parameters": "of the model, e.g. 7e9",
        "experiment": "only runs of this experiment; default all",
        "only_run": "only the run of this id; default all",
        "running": "refuse (default) or accept runs that have not ended",
        "without": "refuse (default) or skip runs without the metric that are no parents of others",
        "nested": "refuse (default) the metric in a run and its parent; or what counts: children, parents or both",
        "ranks": "of a step with several values: one (default, refused), same (each rank logs all), or their number",
        "resumed": "refuse (default) a run that goes back; rewind: to a checkpoint; restart: its counter to 0",
        "continues": "LATER=EARLIER, by ids: the first value of a run counts from where it goes on from another",
        "order": "step (default) or time, of metrics without steps",
        "revision": "a revision of the database schema to accept besides those known",
        **settings.COMPUTE,
        **settings.DEVICES,
    },
    columns=settings.ROW,
    place=read_place,
)
