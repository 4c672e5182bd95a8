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
        self._places: list[Place] = []  # of all rows, the open batch included
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

    def _frames(self) -> Iterator[tuple[_Frame, bytes]]:
        """Each frame that is whole, in order, with its bytes."""
        return _frames(self._descriptor, len(self._head), self._width)

    def _recover(self) -> tuple[int, int]:
        if os.pread(self._descriptor, len(self._head), 0) != self._head:
            raise LogCorrupt(f"{self.path} does not hold pending rows of this log's schema")
        rows = committed = 0
        end = reached = len(self._head)
        taken: set[bytes] = set()
        for frame, _ in self._frames():
            reached = frame.end
            if frame.kind == b"zkcR":
                rows += frame.number
                self._places.append(Place(frame.at, frame.number, frame.digest))
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

    def _write(self, frame: bytes) -> tuple[int, bytes]:
        """Where it lies, and its SHA-256."""
        self._own()
        at = os.lseek(self._descriptor, 0, os.SEEK_END)
        digest = hashlib.sha256(frame).digest()
        files.write_all(self._descriptor, frame + digest[:_CHECK])
        return at, digest

    def add(self, columns: NDArray[np.uint32]) -> None:
        """Write rows of the open batch: limbs (width, n), n ≤ CHUNK_ROWS. Not durable, not acknowledged yet."""
        count = columns.shape[1]
        at, digest = self._write(_ROWS.pack(b"zkcR", count) + columns[1:].astype("<u2").tobytes())
        self._places.append(Place(at, count, digest))
        self.rows += count

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
        self._drop_places(self._committed_end)

    def mark(self) -> tuple[int, int]:
        """Where the open batch ends now, for `back`."""
        return self.rows, os.fstat(self._descriptor).st_size

    def back(self, mark: tuple[int, int]) -> None:
        """Drop what was added to the open batch since `mark`."""
        self._own()
        self.rows, end = mark
        os.ftruncate(self._descriptor, end)
        self._drop_places(end)

    def _drop_places(self, end: int) -> None:
        while self._places and self._places[-1].at >= end:
            self._places.pop()

    def chunks(self) -> Iterator[NDArray[np.uint32]]:
        """Every row, the open batch included, as limbs (width, n), `act` 1."""
        seen = 0
        for frame, data in self._frames():
            if frame.kind == b"zkcR":
                seen += frame.number
                yield _limbs(data, self._width, frame.number)
        if seen != self.rows:
            raise LogCorrupt(f"{self.path}: appended rows are damaged")

    def places(self) -> list[Place]:
        """Where every row lies, the open batch included, in order; durable when it returns."""
        os.fsync(self._descriptor)
        if sum(place.rows for place in self._places) != self.rows:
            raise LogCorrupt(f"{self.path}: appended rows are damaged")
        return list(self._places)

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


def _frames(descriptor: int, at: int, width: int) -> Iterator[tuple[_Frame, bytes]]:
    """Each frame that is whole, from place `at` on, with its bytes; width: of the rows."""
    size = os.fstat(descriptor).st_size
    while at < size:
        head = os.pread(descriptor, _CLOSE.size, at)
        if len(head) < _CLOSE.size:
            return
        kind = head[:4]
        rows = _ROWS.unpack_from(head)[1] if kind == b"zkcR" else 0
        if rows > CHUNK_ROWS:
            return
        row_bytes = 2 * (width - 1) * rows
        lengths = {b"zkcR": _ROWS.size + row_bytes, b"zkcT": _TAKEN.size, b"zkcC": _CLOSE.size}
        end = at + lengths.get(kind, size) + _CHECK
        if end > size:
            return
        frame = os.pread(descriptor, end - at, at)
        digest = hashlib.sha256(memoryview(frame)[:-_CHECK]).digest()
        if digest[:_CHECK] != frame[-_CHECK:]:
            return
        total = _CLOSE.unpack_from(frame)[1] if kind == b"zkcC" else rows
        yield _Frame(kind, at, total, frame[4 : _TAKEN.size] if kind == b"zkcT" else b"", end, digest), frame
        at = end


def _limbs(frame: bytes, width: int, rows: int) -> NDArray[np.uint32]:
    """The rows of a frame as limbs (width, n), `act` 1."""
    import numpy as np

    out = np.ones((width, rows), dtype=np.uint32)
    out[1:] = np.frombuffer(frame, dtype="<u2", offset=_ROWS.size, count=(width - 1) * rows).reshape(width - 1, rows)
    return out


def load_places(path: Path, schema: Schema, places: Iterable[Place]) -> Iterator[NDArray[np.uint32]]:
    """The rows at these places of a file that another process holds, as limbs (width, n), `act` 1.

    LogCorrupt where other rows lie there.
    """
    with files.reporting(path), os.fdopen(regular.open_file(path, folders=1, private=True), "rb") as file:
        for place in places:
            file.seek(place.at)
            frame = file.read(_ROWS.size + 2 * (schema.width - 1) * place.rows)
            if hashlib.sha256(frame).digest() != place.digest:
                raise LogCorrupt(f"{path}: appended rows are damaged, or others than were to be sealed")
            yield _limbs(frame, schema.width, place.rows)


def load_whole(path: Path, schema: Schema) -> Iterator[NDArray[np.uint32]]:
    """The rows of a file that nobody writes any more, all of which are acknowledged, in one pass; LogCorrupt at the
    end where they are not, or are damaged.
    """
    with files.reporting(path):
        descriptor = regular.open_file(path, folders=1, private=True)
        try:
            head = _MAGIC + schema.digest
            if os.pread(descriptor, len(head), 0) != head:
                raise LogCorrupt(f"{path} does not hold rows of {schema.label}")
            rows, said, end = 0, -1, len(head)
            for frame, data in _frames(descriptor, len(head), schema.width):
                end = frame.end
                if frame.kind == b"zkcR":
                    rows += frame.number
                    yield _limbs(data, schema.width, frame.number)
                elif frame.kind == b"zkcC":
                    said = frame.number
            if said != rows or end != os.fstat(descriptor).st_size:
                raise LogCorrupt(f"{path} is damaged")
        finally:
            os.close(descriptor)


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
