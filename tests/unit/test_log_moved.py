"""A log that goes on in its next generation, with what was spent of it, who waits to write in it, and what was sealed.

Commitments and proofs are stand-ins: what is at stake here are the log's files.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.quick_logs import SCHEMA, quickly, some_rows
from zkcompliance import schemas
from zkcompliance.errors import (
    AlreadySealed,
    BudgetSpent,
    KeyFileError,
    LogBusy,
    LogCorrupt,
    LogError,
    LogExists,
    ZkComplianceError,
)
from zkcompliance.log import keybook, keys, moving, open_log, spent
from zkcompliance.log.creation import building, create_log
from zkcompliance.log.fsck import fsck
from zkcompliance.log.layout import Layout
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.spool import SpoolingWriter
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer
from zkcompliance.prove import reseal, retire

UNITS = 86
GENERATION = ("successor", "lineage", "secret/id", "secret/moving", "secret/arriving")
CARRIED = 2  # the segment of a higher tier, which `compact` leaves as it is


def encoded(first: int, count: int):  # type: ignore[no-untyped-def]
    return [schemas.encode_rows(SCHEMA, some_rows(first, count))]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key, and a log `old` of five segments, each of an input; the third was proved over three times."""
    quickly(monkeypatch)
    monkeypatch.setattr(spent, "state_folder", lambda: tmp_path / "state" / "spent")
    monkeypatch.setattr(reseal, "get_ready", lambda *arguments, **rest: None)
    monkeypatch.setattr(reseal, "make", lambda ready, progress: b"stand-in")
    monkeypatch.setattr(reseal, "_fits", lambda log, settings, claim: lambda first, count, new: count + new <= 60)
    keys.generate(tmp_path / "key", "lab.example/x")
    create_log(tmp_path / "old", SCHEMA, key(tmp_path))
    with Writer(tmp_path / "old", key(tmp_path)) as writer:
        for number, count in enumerate((8, 8, 3, 8, 1)):
            writer.seal_inputs([(f"input {number}", encoded(100 * number, count))])
    carried = open_log(tmp_path / "old").segments[CARRIED]
    carried.paths.tier.write_text("1\n")
    carried.paths.tier.chmod(0o600)
    for number in range(3):
        carried.budget().reserve(UNITS, bytes([number] * 32))
    return tmp_path


def key(folder: Path) -> SignerKey:
    return keys.load_private(folder / "key")


def compact(folder: Path, old: str = "old", new: str = "new", *, merge: bool = True) -> SealedLog:
    return reseal.reseal(folder / old, folder / new, key(folder), merge=merge).log


def units(log: SealedLog) -> list[int]:
    return [segment.budget().spent() - 6 for segment in log.segments]


def test_a_carried_segment_keeps_what_was_spent(folder: Path) -> None:
    new = compact(folder)
    assert units(new) == [UNITS, 3 * UNITS, UNITS]
    assert fsck(folder / "new").findings == () and fsck(folder / "old").clean
    for segment in open_log(folder / "old").segments:
        assert segment.budget().moved() and not segment.budget().behind() and segment.budget().catch_up() == 0
        with pytest.raises(BudgetSpent, match="moved to the log's next generation"):
            segment.budget().reserve(1, bytes([77] * 32), last=True)
        with pytest.raises(BudgetSpent, match="moved to the log's next generation"):
            segment.budget().check(1, last=True)
    new.segments[1].budget().reserve(UNITS, bytes([9] * 32))
    again = compact(folder, "new", "newer", merge=False)
    assert units(again) == [UNITS] * 3 and fsck(folder / "newer").findings == ()


