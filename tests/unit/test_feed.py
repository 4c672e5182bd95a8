"""A feed: rows that never wait for the log, taken in once by whoever holds it, also where the writer was killed."""

from __future__ import annotations

import errno
import itertools
import os
import threading
from pathlib import Path

import numpy as np
import pytest

import zkcompliance as zk
from zkcompliance.errors import LogCorrupt, LogError, SchemaError
from zkcompliance.log import frames
from zkcompliance.log.feed import Feed
from zkcompliance.log.pending import Pending
from zkcompliance.log.records import identity_of, row_digests

SCHEMA = zk.schemas.event
NUMBERS = itertools.count(1)


def rows(count: int = 1) -> np.ndarray:
    """Rows that differ from all others."""
    made = [{"serial": next(NUMBERS), "at": 1767484800, "kind": "eval"} for _ in range(count)]
    return zk.schemas.encode_rows(SCHEMA, made)


def pair(columns: np.ndarray, identity: bytes) -> list[tuple[bytes, bytes]]:
    return [(identity, row_digests(SCHEMA, columns)[0])]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    zk.keygen(tmp_path / "key", "lab.example/events")
    zk.open_log(tmp_path / "log", schema=SCHEMA, key=tmp_path / "key").close()
    return tmp_path / "log"


def held(log: Path) -> zk.Log:
    return zk.open_log(log, key=log.parent / "key")


def spools(log: Path) -> list[Path]:
    return sorted((log / "secret").glob("spool-*"))


def serials(log: Path) -> list[object]:
    return [row["serial"] for row in zk.read_rows(log)]


def test_rows_go_in_while_another_holds_the_log(log: Path) -> None:
    """And are taken in by the next one: in order, none of them twice, none before its writer lets go."""
    feed = Feed(log)
    with held(log) as holder:
        pieces = [rows(), rows(3), rows()]
        for piece in pieces:
            feed.put(piece)
        assert holder.pending_rows == 0 and feed.rows == 5
        assert feed.let_go() == 5 and feed.rows == 0
        feed.put(last := rows())
        holder.seal()
        assert [segment.rows for segment in holder.sealed().segments] == [5]
    feed.close()
    with held(log) as holder:
        assert holder.pending_rows == 1
        holder.seal()
    decoded = zk.schemas.decode_rows(SCHEMA, np.concatenate([*pieces, last], axis=1))
    assert serials(log) == [row["serial"] for row in decoded] and not spools(log)


