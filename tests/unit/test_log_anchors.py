"""What a log folder keeps of anchors: each under its own name, read back, and nothing else taken for one."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from tests.kit import quick_logs
from zkcompliance.errors import LogCorrupt, LogError
from zkcompliance.log import anchors
from zkcompliance.log.creation import create_log
from zkcompliance.log.fsck import fsck
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    quick_logs.quickly(monkeypatch)
    create_log(tmp_path / "log", quick_logs.SCHEMA, quick_logs.KEY)
    with Writer(tmp_path / "log", quick_logs.KEY) as writer:
        writer.seal(quick_logs.some_rows(0, 3))
    return Layout(tmp_path / "log")


def test_each_is_read_back(log: Layout) -> None:
    assert anchors.load(log) == anchors.Kept({}, {}, ())
    anchors.keep_round(log, b"\x07" * 32, b"a round")
    anchors.keep_note(log, 1, "first")
    anchors.keep_note(log, 1, "with more cosignatures")
    path = anchors.keep_stamp(log, 12345678901, b"a reply")
    anchors.keep_stamp(log, 12345678901, b"a reply")
    assert path.name == f"stamp-12345678901-{sha256(b'a reply').hexdigest()}"
    kept = anchors.load(log)
    assert kept == anchors.Kept(
        {b"\x07" * 32: b"a round"}, {1: b"with more cosignatures"}, ((12345678901, b"a reply"),)
    )
    assert fsck(log.root).clean and not fsck(log.root).findings


def test_what_a_killed_write_left_is_passed_over(log: Layout) -> None:
    anchors.keep_note(log, 1, "first")
    (log.anchors / ".checkpoint-00000001.abcdef.tmp").write_bytes(b"half")
    assert anchors.load(log).notes == {1: b"first"}


@pytest.mark.parametrize("name", ["note", "round-00", "checkpoint-1", "stamp-00000001", f"round-{'A' * 64}"])
def test_another_file_is_found(log: Layout, name: str) -> None:
    anchors.keep_note(log, 1, "first")
    (log.anchors / name).write_bytes(b"x")
    with pytest.raises(LogCorrupt, match="nothing that is kept there"):
        anchors.load(log)
    (finding,) = [each for each in fsck(log.root).findings if each.where == "anchors"]
    assert finding.fault


def test_no_link_is_followed(log: Layout, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    log.anchors.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LogError):
        anchors.keep_note(log, 1, "first")
    with pytest.raises(LogError):
        anchors.load(log)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_the_round_is_in_every_entry_of_a_seal_and_changes_no_commitment(log: Layout) -> None:
    with Writer(log.root, quick_logs.KEY) as writer:
        writer.seal(quick_logs.some_rows(3, 2), beacon=(77, b"\x01" * 32))
        writer.seal(quick_logs.some_rows(5, 2))
    first, second, third = (segment.entry for segment in SealedLog.open(log.root).segments)
    assert (second.round, second.beacon) == (77, b"\x01" * 32)
    assert first.round == third.round == 0
    assert fsck(log.root).clean