@pytest.mark.parametrize("kept", ["both", "folder", "state"])
def test_a_new_ledger_that_was_put_back_is_noticed(folder: Path, kept: str) -> None:
    """By either record: that of the new folder, and that of the user's state, which is the segment's in any folder."""
    segment = compact(folder).segments[1]
    before = segment.paths.budget.read_bytes()
    segment.budget().reserve(UNITS, bytes([9] * 32))
    segment.paths.budget.write_bytes(before)
    if kept == "folder":
        shutil.rmtree(folder / "state")
    elif kept == "state":
        Layout(folder / "new").spent(1).unlink()
    with pytest.raises(LogCorrupt, match="older than what was proved"):
        segment.budget().check(UNITS)
    assert any("put back" in finding.what for finding in fsck(folder / "new").findings)
    assert segment.budget().catch_up() == UNITS and fsck(folder / "new").clean
    assert units(open_log(folder / "new"))[1] == 4 * UNITS


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_old_ledger_that_was_put_back_forgets_nothing(folder: Path, when: str) -> None:
    """Before the log moves, or after it has; the new one counts what the records know."""
    log = open_log(folder / "old")
    ledger = log.segments[CARRIED].paths.budget
    data = ledger.read_bytes()
    if when == "before":
        ledger.write_bytes(data[:48])
    assert units(compact(folder))[1] == 3 * UNITS
    assert fsck(folder / "new").clean
    if when == "after":
        ledger.write_bytes(data[:48])
        with pytest.raises(LogCorrupt, match="older than what was proved"):
            log.segments[CARRIED].budget().check(UNITS)


def test_units_are_given_back_after_a_move_too(folder: Path) -> None:
    token = b"t" * 32
    old = open_log(folder / "old").segments[CARRIED].budget()
    old.reserve(UNITS, hashlib.sha256(token).digest())
    new = compact(folder).segments[1].budget()
    old.give_back(token)
    assert new.spent() == 6 + 4 * UNITS and old.remaining(last=True) == 0
    new.give_back(token)
    assert new.spent() == 6 + 3 * UNITS and not new.behind() and fsck(folder / "new").findings == ()


def test_a_killed_compact_leaves_its_reservations_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(reseal, "make", lambda ready, progress: os._exit(9))
        compact(folder)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert units(open_log(folder / "old")) == [UNITS, UNITS, 3 * UNITS, UNITS, UNITS]
    assert fsck(folder / "old").clean and not (folder / "new").exists()
    assert units(compact(folder)) == [UNITS, 3 * UNITS, UNITS]


