"""Chains of roll-up proofs, each of which verifies, that do not add up to the log: refused, each by its own check.

Where a check can be taken out, the very same file is accepted without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest

from tests.kit.command_line import run
from tests.kit.rolling import HOW, entry_of, head_of, proof_of, proof_over, roll, seal, seal_groups, whole
from zkcompliance.claim import catalogue
from zkcompliance.errors import MalformedRollUp, RollUpRejected
from zkcompliance.lineage import rollup
from zkcompliance.lineage.rollup import read_rollup
from zkcompliance.log import open_log
from zkcompliance.log.creation import create_log
from zkcompliance.log.keys import load_private
from zkcompliance.log.store import SealedLog
from zkcompliance.prove.parts import Part


@dataclass
class Lab:
    """A log of four segments, of which the last two have the same rows; and another log of one."""

    path: Path
    made: int = 0

    @property
    def log(self) -> SealedLog:
        return open_log(self.path / "log")

    def new(self) -> tuple[Path, Path]:
        """Folder and key of another roll-up."""
        self.made += 1
        folder, key = self.path / f"r{self.made}", self.path / f"r{self.made}.key"
        assert run("keygen", f"lab.example/r{self.made}", "-o", key).exit_code == 0
        create_log(folder, HOW.rolled, load_private(key))
        return folder, key

    def chain(self, *ranges: tuple[int, int], of: Sequence[SealedLog] = ()) -> bytes:
        """A roll-up with one entry for each of these ranges of segments, with its proof, and what it stands for."""
        folder, key = self.new()
        logs = list(of) or [self.log] * len(ranges)
        for log, (first, last) in zip(logs, ranges, strict=True):
            entry_of(folder, key, *(each.load_columns() for each in log.segments[first : last + 1]))
        rolled = open_log(folder)
        proofs = [proof_of((log, *ends), rolled, at) for at, (log, ends) in enumerate(zip(logs, ranges, strict=True))]
        return whole(*head_of(self.log, rolled), proofs)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    path = tmp_path_factory.mktemp("lab")
    for name in ("key", "rolled.key", "other.key"):
        assert run("keygen", f"lab.example/{name}", "-o", path / name).exit_code == 0
    for first in (0, 2, 4):
        seal(path, 2, first)
    lines = (path / "rows.jsonl").read_text()
    (path / "again.jsonl").write_text(lines)
    done = run("seal", path / "again.jsonl", "--log", path / "log", "--key", path / "key", "--again")
    assert done.exit_code == 0, done.output
    roll(path)
    seal(path, 2, 9, log="other", key="other.key")
    return Lab(path)


def refused(file: bytes, why: str) -> None:
    with pytest.raises(RollUpRejected) as caught:
        read_rollup(BytesIO(file))
    assert why in caught.value.message, caught.value.message


def accepted_without(monkeypatch: pytest.MonkeyPatch, file: bytes, check: str) -> None:
    """A verifier that does not look which segments a proof names takes it."""
    with monkeypatch.context() as patched:
        patched.setattr(rollup, check, lambda *_: None)
        assert read_rollup(BytesIO(file)).proofs > 0


def test_an_honest_chain(lab: Lab) -> None:
    assert read_rollup(BytesIO(lab.chain((0, 0), (1, 2), (3, 3)))).log.checkpoint.size == 4


@pytest.mark.parametrize(
    ("ranges", "why"),
    [
        ([(1, 1), (2, 3), (0, 0)], "begins with segment 1 of lab.example/key, and segment 0 is next"),
        ([(0, 0), (2, 3), (3, 3)], "begins with segment 2 of lab.example/key, and segment 1 is next"),
        ([(0, 1), (1, 2)], "begins with segment 1 of lab.example/key, and segment 2 is next"),
        ([(0, 1), (3, 3), (2, 2)], "begins with segment 3 of lab.example/key, and segment 2 is next"),
        ([(0, 1), (0, 1)], "begins with segment 0 of lab.example/key, and segment 2 is next"),
    ],
    ids=["first left out", "one left out", "one twice", "order", "half of it twice"],
)
def test_segments_left_out_or_doubled(
    lab: Lab, ranges: list[tuple[int, int]], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many segments as the log has are proved, and not these."""
    file = lab.chain(*ranges)
    refused(file, why)
    accepted_without(monkeypatch, file, "_follows")


