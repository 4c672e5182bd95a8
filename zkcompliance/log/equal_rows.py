"""Rows of one input that are equal in every column, found in whole columns; the plain twin holds the rows themselves.

Each row has two sums of its limbs times numbers drawn for this input, modulo 2^64. Two rows that differ have the
same pair with a chance of at most 2^-98, since a limb has 16 bits; of 2^31 rows no two, but for a chance below 2^-37.
What is held is 16 bytes a row.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class EqualRows:
    """Takes the rows of one input, then names the first two that are equal."""

    def __init__(self, width: int) -> None:
        self._factors = [[secrets.randbits(64) for _ in range(width - 1)] for _ in range(2)]
        self._sums: tuple[list[NDArray[np.uint64]], list[NDArray[np.uint64]]] = ([], [])

    def take(self, columns: NDArray[np.uint32]) -> None:
        """Further rows, limbs (width, n)."""
        import numpy as np

        for factors, sums in zip(self._factors, self._sums, strict=True):
            total = np.zeros(columns.shape[1], np.uint64)
            for factor, limbs in zip(factors, columns[1:], strict=True):
                if limbs.any():
                    total += limbs.astype(np.uint64) * np.uint64(factor)
            sums.append(total)

    def first(self) -> tuple[int, int] | None:
        """(earlier, later) row from 1, the first that is equal to one before it; None where all are different."""
        import numpy as np

        if not self._sums[0]:
            return None
        low, high = (np.concatenate(sums) for sums in self._sums)
        ordered = np.sort(low)
        if not (ordered[1:] == ordered[:-1]).any():
            return None
        rows = np.lexsort((high, low))  # stable: equal ones stay in their order
        low, high = low[rows], high[rows]
        later = np.flatnonzero((low[1:] == low[:-1]) & (high[1:] == high[:-1])) + 1
        if not later.size:
            return None
        at = later[np.argmin(rows[later])]
        return int(rows[at - 1]) + 1, int(rows[at]) + 1


class PlainEqualRows:
    """`EqualRows`, row by row."""

    def __init__(self) -> None:
        self._rows: dict[bytes, int] = {}
        self._count = 0
        self._found: tuple[int, int] | None = None

    def take(self, columns: NDArray[np.uint32]) -> None:
        """Further rows, limbs (width, n)."""
        for row in columns.T:
            self._count += 1
            before = self._rows.get(row[1:].tobytes())
            if before is not None and self._found is None:
                self._found = (before, self._count)
            self._rows[row[1:].tobytes()] = self._count

    def first(self) -> tuple[int, int] | None:
        """As `EqualRows.first`."""
        return self._found
