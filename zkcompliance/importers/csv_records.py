"""Records of CSV out of a binary stream, in bounded memory: the standard reader sees one bounded line at a time.

A text in quotes may hold line ends, so that a record can have any number of lines: they are counted together.
"""

from __future__ import annotations

import csv
from collections.abc import Generator
from typing import BinaryIO, Protocol

from zkcompliance import limits
from zkcompliance.errors import ImporterError
from zkcompliance.importers.settings import utf8

_MARK = b"\xef\xbb\xbf"  # a byte order mark


class Readable(Protocol):
    """What lines can be read from."""

    def readline(self, limit: int, /) -> bytes:
        """The next line with its line end, or its first `limit` bytes; empty at the end."""
        ...


class Lines:
    """The lines of a stream as texts. `reset` begins a record; one over MAX_ROW_BYTES is an ImporterError.

    number: of the last line that was read; whoever reads lines past it adds them.
    """

    def __init__(self, file: Readable, *, whole: bool = False) -> None:
        self._file, self._whole = file, whole
        self.number = self._used = 0

    def reset(self) -> None:
        self._used = 0

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._file.readline(limits.MAX_ROW_BYTES - self._used + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self._used += len(line)
        if self._used > limits.MAX_ROW_BYTES:
            raise ImporterError(f"line {self.number}: a row is longer than {limits.MAX_ROW_BYTES} bytes")
        if self._whole and not line.endswith(b"\n"):
            raise ImporterError(f"line {self.number}: has no line end, so the file was cut")
        if self.number == 1:
            line = line.removeprefix(_MARK)
        return utf8(line, f"line {self.number}")


def records(file: BinaryIO, *, whole: bool = False) -> Generator[tuple[int, list[str]], None, None]:
    """(number of its last line, cells) of each record. ImporterError for what is no CSV in UTF-8, or too long.

    whole: whether the last line has to end with a line end.
    """
    return records_of(Lines(file, whole=whole))


def records_of(lines: Lines) -> Generator[tuple[int, list[str]], None, None]:
    """`records` of lines; no line is read before its record is asked for."""
    reader = csv.reader(lines, strict=True)
    while True:
        lines.reset()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise ImporterError(f"line {lines.number}: not CSV: {error}") from None
        if cells is None:
            return
        yield lines.number, cells
