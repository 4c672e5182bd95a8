"""Sealed segments as a statement names them: entries, and their tag challenge (docs/spec/log.md)."""

from __future__ import annotations

from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.errors import ParametersRejected
from zkcompliance.verify.field import Ext
from zkcompliance.verify.profile import Profile
from zkcompliance.verify.reader import Reader, at_most, extension_bytes, u8, u16
from zkcompliance.verify.transcript import Transcript

_MAGIC = b"zkcs" + u16(1)


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
        return _MAGIC + u8(self.profile_id) + self.schema_digest + u16(self.width) + u8(self.k) + u8(self.kappa)

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
    reader.expect(_MAGIC, "an entry's header")
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
