"""Empty segments: the lab says that there are no rows, when it means to, and never by accident."""

from __future__ import annotations

from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.quick_logs import KEY, SCHEMA, quickly, some_rows
from zkcompliance import schemas
from zkcompliance.errors import AlreadySealed, LogBusy, LogCorrupt, UsageError
from zkcompliance.log import open_log, rows, sealing
from zkcompliance.log.fsck import fsck
from zkcompliance.log.note import verify as verify_note
from zkcompliance.log.receipt import receipt_for
from zkcompliance.log.rows import Meta
from zkcompliance.log.spool import SpoolingWriter
from zkcompliance.log.writer import Writer, create_log


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    quickly(monkeypatch)
    create_log(tmp_path / "log", SCHEMA, KEY)
    return tmp_path / "log"


def nothing(log: Path, *inputs: str, again: bool = False) -> int:
    """An empty seal of inputs without rows."""
    with Writer(log, KEY) as writer:
        return writer.seal_inputs([(name, ()) for name in inputs], empty=True, again=again).size


def counts(log: Path) -> list[int]:
    return [segment.rows for segment in open_log(log).segments]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_an_empty_segment_is_8_rows_of_padding(log: Path) -> None:
    """Its entry is one as any other's, and there is a receipt of it."""
    with Writer(log, KEY) as writer:
        assert writer.seal(empty=True).size == 1 and writer.pending_rows == 0
    opened = open_log(log)
    (segment,) = opened.segments
    assert segment.entry.k == 3 and segment.rows == 0
    columns = segment.load_columns()
    assert columns.shape == (SCHEMA.width, 8) and not columns.any()
    assert schemas.decode_rows(SCHEMA, columns) == []
    head = b"zkcr\x01\0" + SCHEMA.width.to_bytes(2, "little") + bytes(8) + SCHEMA.digest
    assert segment.paths.rows.read_bytes() == head
    assert Meta.load(segment.paths.meta).count == 1
    assert fsck(log, deep=True).findings == ()
    assert verify_note(receipt_for(opened, 0).note, KEY.verifier) == opened.checkpoint_body


def test_it_stands_beside_others(log: Path) -> None:
    with Writer(log, KEY) as writer:
        writer.seal(empty=True)
        writer.seal(some_rows(0, 9))
        writer.seal(empty=True)
        writer.seal(empty=True)
        writer.seal(some_rows(9, 1))
    assert counts(log) == [0, 9, 0, 0, 1]
    assert [segment.entry.k for segment in open_log(log).segments] == [3, 4, 3, 3, 3]
    assert len({segment.entry.root for segment in open_log(log).segments}) == 5
    assert fsck(log, deep=True).findings == ()


def test_nothing_is_never_sealed_by_accident(log: Path) -> None:
    before = contents(log)
    with Writer(log, KEY) as writer:
        for seal in (writer.seal, lambda: writer.seal([]), lambda: writer.seal_inputs([]),
                     lambda: writer.seal_inputs([("a", ())])):  # fmt: skip
            with pytest.raises(UsageError, match="nothing to seal") as caught:
                seal()
            assert "--empty" in caught.value.help and "empty=True" in caught.value.help
        assert writer.checkpoint.size == 0
        assert {name: data for name, data in contents(log).items() if name in before} == before
    assert counts(log) == []


