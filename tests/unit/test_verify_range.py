"""Ranges of segments in a statement, and the lines of a checkpoint: every malformed form, and an outside oracle."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace

import pytest

from tests.kit.sound_forms import SCHEMA, bundle, log, program, statement
from zkcompliance import limits
from zkcompliance.errors import (
    CheckpointMismatch,
    LimitExceeded,
    MalformedNote,
    MalformedProgram,
    MalformedProof,
    MalformedStatement,
    ZkComplianceError,
)
from zkcompliance.log.checkpoint import Checkpoint as Signed
from zkcompliance.verify.checkpoint import (
    Checkpoint,
    checkpoint_body,
    completing,
    generation_of,
    parse_checkpoint,
    range_root,
)
from zkcompliance.verify.codec import u32
from zkcompliance.verify.program import Program, decode_program
from zkcompliance.verify.statement import LogStatement, Statement, decode_statement
from zkcompliance.verify.verifier import verify_bundle, verify_proof

ENTRIES = [b"%03d" % i * 33 for i in range(130)]


def oracle(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + oracle(leaves[:k]) + oracle(leaves[k:])).digest()


def hashes_of(leaves: list[bytes], first: int, last: int, a: int = 0, b: int | None = None) -> list[bytes]:
    """The hashes that complete the root, in the order of the specification's descent."""
    b = len(leaves) if b is None else b
    if first <= a and b - 1 <= last:
        return []
    if b <= first or last < a:
        return [oracle(leaves[a:b])]
    k = 1
    while 2 * k < b - a:
        k *= 2
    return hashes_of(leaves, first, last, a, a + k) + hashes_of(leaves, first, last, a + k, b)


def test_every_range_of_small_trees_has_the_root_of_the_whole() -> None:
    for size in range(1, 20):
        leaves = ENTRIES[:size]
        for first in range(size):
            for last in range(first, size):
                hashes = hashes_of(leaves, first, last)
                assert len(hashes) == completing(first, last, size)
                assert range_root(leaves[first : last + 1], first, size, hashes) == oracle(leaves)
                assert range_root(leaves[first : last + 1], first, size, [*hashes, bytes(32)]) is None
                for i in range(len(hashes)):
                    assert range_root(leaves[first : last + 1], first, size, hashes[:i] + hashes[i + 1 :]) is None
                    wrong = [*hashes[:i], bytes(32), *hashes[i + 1 :]]
                    assert range_root(leaves[first : last + 1], first, size, wrong) != oracle(leaves)


def test_random_ranges_of_larger_trees() -> None:
    chosen = random.Random(6962)
    for _ in range(60):
        size = chosen.randrange(20, 130)
        first = chosen.randrange(size)
        last = min(size - 1, first + chosen.randrange(60))
        hashes = hashes_of(ENTRIES[:size], first, last)
        assert range_root(ENTRIES[first : last + 1], first, size, hashes) == oracle(ENTRIES[:size])
        if last + 1 < size:  # the same segments one place further on
            moved = range_root(ENTRIES[first : last + 1], first + 1, size, hashes)
            assert moved != oracle(ENTRIES[:size])


def test_the_largest_tree_is_a_few_steps() -> None:
    """Size 2^63 − 1: at most two hashes a level, and a recursion no deeper than the tree."""
    size = (1 << 63) - 1
    for first, last in ((0, 0), (0, 59), ((1 << 32) - 60, (1 << 32) - 1), (7, 7)):
        many = completing(first, last, size)
        assert 0 < many <= 2 * 63
        assert range_root(ENTRIES[: last - first + 1], first, size, [bytes(32)] * many) is not None


# In statements


def ranged(*slots: bool) -> Program:
    made = program()
    return replace(made, logs=tuple(slot._replace(ranged=each) for slot, each in zip(made.logs, slots, strict=True)))


def part(size: int, first: int, last: int, origin: str = "runs") -> LogStatement:
    """Segments first … last of a log of `size`, with the hashes that complete its root."""
    whole = log("runs", SCHEMA, 5, (3,) * size)
    leaves = [entry.encode() for entry in whole.entries]
    root = oracle(leaves)
    checkpoint = Checkpoint(origin, size, root, checkpoint_body(origin, size, root))
    hashes = tuple(hashes_of(leaves, first, last))
    return LogStatement(checkpoint, whole.entries[first : last + 1], first, hashes)


def about(item: LogStatement, of: Program) -> Statement:
    made = statement(of)
    return replace(made, logs=(made.logs[0], item))


