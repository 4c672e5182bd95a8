"""A plain evaluator of tables on their rows, and a checker that reports every failure with its row.

It is the slow twin of the machine and of the buses: numpy on 64-bit integers, lookups as sets, no challenge anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zkcompliance.air.cells import RANGE_SIZE
from zkcompliance.air.layout import Instance, Layout
from zkcompliance.air.program import RANGE_BUS, Kind, Op
from zkcompliance.field.babybear import P

Columns = Callable[[int], np.ndarray]


@dataclass(frozen=True)
class Failure:
    """A requirement that a row (or, row None, the statement) does not meet."""

    requirement: str
    table: int | None
    row: int | None
    instance: int

    def __str__(self) -> str:
        where = "cells" if self.table is None else f"table {self.table}, instance {self.instance}"
        return f"{self.requirement} ({where}{'' if self.row is None else f', row {self.row}'})"


def node_values(instance: Instance, log: np.ndarray | None, witness: np.ndarray) -> Callable[[int], np.ndarray]:
    """A function from a node to its values (N,) int64 on all rows; log (w, N) has every log column."""
    known: dict[int, np.ndarray] = {}

    def value(node: int) -> np.ndarray:
        if node in known:
            return known[node]
        op, a, b = instance.air.nodes[node]
        if op == Op.CONST:
            made = np.full(instance.rows, a, np.int64)
        elif op == Op.LOG and log is not None:
            made = log[a].astype(np.int64)
        elif op == Op.WIT:
            made = witness[a].astype(np.int64)
        elif op == Op.NEXT:
            made = np.roll(witness[a], -1).astype(np.int64)
        elif op == Op.ADD:
            made = (value(a) + value(b)) % P
        elif op == Op.SUB:
            made = (value(a) - value(b)) % P
        else:
            made = value(a) * value(b) % P
        known[node] = made
        return made

    return value


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
        failures.extend(Failure(requirement, instance.table, row, number) for row in rows)

    for constraint in instance.air.constraints:
        offset = last if constraint.kind == Kind.LAST else 0
        report(constraint.name, value(constraint.node)[wanted[constraint.kind]] != 0, offset)
    for interaction in instance.air.interactions:
        if interaction.bus == RANGE_BUS:
            if interaction.multiplicity is None or instance.table is not None:
                report("16 bits", value(interaction.nodes[0]) >= RANGE_SIZE)
        else:
            report(f"lookup {interaction.bus - 1}", lookup_rows(value, interaction.nodes, layout, interaction.bus) < 0)
    if instance.table is None:
        report("a cell has 16 bits", witness[2] >= RANGE_SIZE)
    return failures


def lookup_rows(value: Columns, nodes: tuple[int, ...], layout: Layout, bus: int) -> np.ndarray:
    """For each row the number of the public row that its tuple is, or −1."""
    values = [value(node) for node in nodes]
    found = np.full(values[0].shape, -1, np.int64)
    for number, row in reversed(list(enumerate(layout.lookup_values[bus - 1]))):
        same = np.ones(found.shape, bool)
        for column, entry in zip(values, row, strict=True):
            same &= column == entry
        found[same] = number
    return found


def bucket_sums(instance: Instance, number: int, buckets: int, value: Columns) -> np.ndarray:
    """(limbs, buckets) int64: for sum `number`, selector·limb added over the rows i ≡ b mod buckets."""
    total = instance.air.sums[number]
    selector = value(total.selector)
    return np.stack([(value(limb) * selector).reshape(-1, buckets).sum(axis=0) for limb in total.limbs])


def check_identities(layout: Layout, cells: np.ndarray, sums: list[np.ndarray]) -> list[Failure]:
    """Every linear identity that fails over the integers; sums[i] are the bucket sums of the i-th place."""
    rows = [0] * len(layout.cells.identities)
    for place, found in zip(layout.cells.sums, sums, strict=True):
        for i, bucket in enumerate(found.reshape(-1)):
            rows[place.first_identity + i] = int(bucket)
    return [
        Failure(identity.name, None, None, len(layout.instances) - 1)
        for identity, row in zip(layout.cells.identities, rows, strict=True)
        if row + sum(int(cells[cell]) * weight for cell, weight in identity.cells) + identity.constant != 0
    ]


def check_buses(layout: Layout, values: list[Columns], cells: np.ndarray) -> list[Failure]:
    """Every multiplicity that is not the number of its lookups; cells: the witness columns of the cells table.

    Values that no table holds are `check_rows`' to report.
    """
    number = len(layout.instances) - 1
    wanted = np.bincount(cells[2][cells[2] < RANGE_SIZE], minlength=RANGE_SIZE)
    found = [np.zeros(len(rows), np.int64) for rows in layout.lookup_values]
    for instance, value in zip(layout.instances[:-1], values, strict=True):
        for interaction in instance.air.interactions:
            if interaction.bus == RANGE_BUS:
                looked_up = value(interaction.nodes[0])
                wanted += np.bincount(looked_up[looked_up < RANGE_SIZE], minlength=RANGE_SIZE)
            else:
                rows = lookup_rows(value, interaction.nodes, layout, interaction.bus)
                found[interaction.bus - 1] += np.bincount(rows[rows >= 0], minlength=len(found[interaction.bus - 1]))
    held, first, inverse = np.unique(cells[0], return_index=True, return_inverse=True)
    counted = np.zeros(held.shape, np.int64)
    np.add.at(counted, inverse.reshape(-1), cells[1].astype(np.int64))
    real = np.where(held < RANGE_SIZE, wanted[np.minimum(held, RANGE_SIZE - 1)], 0)
    failures = [
        Failure("a value is looked up as often as its multiplicity says", None, int(first[i]), number)
        for i in np.flatnonzero((counted - real) % P)
    ]
    missing = wanted.copy()
    missing[held[held < RANGE_SIZE]] = 0
    failures += [
        Failure(f"{int(value)} is looked up and in the range table", None, None, number)
        for value in np.flatnonzero(missing)
    ]
    for lookup, (start, public) in enumerate(zip(layout.cells.lookups, layout.lookup_values, strict=True)):
        stated: dict[tuple[int, ...], int] = {}  # equal public rows are one
        for position, (row, count) in enumerate(zip(public, found[lookup], strict=True)):
            low, high = int(cells[2][start + 2 * position]), int(cells[2][start + 2 * position + 1])
            stated[row] = (stated.get(row, 0) + low + (high << 16) - int(count)) % P
        failures += [
            Failure(f"row {public.index(row)} of lookup {lookup} is looked up as often as it says", None, None, number)
            for row, difference in stated.items()
            if difference
        ]
    return failures


def check_blinds(layout: Layout, blinds: list[np.ndarray]) -> list[Failure]:
    """The blinds of all instances cancel in each of the six coefficients."""
    sums = sum((blind.reshape(-1, 8).astype(np.int64).sum(axis=0) % P for blind in blinds), np.zeros(8, np.int64)) % P
    return [
        Failure(f"the blinds cancel in coefficient {i}", None, None, len(layout.instances) - 1)
        for i in np.flatnonzero(sums[:6])
    ]
