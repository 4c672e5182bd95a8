"""The sum over a window of time, (t − length, t] on each row: `core.Window`, as a difference of two running sums.

Every row stands in a `Timeline` twice: at its own t + length, where it is read off and adds its x, and at t, where it
asks and adds nothing. Sum s runs along all rows, and e is the s of the last row that is read off at the same time. So
e is at the first place the sum up to t and at the second, behind all rows of the same keys whose t + length is at most
t, the sum up to t − length, each with the same more, of the keys that come before. A row is told both; the window's sum
is the difference.
"""

from __future__ import annotations

import numpy as np

from zkcompliance.claim.compile import arith
from zkcompliance.claim.compile.asking import FrameRows
from zkcompliance.claim.compile.private import MOST_PRIVATE_ROWS
from zkcompliance.claim.compile.run import Run
from zkcompliance.claim.compile.sums import amounts, columns_for, in_one, largest, require_sums, sums
from zkcompliance.claim.compile.terms import Term, Wide, add, const, digits, sub, wide
from zkcompliance.claim.compile.timeline import Side, Timeline
from zkcompliance.claim.compile.workshop import Workshop
from zkcompliance.claim.meaning import core

NAME = "sum so far"


def window(workshop: Workshop, rows: FrameRows, node: core.Window) -> Wide:
    """`core.Window` on every row that counts. Of values that may be negative: less their least, counted back in."""
    ctx = rows.ctx
    added, low = amounts(rows, node.rows, node.arg, moved=True)
    at = rows.digits_of(node.at)
    length = workshop.publics.value(node.length)
    later = arith.normalise(ctx, add(at, length), "the end of a window")
    n = max(len(at.limbs), len(later.limbs))
    keys = [rows.digits_of(key).limbs[::-1] for key in node.per]
    ends, begins = ([ctx.flat(w.limb(j)) for j in reversed(range(n))] for w in (later, at))
    line = Timeline(workshop.board, Side(ctx, rows.act, keys, ends), Side(ctx, rows.act, keys, begins))
    total = _in_window(line, added)
    if low:
        count = _in_window(line, wide([rows.selected(node.rows)]))
        total = add(total, arith.multiply(ctx, count, digits(low), "a window: below 0"))
    line.finish()
    return total


def _in_window(line: Timeline, added: Wide) -> Wide:
    """The sum of `added` in the window of each row, from limbs of the rows' own table."""
    ctx, number = line.ctx, line.ctx.number
    x = [line.bring(limb, const(0)) for limb in added.limbs]
    columns, most = columns_for(added, MOST_PRIVATE_ROWS), largest(added, MOST_PRIVATE_ROWS)

    def so_far(run: Run) -> list[np.ndarray]:
        limbs = [run.value(number, limb) for limb in x]
        return sums(np.arange(len(limbs[0])) == 0, limbs, columns)

    if in_one(added, MOST_PRIVATE_ROWS):
        total = [ctx.free(NAME, lambda run: so_far(run)[0], 0, most)]
    else:
        total = ctx.limbs(columns, NAME, so_far)
    require_sums(ctx, wide(x, 0, added.hi), total, NAME)
    tie = line.tied, ctx.next_row(line.side)
    told: list[tuple[Term, Term]] = []
    for s in total:
        e = ctx.free("sum of the time", lambda run, s=s: _at_ends(run, line, s), 0, most)  # type: ignore[misc]
        ctx.zero("sum of the time", e - s - tie[0] * (tie[1] * (ctx.next_row(e) - s)))
        upper = line.told(e, line.read, "sum up to the row", const(0))
        lower = line.told(e, line.ask, "sum up to the window", const(0))
        line.join(upper, lower, e)
        told.append((upper, lower))
    up, down = (wide([each[i] for each in told]) for i in (0, 1))
    difference = sub(up, down)
    return wide(difference.limbs, 0, added.hi * MOST_PRIVATE_ROWS)


def _at_ends(run: Run, line: Timeline, s: Term) -> np.ndarray:
    """On each row the s of the last row of its time that is read off; its own where it asks, or is not used."""
    number = line.ctx.number
    values = run.value(number, s)
    tied = run.value(number, line.tied) * np.roll(run.value(number, line.side), -1)
    at = np.where(tied == 0, np.arange(len(values)), len(values))
    return values[np.minimum.accumulate(at[::-1])[::-1]]
