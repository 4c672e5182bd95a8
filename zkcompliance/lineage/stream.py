"""The lineage of a log: that its generations hold the same rows, read once as a stream (docs/spec/log.md).

Where the new generation has a later version of the old one's schema, its rows are the same with new columns missing.

    "zkcl" ‖ u16(1) ‖ steps, oldest first, at least one. A step:
    "zkcg" ‖ bytes16 old note ‖ bytes16 new note ‖ bytes16 new key ‖ u32 count ‖ old entries ‖ u32 count ‖ new entries
    ‖ parts until both are used up:  u8(0) ‖ u32 count                 carried: the same bytes on both sides
                                     u8(1) ‖ u32 length ‖ bundle       proved: rows-unchanged over the next segments,
                                                                       or rows-extended, where the schemas are two

In memory are the leaf hashes of one step's entries (32 bytes each, at most 2^20 on each side) and one proof. Who signed
is for the caller to say, which has the keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from zkcompliance import limits
from zkcompliance.errors import LineageRejected, MalformedError, MalformedLineage
from zkcompliance.verify.bundle import note_text
from zkcompliance.verify.checkpoint import Checkpoint, generation_of, parse_checkpoint
from zkcompliance.verify.codec import at_most, u16
from zkcompliance.verify.statement import LogStatement
from zkcompliance.verify.verifier import verify_bundle

MAGIC = b"zkcl" + u16(1)
_STEP = b"zkcg"
_CARRIED, _PROVED = 0, 1
HEAD_BYTES = 12 + limits.MAX_NOTE_BYTES  # in which a lineage says of which log it is
ENTRY_BYTES = 171
_SCHEMA = slice(7, 41)  # of an entry: the digest of its schema and its width
_CHUNK = 1 << 12  # entries


@dataclass(frozen=True, slots=True)
class Side:
    """One generation at the seam: its checkpoint, and the leaf hashes of all its entries (32 bytes each, in one)."""

    note: bytes
    checkpoint: Checkpoint
    leaves: bytes

    def root(self, size: int) -> bytes:
        """Of the first `size` entries, 1 ≤ size ≤ the checkpoint's."""
        return root_of_leaves(self.leaves[: 32 * size])


@dataclass(frozen=True, slots=True)
class Step:
    """From one generation to the next. key: the vkey text of the key that signs the new one; carried: segments.

    proved: (segments of the old generation, of the new one) that proofs show to hold the same rows. schemas: digests of
    the two generations' schemas, 32 bytes each.
    """

    old: Side
    new: Side
    key: str
    carried: int
    proved: tuple[int, int]
    schemas: tuple[bytes, bytes]


class Stream:
    """Reads exactly so many bytes of what it calls `name`, or raises `malformed`; counts them for progress."""

    def __init__(
        self,
        source: BinaryIO,
        report: Callable[[int], None],
        malformed: type[MalformedError] = MalformedLineage,
        name: str = "lineage",
    ) -> None:
        self._malformed, self._name = malformed, name
        self._source = source
        self._report = report
        self.position = 0

    def take(self, count: int) -> bytes:
        data = self.maybe(count)
        if len(data) != count:
            raise self._malformed(
                f"the {self._name} ends at byte {self.position}, and {count} bytes more are due there"
            )
        return data

    def maybe(self, count: int) -> bytes:
        """As many bytes as there are, up to `count`."""
        parts = []
        while count and (data := self._source.read(count)):
            parts.append(data)
            count -= len(data)
            self.position += len(data)
        self._report(self.position)
        return b"".join(parts)

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")


ProgramOf = Callable[[bytes, bytes], bytes | None]
"""The digests of an old and a new schema → that of the registered program which shows the rows of the one in the other:
`rows-unchanged-SCHEMA` where they are one, `rows-extended-SCHEMA-V-W` where they are two; None where there is none."""


