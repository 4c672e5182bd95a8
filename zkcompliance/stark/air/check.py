"""A plain evaluator of tables on their rows, and a checker that reports every failure with its row.

It is the slow twin of the machine and of the buses: numpy on 64-bit integers, lookups as sets, no challenge anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from zkcompliance.stark.air.cells import RANGE_SIZE
from zkcompliance.stark.air.program import Kind, Op
from zkcompliance.stark.air.shape import Instance, Layout
from zkcompliance.stark.air.tally import Columns, lookup_rows
from zkcompliance.stark.field.babybear import P


@dataclass(frozen=True)
class Failure:
    """A requirement that a row (or, row None, the statement) does not meet."""

    requirement: str
    row: int | None
    instance: int

    def __str__(self) -> str:
        return f"{self.requirement} (instance {self.instance}{'' if self.row is None else f', row {self.row}'})"


ROWS_AT_ONCE = 1 << 15  # so that the values of a few nodes stay in the cache; no buckets are more, nor divide it not


def node_values(instance: Instance, log: np.ndarray | None, witness: np.ndarray, rows: slice | None = None) -> Columns:
    """A function from a node to its values (N,) int64 on all rows; log (w, N) has every log column.

    rows: of these alone, a slice with both ends.
    """
    return _NodeValues(instance, log, witness, rows or slice(0, instance.rows))


def values_in_parts(instance: Instance, log: np.ndarray | None, witness: np.ndarray) -> Iterator[Columns]:
    """The same, part after part of the rows, for what needs no row beside another."""
    for first in range(0, instance.rows, ROWS_AT_ONCE):
        yield node_values(instance, log, witness, slice(first, min(first + ROWS_AT_ONCE, instance.rows)))


class _NodeValues:
    """The values of nodes, each found once, and gone with the last that refers to this.

    A function that calls itself would refer to itself: its columns would stay until Python looks for cycles, which
    arrays give it no reason to, and at 2^20 rows they are a gigabyte beside the proof.
    """

    def __init__(self, instance: Instance, log: np.ndarray | None, witness: np.ndarray, rows: slice) -> None:
        self._instance, self._log, self._witness, self._rows = instance, log, witness, rows
        self._known: dict[int, np.ndarray] = {}

    def __call__(self, node: int) -> np.ndarray:
        if node not in self._known:
            self._known[node] = self._found(node)
        return self._known[node]

    def _found(self, node: int) -> np.ndarray:
        instance, log, rows = self._instance, self._log, self._rows
        count = rows.stop - rows.start
        op, a, b = instance.air.nodes[node]
        if op == Op.CONST:
            column = np.full(count, a, np.int64)
        elif op == Op.LOG and log is not None:
            column = log[a, rows].astype(np.int64)
        elif op == Op.WIT:
            column = self._witness[a, rows].astype(np.int64)
        elif op == Op.NEXT:
            column = np.empty(count, np.int64)
            column[:-1] = self._witness[a, rows.start + 1 : rows.stop]
            column[-1] = self._witness[a, rows.stop % instance.rows]
        elif op == Op.ADD:
            column = (self(a) + self(b)) % P
        elif op == Op.SUB:
            column = (self(a) - self(b)) % P
        elif op == Op.MUL:
            column = self(a) * self(b) % P
        elif op in (Op.FIRST, Op.LAST):
            column = np.zeros(count, np.int64)
            if op == Op.FIRST and rows.start == 0:
                column[0] = 1
            elif op == Op.LAST and rows.stop == instance.rows:
                column[-1] = 1
        elif op == Op.BUCKET:
            column = np.arange(rows.start, rows.stop) % instance.buckets
        else:  # what is a constant of a part is CONST in the union
            raise ValueError(f"node {node} is {Op(op).name}, which no instance of a union has")
        return column


def check_rows(number: int, layout: Layout, log: np.ndarray | None, witness: np.ndarray) -> list[Failure]:
    """Every constraint and lookup of one instance that fails, with each row."""
    instance = layout.instances[number]
    value = node_values(instance, log, witness)
    last = instance.rows - 1
    wanted = {
        Kind.EVERY: slice(None),
        Kind.FIRST: slice(0, 1),
        Kind.LAST: slice(last, None),
        Kind.TRANSITION: slice(0, last),
    }
    failures: list[Failure] = []

    def report(requirement: str, bad: np.ndarray, offset: int = 0) -> None:
        rows = (int(row) + offset for row in np.flatnonzero(bad))
        failures.extend(Failure(requirement, row, number) for row in rows)

    for constraint in instance.air.constraints:
        offset = last if constraint.kind == Kind.LAST else 0
        report(constraint.name, value(constraint.node)[wanted[constraint.kind]] != 0, offset)
    for interaction in instance.air.interactions:
        used = (
            np.ones(instance.rows, bool) if interaction.multiplicity is None else value(interaction.multiplicity) != 0
        )
        if layout.is_range(interaction.bus) and interaction.multiplicity is None:
            cells = number == len(layout.instances) - 1
            report("a cell has 16 bits" if cells else "16 bits", used & (value(interaction.nodes[0]) >= RANGE_SIZE))
        elif 0 < interaction.bus <= len(layout.lookup_values):
            rows = lookup_rows(value, interaction.nodes, layout, interaction.bus)
            report(f"lookup {interaction.bus - 1}", used & (rows < 0))
    return failures


def bucket_sums(instance: Instance, number: int, buckets: int, value: Columns) -> np.ndarray:
    """(limbs, buckets) int64: for sum `number`, selector·limb added over the rows i ≡ b mod buckets that there are."""
    total = instance.air.sums[number]
    selector = value(total.selector)
    return np.stack([(value(limb) * selector).reshape(-1, buckets).sum(axis=0) for limb in total.limbs])


def check_identities(layout: Layout, witness: list[np.ndarray], sums: list[np.ndarray]) -> list[Failure]:
    """Every linear identity that fails over the integers; sums[i] are the bucket sums of the i-th place.

    witness: of every instance; those with tallies have them in their weighed column, the cells table has v there.
    """
    weighed = {n: witness[n][i.weighed] for n, i in enumerate(layout.instances) if i.weighed is not None}
    cells = weighed[len(layout.instances) - 1]
    rows = [0] * len(layout.cells.identities)
    for place, buckets in zip(layout.cells.sums, sums, strict=True):
        for i, bucket in enumerate(buckets.reshape(-1)):
            rows[place.first_identity + i] = int(bucket)
    return [
        Failure(identity.name, None, len(layout.instances) - 1)
        for identity, row in zip(layout.cells.identities, rows, strict=True)
        if row
        + sum(int(cells[cell]) * weight for cell, weight in identity.cells)
        + sum(int(weighed[number][at]) * weight for number, at, weight in identity.tallies)
        + identity.constant
        != 0
    ]
