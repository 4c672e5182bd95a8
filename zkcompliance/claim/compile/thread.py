"""Values that go from row to row through all segments of a log: neighbours, and what is the same on every row.

Column t is 1 on the first row of the first segment and on the last row of the last, 0 on every other first and last
row: on a first row t·ORDINAL = 0; a segment's last row sends its state under the number of the next segment, and that
one's first row takes it, both times 1 − t. A first row with t = 0 in segment 0 finds no sender, a last row with t = 1
before the last segment leaves a receiver without, one with t = 0 in the last has no receiver: so t is as it should be.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zkcompliance.claim.compile.context import Table
from zkcompliance.claim.compile.run import Run
from zkcompliance.claim.compile.terms import Term, Wide, leaf, wide
from zkcompliance.stark.air.program import Kind, Op


class Thread:
    """The states of one log's rows that cross segments, together on one bus."""

    def __init__(self, ctx: Table) -> None:
        self.ctx = ctx
        here = self.ctx.number

        def ends(run: Run) -> np.ndarray:
            table = run.tables[here]
            marks = np.zeros(table.total, np.int64)
            marks[[0, -1]] = 1
            return marks

        self.end = self.ctx.free("where the log ends", ends, 0, 1)
        self.ctx.zero("where the log ends is 0 or 1", self.end * (self.end - 1))
        self.ctx.zero("the first segment begins", self.end * leaf(Op.ORDINAL, 0, 0, 255), Kind.FIRST)
        self._none: dict[Term, Term] = {}
        self._down: list[tuple[Term, Term]] = []  # before and after each row
        self._up: list[tuple[Term, Term]] = []

    @property
    def beginning(self) -> Term:
        """1 on the very first row, else 0."""
        first = leaf(Op.FIRST, 0, 0, 1)
        return self.ctx.flat((first * self.end).within(0, 1), "the very first row")

    def none(self, selected: Term) -> Term:
        """On every row whether no row is selected: a bit that is 0 if one is; that it is 1 if none is, who asks sees
        to. One column, whoever asks."""
        if selected not in self._none:
            here = self.ctx.number

            def fill(run: Run) -> np.ndarray:
                return np.full(run.tables[here].total, int(not run.value(here, selected).any()))

            none = self.ctx.free("is empty", fill, 0, 1)
            self.ctx.zero("empty is 0 or 1", none * (none - 1))
            self.everywhere("empty", [none])
            self.ctx.zero("empty means no row", none * selected)
            self._none[selected] = none
        return self._none[selected]

    def previous(self, selected: Term, arg: Wide, default: Wide) -> Wide:
        """p before each row: p' = sel·arg + (1 − sel)·p, and the default at the beginning."""
        here, n = self.ctx.number, max(len(arg.limbs), len(default.limbs))
        limbs = []
        for j in range(n):
            x, d = self.ctx.flat(arg.limb(j)), default.limb(j)

            def fill(run: Run, x: Term = x, d: Term = d) -> np.ndarray:
                return before(run.value(here, selected) == 1, run.value(here, x), run.value(here, d))

            p = self.ctx.free("the row before", fill, min(x.lo, d.lo), max(x.hi, d.hi))
            after = (p + selected * (x - p)).within(p.lo, p.hi)
            self.ctx.zero("the row before is kept", self.ctx.next_row(p) - after, Kind.TRANSITION)
            self.ctx.zero("no row before the first", self.end * (p - d), Kind.FIRST)
            self._down.append((p, after))
            limbs.append(p)
        return wide(limbs, min(arg.lo, default.lo), max(arg.hi, default.hi))

    def following(self, selected: Term, arg: Wide, default: Wide) -> Wide:
        """q after each row, a = sel·arg + (1 − sel)·q at it: q = a', and the default at the end."""
        here, n = self.ctx.number, max(len(arg.limbs), len(default.limbs))
        limbs = []
        for j in range(n):
            x, d = self.ctx.flat(arg.limb(j)), default.limb(j)

            def fill(run: Run, x: Term = x, d: Term = d) -> np.ndarray:
                chosen = run.value(here, selected)[::-1] == 1
                return before(chosen, run.value(here, x)[::-1], run.value(here, d)[::-1])[::-1]

            q = self.ctx.free("the row after", fill, min(x.lo, d.lo), max(x.hi, d.hi))
            at = self.ctx.flat((q + selected * (x - q)).within(q.lo, q.hi), "this row or the one after")
            self.ctx.zero("the row after is kept", self.ctx.next_row(at) - q, Kind.TRANSITION)
            self.ctx.zero("no row after the last", self.end * (q - d), Kind.LAST)
            self._up.append((q, at))
            limbs.append(q)
        return wide(limbs, min(arg.lo, default.lo), max(arg.hi, default.hi))

    def carried(self, before: Sequence[Term], after: Sequence[Term], name: str) -> None:
        """Columns of before each row: 0 before the first one, and before the next row what they are after this one."""
        for p, at in zip(before, after, strict=True):
            self.ctx.zero(f"{name} is kept", self.ctx.next_row(p) - at, Kind.TRANSITION)
            self.ctx.zero(f"no {name} before the first row", self.end * p, Kind.FIRST)
            self._down.append((p, at))

    def everywhere(self, name: str, values: list[Term]) -> None:
        """Columns that have the same value on every row of every segment."""
        for value in values:
            self.ctx.zero(f"{name} is the same on all rows", self.ctx.next_row(value) - value, Kind.TRANSITION)
            self._down.append((value, value))

    def finish(self) -> None:
        """The tokens from segment to segment."""
        first, last = leaf(Op.FIRST, 0, 0, 1), leaf(Op.LAST, 0, 0, 1)
        number = leaf(Op.ORDINAL, 0, 0, 255)
        going, coming = last * (1 - self.end), first * (self.end - 1)
        down = [(self._down, 0), (self._up, 1)]
        for states, upwards in down:
            if not states:
                continue
            bus = self.ctx.board.bus(1 + len(states))
            inner, outer = [a for a, _ in states], [b for _, b in states]
            if upwards:  # the last row takes, the first row sends
                self.ctx.send(bus, (first * (1 - self.end)).within(0, 1), number, *outer, name="the segment after")
                self.ctx.send(bus, (last * (self.end - 1)).within(-1, 0), number + 1, *inner, name="the segment after")
            else:
                self.ctx.send(bus, coming.within(-1, 0), number, *inner, name="the segment before")
                self.ctx.send(bus, going.within(0, 1), number + 1, *outer, name="the segment before")


def before(chosen: np.ndarray, values: np.ndarray, default: np.ndarray) -> np.ndarray:
    """For each row the value at the closest chosen row above it, or the default."""
    size = len(chosen)
    seen = np.maximum.accumulate(np.where(chosen, np.arange(size), -1)) if size else np.zeros(0, np.int64)
    above = np.concatenate([np.full(min(size, 1), -1), seen[:-1]])
    return np.where(above >= 0, values[np.maximum(above, 0)], default)