def test_a_compact_that_fails_gives_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(ready: object, progress: object) -> bytes:
        raise RuntimeError

    monkeypatch.setattr(reseal, "make", fail)
    with pytest.raises(RuntimeError):
        compact(folder)
    assert units(open_log(folder / "old")) == [0, 0, 3 * UNITS, 0, 0] and fsck(folder / "old").findings == ()
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_disk_that_fills_at_any_write(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Either nothing is there, and it can be done again; or the new generation is, and the error says so."""
    shutil.copytree(folder, base := folder.with_name(f"{folder.name}-base"))
    write, outcomes = os.write, set()
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    for number in itertools.chain((0, 3), itertools.count(31, 3)):  # what lies between is like what is before it
        shutil.rmtree(folder)
        shutil.copytree(base, folder)
        left = itertools.count(1)

        def filling(descriptor: int, data: bytes, left: Iterator[int] = left, number: int = number) -> int:
            if next(left) > number:
                raise OSError(28, "No space left on device")
            return write(descriptor, data)

        with monkeypatch.context() as patch:
            patch.setattr(os, "write", filling)
            try:
                compact(folder)
                break
            except ZkComplianceError as error:
                said = error
        appeared = (folder / "new").exists()
        assert "No space left" in said.message and appeared == ("the log goes on in it" in said.message), number
        assert appeared or "run the same again" in said.help, number
        moving.newest(folder / "old", lambda sentence: None) if appeared else compact(folder)
        with Writer(folder / "new", key(folder)) as writer:
            writer.seal(some_rows(900, 1))
        assert fsck(folder / "new").findings == () and not list(folder.glob(".*")), number
        outcomes.add(appeared)
    assert outcomes == {True, False}


def test_a_log_put_back_is_refreshed_whatever_its_ledgers_lack(folder: Path) -> None:
    from zkcompliance.log import restored

    shutil.copytree(folder / "old", folder / "backup")
    budget = open_log(folder / "old").segments[0].budget()
    while budget.proofs_left():
        budget.reserve(UNITS, os.urandom(32))
    shutil.rmtree(folder / "old")
    shutil.move(folder / "backup", folder / "old")
    restored.mark(folder / "old")
    with pytest.raises(LogError, match="put back"):
        compact(folder)
    assert units(compact(folder, merge=False)) == [UNITS] * 5


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
@pytest.mark.parametrize("name", [*GENERATION, "secret/segments/00000001/rows", "secret/segments/00000001/tier"])
def test_no_file_of_a_generation_is_reached_through_another(folder: Path, name: str, kind: str) -> None:
    compact(folder)
    path = folder / "new" / name
    if path.exists():
        path.rename(folder / "elsewhere")
    else:
        (folder / "elsewhere").write_text(f"{folder / 'old'}\n")
    if kind == "link":
        path.symlink_to(folder / "elsewhere")
    elif kind == "fifo":
        os.mkfifo(path, 0o600)
    else:
        path.mkdir(mode=0o700)
    with pytest.raises(ZkComplianceError, match=r"is a link|not a regular file"):
        compact(folder, "new", "newer", merge=False)
    assert not (folder / "newer").exists()


@pytest.mark.parametrize("name", ["rows", "seed", "tier", "meta", "budget"])
def test_nothing_is_carried_through_a_link(folder: Path, name: str) -> None:
    path = open_log(folder / "old").segments[CARRIED].paths.folder / name
    path.rename(folder / "elsewhere")
    path.symlink_to(folder / "elsewhere")
    with pytest.raises(ZkComplianceError, match="is a link"):
        compact(folder)
    assert not (folder / "new").exists()


@pytest.mark.parametrize("kind", ["link", "fifo", "folder", "public"])
def test_what_lies_in_place_of_a_cache_is_left_behind(folder: Path, kind: str) -> None:
    """It may be deleted, and be anything: the log goes on without it."""
    path = open_log(folder / "old").segments[CARRIED].paths.folder / "cache.rows.npy"
    if kind == "link":
        path.symlink_to(folder / "key")
    elif kind == "fifo":
        os.mkfifo(path, 0o600)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_text("cache")
        path.chmod(0o644)
    (carried,) = (segment for segment in compact(folder).segments if os.path.lexists(segment.paths.tier)
                  and segment.rows == 3)  # fmt: skip
    assert sorted(p.name for p in carried.paths.folder.iterdir()) == ["budget", "meta", "rows", "seed", "tier"]
    assert fsck(folder / "new").findings == ()


@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_what_a_key_remembers_is_reached_through_no_link(folder: Path, kind: str) -> None:
    book = keybook.path_of(folder / "key")
    book.rename(folder / "elsewhere")
    if kind == "link":
        book.symlink_to(folder / "elsewhere")
    else:
        os.mkfifo(book, 0o600)
    with pytest.raises(ZkComplianceError, match=r"is a link|not a regular file"):
        Writer(folder / "old", key(folder))


def test_a_key_may_be_given_by_a_link(folder: Path) -> None:
    (folder / "named").symlink_to(folder / "key")
    with Writer(folder / "old", keys.load_private(folder / "named")) as writer:
        writer.seal(some_rows(900, 1))
    assert not keybook.path_of(folder / "named").exists()


def test_a_key_forgets_nothing_where_it_is_given_by_a_link(folder: Path) -> None:
    (folder / "named").symlink_to("key")
    (folder / "again").symlink_to("named")
    for name in ("named", "again"):
        with pytest.raises(KeyFileError, match="signs another log already"):
            create_log(folder / "second", SCHEMA, keys.load_private(folder / name))
    assert not (folder / "second").exists()


def test_inputs_are_sealed_once_in_all_generations(folder: Path) -> None:
    compact(folder)
    with Writer(folder / "new", key(folder)) as writer:
        for number, count in enumerate((8, 8, 3, 8, 1)):
            with pytest.raises(AlreadySealed):
                writer.seal_inputs([("once more", encoded(100 * number, count))])
        assert writer.seal_inputs([("once more", encoded(0, 8))], again=True).size == 4


def test_who_spools_goes_on_in_the_next_generation(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = []

    def make(ready: object, progress: object) -> bytes:
        if not waiting:
            waiting.append(SpoolingWriter(folder / "old", key(folder)))
            waiting[0].append_columns(encoded(1000, 2))
            left = SpoolingWriter(folder / "old", key(folder))
            left.append_columns(encoded(2000, 2))
            left.close()
        return b"stand-in"

    monkeypatch.setattr(reseal, "make", make)
    compact(folder)
    (writer,) = waiting
    assert writer.append_columns(encoded(1002, 1)) == 1 and not writer.spooling
    writer.seal()
    writer.close()
    new = open_log(folder / "new")
    last = [row["at"] for row in schemas.decode_rows(SCHEMA, new.segments[-1].load_columns())]
    assert sorted(last) == [1000, 1001, 1002, 2000, 2001]
    assert fsck(folder / "new").findings == ()
    assert not [path for path in Layout(folder / "old").secret.iterdir() if path.name.startswith("spool")]


def test_no_spooled_row_goes_with_what_is_retired(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another file system a spool stays in the old folder while its writer lives: it is retired only after that."""
    monkeypatch.setattr(retire, "_check_lineage", lambda *_: None)
    rename, waiting = Path.rename, []

    def across(self: Path, target: Path) -> Path:
        if self.name.startswith("spool-"):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    def make(ready: object, progress: object) -> bytes:
        if not waiting:
            waiting.append(SpoolingWriter(folder / "old", key(folder)))
            waiting[0].append_columns(encoded(1000, 2))
        return b"stand-in"

    monkeypatch.setattr(reseal, "make", make)
    monkeypatch.setattr(Path, "rename", across)
    compact(folder)
    with pytest.raises(LogBusy, match="has not moved on yet"):
        retire.retire(folder / "old")
    assert open_log(folder / "old").segments[0].rows == 8  # nothing was removed
    waiting[0]._spool.close()  # as where it is killed
    retire.retire(folder / "old")
    with Writer(folder / "new", key(folder)) as writer:
        assert writer.pending_rows == 2


def test_who_opens_an_old_generation_to_spool_is_told(folder: Path) -> None:
    compact(folder)
    with pytest.raises(LogError, match="closed"):
        SpoolingWriter(folder / "old", key(folder))
    assert moving.newest(folder / "old", lambda sentence: None) == folder / "new"


def test_two_that_make_one_log_at_the_same_time(folder: Path) -> None:
    """The first that appears has the place and the key; the other is told that the log is there."""
    keys.generate(folder / "other", "lab.example/other")
    other = keys.load_private(folder / "other")
    with pytest.raises(LogExists), building(folder / "log", SCHEMA, other):
        create_log(folder / "log", SCHEMA, other)
    with Writer(folder / "log", other) as writer:
        writer.seal(some_rows(0, 1))
    with pytest.raises(ZkComplianceError, match="signs another log"):
        create_log(folder / "second", SCHEMA, other)


def test_of_two_that_are_made_under_one_key_the_first_appears(folder: Path) -> None:
    keys.generate(folder / "other", "lab.example/other")
    other = keys.load_private(folder / "other")
    with (
        pytest.raises(ZkComplianceError, match="signs another log"),
        building(folder / "one", SCHEMA, other),
        building(folder / "two", SCHEMA, other),
    ):
        pass
    assert (folder / "two").exists() and not (folder / "one").exists()
    with Writer(folder / "two", other) as writer:
        writer.seal(some_rows(0, 1))
