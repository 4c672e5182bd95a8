"""What a proof is about: parameter sets, sealed segments, logs, claims: the statement (docs/spec/proof.md, log.md).

A statement names its profile; a proof never brings its own parameters. Decoding is canonical.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.errors import LimitExceeded, MalformedStatement, ParametersRejected
from zkcompliance.verify.checkpoint import Checkpoint, completing, parse_checkpoint
from zkcompliance.verify.codec import (
    Reader,
    at_most,
    bytes16,
    extension_bytes,
    integer,
    positive,
    text,
    u8,
    u16,
    u32,
    u48,
    u64,
)
from zkcompliance.verify.field import Ext
from zkcompliance.verify.transcript import Stream

_ENTRY, _STATEMENT = b"zkcs" + u16(2), b"zkct" + u16(2)
MIN_PROOFS = 64  # a segment's capacity leaves room for this many
NONE = bytes(32)  # in the place of a digest: there is nothing
OPEN = (0, (1 << 48) - 1)  # the bracket of a segment of which nothing is said
Brackets = Mapping[str, Sequence[tuple[int, int]]]  # by the origin of a log, of each segment that is named


@dataclass(frozen=True, slots=True)
class Profile:
    """Parameters of the proof system; all derived quantities are functions of them and a capacity κ."""

    id: int
    name: str
    log_blowup: int
    most_queries: int  # a proof has as many as its statement needs
    grinding: int
    mask: int  # mask coefficients of a witness or extension column
    reserve: int = 256  # degree kept free above a log column's mask
    chunk_blind: int = 128  # blinding coefficients of a quotient chunk

    def encode(self) -> bytes:
        """The profile bytes, absorbed and never sent."""
        head = u8(self.id) + u8(self.log_blowup) + u16(self.most_queries) + u8(self.grinding)
        return head + u16(self.mask) + u16(self.reserve) + u16(self.chunk_blind)

    @property
    def blowup(self) -> int:
        return 1 << self.log_blowup

    def log_domain(self, kappa: int) -> int:
        """log2 of n = B·2^κ."""
        return kappa + self.log_blowup

    def capacity(self, k: int) -> int | None:
        """The smallest κ ≥ k with (d(κ) − 2^k − 256 − 6) div (q + 6) ≥ 64, or None if it would be over 21."""
        for kappa in range(k, limits.MAX_CAPACITY_LOG2 + 1):
            units = degree_bound(kappa) - (1 << k) - self.reserve - 6
            if units // (self.most_queries + 6) >= MIN_PROOFS:
                return kappa
        return None


def degree_bound(kappa: int) -> int:
    """d(κ) = 2^κ + 2^max(j, κ − 6), j = 9 below κ = 16 and min(κ − 3, 14) from there on: no column of capacity κ has
    more coefficients."""
    j = 9 if kappa < 16 else min(kappa - 3, 14)
    return (1 << kappa) + (1 << max(j, kappa - 6))


def code_degree(height: int, heights: Sequence[int]) -> int:
    """d_h at this height of a proof with columns of these: 2^h times the largest of their d(κ)/2^κ."""
    return max((degree_bound(kappa) << height) >> kappa for kappa in heights)


STANDARD = Profile(1, "standard", 3, 80, 20, 192)
FAST = Profile(2, "fast", 2, 125, 20, 320)
SMALL = Profile(3, "small", 4, 60, 20, 192)
PROFILES = {profile.id: profile for profile in (STANDARD, FAST, SMALL)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One sealed segment of 2^k rows and capacity κ: header ‖ root ‖ v0 ‖ beacon ‖ evidence, 171 bytes.

    round, beacon: a round of a randomness beacon and SHA-256 of its signature, or 0 and zeros; evidence: an RFC 6962
    root, or zeros.
    """

    profile_id: int
    schema_digest: bytes
    width: int
    k: int
    kappa: int
    root: bytes
    tag: Ext  # v0 = Σ_c λ_c·T̂_c(z0)
    round: int = 0
    beacon: bytes = NONE
    evidence: bytes = NONE

    def header(self) -> bytes:
        """ "zkcs" ‖ u16(2) ‖ u8(profile) ‖ schema digest ‖ u16(w) ‖ u8(k) ‖ u8(κ)."""
        return _ENTRY + u8(self.profile_id) + self.schema_digest + u16(self.width) + u8(self.k) + u8(self.kappa)

    def encode(self) -> bytes:
        sealed = self.header() + self.root + extension_bytes(self.tag)
        return sealed + u64(self.round) + self.beacon + self.evidence

    def tag_challenge(self) -> tuple[Ext, list[Ext]]:
        """(z0, λ_0 … λ_{w−1}), a function of header and root alone: the stream of SHA256(0x15 ‖ header ‖ root)."""
        stream = Stream(hashlib.sha256(b"\x15" + self.header() + self.root).digest(), b"\x16")
        z0 = stream.outside_field()
        return z0, stream.extensions(self.width)


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
    beacon_round, beacon, evidence = reader.u64(), reader.digest(), reader.digest()
    if width == 0:
        raise reader.fail("a segment has no columns")
    if (beacon_round == 0) != (beacon == NONE):
        raise reader.fail("a beacon's round without its digest, or a digest without its round")
    if profile_id != profile.id:
        raise ParametersRejected("a segment was sealed under another profile than the statement's")
    if not limits.MIN_LOG_ROWS_LOG2 <= k <= limits.MAX_LOG_ROWS_LOG2:
        raise ParametersRejected(f"a segment of 2^{k} rows")
    if kappa != profile.capacity(k):
        raise ParametersRejected(f"a segment of 2^{k} rows with capacity 2^{kappa}")
    return Entry(profile_id, schema_digest, width, k, kappa, root, tag, beacon_round, beacon, evidence)


