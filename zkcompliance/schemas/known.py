"""What the texts of a column mean, each read once by the careful reader and then found for many cells at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zkcompliance.schemas import spans
from zkcompliance.schemas.spans import U64, Places, Spans, Wide

_MOST = 1 << 16  # texts that are kept from one piece to the next
_MASK = (1 << 64) - 1


class Known:
    """Texts in the order of their digests of 64 bits, with all their bytes as words, and their numbers."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._keys, self._low, self._high = (np.zeros(0, np.uint64) for _ in range(3))
        self._lengths: Places = np.zeros(0, np.int64)
        self._words: list[U64] = []

    def numbers(self, cells: Spans, read: Callable[[bytes], int | None]) -> Wide | None:
        """Each cell's number below 2^128; read: what a text that is new is, None where it is not taken.

        None where one is not taken or too long, or two are not told apart. That a cell has the bytes of the text whose
        number it is given is seen, not taken from a digest of them.
        """
        if not len(cells):
            return np.zeros(0, np.uint64), np.zeros(0, np.uint64)
        found = spans.digested(cells)
        if found is None:
            return None
        keys, words = found
        if len(self._keys) > _MOST:
            self._forget()
        at = self._places(keys)
        new = np.flatnonzero(self._keys[at] != keys) if len(self._keys) else np.arange(len(cells))
        if len(new):
            unknown, first = np.unique(keys[new], return_index=True)
            if not self._learn(cells, unknown, words, new[first], read):
                return None
            at = self._places(keys)
        if (self._lengths[at] != cells.lengths).any():
            return None
        if any((mine[at] != theirs).any() for mine, theirs in zip(self._words[: len(words)], words, strict=True)):
            return None
        return self._low[at], self._high[at]

    def _places(self, keys: U64) -> Places:
        """Where each stands, or the place of another where it does not."""
        return np.minimum(np.searchsorted(self._keys, keys), max(0, len(self._keys) - 1))

    def _learn(
        self, cells: Spans, keys: U64, words: list[U64], one: Places, read: Callable[[bytes], int | None]
    ) -> bool:
        """Read the texts with these keys, ascending, and keep them; one: a cell of each. False where one is refused."""
        data = cells.data.data
        numbers: list[int] = []
        for start, length in zip(cells.starts[one].tolist(), cells.lengths[one].tolist(), strict=True):
            number = read(bytes(data[start : start + length]))
            if number is None:
                return False
            numbers.append(number)
        where = np.searchsorted(self._keys, keys)
        none = np.zeros(len(self._keys), np.uint64)
        self._words += [none] * (len(words) - len(self._words))
        shorter = [np.zeros(len(one), np.uint64)] * (len(self._words) - len(words))
        self._words = [
            np.insert(mine, where, theirs)
            for mine, theirs in zip(self._words, [*(each[one] for each in words), *shorter], strict=True)
        ]
        self._keys = np.insert(self._keys, where, keys)
        self._lengths = np.insert(self._lengths, where, cells.lengths[one])
        self._low = np.insert(self._low, where, np.array([number & _MASK for number in numbers], np.uint64))
        self._high = np.insert(self._high, where, np.array([number >> 64 for number in numbers], np.uint64))
        return True
