"""Exact integer arrays: sums that cannot overflow, and tuples of columns compared, sorted and numbered.

Large numbers are cut into 64-bit words, most significant first, so that numpy sorts them: the lexicographic order of
the words is the order of the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_WORD = 64
LIMBS_IN_WORD = 4
_MIXER = np.uint64(0x9E3779B97F4A7C15)


def total(values: Array) -> int:
    """The exact sum: of int64 in two halves that cannot overflow, of Python ints as they are."""
    if values.dtype == object:
        return int(values.sum()) if len(values) else 0
    low, high = values & 0xFFFFFFFF, values >> 32
    return int(low.sum()) + (int(high.sum()) << 32)


def cut(column: Array, count: int) -> list[Array]:
    """Numbers from 0 to 2^(64·count) − 1 as `count` uint64 columns, most significant first."""
    if column.dtype != object:
        return [np.zeros(len(column), np.uint64)] * (count - 1) + [column.astype(np.uint64)]
    mask = (1 << _WORD) - 1
    return [(column >> _WORD * i & mask).astype(np.uint64) for i in reversed(range(count))]


def ascending(words: Sequence[Array]) -> Array:
    """The indices in ascending lexicographic order, stable."""
    return np.lexsort(words[::-1])


def in_order(a: Sequence[Array], b: Sequence[Array], strict: bool) -> Array:
    """Where the tuple a is below b (not strict: or equal)."""
    size = len(a[0])
    less, equal = np.zeros(size, bool), np.ones(size, bool)
    for x, y in zip(a, b, strict=True):
        less |= equal & (x < y)
        equal &= x == y
    return less if strict else less | equal


def numbered(*sides: Sequence[Array]) -> list[Array]:
    """Each side's tuples as numbers from 0: equal tuples, on whichever side, have equal numbers."""
    lengths = [len(side[0]) for side in sides]
    words = [np.concatenate(parts) for parts in zip(*sides, strict=True)]
    codes = np.zeros(sum(lengths), np.int64)
    if len(codes):
        order, new = _runs(words)
        codes[order[1:]] = np.cumsum(new)
    return np.split(codes, np.cumsum(lengths)[:-1])


def _runs(words: Sequence[Array]) -> tuple[Array, Array]:
    """An order in which equal tuples stand together, and where a tuple differs from the one before (length − 1)."""
    mixed = np.zeros(len(words[0]), np.uint64)
    for word in words:
        mixed = (mixed ^ word.astype(np.uint64)) * _MIXER
        mixed ^= mixed >> np.uint64(29)
    order = np.argsort(mixed, kind="stable")
    apart = mixed[order[1:]] != mixed[order[:-1]]
    different = _differences(words, order)
    if np.array_equal(apart, different):
        return order, different
    order = ascending(words)  # two tuples have one mix: sort by the tuples themselves
    return order, _differences(words, order)


def _differences(words: Sequence[Array], order: Array) -> Array:
    different = np.zeros(len(order) - 1, bool)
    for word in words:
        placed = word[order]
        different |= placed[1:] != placed[:-1]
    return different
