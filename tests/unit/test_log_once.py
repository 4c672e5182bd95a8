"""No row twice, none lost: inputs that are sealed again, two who make one log, and rows spooled while a log is busy."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import zkcompliance as zk
from tests.kit.quick_logs import KEY, SCHEMA, quickly, some_rows
from zkcompliance import schemas
from zkcompliance.commands.main import cli
from zkcompliance.errors import (
    AlreadySealed,
    ChangedSinceSealed,
    KeyFileError,
    LogBusy,
    LogCorrupt,
    LogError,
    LogExists,
    UsageError,
)
from zkcompliance.log import creation, files, keys, open_log
from zkcompliance.log.equal_rows import EqualRows, PlainEqualRows
from zkcompliance.log.fsck import fsck
from zkcompliance.log.once import Input, Passed, Piece
from zkcompliance.log.records import Record, identity_of
from zkcompliance.log.spool import SpoolingWriter
from zkcompliance.log.writer import Writer, create_log


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    quickly(monkeypatch)
    create_log(tmp_path / "log", SCHEMA, KEY)
    return tmp_path / "log"


def encoded(first: int, count: int, pieces: int = 1):  # type: ignore[no-untyped-def]
    table = schemas.encode_rows(SCHEMA, some_rows(first, count))
    return [table] if pieces == 1 else [table[:, :1], table[:, 1:]]


def sealed(log: Path) -> list[int]:
    return [r["at"] for s in open_log(log).segments for r in schemas.decode_rows(SCHEMA, s.load_columns())]


def seal(log: Path, *inputs: tuple[str, int, int], again: bool = False, pieces: int = 1) -> int:
    with Writer(log, KEY) as writer:
        return writer.seal_inputs(
            [(name, encoded(first, count, pieces)) for name, first, count in inputs], again=again
        ).size


# Inputs are sealed once


def test_the_same_input_is_sealed_once_however_it_comes(log: Path) -> None:
    """Under another name, in other pieces, with other inputs, after other seals: the rows are what counts."""
    assert seal(log, ("a", 0, 3), ("b", 10, 2)) == 1
    assert seal(log, ("c", 20, 1)) == 2
    for inputs, pieces in (((("a", 0, 3),), 1), ((("x", 0, 3),), 2), ((("d", 0, 3), ("b", 10, 2)), 1)):
        with pytest.raises(AlreadySealed, match=r"begins with segment 0; nothing more was sealed") as caught:
            seal(log, *inputs, pieces=pieces)
        assert "--again" in caught.value.help
    assert sealed(log) == [0, 1, 2, 10, 11, 20] and fsck(log).findings == ()
    assert seal(log, ("d", 30, 1), ("a", 0, 2)) == 3  # fewer rows are other rows
    assert seal(log, ("a", 0, 3), again=True) == 4
    assert sealed(log)[-6:] == [30, 0, 1, 0, 1, 2] and fsck(log).findings == ()


def test_what_is_sealed_is_passed_over_beside_what_is_new(log: Path) -> None:
    seal(log, ("a", 0, 3))
    passed: list[Passed] = []
    inputs = [("b", encoded(10, 2)), ("a", encoded(0, 3, 2)), ("c", encoded(10, 2)), ("d", encoded(20, 1))]
    with Writer(log, KEY) as writer:
        writer.seal_inputs(inputs, passed=passed)
    assert sealed(log) == [0, 1, 2, 10, 11, 20] and fsck(log).findings == ()
    assert passed == [("a", 3, 0), ("c", 2, None)]


def test_a_refused_input_leaves_nothing(log: Path) -> None:
    seal(log, ("a", 0, 3))
    before = {p: p.read_bytes() for p in log.rglob("*") if p.is_file()}
    with pytest.raises(AlreadySealed):
        seal(log, ("a", 0, 3))
    assert {p: p.read_bytes() for p in log.rglob("*") if p.is_file()} == before
    with Writer(log, KEY) as writer:
        writer.append_rows(some_rows(50, 1))  # rows of the API have no inputs
        with pytest.raises(AlreadySealed):
            writer.seal_inputs([("a", encoded(0, 3))])
        assert writer.pending_rows == 1


# Records are sealed once


def pieces(rows: dict[str, int], *, size: int = 2) -> Iterator[Piece]:
    """A file of records: name → what its row says, in pieces."""
    names = list(rows)
    for at in range(0, len(names), size):
        some = names[at : at + size]
        columns = schemas.encode_rows(SCHEMA, [row for name in some for row in some_rows(rows[name], 1)])
        yield Piece(columns, [Record(identity_of("jobs", (name, 0)), f"job {name}") for name in some])


def seal_records(log: Path, *files: dict[str, int], again: bool = False) -> list[Passed]:
    passed: list[Passed] = []
    with Writer(log, KEY) as writer:
        writer.seal_inputs([(f"f{n}", pieces(rows)) for n, rows in enumerate(files)], again=again, passed=passed)
    return passed


def test_of_a_file_that_grew_the_increase_is_sealed(log: Path) -> None:
    assert seal_records(log, {"1": 1, "2": 2, "3": 3}) == []
    assert seal_records(log, {"2": 2, "3": 3, "4": 4}) == [("f0", 2, 0)]  # and an export of a later time
    assert seal_records(log, {"4": 4, "5": 5}, {"5": 5, "1": 1, "6": 6}) == [("f0", 1, 1), ("f1", 2, 0)]
    assert sealed(log) == [1, 2, 3, 4, 5, 6] and fsck(log).findings == ()
    with pytest.raises(AlreadySealed, match="begins with segment 0"):
        seal_records(log, {"1": 1, "2": 2, "6": 6})
    assert seal_records(log, {"1": 1}, again=True) == [] and sealed(log)[-1] == 1


def test_a_record_that_was_changed_is_refused(log: Path) -> None:
    seal_records(log, {"1": 1, "2": 2})
    before = {p: p.read_bytes() for p in log.rglob("*") if p.is_file()}
    with pytest.raises(ChangedSinceSealed, match="f1: job 2 is there in the seal that begins with segment 0") as caught:
        seal_records(log, {"3": 3}, {"4": 4, "2": 9})
    assert "nothing was sealed" in caught.value.message and "--again" in caught.value.help
    with pytest.raises(ChangedSinceSealed, match="job 3 is there in this seal"):
        seal_records(log, {"3": 3}, {"3": 4})
    assert {p: p.read_bytes() for p in log.rglob("*") if p.is_file()} == before
    assert seal_records(log, {"2": 9}, again=True) == []  # the remedy


def test_records_that_are_damaged_are_said(log: Path) -> None:
    seal_records(log, {"1": 1, "2": 2})
    path = log / "secret" / "segments" / "00000000" / "records"
    whole = path.read_bytes()
    assert oct(path.stat().st_mode & 0o777) == "0o600" and len(whole) == 6 + 2 * 32 + 16
    for damaged in (b"", whole[:-1], whole[:-32] + whole[-16:], whole + b"x", b"zkcj" + whole[4:]):
        path.write_bytes(damaged)
        assert any(f.fault and "records is damaged" in f.what for f in fsck(log).findings)
        with pytest.raises(LogCorrupt, match="records is damaged"):
            seal_records(log, {"3": 3})
    path.write_bytes(whole)
    assert fsck(log).findings == ()


@pytest.mark.parametrize("kind", [EqualRows, lambda _: PlainEqualRows()], ids=["fast", "plain"])
def test_equal_rows_are_found_by_both_hands(kind: Callable[[int], EqualRows | PlainEqualRows]) -> None:
    random = np.random.default_rng(7)
    for _ in range(60):
        rows, width = int(random.integers(0, 40)), int(random.integers(2, 5))
        table = random.integers(0, 3, (width, rows)).astype(np.uint32)
        found = kind(width)
        for at in range(0, rows, 7):
            found.take(table[:, at : at + 7])
        texts = [table[1:, at].tobytes() for at in range(rows)]
        later = next((at for at in range(rows) if texts[at] in texts[:at]), None)
        before = None if later is None else max(at for at in range(later) if texts[at] == texts[later])
        assert found.first() == (None if later is None else (before + 1, later + 1))


def test_equal_rows_of_one_input_are_a_mistake_where_it_says_so(log: Path) -> None:
    twice = schemas.encode_rows(SCHEMA, [*some_rows(0, 3), *some_rows(1, 1)])
    with Writer(log, KEY) as writer:
        with pytest.raises(LogError, match="a: row 4 equals row 2 in every column, and nothing was sealed") as caught:
            writer.seal_inputs([Input("a", [twice], distinct=True)])
        assert "--equal-rows" in caught.value.help and writer.pending_rows == 0
        assert writer.seal_inputs([Input("a", [twice]), Input("b", [twice[:, :3]], distinct=True)]).size == 1


# Two who make one log


def test_two_who_make_one_log(tmp_path: Path) -> None:
    """Sixteen threads open a log that is not there: one makes it, and all have it, with their rows."""
    key = tmp_path / "key"
    zk.keygen(key, "lab.example/x")
    ready, failed = threading.Barrier(16), []

    def run(number: int) -> None:
        try:
            ready.wait()
            with zk.open_log(tmp_path / "log", schema=SCHEMA, key=key, spool=True) as log:
                log.append(some_rows(number, 1))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    with zk.open_log(tmp_path / "log", key=key) as log:
        assert log.pending_rows == 16
    assert [p.name for p in tmp_path.glob(".*")] == []


def test_who_comes_second_does_not_replace_the_first(tmp_path: Path) -> None:
    """Whatever comes to the log's place while another is made stays; another key or schema is refused."""
    with pytest.raises(LogExists), creation.building(tmp_path / "log", SCHEMA, KEY):
        create_log(tmp_path / "log", schemas.compute, KEY)
    assert open_log(tmp_path / "log").schema == schemas.compute
    assert [p.name for p in tmp_path.iterdir()] == ["log"]
    zk.keygen(tmp_path / "key", "lab.example/other")
    with pytest.raises(KeyFileError, match="another key"):
        zk.open_log(tmp_path / "log", schema=SCHEMA, key=tmp_path / "key", spool=True)
    for kind in ("file", "empty folder", "dangling link"):
        with pytest.raises(LogExists), creation.building(tmp_path / kind, SCHEMA, KEY):
            if kind == "file":
                (tmp_path / kind).write_text("x")
            elif kind == "empty folder":
                (tmp_path / kind).mkdir()
            else:
                (tmp_path / kind).symlink_to("nowhere")
        assert not list(tmp_path.glob(".*"))


