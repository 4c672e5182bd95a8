"""Rows of a frame in order of a key, in a private table: uniqueness, chains, groups.

A bus carries every selected row to the table, +1 against −1: the table's used rows, which come first, are those rows.
In `Ordered` each row's tuple of keys is at most the next one's. s_k = 1 means that the keys up to k are equal:
s_k·(s_(k−1) − s_k) = 0 and s_k·(k' − k) = 0 for each of its limbs; s_0 = more = 1 where a next used row is. Where
s_(k−1) − s_k = 1, k is the first key that differs, and D_i = Σ_k (s_(k−1) − s_k)·(limb' − limb) are its differences,
the most significant first. t_i = 1 means that they are 0 down to i, in the same way, from t_0 = more − s_last to
t_last = 0; so one limb of that key is the first to differ, and has grown: Σ_i (t_(i−1) − t_i)·D_i − t_0 has 16 bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zkcompliance.air.program import Kind
from zkcompliance.claim import core
from zkcompliance.claim.compile import arith
from zkcompliance.claim.compile.context import Table
from zkcompliance.claim.compile.errors import cannot
from zkcompliance.claim.compile.run import Rows, Run, packed
from zkcompliance.claim.compile.terms import RADIX, E, Wide, digits, is_zero, sub, wide

if TYPE_CHECKING:
    from zkcompliance.claim.compile.compiler import Compiler
    from zkcompliance.claim.compile.rows import FrameNodes

MOST_PRIVATE_ROWS = 1 << 21


class Moved:
    """Selected rows of a frame as the used rows of a private table, in an order of the prover's choosing."""

    def __init__(self, compiler: Compiler, rows: core.Rows, order: tuple[core.Value, ...]) -> None:
        self.compiler = compiler
        self.source: FrameNodes = compiler.rows_of(rows.frame)
        self.selected = self.source.selected(rows)
        keys = [self.digits_of(key) for key in order]
        self.ctx = Table(compiler.board, None)
        self._copies: dict[E, E] = {}
        number, source = self.ctx.number, self.source.ctx.number
        limbs = [limb for key in keys for limb in reversed(key.limbs)]

        def step(run: Run) -> None:
            chosen = np.flatnonzero(run.value(source, self.selected))
            values = packed([run.value(source, limb)[chosen] for limb in limbs])
            run.orders[number] = chosen[np.lexsort(values[::-1])] if values else chosen
            run.tables[number] = Rows(None, [1 << max(3, (len(chosen) - 1).bit_length())])

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

    def limb(self, e: E) -> E:
        if e not in self._copies:
            source, number = self.source.ctx.number, self.ctx.number

            def fill(run: Run) -> np.ndarray:
                found = np.zeros(run.tables[number].total, np.int64)
                order = run.orders[number]
                found[: len(order)] = run.value(source, e)[order]
                return found

            column = self.ctx.free("a copy", fill, 0, e.hi)
            self.ctx.zero("unused rows are 0", (1 - self.used) * column)
            self._copies[e] = column
        return self._copies[e]

    def finish(self) -> None:
        bus = self.ctx.board.bus(max(1, len(self._copies)))
        given, taken = list(self._copies), list(self._copies.values())
        if not given:
            given, taken = [digits(1).limbs[0]], [digits(1).limbs[0]]
        self.source.ctx.send(bus, self.selected, *given, name="moved rows")
        self.ctx.send(bus, (0 - self.used).within(-1, 0), *taken, name="moved rows")

    def ascend(self, active: E, low: list[list[E]], high: list[list[E]], name: str) -> list[E]:
        """low ≤ high where active, part by part, each from its most significant limb; the s_k of each part."""
        before, parts = active, []
        equal: list[E] = []
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

    def _flag(self, before: E, ds: list[E], name: str) -> E:
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


class Ordered(Moved):
    """The rows in ascending order of the keys. `same[i]`: the next row has the same first i + 1 keys."""

    def __init__(self, compiler: Compiler, rows: core.Rows, keys: tuple[core.Value, ...]) -> None:
        super().__init__(compiler, rows, keys)
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
    moved = Moved(compiler, node.rows, (*node.first, *node.last))
    compiler.moved.append(moved)
    shift = [min(moved.source.value(part).lo, 0) for part in (*node.first, *node.last)]
    if any(shift):
        raise cannot("a chain of values that may be negative is not supported", node.line)
    first, last = _aligned(moved, node)
    moved.ascend(moved.used, first, last, "first to last")
    following = [[moved.ctx.next_row(limb) for limb in limbs] for limbs in first]
    equal = moved.ascend(moved.more, last, following, "last to next first")
    if node.strict:
        moved.ctx.zero(f"{name}: no two meet", equal[-1])


def _aligned(moved: Moved, node: core.Chain) -> tuple[list[list[E]], list[list[E]]]:
    """Both tuples' parts in limbs, most significant first, of equal length part by part."""
    first: list[list[E]] = []
    last: list[list[E]] = []
    for a, b in zip(node.first, node.last, strict=True):
        x, y = moved.copy(a), moved.copy(b)
        if len(x.limbs) != len(y.limbs):
            raise cannot("a chain of values of different width is not supported", node.line)
        first.append(list(reversed(x.limbs)))
        last.append(list(reversed(y.limbs)))
    return first, last
