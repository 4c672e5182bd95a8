"""The row before or after in another order than the log's, or among the rows with the same key.

All rows go to a private table in ascending order of the keys that they must share, then of those they are ordered by,
then of their place in the log, so that no two are equal; and with them the answer p that each row was given, which the
private table checks: from row to row p' = selected·x + (1 − selected)·p, and the default where another key begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zkcompliance.claim.compile import arith
from zkcompliance.claim.compile.asking import FrameRows
from zkcompliance.claim.compile.context import Table
from zkcompliance.claim.compile.errors import cannot
from zkcompliance.claim.compile.ordered import Ordered
from zkcompliance.claim.compile.run import Run
from zkcompliance.claim.compile.terms import RADIX, Term, Wide, add, digits, leaf, sub, wide
from zkcompliance.claim.compile.workshop import Workshop
from zkcompliance.claim.meaning import core
from zkcompliance.stark.air.program import Kind, Op

SEGMENT_PLACES = 64  # times 2^16: more rows than a segment has


@dataclass(frozen=True, eq=False)
class Place(core.Value):
    """Which row of its log this is: its number within the segment in two limbs, and the segment's number."""

    log: core.Log


def place_of(ctx: Table) -> Wide:
    """0 on the first row of each segment, one more on each next: below 2^22, so that equal mod p is equal."""
    here = ctx.number

    def numbers(run: Run) -> list[np.ndarray]:
        numbered = np.concatenate([np.arange(n) for n in run.tables[here].lengths])
        return [numbered & RADIX - 1, numbered >> 16]

    low, high = ctx.limbs(2, "place", numbers)
    high = ctx.below(high, SEGMENT_PLACES)
    whole = low + high * RADIX
    ahead = ctx.next_row(low) + ctx.next_row(high) * RADIX
    ctx.zero("places begin at 0", whole, Kind.FIRST)
    ctx.zero("places go up by one", ahead - whole - 1, Kind.TRANSITION)
    return wide([low, high, leaf(Op.ORDINAL, 0, 0, 255)])


def neighbour(workshop: Workshop, rows: FrameRows, node: core.Neighbour) -> Wide:
    """`core.Neighbour` on every row that counts; its default on the others."""
    ctx = rows.ctx
    table = workshop.ordered(core.Rows(rows.frame), order_keys(rows.frame, node))
    same = table.same[len(node.per) - 1] if node.per else table.more
    selected = table.used if node.rows.where is None else table.limb(rows.selected(node.rows))
    low = min(rows.value(node.arg).lo, rows.value(node.default).lo, 0)
    w = rows.value(node.arg)
    w = arith.normalise(ctx, sub(w, digits(low)) if low else w)
    default = workshop.publics.shifted(node.default, low)
    limbs = []
    for j in range(max(len(w.limbs), len(default.limbs))):
        x, d = ctx.flat(w.limb(j)), default.limb(j)
        p = ctx.free("a neighbour", _told(table, same, selected, x, d, node.step), 0, max(x.hi, d.hi))
        ctx.zero("rows that do not count have the default", (1 - rows.act) * (p - d))
        _check(table, same, selected, table.copied(x), table.limb(p), d, node)
        limbs.append(p)
    answer = wide(limbs)
    return add(answer, digits(low)) if low else answer


def order_keys(frame: core.Frame, node: core.Neighbour | core.Running) -> tuple[core.Value, ...]:
    """What all rows of the frame are put in order by, so that no two are equal."""
    keys = (*node.per, *node.rows.order)
    if isinstance(frame, core.Log):
        return (*keys, Place(frame, type=node.arg.type, range=(0, (1 << 40) - 1), frame=frame))
    told = [key.b if isinstance(key, core.Sub) and isinstance(key.a, core.Const) else key for key in keys]  # descending
    named = {key.index for key in told if isinstance(key, core.Key) and key.groups == frame}
    if named != set(range(len(frame.keys))):
        raise cannot(
            "neighbours among groups whose order leaves ties",
            node.line,
            "remedy: groups.order_by(…, and each of the groups' keys)",
        )
    return keys


def _check(table: Ordered, same: Term, selected: Term, x: Term, p: Term, d: Term, node: core.Neighbour) -> None:
    """p of each row from the row before it (after it), or the default."""
    ctx = table.ctx
    every = node.rows.where is None
    kept = x if every else ctx.flat((p + selected * (x - p)).within(0, max(p.hi, x.hi)), "this row or the one beside")
    if node.step < 0:
        follows = table.more * d + same * (kept - d)
        ctx.zero("a neighbour is the row before", ctx.next_row(p) - follows, Kind.TRANSITION)
        ctx.zero("the first row has no row before", p - table.used * d, Kind.FIRST)
        return
    follows = table.used * d + same * (ctx.ahead(kept) - d)
    ctx.zero("a neighbour is the row after", p - follows, Kind.TRANSITION)
    ctx.zero("the last row has no row after", p - table.used * d, Kind.LAST)


def _told(table: Ordered, same: Term, selected: Term, x: Term, d: Term, step: int) -> Callable[[Run], np.ndarray]:
    """The honest answers, on the source's rows."""
    source, number = table.source.ctx.number, table.ctx.number

    def fill(run: Run) -> np.ndarray:
        order = run.orders[number]
        size = len(order)
        answers = run.value(source, d).copy()
        ends = run.value(number, same)[:size] == 0
        starts = np.append(True, ends[:-1])[:size]
        chosen = run.value(number, selected)[:size] == 1
        if step > 0:
            order, starts, chosen = order[::-1], ends[::-1], chosen[::-1]
        at = np.arange(size)
        begin = np.maximum.accumulate(np.where(starts, at, 0))
        seen = np.maximum.accumulate(np.where(chosen, at, -1))
        above = np.append(-1, seen[:-1])[:size]
        has = above >= begin
        answers[order[has]] = run.value(source, x)[order[above[has]]]
        return answers

    return fill
