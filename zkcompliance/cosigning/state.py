"""What a witness has signed: the newest checkpoint of each generation of each log, in one SQLite file (0600).

    about        format, id                        one row; id: 32 hexadecimal digits
    checkpoints  origin → log, note                the newest that was signed; log: the name of its keys
    evidence     digest → log, document            that a log was forked; each kept as a file beside the state too

A checkpoint is looked at, and the newer one written, in one transaction that excludes every other, of other processes
too: two requests at once are signed one after the other, the second against what the first has left. It is durable
before a signature is given away. Beside each private key KEY lies KEY.witness (0600), with the id of the one state that
it signs from: from another, it could sign another history.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.edge.shown import quoted
from zkcompliance.errors import KeyFileError, LogCorrupt, LogError
from zkcompliance.log import files

FORMAT = "zkcompliance-witness-1"
MOST_EVIDENCE = 16  # that is kept of one log: one is enough, and whoever has its key could fill a disk with them
_BUSY_SECONDS = 10.0
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_TABLES = (
    "CREATE TABLE about (format TEXT NOT NULL, id TEXT NOT NULL) STRICT",
    "CREATE TABLE checkpoints (origin TEXT PRIMARY KEY, log TEXT NOT NULL, note TEXT NOT NULL) STRICT",
    "CREATE INDEX of_log ON checkpoints (log)",
    "CREATE TABLE evidence (digest TEXT PRIMARY KEY, log TEXT NOT NULL, document TEXT NOT NULL) STRICT",
)


class State:
    """The file at `path`, which `create` or an earlier run made. LogError, LogCorrupt where it is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with files.reporting(path):
            os.close(regular.open_file(path, os.O_RDWR, private=True))
        with self._reading() as database:
            found = database.execute("SELECT format, id FROM about").fetchall()
        if len(found) != 1 or found[0][0] != FORMAT or not _ID.fullmatch(str(found[0][1])):
            raise LogCorrupt(f"{path} is not the state of a witness")
        self.id: str = found[0][1]

    @classmethod
    def create(cls, path: Path) -> State:
        """A new, empty state. LogError where something is there already, or it cannot be made."""
        identity = os.urandom(16).hex()
        building = path.with_name(f".{path.name}.{identity}.tmp")
        try:
            with files.reporting(path):
                files.create(building, b"")
                with contextlib.closing(_connect(building)) as database:
                    for each in _TABLES:
                        database.execute(each)
                    database.execute("INSERT INTO about VALUES (?, ?)", (FORMAT, identity))
                os.link(building, path)  # fails where another is there
                files.sync_dir(path.parent)
        finally:
            building.unlink(missing_ok=True)
        return cls(path)

    @contextlib.contextmanager
    def changing(self, log: str) -> Iterator[dict[str, str]]:
        """Origin → note, of one log; what the block changes in it is durable at its end, or none of it.

        Nobody else is in such a block meanwhile. LogError where the state cannot be written, LogCorrupt.
        """
        with self._reading() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                found = database.execute("SELECT origin, note FROM checkpoints WHERE log = ?", (log,))
                before: dict[str, str] = dict(found.fetchall())
                notes = dict(before)
                yield notes
                for origin, note in notes.items():
                    if note != before.get(origin):
                        database.execute("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)", (origin, log, note))
                database.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    database.execute("ROLLBACK")
                raise

    def keep(self, log: str, document: str) -> Path | None:
        """Keep evidence against a log, in the state and in a file beside it, which is returned; None where there is
        enough of that log's. log: its name. LogError."""
        digest = sha256(document.encode()).hexdigest()
        beside = self.path.with_name(f"{self.path.name}.evidence.{digest[:16]}")
        with self._reading() as database:
            database.execute("BEGIN IMMEDIATE")
            kept = {row[0] for row in database.execute("SELECT digest FROM evidence WHERE log = ?", (log,))}
            if digest not in kept and len(kept) >= MOST_EVIDENCE:
                database.execute("ROLLBACK")
                return None
            database.execute("INSERT OR IGNORE INTO evidence VALUES (?, ?, ?)", (digest, log, document))
            database.execute("COMMIT")
        with files.reporting(beside), contextlib.suppress(FileExistsError):
            files.create(beside, document.encode(), files.PUBLIC)
            files.sync_dir(beside.parent)
        return beside

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(_connect(self.path)) as database:
                yield database
        except sqlite3.OperationalError as error:
            raise LogError(f"{self.path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise LogCorrupt(f"{self.path} is not the state of a witness: {error}") from error


def _connect(path: Path) -> sqlite3.Connection:
    """A connection that begins no transaction by itself, and for which COMMIT means that it is on the disk."""
    database = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    database.execute("PRAGMA synchronous = EXTRA")
    return database


def book_of(key: Path) -> Path:
    """Where the key in this file keeps which state it signs from."""
    return key.with_name(key.name + ".witness")


def open_bound(path: Path, keys: Iterable[Path]) -> State:
    """The state at `path`, made where nothing is there, for these private keys alone; each remembers it from now on.

    KeyFileError where one of them has signed from another state; LogError, LogCorrupt.
    """
    given = list(keys)
    books = {key: _read_book(book_of(key)) for key in given}
    there = os.path.lexists(path)
    state = State(path) if there else None
    for key, identity in books.items():
        if identity is not None and (state is None or state.id != identity):
            raise KeyFileError(
                f"{key} has signed from another state than {path}, and what it has signed stands there",
                help="give --state the file that it was given before; where that is lost, make a new key",
            )
    state = state or State.create(path)
    for key, identity in books.items():
        if identity is None:
            with files.reporting(book_of(key)):
                files.create(book_of(key), f"{FORMAT}\n{state.id}\n".encode())
                files.sync_dir(key.parent)
    return state


def _read_book(path: Path) -> str | None:
    """The id in KEY.witness; None where there is no such file."""
    if not os.path.lexists(path):
        return None
    data = files.read(path, 128).decode("ascii", "replace")
    identity = data.removeprefix(f"{FORMAT}\n").removesuffix("\n")
    if data != f"{FORMAT}\n{identity}\n" or not _ID.fullmatch(identity):
        raise KeyFileError(
            f"{path}, where its key remembers what it signs from, is damaged", help=f"cat {quoted(path)}"
        )
    return identity