@dataclass(frozen=True, slots=True)
class LogStatement:
    """One log of the statement: its checkpoint, and the segments of it from `first` on.

    hashes: 32 bytes each, those that complete the checkpoint's root; none where the segments are all that there are.
    brackets: (not before, not after) of each segment, UTC seconds below 2^48; none where all are OPEN.
    """

    checkpoint: Checkpoint
    entries: tuple[Entry, ...]
    first: int = 0
    hashes: tuple[bytes, ...] = ()
    brackets: tuple[tuple[int, int], ...] = ()

    @property
    def origin(self) -> str:
        return self.checkpoint.origin

    @property
    def last(self) -> int:
        """The index of the last segment named."""
        return self.first + len(self.entries) - 1

    @property
    def whole(self) -> bool:
        """Whether these are all segments of the checkpoint."""
        return self.first == 0 and self.last == self.checkpoint.size - 1

    def bracket(self, segment: int) -> tuple[int, int]:
        """Of the segment with this place among `entries`."""
        return self.brackets[segment] if self.brackets else OPEN

    def encode(self) -> bytes:
        """MalformedStatement where there is no segment, or not a bracket for each: such a log has no bytes."""
        if not self.entries:
            raise MalformedStatement("a log without segments")
        if self.brackets and len(self.brackets) != len(self.entries):
            raise MalformedStatement("a log with other brackets than segments")
        parts = [bytes16(self.checkpoint.body) + u32(self.first) + u32(self.last)]
        for segment, entry in enumerate(self.entries):
            parts.append(entry.encode() + b"".join(map(u48, self.bracket(segment))))
        return b"".join([*parts, *self.hashes])


