"""Which segments are put together, how many one proof covers, and that both are said in time and truly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.kit.part import one_in
from zkcompliance import schemas
from zkcompliance.claim import catalogue
from zkcompliance.limits import MAX_LINEAGE_STEPS
from zkcompliance.log import keys, merkle
from zkcompliance.log.rows import MAX_ROWS
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.policy import catalogue as policies
from zkcompliance.prove import fits, growth
from zkcompliance.prove.plan import Sealed, Step, compaction, renewal
from zkcompliance.stark.profiles import STANDARD

PAGE = Path(__file__).parents[2] / "docs" / "logs.md"
ROW = {"start": 1767571200, "end": 1767571260, "run": "r", "phase": "other", "flop": 3, "method": "measured"}


def whole(first: int, count: int, new: int) -> bool:
    return count + new <= 60


def fresh(count: int, rows: int = 8) -> list[Sealed]:
    return [Sealed(rows, 0)] * count


def after(segments: list[Sealed], steps: list[Step]) -> list[Sealed]:
    """The segments of the next generation."""
    made, at = [], 0
    for step in steps:
        group = segments[at : at + step.old]
        at += step.old
        one = Sealed(sum(each.rows for each in group), 1 + max(each.tier for each in group))
        made += group if step.carried or step.new > 1 else [one]
    assert at == len(segments) and len(made) == sum(step.new for step in steps)
    return made


@pytest.mark.parametrize("count", [2, 59, 60, 61, 118, 119, 1000])
def test_any_number_of_segments_in_steps(count: int) -> None:
    steps = compaction(fresh(count), whole)
    assert all(step.old <= 59 and step.new == 1 for step in steps if not step.carried)
    assert len(after(fresh(count), steps)) == -(-count // 59)


def test_a_year_of_hourly_seals_is_sealed_again_twice() -> None:
    """8,760 segments, compacted when 45 are there: each row in at most two merges, and never over 60 at once."""
    segments: list[Sealed] = []
    merges = proofs = generation = 0
    for _ in range(8760):
        segments.append(Sealed(3, 0))
        if len(segments) > 45:
            steps = compaction(segments, whole)
            segments, generation = after(segments, steps), generation + 1
            proofs += sum(not step.carried for step in steps)
            merges = max(merges, *(each.tier for each in segments))
    assert merges == 2 and len(segments) <= 60 and sum(each.rows for each in segments) == 3 * 8760
    assert proofs < 8760 / 10 and generation < MAX_LINEAGE_STEPS / 50, "a lineage has room for fifty years"


def test_rows_and_limits_end_a_run() -> None:
    half = MAX_ROWS // 2
    assert compaction([Sealed(half, 0)] * 4, whole) == [Step(2, 1, False), Step(2, 1, False)]
    assert compaction([Sealed(half + 1, 0)] * 3, whole) == [Step(3, 3, True)]
    assert compaction(fresh(10), lambda first, count, new: count <= 4)[0] == Step(4, 1, False)
    mixed = [Sealed(9, 1), *fresh(3), Sealed(9, 1)]
    assert compaction(mixed, whole) == [Step(1, 1, True), Step(3, 1, False), Step(1, 1, True)]
    assert len(after([Sealed(9, 1)] * 40 + fresh(20), compaction([Sealed(9, 1)] * 40 + fresh(20), whole))) == 2


def test_every_segment_is_renewed() -> None:
    steps = renewal(100, whole)
    assert [step.old for step in steps] == [step.new for step in steps] == [30, 30, 30, 10]
    assert not any(step.carried for step in steps)


def rows_of_the_page() -> list[tuple[str, str, list[int]]]:
    text = PAGE.read_text("utf-8").partition("<!-- segments:")[2].partition("\n\n")[0]
    found = re.findall(r"^\| ([a-z-]+)(?: \(([a-z]+)\))? \| (\d+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE)
    return [(claim, slot, [int(n) for n in most]) for claim, slot, *most in found]


def test_the_page_has_every_claim_that_a_ready_made_policy_asks_for() -> None:
    page = {claim for claim, _, _ in rows_of_the_page()}
    asked = {each.claim for name in policies.names() for each in policies.load(name).requirements}
    assert {*asked, "log-floor-compute", "rows-unchanged-compute"} <= page <= set(catalogue.names())


@pytest.mark.parametrize("row", one_in(3, rows_of_the_page()))
def test_what_one_proof_covers_is_what_the_page_says(row: tuple[str, str, list[int]]) -> None:
    """So many segments fit, by the reckoning of prover and verifier, and one more does not."""
    name, slot, most = row
    program = catalogue.load(name).program
    slot = slot or program.logs[0].name
    for k, count in zip((17, 20, 21), most, strict=True):
        for size in (count, count + 1):
            sizes = {each.name: (k,) * (size if each.name == slot else 1) for each in program.logs}
            fault = fits.fault_of(fits.imagined(program, sizes, STANDARD))
            assert (fault is None) == (size == count), (k, size, fault)
    assert most[0] * 3 >= growth.SAFE_SEGMENTS * 4, "below that no claim is looked at after a seal"


@pytest.mark.long
def test_seals_say_in_time_how_many_there_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.generate(tmp_path / "key", "lab.example/x")
    key = keys.load_private(tmp_path / "key")
    create_log(tmp_path / "log", schemas.compute, key, "small")
    with Writer(tmp_path / "log", key) as writer:
        for count in range(1, 47):
            writer.seal([ROW])
            if count not in (19, 20, 21, 46):
                continue
            said = growth.remark(SealedLog.open(tmp_path / "log"))
            if count < 21:
                assert said is None
            else:
                assert said is not None and "26 for compute-in-window" in said and "zkcompliance compact" in said
                assert ("60 for any claim" in said) == (count == 46)


def test_range_proofs_of_every_range() -> None:
    """Folded by the definition in docs/spec/proof.md, written out here a second time."""
    for size in range(1, 14):
        entries = [bytes([i]) for i in range(size)]
        for first in range(size):
            for last in range(first, size):
                hashes = merkle.range_proof(first, last, entries)

                def root(a: int, b: int, first: int = first, last: int = last, left: list[bytes] = hashes) -> bytes:
                    if first <= a and b - 1 <= last:
                        return merkle.root([bytes([i]) for i in range(a, b)])
                    if b <= first or last < a:
                        return left.pop(0)
                    m = 1 << (b - a - 1).bit_length() - 1
                    return merkle.node_hash(root(a, a + m), root(a + m, b))

                assert root(0, size) == merkle.root(entries) and not hashes
    for first, last in ((-1, 0), (1, 0), (0, 3)):
        with pytest.raises(ValueError, match="range"):
            merkle.range_proof(first, last, [b"a", b"b", b"c"])