def test_flush_makes_durable_what_was_put(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`put` itself never asks the disk to write."""
    synced: list[int] = []
    real = os.fsync
    feed = Feed(log)
    caller = threading.get_ident()
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(threading.get_ident()), real(fd))[1])
    for _ in range(20):
        feed.put(rows())
    assert caller not in synced
    feed.flush()
    data = spools(log)[0].read_bytes()
    assert frames.synced(20) in data
    feed.close()


def test_flush_waits_for_what_is_being_left(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that were let go of, and that the disk has not yet, are not durable, though the next spool's are."""
    feed = Feed(log)
    (slow,) = spools(log)
    slow_one, real, go_on = slow.stat().st_ino, os.fsync, threading.Event()
    waiting = threading.Event()

    def fsync(descriptor: int) -> None:
        if os.fstat(descriptor).st_ino == slow_one:
            waiting.set()
            assert go_on.wait(60)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    feed.put(rows())
    leaving = threading.Thread(target=feed.let_go)
    leaving.start()
    while feed.rows:  # until the next spool is there
        assert waiting.wait(60)
    feed.put(rows())
    flushing = threading.Thread(target=feed.flush)
    flushing.start()
    flushing.join(0.5)
    assert flushing.is_alive()
    go_on.set()
    for each in (leaving, flushing):
        each.join(60)
        assert not each.is_alive()
    feed.close()


def test_a_killed_writer(log: Path) -> None:
    """Rows that `put` has written are there, with no flush, no close: the lock alone goes with the process."""
    if (child := os.fork()) == 0:
        feed = Feed(log)
        for _ in range(7):
            feed.put(rows())
        os._exit(0)
    os.waitpid(child, 0)
    with held(log) as holder:
        assert holder.pending_rows == 7
    assert not spools(log)


def test_a_forked_process_has_a_spool_of_its_own(log: Path) -> None:
    feed = Feed(log)
    feed.put(rows(2))
    if (child := os.fork()) == 0:
        feed.put(rows(3))
        feed.close()
        os._exit(0)
    os.waitpid(child, 0)
    feed.put(rows(4))
    with held(log) as holder:
        assert holder.pending_rows == 3, "the child's"
        feed.close()
        holder.seal()
        assert len(serials(log)) == 9


def test_many_threads(log: Path) -> None:
    feed = Feed(log)
    pieces = [[rows() for _ in range(40)] for _ in range(4)]

    def work(own: list[np.ndarray]) -> None:
        for piece in own:
            feed.put(piece)
            if feed.rows > 20:
                feed.let_go()

    threads = [threading.Thread(target=work, args=(own,)) for own in pieces]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    feed.close()
    with held(log) as holder:
        holder.seal()
    expected = zk.schemas.decode_rows(SCHEMA, np.concatenate([each for own in pieces for each in own], axis=1))
    assert sorted(map(str, serials(log))) == sorted(str(row["serial"]) for row in expected)


def test_a_torn_end_is_dropped_and_damage_before_it_is_not(log: Path) -> None:
    """What is cut off behind the rows that are known to be durable was never so; what is damaged before is damage."""
    feed = Feed(log)
    for _ in range(3):
        feed.put(rows())
    feed.flush()
    (path,) = spools(log)
    durable = path.stat().st_size
    feed.put(rows())
    whole = path.read_bytes()
    feed.close()
    path.unlink()

    def taken(data: bytes) -> int:
        other = log / "secret" / f"spool-{next(NUMBERS):032x}"
        other.write_bytes(data)
        other.chmod(0o600)
        try:
            spool = Pending(other, SCHEMA, lock=True)
            found = spool.committed_rows
            spool.close()
            return found
        finally:
            other.unlink()

    assert taken(whole) == 4
    for cut in range(durable, len(whole), 37):
        assert taken(whole[:cut]) == 3
    last = whole.rindex(b"zkcS", 0, durable)
    for at in range(len(SCHEMA.digest) + 6, durable, 61):
        damaged = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        if at < last:
            with pytest.raises(LogCorrupt):
                taken(damaged)
        else:
            assert taken(damaged) == 3, "all that is known to be durable"


def test_a_full_disk(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that did not fit are not there, those before and after are."""
    from zkcompliance.log import files

    real = files.write_all
    feed = Feed(log)
    feed.put(rows())

    def full(descriptor: int, data: bytes) -> None:
        real(descriptor, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "write_all", full)
    with pytest.raises(LogError, match="No space left"):
        feed.put(rows())
    monkeypatch.setattr(files, "write_all", real)
    feed.put(rows())
    feed.close()
    with held(log) as holder:
        assert holder.pending_rows == 2


def test_rows_that_do_not_fit(log: Path) -> None:
    feed = Feed(log)
    bad = rows()
    bad[1] = 1 << 16
    with pytest.raises(SchemaError):
        feed.put(bad)
    with pytest.raises(LogError, match="2 rows with 1 records"):
        feed.put(rows(2), [(bytes(16), bytes(16))])
    feed.close()
    with pytest.raises(LogError, match="closed"):
        feed.put(rows())
    assert not spools(log)


def test_a_record_is_there_once(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Written again by a run that goes on, or in one spool twice; otherwise than before, it is kept, with a warning."""
    one, two, three = (identity_of("test", (n,)) for n in range(3))
    first, second = rows(), rows()
    for piece, identity in ((first, one), (second, two), (first, one)):
        feed = Feed(log)
        feed.put(piece, pair(piece, identity))
        feed.close()
    with held(log) as holder:
        assert holder.pending_rows == 2
        feed = Feed(log)
        feed.put(first, pair(first, one))
        feed.put(third := rows(), pair(third, three))
        feed.put(rows())
        feed.close()
        holder.seal()
        assert len(serials(log)) == 4
        feed = Feed(log)
        feed.put(first, pair(first, one))
        feed.close()
    with held(log) as holder:
        assert holder.pending_rows == 0, "sealed before"
        assert not caplog.records
        feed = Feed(log)
        feed.put(other := rows(), pair(other, one))
        feed.close()
    with held(log) as holder:
        assert holder.pending_rows == 1
    assert "written once more, otherwise: both are kept" in caplog.text


def test_the_log_moves_on(log: Path) -> None:
    """Rows that were put while the log went to its next generation, and those after, are in that."""
    feed = Feed(log)
    feed.put(rows())
    with held(log) as holder:
        feed.let_go()
        holder.seal()
        feed.put(rows(2))
        feed.let_go()
        holder.seal()
        feed.put(rows(3))
        assert holder.compact(log.with_name("log-g2"))
    feed.put(rows(4))
    feed.let_go()
    feed.put(rows(5))
    feed.close()
    after = log.with_name("log-g2")
    with held(after) as holder:
        assert holder.pending_rows == 12
        holder.seal()
    assert len(serials(after)) == 15 and not spools(log) and not spools(after)
