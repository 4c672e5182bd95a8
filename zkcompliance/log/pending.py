"""Rows that were appended and not yet sealed: a durable file of batches.

    file  = "zkcq" ‖ u16(1) ‖ schema digest ‖ frame*
    frame = "zkcR" ‖ u32 rows ‖ limbs as in a rows file ‖ check       rows of the open batch
          | "zkcT" ‖ spool id (16) ‖ check                            the open batch was taken from this spool
          | "zkcC" ‖ u64 total rows ‖ check                           everything before is acknowledged

check = the first 16 bytes of the frame's SHA-256. The rows are fsynced before the closing frame is written, so a
closing frame behind damaged rows means damage, and anything after the last one is a batch that was never acknowledged:
it is discarded. A spool (`zkcompliance.log.spooled`) is a file of the same form.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zkcompliance import schemas
from zkcompliance.edge import regular
from zkcompliance.errors import LogCorrupt
from zkcompliance.log import files
from zkcompliance.schemas import Schema
from zkcompliance.schemas.evolution import widened

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHUNK_ROWS = 8192
_MAGIC = b"zkcq\x01\x00"
_BLOCK = 1 << 20
_CHECK = 16
_ROWS = struct.Struct("<4sI")
_TAKEN = struct.Struct("<4s16s")
_CLOSE = struct.Struct("<4sQ")


def _check(frame: bytes) -> bytes:
    return hashlib.sha256(frame).digest()[:_CHECK]


class _Frame(NamedTuple):
    """kind: its four letters; number: rows, or the total of a closing frame; end: where the next one begins; digest:
    the SHA-256 of which its check is the beginning."""

    kind: bytes
    at: int
    number: int
    spool: bytes
    end: int
    digest: bytes


class Place(NamedTuple):
    """Where rows of the file lie: their frame's place, how many, and its SHA-256."""

    at: int
    rows: int
    digest: bytes


