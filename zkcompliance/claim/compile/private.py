"""Private tables whose used rows come first and may stand in ascending order.

`ascend`: each row's key is at most the next one's, limb by limb from the most significant: s_j = 1 means that all limbs
down to j are equal, s_j·(s_(j−1) − s_j) = 0, s_j·(k'_j − k_j) = 0, and where s_(j−1) − s_j = 1 the limb j has grown:
Σ_j (s_(j−1) − s_j)·(k'_j − k_j) − (more − s_last) has 16 bits. s_(−1) = more = 1 where a next used row is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from zkcompliance.air.program import Kind
from zkcompliance.claim.compile.context import Table
from zkcompliance.claim.compile.run import Rows, Run
from zkcompliance.claim.compile.terms import RADIX, E, digits, is_zero

if TYPE_CHECKING:
    from zkcompliance.claim.compile.compiler import Compiler

MOST_PRIVATE_ROWS = 1 << 21


class Private:
    """A private table. order: what its used rows are, one number for each, in the order in which they stand."""

    def __init__(self, compiler: Compiler, order: Callable[[Run], np.ndarray]) -> None:
        self.compiler = compiler
        self.ctx = Table(compiler.board, None)
        number = self.ctx.number

        def step(run: Run) -> None:
            run.orders[number] = order(run)
            run.tables[number] = Rows(None, [1 << max(3, (len(run.orders[number]) - 1).bit_length())])

        compiler.board.steps.append(step)
        self.used = self.ctx.free("used", self._used, 0, 1)
        ahead = self.ctx.next_row(self.used)
        self.ctx.zero("used is 0 or 1", self.used * (self.used - 1))
        self.ctx.zero("used rows come first", ahead * (1 - self.used), Kind.TRANSITION)
        self.more = self.ctx.free("more", lambda run: np.append(run.value(number, self.used)[1:], 0), 0, 1)
        self.ctx.zero("more is the next used", self.more - ahead, Kind.TRANSITION)
        self.ctx.zero("nothing after the last row", self.more, Kind.LAST)

    def _used(self, run: Run) -> np.ndarray:
        found = np.zeros(run.tables[self.ctx.number].total, np.int64)
        found[: len(run.orders[self.ctx.number])] = 1
        return found

    def column(self, name: str, hi: int, fill: Callable[[Run, np.ndarray], np.ndarray]) -> E:
        """A column of [0, hi] on used rows, by what binds it there, and 0 on the others. fill: from the order."""
        number = self.ctx.number

        def padded(run: Run) -> np.ndarray:
            found = np.zeros(run.tables[number].total, np.int64)
            order = run.orders[number]
            found[: len(order)] = fill(run, order)
            return found

        made = self.ctx.free(name, padded, 0, hi)
        self.ctx.zero("unused rows are 0", (1 - self.used) * made)
        return made

    def ascend(self, active: E, low: list[E], high: list[E], name: str) -> list[E]:
        """low ≤ high where active, most significant limb first; the s_j: 1 where all limbs down to j are equal."""
        here = self.ctx.number
        before, total = active, digits(0).limbs[0]
        equal: list[E] = []
        for a, b in zip(low, high, strict=True):
            d = b - a
            if a is b or is_zero(d):
                equal.append(before)
                continue

            def fill(run: Run, d: E = d, before: E = before) -> np.ndarray:
                return np.asarray((run.value(here, before) == 1) & (run.value(here, d) == 0))

            s = self.ctx.free(f"{name}: equal so far", fill, 0, 1)
            self.ctx.zero(f"{name}: equal so far only after equal", s * (before - s))
            self.ctx.zero(f"{name}: equal means equal", s * d)
            total = total + (before - s).within(0, 1) * d
            equal.append(s)
            before = s
        grown = (total - (active - before)).within(-RADIX, RADIX - 1)  # one of the factors is 1
        grown = self.ctx.flat(grown, f"{name}: growth")
        self.ctx.require_16_bits(grown, name=f"{name}: growth")
        return equal
