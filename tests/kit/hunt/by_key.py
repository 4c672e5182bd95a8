"""Sums by key in the under-constraint hunt: a claim, cases, and lies about several columns of the table of sums.

The table has one row for each (key, segment, bucket), with its number of rows, and for each digit j a sum S_j and its
top, the part above 16 bits.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.kit.hunt.base import Hunt, job
from tests.kit.hunt.traces import Case, Change, Lie, at, fixed
from zkcompliance.claim.language import ComputeLog, Flop, Param, claim, require, select
from zkcompliance.stark.field.babybear import P

STATED = ("a key's limb", "rows of the key", "sum by key", "top of a sum by key")  # what nothing else fills


@claim("hunt-sums-by-key")
def summed(compute: ComputeLog, limit: Param[Flop]) -> None:
    """Totals by two keys: of many digits, of one that is 0 or 1, and numbers of rows."""
    parts = compute.group_by(compute.start, compute.phase)
    require("total", parts.every(parts.sum(compute.flop) < limit))
    require("some", parts.every(parts.sum(select(compute.end == 3600, 1, 0)) <= 3))
    require("few", parts.every(parts.size() <= 3))


SUMMED: dict[str, Hunt] = {
    "sums by key": Hunt(
        summed,
        {
            "compute": [
                [
                    job(start=5, flop=0xF000_FFFF),
                    job(start=2**32 + 20, end=2**33, phase="other", flop=3),
                    job(start=5, flop=0xFFFF),
                ],
                [job(start=9, end=9, flop=0), job(start=2**32 + 20, end=2**33, phase="other", flop=2**90)],
            ],
            "limit": 2**91,
        },
    ),
}

FALSE_SUMMED: dict[str, Hunt] = {
    "too much of a key in two segments": Hunt(
        summed, {"compute": [[job(flop=2**90)], [job(flop=2**90), job(start=1)]], "limit": 2**91}
    ),
    "too many of a key": Hunt(summed, {"compute": [[job(flop=0), job(flop=0)], [job(flop=0)] * 2], "limit": 1}),
}


def sums_by_key(case: Case) -> Iterator[Lie]:
    """Rows of a table of sums that are in another place, shared or invented; digits and tops that agree mod p only."""
    for table in case.compiled.board.tables:
        if "rows of the key" not in table.columns:
            continue
        number, names = table.number, table.columns
        columns = {name: [c for c, own in enumerate(names) if own == name] for name in set(names)}
        size = int(case.columns[number, names.index("used")].sum())
        limbs, count, total, top = (columns.get(name, []) for name in STATED)
        stated = [c for name in STATED for c in columns.get(name, [])]
        for row in range(size - 1):
            yield {(number, c): _swapped(row) for c in stated}, None
        for row in range(size):
            yield {**_first_rows(number, names, size - 1), **{(number, c): _left_out(row) for c in stated}}, None
        if size < len(case.columns[number, 0]):
            more = _first_rows(number, names, size + 1)
            for row in range(size):
                twice = {(number, c): _twice(row) for c in limbs}
                parted = {(number, c): _parted(row, 0) for c in (*total, *top)}
                yield {**more, **twice, **parted, (number, count[0]): _parted(row, 1)}, None
            copied = {(number, c): at(size, to=(int(case.columns[number, c][size - 1]),)) for c in limbs[:-1]}
            bucket = at(size, to=(int(case.columns[number, limbs[-1]][size - 1]) + 1,))
            yield {**more, **copied, (number, limbs[-1]): bucket}, None
        for row in range(size):
            for c in top:  # S = low + 2^16·top, of which low is not below 2^16 any more
                yield {(number, c): at(row, by=-1)}, None
            yield from _p_less(case, number, names, row)
        so_far = [c for c, name in enumerate(names) if name == "sum by key so far"]
        kept = [c for c, name in enumerate(names) if name == "sum by key: kept"]
        for c in so_far:
            for own in kept:
                for row in range(size - 1):
                    told = fixed(case, number, c, (row + 1, 1))
                    yield {**told, **fixed(case, number, own, (row, 1))}, None


def _p_less(case: Case, table: int, names: list[str], row: int) -> Iterator[Lie]:
    """S − p in the place of S, as p = 2^16·30720 + 1: the low part has 1 less, its top 30720."""
    less = (P - 1) >> 16
    for c in (c for c, name in enumerate(names) if name == "top of a sum by key"):
        for low in (j for j in range(c, len(names) - 1) if names[j] == names[j + 1] == "sum by key so far"):
            told = {(table, c): at(row, by=-less)}
            yield {**told, **fixed(case, table, low, (row, -1)), **fixed(case, table, low + 1, (row, -less))}, None


def _first_rows(table: int, names: list[str], rows: int) -> dict[tuple[int, int], Change]:
    """So many rows are used."""
    lasts = {"used": rows, "more": rows - 1}
    return {(table, names.index(name)): lambda v, n=n: 1 * (np.arange(len(v)) < n) for name, n in lasts.items()}  # type: ignore[misc]


def _left_out(row: int) -> Change:
    """All rows but that one."""
    return lambda v: np.concatenate([v[:row], v[row + 1 :], [0]])


def _swapped(row: int) -> Change:
    """Two rows change places."""

    def lie(v: np.ndarray) -> np.ndarray:
        made = v.copy()
        made[[row, row + 1]] = v[[row + 1, row]]
        return made

    return lie


def _twice(row: int) -> Change:
    """The row once more behind itself."""
    return lambda v: np.concatenate([v[: row + 1], v[row:-1]])


def _parted(row: int, part: int) -> Change:
    """The row once more behind itself, which has this part of its value."""
    return lambda v: np.concatenate([v[:row], [v[row] - part, part], v[row + 1 : -1]])
