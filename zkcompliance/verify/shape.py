"""The shape of a proof: instances, heights, chunks and the folding schedule, all from the statement and the program.

Every limit on the verifier's work is checked here, before a byte of the proof is read (docs/spec/air.md, fri.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from zkcompliance import limits
from zkcompliance.errors import ParametersRejected
from zkcompliance.verify.cells import Layout, lay_out
from zkcompliance.verify.degrees import ALGEBRAIC, chunk_count, constraint_degrees, true_weights
from zkcompliance.verify.field import P
from zkcompliance.verify.log import Entry
from zkcompliance.verify.profile import Profile
from zkcompliance.verify.program import (
    CONST,
    FIRST,
    LAST,
    LOG,
    MUL,
    NEXT,
    RANGE_BUS,
    SUB,
    TRANSITION,
    WIT,
    Constraint,
    Interaction,
    Node,
    Program,
    Table,
)
from zkcompliance.verify.reader import at_most
from zkcompliance.verify.statement import Statement

MIN_CELLS_LOG2 = 16
FINAL_LOG2 = 8
T, M, V = range(3)  # witness columns of the cells table

# t counts 0 … 65535 from the first row to the last; (t, m) is the range table and v holds the cells.
CELLS_TABLE = Table(
    log=0,
    witness=3,
    nodes=(
        Node(WIT, T, 0),
        Node(WIT, V, 0),
        Node(NEXT, T, 0),
        Node(SUB, 2, 0),  # t' − t
        Node(CONST, 1, 0),
        Node(SUB, 3, 4),  # t' − t − 1
        Node(MUL, 3, 5),
        Node(CONST, 65535, 0),
        Node(SUB, 0, 7),  # t − 65535
    ),
    constraints=(
        Constraint("t starts at 0", FIRST, 0),
        Constraint("t stays or counts up", TRANSITION, 6),
        Constraint("t ends at 65535", LAST, 8),
    ),
    interactions=(Interaction(RANGE_BUS, (0,)), Interaction(RANGE_BUS, (1,))),
    groups=(2,),
    sums=(),
)


class Instance(NamedTuple):
    """One table over one segment of 2^k rows with capacity 2^κ; `entry` is None for the cells instance."""

    table: Table
    number: int  # of the table in the program
    segment: int  # of its log
    entry: Entry | None
    k: int
    kappa: int
    log_columns: tuple[int, ...]  # opened at z, ascending
    next_columns: tuple[int, ...]  # opened at g·z, ascending

    @property
    def witness_columns(self) -> int:
        """The table's own and the blind column, which is the last."""
        return self.table.witness + 1

    @property
    def extension_columns(self) -> int:
        """φ_0 … φ_{G−2} and acc."""
        return len(self.table.groups)

    @property
    def constraint_count(self) -> int:
        return len(self.table.constraints) + len(self.table.groups) + 1


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
    layout = lay_out(statement, program)
    instances = _instances(statement, program)
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
    return Shape(profile, program, instances, heights, tuple(chunks), layers, final_size, layout, degree, fractions)


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


def _instances(statement: Statement, program: Program) -> tuple[Instance, ...]:
    count = sum(len(statement.logs[table.log].entries) for table in program.tables)
    at_most(count, limits.MAX_INSTANCES, "instances")
    steps = _steps(CELLS_TABLE)
    instances: list[Instance] = []
    for number, table in enumerate(program.tables):
        logs, nexts = _used(table, LOG), _used(table, NEXT)
        for segment, entry in enumerate(statement.logs[table.log].entries):
            instances.append(Instance(table, number, segment, entry, entry.k, entry.kappa, logs, nexts))
            steps += _steps(table)
    at_most(steps, limits.MAX_EVALUATIONS, "constraint steps")
    all_entries = [entry for log in statement.logs for entry in log.entries]
    kappa = min((entry.kappa for entry in all_entries if entry.kappa >= MIN_CELLS_LOG2), default=MIN_CELLS_LOG2)
    instances.append(Instance(CELLS_TABLE, -1, 0, None, kappa, kappa, (), _used(CELLS_TABLE, NEXT)))
    return tuple(instances)


def _used(table: Table, op: int) -> tuple[int, ...]:
    return tuple(sorted({node.a for node in table.nodes if node.op == op}))


def _steps(table: Table) -> int:
    """A measure of the work of evaluating the table's constraints at one point."""
    buses = sum(len(interaction.nodes) + 4 for interaction in table.interactions)
    sums = sum(len(item.limbs) + 1 for item in table.sums)
    return len(table.nodes) + 2 * len(table.constraints) + buses + 2 * len(table.groups) + sums + table.witness


def _columns(instance: Instance) -> int:
    width = 0 if instance.entry is None else instance.entry.width
    return width + instance.witness_columns + 6 * instance.extension_columns


def _quotient_coefficients(profile: Profile, instance: Instance) -> int:
    """Δ − N + 1."""
    weights = true_weights(profile, instance.k, instance.kappa)
    return max(constraint_degrees(instance.table, weights)) - (1 << instance.k) + 1


def _check_buses(program: Program, instances: tuple[Instance, ...]) -> None:
    """A multiplicity is a number mod p: on every bus there must be fewer interactions than that."""
    rows = [0] * (len(program.lookups) + 1)
    for instance in instances:
        for interaction in instance.table.interactions:
            rows[interaction.bus] += 1 << instance.k
    rows[RANGE_BUS] -= 1 << instances[-1].k  # of the two fractions of the cells table, the one at t is the table's side
    if max(rows) >= P:
        raise ParametersRejected("a bus has so many interactions that its multiplicities could wrap")
