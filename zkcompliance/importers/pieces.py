"""A stream of lines that is looked at many lines at a time, and read line by line where that will not do.

`piece` shows what comes next without taking it, `skip` takes what was shown, and `readline` takes one line as a file
gives it: whoever reads whole columns and finds a piece in doubt leaves it to whoever reads rows. At most MOST_BYTES and
one line are held.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from zkcompliance.importers.model import BATCH_ROWS, Row
from zkcompliance.schemas.spans import PAD, Places, buffer

if TYPE_CHECKING:
    from zkcompliance.importers.model import Batch
    from zkcompliance.schemas.columnar import Cells, Encoder

MOST_BYTES = 32 << 20  # of one piece; rows this long are read one by one
_BLOCK = 1 << 20
_LINE_END = 0x0A


@dataclass(frozen=True)
class Piece:
    """Whole lines. data: their bytes with PAD around them; starts, ends: of each line, its line end not included."""

    data: NDArray[np.uint8]
    starts: Places
    ends: Places

    @property
    def text(self) -> NDArray[np.uint8]:
        """The bytes of all lines, each with its line end."""
        return self.data[PAD : len(self.data) - PAD]

    def is_utf8(self) -> bool:
        """Whether all of it is strict UTF-8, and so each line is."""
        if not (self.text >= 0x80).any():
            return True
        try:
            self.text.tobytes().decode()
        except UnicodeDecodeError:
            return False
        return True


class Pieces:
    """The lines of a binary stream."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._data, self._at = b"", 0
        self._ends = np.zeros(0, np.int64)  # of the line ends in `_data` that are not taken yet
        self._ended = False

    def _more(self) -> None:
        block = b"" if self._ended else self._file.read(_BLOCK)
        self._ended = not block
        kept = self._data[self._at :]
        new = np.flatnonzero(np.frombuffer(block, np.uint8) == _LINE_END) + len(kept)
        self._ends = np.concatenate([self._ends - self._at, new])
        self._data, self._at = kept + block, 0

    def piece(self) -> Piece | None:
        """The next BATCH_ROWS lines, fewer at the end, none taken; None where there are none, or they are too long."""
        while len(self._ends) < BATCH_ROWS and not self._ended:
            if len(self._data) - self._at > MOST_BYTES:
                return None
            self._more()
        ends = self._ends[:BATCH_ROWS]
        last = int(ends[-1]) + 1 if len(ends) else self._at
        cut = len(ends) < BATCH_ROWS and last < len(self._data)  # the last line of a file may lack its line end
        stop = len(self._data) if cut else last
        if stop == self._at or stop - self._at > MOST_BYTES:
            return None
        data = buffer(memoryview(self._data)[self._at : stop], b"\n" if cut else b"")
        ends = np.append(ends, stop) if cut else ends
        ends = ends - self._at + PAD
        return Piece(data, np.concatenate([[PAD], ends[:-1] + 1]), ends)

    def skip(self, piece: Piece) -> None:
        """Take the lines that were shown last."""
        self._at = min(self._at + len(piece.text), len(self._data))
        self._ends = self._ends[len(piece.ends) :]

    def readline(self, limit: int, /) -> bytes:
        """The next line with its line end, or its first `limit` bytes; empty at the end."""
        while (end := self._data.find(b"\n", self._at, self._at + limit)) < 0:
            if self._ended or len(self._data) - self._at >= limit:
                break
            self._more()
        stop = min(len(self._data), self._at + limit) if end < 0 else end + 1
        line = self._data[self._at : stop]
        self._at = stop
        if end >= 0:
            self._ends = self._ends[1:]
        return line


def batches(
    pieces: Pieces,
    encoder: Encoder,
    cells: Callable[[Piece], Mapping[str, Cells] | None],
    rows: Callable[[int], Iterator[Row]],
    skipped: Callable[[int], None] = lambda lines: None,
) -> Iterator[Batch]:
    """The rows that are left, BATCH_ROWS at a time, as limbs where whole columns could be read.

    cells: of a piece, each of whose lines is a row; None where they are to be read one by one. rows: from the next line
    on, given the number of the first. skipped: is told how many lines were taken without `readline`.
    """
    first = 1
    while True:
        piece = pieces.piece()
        limbs = None if piece is None else _limbs(piece, encoder, cells)
        if piece is not None and limbs is not None:
            pieces.skip(piece)
            skipped(len(piece.ends))
            first += len(piece.ends)
            yield limbs
            continue
        batch = list(itertools.islice(rows(first), BATCH_ROWS))
        if not batch:
            return
        first += len(batch)
        yield batch


def _limbs(
    piece: Piece, encoder: Encoder, cells: Callable[[Piece], Mapping[str, Cells] | None]
) -> NDArray[np.uint32] | None:
    found = cells(piece)
    return None if found is None else encoder.encode(len(piece.ends), found)
