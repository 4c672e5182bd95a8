"""Fiat–Shamir transcript: a SHA-256 ratchet in which every message is labelled and framed (docs/spec/transcript.md)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from hashlib import sha256

from zkcompliance.stark.codec import bytes16, u32, u64
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.extension import Ext

BLOCK, TAG_BLOCK = b"\x13", b"\x16"  # first bytes of the blocks of a squeeze and of a tag


class Transcript:
    """Absorbs messages and yields challenges; `log` keeps (label, state) after every step, to compare two hands by."""

    def __init__(self, domain: str) -> None:
        self.state = sha256(b"\x10zkcompliance transcript v2" + bytes16(domain.encode())).digest()
        self.log: list[tuple[str, bytes]] = [(domain, self.state)]

    def absorb(self, label: str, data: bytes) -> None:
        """state = H(0x11 ‖ state ‖ label ‖ length ‖ data)."""
        self._step(label, b"\x11" + self.state + bytes16(label.encode()) + u64(len(data)) + data)

    def squeeze(self, label: str) -> Stream:
        """Ratchet, and return the stream of this squeeze."""
        self._step(label, b"\x12" + self.state + bytes16(label.encode()))
        return Stream(self.state, BLOCK)

    def _step(self, label: str, message: bytes) -> None:
        self.state = sha256(message).digest()
        self.log.append((label, self.state))


class Stream:
    """The words of block_j = H(first ‖ state ‖ u32 j), j = 0, 1, …, sampled by rejection."""

    def __init__(self, state: bytes, first: bytes) -> None:
        self._words = self._blocks(first + state)

    @staticmethod
    def _blocks(prefix: bytes) -> Iterator[int]:
        counter = 0
        while True:
            yield from struct.unpack("<8I", sha256(prefix + u32(counter)).digest())
            counter += 1

    def base(self) -> int:
        """Uniform in F."""
        while (word := next(self._words) & 0x7FFFFFFF) >= P:
            pass
        return word

    def ext(self) -> Ext:
        """Uniform in E."""
        return (self.base(), self.base(), self.base(), self.base(), self.base(), self.base())

    def exts(self, count: int) -> list[Ext]:
        return [self.ext() for _ in range(count)]

    def ext_outside_base(self) -> Ext:
        """Uniform in E without F."""
        while not any((point := self.ext())[1:]):
            pass
        return point

    def indices(self, count: int, bits: int) -> list[int]:
        """Uniform in [0, 2^bits), with replacement."""
        return [next(self._words) & ((1 << bits) - 1) for _ in range(count)]
