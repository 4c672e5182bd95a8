"""The state of something at a time: `core.AsOf`, read off a `Timeline`.

Column v is the value of a row that is read off; on one that asks it is the v of the row before it where the keys are
the same, and the default otherwise: (1 − side')·(v' − d − same·(v − d)) = 0, on the first row (1 − side)·(v − d) = 0.
So a row that asks has the value of the closest row before it that is read off, and what comes after it has no part.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zkcompliance.claim.compile.asking import Asking, FrameRows
from zkcompliance.claim.compile.errors import cannot
from zkcompliance.claim.compile.joins import tuples_of
from zkcompliance.claim.compile.neighbours import SEGMENT_PLACES, Place
from zkcompliance.claim.compile.run import Run
from zkcompliance.claim.compile.terms import RADIX, Term, Wide, add, const, digits, wide
from zkcompliance.claim.compile.timeline import Side, Timeline
from zkcompliance.claim.compile.workshop import Workshop
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.row_order import tells_ties_apart
from zkcompliance.stark.air.program import Kind

AFTER_ALL = RADIX // 2  # in the place of a row that asks: above every place's upper part


class States:
    """Every (keys, at, target, its columns, its order) that is asked for, once, with all the values that are wanted."""

    def __init__(self, workshop: Workshop, required: Sequence[core.Value]) -> None:
        self.workshop, self.required = workshop, required
        self._known: dict[core.AsOf, Wide] = {}

    def value(self, rows: Asking, node: core.AsOf) -> Wide:
        """The state on every row that counts; its default on the others."""
        if node not in self._known:
            self._compile(rows, node)
        return self._known[node]

    def _compile(self, rows: Asking, node: core.AsOf) -> None:
        """One table for all values of a batch."""
        wanted = [each for each in self.workshop.batches.of(node).nodes if isinstance(each, core.AsOf)]
        target = self.workshop.rows_of(node.target.frame)
        apart = any(tells_ties_apart(each, self.required) for each in wanted)
        read, ask = _sides(rows, target, node, apart)
        values = {}
        for each in wanted:
            low = min(target.value(each.value).lo, self.workshop.publics.value(each.default).lo, 0)
            x, default = target.digits_of(each.value, low), self.workshop.publics.shifted(each.default, low)
            values[each] = (low, x, default)
        line = Timeline(self.workshop.board, read, ask)
        for each, (low, x, default) in values.items():
            limbs = [_carried(line, x.limb(j), default.limb(j)) for j in range(max(len(x.limbs), len(default.limbs)))]
            w = wide(limbs, 0, max(x.hi, default.hi))
            self._known[each] = add(w, digits(low)) if low else w
        line.finish()


def _sides(rows: Asking, target: FrameRows, node: core.AsOf, apart: bool) -> tuple[Side, Side]:
    """Limbs of both sides; apart: with the place of a row in its log, since rows of one time may differ."""
    keys = [tuples_of(rows, (k,), target, (c,)) for k, c in zip(node.keys, node.columns, strict=True)]
    at, order = tuples_of(rows, (node.at,), target, (node.order,))
    last: tuple[list[Term], list[Term]] = [], []
    if apart:
        last = [const(AFTER_ALL), const(0)], _place(target, node)
    mine, theirs = ([limbs[i][::-1] for limbs in keys] for i in (0, 1))
    selected = target.selected(node.target)
    return Side(target.ctx, selected, theirs, order[::-1], last[1]), Side(rows.ctx, rows.act, mine, at[::-1], last[0])


def _place(target: FrameRows, node: core.AsOf) -> list[Term]:
    """Which row of its log it is, in two limbs: 64·(number of the segment) + upper part, and the lower part."""
    frame = target.frame
    if isinstance(frame, core.Groups):
        raise cannot(
            "the latest among groups that may be equally late",
            node.line,
            "remedy: per=(…) and order with all the groups' keys on the side of the groups",
        )
    place = target.value(Place(frame, type=node.order.type, range=(0, (1 << 40) - 1), frame=frame))
    low, high, segment = place.limbs
    return [target.ctx.flat(high + segment * SEGMENT_PLACES), low]


def _carried(line: Timeline, x: Term, default: Term) -> Term:
    """The state's limb on the rows that ask."""
    ctx, number = line.ctx, line.ctx.number

    def fill(run: Run, order: np.ndarray) -> np.ndarray:
        """Of each used row the x of the closest row up to it that is read off, if none with other keys is between."""
        count, source = len(order), line.read.ctx.number
        at, side = np.arange(count), run.value(number, line.side)[:count] == 1
        first = np.maximum.accumulate(np.where(line.starts(run), at, 0))
        last = np.maximum.accumulate(np.where(side, at, -1))
        values = run.value(source, x)[line.read.rows(run)]
        found = np.full(count, run.value(number, default)[0])
        has = last >= first
        found[has] = values[order[last[has]]]
        return found

    v = line.column("the state so far", max(x.hi, default.hi), fill)
    ask_ahead = line.more - ctx.next_row(line.side)
    kept = ctx.next_row(v) - default - line.same * (v - default)
    ctx.zero("the state is the one before", ask_ahead * kept, Kind.TRANSITION)
    ctx.zero("no state before the first row", (line.used - line.side) * (v - default), Kind.FIRST)
    told = line.told(v, line.ask, "the state" if line.ask.chosen.degree else "the single state", default)
    line.join(x, told, v)
    return told
