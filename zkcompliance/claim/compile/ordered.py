"""Rows of a frame in order of a key, in a private table: uniqueness, chains, groups.

A bus carries every selected row to the table, +1 against −1: the table's used rows are those rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from zkcompliance.claim.compile import arith
from zkcompliance.claim.compile.private import Private
from zkcompliance.claim.compile.run import Run, packed
from zkcompliance.claim.compile.terms import Term, Wide, digits, sub, wide
from zkcompliance.claim.meaning import core
from zkcompliance.stark.air.program import Op

if TYPE_CHECKING:
    from zkcompliance.claim.compile.compiler import Compiler
    from zkcompliance.claim.compile.rows import FrameNodes


class Moved(Private):
    """Selected rows of a frame as the used rows of a private table, in an order of the prover's choosing."""

    def __init__(self, compiler: Compiler, rows: core.Rows, order: Sequence[tuple[core.Value, int | None]]) -> None:
        self.source: FrameNodes = compiler.rows_of(rows.frame)
        self.selected = self.source.selected(rows)
        keys = [self.digits_of(key, low) for key, low in order]
        self._copies: dict[Term, Term] = {}
        source = self.source.ctx.number
        limbs = [limb for key in keys for limb in reversed(key.limbs)]

        def place(run: Run) -> np.ndarray:
            chosen = np.flatnonzero(run.value(source, self.selected))
            values = packed([run.value(source, limb)[chosen] for limb in limbs])
            return chosen[np.lexsort(values[::-1])] if values else chosen

        super().__init__(compiler, place)

    def digits_of(self, node: core.Value, low: int | None = None) -> Wide:
        """A value of the source's rows in 16-bit limbs, less `low`: unless stated its least, or 0 if that is above."""
        w = self.source.value(node)
        low = min(w.lo, 0) if low is None else low
        if (node, low) not in self.source.digits:
            w = arith.normalise(self.source.ctx, sub(w, digits(low)) if low else w)
            self.source.digits[node, low] = wide([self.source.ctx.flat(limb) for limb in w.limbs], w.lo, w.hi)
        return self.source.digits[node, low]

    def copy(self, node: core.Value, low: int | None = None) -> Wide:
        """A value of the source's rows, here; 0 on rows that are not used."""
        w = self.digits_of(node, low)
        return wide([self.limb(limb) for limb in w.limbs], 0, w.hi)

    def copied(self, e: Term) -> Term:
        """A limb of the source's rows on the used rows here; what is the same everywhere is itself."""
        return e if e.degree == 0 and e.op != Op.ORDINAL else self.limb(e)

    def limb(self, e: Term) -> Term:
        if e not in self._copies:
            source = self.source.ctx.number
            self._copies[e] = self.column("a copy", e.hi, lambda run, order: run.value(source, e)[order])
        return self._copies[e]

    def finish(self) -> None:
        bus = self.ctx.board.bus(max(1, len(self._copies)))
        given, taken = list(self._copies), list(self._copies.values())
        if not given:
            given, taken = [digits(1).limbs[0]], [digits(1).limbs[0]]
        self.source.ctx.send(bus, self.selected, *given, name="moved rows")
        self.ctx.send(bus, (0 - self.used).within(-1, 0), *taken, name="moved rows")


class Ordered(Moved):
    """The rows in ascending order of the keys. `same[i]`: the next row has the same first i + 1 keys."""

    def __init__(self, compiler: Compiler, rows: core.Rows, keys: tuple[core.Value, ...]) -> None:
        super().__init__(compiler, rows, [(key, None) for key in keys])
        self.keys = [self.copy(key) for key in keys]
        here = [list(reversed(key.limbs)) for key in self.keys]
        ahead = [[self.ctx.next_row(limb) for limb in limbs] for limbs in here]
        self.same = self.ascend(self.more, here, ahead, "order")


def require_chain(compiler: Compiler, name: str, node: core.Chain) -> None:
    """first ≤ last on each row; last ≤ (strict: <) the next row's first."""
    if node.first == node.last:
        made = compiler.ordered(node.rows, node.first)
        if node.strict:
            made.ctx.zero(f"{name}: no two are equal", made.same[len(node.first) - 1])
        return
    source = compiler.rows_of(node.rows.frame)
    lows = [min(source.value(a).lo, source.value(b).lo, 0) for a, b in zip(node.first, node.last, strict=True)]
    moved = Moved(compiler, node.rows, list(zip((*node.first, *node.last), (*lows, *lows), strict=True)))
    compiler.moved.append(moved)
    first, last = _aligned(moved, node, lows)
    moved.ascend(moved.used, first, last, "first to last")
    ahead = [[moved.ctx.next_row(limb) if limb.op == Op.WIT else limb for limb in limbs] for limbs in first]
    equal = moved.ascend(moved.more, last, ahead, "last to next first")
    if node.strict:
        moved.ctx.zero(f"{name}: no two meet", equal[-1])


def _aligned(moved: Moved, node: core.Chain, lows: list[int]) -> tuple[list[list[Term]], list[list[Term]]]:
    """Both tuples' parts in limbs, most significant first, of equal length part by part."""
    first: list[list[Term]] = []
    last: list[list[Term]] = []
    for a, b, low in zip(node.first, node.last, lows, strict=True):
        x, y = moved.copy(a, low), moved.copy(b, low)
        n = max(len(x.limbs), len(y.limbs))
        first.append([x.limb(j) for j in reversed(range(n))])
        last.append([y.limb(j) for j in reversed(range(n))])
    return first, last
