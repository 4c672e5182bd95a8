"""A log that goes on under a later version of its schema: rows that wait, rows that others spool, and what was sealed.

Commitments and proofs are stand-ins: what is at stake here are the log's files.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.kit.quick_logs import quickly
from tests.kit.two_versions import ADDED, ONE, TWO, in_catalogue
from zkcompliance import schemas
from zkcompliance.errors import AlreadySealed, LogCorrupt, NotASuccessor, UsageError
from zkcompliance.log import keys, open_log, spent
from zkcompliance.log.creation import create_log
from zkcompliance.log.fsck import fsck
from zkcompliance.log.layout import Layout
from zkcompliance.log.pending import Pending, schema_of
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.spool import SpoolingWriter
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer
from zkcompliance.prove import reseal
from zkcompliance.schemas import Schema
from zkcompliance.schemas.evolution import widened

OWN = Schema("lunch", (*ONE.columns[:-2], ADDED[0], *ONE.columns[-2:]), 3)


def rows(schema: Schema, first: int, count: int, **more: object) -> np.ndarray:
    given = [{"at": 1_767_571_200 + n, "dish": "salad", "price": n, **more} for n in range(first, first + count)]
    return schemas.encode_rows(schema, given)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A key, and a log `old` of `lunch@1`: two segments of an input each."""
    quickly(monkeypatch)
    monkeypatch.setattr(spent, "state_folder", lambda: tmp_path / "state" / "spent")
    monkeypatch.setattr(reseal, "get_ready", lambda *arguments, **rest: None)
    monkeypatch.setattr(reseal, "make", lambda ready, progress: b"stand-in")
    keys.generate(tmp_path / "key", "lab.example/x")
    with in_catalogue(tmp_path / "cards"):
        create_log(tmp_path / "old", ONE, key(tmp_path))
        with Writer(tmp_path / "old", key(tmp_path)) as writer:
            writer.seal_inputs([("first", [rows(ONE, 0, 9)])])
            writer.seal_inputs([("second", [rows(ONE, 9, 4)])])
        yield tmp_path


def key(folder: Path) -> SignerKey:
    return keys.load_private(folder / "key")


def extended(folder: Path, schema: Schema = TWO, *, merge: bool = False) -> SealedLog:
    return reseal.reseal(folder / "old", folder / "new", key(folder), merge=merge, schema=schema).log


def stated(log: SealedLog) -> list[int]:
    """The prices of all rows, in order; every new column is missing in each."""
    found = [row for segment in log.segments for row in schemas.decode_rows(log.schema, segment.load_columns())]
    (missing,) = schemas.decode_rows(TWO, rows(TWO, 0, 1))
    assert all(row[column.name] == missing[column.name] for row in found for column in ADDED)
    return [int(row["price"]) for row in found]


def test_every_segment_is_widened(folder: Path) -> None:
    before = open_log(folder / "old")
    log = extended(folder)
    assert log.schema is TWO and [segment.rows for segment in log.segments] == [9, 4]
    assert stated(log) == list(range(13))
    for old, new in zip(before.segments, log.segments, strict=True):
        assert (new.load_columns() == widened(ONE, TWO, old.load_columns())).all()
    assert fsck(folder / "new", deep=True).clean and log.checkpoint.succeeds == before.checkpoint
    with Writer(folder / "new", key(folder)) as writer:
        writer.append_columns([rows(TWO, 13, 1, dish="bread", guests=3)])
        writer.seal()
    assert open_log(folder / "new").segments[2].rows == 1


def test_the_same_schema_is_a_plain_refresh(folder: Path) -> None:
    assert extended(folder, ONE).schema is ONE


