"""Whether a row's key is in a set, answered both ways: the rows that ask and the set's rows in one private table.

The table has them in ascending order of the key; `side` is 1 on a row of the set, 0 on one that asks, and of equal keys
the set's rows come first. So the side of a run's first row says whether the key is in the set, and all rows of the run
repeat it. One bus takes the set's rows with their values, another the asking rows with what they were told: whether
they are found, and the values, which are the same along a run. Where nothing is found they have their own default.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from zkcompliance.claim.compile.context import Table
from zkcompliance.claim.compile.private import Private
from zkcompliance.claim.compile.run import Run, packed
from zkcompliance.claim.compile.terms import Term
from zkcompliance.stark.air.program import Kind

Columns = list[np.ndarray]
SET_ROWS = "the set's rows"  # name of the bus that brings them


class SetRows:
    """The set: tuples (limbs of the key, most significant last; then limbs of the values) sent by some table."""

    def __init__(self, width: int, send: Callable[[int], None], columns: Callable[[Run], Columns]) -> None:
        self.width = width
        self.send = send  # to a bus
        self.columns = columns  # what is sent, in honest proofs: each (rows of the set,) int64


class Merged(Private):
    """asked: the key's limbs on the rows of `ctx`, least significant first; they ask where `act` is 1.

    found: 1 or 0 on rows that ask, 0 elsewhere; values: the set's where found, else the default. Beside each default
    stands the largest value that the set's rows may have.
    """

    def __init__(
        self,
        ctx: Table,
        act: Term,
        asked: Sequence[Term],
        source: SetRows,
        defaults: Sequence[tuple[Term, int]] = (),
    ) -> None:
        self.asking, self.act, self.asked, self.source = ctx, act, list(asked), source
        super().__init__(ctx.board, self._order)
        width = len(self.asked)
        self.keys = [self.column("a copy", (1 << 16) - 1, self._copy(j)) for j in range(width)]
        ahead = [self.ctx.next_row(key) for key in self.keys]
        self.same = self.ascend(self.more, [self.keys[::-1]], [ahead[::-1]], "merged")[-1]
        self.side = self.column("of the set", 1, lambda run, order: (order < self._size(run)).astype(np.int64))
        self.ctx.zero("of the set is 0 or 1", self.side * (self.side - 1))
        self.ctx.zero("the set comes first", self.same * ((1 - self.side) * self.ctx.next_row(self.side)))
        number, here = self.ctx.number, ctx.number
        told = self.ctx.free("in the set", self._leading, 0, 1)
        self.ctx.zero("the first row says whether it is in the set", told - self.side, Kind.FIRST)
        follows = self.same * told + (self.more - self.same) * self.ctx.next_row(self.side)
        self.ctx.zero("a first row says it, the others repeat it", self.ctx.next_row(told) - follows, Kind.TRANSITION)
        self.found = ctx.free("found", lambda run: self._scatter(run, run.value(number, told), 0), 0, 1)
        ctx.zero("only rows that count find", (self.found * (1 - act)).within(0, 1))
        self.values: list[Term] = []
        brought: list[Term] = []
        for j, (default, top) in enumerate(defaults):

            def fill(run: Run, j: int = j, default: Term = default) -> np.ndarray:
                theirs = self._first_values(run, j)
                own = run.value(here, default)
                return np.where(run.value(here, self.found) == 1, self._scatter(run, theirs, 0), own)

            value = ctx.free("looked up", fill, min(default.lo, 0), max(default.hi, top))
            ctx.zero("the default where nothing is found", (1 - self.found) * (value - default))
            self.values.append(value)
            copied = self.column("a value", value.hi, self._brought(j, value))
            self.ctx.zero("a key has one value", self.same * (self.ctx.next_row(copied) - copied))
            brought.append(copied)
        self._buses(told, brought)

    def _buses(self, told: Term, brought: list[Term]) -> None:
        board = self.ctx.board
        given, asking = board.bus(self.source.width), board.bus(len(self.asked) + 1 + len(self.values))
        self.source.send(given)
        self.ctx.send(given, (0 - self.side).within(-1, 0), *self.keys, *brought, name=SET_ROWS)
        self.asking.send(asking, self.act, *self.asked, self.found, *self.values, name="rows that ask")
        self.ctx.send(asking, (self.side - self.used).within(-1, 0), *self.keys, told, *brought, name="rows that ask")

    # The honest table: its rows are numbered with those of the set first, then those that ask

    def _size(self, run: Run) -> int:
        return len(self.source.columns(run)[0])

    def _rows(self, run: Run) -> np.ndarray:
        return np.flatnonzero(run.value(self.asking.number, self.act))

    def _both(self, run: Run, j: int) -> np.ndarray:
        mine = run.value(self.asking.number, self.asked[j])[self._rows(run)]
        return np.concatenate([self.source.columns(run)[j], mine])

    def _order(self, run: Run) -> np.ndarray:
        return np.lexsort(packed([self._both(run, j) for j in reversed(range(len(self.asked)))])[::-1])

    def _copy(self, j: int) -> Callable[[Run, np.ndarray], np.ndarray]:
        return lambda run, order: self._both(run, j)[order]

    def _leaders(self, run: Run) -> np.ndarray:
        """Of each used row the first of its run."""
        count = len(run.orders[self.ctx.number])
        starts = np.append(True, run.value(self.ctx.number, self.same)[:-1] == 0)[:count]
        return np.asarray(np.maximum.accumulate(np.where(starts, np.arange(count), 0)))

    def _leading(self, run: Run) -> np.ndarray:
        leading = np.zeros(run.tables[self.ctx.number].total, np.int64)
        leaders = self._leaders(run)
        leading[: len(leaders)] = run.value(self.ctx.number, self.side)[leaders]
        return leading

    def _first_values(self, run: Run, j: int) -> np.ndarray:
        """On each used row, value j of its run's first row, where that is of the set."""
        order = run.orders[self.ctx.number]
        theirs = self.source.columns(run)[len(self.asked) + j]
        at = order[self._leaders(run)]
        if not len(theirs):
            return np.zeros(len(at), np.int64)
        return np.asarray(np.where(at < len(theirs), theirs[np.minimum(at, len(theirs) - 1)], 0))

    def _scatter(self, run: Run, values: np.ndarray, other: int) -> np.ndarray:
        """Values of the used rows, on the rows that ask; `other` on the rest."""
        order, size, rows = run.orders[self.ctx.number], self._size(run), self._rows(run)
        placed = np.full(run.tables[self.asking.number].total, other, np.int64)
        asks = order >= size
        placed[rows[order[asks] - size]] = values[: len(order)][asks]
        return placed

    def _brought(self, j: int, value: Term) -> Callable[[Run, np.ndarray], np.ndarray]:
        def fill(run: Run, order: np.ndarray) -> np.ndarray:
            mine = run.value(self.asking.number, value)[self._rows(run)]
            return np.asarray(np.concatenate([self.source.columns(run)[len(self.asked) + j], mine])[order])

        return fill