def test_the_end_left_out(lab: Lab) -> None:
    refused(lab.chain((0, 0), (1, 2)), "has the rows of 3 segments of lab.example/key, and its checkpoint has 4")


def test_two_logs_mixed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last segments are those of another log, which are fewer FLOP."""
    other = open_log(lab.path / "other")
    file = lab.chain((0, 2), (0, 0), of=[lab.log, other])
    refused(file, "proof 1 of the roll-up is about lab.example/other.key, not lab.example/key")
    accepted_without(monkeypatch, file, "_follows")


def test_one_entry_with_two_proofs(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments 2 and 3 have the same rows, and so one entry has the groups of either: it counts once, for one."""
    folder, key = lab.new()
    log = lab.log
    entry_of(folder, key, *(each.load_columns() for each in log.segments[:2]))
    entry_of(folder, key, log.segments[2].load_columns())
    two = open_log(folder)
    proofs = [proof_of((log, 0, 1), two, 0), proof_of((log, 2, 2), two, 1), proof_of((log, 3, 3), two, 1)]
    refused(whole(*head_of(log, two), proofs), "has the rows of 3 segments of lab.example/key")
    entry_of(folder, key, log.segments[0].load_columns()[:, :0])  # a further entry, of no rows, without a proof
    three = open_log(folder)
    file = whole(*head_of(log, three), proofs)
    refused(file, "begins with segment 1 of lab.example/r")
    accepted_without(monkeypatch, file, "_follows")


def test_an_entry_without_a_proof(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that was sealed in the roll-up by hand, behind what is proved: no file has a proof of it."""
    folder, key = lab.new()
    log = lab.log
    entry_of(folder, key, *(each.load_columns() for each in log.segments))
    proved = [proof_of((log, 0, 3), open_log(folder), 0)]
    entry_of(folder, key, open_log(lab.path / "other").segments[0].load_columns())  # by hand: of no segment of the log
    rolled = open_log(folder)
    with pytest.raises(MalformedRollUp, match="ends at byte"):
        read_rollup(BytesIO(whole(*head_of(log, rolled), proved)))
    refused(whole(*head_of(log, rolled), proved * 2), "begins with segment 0 of lab.example/r")
    done = run("roll-up", lab.path / "log", "--to", folder, "--key", key)
    assert done.exit_code != 0 and "does not have the groups of the next segments" in done.output


def test_a_proof_of_several_entries(lab: Lab) -> None:
    """The rows are the groups of two entries together, one of which may then be anything that goes with the other."""

    folder, key = lab.new()
    log = lab.log
    entry_of(folder, key, *(each.load_columns() for each in log.segments))
    entry_of(folder, key, log.segments[0].load_columns()[:, :0])
    rolled, claim = open_log(folder), catalogue.rolled_up(HOW.schema)
    asked = {"rows": [Part(log, 0, 3)], "rolled": [Part(rolled, 0, 1)]}
    refused(whole(*head_of(log, rolled), [proof_over(claim, asked)] * 2), "is about 2 of its entries, not one")


def test_a_roll_up_of_a_roll_up(lab: Lab) -> None:
    """Another log with the very rows of a roll-up, which is proved, and says nothing of a log of jobs."""

    folder, key = lab.new()
    first = open_log(lab.path / "rolled")
    groups = first.segments[0].load_columns()
    seal_groups(folder, key, groups[:, groups[0] == 1])
    second, same = open_log(folder), catalogue.unchanged(first.schema)
    asked = {"old": [Part(first, 0, 0)], "new": [Part(second, 0, 0)]}
    proof = proof_over(same, asked, old_segments=1, new_segments=1)
    refused(whole(*head_of(first, second), [proof]), "is of no registered claim that rolls a log up")