@pytest.mark.parametrize(
    ("schema", "merge", "error", "says"),
    [
        (schemas.compute, False, NotASuccessor, "another schema, by its name"),
        (TWO, True, UsageError, "compact leaves the schema as it is"),
        (OWN, False, UsageError, "lunch@3 is none of the built-in"),
    ],
    ids=["another name", "compact", "not built in"],
)
def test_what_a_log_does_not_go_on_under(
    folder: Path, schema: Schema, merge: bool, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says) as caught:
        extended(folder, schema, merge=merge)
    assert caught.type is error and not (folder / "new").exists() and fsck(folder / "old").clean


def test_a_log_does_not_go_back(folder: Path) -> None:
    extended(folder)
    with pytest.raises(NotASuccessor, match="its version is not later"):
        reseal.reseal(folder / "new", folder / "third", key(folder), merge=False, schema=ONE)


def test_rows_that_wait_are_widened_too(folder: Path) -> None:
    with Writer(folder / "old", key(folder)) as writer:
        writer.append_columns([rows(ONE, 13, 2)])
        writer._pending.take(bytes(16), [rows(ONE, 15, 1)])
    log = extended(folder)
    pending = Pending(Layout(folder / "new").pending(2), TWO)
    assert pending.committed_rows == 3 and pending.taken == {bytes(16)}, "and of which spool they are is not forgotten"
    pending.close()
    with Writer(folder / "new", key(folder)) as writer:
        writer.seal()
    assert stated(open_log(folder / "new")) == list(range(16)) and log.schema is TWO


def test_who_spools_meanwhile_loses_nothing(folder: Path) -> None:
    """Rows of the version before, spooled before the change and after it, and appended when the log is free."""
    with Writer(folder / "old", key(folder)):
        spooling, gone = (SpoolingWriter(folder / "old", key(folder)) for _ in range(2))
        assert spooling.spooling and spooling.append_columns([rows(ONE, 13, 1)]) == 1
        assert gone.append_columns([rows(ONE, 20, 2)]) == 2
        gone.close()
    extended(folder)
    with Writer(folder / "new", key(folder)):
        assert spooling.append_columns([rows(ONE, 14, 1)]) == 1 and spooling.spooling, "in the new folder"
        names = [path for path in Layout(folder / "new").secret.iterdir() if path.name.startswith("spool-")]
        assert [schema_of(path, TWO) for path in names] == [ONE]
    assert spooling.append_columns([rows(ONE, 15, 1)]) == 1 and not spooling.spooling and spooling.schema is ONE
    spooling.seal()
    spooling.close()
    newest = open_log(folder / "new")
    assert newest.schema is TWO
    assert sorted(stated(newest)) == [*range(16), 20, 21]


def test_a_spool_of_any_other_schema_is_not_taken_in(folder: Path) -> None:
    extended(folder)
    other = Pending(Layout(folder / "new").spool("ab" * 16), schemas.compute, lock=True)
    other.close()
    with pytest.raises(LogCorrupt, match="this log's schema"):
        Writer(folder / "new", key(folder))


def test_an_input_that_is_sealed_is_known_again(folder: Path) -> None:
    extended(folder)
    with Writer(folder / "new", key(folder)) as writer:
        for first, count in ((0, 9), (9, 4)):
            with pytest.raises(AlreadySealed, match=f"begins with segment {first // 9}"):
                writer.seal_inputs([("again", [rows(TWO, first, count)])])
        for more in ({"guests": 3}, {"dish": "bread"}):
            other = itertools.chain([rows(TWO, 0, 8)], [rows(TWO, 8, 1, **more)])
            writer.seal_inputs([("other", other)])
        writer.seal_inputs([], empty=True)
    assert len(open_log(folder / "new").segments) == 5


def test_an_empty_seal_is_not_said_twice(folder: Path) -> None:
    with Writer(folder / "old", key(folder)) as writer:
        writer.seal_inputs([], empty=True)
    extended(folder)
    with Writer(folder / "new", key(folder)) as writer, pytest.raises(AlreadySealed, match="no rows is sealed"):
        writer.seal_inputs([], empty=True)
