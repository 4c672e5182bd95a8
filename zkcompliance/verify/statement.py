"""The statement: everything public that a proof is about (docs/spec/proof.md). Decoding is canonical."""

from __future__ import annotations

from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.errors import LimitExceeded, MalformedStatement, ParametersRejected
from zkcompliance.verify.log import Checkpoint, Entry, parse_checkpoint, read_entry
from zkcompliance.verify.profile import PROFILES, Profile
from zkcompliance.verify.reader import Reader, at_most, bytes16, integer, text, u8, u16, u32

_MAGIC = b"zkct" + u16(1)


@dataclass(frozen=True, slots=True)
class LogStatement:
    """One log of the statement: the slot of the program that it fills, its checkpoint and all its entries."""

    slot: str
    checkpoint: Checkpoint
    entries: tuple[Entry, ...]

    def encode(self) -> bytes:
        entries = b"".join(entry.encode() for entry in self.entries)
        return text(self.slot) + bytes16(self.checkpoint.body) + u16(len(self.entries)) + entries


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
    count = at_most(reader.u16(), limits.MAX_SEGMENTS, "segments of a log")
    if count == 0:
        raise reader.fail("a log without segments")
    return LogStatement(slot, checkpoint, tuple(read_entry(reader, profile) for _ in range(count)))


def _read_size(reader: Reader) -> int:
    k = reader.u8()
    if not limits.MIN_LOG_ROWS_LOG2 <= k <= limits.MAX_LOG_ROWS_LOG2:
        raise reader.fail(f"a private table of 2^{k} rows")
    return k
