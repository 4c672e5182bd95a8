"""Parts of a file that different processes read: whole lines of CSV or JSON Lines, and the whole file of what is else.

A part of a CSV is read behind the file's header. A line end in a text within quotation marks could be taken for the
end of a row: then the part before it ends within the text, which its reader refuses, and so on from the first part on;
where no part is refused, all of them end where a row does.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from zkcompliance import limits
from zkcompliance.edge import regular
from zkcompliance.errors import ImporterError
from zkcompliance.importers.model import Importer

RANGE_BYTES = 64 << 20
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Range:
    """Bytes of a file: the first `head`, and those from `start` to before `stop`. stop: -1 for the whole file."""

    head: int
    start: int
    stop: int

    @property
    def whole(self) -> bool:
        """Whether it is the file as it is."""
        return self.stop < 0

    def cut(self, file: BinaryIO) -> BinaryIO:
        """A stream of these bytes alone. ImporterError where the file is shorter now."""
        if self.whole:
            return file
        data = file.read(self.head)
        file.seek(self.start)
        data += file.read(self.stop - self.start)
        if len(data) != self.head + self.stop - self.start:
            raise ImporterError("was changed while it was read")
        return io.BytesIO(data)


WHOLE = Range(0, 0, -1)


@dataclass(frozen=True)
class WholeLines:
    """Of a file that is being written, the lines that have their end, as they are when it is opened."""

    def cut(self, file: BinaryIO) -> BinaryIO:
        """A stream of these lines alone; of what is no regular file, all of it."""
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            return file
        end = found.st_size
        while end:
            start = max(0, end - _BLOCK)
            file.seek(start)
            at = file.read(end - start).rfind(b"\n")
            if at >= 0:
                end = start + at + 1
                break
            end = start
        file.seek(0)
        return io.BufferedReader(_First(file, end))


class _First(io.RawIOBase):
    """The first `left` bytes of a file."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self._file, self._left = file, left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._file.read(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)


Within = Range | WholeLines


def split(importer: Importer, path: Path) -> list[Range] | None:
    """The parts of a file, in order; None where this process has to read it: it is no regular file, or not there."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return None
        with regular.open_given(path) as file:
            return _split(importer, file)
    except OSError:
        return None


def _split(importer: Importer, file: BinaryIO) -> list[Range]:
    size = os.fstat(file.fileno()).st_size
    head = 0
    if importer.name not in ("csv", "jsonl") or size <= RANGE_BYTES:
        return [WHOLE]
    if importer.name == "csv":
        line = file.readline(limits.MAX_ROW_BYTES + 1)
        head = len(line)
        if not line.endswith(b"\n") or line.count(b'"') % 2:
            return [WHOLE]
    ends: list[int] = []
    for near in range(head + RANGE_BYTES, size, RANGE_BYTES):
        if ends and near < ends[-1]:
            continue
        file.seek(near)
        line = file.readline(limits.MAX_ROW_BYTES + 1)
        if not line.endswith(b"\n"):
            break
        ends.append(near + len(line))
    stops = [*(end for end in ends if end < size), size]
    starts = [head, *stops[:-1]]
    return [Range(head, start, stop) for start, stop in zip(starts, stops, strict=True)]


def digest(path: Path, part: Range) -> bytes:
    """The SHA-256 of the bytes of a part, its head included; OSError where it cannot be read."""
    with regular.open_given(path) as file:
        found = hashlib.sha256()
        source = part.cut(file)
        while block := source.read(_BLOCK):
            found.update(block)
        return found.digest()
