"""Sums by key without a copy of the rows: they put digits on buses, and a table of results takes the sums off.

A row that is grouped sends, with multiplicity selected·digit_j, the tuple (its key's limbs, ORDINAL, BUCKET) on the bus
of digit j, and with multiplicity selected on a bus that counts. The table has one used row for each such tuple, which
takes S_j and c off. A tuple has the rows of one bucket of one segment, 2^14 at most, and a digit has 16 bits: what they
send for a digit is an integer A_j ≤ 2^14·(2^16 − 1) < p.

- The table's rows ascend strictly, by limbs of 16 bits: so a tuple stands on one row, and S_j = A_j mod p.
- S_j < 2^30 by range: with A_j < p this is S_j = A_j.
- 1 ≤ c ≤ 2^16 on used rows: so each of them has rows. What a row sends that counts has to be taken off there: so no
  key is left out, were all its digits 0.
- S_j and c are 0 on unused rows.

Rows of one key stand one after the other: sums run along them, and the last one is the group.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zkcompliance.claim.compile.asking import FrameRows
from zkcompliance.claim.compile.context import Board
from zkcompliance.claim.compile.private import Private
from zkcompliance.claim.compile.run import Run, packed
from zkcompliance.claim.compile.terms import HALF, RADIX, Term, const, in_field, leaf, wide
from zkcompliance.claim.meaning import core
from zkcompliance.limits import MAX_LOG_ROWS_LOG2, MAX_SEGMENTS
from zkcompliance.stark.air.cells import BUCKET_ROWS_LOG2, buckets_of
from zkcompliance.stark.air.program import Op

BUCKET_ROWS = 1 << BUCKET_ROWS_LOG2  # of one segment, at most
NAME = "sum by key"


class SumsByKey(Private):
    """The sums of the selected rows for each (key, segment, bucket). `same`: the next row has the same key."""

    def __init__(self, board: Board, source: FrameRows, rows: core.Rows, keys: tuple[core.Value, ...]) -> None:
        self.source = source
        self.selected = source.selected(rows)
        given = [source.digits_of(key) for key in keys]
        segment, bucket = (
            leaf(Op.ORDINAL, 0, 0, MAX_SEGMENTS - 1),
            leaf(Op.BUCKET, 0, 0, buckets_of(MAX_LOG_ROWS_LOG2) - 1),
        )
        there = source.ctx.number
        order = [*(limb for key in given for limb in reversed(key.limbs)), segment, bucket]
        self._given = list(dict.fromkeys(order))

        def place(run: Run) -> np.ndarray:
            """A row of the source for each tuple, in order; beside it, all rows in order and where tuples begin."""
            chosen = np.flatnonzero(run.value(there, self.selected))
            values = packed([run.value(there, limb)[chosen] for limb in order])
            at = np.lexsort(values[::-1])
            new = np.append(True, np.logical_or.reduce([v[at][1:] != v[at][:-1] for v in values]))[: len(at)]
            run.tuples[self.ctx.number] = chosen[at], np.flatnonzero(new)
            return np.asarray(chosen[at][new])

        super().__init__(board, place)
        copies = {limb: self._copy(limb) for limb in self._given}
        self._taken = list(copies.values())
        self.keys = [wide([copies[limb] for limb in key.limbs], 0, key.hi) for key in given]
        here = [[copies[limb] for limb in reversed(key.limbs)] for key in given]
        here.append([copies[segment], copies[bucket]])
        ahead = [[self.ctx.next_row(limb) for limb in limbs] for limbs in here]
        *_, self.same, all_same = self.ascend(self.more, here, ahead, f"order of each {NAME}")
        self.ctx.zero("a key has one row for each segment and bucket", all_same)
        self.count = self.column("rows of the key", HALF, lambda run, _: self._added(run, None), -HALF)
        self.ctx.require_16_bits(self.count.within(0, 1 << 16) - self.used, name=f"each {NAME} has rows")
        self._send(self.selected, self.count, 1, "rows of a key")

    def digits(self, node: core.Value) -> tuple[list[Term], list[Term]]:
        """(S_j, the part of each that is above 16 bits) of the value less its least or 0; S_j is an element of F."""
        sums, tops = [], []
        for limb in self.source.digits_of(node).limbs:
            x = self.source.ctx.flat(limb)
            if not self.source.ctx.asked(x):  # a verifier has to see that no digit is negative
                self.source.ctx.require_16_bits(x, name="a digit that is added by key")
            total = self.column(NAME, HALF, lambda run, _, x=x: self._added(run, x), -HALF)  # type: ignore[misc]
            top = const(0)
            if x.hi * BUCKET_ROWS >= RADIX:
                top = self.column(f"top of a {NAME}", HALF, lambda run, _, x=x: self._added(run, x) >> 16, -HALF)  # type: ignore[misc]
                self.ctx.require_16_bits(top, name=f"top of a {NAME}")
                self.ctx.below(top.within(0, RADIX - 1), BUCKET_ROWS)
            self.ctx.require_16_bits(low(total, top), name=NAME)
            self._send((self.selected * x).within(0, x.hi), total, RADIX - 1, NAME)
            sums.append(total)
            tops.append(top)
        return sums, tops

    def _copy(self, limb: Term) -> Term:
        source = self.source.ctx.number
        copied = self.column("a key's limb", RADIX - 1, lambda run, order: run.value(source, limb)[order])
        self.ctx.require_16_bits(copied, name="a key's limb")
        return copied

    def _send(self, times: Term, taken: Term, bound: int, name: str) -> None:
        """A bus of its own, on which what is taken off is the one free multiplicity."""
        bus = self.ctx.board.bus(len(self._given))
        self.source.ctx.send(bus, times, *self._given, name=name, bound=bound)
        self.ctx.send(bus, 0 - taken, *self._taken, name=name)

    def _added(self, run: Run, x: Term | None) -> np.ndarray:
        """The honest sums of a digit, or (None) how many rows there are, for each tuple."""
        rows, starts = run.tuples[self.ctx.number]
        if not len(rows):
            return np.zeros(0, np.int64)
        values = np.ones(len(rows), np.int64) if x is None else run.value(self.source.ctx.number, x)[rows]
        return np.add.reduceat(values, starts)


def low(total: Term, top: Term) -> Term:
    """S − 2^16·top, which has 16 bits: where S may pass p/2 no integer is meant before that."""
    return (total - in_field(top, const(RADIX))).within(0, RADIX - 1)


def limbs_of(sums: Sequence[Term], tops: Sequence[Term]) -> list[Term]:
    """Σ_j 2^(16j)·S_j in limbs below 2^17: the low part of each S_j, and the top of the one before."""
    lows = [low(total, top) for total, top in zip(sums, tops, strict=True)]
    above = [top.within(0, BUCKET_ROWS - 1) for top in tops]
    return [a + b for a, b in zip([*lows, const(0)], [const(0), *above], strict=True)]
