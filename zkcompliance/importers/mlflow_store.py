"""MLflow's sqlite store as a database: opened read-only and immutable, nothing of its schema trusted, without MLflow.

Nothing is written beside it, and a store in use is refused when its write-ahead log or journal holds what the file does
not.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from zkcompliance.errors import ImporterError
from zkcompliance.importers import settings
from zkcompliance.importers.mlflow_model import Point, Run, named, point

REVISIONS = {"0584bdc529eb": "2.22", "dc11669786a5": "3.17"}  # of the database schema, and the MLflow that has it
_MAGIC = b"SQLite format 3\0"
_LONGEST_CELL = 1 << 20
_TABLES = {
    "alembic_version": ("version_num",),
    "experiments": ("experiment_id", "name"),
    "runs": ("run_uuid", "status", "start_time", "end_time", "experiment_id"),
    "metrics": ("key", "value", "timestamp", "run_uuid", "step", "is_nan"),
}
_TAGS = {"tags": ("key", "value", "run_uuid")}  # which a store may lack; then no run has a parent
_COMPUTED = re.compile(r"\bGENERATED\b|\bAS\s*\(", re.IGNORECASE)  # of a column: [GENERATED ALWAYS] AS (…)


def opened(file: BinaryIO) -> sqlite3.Connection:
    """The database behind an open file, immutable, with nothing of its schema trusted."""
    head = settings.head(file, 100)
    if head[:16] != _MAGIC:
        raise ImporterError("is not an sqlite database")
    if head[18:20] != b"\x01\x01":
        raise ImporterError(
            "is in write-ahead mode, so rows may stand in another file",
            help="sqlite3 STORE 'PRAGMA journal_mode=DELETE'  # of a copy that nobody writes, and import that",
        )
    path = Path(os.fsdecode(getattr(file, "name", "")))
    for ending in ("-journal", "-wal"):
        beside = path.with_name(path.name + ending)
        if beside.exists() and beside.stat().st_size:
            raise ImporterError(
                f"has a {ending} file beside it: a writer was interrupted, or is at work",
                help="sqlite3 STORE '.backup copy.db'  # and import the copy",
            )
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


def check_tables(cursor: sqlite3.Cursor) -> None:
    """Real tables with the columns that are read: no views and no virtual tables, which run code of their own."""
    created = dict(cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    for name, columns in (_TABLES | (_TAGS if "tags" in created else {})).items():
        sql = created.get(name)
        if not isinstance(sql, str) or not sql.upper().startswith("CREATE TABLE"):
            raise ImporterError(f"has no table {name}: not an MLflow store")
        if _COMPUTED.search(sql):
            raise ImporterError(f"table {name}: has computed columns")
        try:
            cursor.execute(f"SELECT {', '.join(columns)} FROM {name} LIMIT 0")  # noqa: S608
        except sqlite3.Error:
            raise ImporterError(f"table {name}: lacks one of the columns {', '.join(columns)}") from None


def check_revision(cursor: sqlite3.Cursor, options: Mapping[str, str]) -> None:
    """ImporterError, naming the revision, unless it is known or stated."""
    found = [row[0] for row in cursor.execute("SELECT version_num FROM alembic_version LIMIT 2")]
    if len(found) != 1:
        raise ImporterError(
            f"alembic_version: names {'several revisions' if found else 'no revision'} of the database",
            help="mlflow db upgrade sqlite:///STORE  # on a copy of the store",
        )
    if found[0] not in (*REVISIONS, options.get("revision")):
        shown = settings.shown(found[0], r"[0-9a-f]{12}")
        stated = shown if shown != "not named" else "REVISION"
        known = ", ".join(f"{each} (MLflow {version})" for each, version in REVISIONS.items())
        one = f"revision {shown}" if shown != "not named" else "a revision that is not 12 hex digits"
        raise ImporterError(
            f"alembic_version: {one} is not known, only {known}",
            help=f"if its tables mean the same: add --set revision={stated}; or mlflow db upgrade, on a copy of it",
        )


class Database:
    """The store in a database that is open, whose tables and revision were checked."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def runs(self) -> Iterator[Run]:
        """Every run, deleted ones too, by start."""
        parents: dict[object, object] = {}
        tags = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'tags'"
        if self._database.execute(tags).fetchone():
            found = self._database.execute("SELECT run_uuid, value FROM tags WHERE key = 'mlflow.parentRunId'")
            parents = dict(found)
        query = (
            "SELECT r.run_uuid, r.status, r.start_time, e.name FROM runs r JOIN experiments e "
            "ON e.experiment_id = r.experiment_id ORDER BY r.start_time, r.run_uuid"
        )
        for number, (uuid, status, start, experiment) in enumerate(self._database.execute(query), 1):
            if not isinstance(uuid, str) or not uuid:
                raise ImporterError(f"run {number}, run_uuid: is not a text")
            yield Run(uuid, status, start, experiment, parents.get(uuid), named(number, uuid))

    def logging(self, metric: str) -> set[str]:
        """The ids of the runs that have the metric."""
        found = self._database.execute("SELECT DISTINCT run_uuid FROM metrics WHERE key = ?", (metric,))
        return {str(row[0]) for row in found}

    def points(self, run: Run, metric: str, order: str) -> Iterator[Point]:
        """What a run logged of a metric; order: step or timestamp, and the other where those are equal."""
        orders = {"step": "step, timestamp, value", "timestamp": "timestamp, step, value"}
        columns = "SELECT step, timestamp, value, is_nan FROM metrics"
        query = f"{columns} WHERE run_uuid = ? AND key = ? ORDER BY {orders[order]}"
        found = self._database.execute(query, (run.uuid, metric))
        for number, (step, timestamp, value, is_nan) in enumerate(found, 1):
            yield point(run, number, step, timestamp, value, is_nan)
