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
