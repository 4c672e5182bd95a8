"""A device as cosigner: that it answered a nonce over a checkpoint (docs/spec/anchors.md, kind 4).

    nonce      = SHA-256("zkc-gpu-cosign-v1\\n" ‖ origin ‖ "\\n" ‖ checkpoint body ‖ u64 round ‖ beacon)
    beacon     = SHA-256 of the signature of that round, or 32 zero bytes with round 0: none was given
    attachment = u16 length ‖ checkpoint body ‖ u64 round ‖ beacon ‖ u16 length ‖ evidence ‖ 5 × (u16 length ‖
                 certificate, DER, leaf first) ‖ time stamp, a TimeStampResp over the evidence, or nothing

All numbers little-endian. The body begins with the origin and has the root of the log, so that nobody knew the nonce
before the log was sealed, nor before the round. The evidence has no time of its own: a time stamp over it is what says
that it was there at a moment.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from zkcompliance.errors import MalformedEvidence
from zkcompliance.evidence.nvidia import CERTIFICATES, Evidence
from zkcompliance.limits import MAX_ATTACHMENT_BYTES

NO_BEACON = bytes(32)
_DOMAIN = b"zkc-gpu-cosign-v1\n"


@dataclass(frozen=True)
class Asked:
    """What devices are asked to answer. body: the checkpoint's lines, as they are signed; round, beacon: as above."""

    body: bytes
    round: int = 0
    beacon: bytes = NO_BEACON

    def __post_init__(self) -> None:
        """MalformedEvidence for a round without its digest, or a digest without its round."""
        if not 0 <= self.round < 1 << 64 or len(self.beacon) != 32 or (self.round == 0) != (self.beacon == NO_BEACON):
            raise MalformedEvidence("a round of a beacon goes with the SHA-256 of its signature")
        if b"\n" not in self.body:
            raise MalformedEvidence("a checkpoint has lines")

    @property
    def origin(self) -> bytes:
        """The checkpoint's first line."""
        return self.body.partition(b"\n")[0]

    @property
    def nonce(self) -> bytes:
        """What a device is given, 32 bytes."""
        return hashlib.sha256(
            _DOMAIN + self.origin + b"\n" + self.body + struct.pack("<Q", self.round) + self.beacon
        ).digest()


@dataclass(frozen=True)
class Answer:
    """What a device gave. stamp: a TimeStampResp over the evidence (DER), empty where there is none."""

    asked: Asked
    evidence: Evidence
    stamp: bytes = b""

    def encode(self) -> bytes:
        """The bytes of an attachment. MalformedEvidence where they are too many."""
        parts = [_part(self.asked.body), struct.pack("<Q", self.asked.round), self.asked.beacon]
        parts += [_part(self.evidence.data), *map(_part, self.evidence.chain), self.stamp]
        data = b"".join(parts)
        if len(data) > MAX_ATTACHMENT_BYTES:
            raise MalformedEvidence(f"the answer of a device has over {MAX_ATTACHMENT_BYTES:,} bytes")
        return data

    @classmethod
    def decode(cls, data: bytes) -> Answer:
        """MalformedEvidence unless data is an attachment of this kind."""
        if len(data) > MAX_ATTACHMENT_BYTES:
            raise MalformedEvidence(f"the answer of a device has over {MAX_ATTACHMENT_BYTES:,} bytes")
        body, at = _taken(data, 0)
        if at + 40 > len(data):
            raise MalformedEvidence("the answer of a device is cut off")
        (number,), beacon = struct.unpack_from("<Q", data, at), data[at + 8 : at + 40]
        evidence, at = _taken(data, at + 40)
        chain = []
        for _ in range(CERTIFICATES):
            certificate, at = _taken(data, at)
            chain.append(certificate)
        return cls(Asked(body, number, beacon), Evidence(evidence, tuple(chain)), data[at:])


def _part(data: bytes) -> bytes:
    if not 0 < len(data) < 1 << 16:
        raise MalformedEvidence("a part of a device's answer is empty or over 65,535 bytes")
    return struct.pack("<H", len(data)) + data


def _taken(data: bytes, at: int) -> tuple[bytes, int]:
    """The part that begins here, not empty, and where it ends."""
    if at + 2 > len(data):
        raise MalformedEvidence("the answer of a device is cut off")
    (size,) = struct.unpack_from("<H", data, at)
    if not size or at + 2 + size > len(data):
        raise MalformedEvidence("the answer of a device is cut off, or has an empty part")
    return data[at + 2 : at + 2 + size], at + 2 + size
