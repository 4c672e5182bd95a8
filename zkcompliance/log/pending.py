"""Rows that were appended and not yet sealed: a durable file of batches.

    file = "zkcq" ‖ u16(2) ‖ schema digest ‖ frame*        (frames: `zkcompliance.log.frames`)

A batch of rows is fsynced before its closing frame is written, so a closing frame behind damaged rows means damage,
and anything after the last one is a batch that was never acknowledged: it is discarded. A spool
(`zkcompliance.log.spooled`) is a file of the same form. In one that is fed (`zkcompliance.log.feed`) every frame of
rows is a batch by itself: it stays where its writer is killed, and is durable where a later frame says so.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance import schemas
from zkcompliance.edge import regular
from zkcompliance.errors import LogCorrupt
from zkcompliance.log import files, frames
from zkcompliance.log.frames import CHUNK_ROWS, Place
from zkcompliance.schemas import Schema
from zkcompliance.schemas.evolution import widened

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CHUNK_ROWS", "Pending", "Place", "load_places", "load_whole", "schema_of", "widen"]

_MAGIC = b"zkcq\x02\x00"


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
        self._places: list[Place] = []  # of the rows that were added, the open batch included
        self.taken: set[bytes] = set()  # ids of the spools whose rows are here, acknowledged
        self.records: dict[bytes, bytes] = {}  # identity → digest of the row, of records whose rows are here, as those
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

    def _frames(self) -> Iterator[frames.Frame]:
        """Each frame that is whole, in order."""
        return frames.read(self._descriptor, self._width, len(self._head))

    def _recover(self) -> tuple[int, int]:
        if os.pread(self._descriptor, len(self._head), 0) != self._head:
            raise LogCorrupt(f"{self.path} does not hold pending rows of this log's schema")
        rows = committed = 0
        end = reached = len(self._head)
        taken: set[bytes] = set()
        records: dict[bytes, bytes] = {}
        for frame in self._frames():
            reached = frame.end
            if frame.kind in "RW":
                rows += frame.number
            if frame.kind == "R":
                self._places.append(Place(frame.at, frame.number, frame.digest))
            elif frame.kind == "W":
                if committed != rows - frame.number:
                    raise LogCorrupt(f"{self.path}: an open batch is in the middle of other rows")
                committed, end = rows, frame.end
            elif frame.kind == "T":
                taken.add(frame.data)
            elif frame.kind == "I":
                records |= dict(frames.pairs(frame))
            elif frame.kind == "S":
                if frame.number > rows:
                    raise LogCorrupt(f"{self.path}: appended rows are missing")
                end = frame.end
            elif frame.kind == "C":
                if frame.number != rows:
                    raise LogCorrupt(f"{self.path}: appended rows are missing")
                committed, end = rows, frame.end
                self.taken |= taken
                self.records |= records
        if frames.acknowledged_after(self._descriptor, reached, rows):
            raise LogCorrupt(f"{self.path}: appended rows are damaged at byte {reached}")
        return committed, end

    def _write(self, frame: bytes) -> tuple[int, bytes]:
        """Where it lies, and its SHA-256."""
        self._own()
        at = os.lseek(self._descriptor, 0, os.SEEK_END)
        digest = hashlib.sha256(frame).digest()
        files.write_all(self._descriptor, frame + digest[: frames.ID])
        return at, digest

    def add(self, columns: NDArray[np.uint32]) -> None:
        """Write rows of the open batch: limbs (width, n), n ≤ CHUNK_ROWS. Not durable, not acknowledged yet."""
        at, digest = self._write(frames.rows(columns))
        self._places.append(Place(at, columns.shape[1], digest))
        self.rows += columns.shape[1]

    def put(self, columns: NDArray[np.uint32], pairs: list[frames.Pair]) -> None:
        """Write rows that are a batch by themselves, each with its record; there is no open batch. Nothing waits.

        They stay where this process is killed, and are durable after `sync`.
        """
        self._whole(frames.written(columns, pairs))
        self.rows += columns.shape[1]
        self.committed_rows = self.rows

    def synced(self, rows: int) -> None:
        """Write that the first `rows` rows are durable, as they are once the file was fsynced after they were put."""
        self._whole(frames.synced(rows))

    def _whole(self, frame: bytes) -> None:
        """Write a frame to no open batch: all of it, or nothing stays."""
        try:
            self._write(frame)
        except BaseException:
            self.rollback()
            raise
        self._committed_end = os.lseek(self._descriptor, 0, os.SEEK_CUR)

    def fileno(self) -> int:
        """The descriptor that is written."""
        return self._descriptor

    def take(
        self, spool: bytes, chunks: Iterable[NDArray[np.uint32]], records: Mapping[bytes, bytes] | None = None
    ) -> None:
        """Add the rows of a spool (id: 16 bytes) to no open batch, and acknowledge them: once, whatever happens.

        records: identity → digest of the row, of those that are of a record; complete when all chunks were read.
        """
        self.take_all([spool], chunks, {} if records is None else records)

    def take_all(
        self, spools: Iterable[bytes], chunks: Iterable[NDArray[np.uint32]], records: Mapping[bytes, bytes]
    ) -> None:
        """Add rows that hold those of these spools to no open batch, and acknowledge them."""
        for chunk in chunks:
            self.add(chunk)
        pairs = iter(records.items())
        while some := list(islice(pairs, CHUNK_ROWS)):
            self._write(frames.records(some))
        for spool in sorted(spools):
            self._write(frames.taken(spool))
        self.commit()
        self.taken |= set(spools)
        self.records |= records

    def commit(self) -> None:
        """Acknowledge the open batch: durable when it returns."""
        os.fsync(self._descriptor)
        self._write(frames.closed(self.rows))
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

    def chunks(self) -> Iterator[NDArray[np.uint32]]:
        """Every row, the open batch included, as limbs (width, n), n ≤ CHUNK_ROWS, `act` 1."""
        for columns, _ in self.recorded():
            yield columns

    def recorded(self) -> Iterator[tuple[NDArray[np.uint32], list[frames.Pair]]]:
        """As `chunks`, with the record of each row that was put; small frames come together in one chunk."""
        import numpy as np

        seen = held = 0
        waiting: list[frames.Frame] = []

        def together() -> tuple[NDArray[np.uint32], list[frames.Pair]]:
            columns = np.concatenate([frames.limbs(frame, self._width) for frame in waiting], axis=1)
            return columns, [pair for frame in waiting for pair in frames.pairs(frame)]

        for frame in self._frames():
            if frame.kind not in "RW":
                continue
            if waiting and held + frame.number > CHUNK_ROWS:
                yield together()
                waiting, held = [], 0
            waiting.append(frame)
            held += frame.number
            seen += frame.number
        if waiting:
            yield together()
        if seen != self.rows:
            raise LogCorrupt(f"{self.path}: appended rows are damaged")

    def places(self) -> list[Place]:
        """Where every row lies that was added, the open batch included, in order; durable when it returns."""
        os.fsync(self._descriptor)
        if sum(place.rows for place in self._places) != self.rows:
            raise LogCorrupt(f"{self.path}: appended rows are damaged")
        return list(self._places)

    def _drop_places(self, end: int) -> None:
        while self._places and self._places[-1].at >= end:
            self._places.pop()

    def close(self) -> None:
        """Close the file; it stays. What it was locked by goes, in every process that was forked since too."""
        if self._descriptor >= 0:
            if self._lock:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            os.close(self._descriptor)
            self._descriptor = -1

    def remove(self) -> None:
        """Delete the file and close it: its rows are sealed, or were taken in."""
        self.path.unlink()
        self.close()
        files.sync_dir(self.path.parent)


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
        after.take_all(before.taken, (widened(old, new, chunk) for chunk in before.chunks()), before.records)
    finally:
        before.close()
        after.close()


def load_places(path: Path, schema: Schema, places: Iterable[Place]) -> Iterator[NDArray[np.uint32]]:
    """The rows at these places of a file that another process holds, as limbs (width, n), `act` 1.

    LogCorrupt where other rows lie there.
    """
    with files.reporting(path), os.fdopen(regular.open_file(path, folders=1, private=True), "rb") as file:
        for place in places:
            columns = frames.read_at(file, place, schema.width)
            if columns is None:
                raise LogCorrupt(f"{path}: appended rows are damaged, or others than were to be sealed")
            yield columns


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
            for frame in frames.read(descriptor, schema.width, len(head)):
                end = frame.end
                if frame.kind == "R":
                    rows += frame.number
                    yield frames.limbs(frame, schema.width)
                elif frame.kind == "C":
                    said = frame.number
            if said != rows or end != os.fstat(descriptor).st_size:
                raise LogCorrupt(f"{path} is damaged")
        finally:
            os.close(descriptor)
