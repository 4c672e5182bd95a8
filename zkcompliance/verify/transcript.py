"""The Fiat–Shamir transcript: a SHA-256 ratchet (docs/spec/transcript.md).

start(domain)        state = SHA256(0x10 ‖ "zkcompliance transcript v2" ‖ bytes16(domain))
absorb(label, data)  state = SHA256(0x11 ‖ state ‖ bytes16(label) ‖ u64(len data) ‖ data)
squeeze(label)       state = SHA256(0x12 ‖ state ‖ bytes16(label)); stream block_j = SHA256(0x13 ‖ state ‖ u32(j))

A label's and a message's length come before it, so a sequence of messages has one encoding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from zkcompliance.verify.codec import bytes16, u32, u64
from zkcompliance.verify.field import Ext, P


class Stream:
    """The u32 words of one squeeze, in order: block_j = SHA256(first byte ‖ state ‖ u32(j))."""

    def __init__(self, state: bytes, first: bytes = b"\x13") -> None:
        self._words = _words(first + state)

    def field(self) -> int:
        """Uniform in F: 31 bits, rejected when not below p."""
        for word in self._words:
            value = word & 0x7FFFFFFF
            if value < P:
                return value
        raise RuntimeError("the stream ended")  # after 2^35 words

    def extension(self) -> Ext:
        """Uniform in E."""
        f = self.field
        return (f(), f(), f(), f(), f(), f())

    def extensions(self, count: int) -> list[Ext]:
        """`count` elements of E."""
        return [self.extension() for _ in range(count)]

    def outside_field(self) -> Ext:
        """Uniform in E without F, so that it meets no trace domain and no evaluation domain."""
        while True:
            value = self.extension()
            if any(value[1:]):
                return value

    def indices(self, bits: int, count: int) -> list[int]:
        """`count` integers of `bits` ≤ 32 bits, with repetition."""
        mask = (1 << bits) - 1
        return [next(self._words) & mask for _ in range(count)]


class Transcript:
    """Everything the prover has said, in 32 bytes."""

    def __init__(self, domain: str) -> None:
        self.state = hashlib.sha256(b"\x10zkcompliance transcript v2" + bytes16(domain.encode("ascii"))).digest()

    def absorb(self, label: str, data: bytes) -> None:
        head = b"\x11" + self.state + bytes16(label.encode("ascii")) + u64(len(data))
        self.state = hashlib.sha256(head + data).digest()

    def squeeze(self, label: str) -> Stream:
        self.state = hashlib.sha256(b"\x12" + self.state + bytes16(label.encode("ascii"))).digest()
        return Stream(self.state)


def _words(head: bytes) -> Iterator[int]:
    for j in range(1 << 32):
        block = hashlib.sha256(head + u32(j)).digest()
        for at in range(0, 32, 4):
            yield int.from_bytes(block[at : at + 4], "little")
