"""From log tables and a claim's private columns to the full trace of every instance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zkcompliance.stark.air.cells import CARRY_OFFSET, HIGH_SHIFT, RANGE_SIZE
from zkcompliance.stark.air.check import Failure, bucket_sums, check_identities, check_rows, node_values
from zkcompliance.stark.air.check_buses import check_blinds, check_buses, check_general_buses
from zkcompliance.stark.air.shape import Layout
from zkcompliance.stark.air.tally import Columns, tally
from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.field.babybear import P


@dataclass
class Trace:
    """witness[i] (columns + blind, N) of every instance, the cells table last; tables: the log behind an instance."""

    tables: dict[int, SealedTable]
    witness: list[np.ndarray]

    def log_columns(self, number: int) -> np.ndarray | None:
        """(w, N) committed columns behind an instance; None for private tables and cells."""
        return columns_of(self.tables, number)


def log_tables(layout: Layout, tables: list[SealedTable]) -> dict[int, SealedTable]:
    """The sealed tables, given in instance order, by the number of their instance."""
    numbers = [number for number, instance in enumerate(layout.instances) if instance.entry is not None]
    return dict(zip(numbers, tables, strict=True))


def columns_of(tables: dict[int, SealedTable], number: int) -> np.ndarray | None:
    return tables[number].columns if number in tables else None


def build_trace(
    layout: Layout,
    tables: list[SealedTable],
    private: list[np.ndarray],
    unknowns: list[int],
    stream: Keystream,
) -> Trace:
    """Fill cells, multiplicities and blinds around the private columns (witness columns, N) of each program table.

    A value that no table holds, or an unknown that does not fit, is left out of the multiplicities or truncated: the
    trace is then false and `check_trace` says where.
    """
    logs = log_tables(layout, tables)
    values = [
        node_values(instance, columns_of(logs, number), columns)
        for number, (instance, columns) in enumerate(zip(layout.instances[:-1], private, strict=True))
    ]
    cells_instance = layout.instances[-1]
    cells = cell_values(layout, place_sums(layout, values), unknowns)
    lookups, counts = tally(layout, values)
    for first, count in zip(layout.cells.lookups, counts, strict=True):
        cells[first : first + 2 * len(count) : 2] = count & 0xFFFF
        cells[first + 1 : first + 2 * len(count) : 2] = count >> 16
    lookups += np.bincount(cells[cells < RANGE_SIZE], minlength=RANGE_SIZE)
    columns = np.zeros((3, cells_instance.rows), np.uint32)
    columns[0] = np.minimum(np.arange(cells_instance.rows), RANGE_SIZE - 1)
    columns[1, :RANGE_SIZE] = lookups
    columns[2] = cells
    return Trace(logs, _with_blinds([*private, columns], stream))


def place_sums(layout: Layout, values: list[Columns]) -> list[np.ndarray]:
    """The bucket sums of every place, from the node values of the program-table instances."""
    result = []
    for place in layout.cells.sums:
        for instance, value in zip(layout.instances[:-1], values, strict=True):
            if (instance.table, instance.segment) == (place.table, place.segment):
                result.append(bucket_sums(instance, place.sum, place.buckets, value))
    return result


def cell_values(layout: Layout, sums: list[np.ndarray], unknowns: list[int]) -> np.ndarray:
    """(N,) int64: sums split as A + 2^14·B, unknowns in limbs, carries by following each equation."""
    cells = np.zeros(layout.instances[-1].rows, np.int64)
    places = layout.cells
    for place, buckets in zip(places.sums, sums, strict=True):
        flat = buckets.reshape(-1)
        end = place.first_cell + 2 * flat.size
        cells[place.first_cell : end : 2] = flat & ((1 << HIGH_SHIFT) - 1)
        cells[place.first_cell + 1 : end : 2] = (flat >> HIGH_SHIFT) & 0xFFFF
    for (first, limbs), value in zip(places.unknowns, unknowns, strict=True):
        for limb in range(limbs):
            cells[first + limb] = value >> 16 * limb & 0xFFFF
    for chain in places.chains:
        for e in range(chain.digits - 1):
            identity = places.identities[chain.first_identity + e]
            carry = chain.first_cell + 2 * e
            rest = sum(int(cells[cell]) * weight for cell, weight in identity.cells if cell != carry)
            u = ((rest + identity.constant) >> 16) % (2 * CARRY_OFFSET)  # exact in an honest trace
            cells[carry], cells[carry + 1] = u, 4 * u
    return cells


def _with_blinds(columns: list[np.ndarray], stream: Keystream) -> list[np.ndarray]:
    """Append a uniform blind to each; over all instances their sums Σ w_i·blind_i cancel in each coefficient."""
    result = []
    total = np.zeros(8, np.int64)
    for number, part in enumerate(columns):
        blind = stream.field(f"blind {number}", part.shape[1])
        if number == len(columns) - 1:
            sums = blind.reshape(-1, 8).astype(np.int64).sum(axis=0)
            blind[:8] = (blind[:8] - sums - total) % P
        total += blind.reshape(-1, 8).astype(np.int64).sum(axis=0) % P
        result.append(np.concatenate([part, blind[None]]).astype(np.uint32))
    return result


def check_trace(layout: Layout, trace: Trace) -> list[Failure]:
    """Everything that is false in this trace."""
    failures: list[Failure] = []
    values: list[Columns] = []
    for number, instance in enumerate(layout.instances):
        failures += check_rows(number, layout, trace.log_columns(number), trace.witness[number])
        if instance.table is not None:
            values.append(node_values(instance, trace.log_columns(number), trace.witness[number]))
    failures += check_identities(layout, trace.witness[-1][2], place_sums(layout, values))
    failures += check_buses(layout, values, trace.witness[-1]) + check_general_buses(layout, values)
    return failures + check_blinds(layout, [columns[-1] for columns in trace.witness])