def test_it_is_refused_where_there_are_rows(log: Path) -> None:
    """Given with it, appended earlier, or spooled by another; they stay, and are sealed by the next seal."""
    with Writer(log, KEY) as writer:
        with pytest.raises(UsageError, match="2 are not sealed yet"):
            writer.seal(some_rows(0, 2), empty=True)
        with pytest.raises(UsageError, match="b: holds rows"):
            writer.seal_inputs([("a", ()), ("b", [schemas.encode_rows(SCHEMA, some_rows(0, 3))])], empty=True)
        assert writer.pending_rows == 0
        writer.append_rows(some_rows(0, 1))
        with pytest.raises(UsageError, match="1 are not sealed yet"):
            writer.seal(empty=True)
        spooling = SpoolingWriter(log, KEY)
        spooling.append_columns([schemas.encode_rows(SCHEMA, some_rows(1, 2))])
        with pytest.raises(LogBusy):
            spooling.seal(empty=True)
        spooling.seal()
        with pytest.raises(UsageError, match="3 are not sealed yet"):
            writer.seal_inputs([("a", ())], empty=True)
        assert counts(log) == []
        writer.seal()
        spooling.close()
    assert counts(log) == [3] and fsck(log).findings == ()


def test_one_is_not_sealed_right_after_another_unless_again(log: Path) -> None:
    """Whoever was killed may run the same again; after rows an empty seal is another one."""
    assert nothing(log, "a.csv", "b.csv") == 1
    for inputs in (("a.csv",), (), ("c.csv", "d.csv")):
        with pytest.raises(AlreadySealed, match="its last segment, 0; nothing more was sealed") as caught:
            nothing(log, *inputs)
        assert "--again" in caught.value.help
    assert nothing(log, again=True) == 2
    with Writer(log, KEY) as writer:
        writer.seal_inputs([("e.csv", [schemas.encode_rows(SCHEMA, some_rows(0, 1))])])
    assert nothing(log, "a.csv") == 4
    assert counts(log) == [0, 0, 1, 0] and fsck(log).findings == ()


def test_one_that_is_interrupted_is_finished_or_dropped(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed when its entry is durable: the next writer finishes it. Killed before: there is none, and none pending."""

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(sealing, "drop", lambda *_: None)
    monkeypatch.setattr(sealing, "truncate_entries", lambda *_: None)
    with monkeypatch.context() as patch:
        patch.setattr(sealing, "publish", killed)
        with pytest.raises(Killed):
            nothing(log)
    with Writer(log, KEY) as writer:
        assert (writer.checkpoint.size, writer.pending_rows) == (0, 0)
    with monkeypatch.context() as patch:
        patch.setattr(sealing, "sign", killed)
        with pytest.raises(Killed):
            nothing(log)
    with Writer(log, KEY) as writer:
        assert writer.checkpoint.size == 1 and "finished: 1 segment" in writer.recovered[0]
    with pytest.raises(AlreadySealed):
        nothing(log)
    assert counts(log) == [0]


def test_rows_that_are_cut_off_are_no_empty_segment(log: Path) -> None:
    """A file of rows that says it has none is refused where some were sealed, and one with rows where none were."""
    with Writer(log, KEY) as writer:
        writer.seal(empty=True)
        writer.seal(some_rows(0, 1))
    without, some = open_log(log).segments
    kept, filled = without.paths.rows.read_bytes(), some.paths.rows.read_bytes()
    some.paths.rows.write_bytes(kept)
    without.paths.rows.write_bytes(filled)
    for segment in (without, some):
        with pytest.raises(LogCorrupt, match="has changed since it was sealed"):
            segment.load_columns()
    assert [finding.fault for finding in fsck(log).findings] == [True, True]
    without.paths.rows.write_bytes(kept + b"\0")
    with pytest.raises(LogCorrupt, match="truncated"):
        rows.load(without.paths.rows, SCHEMA, None)


def test_from_python(log: Path, tmp_path: Path) -> None:
    zk.keygen(tmp_path / "key", "lab.example/y")
    with zk.open_log(tmp_path / "y", schema=SCHEMA, key=tmp_path / "key") as made:
        with pytest.raises(UsageError, match=r"nothing to seal"):
            made.seal()
        made.seal(empty=True)
        made.append(some_rows(0, 1))
        with pytest.raises(UsageError, match="1 are not sealed yet"):
            made.seal(empty=True)
        made.seal()
        assert made.receipt(0).index == 0
    assert counts(tmp_path / "y") == [0, 1]
