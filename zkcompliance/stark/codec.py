"""The canonical byte forms of docs/spec/notation.md, writing side (reading is the verifier's)."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from zkcompliance.errors import LimitExceeded, UsageError
from zkcompliance.limits import MAX_INTEGER_BYTES, MAX_TEXT_BYTES


def u8(x: int) -> bytes:
    return struct.pack("<B", x)


def u16(x: int) -> bytes:
    return struct.pack("<H", x)


def u32(x: int) -> bytes:
    return struct.pack("<I", x)


def u48(x: int) -> bytes:
    """OverflowError unless 0 ≤ x < 2^48."""
    return x.to_bytes(6, "little")


def u64(x: int) -> bytes:
    return struct.pack("<Q", x)


def i32(x: int) -> bytes:
    return struct.pack("<i", x)


def u32s(values: Iterable[int]) -> bytes:
    """Field elements one after the other."""
    items = list(values)
    return struct.pack(f"<{len(items)}I", *items)


def bytes16(data: bytes) -> bytes:
    """u16 length and the bytes. LimitExceeded over 65,535."""
    if len(data) > 0xFFFF:
        raise LimitExceeded(f"{len(data)} bytes do not fit a 16-bit length")
    return u16(len(data)) + data


def text(value: str) -> bytes:
    """bytes16 of UTF-8, at most 255 bytes, without control characters; UsageError otherwise."""
    data = value.encode()
    if len(data) > MAX_TEXT_BYTES:
        raise LimitExceeded(f"a text of {len(data)} bytes, over {MAX_TEXT_BYTES}")
    if any(ord(c) < 0x20 or ord(c) == 0x7F for c in value):
        raise UsageError(f"control character in {value!r}")
    return bytes16(data)


def integer(value: int) -> bytes:
    """bytes16 of the minimal little-endian bytes of value ≥ 0."""
    if value < 0:
        raise UsageError(f"{value} is negative")
    data = value.to_bytes((value.bit_length() + 7) // 8, "little")
    if len(data) > MAX_INTEGER_BYTES:
        raise LimitExceeded(f"an integer of {len(data)} bytes, over {MAX_INTEGER_BYTES}")
    return bytes16(data)
