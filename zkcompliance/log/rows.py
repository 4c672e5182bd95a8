"""The private rows of a segment on disk, and its meta file.

    rows = "zkcr" ‖ u16(1) ‖ u16 width ‖ u64 rows ‖ schema digest ‖ for each column but act: its limbs, u16 each

`act` is not stored: every stored row is real; an empty segment stores none. meta is five lines: format, SHA-256 of the
rows file, entry (both hex), the first segment and number of segments of the seal that it was part of; and, in the first
segment of a seal of inputs, a sixth: their digests (hex, a space between them).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance.edge import regular
from zkcompliance.errors import LogCorrupt
from zkcompliance.limits import MAX_LOG_ROWS_LOG2, MAX_META_BYTES, MAX_SEAL_INPUTS, MIN_LOG_ROWS_LOG2
from zkcompliance.log import files
from zkcompliance.log.layout import SegmentPaths
from zkcompliance.schemas import Schema
from zkcompliance.stark.commit.entry import ENTRY_BYTES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_ROWS = 1 << MAX_LOG_ROWS_LOG2
_HEAD = struct.Struct("<4sHHQ32s")
_FORMAT = "zkcompliance-segment-1"
MAX_INPUTS = MAX_SEAL_INPUTS
COLUMNS_AT_ONCE, ENTRIES_AT_ONCE = 8, 1 << 20  # as many columns as either allows are read in one piece


def padded_log2(rows: int) -> int:
    """k of the smallest table 2^k ≥ max(8, rows); rows ≥ 0."""
    return max(MIN_LOG_ROWS_LOG2, (rows - 1).bit_length())


def write(descriptor: int, schema: Schema, columns: NDArray[np.uint32]) -> bytes:
    """Write `rows` for limbs (width, n), act included and all 1, column after column; the SHA-256 of its bytes."""
    digest = hashlib.sha256()
    head = _HEAD.pack(b"zkcr", 1, schema.width, columns.shape[1], schema.digest)
    for part in (head, *(column.astype("<u2").data.cast("B") for column in columns[1:] if column.size)):
        digest.update(part)
        files.write_all(descriptor, part)
    return digest.digest()


def load(path: Path, schema: Schema, digest: bytes | None) -> NDArray[np.uint32]:
    """Limbs (width, 2^k), padded with zero rows. LogCorrupt when the file is not whole or not of this SHA-256."""
    from zkcompliance.stark.field import workspace

    with _reading(path, schema) as (descriptor, rows):
        table = workspace.zeros(schema.width, 1 << padded_log2(rows))
        for _ in _filled(path, descriptor, rows, table, schema.width, digest):
            pass
    return table


def parts(path: Path, schema: Schema, digest: bytes | None) -> Iterator[NDArray[np.uint32]]:
    """The same, some columns at a time, each part where the one before lay. That the file is not of this SHA-256 is
    known after the last one."""
    from zkcompliance.stark.field import workspace

    with _reading(path, schema) as (descriptor, rows):
        table = workspace.zeros(_columns_at_once(rows, schema.width), 1 << padded_log2(rows))
        yield from _filled(path, descriptor, rows, table, schema.width, digest)


@contextlib.contextmanager
def _reading(path: Path, schema: Schema) -> Iterator[tuple[int, int]]:
    """(descriptor, rows) of a file that is as long as it says. LogError, LogCorrupt."""
    with files.reporting(path):
        descriptor = regular.open_file(path, folders=SegmentPaths.DEPTH, private=True)
        try:
            size = regular.length(path, descriptor, _HEAD.size + 2 * (schema.width - 1) * MAX_ROWS)
            head = os.pread(descriptor, _HEAD.size, 0)
            if len(head) != _HEAD.size:
                raise LogCorrupt(f"{path} is truncated")
            magic, version, width, rows, schema_digest = _HEAD.unpack(head)
            if (magic, version, width, schema_digest) != (b"zkcr", 1, schema.width, schema.digest):
                raise LogCorrupt(f"{path} does not hold rows of schema {schema.label}")
            if rows > MAX_ROWS or size != _HEAD.size + 2 * (width - 1) * rows:
                raise LogCorrupt(f"{path} is truncated")
            yield descriptor, rows
        finally:
            os.close(descriptor)


def _filled(
    path: Path, descriptor: int, rows: int, table: NDArray[np.uint32], width: int, digest: bytes | None
) -> Iterator[NDArray[np.uint32]]:
    """The table's columns (the last ones of fewer), filled with the next ones of the file until there are no more.

    What is read is of half their size, so a whole table is read in parts too.
    """
    import numpy as np

    found = hashlib.sha256(os.pread(descriptor, _HEAD.size, 0))
    at_once = _columns_at_once(rows, width)
    read, at = np.empty(at_once * rows, "<u2"), _HEAD.size
    for begun in range(0, width, len(table)):
        part = table[: width - begun]
        for first in range(0, len(part), at_once):
            columns = part[first : first + at_once, :rows]
            if begun == first == 0:
                columns[0] = 1  # act
                columns = columns[1:]
            values = read[: columns.size]
            if os.preadv(descriptor, [values.data], at) != values.nbytes:
                raise LogCorrupt(f"{path} is truncated")
            at += values.nbytes
            found.update(values.data)
            columns[:] = values.reshape(columns.shape)
        yield part
    if digest is not None and found.digest() != digest:
        raise LogCorrupt(f"{path} has changed since it was sealed")


def _columns_at_once(rows: int, width: int) -> int:
    return min(width, max(COLUMNS_AT_ONCE, ENTRIES_AT_ONCE // max(rows, 1)))


def count(path: Path) -> int:
    """How many rows a rows file says it has, without reading it all."""
    with files.reporting(path):
        descriptor = regular.open_file(path, folders=SegmentPaths.DEPTH, private=True)
        try:
            head = os.pread(descriptor, _HEAD.size, 0)
        finally:
            os.close(descriptor)
    if len(head) != _HEAD.size:
        raise LogCorrupt(f"{path} is truncated")
    return int(_HEAD.unpack(head)[3])


@dataclass(frozen=True)
class Meta:
    """What was sealed.

    The rows file's SHA-256, the entry, the seal (first segment, number of segments) it was part of, and, in the first
    segment of a seal, the digest of each input whose rows were sealed with it (`zkcompliance.log.once`).
    """

    rows_digest: bytes
    entry: bytes
    first: int
    count: int
    inputs: tuple[bytes, ...] = ()

    def encode(self) -> bytes:
        """Canonical text."""
        lines = [_FORMAT, self.rows_digest.hex(), self.entry.hex(), str(self.first), str(self.count)]
        if self.inputs:
            lines.append(" ".join(each.hex() for each in self.inputs))
        return ("\n".join(lines) + "\n").encode()

    @classmethod
    def load(cls, path: Path) -> Meta:
        """LogError when missing, LogCorrupt when not canonical."""
        data = files.read(path, MAX_META_BYTES, folders=SegmentPaths.DEPTH)
        try:
            _, digest, entry, first, count, *more = data.decode("ascii").split("\n")
            marks = tuple(bytes.fromhex(each) for each in more[0].split())
            meta = cls(bytes.fromhex(digest), bytes.fromhex(entry), int(first[:20]), int(count[:20]), marks)
        except (ValueError, IndexError) as error:
            raise LogCorrupt(f"{path} is damaged") from error
        whole = len(meta.rows_digest) == 32 and len(meta.entry) == ENTRY_BYTES and all(len(m) == 32 for m in marks)
        if meta.encode() != data or not whole:
            raise LogCorrupt(f"{path} is damaged")
        return meta
