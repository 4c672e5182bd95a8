"""The frames of a file of rows that are not sealed yet (`zkcompliance.log.pending`).

    frame = "zkcR" ‖ u32 rows ‖ limbs as in a rows file ‖ check          rows of the open batch
          | "zkcI" ‖ u32 n ‖ n × (identity ‖ row) ‖ check                records of the open batch (`log.records`)
          | "zkcT" ‖ spool id (16) ‖ check                               the open batch was taken from this spool
          | "zkcC" ‖ u64 rows ‖ check                                    everything before, `rows` in all, is durable
          | "zkcW" ‖ u32 rows ‖ limbs ‖ rows × (identity ‖ row) ‖ check  rows that are a batch by themselves
          | "zkcS" ‖ u64 rows ‖ check                                    so many of the rows before are durable

check = the first 16 bytes of the frame's SHA-256. An identity of zero bytes: the row is of no record.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHUNK_ROWS = 8192
ID = 16  # bytes of an identity, a row's digest, a spool's id and a check
NO_RECORD = bytes(ID), bytes(ID)
Pair = tuple[bytes, bytes]  # identity and digest of the row, of a record (`zkcompliance.log.records`)
_COUNT = struct.Struct("<4sI")
_TAKEN = struct.Struct("<4s16s")
_TOTAL = struct.Struct("<4sQ")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Frame:
    """kind: its last letter; number: rows, records, or the total of a closing frame; data: what follows that; at, end:
    where it and the next one begin; digest: the SHA-256 of which its check is the beginning."""

    kind: str
    number: int
    data: bytes
    at: int
    end: int
    digest: bytes


class Place(NamedTuple):
    """Where rows of the open batch lie in a file: their frame's place, how many, and its SHA-256."""

    at: int
    rows: int
    digest: bytes


def check(frame: bytes) -> bytes:
    return hashlib.sha256(frame).digest()[:ID]


def rows(columns: NDArray[np.uint32]) -> bytes:
    """R: rows of the open batch, limbs (width, n), n ≤ CHUNK_ROWS."""
    return _COUNT.pack(b"zkcR", columns.shape[1]) + columns[1:].astype("<u2").tobytes()


def records(pairs: list[Pair]) -> bytes:
    """I: records of rows of the open batch, at most CHUNK_ROWS."""
    return _COUNT.pack(b"zkcI", len(pairs)) + b"".join(identity + row for identity, row in pairs)


def taken(spool: bytes) -> bytes:
    """T."""
    return _TAKEN.pack(b"zkcT", spool)


def closed(total: int) -> bytes:
    """C."""
    return _TOTAL.pack(b"zkcC", total)


def written(columns: NDArray[np.uint32], pairs: list[Pair]) -> bytes:
    """W: limbs (width, n), n ≤ CHUNK_ROWS, and the record of each row."""
    head = _COUNT.pack(b"zkcW", columns.shape[1])
    return head + columns[1:].astype("<u2").tobytes() + b"".join(identity + row for identity, row in pairs)


def synced(total: int) -> bytes:
    """S."""
    return _TOTAL.pack(b"zkcS", total)


def limbs(frame: Frame, width: int) -> NDArray[np.uint32]:
    """The rows of an R or a W, (width, n), `act` 1."""
    import numpy as np

    out = np.ones((width, frame.number), dtype=np.uint32)
    size = 2 * (width - 1) * frame.number
    out[1:] = np.frombuffer(frame.data[:size], dtype="<u2").reshape(width - 1, frame.number)
    return out


def pairs(frame: Frame) -> list[Pair]:
    """Of an I, all; of a W, one for each row; of an R, whose rows are of no record, as many NO_RECORD."""
    if frame.kind == "R":
        return [NO_RECORD] * frame.number
    data = frame.data[len(frame.data) - 2 * ID * frame.number :]
    return [(data[at : at + ID], data[at + ID : at + 2 * ID]) for at in range(0, len(data), 2 * ID)]


def read(descriptor: int, width: int, start: int) -> Iterator[Frame]:
    """Each frame that is whole, from `start` on, up to the first that is not."""
    size, at = os.fstat(descriptor).st_size, start
    row = 2 * (width - 1)
    while at < size:
        head = os.pread(descriptor, _TOTAL.size, at)
        if len(head) < _TOTAL.size or head[:3] != b"zkc":
            return
        kind = chr(head[3])
        count = _COUNT.unpack_from(head)[1] if kind in "RIW" else 0
        if count > CHUNK_ROWS:
            return
        each = {"R": row, "I": 2 * ID, "W": row + 2 * ID}
        fixed = {"T": _TAKEN.size, "C": _TOTAL.size, "S": _TOTAL.size}
        length = _COUNT.size + each[kind] * count if kind in each else fixed.get(kind, size)
        if at + length + ID > size:
            return
        frame = os.pread(descriptor, length + ID, at)
        digest = hashlib.sha256(memoryview(frame)[:-ID]).digest()
        if digest[:ID] != frame[-ID:]:
            return
        end = at + length + ID
        if kind in fixed:
            number = 0 if kind == "T" else _TOTAL.unpack_from(frame)[1]
            yield Frame(kind, number, frame[4:-ID], at, end, digest)
        else:
            yield Frame(kind, count, frame[_COUNT.size : -ID], at, end, digest)
        at = end


def read_at(file: BinaryIO, place: Place, width: int) -> NDArray[np.uint32] | None:
    """The rows at a place, (width, n), `act` 1; None where other bytes lie there."""
    file.seek(place.at)
    frame = file.read(_COUNT.size + 2 * (width - 1) * place.rows)
    if hashlib.sha256(frame).digest() != place.digest:
        return None
    return limbs(Frame("R", place.rows, frame[_COUNT.size :], place.at, place.at, place.digest), width)


def acknowledged_after(descriptor: int, start: int, found: int) -> bool:
    """Whether a whole frame anywhere from `start` on says that more is durable than the `found` rows before it: C says
    so of all before it, S of a number. The rest of the file is read a block at a time."""
    size = os.fstat(descriptor).st_size
    for block in range(start, size, _BLOCK):
        rest = os.pread(descriptor, _BLOCK + _TOTAL.size + ID - 1, block)
        for kind in (b"zkcC", b"zkcS"):
            at = rest.find(kind)
            while at >= 0:
                frame = rest[at : at + _TOTAL.size]
                sealed = rest[at + _TOTAL.size : at + _TOTAL.size + ID]
                whole = len(frame) == _TOTAL.size and sealed == check(frame)
                if whole and (kind == b"zkcC" or _TOTAL.unpack(frame)[1] > found):
                    return True
                at = rest.find(kind, at + 1)
    return False
