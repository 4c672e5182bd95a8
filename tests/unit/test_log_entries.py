"""Entries of 171 bytes: what sealing writes into them, what both hands read, and logs with a beacon and evidence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit.quick_logs import KEY, SCHEMA, some_rows
from zkcompliance.errors import LogCorrupt, MalformedError
from zkcompliance.log import open_log
from zkcompliance.log.fsck import fsck
from zkcompliance.log.layout import Layout, split_entries
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.stark.commit import table
from zkcompliance.stark.commit.entry import ENTRY_BYTES, Entry
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.verify.codec import Reader
from zkcompliance.verify.statement import STANDARD, read_entry


def sealed(path: Path) -> Path:
    """A log of one segment."""
    create_log(path, SCHEMA, KEY)
    with Writer(path, KEY) as writer:
        writer.seal(some_rows(0, 3))
    return path


def test_sealing_writes_no_round_and_no_evidence(tmp_path: Path) -> None:
    log = sealed(tmp_path / "log")
    (data,) = split_entries(Layout(log).entries.read_bytes())
    assert len(data) == ENTRY_BYTES == 171 and data[-72:] == bytes(72)
    entry = open_log(log).segments[0].entry
    assert (entry.round, entry.beacon, entry.evidence) == (0, bytes(32), bytes(32))
    assert entry.encode() == data and entry.commitment == data[:-72]
    assert fsck(log, deep=True).clean


def test_a_log_whose_entries_hold_a_round_is_read_and_checked_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows and seed give the commitment; what was known when it was sealed is beside it, and stays."""
    said = {"round": 2**63 + 5, "beacon": bytes(range(32))}
    commit = table.commit
    with monkeypatch.context() as patch:
        patch.setattr(table, "commit", lambda *args, **more: replace(commit(*args, **more), **said))
        log = sealed(tmp_path / "log")
    segment = open_log(log).segments[0]
    entry = segment.entry
    assert (entry.round, entry.beacon) == tuple(said.values())
    assert fsck(log, deep=True).clean
    opened = SealedTable(segment.load_columns(), segment.seed, entry, segment.profile)
    assert opened.entry == entry and opened.extension().tree.root == entry.root
    theirs = read_entry(Reader(entry.encode(), MalformedError), STANDARD)
    assert theirs.encode() == entry.encode()
    assert (theirs.round, theirs.beacon, theirs.evidence) == (*said.values(), bytes(32))


@pytest.mark.parametrize(
    ("number", "beacon", "fine"),
    [(0, bytes(32), True), (1, b"\x01" * 32, True), (2**64 - 1, bytes(31) + b"\x01", True),
     (1, bytes(32), False), (2**64 - 1, bytes(32), False), (0, bytes(31) + b"\x01", False), (0, b"\x01" * 32, False)],
)  # fmt: skip
def test_a_round_and_its_digest_go_together_for_both_hands(number: int, beacon: bytes, fine: bool) -> None:
    made = Entry(1, bytes(32), 5, 3, STANDARD.capacity(3), bytes(32), (0,) * 6, number, beacon, b"\xff" * 32).encode()
    for read in (Entry.decode, lambda data: read_entry(Reader(data, MalformedError), STANDARD)):
        if fine:
            assert read(made).encode() == made
        else:
            with pytest.raises(MalformedError, match="round"):
                read(made)


@pytest.mark.parametrize("at", range(171 - 72, 171, 7))
def test_a_changed_byte_of_them_is_not_what_was_signed(tmp_path: Path, at: int) -> None:
    log = sealed(tmp_path / "log")
    data = bytearray(Layout(log).entries.read_bytes())
    data[at] ^= 1
    Layout(log).entries.write_bytes(data)
    with pytest.raises(LogCorrupt, match="entries"):
        open_log(log)