def test_a_log_is_not_called_as_one_in_the_making(tmp_path: Path) -> None:
    """Its key would forget it, and the next creation beside it would take it for one left behind and remove it."""
    zk.keygen(tmp_path / "key", "lab.example/x")
    for name in (".log.0123456789ab.tmp", ".log.0123456789ab.new"):
        with pytest.raises(UsageError, match="a log in the making"):
            create_log(tmp_path / name, SCHEMA, keys.load_private(tmp_path / "key"))
        with pytest.raises(UsageError, match="a log in the making"):
            zk.open_log(tmp_path / name, schema=SCHEMA, key=tmp_path / "key")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "key.pub"]


def test_a_place_that_cannot_be_is_said(tmp_path: Path) -> None:
    """A name that is too long for a file system, or nearly; a file or a link to itself on the way."""
    zk.keygen(tmp_path / "key", "lab.example/x")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("x" * 256, "x" * 250, "key/log", "loop/log", "loop", "gone/log"):
        with pytest.raises((LogError, UsageError)):
            zk.open_log(tmp_path / name, schema=SCHEMA, key=tmp_path / "key")
        done = CliRunner().invoke(
            cli, ["seal", "--schema", "compute", "--log", str(tmp_path / name), "--key", str(tmp_path / "key")]
        )
        assert done.exit_code == 2 and "Error" not in done.output, (name, done.output)
    assert not (tmp_path / "key.log").exists()
    prove = ["prove", "training-compute-below", "-p", "limit=1e9", "-o", str(tmp_path / "o"), "--log"]
    for arguments in (["explain", "x" * 256], ["explain", "x" * 256 + ".py"], [*prove, "x" * 256], [*prove, "=" * 256]):
        assert CliRunner().invoke(cli, arguments).exit_code == 2, arguments
    with pytest.raises(KeyFileError, match="too long"):
        zk.keygen(tmp_path / ("x" * 256), "lab.example/x")


