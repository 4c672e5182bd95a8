"""Rows of a frame in order of a key, in a private table: for uniqueness, chains, groups.

A bus carries every selected row to the table, +1 against −1: the table's used rows are those rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zkcompliance.claim.compile.asking import FrameRows
from zkcompliance.claim.compile.context import Board
from zkcompliance.claim.compile.private import Private
from zkcompliance.claim.compile.run import Run, packed
from zkcompliance.claim.compile.terms import Term, Wide, digits, wide
from zkcompliance.claim.meaning import core
from zkcompliance.stark.air.program import Op


class Moved(Private):
    """Selected rows of a frame as the used rows of a private table, in an order of the prover's choosing."""

    def __init__(
        self, board: Board, source: FrameRows, rows: core.Rows, order: Sequence[tuple[core.Value, int | None]]
    ) -> None:
        self.source = source
        self.selected = source.selected(rows)
        keys = [source.digits_of(key, low) for key, low in order]
        self._copies: dict[Term, Term] = {}
        there = source.ctx.number
        limbs = [limb for key in keys for limb in reversed(key.limbs)]

        def place(run: Run) -> np.ndarray:
            chosen = np.flatnonzero(run.value(there, self.selected))
            values = packed([run.value(there, limb)[chosen] for limb in limbs])
            return chosen[np.lexsort(values[::-1])] if values else chosen

        super().__init__(board, place)

    def copy(self, node: core.Value, low: int | None = None) -> Wide:
        """A value of the source's rows, here; 0 on rows that are not used."""
        w = self.source.digits_of(node, low)
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
        """The bus that brings the rows, once all is known that is copied."""
        bus = self.ctx.board.bus(max(1, len(self._copies)))
        given, taken = list(self._copies), list(self._copies.values())
        if not given:
            given, taken = [digits(1).limbs[0]], [digits(1).limbs[0]]
        self.source.ctx.send(bus, self.selected, *given, name="moved rows")
        self.ctx.send(bus, (0 - self.used).within(-1, 0), *taken, name="moved rows")


class Ordered(Moved):
    """The rows in ascending order of the keys. `same[i]`: the next row has the same first i + 1 keys."""

    def __init__(self, board: Board, source: FrameRows, rows: core.Rows, keys: tuple[core.Value, ...]) -> None:
        super().__init__(board, source, rows, [(key, None) for key in keys])
        self.keys = [self.copy(key) for key in keys]
        here = [list(reversed(key.limbs)) for key in self.keys]
        ahead = [[self.ctx.next_row(limb) for limb in limbs] for limbs in here]
        self.same = self.ascend(self.more, here, ahead, "order")
