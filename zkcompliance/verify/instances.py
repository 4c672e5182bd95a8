"""The instances of a proof: one table over one segment each, private tables, and the cells table (docs/spec/air.md)."""

from __future__ import annotations

from typing import NamedTuple

from zkcompliance import limits
from zkcompliance.errors import ParametersRejected
from zkcompliance.verify.cells import segment_sizes
from zkcompliance.verify.log import Entry
from zkcompliance.verify.profile import Profile, degree_bound
from zkcompliance.verify.program import Program
from zkcompliance.verify.reader import at_most
from zkcompliance.verify.statement import Statement
from zkcompliance.verify.table import (
    CONST,
    FIRST,
    LAST,
    LOG,
    MUL,
    NEXT,
    PRIVATE_TABLE,
    RANGE_BUS,
    SUB,
    TRANSITION,
    UNIT,
    WIT,
    Constraint,
    Interaction,
    Node,
    Table,
)

MIN_CELLS_LOG2 = 16
CELLS = -1  # in the place of the cells table's number
T, M, V = range(3)  # witness columns of the cells table

# t counts 0 … 65535 from the first row to the last; (t, m) is the range table and v holds the cells.
CELLS_TABLE = Table(
    kind=PRIVATE_TABLE,
    index=0,
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
        Node(WIT, M, 0),
        Node(CONST, 0, 0),
        Node(SUB, 10, 9),  # −m
    ),
    constraints=(
        Constraint("t starts at 0", FIRST, 0),
        Constraint("t stays or counts up", TRANSITION, 6),
        Constraint("t ends at 65535", LAST, 8),
    ),
    interactions=(Interaction(RANGE_BUS, 11, 1, (0,)), Interaction(RANGE_BUS, UNIT, 1, (1,))),  # a bound nobody reads
    groups=(2,),
    sums=(),
)


class Instance(NamedTuple):
    """One table over 2^k rows with capacity 2^κ; `entry` is that of a log table's segment, None for any other."""

    table: Table
    number: int  # of the table in the program, or CELLS
    segment: int  # of its log; 0 for a private table
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


def instances_of(statement: Statement, program: Program) -> tuple[Instance, ...]:
    """The cells instance last. Raises LimitExceeded where evaluating their constraints would be too much work."""
    at_most(sum(len(segment_sizes(statement, table)) for table in program.tables), limits.MAX_INSTANCES, "instances")
    segments = {entry.kappa for log in statement.logs for entry in log.entries}
    cells = min((kappa for kappa in segments if kappa >= MIN_CELLS_LOG2), default=MIN_CELLS_LOG2)
    steps = _steps(CELLS_TABLE)
    instances: list[Instance] = []
    for number, table in enumerate(program.tables):
        logs, nexts = _used(table, LOG), _used(table, NEXT)
        if table.kind == PRIVATE_TABLE:
            k = statement.private[table.index]
            kappa = private_capacity(statement.profile, k, segments | {cells})
            instances.append(Instance(table, number, 0, None, k, kappa, logs, nexts))
            steps += _steps(table)
            continue
        for segment, entry in enumerate(statement.logs[table.index].entries):
            instances.append(Instance(table, number, segment, entry, entry.k, entry.kappa, logs, nexts))
            steps += _steps(table)
    at_most(steps, limits.MAX_EVALUATIONS, "constraint steps")
    instances.append(Instance(CELLS_TABLE, CELLS, 0, None, cells, cells, (), _used(CELLS_TABLE, NEXT)))
    return tuple(instances)


def private_capacity(profile: Profile, k: int, others: set[int]) -> int:
    """The smallest κ of the others where 2^k + mask coefficients fit, or the smallest of all; 21 has room for any k."""
    for candidates in (sorted(others), range(k, limits.MAX_CAPACITY_LOG2 + 1)):
        for kappa in candidates:
            if (1 << k) + profile.mask <= degree_bound(kappa):
                return kappa
    raise ParametersRejected(f"a private table of 2^{k} rows")


def _used(table: Table, op: int) -> tuple[int, ...]:
    return tuple(sorted({node.a for node in table.nodes if node.op == op}))


def _steps(table: Table) -> int:
    """A measure of the work of evaluating the table's constraints at one point."""
    buses = sum(len(interaction.nodes) + 4 for interaction in table.interactions)
    sums = sum(len(item.limbs) + 1 for item in table.sums)
    return len(table.nodes) + 2 * len(table.constraints) + buses + 2 * len(table.groups) + sums + table.witness
