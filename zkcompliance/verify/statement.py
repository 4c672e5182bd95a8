"""The statement: everything public that a proof is about (docs/spec/proof.md). Decoding is canonical."""

from __future__ import annotations

from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.errors import LimitExceeded, MalformedStatement, ParametersRejected
from zkcompliance.verify.checkpoint import Checkpoint, completing, parse_checkpoint
from zkcompliance.verify.log import Entry, read_entry
from zkcompliance.verify.profile import PROFILES, Profile
from zkcompliance.verify.reader import Reader, at_most, bytes16, integer, text, u8, u16, u32

_MAGIC = b"zkct" + u16(1)


@dataclass(frozen=True, slots=True)
class LogStatement:
    """One log of the statement: the slot that it fills, its checkpoint, and the segments of it from `first` on.

    hashes: 32 bytes each, those that complete the checkpoint's root; none where the segments are all that there are.
    """

    slot: str
    checkpoint: Checkpoint
    entries: tuple[Entry, ...]
    first: int = 0
    hashes: tuple[bytes, ...] = ()

    @property
    def last(self) -> int:
        """The index of the last segment named."""
        return self.first + len(self.entries) - 1

    @property
    def whole(self) -> bool:
        """Whether these are all segments of the checkpoint."""
        return self.first == 0 and self.last == self.checkpoint.size - 1

    def encode(self) -> bytes:
        """MalformedStatement where there is no segment: such a log has no bytes."""
        if not self.entries:
            raise MalformedStatement("a log without segments")
        entries = b"".join(entry.encode() for entry in self.entries)
        head = text(self.slot) + bytes16(self.checkpoint.body) + u32(self.first) + u32(self.last)
        return head + entries + b"".join(self.hashes)


@dataclass(frozen=True, slots=True)
class Statement:
    """Claim and version, the program's digest, its public values, the caller's context, the logs, and private sizes."""

    profile: Profile
    claim: str
    version: int
    program_digest: bytes
    publics: tuple[int, ...]
    context: bytes
    logs: tuple[LogStatement, ...]
    private: tuple[int, ...]  # log2 of the rows of each private table

    def encode(self) -> bytes:
        head = _MAGIC + u8(self.profile.id) + text(self.claim) + u32(self.version) + self.program_digest
        publics = u8(len(self.publics)) + b"".join(integer(value) for value in self.publics)
        logs = u8(len(self.logs)) + b"".join(log.encode() for log in self.logs)
        return head + publics + bytes16(self.context) + logs + u8(len(self.private)) + bytes(self.private)


def decode_statement(data: bytes) -> Statement:
    """Raises MalformedStatement, LimitExceeded or ParametersRejected."""
    at_most(len(data), limits.MAX_STATEMENT_BYTES, "statement")
    reader = Reader(data, MalformedStatement)
    reader.expect(_MAGIC, "a statement")
    profile = PROFILES.get(reader.u8())
    if profile is None:
        raise ParametersRejected("the statement names an unknown profile")
    claim = reader.name("claim id", set())
    version = reader.u32()
    program_digest = reader.digest()
    publics = tuple(reader.integer("public value") for _ in range(reader.u8()))
    context = reader.bytes16(limits.MAX_CONTEXT_BYTES, "context")
    slots: set[str] = set()
    logs = tuple(_read_log(reader, profile, slots) for _ in range(reader.u8()))
    private = tuple(_read_size(reader) for _ in range(reader.u8()))
    reader.finish()
    if sum(len(log.entries) for log in logs) > limits.MAX_SEGMENTS:
        raise LimitExceeded(f"more than {limits.MAX_SEGMENTS} segments in all")
    statement = Statement(profile, claim, version, program_digest, publics, context, logs, private)
    if statement.encode() != data:
        raise MalformedStatement("the statement is not in its canonical form")
    return statement


def _read_log(reader: Reader, profile: Profile, slots: set[str]) -> LogStatement:
    slot = reader.name("slot", slots)
    checkpoint = parse_checkpoint(reader.bytes16(0xFFFF, "checkpoint body"), MalformedStatement)
    first, last = reader.u32(), reader.u32()
    if first > last:
        raise reader.fail(f"segments {first} to {last}: the first is after the last")
    if last >= checkpoint.size:
        raise reader.fail(f"segment {last} of a checkpoint of {checkpoint.size} segments")
    count = at_most(last - first + 1, limits.MAX_SEGMENTS, "segments of a log")
    entries = tuple(read_entry(reader, profile) for _ in range(count))
    hashes = tuple(reader.digest() for _ in range(completing(first, last, checkpoint.size)))
    return LogStatement(slot, checkpoint, entries, first, hashes)


def _read_size(reader: Reader) -> int:
    k = reader.u8()
    if not limits.MIN_LOG_ROWS_LOG2 <= k <= limits.MAX_LOG_ROWS_LOG2:
        raise reader.fail(f"a private table of 2^{k} rows")
    return k
