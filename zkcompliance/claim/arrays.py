"""Exact integer arrays: sums that cannot overflow, tuples of columns, lexicographic order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def total(values: Array) -> int:
    """The exact sum: of int64 in pieces that cannot overflow, of Python ints as they are."""
    if values.dtype == object:
        return int(values.sum()) if len(values) else 0
    low, high = values & 0xFFFFFFFF, values >> 32
    return int(low.sum()) + (int(high.sum()) << 32)


def tuples(columns: Sequence[Array]) -> Iterable[Any]:
    """The rows of some columns, hashable; of one column its values."""
    lists = [column.tolist() for column in columns]
    return lists[0] if len(lists) == 1 else list(zip(*lists, strict=True))


def ascending(keys: Sequence[Array], size: int) -> Array:
    """The indices in ascending lexicographic order of the keys, stable."""
    if not size:
        return np.zeros(0, np.int64)
    ranks = [np.unique(key, return_inverse=True)[1] if key.dtype == object else key for key in keys]
    return np.lexsort(ranks[::-1])


def in_order(a: Sequence[Array], b: Sequence[Array], strict: bool) -> Array:
    """Where the tuple a is below b (not strict: or equal)."""
    size = len(a[0])
    less, equal = np.zeros(size, bool), np.ones(size, bool)
    for x, y in zip(a, b, strict=True):
        less |= equal & (x < y).astype(bool)
        equal &= (x == y).astype(bool)
    return less if strict else less | equal
