"""Rows that were appended and not yet sealed: a durable file of batches.

    file  = "zkcq" ‖ u16(1) ‖ schema digest ‖ frame*
    frame = "zkcR" ‖ u32 rows ‖ limbs as in a rows file ‖ check       rows of the open batch
          | "zkcC" ‖ u64 total rows ‖ check                           everything before is acknowledged

check = the first 16 bytes of the frame's SHA-256. The rows are fsynced before the closing frame is written, so a
closing frame behind damaged rows means damage, and anything after the last one is a batch that was never acknowledged:
it is discarded.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance.errors import LogCorrupt
from zkcompliance.log import files
from zkcompliance.schemas import Schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHUNK_ROWS = 8192
_BLOCK = 1 << 20
_CHECK = 16
_ROWS = struct.Struct("<4sI")
_CLOSE = struct.Struct("<4sQ")


def _check(frame: bytes) -> bytes:
    return hashlib.sha256(frame).digest()[:_CHECK]


class Pending:
    """The pending file at `path`, held open by the one writer."""

    def __init__(self, path: Path, schema: Schema) -> None:
        """Open or create. LogCorrupt when acknowledged rows are damaged."""
        self.path = path
        self._width = schema.width
        self._head = b"zkcq\x01\x00" + schema.digest
        if not path.exists():
            files.replace(path, self._head, files.PRIVATE)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            self.committed_rows, self._committed_end = self._recover()
            self.rollback()
        except BaseException:
            self.close()
            raise

    def _row_bytes(self, rows: int) -> int:
        return 2 * (self._width - 1) * rows

    def _frames(self) -> Iterator[tuple[int, int, int]]:
        """(offset, rows, end) of each frame that is whole; rows is −1 − total for a closing frame."""
        size = os.fstat(self._descriptor).st_size
        at = len(self._head)
        while at < size:
            head = os.pread(self._descriptor, _CLOSE.size, at)
            if len(head) < _CLOSE.size:
                return
            if head[:4] == b"zkcR" and _ROWS.unpack_from(head)[1] > CHUNK_ROWS:
                return
            length = _CLOSE.size if head[:4] == b"zkcC" else _ROWS.size + self._row_bytes(_ROWS.unpack_from(head)[1])
            if head[:4] not in (b"zkcC", b"zkcR") or at + length + _CHECK > size:
                return
            frame = os.pread(self._descriptor, length + _CHECK, at)
            if _check(frame[:length]) != frame[length:]:
                return
            rows = -1 - _CLOSE.unpack(head)[1] if head[:4] == b"zkcC" else _ROWS.unpack_from(head)[1]
            yield at, rows, at + length + _CHECK
            at += length + _CHECK

    def _recover(self) -> tuple[int, int]:
        if os.pread(self._descriptor, len(self._head), 0) != self._head:
            raise LogCorrupt(f"{self.path} does not hold pending rows of this log's schema")
        rows = committed = 0
        end = reached = len(self._head)
        for _, count, stop in self._frames():
            reached = stop
            if count >= 0:
                rows += count
            elif -1 - count != rows:
                raise LogCorrupt(f"{self.path}: appended rows are missing")
            else:
                committed, end = rows, stop
        if self._acknowledged_after(reached):
            raise LogCorrupt(f"{self.path}: appended rows are damaged at byte {reached}")
        return committed, end

    def _acknowledged_after(self, start: int) -> bool:
        """Whether a whole closing frame lies anywhere in the rest of the file, which is read a block at a time."""
        size = os.fstat(self._descriptor).st_size
        for block in range(start, size, _BLOCK):
            rest = os.pread(self._descriptor, _BLOCK + _CLOSE.size + _CHECK - 1, block)
            at = rest.find(b"zkcC")
            while at >= 0:
                frame = rest[at : at + _CLOSE.size]
                if rest[at + _CLOSE.size : at + _CLOSE.size + _CHECK] == _check(frame) and len(frame) == _CLOSE.size:
                    return True
                at = rest.find(b"zkcC", at + 1)
        return False

    def add(self, columns: NDArray[np.uint32]) -> None:
        """Write rows of the open batch: limbs (width, n), n ≤ CHUNK_ROWS. Not durable, not acknowledged yet."""
        frame = _ROWS.pack(b"zkcR", columns.shape[1]) + columns[1:].astype("<u2").tobytes()
        os.lseek(self._descriptor, 0, os.SEEK_END)
        files.write_all(self._descriptor, frame + _check(frame))
        self.rows += columns.shape[1]

    def commit(self) -> None:
        """Acknowledge the open batch: durable when it returns."""
        os.fsync(self._descriptor)
        frame = _CLOSE.pack(b"zkcC", self.rows)
        os.lseek(self._descriptor, 0, os.SEEK_END)
        files.write_all(self._descriptor, frame + _check(frame))
        os.fsync(self._descriptor)
        self.committed_rows, self._committed_end = self.rows, os.fstat(self._descriptor).st_size

    def rollback(self) -> None:
        """Drop the open batch."""
        if os.fstat(self._descriptor).st_size != self._committed_end:
            os.ftruncate(self._descriptor, self._committed_end)
            os.fsync(self._descriptor)
        self.rows = self.committed_rows

    def chunks(self) -> Iterator[NDArray[np.uint32]]:
        """Every row, the open batch included, as limbs (width, n), `act` 1."""
        import numpy as np

        seen = 0
        for at, rows, _ in self._frames():
            if rows >= 0:
                data = os.pread(self._descriptor, self._row_bytes(rows), at + _ROWS.size)
                out = np.ones((self._width, rows), dtype=np.uint32)
                out[1:] = np.frombuffer(data, dtype="<u2").reshape(self._width - 1, rows)
                seen += rows
                yield out
        if seen != self.rows:
            raise LogCorrupt(f"{self.path}: appended rows are damaged")

    def close(self) -> None:
        """Close the file; it stays."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def remove(self) -> None:
        """Close and delete the file: its rows are sealed."""
        self.close()
        self.path.unlink()
        files.sync_dir(self.path.parent)
