"""MLflow's sqlite store, read-only and without MLflow: one row per logged step of a cumulative metric, run by run.

The database is opened immutable: nothing is written beside it, and a store in use is refused when its write-ahead log
or journal holds what the file does not, or when the file changes meanwhile. Deleted and failed runs count: they spent
compute. Metrics are 53-bit doubles: a whole double is taken as the integer that it is, a fraction is refused.
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
from urllib.parse import quote

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.model import Importer, Row
from zkcompliance.quantities import parse_integer
from zkcompliance.schemas import Schema

FORMULA = (
    "flop = the increase of flop_metric, a cumulative FLOP count, between logged steps, method measured; or "
    "6 × parameters × the increase of tokens_metric, method architecture. A run's first value counts in full. Metrics "
    "are doubles: above 2^53 MLflow has rounded them. A row's interval reaches from the step before (the run's start "
    "for the first) to the step; run = MLflow's run id; deleted and failed runs count"
)
REVISIONS = ("dc11669786a5",)  # of the database schema; MLflow 3.17
_MAGIC = b"SQLite format 3\0"
_LONGEST_CELL = 1 << 20
_TABLES = {
    "alembic_version": ("version_num",),
    "experiments": ("experiment_id", "name"),
    "runs": ("run_uuid", "status", "start_time", "end_time", "experiment_id"),
    "metrics": ("key", "value", "timestamp", "run_uuid", "step", "is_nan"),
}
_ENDED = ("FINISHED", "FAILED", "KILLED")
_COMPUTED = re.compile(r"\bGENERATED\b|\bAS\s*\(", re.IGNORECASE)  # of a column: [GENERATED ALWAYS] AS (…)


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the compute schema, runs by start, steps in order."""
    chosen = _Chosen.of(options)
    with contextlib.closing(_open(file)) as database, contextlib.closing(database.cursor()) as cursor:
        before = os.fstat(file.fileno())
        try:
            _check_tables(cursor)
            _check_revision(cursor, options)
            yield from _runs(database, chosen)
        except sqlite3.Error:
            raise ImporterError("the database is damaged") from None  # sqlite's own messages can hold cells
        after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise ImporterError("changed while it was read")


def _open(file: BinaryIO) -> sqlite3.Connection:
    """The database behind an open file, immutable, with nothing of its schema trusted."""
    head = settings.head(file, 100)
    if head[:16] != _MAGIC:
        raise ImporterError("is not an sqlite database")
    if head[18:20] != b"\x01\x01":
        raise ImporterError(
            "is in write-ahead mode, so rows may stand in another file", help="PRAGMA journal_mode=DELETE, then import"
        )
    path = Path(os.fsdecode(getattr(file, "name", "")))
    for ending in ("-journal", "-wal"):
        beside = path.with_name(path.name + ending)
        if beside.exists() and beside.stat().st_size:
            raise ImporterError(f"has a {ending} file beside it: a writer was interrupted, or is at work")
    if not os.path.samestat(path.stat(), os.fstat(file.fileno())):
        raise ImporterError("changed while it was opened")
    try:
        database = sqlite3.connect(f"file:{quote(os.fsencode(path.absolute()))}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error:
        raise ImporterError("cannot be opened as a database") from None
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_CELL)
    database.set_authorizer(_authorize)
    return database


def _authorize(action: int, *_: object) -> int:
    reading = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)
    return sqlite3.SQLITE_OK if action in reading else sqlite3.SQLITE_DENY


