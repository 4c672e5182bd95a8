"""How often each value and each public row is looked up, and what is on the general buses: plain counting."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from zkcompliance.stark.air.cells import RANGE_SIZE
from zkcompliance.stark.air.program import Interaction
from zkcompliance.stark.air.shape import Instance, Layout
from zkcompliance.stark.field.babybear import P

Columns = Callable[[int], np.ndarray]  # from a node to its values (N,) int64


def lookup_rows(value: Columns, nodes: tuple[int, ...], layout: Layout, bus: int) -> np.ndarray:
    """For each row the number of the public row that its tuple is, or −1."""
    values = [value(node) for node in nodes]
    numbers = np.full(values[0].shape, -1, np.int64)
    for number, row in reversed(list(enumerate(layout.lookup_values[bus - 1]))):
        same = np.ones(numbers.shape, bool)
        for column, entry in zip(values, row, strict=True):
            same &= column == entry
        numbers[same] = number
    return numbers


def multiplicities(instance: Instance, interaction: Interaction, value: Columns) -> np.ndarray:
    """(N,) int64 signed multiplicities, −p/2 < m < p/2."""
    if interaction.multiplicity is None:
        return np.ones(instance.rows, np.int64)
    raw = value(interaction.multiplicity)
    return np.where(raw > P // 2, raw - P, raw)


def tally(layout: Layout, parts: Iterable[tuple[Instance, Columns]]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Lookups of every 16-bit value on each range bus (R, 2^16), and of every row of each public table.

    parts: the node values of every instance but the cells table, of all rows or of some at a time. What no table holds
    is not counted.
    """
    ranges = np.zeros((len(layout.table.ranges), RANGE_SIZE), np.int64)
    rows = [np.zeros(len(public), np.int64) for public in layout.lookup_values]
    for instance, value in parts:
        for interaction in instance.air.interactions:
            if layout.is_range(interaction.bus):
                asked = value(interaction.nodes[0])
                counts, known = ranges[layout.table.ranges.index(interaction.bus)], asked < RANGE_SIZE
            elif interaction.bus <= len(rows):
                asked = lookup_rows(value, interaction.nodes, layout, interaction.bus)
                counts, known = rows[interaction.bus - 1], asked >= 0
            else:
                continue
            asked = asked if known.all() else asked[known]
            if interaction.multiplicity is None:
                counts += np.bincount(asked, minlength=len(counts))
            else:
                np.add.at(counts, asked, multiplicities(instance, interaction, value)[known])
    return ranges, rows
