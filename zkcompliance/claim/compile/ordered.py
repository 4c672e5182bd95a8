"""Rows of a frame in order of a key, in a private table: uniqueness, chains, groups.

A bus carries every selected row to the table, +1 against −1: the table's used rows are those rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zkcompliance.air.program import Op
from zkcompliance.claim import core
from zkcompliance.claim.compile import arith
from zkcompliance.claim.compile.errors import cannot
from zkcompliance.claim.compile.private import Private
from zkcompliance.claim.compile.run import Run
from zkcompliance.claim.compile.terms import E, Wide, digits, sub, wide

if TYPE_CHECKING:
    from zkcompliance.claim.compile.compiler import Compiler
    from zkcompliance.claim.compile.rows import FrameNodes


class Moved(Private):
    """Selected rows of a frame as the used rows of a private table, in an order of the prover's choosing."""

    def __init__(self, compiler: Compiler, rows: core.Rows, order: tuple[core.Value, ...]) -> None:
        self.source: FrameNodes = compiler.rows_of(rows.frame)
        self.selected = self.source.selected(rows)
        keys = [self.digits_of(key) for key in order]
        self._copies: dict[E, E] = {}
        source = self.source.ctx.number
        limbs = [limb for key in keys for limb in reversed(key.limbs)]

        def place(run: Run) -> np.ndarray:
            chosen = np.flatnonzero(run.value(source, self.selected))
            values = [run.value(source, limb)[chosen] for limb in limbs]
            return chosen[np.lexsort(values[::-1])] if values else chosen

        super().__init__(compiler, place)

    def digits_of(self, node: core.Value) -> Wide:
        """A value of the source's rows in 16-bit limbs; one that may be negative is shifted up."""
        if node not in self.source.digits:
            w = self.source.value(node)
            if w.lo < 0:
                w = sub(w, digits(w.lo))
            w = arith.normalise(self.source.ctx, w)
            self.source.digits[node] = wide([self.source.ctx.flat(limb) for limb in w.limbs], w.lo, w.hi)
        return self.source.digits[node]

    def copy(self, node: core.Value) -> Wide:
        """A value of the source's rows, here; 0 on rows that are not used."""
        w = self.digits_of(node)
        return wide([self.limb(limb) for limb in w.limbs], 0, w.hi)

    def copied(self, e: E) -> E:
        """A limb of the source's rows on the used rows here; what is the same everywhere is itself."""
        return e if e.degree == 0 and e.op != Op.ORDINAL else self.limb(e)

    def limb(self, e: E) -> E:
        if e not in self._copies:
            source = self.source.ctx.number
            self._copies[e] = self.column("a copy", e.hi, lambda run, order: run.value(source, e)[order])
        return self._copies[e]

    def finish(self) -> None:
        bus = self.ctx.board.bus(max(1, len(self._copies)))
        given, taken = list(self._copies), list(self._copies.values())
        if not given:
            given, taken = [digits(1).limbs[0]], [digits(1).limbs[0]]
        self.source.ctx.send(bus, self.selected, *given)
        self.ctx.send(bus, (0 - self.used).within(-1, 0), *taken)


class Ordered(Moved):
    """The rows in ascending order of the keys. `same[i]`: the next row has the same first i + 1 keys."""

    def __init__(self, compiler: Compiler, rows: core.Rows, keys: tuple[core.Value, ...]) -> None:
        super().__init__(compiler, rows, keys)
        self.keys = [self.copy(key) for key in keys]
        here = [limb for key in self.keys for limb in reversed(key.limbs)]
        ahead = [self.ctx.next_row(limb) for limb in here]
        equal = self.ascend(self.more, here, ahead, "order")
        self.same: list[E] = []
        at = 0
        for key in self.keys:
            at += len(key.limbs)
            self.same.append(equal[at - 1])


def require_chain(compiler: Compiler, name: str, node: core.Chain) -> None:
    """first ≤ last on each row; last ≤ (strict: <) the next row's first."""
    if node.first == node.last:
        made = compiler.ordered(node.rows, node.first)
        if node.strict:
            made.ctx.zero(f"{name}: no two are equal", made.same[len(node.first) - 1])
        return
    moved = Moved(compiler, node.rows, (*node.first, *node.last))
    compiler.moved.append(moved)
    shift = [min(moved.source.value(part).lo, 0) for part in (*node.first, *node.last)]
    if any(shift):
        raise cannot("a chain of values that may be negative is not supported", node.line)
    first, last = _aligned(moved, node)
    moved.ascend(moved.used, first, last, "first to last")
    equal = moved.ascend(moved.more, last, [moved.ctx.next_row(limb) for limb in first], "last to next first")
    if node.strict:
        moved.ctx.zero(f"{name}: no two meet", equal[-1])


def _aligned(moved: Moved, node: core.Chain) -> tuple[list[E], list[E]]:
    """Both tuples' limbs, most significant first, of equal length part by part."""
    first: list[E] = []
    last: list[E] = []
    for a, b in zip(node.first, node.last, strict=True):
        x, y = moved.copy(a), moved.copy(b)
        if len(x.limbs) != len(y.limbs):
            raise cannot("a chain of values of different width is not supported", node.line)
        first += reversed(x.limbs)
        last += reversed(y.limbs)
    return first, last
