"""One bit of one byte of a stored log: the check names the segment, and nothing is proved over what is not there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.kit.quick_logs import KEY, SCHEMA, quickly, some_rows
from zkcompliance import importers, schemas
from zkcompliance.errors import LogCorrupt, LogError, MalformedError
from zkcompliance.log import open_log
from zkcompliance.log.fsck import fsck as check
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.stark.commit.entry import ENTRY_BYTES

SEGMENTS = 3


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three segments of three rows."""
    from zkcompliance.log import files

    quickly(monkeypatch)
    monkeypatch.setattr(files.os, "fsync", lambda _: None)
    create_log(tmp_path / "log", SCHEMA, KEY)
    with Writer(tmp_path / "log", KEY) as writer:
        for number in range(SEGMENTS):
            writer.seal(some_rows(10 * number, 3))
    assert check(tmp_path / "log").findings == ()
    return tmp_path / "log"


def rotten(path: Path) -> Iterator[int]:
    """Each byte of the file with one bit flipped, another one each time; put right in the end."""
    data = path.read_bytes()
    for at in range(len(data)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
        yield at
    path.write_bytes(data)


def test_every_byte_of_the_entries(log: Path) -> None:
    """The signed root no longer fits: the log does not open, so nothing reads, proves, or seals on top of it."""
    seen = 0
    for at in rotten(log / "entries"):
        with pytest.raises(LogCorrupt, match="entries"):
            open_log(log)
        if at % 33 == 0:
            with pytest.raises(LogCorrupt):
                check(log)
            with pytest.raises(LogCorrupt):
                Writer(log, KEY)
        seen += 1
    assert seen == ENTRY_BYTES * SEGMENTS and check(log).findings == ()


@pytest.mark.parametrize("name", ["rows", "meta"])
def test_every_byte_of_a_segments_rows(log: Path, name: str) -> None:
    """The middle one: named by the check, refused where a proof loads it; its neighbours are as good as before."""
    path = log / "secret" / "segments" / "00000001" / name
    data = path.read_bytes()
    decides = len(data) if name == "rows" else len(b"".join(data.splitlines(keepends=True)[:3]))  # then: which seal
    for at in rotten(path):
        health = check(log)
        faults = [f"{finding.where}: {finding.what}" for finding in health.findings if finding.fault]
        assert faults and all("segment 1" in fault for fault in faults), at
        assert [index for index, _, _ in health.segments] == [0, 2]
        middle = open_log(log).segments[1]
        if at < decides:
            with pytest.raises((LogError, MalformedError)):
                middle.load_columns()
    assert check(log).findings == ()


def test_a_seal_of_several_segments_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two segments sealed at once say the same of it; one of them exchanged for another seal's is noticed."""
    from zkcompliance.log import rows

    quickly(monkeypatch)
    monkeypatch.setattr(rows, "MAX_ROWS", 8)
    create_log(tmp_path / "log", SCHEMA, KEY)
    with Writer(tmp_path / "log", KEY) as writer:
        assert writer.seal(some_rows(0, 12)).size == 2
    assert check(tmp_path / "log").findings == ()
    meta = tmp_path / "log" / "secret" / "segments" / "00000001" / "meta"
    lines = meta.read_text().splitlines()
    assert lines[3:] == ["0", "2"]
    for said in (["1", "1"], ["0", "1"], ["0", "3"], ["-1", "2"], ["0", "9" * 30]):
        meta.write_text("\n".join([*lines[:3], *said, ""]))
        faults = {finding.where for finding in check(tmp_path / "log").findings if finding.fault}
        assert faults and faults <= {"segment 0", "segment 1"}


# What is hashed is what is stored


class Shifting(Mapping):  # type: ignore[type-arg]
    """A row that says something else whenever it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __getitem__(self, name: str) -> int:
        self.asked += 1
        return 1_767_571_200 + self.asked

    def __iter__(self) -> Iterator[str]:
        return iter(("at", "flop"))

    def __len__(self) -> int:
        return 2


def test_rows_that_change_while_they_are_sealed(tmp_path: Path) -> None:
    """They are read once: what is committed to is what is stored, whatever they say later (the real commitment)."""
    create_log(tmp_path / "log", SCHEMA, KEY)
    with Writer(tmp_path / "log", KEY) as writer:
        writer.append_rows([Shifting(), Shifting()])
        writer.seal([Shifting()])
    assert check(tmp_path / "log", deep=True).findings == ()
    (segment,) = open_log(tmp_path / "log").segments
    assert segment.rows == 3


def test_a_file_that_changes_while_it_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is opened once: another file put in its place meanwhile is not read, and no import is of two files."""
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    count = 3 * importers.BATCH_ROWS
    for name, flop in ((path, 1), (other, 2)):
        name.write_text("at,flop\n" + "".join(f"{1_767_571_200 + i},{flop}\n" for i in range(count)))
    opened: list[str] = []
    real = os.open

    def watched(name, *given, **named):  # type: ignore[no-untyped-def]
        opened.append(Path(os.fsdecode(name)).name)
        return real(name, *given, **named)

    monkeypatch.setattr(os, "open", watched)
    chunks = importers.encode(importers.by_name("csv"), path, SCHEMA)
    first = next(chunks)
    other.replace(path)
    rows = [row for table in (first, *chunks) for row in schemas.decode_rows(SCHEMA, table)]
    assert len(rows) == count and {row["flop"] for row in rows} == {1} and opened.count("a.csv") == 1