def alone(item: LogStatement, of: Program) -> Statement:
    """Of one log, which fills one slot."""
    made = statement(of)
    return replace(made, logs=(item,), claims=(replace(made.claims[0], slots=((0,),)),))


def refused(made: Statement, of: Program) -> ZkComplianceError:
    with pytest.raises(ZkComplianceError) as caught:
        verify_proof(made, [of], b"")
    return caught.value


@pytest.mark.parametrize(("size", "first", "last"), [(7, 0, 2), (7, 2, 4), (7, 6, 6), (9, 8, 8), (64, 3, 40)])
def test_a_range_is_taken_where_the_program_says_so(size: int, first: int, last: int) -> None:
    of = ranged(True, False)
    made = about(part(size, first, last), of)
    assert decode_statement(made.encode()) == made and decode_program(of.encode()) == of
    assert isinstance(refused(made, of), MalformedProof)  # all of the statement is right, and the proof is empty
    with pytest.raises(MalformedProof):
        verify_bundle(bundle(made, of, b"").encode(), program_digests=[of.digest])
    for other in (ranged(False, True), ranged(False, False)):
        error = refused(about(part(size, first, last), other), other)
        assert isinstance(error, CheckpointMismatch) and f"the segments {first} to {last}" in error.message
    whole = about(part(5, 0, 4), of)
    assert whole.logs[1].whole and not made.logs[1].whole and isinstance(refused(whole, of), MalformedProof)


def test_hashes_that_are_wrong_or_moved() -> None:
    of = ranged(True, False)
    good = part(11, 4, 6)
    assert len(good.hashes) == 3
    for i in range(3):
        wrong = (*good.hashes[:i], bytes(32), *good.hashes[i + 1 :])
        assert isinstance(refused(about(replace(good, hashes=wrong), of), of), CheckpointMismatch)
    swapped = replace(good, hashes=good.hashes[::-1])
    assert isinstance(refused(about(swapped, of), of), CheckpointMismatch)
    moved = replace(good, entries=good.entries[::-1])
    assert isinstance(refused(about(moved, of), of), CheckpointMismatch)
    for hashes in (good.hashes[:-1], (*good.hashes, bytes(32)), ()):  # too few and too many are not in the form
        error = refused(about(replace(good, hashes=hashes), of), of)
        assert isinstance(error, MalformedStatement | LimitExceeded)


@pytest.mark.parametrize(
    ("first", "last", "error"),
    [
        (1, 0, MalformedStatement),
        (0, 7, MalformedStatement),
        (7, 7, MalformedStatement),
        ((1 << 32) - 1, (1 << 32) - 1, MalformedStatement),
        (0, (1 << 32) - 1, MalformedStatement),
        ((1 << 32) - 1, 0, MalformedStatement),
    ],
)
def test_bounds_that_are_no_range(first: int, last: int, error: type[ZkComplianceError]) -> None:
    good = about(part(7, 2, 4), ranged(True, False)).encode()
    assert good.count(u32(2) + u32(4)) == 1
    with pytest.raises(error):
        decode_statement(good.replace(u32(2) + u32(4), u32(first) + u32(last)))


def test_sizes_and_numbers_of_segments() -> None:
    of = ranged(True, False)
    body = checkpoint_body("p", 1 << 62, bytes(32))
    huge = Checkpoint("p", 1 << 62, bytes(32), body)
    one = log("runs", SCHEMA, 5, (3,))
    made = about(LogStatement(huge, one.entries, 5, (bytes(32),) * completing(5, 5, 1 << 62)), of)
    assert decode_statement(made.encode()) == made and isinstance(refused(made, of), CheckpointMismatch)
    past = made.encode().replace(body, body.replace(b"%d" % (1 << 62), b"%d" % (1 << 63)))
    with pytest.raises(MalformedStatement, match="below 2"):
        decode_statement(past)
    good = about(part(7, 2, 4), of).encode()
    with pytest.raises(MalformedStatement, match=r"segment 4 of a checkpoint of 0"):
        decode_statement(good.replace(b"\n7\n", b"\n0\n"))
    many = part(70, 0, limits.MAX_SEGMENTS)
    with pytest.raises(LimitExceeded):
        decode_statement(alone(many, of).encode())
    most = alone(part(70, 5, 4 + limits.MAX_SEGMENTS), of)
    assert decode_statement(most.encode()) == most


def test_the_range_byte_of_a_program_is_0_or_1() -> None:
    data = program().encode()
    at = data.index(SCHEMA) + 32 + 2
    assert data[at] == 0 and decode_program(data[:at] + b"\x01" + data[at + 1 :]).logs[0].ranged
    with pytest.raises(MalformedProgram):
        decode_program(data[:at] + b"\x02" + data[at + 1 :])


