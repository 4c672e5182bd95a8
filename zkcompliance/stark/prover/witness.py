"""From log tables and a claim's private columns to the full trace of every instance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from zkcompliance.stark.air.cells import CARRY_OFFSET, HIGH_SHIFT, RANGE_SIZE, TALL_CELLS, TOP_SHIFT
from zkcompliance.stark.air.check import (
    Failure,
    bucket_sums,
    check_identities,
    check_rows,
    node_values,
    values_in_parts,
)
from zkcompliance.stark.air.check_buses import check_blinds, check_buses, check_general_buses
from zkcompliance.stark.air.shape import Layout
from zkcompliance.stark.air.tally import Columns, tally
from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.field import workspace
from zkcompliance.stark.field.babybear import P


@dataclass
class Trace:
    """witness[i] (columns + blind, N) of every instance, the cells table last; tables: the log behind an instance."""

    tables: dict[int, SealedTable]
    witness: list[np.ndarray]

    def log_columns(self, number: int) -> np.ndarray | None:
        """(w, N) committed columns behind an instance; None for private tables and cells."""
        return columns_of(self.tables, number)


def log_tables(tables: list[SealedTable]) -> dict[int, SealedTable]:
    """The sealed tables of all segments, by the number of their instance: they come first, in statement order."""
    return dict(enumerate(tables))


def columns_of(tables: dict[int, SealedTable], number: int) -> np.ndarray | None:
    return tables[number].columns if number in tables else None


def build_trace(
    layout: Layout,
    tables: list[SealedTable],
    private: list[np.ndarray],
    unknowns: list[int],
    stream: Keystream,
) -> Trace:
    """Fill tallies, cells, multiplicities and blinds around the private columns (witness columns, N) of each part.

    tables: of every segment; private: claim by claim, table by table, segment by segment of its slot; unknowns: of
    every claim in order. A value that no table holds, or an unknown that does not fit, is left out of the
    multiplicities or truncated: the trace is then false and `check_trace` says where.
    """
    logs = log_tables(tables)
    columns = join_parts(layout, private)

    def values(number: int) -> Iterator[Columns]:
        return values_in_parts(layout.instances[number], columns_of(logs, number), columns[number])

    sums = place_sums(layout, values)
    fill_tallies(layout, sums, columns)  # which no sum reads, but asks do
    table = layout.table
    cells = cell_values(layout, sums, unknowns)
    each = enumerate(layout.instances[:-1])
    ranges, counts = tally(layout, ((instance, value) for number, instance in each for value in values(number)))
    for first, count in zip(layout.cells.lookups, counts, strict=True):
        cells[first : first + 2 * len(count) : 2] = count & 0xFFFF
        cells[first + 1 : first + 2 * len(count) : 2] = count >> 16
    ranges[-1] += np.bincount(cells[cells < RANGE_SIZE], minlength=RANGE_SIZE)
    last, rows = RANGE_SIZE // table.pairs, layout.instances[-1].rows
    own = workspace.zeros(table.cells + 2, rows)
    own[0] = np.minimum(np.arange(rows), last - 1)
    for bus, count in enumerate(ranges):
        own[table.multiplicities(bus), :last] = count.reshape(last, table.pairs).T
    own[table.cells] = cells
    columns.append(own)
    draw_blinds(columns, stream)
    return Trace(logs, columns)


def join_parts(layout: Layout, private: list[np.ndarray]) -> list[np.ndarray]:
    """The witness columns of every instance but the cells table, and room for its blind; tallies are zero.

    private: of every part, in the order of `parts_of`.
    """
    columns = [workspace.zeros(i.air.witness + 1, i.rows) for i in layout.instances[:-1]]
    members = [i.member for i in layout.instances[:-1] if i.member is not None]
    places = sorted(
        ((part.claim, part.table, part.segment), number, member.witness_of(at))
        for number, member in enumerate(members)
        for at, part in enumerate(member.parts)
    )
    for (_, number, place), own in zip(places, private, strict=True):
        columns[number][place] = own
    return columns


def place_sums(layout: Layout, values: Callable[[int], Iterable[Columns]]) -> list[np.ndarray]:
    """The bucket sums of every place, from the node values of each instance but the cells table, in parts."""
    found: list[np.ndarray | int] = [0] * len(layout.cells.sums)
    for number, instance in enumerate(layout.instances[:-1]):
        places = [(at, place) for at, place in enumerate(layout.cells.sums) if place.instance == number]
        for value in values(number) if places else ():
            for at, place in places:
                found[at] = found[at] + bucket_sums(instance, place.position, place.buckets, value)
    return [np.asarray(sums) for sums in found]


def split_sum(buckets: np.ndarray) -> np.ndarray:
    """(limbs·buckets, 2): A and B of each, the sum being A + 2^14·B."""
    flat = buckets.reshape(-1)
    return np.stack([flat & ((1 << HIGH_SHIFT) - 1), (flat >> HIGH_SHIFT) & 0xFFFF], axis=1)


def fill_tallies(layout: Layout, sums: list[np.ndarray], columns: list[np.ndarray]) -> None:
    """Write A and B of tall sums into the tallies of their instances."""
    for place, buckets in zip(layout.cells.sums, sums, strict=True):
        column = layout.instances[place.instance].weighed
        if place.first_tally is not None and column is not None:
            pairs = split_sum(buckets).reshape(-1)
            columns[place.instance][column, place.first_tally : place.first_tally + pairs.size] = pairs


def cell_values(layout: Layout, sums: list[np.ndarray], unknowns: list[int]) -> np.ndarray:
    """(N,) int64: sums split as A + 2^14·B, or their totals, unknowns in limbs, carries by following each equation."""
    cells = np.zeros(layout.instances[-1].rows, np.int64)
    places = layout.cells
    for place, buckets in zip(places.sums, sums, strict=True):
        pairs = split_sum(buckets)
        if place.first_tally is None:
            cells[place.first_cell : place.first_cell + pairs.size] = pairs.reshape(-1)
            continue
        for limb, (low, high) in enumerate(pairs.reshape(place.limbs, place.buckets, 2).sum(axis=1)):
            top = (high >> 16) & 0x7F
            first = place.first_cell + TALL_CELLS * limb
            cells[first : first + TALL_CELLS] = [
                low & ((1 << HIGH_SHIFT) - 1), low >> HIGH_SHIFT, high & 0xFFFF, top, top << TOP_SHIFT
            ]  # fmt: skip
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


def draw_blinds(columns: list[np.ndarray], stream: Keystream) -> None:
    """A uniform blind in the last row of each; their sums Σ w_i·blind_i over all instances cancel."""
    total = np.zeros(8, np.int64)
    for number, part in enumerate(columns):
        blind = stream.field(f"blind {number}", part.shape[1])
        if number == len(columns) - 1:
            sums = blind.reshape(-1, 8).astype(np.int64).sum(axis=0)
            blind[:8] = (blind[:8] - sums - total) % P
        total += blind.reshape(-1, 8).astype(np.int64).sum(axis=0) % P
        part[-1] = blind


def check_trace(layout: Layout, trace: Trace) -> list[Failure]:
    """Everything that is false in this trace."""
    failures: list[Failure] = []
    values: list[Columns] = []
    for number, instance in enumerate(layout.instances):
        failures += check_rows(number, layout, trace.log_columns(number), trace.witness[number])
        if instance.member is not None:
            values.append(node_values(instance, trace.log_columns(number), trace.witness[number]))
    failures += check_identities(layout, trace.witness, place_sums(layout, lambda at: [values[at]]))
    failures += check_buses(layout, values, trace.witness[-1]) + check_general_buses(layout, values)
    return failures + check_blinds(layout, [columns[-1] for columns in trace.witness])
