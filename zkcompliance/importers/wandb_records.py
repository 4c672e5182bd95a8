"""The records of a W&B run file: LevelDB's log form, in blocks of 32 KiB behind a head of 7 bytes.

    head: ":W&B" | 0xBEE1 (2 bytes, lowest first) | version 0
    piece: CRC-32 of kind and data (4) | length (2) | kind (1) | data

A record is one whole piece (kind 1), or a first (2), any middle (3) and a last one (4). What is left of a block and too
short for a piece is zeros.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from zkcompliance import limits
from zkcompliance.errors import ImporterError

_HEAD = b":W&B\xe1\xbe\x00"
_BLOCK, _PIECE = 32768, 7
_WHOLE, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


def records(file: BinaryIO, *, cut: bool) -> Iterator[bytes]:
    """The data of each record. ImporterError for one that is damaged or too long, or a file that ends inside one.

    cut: whether such an end is taken: the records before it are whole.
    """
    if file.read(len(_HEAD)) != _HEAD:
        raise ImporterError("is no W&B run file, or of another version")
    gathered: list[bytes] | None = None  # the pieces of a record that goes on
    size = count = 0
    for kind, data in _pieces(file):
        if kind is None:
            if cut:
                return
            raise _ends_inside(count + 1)
        if (kind in (_WHOLE, _FIRST)) != (gathered is None):
            raise ImporterError(f"record {count + 1}: is damaged: its pieces are out of order")
        gathered = [data] if gathered is None else [*gathered, data]
        size += len(data)
        if size > limits.MAX_IMPORT_RECORD_BYTES:
            raise ImporterError(f"record {count + 1}: is longer than {limits.MAX_IMPORT_RECORD_BYTES} bytes")
        if kind in (_WHOLE, _LAST):
            yield b"".join(gathered)
            gathered, size, count = None, 0, count + 1
    if gathered is not None and not cut:
        raise _ends_inside(count + 1)


def _ends_inside(record: int) -> ImporterError:
    return ImporterError(
        f"record {record}: the file ends inside it",
        help="copy the file when the run has ended; of a run that was killed: --set running=accept",
    )


def _pieces(file: BinaryIO) -> Iterator[tuple[int | None, bytes]]:
    """(kind, data) of each piece; (None, nothing) where the file ends inside one."""
    at, number = len(_HEAD), 0
    while True:
        left = _BLOCK - at % _BLOCK
        if left < _PIECE:
            if file.read(left).strip(b"\0"):
                raise ImporterError(f"piece {number + 1}: is damaged: a block does not end in zeros")
            at += left
            continue
        head = file.read(_PIECE)
        if not head:
            return
        number += 1
        length, kind = int.from_bytes(head[4:6], "little"), head[6] if len(head) == _PIECE else 0
        data = file.read(length) if len(head) == _PIECE else b""
        if len(head) < _PIECE or len(data) < length:
            yield None, b""
            return
        if kind not in (_WHOLE, _FIRST, _MIDDLE, _LAST) or _PIECE + length > left:
            raise ImporterError(f"piece {number}: is damaged: it is of no known kind, or passes its block")
        if zlib.crc32(head[6:] + data) != int.from_bytes(head[:4], "little"):
            raise ImporterError(f"piece {number}: is damaged: it is not as its checksum says")
        at += _PIECE + length
        yield kind, data
