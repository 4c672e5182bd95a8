"""What a proof is about: parameter sets, sealed segments, the statement (docs/spec/proof.md, log.md).

A statement names its profile; a proof never brings its own parameters. Decoding is canonical.
"""

from __future__ import annotations

from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.errors import LimitExceeded, MalformedStatement, ParametersRejected
from zkcompliance.verify.checkpoint import Checkpoint, completing, parse_checkpoint
from zkcompliance.verify.codec import Reader, at_most, bytes16, extension_bytes, integer, text, u8, u16, u32
from zkcompliance.verify.field import Ext
from zkcompliance.verify.transcript import Transcript

_ENTRY, _STATEMENT = b"zkcs" + u16(1), b"zkct" + u16(1)
MIN_PROOFS = 64  # a segment's capacity leaves room for this many


@dataclass(frozen=True, slots=True)
class Profile:
    """Parameters of the proof system; all derived quantities are functions of them and a capacity κ."""

    id: int
    name: str
    log_blowup: int
    queries: int
    grinding: int
    mask: int  # mask coefficients of a witness or extension column
    reserve: int = 256  # degree kept free above a log column's mask
    chunk_blind: int = 128  # blinding coefficients of a quotient chunk

    def encode(self) -> bytes:
        """The profile bytes, absorbed and never sent."""
        head = u8(self.id) + u8(self.log_blowup) + u16(self.queries) + u8(self.grinding)
        return head + u16(self.mask) + u16(self.reserve) + u16(self.chunk_blind)

    @property
    def blowup(self) -> int:
        return 1 << self.log_blowup

    def log_domain(self, kappa: int) -> int:
        """log2 of n = B·2^κ."""
        return kappa + self.log_blowup

    def capacity(self, k: int) -> int | None:
        """The smallest κ ≥ k with (d − 2^k − 256 − 6) div (q + 6) ≥ 64, or None if it would be over 21."""
        for kappa in range(k, limits.MAX_CAPACITY_LOG2 + 1):
            units = degree_bound(kappa) - (1 << k) - self.reserve - 6
            if units // (self.queries + 6) >= MIN_PROOFS:
                return kappa
        return None


def degree_bound(kappa: int) -> int:
    """d = 9·2^(κ−3): every committed polynomial of capacity κ has fewer coefficients or as many."""
    return 9 << (kappa - 3)


STANDARD = Profile(1, "standard", 3, 80, 20, 192)
FAST = Profile(2, "fast", 2, 123, 20, 320)
SMALL = Profile(3, "small", 4, 60, 20, 192)
PROFILES = {profile.id: profile for profile in (STANDARD, FAST, SMALL)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One sealed segment of 2^k rows and capacity κ: header ‖ root ‖ v0, 99 bytes."""

    profile_id: int
    schema_digest: bytes
    width: int
    k: int
    kappa: int
    root: bytes
    tag: Ext  # v0 = Σ_c λ^c·T̂_c(z0)

    def header(self) -> bytes:
        """ "zkcs" ‖ u16(1) ‖ u8(profile) ‖ schema digest ‖ u16(w) ‖ u8(k) ‖ u8(κ)."""
        return _ENTRY + u8(self.profile_id) + self.schema_digest + u16(self.width) + u8(self.k) + u8(self.kappa)

    def encode(self) -> bytes:
        return self.header() + self.root + extension_bytes(self.tag)

    def tag_challenge(self) -> tuple[Ext, Ext]:
        """(z0, λ), a function of header and root alone."""
        transcript = Transcript("zkcompliance/tag/v1")
        transcript.absorb("header", self.header())
        transcript.absorb("root", self.root)
        stream = transcript.squeeze("tag")
        z0 = stream.outside_field()
        return z0, stream.extension()


def read_entry(reader: Reader, profile: Profile) -> Entry:
    """An entry whose header has this profile and the κ that follows from its k."""
    reader.expect(_ENTRY, "an entry's header")
    profile_id = reader.u8()
    schema_digest = reader.digest()
    width = at_most(reader.u16(), limits.MAX_WIDTH, "width of a segment")
    k = reader.u8()
    kappa = reader.u8()
    root = reader.digest()
    (tag,) = reader.extension(reader.take(24))
    if width == 0:
        raise reader.fail("a segment has no columns")
    if profile_id != profile.id:
        raise ParametersRejected("a segment was sealed under another profile than the statement's")
    if not limits.MIN_LOG_ROWS_LOG2 <= k <= limits.MAX_LOG_ROWS_LOG2:
        raise ParametersRejected(f"a segment of 2^{k} rows")
    if kappa != profile.capacity(k):
        raise ParametersRejected(f"a segment of 2^{k} rows with capacity 2^{kappa}")
    return Entry(profile_id, schema_digest, width, k, kappa, root, tag)


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
        head = _STATEMENT + u8(self.profile.id) + text(self.claim) + u32(self.version) + self.program_digest
        publics = u8(len(self.publics)) + b"".join(integer(value) for value in self.publics)
        logs = u8(len(self.logs)) + b"".join(log.encode() for log in self.logs)
        return head + publics + bytes16(self.context) + logs + u8(len(self.private)) + bytes(self.private)


def decode_statement(data: bytes) -> Statement:
    """Raises MalformedStatement, LimitExceeded or ParametersRejected."""
    at_most(len(data), limits.MAX_STATEMENT_BYTES, "statement")
    reader = Reader(data, MalformedStatement)
    reader.expect(_STATEMENT, "a statement")
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