def read_lineage(
    source: BinaryIO,
    program_of: ProgramOf,
    signed: Callable[[Side, Side, str], None],
    report: Callable[[int], None] = lambda _: None,
) -> Iterator[Step]:
    """Every step, each verified when it is given; whoever takes one takes all, or the file may be cut off after it.

    signed: raises where the two notes and the new key are not signed as they should be. report: is told how many bytes
    were read.
    MalformedLineage, LimitExceeded, LineageRejected, and the errors of `verify_bundle`.
    """
    stream = Stream(source, report)
    if stream.take(len(MAGIC)) != MAGIC:
        raise MalformedLineage("a lineage begins with zkcl and its version")
    reached: Checkpoint | None = None
    steps = 0
    while (head := stream.maybe(len(_STEP))) or not steps:
        if head != _STEP:
            raise MalformedLineage(f"a step of a lineage is due before byte {stream.position}")
        steps = at_most(steps + 1, limits.MAX_LINEAGE_STEPS, "steps of a lineage")
        step = _read_step(stream, program_of, signed, reached)
        reached = step.new.checkpoint
        yield step


def first_note(data: bytes) -> bytes:
    """The oldest checkpoint of a lineage, as it was signed; nothing else of it is read."""
    stream = Stream(BytesIO(data), lambda _: None)
    if stream.take(len(MAGIC) + len(_STEP)) != MAGIC + _STEP:
        raise MalformedLineage("a lineage begins with zkcl, its version and a step")
    return stream.take(at_most(stream.number(2), limits.MAX_NOTE_BYTES, "note"))


def lineage_name(data: bytes) -> str:
    """The name of the log that a lineage is of, as its first note says."""
    return generation_of(parse_checkpoint(note_text(first_note(data)), MalformedLineage).origin)[0]


def _read_step(
    stream: Stream,
    program_of: ProgramOf,
    signed: Callable[[Side, Side, str], None],
    reached: Checkpoint | None,
) -> Step:
    notes = [stream.take(at_most(stream.number(2), limits.MAX_NOTE_BYTES, "note")) for _ in range(2)]
    key = _text(stream.take(at_most(stream.number(2), limits.MAX_LINEAGE_KEY_BYTES, "key of a lineage")))
    (old, schema), (new, other) = (_read_side(stream, note) for note in notes)
    schemas = schema[:32], other[:32]
    program = program_of(*schemas)
    if schema != other and (program is None or schemas[0] == schemas[1]):
        raise LineageRejected(
            f"{new.checkpoint.origin} has another schema than {old.checkpoint.origin}, and no claim is registered that "
            "shows the rows of the one in the other"
        )
    _check_seam(old, new.checkpoint, reached)
    signed(old, new, key)
    carried, proved, done = 0, (0, 0), (0, 0)
    while done != (old.checkpoint.size, new.checkpoint.size):
        kind = stream.number(1)
        if kind == _CARRIED:
            count = stream.number(4)
            _check_carried(old, new, done, count)
            carried, more = carried + count, (count, count)
        elif kind == _PROVED:
            data = stream.take(at_most(stream.number(4), limits.MAX_BUNDLE_BYTES, "proof of a lineage"))
            more = _check_proved(data, old, new, done, program)
            proved = (proved[0] + more[0], proved[1] + more[1])
        else:
            raise MalformedLineage(f"a part of a lineage is carried (0) or proved (1), not {kind}")
        done = (done[0] + more[0], done[1] + more[1])
    return Step(old, new, key, carried, proved, schemas)


def _text(data: bytes) -> str:
    try:
        return data.decode("ascii") if data.isascii() else data.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedLineage("a key of the lineage is not UTF-8") from None


def _read_side(stream: Stream, note: bytes) -> tuple[Side, bytes]:
    """The checkpoint and its entries, which have its root, and their one schema (digest ‖ width)."""
    checkpoint = parse_checkpoint(note_text(note), MalformedLineage)
    count = at_most(stream.number(4), limits.MAX_LINEAGE_ENTRIES, "entries of a generation")
    if count == 0 or count != checkpoint.size:
        raise LineageRejected(
            f"{count} entries of {checkpoint.origin}, whose checkpoint has {checkpoint.size}, at least 1"
        )
    leaves = bytearray()
    schemas: set[bytes] = set()
    left = count
    while left:
        data = stream.take(ENTRY_BYTES * min(left, _CHUNK))
        for at in range(0, len(data), ENTRY_BYTES):
            entry = data[at : at + ENTRY_BYTES]
            leaves += hashlib.sha256(b"\x00" + entry).digest()
            schemas.add(entry[_SCHEMA])
        left -= len(data) // ENTRY_BYTES
    if len(schemas) != 1:
        raise LineageRejected(f"the segments of {checkpoint.origin} are not all of one schema")
    side = Side(note, checkpoint, bytes(leaves))
    if side.root(count) != checkpoint.root:
        raise LineageRejected(f"the entries of {checkpoint.origin} do not have the root of its checkpoint")
    return side, schemas.pop()


