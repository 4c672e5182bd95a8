"""The wire form of protocol buffers: the fields of one message, without its description.

A field is a key, number · 8 + wire type, and a value: a varint (type 0), 8 or 4 bytes (1, 5), or a length and that many
bytes (2). Groups (3, 4) are of an older form and are refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from zkcompliance.errors import ImporterError

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
Value = int | bytes  # a varint, 0 … 2^64 − 1; or the bytes of any other field


def fields(data: bytes, where: str) -> Iterator[tuple[int, Value]]:
    """(number, value) of each field, in order. ImporterError for what is no message."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at, where)
        number, kind = key >> 3, key & 7
        if not number:
            raise ImporterError(f"{where}: is damaged: a field has no number")
        if kind == _VARINT:
            value, at = _varint(data, at, where)
            yield number, value
            continue
        if kind == _BYTES:
            length, at = _varint(data, at, where)
        elif kind in (_EIGHT, _FOUR):
            length = 8 if kind == _EIGHT else 4
        else:
            raise ImporterError(f"{where}: is damaged: a field is of no known kind")
        if length > len(data) - at:
            raise ImporterError(f"{where}: is damaged: a field is longer than its message")
        yield number, data[at : at + length]
        at += length


def _varint(data: bytes, at: int, where: str) -> tuple[int, int]:
    """(value, place behind it): seven bits a byte, the lowest first, at most ten bytes."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ImporterError(f"{where}: is damaged: a number is cut")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
    raise ImporterError(f"{where}: is damaged: a number is too long")


def of_bytes(value: Value, where: str) -> bytes:
    """A text, a message or a number of fixed length. ImporterError for a varint."""
    if not isinstance(value, bytes):
        raise ImporterError(f"{where}: is damaged: a field is of another kind")
    return value


def text(value: Value, where: str) -> str:
    """A text in UTF-8."""
    try:
        return of_bytes(value, where).decode()
    except UnicodeDecodeError:
        raise ImporterError(f"{where}: is not UTF-8") from None


def integer(value: Value, where: str) -> int:
    """A signed whole number, as `int32`, `int64` and enums have it: two's complement of 64 bits."""
    if isinstance(value, bytes):
        raise ImporterError(f"{where}: is damaged: a field is of another kind")
    return value - (1 << 64) if value >> 63 else value


def zigzag(value: Value, where: str) -> int:
    """A signed whole number, as `sint64` has it: 0, −1, 1, −2, …"""
    if isinstance(value, bytes):
        raise ImporterError(f"{where}: is damaged: a field is of another kind")
    return (value >> 1) ^ -(value & 1)


def real(value: Value, where: str) -> float:
    """A `float` or `double`, by its length; both are doubles exactly."""
    data = of_bytes(value, where)
    if len(data) not in (4, 8):
        raise ImporterError(f"{where}: is damaged: a field is of another kind")
    (number,) = struct.unpack("<f" if len(data) == 4 else "<d", data)
    return float(number)
