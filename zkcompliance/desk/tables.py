"""The tables of a desk, and what tells its file from any other: the version is in the file, and so is the whole text.

    requests   each request for a proof, its file as it was made; its digest and its reference are there once
    proofs     what came for a request: SHA-256 of the file, where it lay, when it was first seen here
    verdicts   what was found of it, as a verdict in JSON; accepted: 1 where everything is met
    evidence   what shows that a log was forked or rolled back, or what else was put to a request, with its SHA-256
    keys       names of whoever keeps the desk for public keys

Times are UTC seconds, digests 64 hexadecimal digits.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from zkcompliance.edge import regular, system
from zkcompliance.edge.shown import command
from zkcompliance.errors import DeskRefused, Unsupported

APPLICATION, VERSION = 0x7A6B6364, 1  # "zkcd"
_HEADER = 100
_TABLES = (
    "CREATE TABLE requests (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, reference TEXT NOT NULL UNIQUE, "
    "file BLOB NOT NULL, added INTEGER NOT NULL) STRICT",
    "CREATE TABLE proofs (id INTEGER PRIMARY KEY, request INTEGER NOT NULL REFERENCES requests (id), "
    "sha256 TEXT NOT NULL, path TEXT NOT NULL, received INTEGER NOT NULL, UNIQUE (request, sha256)) STRICT",
    "CREATE TABLE verdicts (id INTEGER PRIMARY KEY, proof INTEGER NOT NULL REFERENCES proofs (id), "
    "judged INTEGER NOT NULL, accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)), document TEXT NOT NULL) STRICT",
    "CREATE TABLE evidence (id INTEGER PRIMARY KEY, request INTEGER NOT NULL REFERENCES requests (id), "
    "sha256 TEXT NOT NULL, name TEXT NOT NULL, document BLOB NOT NULL, added INTEGER NOT NULL) STRICT",
    "CREATE TABLE keys (name TEXT NOT NULL UNIQUE, vkey TEXT NOT NULL UNIQUE, added INTEGER NOT NULL) STRICT",
)


def empty() -> bytes:
    """The file of a new desk. Unsupported where SQLite is older than 3.37, which has no strict tables."""
    if sqlite3.sqlite_version_info < (3, 37):
        raise Unsupported(f"a desk needs SQLite 3.37 or newer, and this Python has {sqlite3.sqlite_version}")
    made = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for text in _TABLES:
            made.execute(text)
        made.execute(f"PRAGMA application_id = {APPLICATION}")
        made.execute(f"PRAGMA user_version = {VERSION}")
        return made.serialize()
    finally:
        made.close()


def check_file(path: Path) -> None:
    """DeskRefused unless this is the file of a desk of this version that nobody else may read. OSError."""
    with regular.open_given(path) as file:
        mode, head = system.mode_of(file.fileno()), file.read(_HEADER)
        size = file.seek(0, 2)
    if mode & 0o077:
        raise DeskRefused(f"{path} can be read or written by others", help=command("chmod", "600", path))
    if len(head) < _HEADER or head[:16] != b"SQLite format 3\0" or _number(head, 68) != APPLICATION:
        raise DeskRefused(f"{path} is no desk", help="zkcompliance desk init FILE")
    page = int.from_bytes(head[16:18], "big") or 1
    if size % (65536 if page == 1 else page):  # SQLite would read zeros behind its end
        raise DeskRefused(f"{path} is cut off", help="put it back from a backup")
    if (version := _number(head, 60)) != VERSION:
        raise DeskRefused(
            f"{path} is a desk of version {version}, and this program reads version {VERSION}",
            help="open it with the program that wrote it",
        )


def check_tables(opened: sqlite3.Connection, path: Path) -> None:
    """DeskRefused unless the tables are exactly these, and whole."""
    found = [text for (text,) in opened.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")]
    whole = opened.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)]
    if found != list(_TABLES) or not whole or opened.execute("PRAGMA foreign_key_check").fetchall():
        raise DeskRefused(f"{path} is damaged, or has other tables than a desk", help="put it back from a backup")


def _number(head: bytes, at: int) -> int:
    return int.from_bytes(head[at : at + 4], "big")