# Spools


def spools(log: Path) -> list[Path]:
    return sorted((log / "secret").glob("spool-*"))


def append(writer: SpoolingWriter, first: int, count: int) -> int:
    return writer.append_columns(encoded(first, count))


def test_rows_of_a_busy_log_are_spooled_and_sealed_by_its_holder(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Writer(log, KEY) as holder:
        second = SpoolingWriter(log, KEY)
        assert second.spooling and append(second, 100, 3) == 3 and second.pending_rows == 3
        assert oct(spools(log)[0].stat().st_mode & 0o777) == "0o600"
        with pytest.raises(zk.ZkComplianceError):
            append(second, -1, 2)
        assert second.pending_rows == 3  # all of a batch or none
        holder.seal(some_rows(0, 1))
        assert sealed(log) == [0] and len(spools(log)) == 1  # the spool of a live writer stays
        assert any("found the log busy" in f.what for f in fsck(log).findings) and fsck(log).clean
        with caplog.at_level(logging.WARNING):
            second.seal()
        assert "it keeps 3 rows durably, sealed by the next seal" in caplog.text
        append(second, 200, 1)
        holder.seal()
        assert sealed(log) == [0, 100, 101, 102] and len(spools(log)) == 1
        second.close()
        with pytest.raises(LogError, match="closed"):
            append(second, 300, 1)
    with Writer(log, KEY) as holder:  # taken in by who closed
        assert holder.pending_rows == 1 and not spools(log)


def test_a_spooling_writer_takes_the_log_when_it_is_free(log: Path) -> None:
    holder = Writer(log, KEY)
    second = SpoolingWriter(log, KEY)
    append(second, 100, 2)
    with pytest.raises(LogBusy):
        second.add_cosignatures([], [])
    holder.close()
    append(second, 200, 1)
    assert not second.spooling and second.pending_rows == 3 and not spools(log)
    with pytest.raises(LogBusy):
        Writer(log, KEY)
    second.seal()
    second.close()
    second.close()
    assert sealed(log) == [100, 101, 200] and fsck(log).findings == ()


def test_spools_that_are_no_spools(log: Path) -> None:
    """Empty, torn before its head: dropped; of another schema or damaged: said, and nothing else is sealed as if."""
    for size in (0, 5):
        (log / "secret" / ("spool-" + "0" * 32)).write_bytes(bytes(size))
        (log / "secret" / ("spool-" + "0" * 32)).chmod(0o600)
        with Writer(log, KEY) as writer:
            assert writer.pending_rows == 0
        assert not spools(log)
    other = log / "secret" / ("spool-" + "1" * 32)
    files.create(other, b"zkcq\x02\x00" + schemas.compute.digest)
    with pytest.raises(LogCorrupt, match="not hold pending rows of this log's schema"):
        Writer(log, KEY)
    other.unlink()
    other.symlink_to(log / "entries")
    with pytest.raises(LogCorrupt, match="link"):
        Writer(log, KEY)


def test_a_callback_may_spool(log: Path, tmp_path: Path) -> None:
    """`open_log(…, spool=True)`: no LogBusy at the start of a second run; without it the error says so."""
    zk.keygen(tmp_path / "key", "lab.example/y")
    first = zk.open_log(tmp_path / "y", schema=SCHEMA, key=tmp_path / "key")
    with pytest.raises(LogBusy) as caught:
        zk.open_log(tmp_path / "y", schema=SCHEMA, key=tmp_path / "key")
    assert "spool=True" in caught.value.help
    with zk.open_log(tmp_path / "y", schema=SCHEMA, key=tmp_path / "key", spool=True) as second:
        assert second.spooling and second.append(some_rows(1, 1)) == 1
        second.seal()
    first.append(some_rows(0, 1))
    first.seal()
    first.close()
    assert sorted(sealed(tmp_path / "y")) == [0, 1]