@dataclass(frozen=True, slots=True)
class ClaimStatement:
    """One claim: the requirement that it is to meet, its id, version and program, its public values, and its rows.

    slots: for each slot of the program the numbers of the logs that fill it, ascending; private: log2 of the rows of
    each private table.
    """

    requirement: str
    claim: str
    version: int
    program_digest: bytes
    publics: tuple[int, ...]
    slots: tuple[tuple[int, ...], ...]
    private: tuple[int, ...]

    def encode(self) -> bytes:
        parts = [text(self.requirement) + text(self.claim) + u32(self.version) + self.program_digest]
        parts.append(u16(len(self.publics)) + b"".join(integer(value) for value in self.publics))
        parts.append(u8(len(self.slots)) + b"".join(u8(len(logs)) + bytes(logs) for logs in self.slots))
        return b"".join([*parts, u8(len(self.private)) + bytes(self.private)])


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything public: profile, head (free bytes), logs in order of their origins, claims in that of requirements."""

    profile: Profile
    head: bytes
    logs: tuple[LogStatement, ...]
    claims: tuple[ClaimStatement, ...]

    def encode(self) -> bytes:
        logs = u8(len(self.logs)) + b"".join(log.encode() for log in self.logs)
        claims = u8(len(self.claims)) + b"".join(claim.encode() for claim in self.claims)
        return _STATEMENT + u8(self.profile.id) + bytes16(self.head) + logs + claims


def decode_statement(data: bytes) -> Statement:
    """Raises MalformedStatement, LimitExceeded or ParametersRejected."""
    at_most(len(data), limits.MAX_STATEMENT_BYTES, "statement")
    reader = Reader(data, MalformedStatement)
    reader.expect(_STATEMENT, "a statement")
    profile = PROFILES.get(reader.u8())
    if profile is None:
        raise ParametersRejected("the statement names an unknown profile")
    head = reader.bytes16(limits.MAX_CONTEXT_BYTES, "head")
    logs = _read_logs(reader, profile)
    claims = _read_claims(reader, len(logs))
    reader.finish()
    filling = {log for claim in claims for slot in claim.slots for log in slot}
    if filling != set(range(len(logs))):
        raise MalformedStatement("a log that fills no slot of any claim")
    statement = Statement(profile, head, logs, claims)
    if statement.encode() != data:
        raise MalformedStatement("the statement is not in its canonical form")
    return statement


def _read_logs(reader: Reader, profile: Profile) -> tuple[LogStatement, ...]:
    """1 … 60 logs, in ascending order of their origins, no entry twice."""
    logs: list[LogStatement] = []
    segments = 0
    for _ in range(positive(reader, reader.u8(), "logs")):
        logs.append(_read_log(reader, profile, limits.MAX_SEGMENTS - segments))
        segments += len(logs[-1].entries)
    origins = [log.origin.encode("utf-8") for log in logs]
    if origins != sorted(set(origins)):
        raise reader.fail("the logs are not in ascending order of their origins, each once")
    if len({entry.encode() for log in logs for entry in log.entries}) != segments:
        raise reader.fail("an entry that occurs twice")
    return tuple(logs)


def _read_log(reader: Reader, profile: Profile, most: int) -> LogStatement:
    """A log of at most so many segments: the rest of what all logs may have."""
    checkpoint = parse_checkpoint(reader.bytes16(0xFFFF, "checkpoint body"), MalformedStatement)
    first, last = reader.u32(), reader.u32()
    if first > last:
        raise reader.fail(f"segments {first} to {last}: the first is after the last")
    if last >= checkpoint.size:
        raise reader.fail(f"segment {last} of a checkpoint of {checkpoint.size} segments")
    if last - first + 1 > most:
        raise LimitExceeded(f"segments of all logs: over the limit of {limits.MAX_SEGMENTS}")
    entries: list[Entry] = []
    brackets: list[tuple[int, int]] = []
    for _ in range(last - first + 1):
        entries.append(read_entry(reader, profile))
        brackets.append((reader.u48(), reader.u48()))
        if brackets[-1][0] > brackets[-1][1]:
            raise reader.fail("a bracket whose first moment is after its second")
    hashes = tuple(reader.digest() for _ in range(completing(first, last, checkpoint.size)))
    said = () if set(brackets) == {OPEN} else tuple(brackets)
    return LogStatement(checkpoint, tuple(entries), first, hashes, said)


def _read_claims(reader: Reader, logs: int) -> tuple[ClaimStatement, ...]:
    """1 … 64 claims, in ascending order of their requirements."""
    claims: list[ClaimStatement] = []
    publics = 0
    for _ in range(at_most(positive(reader, reader.u8(), "claims"), limits.MAX_CLAIMS, "claims")):
        claims.append(_read_claim(reader, logs, limits.MAX_PUBLICS - publics))
        publics += len(claims[-1].publics)
    requirements = [claim.requirement.encode("utf-8") for claim in claims]
    if requirements != sorted(set(requirements)):
        raise reader.fail("the claims are not in ascending order of their requirements, each once")
    return tuple(claims)


def _read_claim(reader: Reader, logs: int, most: int) -> ClaimStatement:
    """A claim with at most so many publics: the rest of what all claims may have."""
    requirement, claim = reader.name("requirement", set()), reader.name("claim id", set())
    version = reader.u32()
    program_digest = reader.digest()
    count = reader.u16()
    if count > most:
        raise LimitExceeded(f"publics of all claims: over the limit of {limits.MAX_PUBLICS}")
    publics = tuple(reader.integer("public value") for _ in range(count))
    slots = tuple(_read_slot(reader, logs) for _ in range(reader.u8()))
    filling = [log for slot in slots for log in slot]
    if len(set(filling)) != len(filling):
        raise reader.fail("a log that fills two slots of one claim")
    private = tuple(_read_size(reader) for _ in range(reader.u8()))
    return ClaimStatement(requirement, claim, version, program_digest, publics, slots, private)


def _read_slot(reader: Reader, logs: int) -> tuple[int, ...]:
    numbers = tuple(reader.index8(logs, "log") for _ in range(positive(reader, reader.u8(), "logs of a slot")))
    if list(numbers) != sorted(set(numbers)):
        raise reader.fail("the logs of a slot do not ascend")
    return numbers


def _read_size(reader: Reader) -> int:
    k = reader.u8()
    if not limits.MIN_LOG_ROWS_LOG2 <= k <= limits.MAX_LOG_ROWS_LOG2:
        raise reader.fail(f"a private table of 2^{k} rows")
    return k
