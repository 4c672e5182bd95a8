"""Sums that run along the rows of a table, exact: T' = T + x' over the integers, and T = x on the first row.

Those that begin anew: T' = same·T + x'; in the last row same is 0, so that the first row's sum is its own x. Where no
sum reaches p/2 it is one column; else it has 16-bit limbs, carried from one to the next.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zkcompliance.claim.compile import arith
from zkcompliance.claim.compile.asking import FrameRows
from zkcompliance.claim.compile.context import Table
from zkcompliance.claim.compile.run import carried
from zkcompliance.claim.compile.terms import HALF, Term, Wide, limbs_for, wide
from zkcompliance.claim.meaning import core
from zkcompliance.stark.air.program import Kind


def amounts(rows: FrameRows, among: core.Rows, arg: core.Value, moved: bool) -> tuple[Wide, int]:
    """(x, low): on each row of `among` its arg less low, which is 0 or below; 0 on all others.

    moved: only rows that count are looked at, so that nothing has to be 0 on the others.
    """
    low = min(rows.value(arg).lo, 0)
    x, limbs = rows.digits_of(arg), []
    for limb in x.limbs:
        if not moved or among.where is not None or limb.degree == 0:
            limb = rows.ctx.flat(rows.ctx.times(rows.selected(among), limb).within(0, limb.hi), "what is added")
        limbs.append(limb)
    return wide(limbs, 0, x.hi), low


def in_one(x: Wide, rows: int) -> bool:
    """Whether a sum over so many rows is one column."""
    return len(x.limbs) == 1 and x.limbs[0].lo >= 0 and x.limbs[0].hi * rows <= HALF


def columns_for(x: Wide, rows: int) -> int:
    """How many columns a sum over so many rows has."""
    return 1 if in_one(x, rows) else limbs_for(x.hi * rows)


def largest(x: Wide, rows: int) -> int:
    """Of a column of the sum."""
    return x.limbs[0].hi * rows if in_one(x, rows) else (1 << 16) - 1


def require_sums_of_runs(ctx: Table, same: Term, x: Wide, total: Sequence[Term], name: str) -> None:
    """The columns `total` are the sums that begin anew where same was 0; the columns x are 0 where nothing is added.

    A sum of several columns has limbs that are known to have 16 bits.
    """
    added = [ctx.next_row(limb) for limb in x.limbs]
    if len(total) == 1:
        here = total[0]
        ctx.zero(name, ctx.next_row(here) - (added[0] + same * here).within(0, here.hi))
        return
    kept = [ctx.flat(same * limb, f"{name}: kept") for limb in total]
    given = [kept[j] + (added[j] if j < len(added) else 0) for j in range(len(total))]
    arith.chain(ctx, given, [ctx.next_row(limb) for limb in total], name, (0, 0))


def require_sums(ctx: Table, x: Wide, total: Sequence[Term], name: str) -> None:
    """The columns `total` are the sums along all rows of a private table; of x and total as above."""
    for j, limb in enumerate(total):
        ctx.zero(f"{name} of the first row", limb - x.limb(j), Kind.FIRST)
    given = [limb + (ctx.next_row(x.limbs[j]) if j < len(x.limbs) else 0) for j, limb in enumerate(total)]
    if len(total) == 1:
        ctx.zero(name, ctx.next_row(total[0]) - given[0].within(0, total[0].hi), Kind.TRANSITION)
        return
    arith.chain(ctx, given, [ctx.next_row(limb) for limb in total], name, (0, 0), Kind.TRANSITION)


def sums(starts: np.ndarray, limbs: Sequence[np.ndarray], columns: int) -> list[np.ndarray]:
    """The honest sums of Σ_j 2^(16j)·limb_j, which begin anew where `starts` is true: of below 2^26 rows."""
    if not len(starts):
        return [np.zeros(0, np.int64)] * columns
    at = np.maximum.accumulate(np.where(starts, np.arange(len(starts)), 0))
    along = []
    for limb in limbs:
        total = np.cumsum(limb)
        along.append(total - (total - limb)[at])
    return along if columns == 1 else carried(along, columns)