def _check_tables(cursor: sqlite3.Cursor) -> None:
    """Real tables with the columns that are read: no views and no virtual tables, which run code of their own."""
    created = dict(cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    for name, columns in _TABLES.items():
        sql = created.get(name)
        if not isinstance(sql, str) or not sql.upper().startswith("CREATE TABLE"):
            raise ImporterError(f"has no table {name}: not an MLflow store")
        if _COMPUTED.search(sql):
            raise ImporterError(f"table {name}: has computed columns")
        try:
            cursor.execute(f"SELECT {', '.join(columns)} FROM {name} LIMIT 0")  # noqa: S608
        except sqlite3.Error:
            raise ImporterError(f"table {name}: lacks one of the columns {', '.join(columns)}") from None


def _check_revision(cursor: sqlite3.Cursor, options: Mapping[str, str]) -> None:
    revisions = [row[0] for row in cursor.execute("SELECT version_num FROM alembic_version LIMIT 2")]
    if len(revisions) != 1 or revisions[0] not in (*REVISIONS, options.get("revision")):
        shown = settings.shown(revisions[0] if len(revisions) == 1 else None, r"[0-9a-f]{12}")
        raise ImporterError(
            f"alembic_version: {shown} is not known, only {', '.join(REVISIONS)}",
            help="add --set revision=… if its tables mean the same",
        )


@dataclass(frozen=True)
class _Chosen:
    """The options, read. Increases of `metric` are multiplied by `factor`."""

    stated: settings.Compute
    metric: str
    factor: int
    method: str
    experiment: str
    only: str
    running: str
    named: bool

    @classmethod
    def of(cls, options: Mapping[str, str]) -> _Chosen:
        if ("flop_metric" in options) == ("tokens_metric" in options):
            raise UsageError(
                "name one metric: flop_metric, or tokens_metric with parameters", help="zkcompliance formats"
            )
        if ("tokens_metric" in options) != ("parameters" in options):
            raise UsageError("tokens_metric and parameters go together", help="zkcompliance formats")
        return cls(
            settings.Compute.of(options, ""),
            options.get("flop_metric") or options["tokens_metric"],
            6 * parse_integer(options["parameters"]) if "parameters" in options else 1,
            "architecture" if "parameters" in options else "measured",
            options.get("experiment", ""),
            options.get("only_run", ""),
            settings.choice(options, "running", ("refuse", "accept"), "refuse"),
            "run" in options,
        )


def _runs(database: sqlite3.Connection, chosen: _Chosen) -> Iterator[Row]:
    query = (
        "SELECT r.run_uuid, r.status, r.start_time, e.name FROM runs r JOIN experiments e "
        "ON e.experiment_id = r.experiment_id ORDER BY r.start_time, r.run_uuid"
    )
    number = 0
    for uuid, status, start, experiment in database.execute(query):
        if chosen.experiment not in ("", experiment) or chosen.only not in ("", uuid):
            continue
        number += 1
        where = f"run {number}"
        if not isinstance(uuid, str) or not uuid:
            raise ImporterError(f"{where}, run_uuid: is not a text")
        if status not in _ENDED and (status != "RUNNING" or chosen.running != "accept"):
            raise ImporterError(f"{where}, status: the run has not ended", help="add --set running=accept")
        began = _milliseconds(start, f"{where}, start_time")
        any_run = False
        for row in _steps(database, uuid, began, where, chosen):
            any_run = True
            yield row if chosen.named else {**row, "run": uuid}
        if not any_run:
            raise ImporterError(
                f"{where}: has none of this metric", help="choose runs with --set experiment=NAME or only_run=ID"
            )


def _steps(
    database: sqlite3.Connection, uuid: str, began: int, where: str, chosen: _Chosen
) -> Iterator[dict[str, object]]:
    query = "SELECT step, timestamp, value, is_nan FROM metrics WHERE run_uuid = ? AND key = ? ORDER BY step, timestamp"
    last, total, clock = None, 0, None
    points = database.execute(query, (uuid, chosen.metric))
    for number, (step, timestamp, value, is_nan) in enumerate(points, 1):
        here = f"{where}, value {number} of the metric"
        if not isinstance(step, int) or step == last:
            raise ImporterError(f"{here}: a step is there twice")
        time = _milliseconds(timestamp, f"{where}, timestamp")
        if clock is not None and time < clock:
            raise ImporterError(f"{here}: time runs backwards between steps")
        amount = _whole(value, is_nan, here)
        if amount < total:
            raise ImporterError(f"{here}: decreases, and a cumulative metric is wanted")
        first = min(began, time) if clock is None else clock
        yield chosen.stated.row(first // 1000, -(-time // 1000), chosen.factor * (amount - total), chosen.method)
        last, total, clock = step, amount, time


def _milliseconds(value: object, where: str) -> int:
    if not isinstance(value, int) or value < 0:
        raise ImporterError(f"{where}: is not a time in milliseconds")
    return value


def _whole(value: object, is_nan: object, where: str) -> int:
    """A double that is a whole number ≥ 0, as that integer. MLflow writes infinities as the largest double."""
    if is_nan or isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise ImporterError(f"{where}: is not a number")
    if value < 0 or value > 1e300:
        raise ImporterError(f"{where}: is negative or infinite")
    if isinstance(value, float) and not value.is_integer():
        raise ImporterError(f"{where}: is not a whole number")
    return int(value)


IMPORTER = Importer(
    "mlflow",
    "MLflow sqlite store",
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
        "revision": "a revision of the database schema to accept besides those known",
        **settings.COMPUTE,
        **settings.DEVICES,
    },
    columns=settings.ROW,
)
