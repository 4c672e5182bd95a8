"""The checker's view of the buses: multiplicities that are true, general buses that balance, blinds that cancel."""

from __future__ import annotations

import numpy as np

from zkcompliance.stark.air.cells import RANGE_SIZE
from zkcompliance.stark.air.check import Failure
from zkcompliance.stark.air.shape import Layout
from zkcompliance.stark.air.tally import Columns, multiplicities, tally
from zkcompliance.stark.field.babybear import P


def check_general_buses(layout: Layout, values: list[Columns]) -> list[Failure]:
    """Every tuple on a general bus whose multiplicities do not add up to zero, at the first row that has it."""
    failures = []
    for at, bus in enumerate(layout.general_buses):
        tuples, weights, places = [], [], []
        for number, (instance, value) in enumerate(zip(layout.instances[:-1], values, strict=True)):
            for interaction in instance.air.interactions:
                if interaction.bus == bus:
                    tuples.append(np.stack([value(node) for node in interaction.nodes], axis=1))
                    weights.append(multiplicities(instance, interaction, value))
                    places.append(np.stack([np.full(instance.rows, number), np.arange(instance.rows)], axis=1))
        rows, held, where = np.concatenate(tuples), np.concatenate(weights), np.concatenate(places)
        rows, held, where = rows[held != 0], held[held != 0], where[held != 0]
        _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        totals = np.zeros(len(first), np.int64)
        np.add.at(totals, inverse.reshape(-1), held)
        for i in np.flatnonzero(totals % P):
            number, row = (int(x) for x in where[first[i]])
            failures.append(Failure(f"general bus {at} balances", row, number))
    return failures


def check_buses(layout: Layout, values: list[Columns], cells: np.ndarray) -> list[Failure]:
    """Every multiplicity that is not the number of its lookups; cells: the witness columns of the cells table.

    Values that no table holds are `check_rows`' to report.
    """
    number, table = len(layout.instances) - 1, layout.table
    ranges, row_counts = tally(layout, zip(layout.instances[:-1], values, strict=True))
    v = cells[table.cells]
    ranges[-1] += np.bincount(v[v < RANGE_SIZE], minlength=RANGE_SIZE)
    pairs = cells[0].astype(np.int64) * table.pairs + np.arange(table.pairs)[:, None]  # (2^e, N) values
    held, first, inverse = np.unique(pairs.reshape(-1), return_index=True, return_inverse=True)
    failures = []
    for bus, wanted in enumerate(ranges):
        counted = np.zeros(held.shape, np.int64)
        np.add.at(counted, inverse.reshape(-1), cells[table.multiplicities(bus)].astype(np.int64).reshape(-1))
        real = np.where(held < RANGE_SIZE, wanted[np.minimum(held, RANGE_SIZE - 1)], 0)
        failures += [
            Failure("a value is looked up as often as its multiplicity says", int(first[i] % pairs.shape[1]), number)
            for i in np.flatnonzero((counted - real) % P)
        ]
        missing = wanted.copy()
        missing[held[held < RANGE_SIZE]] = 0
        failures += [
            Failure(f"{int(value)} is looked up and in the range table", None, number)
            for value in np.flatnonzero(missing)
        ]
    for lookup, (start, public) in enumerate(zip(layout.cells.lookups, layout.lookup_values, strict=True)):
        stated: dict[tuple[int, ...], int] = {}  # equal public rows are one
        for position, (row, count) in enumerate(zip(public, row_counts[lookup], strict=True)):
            low, high = int(v[start + 2 * position]), int(v[start + 2 * position + 1])
            stated[row] = (stated.get(row, 0) + low + (high << 16) - int(count)) % P
        failures += [
            Failure(f"row {public.index(row)} of lookup {lookup} is looked up as often as it says", None, number)
            for row, difference in stated.items()
            if difference
        ]
    return failures


def check_blinds(layout: Layout, blinds: list[np.ndarray]) -> list[Failure]:
    """The blinds of all instances cancel in each of the six coefficients."""
    sums = sum((blind.reshape(-1, 8).astype(np.int64).sum(axis=0) % P for blind in blinds), np.zeros(8, np.int64)) % P
    return [
        Failure(f"the blinds cancel in coefficient {i}", None, len(layout.instances) - 1)
        for i in np.flatnonzero(sums[:6])
    ]