def _check_seam(old: Side, new: Checkpoint, reached: Checkpoint | None) -> None:
    """The new generation names the old one's last checkpoint, and the old one extends what the step before led to."""
    last, named = old.checkpoint, new.succeeds
    if named is None or (named.origin, named.size, named.root) != (last.origin, last.size, last.root):
        raise LineageRejected(f"{new.origin} does not say that it succeeds this checkpoint of {last.origin}")
    if reached is None:
        return
    if last.origin != reached.origin or last.succeeds != reached.succeeds:
        raise LineageRejected(f"the step before leads to {reached.origin}, and this one begins at {last.origin}")
    if last.size < reached.size or old.root(reached.size) != reached.root:
        raise LineageRejected(
            f"{last.origin}: its last checkpoint does not extend the first one, which the step before shows"
        )


def _check_carried(old: Side, new: Side, done: tuple[int, int], count: int) -> None:
    a, b = done
    if count == 0:
        raise MalformedLineage("a carried part has at least one segment")
    if count > old.checkpoint.size - a or count > new.checkpoint.size - b:
        raise LineageRejected(
            f"{new.checkpoint.origin}: {count} segments are carried over, and there are not so many left"
        )
    if old.leaves[32 * a : 32 * (a + count)] != new.leaves[32 * b : 32 * (b + count)]:
        raise LineageRejected(f"{new.checkpoint.origin}: a segment that is said to be carried over is another one")


def _check_proved(data: bytes, old: Side, new: Side, done: tuple[int, int], program: bytes | None) -> tuple[int, int]:
    """How many segments of the old and the new generation the proof is about: those that come next, and no others."""
    name = new.checkpoint.origin
    if program is None:
        raise LineageRejected(f"{name}: no claim that rows are unchanged is registered for its schema")
    _, statement, (same_rows, *_), _ = verify_bundle(data, program_digests=[program])
    (claim,) = statement.claims  # one program was asked for, so there is one claim
    slots = {slot.name: logs for slot, logs in zip(same_rows.logs, claim.slots, strict=True)}
    if set(slots) != {"old", "new"} or any(len(filling) != 1 for filling in slots.values()):
        raise LineageRejected(f"{name}: a proof is not about an old and a new log")
    logs = {slot: statement.logs[filling[0]] for slot, filling in slots.items()}
    counts = tuple(_next(logs[slot], side, at) for slot, side, at in (("old", old, done[0]), ("new", new, done[1])))
    if claim.publics != counts:
        raise LineageRejected(f"{name}: a proof's numbers of segments are not those that it is about")
    return counts[0], counts[1]


def _next(log: LogStatement, side: Side, at: int) -> int:
    """The number of segments of the statement's log, which begin with segment `at` of this generation."""
    if log.checkpoint != side.checkpoint:
        raise LineageRejected(
            f"a proof is about another checkpoint than that of {side.checkpoint.origin} in the lineage"
        )
    if log.first != at:
        raise LineageRejected(
            f"{side.checkpoint.origin}: a proof begins with segment {log.first}, and segment {at} is next"
        )
    leaves = b"".join(hashlib.sha256(b"\x00" + entry.encode()).digest() for entry in log.entries)
    if side.leaves[32 * at : 32 * at + len(leaves)] != leaves:
        raise LineageRejected(f"{side.checkpoint.origin}: a proof is about other segments than those of the lineage")
    return len(log.entries)


def root_of_leaves(leaves: bytes) -> bytes:
    """RFC 6962 section 2.1 over leaf hashes, at least one, without recursion: complete subtrees on a stack."""
    stack: list[tuple[int, bytes]] = []
    for at in range(0, len(leaves), 32):
        size, node = 1, leaves[at : at + 32]
        while stack and stack[-1][0] == size:
            node = hashlib.sha256(b"\x01" + stack.pop()[1] + node).digest()
            size *= 2
        stack.append((size, node))
    node = stack.pop()[1]
    while stack:
        node = hashlib.sha256(b"\x01" + stack.pop()[1] + node).digest()
    return node
