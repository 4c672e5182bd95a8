"""How often each value and each public row is looked up, and what is on the general buses: plain counting."""

from __future__ import annotations

from collections.abc import Callable

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


def tally(layout: Layout, values: list[Columns]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Lookups of every 16-bit value on each range bus (R, 2^16), and of every row of each public table.

    values: the node values of every instance but the cells table. What no table holds is not counted.
    """
    ranges = np.zeros((len(layout.table.ranges), RANGE_SIZE), np.int64)
    rows = [np.zeros(len(public), np.int64) for public in layout.lookup_values]
    for instance, value in zip(layout.instances[:-1], values, strict=True):
        for interaction in instance.air.interactions:
            weights = multiplicities(instance, interaction, value)
            if layout.is_range(interaction.bus):
                asked = value(interaction.nodes[0])
                _count(ranges[layout.table.ranges.index(interaction.bus)], asked, weights, asked < RANGE_SIZE)
            elif interaction.bus <= len(rows):
                asked = lookup_rows(value, interaction.nodes, layout, interaction.bus)
                _count(rows[interaction.bus - 1], asked, weights, asked >= 0)
    return ranges, rows


def _count(counts: np.ndarray, asked: np.ndarray, weights: np.ndarray, known: np.ndarray) -> None:
    if (weights == 1).all():
        counts += np.bincount(asked[known], minlength=len(counts))
    else:
        np.add.at(counts, asked[known], weights[known])
