"""Canonical bytes: a bounded reader, and the writers that re-encode for comparison (docs/spec/notation.md).

The reader belongs to one kind of input and raises that kind's error. It never allocates more than it was given, and
`finish` demands that nothing is left.
"""

from __future__ import annotations

import struct

from zkcompliance import limits
from zkcompliance.errors import LimitExceeded, MalformedError
from zkcompliance.verify.field import Ext, P


class Reader:
    """Reads `data` from its start; every shortage or bad value raises `error`."""

    __slots__ = ("_data", "_end", "_error", "_position")

    def __init__(self, data: bytes, error: type[MalformedError]) -> None:
        self._data = data
        self._error = error
        self._position = 0
        self._end = len(data)

    def fail(self, what: str) -> MalformedError:
        """The error to raise, with the place where it was noticed."""
        return self._error(f"{what} (before byte {self._position})")

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        start = self._position
        end = start + count
        if end > self._end or count < 0:
            raise self.fail(f"{count} bytes expected, {self._end - start} left")
        self._position = end
        return self._data[start:end]

    @property
    def ended(self) -> bool:
        """Whether all bytes have been read."""
        return self._position == self._end

    def finish(self) -> None:
        """All bytes must have been read."""
        if self._position != self._end:
            raise self.fail(f"{self._end - self._position} bytes too many")

    def expect(self, constant: bytes, what: str) -> None:
        """These very bytes."""
        if self.take(len(constant)) != constant:
            raise self.fail(f"{what} expected")

    def u8(self) -> int:
        return self.take(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "little")

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def u48(self) -> int:
        return int.from_bytes(self.take(6), "little")

    def u64(self) -> int:
        return int.from_bytes(self.take(8), "little")

    def i32(self) -> int:
        return int.from_bytes(self.take(4), "little", signed=True)

    def digest(self) -> bytes:
        return self.take(32)

    def digests(self, count: int) -> list[bytes]:
        return [digest for (digest,) in struct.iter_unpack("32s", self.take(32 * count))]

    def bytes16(self, limit: int, what: str) -> bytes:
        """u16 length ‖ bytes, the length at most `limit`."""
        return self.take(at_most(self.u16(), limit, what))

    def text(self, what: str) -> str:
        """UTF-8 without control characters; may be empty."""
        raw = self.bytes16(limits.MAX_TEXT_BYTES, what)
        try:
            value = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise self.fail(f"{what} is not UTF-8") from None
        if not value.isprintable() and any(ord(c) < 0x20 or ord(c) == 0x7F for c in value):
            raise self.fail(f"{what} has a control character")
        return value

    def name(self, what: str, taken: set[str]) -> str:
        """A non-empty text that is new in its list."""
        value = self.text(what)
        if not value or value in taken:
            raise self.fail(f"{what} is empty or occurs twice")
        taken.add(value)
        return value

    def integer(self, what: str) -> int:
        """A minimal little-endian integer ≥ 0."""
        raw = self.bytes16(limits.MAX_INTEGER_BYTES, what)
        if raw and raw[-1] == 0:
            raise self.fail(f"{what} is not minimal")
        return int.from_bytes(raw, "little")

    def choice(self, below: int, what: str) -> int:
        """A u8 below `below`."""
        value = self.u8()
        if value >= below:
            raise self.fail(f"{what} {value} is unknown")
        return value

    def index8(self, below: int, what: str) -> int:
        """A u8 index below `below`."""
        value = self.u8()
        if value >= below:
            raise self.fail(f"{what} {value} is out of range")
        return value

    def index16(self, below: int, what: str) -> int:
        """A u16 index below `below`."""
        value = self.u16()
        if value >= below:
            raise self.fail(f"{what} {value} is out of range")
        return value

    def words(self, raw: bytes) -> tuple[int, ...]:
        """The elements of F in `raw` (a multiple of 4 bytes); each must be below p."""
        values = struct.unpack(f"<{len(raw) // 4}I", raw)
        if values and max(values) >= P:
            raise self.fail("a field element is not below p")
        return values

    def extension(self, raw: bytes) -> list[Ext]:
        """The elements of E in `raw` (a multiple of 24 bytes)."""
        w = self.words(raw)
        return [(w[i], w[i + 1], w[i + 2], w[i + 3], w[i + 4], w[i + 5]) for i in range(0, len(w), 6)]


def at_most(value: int, limit: int, what: str) -> int:
    """`value` if it is within its limit, or LimitExceeded."""
    if value > limit:
        raise LimitExceeded(f"{what}: over the limit of {limit}")
    return value


def positive(reader: Reader, count: int, what: str) -> int:
    """`count` if it is not 0, or the reader's error."""
    if count == 0:
        raise reader.fail(f"no {what}")
    return count


def u8(x: int) -> bytes:
    return x.to_bytes(1, "little")


def u16(x: int) -> bytes:
    return x.to_bytes(2, "little")


def u32(x: int) -> bytes:
    return x.to_bytes(4, "little")


def u48(x: int) -> bytes:
    return x.to_bytes(6, "little")


def u64(x: int) -> bytes:
    return x.to_bytes(8, "little")


def i32(x: int) -> bytes:
    return x.to_bytes(4, "little", signed=True)


def bytes16(x: bytes) -> bytes:
    return u16(len(x)) + x


def bytes32(x: bytes) -> bytes:
    return u32(len(x)) + x


def text(x: str) -> bytes:
    return bytes16(x.encode("utf-8"))


def integer(x: int) -> bytes:
    return bytes16(x.to_bytes((x.bit_length() + 7) // 8, "little"))


def extension_bytes(a: Ext) -> bytes:
    """Six u32, coefficient of u^0 first."""
    return struct.pack("<6I", *a)
