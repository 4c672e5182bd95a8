"""Rows that are read off and rows that ask, in one private table in order of keys and a time.

What is read off goes from row to row among those with the same keys, and so reaches the rows that ask. `side` is 1 on a
row that is read off, 0 on one that asks; the used rows stand in ascending order of the keys, the time and `last`, by
which of equal times the rows that are read off come first and, where it matters, in the order of their log. One bus
brings both kinds, each with its side: every row that counts is there once, and no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zkcompliance.claim.compile.context import Board, Table
from zkcompliance.claim.compile.private import Private
from zkcompliance.claim.compile.run import Run, packed
from zkcompliance.claim.compile.terms import Term, const

ROWS = "rows over time"  # name of the bus that brings them


@dataclass(frozen=True)
class Side:
    """The rows of `ctx` on which `chosen` is 1.

    keys: the limbs of each key; time: those of the time; last: what rows of one time are put in order by. All of 16
    bits, the most significant first; on both sides of a table as many.
    """

    ctx: Table
    chosen: Term
    keys: Sequence[Sequence[Term]]
    time: Sequence[Term]
    last: Sequence[Term] = ()

    def rows(self, run: Run) -> np.ndarray:
        """Which they are, in honest proofs."""
        return np.flatnonzero(run.value(self.ctx.number, self.chosen))


class Timeline(Private):
    """same: the next row has the same keys; tied: and the same time. Without `last` on either side the rows of one time
    that are read off come first, in any order."""

    def __init__(self, board: Board, read: Side, ask: Side) -> None:
        self.read, self.ask = read, ask
        self._brought: list[tuple[Term, Term, Term]] = []  # on rows that are read off, on rows that ask, here
        super().__init__(board, self._order)
        self.side = self.bring(const(1), const(0), "of the rows read off")
        keys = [self._part(mine, theirs) for mine, theirs in zip(read.keys, ask.keys, strict=True)]
        time, last = self._part(read.time, ask.time), self._part(read.last, ask.last)
        parts = [(part, [self.ctx.next_row(limb) for limb in part]) for part in (*keys, time, last)]
        if not last:
            parts[-1] = [(1 - self.side).within(0, 1)], [(1 - self.ctx.next_row(self.side)).within(0, 1)]
        equal = self.ascend(self.more, [low for low, _ in parts], [high for _, high in parts], "timeline")
        self.same = equal[len(keys) - 1] if keys else self.more
        self.tied = equal[len(keys)]

    def bring(self, read: Term, ask: Term, name: str = "a copy") -> Term:
        """A column with one value of the rows that are read off and another of those that ask, both known by now."""
        column = self.column(name, max(read.hi, ask.hi), lambda run, order: self._both(run, read, ask)[order])
        self.join(read, ask, column)
        return column

    def told(self, column: Term, side: Side, name: str, other: Term) -> Term:
        """A column here as the rows of one side have it in their own table; `other` on the rest of that."""
        told = side.ctx.free(name, lambda run: self._scatter(run, side, column, other), min(other.lo, 0), column.hi)
        side.ctx.zero(f"rows that do not count have the default: {name}", (1 - side.chosen) * (told - other))
        return told

    def join(self, read: Term, ask: Term, column: Term) -> None:
        """A column here is one value of the rows that are read off and another of those that ask."""
        self._brought.append((read, ask, column))

    def finish(self) -> None:
        """The bus, once all is known that is brought or told."""
        bus = self.ctx.board.bus(len(self._brought))
        read, ask, here = (list(each) for each in zip(*self._brought, strict=True))
        self.read.ctx.send(bus, self.read.chosen, *read, name=ROWS)
        self.ask.ctx.send(bus, self.ask.chosen, *ask, name=ROWS)
        self.ctx.send(bus, (0 - self.used).within(-1, 0), *here, name=ROWS)

    def starts(self, run: Run) -> np.ndarray:
        """Of each used row, whether it is the first with its keys."""
        same = run.value(self.ctx.number, self.same)
        return np.append(True, same[:-1] == 0)[: len(run.orders[self.ctx.number])]

    def _part(self, read: Sequence[Term], ask: Sequence[Term]) -> list[Term]:
        return [self.bring(x, y) for x, y in zip(read, ask, strict=True)]

    # The honest table: its rows are numbered with those that are read off first, then those that ask

    def _both(self, run: Run, read: Term, ask: Term) -> np.ndarray:
        sides = ((self.read, read), (self.ask, ask))
        return np.concatenate([run.value(side.ctx.number, e)[side.rows(run)] for side, e in sides])

    def _order(self, run: Run) -> np.ndarray:
        pairs = list(zip((*self.read.keys, self.read.time), (*self.ask.keys, self.ask.time), strict=True))
        limbs = [self._both(run, x, y) for mine, theirs in pairs for x, y in zip(mine, theirs, strict=True)]
        return np.lexsort(packed(limbs)[::-1])

    def _scatter(self, run: Run, side: Side, column: Term, other: Term) -> np.ndarray:
        """The column on the rows of one side; `other` on the rest of their table."""
        order, size = run.orders[self.ctx.number], len(self.read.rows(run))
        there = order >= size if side is self.ask else order < size
        told = run.value(side.ctx.number, other).copy()
        told[side.rows(run)[order[there] - (size if side is self.ask else 0)]] = run.value(self.ctx.number, column)[
            : len(order)
        ][there]
        return told
