"""Segments that were sealed with evidence are handed over: their pieces and numbers go along, and are checked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.command_line import run
from tests.kit.quick_logs import quickly
from zkcompliance.errors import LogCorrupt, LogError
from zkcompliance.log import backing, handing, keys, spent
from zkcompliance.log.fsck import fsck
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog
from zkcompliance.prove.handing import receive

NVIDIA = Path(__file__).parents[1] / "data" / "nvidia"
ONE, GPUS = NVIDIA / "hopper_evidence.json", NVIDIA / "multi_gpu_hopper.json"


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a log of chips: a segment with a piece, and one with another."""
    quickly(monkeypatch)
    monkeypatch.setattr(spent, "state_folder", lambda: tmp_path / "state" / "spent")
    zk.keygen(tmp_path / "key", "registry.example/chips")
    sealed(tmp_path, ONE)
    sealed(tmp_path, GPUS)
    return tmp_path


def sealed(folder: Path, piece: Path, start: str = "2025-11-01") -> None:
    more = ("--set", "owner=Lab", "--set", f"from={start}T00:00:00Z", "--log", folder / "log", "--key", folder / "key")
    done = run("seal", "--evidence", piece, *more)
    assert done.exit_code == 0, done.stderr


def public(folder: Path):  # type: ignore[no-untyped-def]
    return keys.load_private(folder / "key").verifier


def numbers(log: Path) -> list[int]:
    return [int(str(row["evidence"])) for row in zk.read_rows(log)]


def test_pieces_and_numbers_go_along(given: Path) -> None:
    handing.hand_over(given / "log", given / "copy", "1/2")
    assert receive(given / "copy", public(given)).new == 2
    assert numbers(given / "copy") == numbers(given / "log") and set(numbers(given / "copy")) == {1, 2}
    here, there = Layout(given / "log"), Layout(given / "copy")
    assert [backing.load(there, number) for number in (1, 2)] == [ONE.read_bytes(), GPUS.read_bytes()]
    assert backing.digests(there) == backing.digests(here)
    assert {path.stat().st_mode & 0o077 for path in there.evidence.iterdir()} == {0}
    for segment in SealedLog.open(given / "copy").segments:
        assert backing.root(there, backing.count_of(segment.paths)) == segment.entry.evidence != backing.NONE
    assert fsck(given / "copy", deep=True).clean


def test_later_pieces_to_the_same_copy_and_a_part_of_a_part(given: Path) -> None:
    handing.hand_over(given / "log", given / "copy", "1/2")
    receive(given / "copy", public(given))
    sealed(given, ONE, "2025-12-01")  # the first piece, again
    handing.hand_over(given / "log", given / "copy", "1/2")
    assert receive(given / "copy", public(given)).new == 1
    handing.hand_over(given / "copy", given / "third", "1/2")
    assert receive(given / "third", public(given)).new == 3
    assert numbers(given / "third") == numbers(given / "log")


def test_to_a_new_copy_go_only_the_pieces_of_its_rows_and_the_others_with_the_earlier_one(given: Path) -> None:
    handing.hand_over(given / "log", given / "old", "1/2")
    receive(given / "old", public(given))
    (given / "three.json").write_bytes(ONE.read_bytes() + b"\n")
    sealed(given, given / "three.json", "2025-12-01")
    handing.hand_over(given / "log", given / "new", "1/2")
    there = Layout(given / "new")
    assert sorted(path.name for path in there.evidence.iterdir()) == ["00000003", "digests"]
    assert len(backing.digests(there)) == 3  # the root of the entry is over all of them
    with pytest.raises(LogError):
        receive(given / "new", public(given))
    assert receive(given / "new", public(given), [given / "old"]).brought == 2
    assert backing.load(there, 1) == ONE.read_bytes() and numbers(given / "new") == numbers(given / "log")


def test_what_is_not_whole_is_refused_before_anything_is_spent(given: Path) -> None:
    here = Layout(given / "log")
    for damage in (lambda path: path.unlink(), lambda path: path.write_bytes(b"another")):
        before = here.piece(2).read_bytes()
        damage(here.piece(2))
        with pytest.raises(LogError):
            handing.hand_over(given / "log", given / "copy", "1/2")
        here.piece(2).write_bytes(before)
        here.piece(2).chmod(0o600)
    SealedLog.open(given / "log").segments[1].paths.evidence.write_bytes(b"1\n")
    with pytest.raises(LogCorrupt, match="segment 1: its evidence is not that of its entry"):
        handing.hand_over(given / "log", given / "copy", "1/2")
    assert not any(segment.budget().handed_over() for segment in SealedLog.open(given / "log").segments)
    assert not (given / "copy").exists()


@pytest.mark.parametrize("lie", ["gone", "another", "swapped", "digest", "count", "all"])
def test_a_copy_with_other_evidence_is_not_taken(given: Path, lie: str) -> None:
    """Without the receiver's check a giver withholds what a row names, or puts something else in its place."""
    handing.hand_over(given / "log", given / "copy", "1/2")
    there = Layout(given / "copy")
    first, second, digests = there.piece(1), there.piece(2), there.digests
    if lie == "gone":
        first.unlink()
    elif lie == "another":
        first.write_bytes(b"{}")
    elif lie == "swapped":
        data = first.read_bytes(), second.read_bytes()
        second.write_bytes(data[0])
        first.write_bytes(data[1])
    elif lie == "digest":
        digests.write_bytes(digests.read_bytes()[32:] + digests.read_bytes()[:32])
    elif lie == "count":
        SealedLog.open(given / "copy").segments[1].paths.evidence.write_bytes(b"1\n")
    else:
        shutil.rmtree(there.evidence)
    with pytest.raises(LogCorrupt, match="this is not what was handed over"):
        receive(given / "copy", public(given))
