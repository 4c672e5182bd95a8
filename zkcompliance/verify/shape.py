"""The shape of a proof: instances, heights, chunks and the folding schedule, all from the statement and the program.

Every limit on the verifier's work is checked here, before a byte of the proof is read (docs/spec/air.md, fri.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from zkcompliance import limits
from zkcompliance.errors import ParametersRejected
from zkcompliance.verify.cells import Layout, buckets, lay_out
from zkcompliance.verify.degrees import ALGEBRAIC, chunk_count, constraint_degrees, true_weights
from zkcompliance.verify.field import P
from zkcompliance.verify.instances import Instance, instances_of
from zkcompliance.verify.profile import Profile
from zkcompliance.verify.program import Program
from zkcompliance.verify.reader import at_most
from zkcompliance.verify.statement import Statement
from zkcompliance.verify.table import BUCKET, RANGE_BUS

FINAL_LOG2 = 8


class Layer(NamedTuple):
    """A FRI layer of capacity 2^size, folded by 2^arity_log; `rolls_in` if a height enters after the fold."""

    size: int
    arity_log: int
    rolls_in: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything about a proof that is known before it is read."""

    profile: Profile
    program: Program
    publics: tuple[int, ...]
    instances: tuple[Instance, ...]  # the cells instance last
    heights: tuple[int, ...]  # distinct κ, descending
    chunks: tuple[int, ...]  # quotient chunks of each height
    layers: tuple[Layer, ...]
    final_size: int  # log2 of the capacity after the last fold
    layout: Layout
    algebraic_degree: int
    fractions: int  # over all rows, and the rows of the public tables

    def at_height(self, height: int) -> list[int]:
        """The instances of one height, in order."""
        return [i for i, instance in enumerate(self.instances) if instance.kappa == height]


def shape_of(statement: Statement, program: Program) -> Shape:
    """Raises ParametersRejected or LimitExceeded. The statement fits the program (see `binding`)."""
    profile = statement.profile
    instances = instances_of(statement, program)  # first: their number bounds the layout's loops
    layout = lay_out(statement, program)
    _check_buses(program, instances)
    heights = tuple(sorted({instance.kappa for instance in instances}, reverse=True))
    chunks: list[int] = []
    for height in heights:
        coefficients = max(_quotient_coefficients(profile, i) for i in instances if i.kappa == height)
        chunks.append(chunk_count(profile, height, coefficients))
        if chunks[-1] > profile.blowup:
            raise ParametersRejected(f"constraints at capacity 2^{height} have too high a degree")
    columns = sum(_columns(instance) for instance in instances) + sum(6 * (c + 1) for c in chunks)
    at_most(columns, limits.MAX_COLUMNS, "opened columns")
    layers, final_size = schedule(heights)
    degree = max(max(constraint_degrees(instance.table, ALGEBRAIC)) for instance in instances)
    fractions = sum(len(instance.table.interactions) << instance.k for instance in instances)
    fractions += sum(len(lookup.rows) for lookup in program.lookups)
    return Shape(
        profile=profile,
        program=program,
        publics=statement.publics,
        instances=instances,
        heights=heights,
        chunks=tuple(chunks),
        layers=layers,
        final_size=final_size,
        layout=layout,
        algebraic_degree=degree,
        fractions=fractions,
    )


def schedule(heights: tuple[int, ...]) -> tuple[tuple[Layer, ...], int]:
    """Folds of arity 8, smaller where that meets the next height exactly, down to capacity 2^8 or less."""
    layers: list[Layer] = []
    current = heights[0]
    while True:
        below = max((h for h in heights if h < current), default=None)
        if below is None and current <= FINAL_LOG2:
            return tuple(layers), current
        arity_log = 3 if below is None else min(3, current - below)
        layers.append(Layer(current, arity_log, current - arity_log in heights))
        current -= arity_log


def _columns(instance: Instance) -> int:
    width = 0 if instance.entry is None else instance.entry.width
    return width + instance.witness_columns + 6 * instance.extension_columns


def _quotient_coefficients(profile: Profile, instance: Instance) -> int:
    """Δ − N + 1."""
    weights = true_weights(profile, instance.k, instance.kappa)
    return max(constraint_degrees(instance.table, weights)) - (1 << instance.k) + 1


def _check_buses(program: Program, instances: tuple[Instance, ...]) -> None:
    """Multiplicities are numbers mod p: what they may add up to on a bus must stay below p."""
    most = [0] * len(program.bus_widths)
    general = 1 + len(program.lookups)
    for instance in instances[:-1]:
        for bus, _, bound, nodes in instance.table.interactions:
            rows = 1 << instance.k
            if bus >= general and any(instance.table.nodes[i].op == BUCKET for i in nodes):
                rows //= buckets(instance.k)  # min(N, 2^14): a tuple lies in one bucket
            most[bus] += bound * rows
    most[RANGE_BUS] += 1 << instances[-1].k  # v; the fraction at t is the table's side
    if max(most) >= P:
        raise ParametersRejected("a bus has so many interactions that its multiplicities could wrap")
