"""The private rows of a segment on disk, and its meta file.

    rows = "zkcr" ‖ u16(1) ‖ u16 width ‖ u64 rows ‖ schema digest ‖ for each column but act: its limbs, u16 each

`act` is not stored: every stored row is real. meta is five lines: format, SHA-256 of the rows file, entry (both hex),
and the first segment and number of segments of the seal that it was part of.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance.commit.entry import ENTRY_BYTES
from zkcompliance.errors import LogCorrupt, LogError
from zkcompliance.limits import MAX_LOG_ROWS_LOG2, MAX_META_BYTES, MIN_LOG_ROWS_LOG2
from zkcompliance.schemas import Schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_ROWS = 1 << MAX_LOG_ROWS_LOG2
_HEAD = struct.Struct("<4sHHQ32s")
_FORMAT = "zkcompliance-segment-1"


def padded_log2(rows: int) -> int:
    """k of the smallest table 2^k ≥ max(8, rows)."""
    return max(MIN_LOG_ROWS_LOG2, (rows - 1).bit_length())


def encode(schema: Schema, columns: NDArray[np.uint32]) -> bytes:
    """The bytes of `rows` for limbs (width, n), act included and all 1."""
    head = _HEAD.pack(b"zkcr", 1, schema.width, columns.shape[1], schema.digest)
    return head + columns[1:].astype("<u2").tobytes()


def load(path: Path, schema: Schema, digest: bytes | None) -> NDArray[np.uint32]:
    """Limbs (width, 2^k), padded with zero rows. LogCorrupt when the file is not whole or not of this SHA-256."""
    import numpy as np

    limit = _HEAD.size + 2 * (schema.width - 1) * MAX_ROWS
    try:
        if path.stat().st_size > limit:
            raise LogCorrupt(f"{path} is longer than any segment")
        with path.open("rb") as file:
            data = file.read(limit + 1)  # one that grows meanwhile has another digest
    except OSError as error:
        raise LogError(f"{path}: {error.strerror}") from error
    if digest is not None and hashlib.sha256(data).digest() != digest:
        raise LogCorrupt(f"{path} has changed since it was sealed")
    if len(data) < _HEAD.size:
        raise LogCorrupt(f"{path} is truncated")
    magic, version, width, rows, schema_digest = _HEAD.unpack_from(data)
    if (magic, version, width, schema_digest) != (b"zkcr", 1, schema.width, schema.digest):
        raise LogCorrupt(f"{path} does not hold rows of schema {schema.name}")
    if not 0 < rows <= MAX_ROWS or len(data) != _HEAD.size + 2 * (width - 1) * rows:
        raise LogCorrupt(f"{path} is truncated")
    out = np.zeros((width, 1 << padded_log2(rows)), dtype=np.uint32)
    out[0, :rows] = 1
    out[1:, :rows] = np.frombuffer(data, dtype="<u2", offset=_HEAD.size).reshape(width - 1, rows)
    return out


def count(path: Path) -> int:
    """How many rows a rows file says it has, without reading it all."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD.size)
    except OSError as error:
        raise LogError(f"{path}: {error.strerror}") from error
    if len(head) != _HEAD.size:
        raise LogCorrupt(f"{path} is truncated")
    return int(_HEAD.unpack(head)[3])


@dataclass(frozen=True)
class Meta:
    """What was sealed.

    The rows file's SHA-256, the entry, and the seal (first segment, number of segments) it was part of.
    """

    rows_digest: bytes
    entry: bytes
    first: int
    count: int

    def encode(self) -> bytes:
        """Canonical text."""
        return f"{_FORMAT}\n{self.rows_digest.hex()}\n{self.entry.hex()}\n{self.first}\n{self.count}\n".encode()

    @classmethod
    def load(cls, path: Path) -> Meta:
        """LogError when missing, LogCorrupt when not canonical."""
        try:
            with path.open("rb") as file:
                data = file.read(MAX_META_BYTES + 1)
        except OSError as error:
            raise LogError(f"{path}: {error.strerror}") from error
        try:
            lines = data[:MAX_META_BYTES].decode().split("\n")
            meta = cls(bytes.fromhex(lines[1]), bytes.fromhex(lines[2]), int(lines[3]), int(lines[4]))
        except (ValueError, IndexError) as error:
            raise LogCorrupt(f"{path} is damaged") from error
        if meta.encode() != data or len(meta.rows_digest) != 32 or len(meta.entry) != ENTRY_BYTES:
            raise LogCorrupt(f"{path} is damaged")
        return meta
