"""The public commitment of one segment: header, Merkle root and tag (docs/spec/log.md)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import sha256

from zkcompliance.errors import MalformedError
from zkcompliance.stark.codec import u8, u16, u32s, u64
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.transcript import TAG_BLOCK, Stream

HEADER_BYTES = 43
BEACON_BYTES = 8 + 32
ENTRY_BYTES = HEADER_BYTES + 32 + 24 + BEACON_BYTES + 32


@dataclass(frozen=True)
class Entry:
    """A table of 2^k rows and `width` columns, committed with capacity κ; `tag` is Σ λ_c·T̂_c(z0).

    `round`: of the beacon that was known when it was sealed, with the digest `beacon` of its signature; 0, with zeros,
    for none. `evidence`: the root over the digests of pieces of evidence about it, or zeros.
    """

    profile: int
    schema_digest: bytes
    width: int
    k: int
    kappa: int
    root: bytes
    tag: Ext
    round: int = 0
    beacon: bytes = bytes(32)
    evidence: bytes = bytes(32)

    @property
    def header(self) -> bytes:
        return encode_header(self.profile, self.schema_digest, self.width, self.k, self.kappa)

    @property
    def commitment(self) -> bytes:
        """Header, root and tag: what rows and seed give. Beacon and evidence are of when it was sealed."""
        return self.header + self.root + u32s(self.tag)

    def encode(self) -> bytes:
        """171 bytes: the leaf of the log's Merkle tree."""
        return self.commitment + u64(self.round) + self.beacon + self.evidence

    @classmethod
    def decode(cls, data: bytes) -> Entry:
        """From 171 bytes; MalformedError on any other form."""
        if len(data) != ENTRY_BYTES or data[:6] != b"zkcs\x02\x00":
            raise MalformedError("not an entry of 171 bytes beginning with zkcs and version 2")
        profile, digest, width, k, kappa = struct.unpack("<B32sHBB", data[6:HEADER_BYTES])
        a, b, c, d, e, f = struct.unpack("<6I", data[HEADER_BYTES + 32 : HEADER_BYTES + 56])
        if max(a, b, c, d, e, f) >= P:
            raise MalformedError("an entry's tag is not canonical")
        root, tag = data[HEADER_BYTES : HEADER_BYTES + 32], (a, b, c, d, e, f)
        number, beacon, evidence = struct.unpack("<Q32s32s", data[HEADER_BYTES + 56 :])
        if (number == 0) == any(beacon):
            raise MalformedError("an entry has a beacon's round without its digest, or a digest without its round")
        return cls(profile, digest, width, k, kappa, root, tag, number, beacon, evidence)

    def tag_point(self) -> Ext:
        """z0, drawn from header and root."""
        return _tag_stream(self.header, self.root).ext_outside_base()

    def tag_challenge(self) -> tuple[Ext, list[Ext]]:
        """z0 and λ_0 … λ_{w−1}, drawn from header and root."""
        return tag_challenge(self.header, self.root, self.width)


def encode_header(profile: int, schema_digest: bytes, width: int, k: int, kappa: int) -> bytes:
    return b"zkcs" + u16(2) + u8(profile) + schema_digest + u16(width) + u8(k) + u8(kappa)


def tag_challenge(header: bytes, root: bytes, width: int) -> tuple[Ext, list[Ext]]:
    """z0 outside F, then a λ for each column, all independent: the random oracle's answer to header and root."""
    stream = _tag_stream(header, root)
    return stream.ext_outside_base(), stream.exts(width)


def _tag_stream(header: bytes, root: bytes) -> Stream:
    return Stream(sha256(b"\x15" + header + root).digest(), TAG_BLOCK)
