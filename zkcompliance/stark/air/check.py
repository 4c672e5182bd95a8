"""A plain evaluator of tables on their rows, and a checker that reports every failure with its row.

It is the slow twin of the machine and of the buses: numpy on 64-bit integers, lookups as sets, no challenge anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zkcompliance.stark.air.cells import RANGE_SIZE
from zkcompliance.stark.air.program import RANGE_BUS, Kind, Op
from zkcompliance.stark.air.shape import Instance, Layout
from zkcompliance.stark.air.tally import Columns, lookup_rows
from zkcompliance.stark.field.babybear import P


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


def node_values(instance: Instance, log: np.ndarray | None, witness: np.ndarray) -> Columns:
    """A function from a node to its values (N,) int64 on all rows; log (w, N) has every log column."""
    known: dict[int, np.ndarray] = {}

    def value(node: int) -> np.ndarray:
        if node in known:
            return known[node]
        op, a, b = instance.air.nodes[node]
        if op == Op.CONST:
            column = np.full(instance.rows, a, np.int64)
        elif op == Op.LOG and log is not None:
            column = log[a].astype(np.int64)
        elif op == Op.WIT:
            column = witness[a].astype(np.int64)
        elif op == Op.NEXT:
            column = np.roll(witness[a], -1).astype(np.int64)
        elif op == Op.ADD:
            column = (value(a) + value(b)) % P
        elif op == Op.SUB:
            column = (value(a) - value(b)) % P
        elif op == Op.MUL:
            column = value(a) * value(b) % P
        elif op in (Op.FIRST, Op.LAST):
            column = np.zeros(instance.rows, np.int64)
            column[0 if op == Op.FIRST else -1] = 1
        elif op == Op.BUCKET:
            column = np.arange(instance.rows) % instance.buckets
        elif op == Op.PUBLIC:
            column = np.full(instance.rows, instance.publics[a] >> 16 * b & 0xFFFF, np.int64)
        else:
            column = np.full(instance.rows, instance.segment, np.int64)
        known[node] = column
        return column

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
        used = (
            np.ones(instance.rows, bool) if interaction.multiplicity is None else value(interaction.multiplicity) != 0
        )
        if interaction.bus == RANGE_BUS and instance.table is not None:
            report("16 bits", used & (value(interaction.nodes[0]) >= RANGE_SIZE))
        elif RANGE_BUS < interaction.bus <= len(layout.lookup_values):
            rows = lookup_rows(value, interaction.nodes, layout, interaction.bus)
            report(f"lookup {interaction.bus - 1}", used & (rows < 0))
    if instance.table is None:
        report("a cell has 16 bits", witness[2] >= RANGE_SIZE)
    return failures


def bucket_sums(instance: Instance, number: int, buckets: int, value: Columns) -> np.ndarray:
    """(limbs, buckets) int64: for sum `number`, selector·limb added over the rows i ≡ b mod buckets."""
    total = instance.air.sums[number]
    selector = value(total.selector)
    return np.stack([(value(limb) * selector).reshape(-1, buckets).sum(axis=0) for limb in total.limbs])


def check_identities(layout: Layout, cells: np.ndarray, sums: list[np.ndarray]) -> list[Failure]:
    """Every linear identity that fails over the integers; sums[i] are the bucket sums of the i-th place."""
    rows = [0] * len(layout.cells.identities)
    for place, buckets in zip(layout.cells.sums, sums, strict=True):
        for i, bucket in enumerate(buckets.reshape(-1)):
            rows[place.first_identity + i] = int(bucket)
    return [
        Failure(identity.name, None, None, len(layout.instances) - 1)
        for identity, row in zip(layout.cells.identities, rows, strict=True)
        if row + sum(int(cells[cell]) * weight for cell, weight in identity.cells) + identity.constant != 0
    ]