class Pending:
    """The file at `path`, held open by the one who writes it."""

    def __init__(self, path: Path, schema: Schema, *, lock: bool = False) -> None:
        """Open or create. LogCorrupt when acknowledged rows are damaged.

        lock: hold a lock on the file itself; BlockingIOError where another process does.
        """
        self.path = path
        self._width = schema.width
        self._head = _MAGIC + schema.digest
        self._lock = lock
        self.taken: set[bytes] = set()  # ids of the spools whose rows are here, acknowledged
        if not lock and not os.path.lexists(path):
            files.replace(path, self._head, files.PRIVATE)
        self._descriptor = self._open()
        try:
            self.committed_rows, self._committed_end = self._recover()
            self.rollback()
        except BaseException:
            self.close()
            raise

    def _open(self) -> int:
        """A descriptor of the file that has the name now; locked, and with its head, where it is a file with a lock."""
        while True:
            made = os.O_CREAT if self._lock else 0
            descriptor = regular.open_file(self.path, os.O_RDWR | made, folders=1, private=True)
            if not self._lock:
                return descriptor
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_named(descriptor):
                    if os.fstat(descriptor).st_size < len(self._head):  # killed before anything was acknowledged
                        os.ftruncate(descriptor, 0)
                        os.fchmod(descriptor, files.PRIVATE)
                        files.write_all(descriptor, self._head)
                        os.fsync(descriptor)
                        files.sync_dir(self.path.parent)
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _is_named(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.lstat())
        except FileNotFoundError:
            return False

    def _own(self) -> None:
        """Before every write: a snapshot that shares the file by a hard link keeps it as it was."""
        self._descriptor = regular.unshared(self.path, self._descriptor, lock=self._lock)

    def _row_bytes(self, rows: int) -> int:
        return 2 * (self._width - 1) * rows

    def _frames(self) -> Iterator[_Frame]:
        """Each frame that is whole, in order."""
        size = os.fstat(self._descriptor).st_size
        at = len(self._head)
        while at < size:
            head = os.pread(self._descriptor, _CLOSE.size, at)
            if len(head) < _CLOSE.size:
                return
            kind = head[:4]
            rows = _ROWS.unpack_from(head)[1] if kind == b"zkcR" else 0
            if rows > CHUNK_ROWS:
                return
            lengths = {b"zkcR": _ROWS.size + self._row_bytes(rows), b"zkcT": _TAKEN.size, b"zkcC": _CLOSE.size}
            end = at + lengths.get(kind, size) + _CHECK
            if end > size:
                return
            frame = os.pread(self._descriptor, end - at, at)
            digest = hashlib.sha256(frame[:-_CHECK]).digest()
            if digest[:_CHECK] != frame[-_CHECK:]:
                return
            total = _CLOSE.unpack_from(frame)[1] if kind == b"zkcC" else rows
            yield _Frame(kind, at, total, frame[4 : _TAKEN.size] if kind == b"zkcT" else b"", end, digest)
            at = end

    def _recover(self) -> tuple[int, int]:
        if os.pread(self._descriptor, len(self._head), 0) != self._head:
            raise LogCorrupt(f"{self.path} does not hold pending rows of this log's schema")
        rows = committed = 0
        end = reached = len(self._head)
        taken: set[bytes] = set()
        for frame in self._frames():
            reached = frame.end
            if frame.kind == b"zkcR":
                rows += frame.number
            elif frame.kind == b"zkcT":
                taken.add(frame.spool)
            elif frame.number != rows:
                raise LogCorrupt(f"{self.path}: appended rows are missing")
            else:
                committed, end = rows, frame.end
                self.taken |= taken
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
                closing = rest[at : at + _CLOSE.size]
                checked = rest[at + _CLOSE.size : at + _CLOSE.size + _CHECK]
                if len(closing) == _CLOSE.size and checked == _check(closing):
                    return True
                at = rest.find(b"zkcC", at + 1)
        return False

    def _write(self, frame: bytes) -> None:
        self._own()
        os.lseek(self._descriptor, 0, os.SEEK_END)
        files.write_all(self._descriptor, frame + _check(frame))

    def add(self, columns: NDArray[np.uint32]) -> None:
        """Write rows of the open batch: limbs (width, n), n ≤ CHUNK_ROWS. Not durable, not acknowledged yet."""
        self._write(_ROWS.pack(b"zkcR", columns.shape[1]) + columns[1:].astype("<u2").tobytes())
        self.rows += columns.shape[1]

    def take(self, spool: bytes, chunks: Iterable[NDArray[np.uint32]]) -> None:
        """Add the rows of a spool (id: 16 bytes) to no open batch, and acknowledge them: once, whatever happens."""
        self.take_all([spool], chunks)

    def take_all(self, spools: Iterable[bytes], chunks: Iterable[NDArray[np.uint32]]) -> None:
        """Add rows that hold those of these spools to no open batch, and acknowledge them."""
        for chunk in chunks:
            self.add(chunk)
        for spool in sorted(spools):
            self._write(_TAKEN.pack(b"zkcT", spool))
        self.commit()
        self.taken |= set(spools)

    def commit(self) -> None:
        """Acknowledge the open batch: durable when it returns."""
        os.fsync(self._descriptor)
        self._write(_CLOSE.pack(b"zkcC", self.rows))
        os.fsync(self._descriptor)
        self.committed_rows, self._committed_end = self.rows, os.fstat(self._descriptor).st_size

    def rollback(self) -> None:
        """Drop the open batch."""
        if os.fstat(self._descriptor).st_size != self._committed_end:
            self._own()
            os.ftruncate(self._descriptor, self._committed_end)
            os.fsync(self._descriptor)
        self.rows = self.committed_rows

    def mark(self) -> tuple[int, int]:
        """Where the open batch ends now, for `back`."""
        return self.rows, os.fstat(self._descriptor).st_size

    def back(self, mark: tuple[int, int]) -> None:
        """Drop what was added to the open batch since `mark`."""
        self._own()
        self.rows, end = mark
        os.ftruncate(self._descriptor, end)

    def chunks(self) -> Iterator[NDArray[np.uint32]]:
        """Every row, the open batch included, as limbs (width, n), `act` 1."""
        import numpy as np

        seen = 0
        for frame in self._frames():
            if frame.kind == b"zkcR":
                data = os.pread(self._descriptor, self._row_bytes(frame.number), frame.at + _ROWS.size)
                out = np.ones((self._width, frame.number), dtype=np.uint32)
                out[1:] = np.frombuffer(data, dtype="<u2").reshape(self._width - 1, frame.number)
                seen += frame.number
                yield out
        if seen != self.rows:
            raise LogCorrupt(f"{self.path}: appended rows are damaged")

    def places(self) -> Iterator[Place]:
        """Where every row lies, the open batch included, in order; durable when it returns the first."""
        os.fsync(self._descriptor)
        seen = 0
        for frame in self._frames():
            if frame.kind == b"zkcR":
                seen += frame.number
                yield Place(frame.at, frame.number, frame.digest)
        if seen != self.rows:
            raise LogCorrupt(f"{self.path}: appended rows are damaged")

    def close(self) -> None:
        """Close the file; it stays."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def remove(self) -> None:
        """Delete the file and close it: its rows are sealed, or were taken in."""
        self.path.unlink()
        self.close()
        files.sync_dir(self.path.parent)


def load_places(path: Path, schema: Schema, places: Iterable[Place]) -> Iterator[NDArray[np.uint32]]:
    """The rows at these places of a file that another process holds, as limbs (width, n), `act` 1.

    LogCorrupt where other rows lie there.
    """
    import numpy as np

    with files.reporting(path), os.fdopen(regular.open_file(path, folders=1, private=True), "rb") as file:
        for place in places:
            file.seek(place.at)
            frame = file.read(_ROWS.size + 2 * (schema.width - 1) * place.rows)
            if hashlib.sha256(frame).digest() != place.digest:
                raise LogCorrupt(f"{path}: appended rows are damaged, or others than were to be sealed")
            out = np.ones((schema.width, place.rows), dtype=np.uint32)
            out[1:] = np.frombuffer(frame, dtype="<u2", offset=_ROWS.size).reshape(schema.width - 1, place.rows)
            yield out


def schema_of(path: Path, schema: Schema) -> Schema:
    """The schema of the rows in a file: `schema`, or the earlier version of it that the file's head names.

    `schema` too for a file that is gone, is shorter than a head, or names any other: whoever opens it says so.
    """
    try:
        with os.fdopen(regular.open_file(path, folders=1, private=True), "rb") as file:
            head = file.read(len(_MAGIC) + len(schema.digest))
    except FileNotFoundError:
        return schema
    before = {each.digest: each for each in schemas.earlier(schema)}
    return before.get(head.removeprefix(_MAGIC), schema)


def widen(source: Path, target: Path, old: Schema, new: Schema) -> None:
    """A new file at `target` with the acknowledged rows of `source` as rows of a later version, and what was taken."""
    before, after = Pending(source, old), Pending(target, new)
    try:
        after.take_all(before.taken, (widened(old, new, chunk) for chunk in before.chunks()))
    finally:
        before.close()
        after.close()
