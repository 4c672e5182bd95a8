"""A roll-up file: that a roll-up stands for a whole log, read once as a stream (docs/spec/log.md, Roll-ups).

    "zkcr" ‖ u16(1) ‖ bytes16 note of the log ‖ bytes16 note of the roll-up
    ‖ u32 n ‖ n leaf hashes of the log ‖ u32 t ‖ t leaf hashes of the roll-up ‖ t × (u32 length ‖ bundle)

Proof s is of entry s of the roll-up, and of the entries of the log that come next: from 0, without gap or overlap, to
the log's end; all of one program, which is of the registry. A proof may be of an earlier checkpoint of either log, of
which the leaf hashes then show that it is how the log began.

Proofs that a state remembers are passed over: where both logs go on from the checkpoints that it has of an earlier
file, the first root of either is of the very entries that were proved then.

In memory are the leaf hashes (32 bytes each, at most 2^20 of each log) and one proof. Who signed the log's note is for
the caller to say, which has the keys. Who signed the roll-up's does not matter: what stands in it is proved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

from zkcompliance import limits
from zkcompliance.card import catalogue
from zkcompliance.errors import MalformedRollUp, RollUpRejected
from zkcompliance.lineage.stream import Side, Stream
from zkcompliance.log.memory import Rolled
from zkcompliance.verify.bundle import Bundle, decode_bundle, note_text, programs_of
from zkcompliance.verify.checkpoint import Checkpoint, parse_checkpoint
from zkcompliance.verify.codec import at_most, u16
from zkcompliance.verify.statement import LogStatement, Statement, decode_statement
from zkcompliance.verify.verifier import verify_decoded

MAGIC = b"zkcr" + u16(1)
_LOGS = ("rows", "rolled")


@dataclass(frozen=True, slots=True)
class Stands:
    """What a roll-up stands for. log: its checkpoint, the note of it and all its leaf hashes; rolled: likewise.

    proofs: how many there are; before: of how many a state remembers that they were verified; claim: which they prove,
    id@version; program: its digest.
    """

    log: Side
    rolled: Side
    proofs: int
    before: int = 0
    claim: str = ""
    program: bytes = b""


KnownOf = Callable[[str], Iterable[Rolled]]
"""The origin of a log → the roll-ups of it that a state remembers as verified."""


def read_rollup(
    source: BinaryIO, report: Callable[[int], None] = lambda _: None, known_of: KnownOf = lambda _: ()
) -> Stands:
    """All of a roll-up file, verified, but for the proofs that are known.

    report: is told how many bytes were read. MalformedRollUp, LimitExceeded, RollUpRejected, and the errors of
    `verify_decoded` for its proofs.
    """
    stream = Stream(source, report, MalformedRollUp, "roll-up file")
    log, rolled = _head(stream)
    before, done, program, claim = 0, 0, b"", ""
    for known in known_of(log.checkpoint.origin):
        if known.roll_up.size > before and (label := _registered().get(known.program)) and _goes_on(known, log, rolled):
            before, done, program, claim = known.roll_up.size, known.of.size, known.program, label
    for number in range(rolled.checkpoint.size):
        size = at_most(stream.number(4), limits.MAX_BUNDLE_BYTES, "proof of a roll-up")
        data = stream.take(size)
        if number < before:
            continue
        first, bundle = program, decode_bundle(data)
        statement = decode_statement(bundle.statement_bytes)
        program, claim = _program(statement, number)
        if first not in (b"", program):
            raise RollUpRejected(f"proof {number} of the roll-up is of another program than those before it")
        done += _checked(bundle, statement, program, log, rolled, done, number)
    if done != log.checkpoint.size:
        raise RollUpRejected(
            f"{rolled.checkpoint.origin} has the rows of {done} segments of {log.checkpoint.origin}, "
            f"and its checkpoint has {log.checkpoint.size}"
        )
    if stream.maybe(1):
        raise MalformedRollUp(f"the roll-up file goes on behind its end, at byte {stream.position - 1}")
    return Stands(log, rolled, rolled.checkpoint.size, before, claim, program)


def read_head(source: BinaryIO) -> Stands:
    """What a roll-up file says before its proofs, of which nothing is read: for the lab, which made them.

    MalformedRollUp, LimitExceeded, RollUpRejected.
    """
    log, rolled = _head(Stream(source, lambda _: None, MalformedRollUp, "roll-up file"))
    return Stands(log, rolled, rolled.checkpoint.size)


def _head(stream: Stream) -> tuple[Side, Side]:
    """The log and its roll-up."""
    if stream.take(len(MAGIC)) != MAGIC:
        raise MalformedRollUp("a roll-up file begins with zkcr and its version")
    notes = [stream.take(at_most(stream.number(2), limits.MAX_NOTE_BYTES, "note")) for _ in _LOGS]
    log, rolled = (_side(stream, note) for note in notes)
    return log, rolled


def _side(stream: Stream, note: bytes) -> Side:
    """A checkpoint and its leaf hashes, which have its root."""
    checkpoint = _checkpoint(note)
    count = at_most(stream.number(4), limits.MAX_LINEAGE_ENTRIES, "entries of a log")
    if count == 0 or count != checkpoint.size:
        raise RollUpRejected(
            f"{count} entries of {checkpoint.origin}, whose checkpoint has {checkpoint.size}, at least 1"
        )
    side = Side(note, checkpoint, stream.take(32 * count))
    if side.root(count) != checkpoint.root:
        raise RollUpRejected(f"the entries of {checkpoint.origin} do not have the root of its checkpoint")
    return side


def _goes_on(known: Rolled, log: Side, rolled: Side) -> bool:
    """Whether both logs are those that are remembered, or go on from them: the same first entries."""
    return all(
        (side.checkpoint.origin, side.checkpoint.succeeds) == (there.origin, there.succeeds)
        and 0 < there.size <= side.checkpoint.size
        and side.root(there.size) == there.root
        for side, text in ((log, known.note), (rolled, known.rolled))
        for there in (_checkpoint(text.encode()),)
    )


def _checkpoint(note: bytes) -> Checkpoint:
    return parse_checkpoint(note_text(note), MalformedRollUp)


@cache
def _registered() -> dict[bytes, str]:
    """The programs that roll a log up, by digest, each with its claim."""
    cards = (catalogue.load(name) for name in catalogue.names() if name.startswith(catalogue.ROLLED))
    return {card.program: card.label for card in cards}


def _program(statement: Statement, number: int) -> tuple[bytes, str]:
    """The registered program of the schemas that a proof is about, and its claim; nothing is verified yet."""
    stated = {claim.program_digest for claim in statement.claims}
    if len(stated) == 1 and (label := _registered().get(program := stated.pop())) is not None:
        return program, label
    raise RollUpRejected(f"proof {number} of the roll-up is of no registered claim that rolls a log up")


def _checked(
    bundle: Bundle, statement: Statement, program: bytes, log: Side, rolled: Side, done: int, number: int
) -> int:
    """How many segments of the log the proof is about: those that come next; and of entry `number` of the roll-up."""
    programs = programs_of(bundle, statement)
    verify_decoded(bundle, statement, programs, program_digests=[program])
    shown = programs[0]
    if len(statement.claims) != 1 or len(statement.logs) != len(_LOGS):
        raise RollUpRejected(f"proof {number} of the roll-up is not of one claim about one log and its roll-up")
    (claim,) = statement.claims
    slots = {slot.name: filling for slot, filling in zip(shown.logs, claim.slots, strict=True)}
    if set(slots) != set(_LOGS) or any(len(filling) != 1 for filling in slots.values()):
        raise RollUpRejected(f"proof {number} of the roll-up is not about one log and its roll-up")
    rows, groups = (statement.logs[slots[name][0]] for name in _LOGS)
    if len(groups.entries) != 1:
        raise RollUpRejected(f"proof {number} of the roll-up is about {len(groups.entries)} of its entries, not one")
    _follows(groups, rolled, number, number)
    _follows(rows, log, done, number)
    return len(rows.entries)


def _follows(named: LogStatement, side: Side, at: int, number: int) -> None:
    """RollUpRejected unless the segments that a proof names are those from `at` on, of how this log is or began."""
    here, there = side.checkpoint, named.checkpoint
    if (there.origin, there.succeeds) != (here.origin, here.succeeds):
        raise RollUpRejected(f"proof {number} of the roll-up is about {there.origin}, not {here.origin}")
    if not 0 < there.size <= here.size or side.root(there.size) != there.root:
        raise RollUpRejected(
            f"proof {number} of the roll-up is about a checkpoint of {there.origin} that this one does not extend"
        )
    if named.first != at:
        raise RollUpRejected(
            f"proof {number} of the roll-up begins with segment {named.first} of {here.origin}, and segment {at} is "
            "next"
        )
    leaves = b"".join(hashlib.sha256(b"\x00" + entry.encode()).digest() for entry in named.entries)
    if side.leaves[32 * at : 32 * at + len(leaves)] != leaves:
        raise RollUpRejected(f"proof {number} of the roll-up is about other segments of {here.origin}")
