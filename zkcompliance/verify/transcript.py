"""The Fiat–Shamir transcript: a SHA-256 ratchet (docs/spec/transcript.md).

start(domain)        state = SHA256(0x10 ‖ "zkcompliance transcript v2" ‖ bytes16(domain))
absorb(label, data)  state = SHA256(0x11 ‖ state ‖ bytes16(label) ‖ u64(len data) ‖ data)
squeeze(label)       state = SHA256(0x12 ‖ state ‖ bytes16(label)); stream block_j = SHA256(0x13 ‖ state ‖ u32(j))

A label's and a message's length come before it, so a sequence of messages has one encoding.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from itertools import chain, islice

from zkcompliance.verify.codec import bytes16, u32, u64
from zkcompliance.verify.field import Ext, P


class Stream:
    """The u32 words of one squeeze, in order: block_j = SHA256(first byte ‖ state ‖ u32(j))."""

    def __init__(self, state: bytes, first: bytes = b"\x13") -> None:
        self._words: Iterator[int] = chain.from_iterable(_blocks(first + state))

    def fields(self, count: int) -> list[int]:
        """`count` elements, uniform in F: 31 bits, rejected when not below p."""
        found: list[int] = []
        while len(found) < count:
            words = list(islice(self._words, count - len(found)))  # no word more than is needed
            if not words:
                raise RuntimeError("the stream ended")  # after 2^35 words
            found += [value for word in words if (value := word & 0x7FFFFFFF) < P]
        return found

    def field(self) -> int:
        """Uniform in F."""
        return self.fields(1)[0]

    def extension(self) -> Ext:
        """Uniform in E."""
        return self.extensions(1)[0]

    def extensions(self, count: int) -> list[Ext]:
        """`count` elements of E."""
        f = iter(self.fields(6 * count))
        return list(zip(f, f, f, f, f, f, strict=True))

    def outside_field(self) -> Ext:
        """Uniform in E without F, so that it meets no trace domain and no evaluation domain."""
        while True:
            value = self.extension()
            if any(value[1:]):
                return value

    def indices(self, bits: int, count: int) -> list[int]:
        """`count` integers of `bits` ≤ 32 bits, with repetition."""
        mask = (1 << bits) - 1
        return [word & mask for word in islice(self._words, count)]


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


def _blocks(head: bytes) -> Iterator[tuple[int, ...]]:
    for j in range(1 << 32):
        yield struct.unpack("<8I", hashlib.sha256(head + u32(j)).digest())
