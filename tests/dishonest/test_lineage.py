"""A lineage shows that a log's generations hold the same rows: every way in which it could not."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest

from tests.kit import lineages as kit
from tests.kit import support
from tests.kit.lineages import KEY, NAME, NEXT, Generation, Step, World, carried, lineage, proved, u32
from zkcompliance.errors import (
    CheckpointMismatch,
    LimitExceeded,
    LineageRejected,
    LogEvidence,
    MalformedError,
    MalformedLineage,
    MalformedStatement,
    ProgramMismatch,
    SignatureRejected,
    VerificationError,
    ZkComplianceError,
)
from zkcompliance.lineage import chain as judged
from zkcompliance.lineage.stream import read_lineage, root_of_leaves
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.evidence import SUCCEEDED, Evidence
from zkcompliance.log.memory import Generation as Remembered
from zkcompliance.log.memory import Known, Seen
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.signer import SignerKey


@pytest.fixture(scope="module")
def world() -> World:
    return kit.world()


def read(data: bytes, *keys: SignerKey, known: Known | None = None):  # type: ignore[no-untyped-def]
    trusted: list[VerifierKey] = [key.verifier for key in keys or (KEY,)]
    return judged.read(data, NAME, trusted, trusted, known or Known())


def refused(data: bytes, error: type[ZkComplianceError], match: str | None = None) -> None:
    with pytest.raises(error, match=match) as caught:
        read(data)
    assert caught.type is error, caught.value


def test_an_honest_lineage(world: World) -> None:
    passed = read(lineage(*world.steps()))
    assert [each.link.to for each in passed] == [f"{NAME}/g2", f"{NAME}/g3"]
    assert all(each.by == KEY.verifier == each.link.key for each in passed)
    assert len(read(lineage(world.steps()[0]))) == 1
    found = list(read_lineage(BytesIO(lineage(*world.steps())), judged.program_of, lambda *_: None))
    assert [(step.carried, step.proved) for step in found] == [(2, (2, 1)), (3, (1, 1))]


def test_carried_alone_needs_no_proof(world: World) -> None:
    """The same segments under the next number, such as after a change of the key."""
    new = Generation(2, world.one.tables, world.one.last)
    assert read(lineage(Step(world.one, new, [carried(4)]))) and read(lineage(Step(world.one, new, [carried(1)] * 4)))
    for parts in ([carried(3)], [carried(5)], [carried(0), carried(4)], [carried(4), carried(1)], []):
        with pytest.raises((LineageRejected, MalformedLineage)):
            read(lineage(Step(world.one, new, parts)))


# Parts


def test_gaps_overlaps_and_exchanged_parts(world: World) -> None:
    proof = proved(world.first)
    for parts in (
        [proof, carried(1)],  # a gap at the beginning
        [carried(1), carried(1), proof],
        [carried(1), proof],  # the end is missing
        [carried(1), proof, proof, carried(1)],  # an overlap
        [carried(2), proof, carried(1)],
        [proof, carried(1), carried(1)],
        [carried(1), carried(1), carried(1)],  # the same number, and other segments
        [carried(1), proof, carried(2)],
    ):
        step = replace(world.steps()[0], parts=parts)
        with pytest.raises((LineageRejected, MalformedLineage)):
            read(lineage(step))
    refused(lineage(replace(world.steps()[0], parts=[carried(1), b"\2" + u32(1)])), MalformedLineage, "not 2")


def test_a_carried_segment_that_is_another(world: World) -> None:
    """The same rows under another seed are another commitment: they are to be proved."""
    new = Generation(2, (*world.one.tables[:3], kit.sealed(world.one.tables[3].columns)), world.one.last)
    refused(lineage(Step(world.one, new, [carried(4)])), LineageRejected, "another one")


def test_proofs_of_other_segments_or_checkpoints(world: World) -> None:
    one, two = world.one, world.two
    other = Generation(2, (*two.tables[:2], kit.sealed(two.tables[2].columns)), one.last)
    step = world.steps()[0]
    for proof, error in (
        (world.second, LineageRejected),  # of the next step
        (kit.unchanged((one, 1, 2), (other, 1, 1)), LineageRejected),  # of another new checkpoint
        (kit.unchanged((two, 1, 1), (one, 1, 2)), LineageRejected),  # the two sides exchanged
        (kit.unchanged((one, 3, 1), (two, 2, 1)), MalformedStatement),  # of a carried segment, which both logs have
    ):
        refused(lineage(replace(step, parts=[carried(1), proved(proof), carried(1)])), error)
    ours = kit.prove(kit.BELOW, {"compute": (two, 0, 3)}, {"limit": 10**28})
    refused(lineage(replace(step, parts=[carried(1), proved(ours), carried(1)])), ProgramMismatch)
    for spoilt in (world.first[:-1] + bytes([world.first[-1] ^ 1]), world.first[:-40]):
        with pytest.raises((VerificationError, MalformedError)):
            read(lineage(replace(step, parts=[carried(1), proved(spoilt), carried(1)])))


def test_rows_that_differ_have_no_proof(world: World) -> None:
    """A new generation with one changed cell: neither carried nor proved."""
    columns = world.one.tables[3].columns.copy()
    columns[support.FLOP[0], 0] += 1
    new = Generation(2, (*world.one.tables[:3], kit.sealed(columns)), world.one.last)
    refused(lineage(Step(world.one, new, [carried(4)])), LineageRejected)
    with pytest.raises(ZkComplianceError):
        false = kit.unchanged((world.one, 3, 1), (new, 3, 1))
        read(lineage(Step(world.one, new, [carried(3), proved(false)])))


def test_entries_of_another_schema(world: World) -> None:
    entries = [entry[:7] + bytes(32) + entry[39:] for entry in world.two.entries]
    root = root_of_leaves(b"".join(map(leaf, entries)))
    new = Checkpoint(f"{NAME}/g2", 3, root, world.one.last)
    step = replace(world.steps()[0], new_entries=entries, new_note=kit.signed(new.body, KEY))
    refused(lineage(step), LineageRejected, "another schema")
    mixed = [*world.two.entries[:2], entries[2]]
    new = Checkpoint(f"{NAME}/g2", 3, root_of_leaves(b"".join(map(leaf, mixed))), world.one.last)
    step = replace(step, new_entries=mixed, new_note=kit.signed(new.body, KEY))
    refused(lineage(step), LineageRejected, "not all of one schema")


def leaf(entry: bytes) -> bytes:
    from zkcompliance.log.merkle import leaf_hash

    return leaf_hash(entry)


# Seams and signatures


def test_what_a_generation_says_that_it_succeeds(world: World) -> None:
    last = world.one.last
    for bad in (
        Checkpoint(NAME, 3, last.root), Checkpoint(NAME, 5, last.root), Checkpoint(NAME, 4, bytes(32)),
        Checkpoint(f"{NAME}/g1", 4, last.root),
    ):  # fmt: skip
        made = replace(world.two, succeeds=bad)
        with pytest.raises((LineageRejected, MalformedLineage)):
            read(lineage(Step(world.one, made, [carried(1), proved(world.first), carried(1)])))


def test_entries_without_the_root_of_their_checkpoint(world: World) -> None:
    step = world.steps()[0]
    for change in (
        {"old_entries": world.one.entries[::-1]},
        {"new_entries": world.two.entries[::-1]},
        {"old_entries": world.one.entries[:3]},
        {"new_entries": [*world.two.entries, world.two.entries[0]]},
        {"old_entries": []},
    ):
        refused(lineage(replace(step, **change)), LineageRejected)  # type: ignore[arg-type]


def test_steps_exchanged_left_out_or_said_twice(world: World) -> None:
    first, second = world.steps()
    refused(lineage(second, first), LineageRejected, "leads to")
    refused(lineage(first, first), LineageRejected, "leads to")
    assert read(lineage(second)), "by itself it is a lineage of what it names"
    cut = Generation(2, world.two.tables[:2], world.one.last)
    three = Generation(3, cut.tables, cut.last)
    refused(lineage(first, Step(cut, three, [carried(2)])), LineageRejected, "does not extend")
    other = Generation(2, (*world.two.tables[::-1], world.grown.tables[3]), world.one.last)
    three = Generation(3, other.tables, other.last)
    refused(lineage(first, Step(other, three, [carried(4)])), LineageRejected, "does not extend")


def test_signatures(world: World) -> None:
    step = world.steps()[0]
    stranger, other = SignerKey(NAME, bytes([9]) * 32), SignerKey("lab.example/other", bytes(32))
    both = replace(world.two, signers=(KEY, NEXT))
    assert read(lineage(replace(step, new=both, key=NEXT)))[0].link.key == NEXT.verifier
    for bad in (
        replace(step, key=NEXT),  # a new key that did not sign
        replace(step, new=replace(world.two, signers=(NEXT,)), key=NEXT),  # one key where two are due
        replace(step, new=replace(world.two, signers=(NEXT,)), key=KEY),
        replace(step, new=both, key=stranger),
        replace(step, old=replace(world.one, signers=(stranger,))),
        replace(step, new=both, key=other),
    ):
        refused(lineage(bad), SignatureRejected)
    with pytest.raises(SignatureRejected, match="no trusted key"):
        read(lineage(step), NEXT)
    third = replace(world.three, signers=(NEXT,))
    grown = replace(world.grown, signers=(NEXT,))
    chain = (replace(step, new=both, key=NEXT), replace(world.steps()[1], old=grown, new=third, key=NEXT))
    assert len(read(lineage(*chain))) == 2, "the key that the first step leads to signs the second"
    with pytest.raises(SignatureRejected):
        read(lineage(chain[1]))


def test_a_key_that_is_trusted_for_a_time_names_no_other(world: World) -> None:
    both = replace(world.two, signers=(KEY, NEXT))
    data = lineage(replace(world.steps()[0], new=both, key=NEXT))
    with pytest.raises(SignatureRejected, match="for a time only"):
        judged.read(data, NAME, [KEY.verifier], [], Known())
    assert judged.read(data, NAME, [KEY.verifier, NEXT.verifier], [], Known())


def test_a_lineage_of_another_log(world: World) -> None:
    other = SignerKey("lab.example/other", bytes(32))
    one = Generation(1, world.one.tables, signers=(other,), name=other.name)
    new = Generation(2, world.one.tables, one.last, (other,), other.name)
    with pytest.raises(LineageRejected, match="not of the log"):
        read(lineage(Step(one, new, [carried(4)], key=other)), KEY, other)
    mixed = Generation(2, world.one.tables, one.last, (KEY,))
    with pytest.raises(MalformedLineage):
        read(lineage(Step(one, mixed, [carried(4)])), KEY, other)


# What was seen before


def seen(of: Generation) -> Known:
    note = of.note.decode()
    return Known({KEY.verifier: 1}, generations={of.checkpoint.origin: Remembered([Seen(note, KEY.verifier, 1)])})


def test_a_lineage_against_what_was_seen(world: World) -> None:
    data = lineage(*world.steps())
    for known in (world.one, Generation(1, world.one.tables[:2]), world.two, world.grown, world.three):
        assert read(data, known=seen(known))
    extra = kit.sealed(kit.table([(0, 1)]))
    for known, kind in (
        (Generation(1, (*world.one.tables, extra)), SUCCEEDED),
        (Generation(1, (*world.one.tables[:3], extra)), SUCCEEDED),
        (Generation(2, (*world.grown.tables, extra), world.one.last), SUCCEEDED),
        (Generation(1, (extra,)), "fork"),
        (Generation(2, world.two.tables, world.one.last).__class__(2, (extra,), world.one.last), "fork"),
    ):
        with pytest.raises(LogEvidence) as caught:
            read(data, known=seen(known))
        assert Evidence.parse(caught.value.document).kind == kind
    with pytest.raises((CheckpointMismatch, LogEvidence)):
        read(data, known=seen(replace(world.two, succeeds=Checkpoint(NAME, 1, bytes(32)))))


# Bytes


def test_cut_anywhere_or_longer_than_it_is(world: World) -> None:
    new = Generation(2, world.one.tables[:1], None)
    one = Generation(1, world.one.tables[:1])
    short = lineage(Step(one, replace(new, succeeds=one.last), [carried(1)]))
    assert read(short)
    for length in range(len(short)):
        with pytest.raises(MalformedLineage):
            read(short[:length])
    whole = lineage(*world.steps())
    ends = (len(lineage(world.steps()[0])), len(whole))
    for length in (*range(6, ends[0], ends[0] // 9), ends[0] - 1, ends[0] + 1, ends[1] - 1):
        if length not in ends:
            with pytest.raises((MalformedError, LineageRejected)):
                read(whole[:length])
    for tail in (b"\0", b"zkcg", b"zkcl\1\0", carried(1)):
        refused(short + tail, MalformedLineage)


def test_every_byte_counts(world: World) -> None:
    one = Generation(1, world.one.tables[:1])
    short = lineage(Step(one, Generation(2, one.tables, one.last), [carried(1)]))
    for at in range(len(short)):
        changed = short[:at] + bytes([short[at] ^ 1]) + short[at + 1 :]
        with pytest.raises(ZkComplianceError):
            read(changed)


def test_counts_and_lengths_that_are_not_there(world: World) -> None:
    one = Generation(1, world.one.tables[:1])
    step = Step(one, Generation(2, one.tables, one.last))
    most = 0xFFFFFFFF
    head = b"zkcl\1\0zkcg"
    notes = b"".join(
        len(n).to_bytes(2, "little") + n for n in (step.old.note, step.new.note, KEY.verifier.text.encode())
    )
    refused(head + b"\xff\xff", LimitExceeded)
    refused(head + notes + u32(most), LimitExceeded)
    refused(head + notes + u32((1 << 20) + 1), LimitExceeded)
    refused(head + notes + u32(1 << 20), LineageRejected)
    refused(head + notes + u32(1) + one.entries[0] + u32(most), LimitExceeded)
    refused(lineage(replace(step, parts=[b"\0" + u32(most)])), LineageRejected)
    refused(lineage(replace(step, parts=[b"\1" + u32(most)])), LimitExceeded)
    refused(lineage(replace(step, parts=[b"\1" + u32(100)])), MalformedLineage)
    refused(lineage(replace(step, key=KEY, magic=b"zkch")), MalformedLineage)
    refused(b"zkcl\2\0" + step.encode(), MalformedLineage)
    refused(b"zkcl\1\0", MalformedLineage)
    refused(b"", MalformedLineage)


def test_the_root_is_that_of_a_plain_tree() -> None:
    from zkcompliance.log import merkle

    for size in (*range(1, 40), 63, 64, 65, 1000):
        entries = [bytes([size % 251]) * 3 + size.to_bytes(2, "big") + i.to_bytes(4, "big") for i in range(size)]
        assert root_of_leaves(b"".join(map(merkle.leaf_hash, entries))) == merkle.root(entries)
