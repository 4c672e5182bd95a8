"""Private tables whose used rows come first and may stand in ascending order.

`ascend`: each row's tuple of keys is at most the next one's. s_k = 1 means that the keys up to k are equal:
s_k·(s_(k−1) − s_k) = 0 and s_k·(k' − k) = 0 for each of its limbs; s_0 = more = 1 where a next used row is. Where
s_(k−1) − s_k = 1, k is the first key that differs, and D_i = Σ_k (s_(k−1) − s_k)·(limb' − limb) are its differences,
the most significant first. t_i = 1 means that they are 0 down to i, in the same way, from t_0 = more − s_last to
t_last = 0; so one limb of that key is the first to differ, and has grown: Σ_i (t_(i−1) − t_i)·D_i − t_0 has 16 bits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zkcompliance.claim.compile.context import Board, Table
from zkcompliance.claim.compile.run import Rows, Run
from zkcompliance.claim.compile.terms import RADIX, Term, digits, is_zero
from zkcompliance.stark.air.program import Kind

MOST_PRIVATE_ROWS = 1 << 21


class Private:
    """A private table. order: what its used rows are, one number for each, in the order in which they stand."""

    def __init__(self, board: Board, order: Callable[[Run], np.ndarray]) -> None:
        self.ctx = Table(board, None)
        number = self.ctx.number

        def step(run: Run) -> None:
            run.orders[number] = order(run)
            run.tables[number] = Rows(None, [1 << max(3, (len(run.orders[number]) - 1).bit_length())])

        board.steps.append(step)
        self.used = self.ctx.free("used", self._used, 0, 1)
        ahead = self.ctx.next_row(self.used)
        self.ctx.zero("used is 0 or 1", self.used * (self.used - 1))
        self.ctx.zero("used rows come first", ahead * (1 - self.used), Kind.TRANSITION)
        self.more = self.ctx.free("more", lambda run: np.append(run.value(number, self.used)[1:], 0), 0, 1)
        self.ctx.zero("more is the next used", self.more - ahead, Kind.TRANSITION)
        self.ctx.zero("nothing after the last row", self.more, Kind.LAST)

    def _used(self, run: Run) -> np.ndarray:
        used = np.zeros(run.tables[self.ctx.number].total, np.int64)
        used[: len(run.orders[self.ctx.number])] = 1
        return used

    def column(self, name: str, hi: int, fill: Callable[[Run, np.ndarray], np.ndarray], lo: int = 0) -> Term:
        """A column of [lo, hi] on used rows, by what binds it there, and 0 on the others. fill: from the order."""
        number = self.ctx.number

        def padded(run: Run) -> np.ndarray:
            values = np.zeros(run.tables[number].total, np.int64)
            order = run.orders[number]
            values[: len(order)] = fill(run, order)
            return values

        column = self.ctx.free(name, padded, lo, hi)
        self.ctx.zero("unused rows are 0", (1 - self.used) * column)
        return column

    def ascend(self, active: Term, low: list[list[Term]], high: list[list[Term]], name: str) -> list[Term]:
        """low ≤ high where active, part by part, each from its most significant limb; the s_k of each part."""
        before, parts = active, []
        equal: list[Term] = []
        for a, b in zip(low, high, strict=True):
            ds = [y - x for x, y in zip(a, b, strict=True) if x is not y]
            if any(not is_zero(d) for d in ds):
                s = self._flag(before, ds, f"{name}: equal so far")
                parts.append(((before - s).within(0, 1), ds))
                before = s
            equal.append(before)
        differs = (active - before).within(0, 1)
        total = digits(0).limbs[0]
        at = differs
        for i in range(size := max((len(ds) for _, ds in parts), default=0)):
            terms = [e * ds[i] for e, ds in parts if i < len(ds)]
            d = sum(terms[1:], terms[0]).within(1 - RADIX, RADIX - 1)  # one of the e is 1
            t = self._flag(at, [d], f"{name}: equal limbs") if i < size - 1 else digits(0).limbs[0]
            total = total + (at - t).within(0, 1) * d
            at = t
        grown = (total - differs).within(-RADIX, RADIX - 1)  # one of the factors is 1
        grown = self.ctx.flat(grown, f"{name}: growth")
        self.ctx.require_16_bits(grown, name=f"{name}: growth")
        return equal

    def _flag(self, before: Term, ds: list[Term], name: str) -> Term:
        """s, 0 or `before`, and 0 where one of the d is not 0; it is `before` in an honest trace where it may be."""
        here = self.ctx.number

        def fill(run: Run) -> np.ndarray:
            equal = [run.value(here, before) == 1, *(run.value(here, d) == 0 for d in ds)]
            return np.asarray(np.logical_and.reduce(equal))

        s = self.ctx.free(name, fill, 0, 1)
        self.ctx.zero(f"{name} only after equal", s * (before - s))
        for d in ds:
            self.ctx.zero(f"{name} means equal", s * d)
        return s
