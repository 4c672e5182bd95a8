"""Event files and run files, written by a plain hand of the tests: protocol buffers, records, checksums."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence


def varint(value: int) -> bytes:
    """A whole number as protocol buffers write it; a negative one in two's complement of 64 bits."""
    value %= 1 << 64
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number: int, value: int | float | bytes | str) -> bytes:
    """One field: a varint, a double, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def single(number: int, value: float) -> bytes:
    """A field of a 32-bit float."""
    return varint(number << 3 | 5) + struct.pack("<f", value)


def castagnoli(data: bytes) -> int:
    """CRC-32C, bit by bit: the remainder of the message as a polynomial, as its definition has it."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder % 2 else 0)
    return remainder ^ 0xFFFFFFFF


def framed(data: bytes) -> bytes:
    """A record of an event file."""

    def masked(part: bytes) -> bytes:
        check = castagnoli(part)
        return struct.pack("<I", ((check >> 15 | check << 17) + 0xA282EAD8) % (1 << 32))

    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def event(at: float, step: int, *values: bytes) -> bytes:
    """An event with a summary of these values."""
    return field(1, at) + field(2, step) + (field(5, b"".join(field(1, each) for each in values)) if values else b"")


def events(*found: bytes, version: str = "brain.Event:2", began: float = 1_767_571_200.25) -> bytes:
    """An event file."""
    return b"".join(framed(each) for each in (field(1, began) + field(3, version), *found))


def scalar(tag: str, value: float) -> bytes:
    """A value of a summary."""
    return field(1, tag) + single(2, value)


def tensor(tag: str, *parts: bytes) -> bytes:
    """A value of a summary that is a tensor of these fields."""
    return field(1, tag) + field(8, b"".join(parts))


def run_file(records: Sequence[bytes]) -> bytes:
    """A run file: records cut at the ends of blocks of 32 KiB."""
    out = b":W&B\xe1\xbe\x00"
    for record in records:
        first = True
        while True:
            left = 32768 - len(out) % 32768
            if left < 7:
                out += bytes(left)
                continue
            part, record = record[: left - 7], record[left - 7 :]
            kind = bytes([(1 if first else 4) if not record else (2 if first else 3)])
            out += struct.pack("<IH", zlib.crc32(kind + part), len(part)) + kind + part
            first = False
            if not record:
                break
    return out


def history(step: int, items: dict[str, str], *extra: bytes) -> bytes:
    """A record of a step's values, as JSON texts."""
    found = b"".join(field(1, field(2, name) + field(16, value)) for name, value in items.items())
    return field(2, found + b"".join(field(1, each) for each in extra) + field(2, field(1, step) if step else b""))


def run_record(identity: str = "r1", seconds: int = 1_767_571_200, nanoseconds: int = 0, extra: bytes = b"") -> bytes:
    """A record of the run."""
    start = field(1, seconds) + (field(2, nanoseconds) if nanoseconds else b"")
    return field(17, field(1, identity) + field(17, start) + extra)


END = field(18, b"")