# The lines of a checkpoint, as both readers take them

ROOT = "A" * 43 + "="
GENERATIONS = [
    (f"lab/x/g2\n5\n{ROOT}\nsucceeds lab/x 3 {ROOT}\n", True),
    (f"lab/x/g10\n0\n{ROOT}\nsucceeds lab/x/g9 1 {ROOT}\n", True),
    (f"lab/x/g10\n0\n{ROOT}\nsucceeds lab/x 1 {ROOT}\n", True),  # those between were lost
    (f"lab/x/g1\n0\n{ROOT}\n", True),  # a name like any other: generations count from 2
    (f"lab/x/g02\n0\n{ROOT}\n", True),
    (f"lab/x\n5\n{ROOT}\n", True),
    (f"lab/x/g2\n5\n{ROOT}\n", False),
    (f"lab/x\n5\n{ROOT}\nsucceeds lab/x 3 {ROOT}\n", False),
    (f"lab/x/g2\n5\n{ROOT}\nsucceeds lab/y 3 {ROOT}\n", False),
    (f"lab/x/g2\n5\n{ROOT}\nsucceeds lab/x/g2 3 {ROOT}\n", False),
    (f"lab/x/g2\n5\n{ROOT}\nsucceeds lab/x/g3 3 {ROOT}\n", False),
    (f"lab/x/g2\n5\n{ROOT}\nsucceeds lab/x 0 {ROOT}\n", False),
    (f"lab/x/g2\n5\n{ROOT}\nsucceeds lab/x 03 {ROOT}\n", False),
    (f"lab/x/g2\n5\n{ROOT}\nsucceeds lab/x {1 << 63} {ROOT}\n", False),
    (f"lab/x/g2\n5\n{ROOT}\nsucceeds lab/x 3 {ROOT[:-5]}\n", False),
    (f"lab/x/g2\n5\n{ROOT}\nsucceeds lab/x 3 {ROOT[:-2]}B=\n", False),
    (f"lab/x/g2\n5\n{ROOT}\nsucceeds lab/x 3 {ROOT} \n", False),
    (f"lab/x/g2\n5\n{ROOT}\nsucceeds  lab/x 3 {ROOT}\n", False),
    (f"lab/x/g2\n5\n{ROOT}\nfollows lab/x 3 {ROOT}\n", False),
    (f"lab/x/g2\n5\n{ROOT}\nsucceeds lab/x 3 {ROOT}", False),
    (f"lab/x/g2\n5\n{ROOT}\nsucceeds lab/x 3 {ROOT}\n\n", False),
    (f"lab/x/g2\n5\n{ROOT}\nsucceeds lab/x 3 {ROOT}\nmore\n", False),
    (f"lab/x/g2/g3\n5\n{ROOT}\nsucceeds lab/x/g2 3 {ROOT}\n", False),  # no log is named so
    (f"/g2\n5\n{ROOT}\n", True),
    (f"x/g2\n{1 << 63}\n{ROOT}\nsucceeds x 3 {ROOT}\n", False),
]


@pytest.mark.parametrize(("body", "good"), GENERATIONS)
def test_generations_of_a_checkpoint(body: str, good: bool) -> None:
    if not good:
        with pytest.raises(MalformedStatement):
            parse_checkpoint(body.encode(), MalformedStatement)
        with pytest.raises(MalformedNote):
            Signed.parse(body)
        return
    mine, theirs = parse_checkpoint(body.encode(), MalformedStatement), Signed.parse(body)
    assert mine.body == body.encode() and theirs.body == body
    assert generation_of(mine.origin) == (theirs.name, theirs.generation)
    assert (mine.succeeds is None) == (theirs.succeeds is None) == (theirs.generation == 1)
    if mine.succeeds is not None and theirs.succeeds is not None:
        assert (mine.succeeds.origin, mine.succeeds.size) == (theirs.succeeds.origin, theirs.succeeds.size)


def test_the_longest_body_is_taken() -> None:
    name = "x" * 250
    body = f"{name}/g999\n{2**63 - 1}\n{ROOT}\nsucceeds {name}/g998 {2**63 - 1} {ROOT}\n".encode()
    assert parse_checkpoint(body, MalformedStatement).succeeds is not None
    with pytest.raises(LimitExceeded):
        parse_checkpoint(body.replace(b"/g999", b"/g99999"), MalformedStatement)
