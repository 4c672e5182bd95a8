"""The union of a statement's claims: the instances that are proved, put together of parts (docs/spec/union.md).

A log's segments have one instance each, whose table is the base and, for each claim that reads the log, the tables that
it has over it; every private table is an instance, and the cells table is the last. Nothing is ever merged into one
program: a part keeps its program's numbers, and says by how much they are shifted in the union.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zkcompliance import limits
from zkcompliance.errors import ParametersRejected
from zkcompliance.verify.codec import at_most
from zkcompliance.verify.field import P
from zkcompliance.verify.layout import Layout, buckets, has_tallies, is_tall, lay_out, limbs_of
from zkcompliance.verify.program import (
    ADD,
    CONST,
    FIRST,
    LAST,
    LOG,
    LOG_TABLE,
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
    Program,
    Table,
)
from zkcompliance.verify.statement import OPEN, Entry, Profile, Statement, degree_bound

RANGE_LOG2 = 16  # range asks are for values below 2^16
BASE_GROUP = 4  # asks of the base in one group, at most
CELLS_GROUP = 3
LEAST_OWN, SAVED = 13, 1 << 24  # a private table has a height of its own from this on, where it saves so many values
NOBODY = -1  # in the place of a claim's number: the base and the cells table are of none


class Part(NamedTuple):
    """A table within an instance. claim, number: whose it is, and which of its program's tables."""

    claim: int
    number: int
    table: Table
    buses: tuple[int, ...]  # the union's number of each of its program's buses; the range bus is the instance's
    witness: int  # its first witness column among the instance's
    limbs: int  # of the sums of the parts before it, whose A and B stand above its own in the tallies


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """The table of an instance, as its parts; segments of one log share it. `witness` does not count the blind one."""

    parts: tuple[Part, ...]
    groups: tuple[int, ...]
    witness: int
    weighed: int | None  # the witness column whose rows identities weigh: the tallies, or v of the cells table
    limbs: int  # of all sums, whose A and B are tallies where there are so many rows; 0 without tallies
    log_columns: tuple[int, ...]  # opened at z, ascending
    next_columns: tuple[int, ...]  # opened at g·z, ascending

    def interactions(self) -> Iterator[tuple[Part, Interaction]]:
        return ((part, interaction) for part in self.parts for interaction in part.table.interactions)


class Instance(NamedTuple):
    """One table over 2^k rows with capacity 2^κ; `entry` is a segment's, None for a private table and the cells."""

    merged: Merged
    entry: Entry | None
    bracket: tuple[int, int]
    ordinals: tuple[int, ...]  # of each part: the number of the segment in its slot
    k: int
    kappa: int
    range_bus: int

    def bus(self, part: Part, number: int) -> int:
        """The union's number of a bus of a part's program."""
        return self.range_bus if number == RANGE_BUS else part.buses[number]

    @property
    def tallies(self) -> int:
        """The rows that A and B take."""
        return 2 * buckets(self.k) * self.merged.limbs if has_tallies(self.k) else 0

    @property
    def witness_columns(self) -> int:
        """The table's own and the blind column, which is the last."""
        return self.merged.witness + 1

    @property
    def unread_columns(self) -> tuple[int, ...]:
        """The columns of its segment that no LOG node reads, ascending."""
        width = 0 if self.entry is None else self.entry.width
        return tuple(sorted(set(range(width)) - set(self.merged.log_columns)))

    @property
    def extension_columns(self) -> int:
        """φ_0 … φ_{G−2} and acc."""
        return len(self.merged.groups)

    @property
    def constraint_count(self) -> int:
        return sum(len(part.table.constraints) for part in self.merged.parts) + len(self.merged.groups) + 1


@dataclass(frozen=True, slots=True)
class Union:
    """What is proved: the instances, the cells one last, and where the cells and the identities of claims are."""

    instances: tuple[Instance, ...]
    layout: Layout


def unite(statement: Statement, programs: Sequence[Program]) -> Union:
    """Raises LimitExceeded or ParametersRejected. The programs are the claims', in order, and fit the statement."""
    logs = statement.logs
    private = sum(program.private_tables for program in programs)
    at_most(sum(len(log.entries) for log in logs) + private, limits.MAX_INSTANCES, "instances")
    steps = _program_steps(statement, programs)
    at_most(steps, limits.MAX_EVALUATIONS, "constraint steps")  # before any of them is made
    tall = is_tall(statement, programs)
    numbers = bus_numbers(programs)
    of_logs, of_private = _log_tables(statement, programs, numbers, tall), _private_tables(programs, numbers, tall)
    bases = [(merged, len(log.entries)) for merged, log in zip(of_logs, logs, strict=True)]
    bases += [(merged, 1) for merged in of_private]
    steps += sum(count * table_steps(p.table) for merged, count in bases for p in merged.parts if p.claim == NOBODY)
    at_most(steps, limits.MAX_EVALUATIONS, "constraint steps")

    layout = lay_out(statement, programs, tall)
    heights = {entry.kappa for log in logs for entry in log.entries}
    kappa = cells_capacity(layout.cells, heights)
    ranges = RangeBuses(sum(len(program.bus_widths) - 1 for program in programs))
    instances: list[Instance] = []
    for number, (merged, log) in enumerate(zip(of_logs, logs, strict=True)):
        before = [_segments_before(statement, part, number) for part in merged.parts]
        asks = _asks(merged)
        for s, entry in enumerate(log.entries):
            ordinals, bus = tuple(first + s for first in before), ranges.of(asks, entry.k)
            instances.append(Instance(merged, entry, log.bracket(s), ordinals, entry.k, entry.kappa, bus))
    sizes = [k for claim in statement.claims for k in claim.private]
    for merged, k in zip(of_private, sizes, strict=True):
        width = merged.witness + 1 + 6 * len(merged.groups)
        capacity = private_capacity(statement.profile, k, width, heights | {kappa})
        bus = ranges.of(_asks(merged), k)
        instances.append(Instance(merged, None, OPEN, (0,) * len(merged.parts), k, capacity, bus))
    for instance in instances:
        if instance.tallies > 1 << instance.k:
            raise ParametersRejected(f"a table of 2^{instance.k} rows has no room for the tallies of its sums")
    most = {k: max(i.tallies for i in instances if i.k == k) for k in {i.k for i in instances}}
    at_most(sum(most.values()), limits.MAX_TALLIES, "tallies")
    ranges.of(1, kappa)  # v
    cells = cells_table(kappa, tuple(ranges.numbers))
    steps += cells_steps(cells.parts[0].table)
    at_most(steps, limits.MAX_EVALUATIONS, "constraint steps")
    instances.append(Instance(cells, None, OPEN, (0,), kappa, kappa, RANGE_BUS))
    return Union(tuple(instances), layout)


def bus_numbers(programs: Sequence[Program]) -> list[tuple[int, ...]]:
    """By claim, the union's number of each bus of its program: range bus 0, then all lookups, then all general ones."""
    lookup, general = 1, 1 + sum(len(program.lookups) for program in programs)
    result: list[tuple[int, ...]] = []
    for program in programs:
        lookups = range(lookup, lookup + len(program.lookups))
        buses = range(general, general + len(program.buses))
        result.append((RANGE_BUS, *lookups, *buses))
        lookup, general = lookups.stop, buses.stop
    return result


class RangeBuses:
    """Deals instances, in their order, to range buses on which fewer asks than p are made: 0, then others + 1, …"""

    def __init__(self, others: int) -> None:
        self.numbers = [RANGE_BUS]
        self._others = others
        self._asked = 0

    def of(self, asks: int, k: int) -> int:
        """The bus of an instance with so many asks on each of its 2^k rows."""
        count = asks << k
        if count >= P:
            raise ParametersRejected("a table asks so often on the range bus that its asks could wrap")
        if self._asked + count >= P:
            self.numbers.append(self._others + len(self.numbers))
            self._asked = 0
        self._asked += count
        return self.numbers[-1]


def merge(tables: Sequence[tuple[int, int, Table, tuple[int, ...]]], short: Sequence[int], tall: bool) -> Merged:
    """The base, and tables as (claim, number, table, buses); short: the log columns that the base asks for."""
    limbs = sum(limbs_of(table) for _, _, table, _ in tables) if tall else 0
    base = base_table(short, limbs > 0)
    groups = tables[0][2].groups
    if len(tables) > 1:
        groups = (*(size for _, _, table, _ in tables for size in table.groups if size), 0)
    parts: list[Part] = []
    witness = above = 0
    for claim, number, table, buses in ((NOBODY, 0, base, (RANGE_BUS,)), *tables):
        parts.append(Part(claim, number, table, buses, witness, above))
        witness += table.witness
        above += limbs_of(table)
    return Merged(
        parts=tuple(parts),
        groups=(*base.groups, *groups),
        witness=witness,
        weighed=0 if limbs else None,
        limbs=limbs,
        log_columns=_used(parts, LOG),
        next_columns=_used(parts, NEXT),
    )


def base_table(short: Sequence[int], tallies: bool) -> Table:
    """Asks on the range bus: for log columns, and for the tallies, its one witness column; in groups of at most 4."""
    nodes = [Node(LOG, column, 0) for column in short] + [Node(WIT, 0, 0)] * tallies
    asks = tuple(Interaction(RANGE_BUS, UNIT, 1, (i,)) for i in range(len(nodes)))
    groups = -(-len(asks) // BASE_GROUP)
    sizes = tuple(len(asks) // groups + (i < len(asks) % groups) for i in range(groups))
    return Table(LOG_TABLE, 0, int(tallies), tuple(nodes), (), asks, sizes, ())


def _log_tables(
    statement: Statement, programs: Sequence[Program], numbers: Sequence[tuple[int, ...]], tall: bool
) -> list[Merged]:
    """For each log what its segments' instances have."""
    shorts = {id(program): _short_columns(program) for program in programs}
    result: list[Merged] = []
    for number in range(len(statement.logs)):
        tables: list[tuple[int, int, Table, tuple[int, ...]]] = []
        short: set[int] = set()
        for c, (claim, program) in enumerate(zip(statement.claims, programs, strict=True)):
            for slot in [slot for slot, logs in enumerate(claim.slots) if number in logs]:
                short |= shorts[id(program)][slot]
                tables += [
                    (c, t, table, numbers[c])
                    for t, table in enumerate(program.tables)
                    if table.kind == LOG_TABLE and table.index == slot
                ]
        result.append(merge(tables, sorted(short), tall))
    return result


def _short_columns(program: Program) -> list[set[int]]:
    """For each slot the columns that are short in one of its tables."""
    result: list[set[int]] = [set() for _ in program.logs]
    for table in program.tables:
        if table.kind == LOG_TABLE:
            result[table.index].update(table.short)
    return result


def _private_tables(programs: Sequence[Program], numbers: Sequence[tuple[int, ...]], tall: bool) -> list[Merged]:
    return [
        merge([(c, t, table, numbers[c])], (), tall)
        for c, program in enumerate(programs)
        for t, table in enumerate(program.tables)
        if table.kind == PRIVATE_TABLE
    ]


def _segments_before(statement: Statement, part: Part, log: int) -> int:
    """The number in its slot of the log's first segment."""
    if part.claim == NOBODY:
        return 0
    filling = statement.claims[part.claim].slots[part.table.index]
    return sum(len(statement.logs[other].entries) for other in filling if other < log)


def _asks(merged: Merged) -> int:
    """On the range bus, on every row."""
    return sum(interaction.bus == RANGE_BUS for _, interaction in merged.interactions())


def _used(parts: Sequence[Part], op: int) -> tuple[int, ...]:
    """The columns that nodes of one kind read, ascending, by their places in the instance."""
    columns = ((part.witness if op == NEXT else 0, node) for part in parts for node in part.table.nodes)
    return tuple(sorted({first + node.a for first, node in columns if node.op == op}))


def _program_steps(statement: Statement, programs: Sequence[Program]) -> int:
    """Of all instances but the cells one, their bases not counted."""
    of_tables = {id(program): [table_steps(table) for table in program.tables] for program in programs}
    total = 0
    for claim, program in zip(statement.claims, programs, strict=True):
        segments = [sum(len(statement.logs[log].entries) for log in slot) for slot in claim.slots]
        for table, steps in zip(program.tables, of_tables[id(program)], strict=True):
            total += steps * (segments[table.index] if table.kind == LOG_TABLE else 1)
    return total


def table_steps(table: Table) -> int:
    """A measure of the work of evaluating a table's constraints at one point."""
    buses = sum(len(interaction.nodes) + 4 for interaction in table.interactions)
    sums = sum(len(item.limbs) + 1 for item in table.sums)
    return len(table.nodes) + 2 * len(table.constraints) + buses + 2 * len(table.groups) + sums + table.witness


# The cells table


def cells_capacity(cells: int, heights: set[int]) -> int:
    """κ_c: the smallest of the segments' with room for the cells, or the smallest at all."""
    least = max(0, cells - 1).bit_length()
    return min((kappa for kappa in heights if kappa >= least), default=least)


def cells_table(kappa: int, range_buses: tuple[int, ...]) -> Merged:
    """t counts 0 … 2^(16−e) − 1; m_(r,i) is how often 2^e·t + i is asked for on range bus r; v holds the cells."""
    pairs = 1 << max(0, RANGE_LOG2 - kappa)
    counts = pairs * len(range_buses)
    t, v, following, one, last, zero, each = range(7)
    nodes = [Node(WIT, 0, 0), Node(WIT, 1 + counts, 0), Node(NEXT, 0, 0), Node(CONST, 1, 0)]
    nodes += [Node(CONST, (1 << RANGE_LOG2) // pairs - 1, 0), Node(CONST, 0, 0), Node(CONST, pairs, 0)]

    def node(op: int, a: int, b: int) -> int:
        nodes.append(Node(op, a, b))
        return len(nodes) - 1

    step = node(SUB, following, t)
    moves = node(MUL, step, node(SUB, step, one))
    ends = node(SUB, t, last)
    base = node(MUL, each, t)
    values = [node(ADD, base, node(CONST, i, 0)) for i in range(pairs)]
    asks: list[Interaction] = []
    for bus in range(len(range_buses)):
        for i, value in enumerate(values):
            count = node(WIT, 1 + bus * pairs + i, 0)
            asks.append(Interaction(bus, node(SUB, zero, count), 1, (value,)))  # a bound that nobody reads
    asks.append(Interaction(len(range_buses) - 1, UNIT, 1, (v,)))
    constraints = (
        Constraint("t starts at 0", FIRST, t),
        Constraint("t stays or counts up", TRANSITION, moves),
        Constraint("t ends at its last", LAST, ends),
    )
    whole, rest = divmod(len(asks), CELLS_GROUP)
    groups = (CELLS_GROUP,) * whole + ((rest,) if rest else ())
    table = Table(PRIVATE_TABLE, 0, 2 + counts, tuple(nodes), constraints, tuple(asks), groups, ())
    part = Part(NOBODY, 0, table, range_buses, 0, 0)
    return Merged((part,), groups, table.witness, 1 + counts, 0, (), (0,))


def cells_steps(table: Table) -> int:
    """As of any table, but for its nodes: 8, and 4 for each pair."""
    return table_steps(table) - len(table.nodes) + 8 + 4 * (table.witness - 2)


def private_capacity(profile: Profile, k: int, width: int, others: set[int]) -> int:
    """The smallest κ of the others where 2^k + mask coefficients fit, or the smallest of all; 21 has room for any k.

    Or the smallest from 13 on, where the table's columns are so many that it saves 2^24 of their values and more.
    """
    capacities = range(k, limits.MAX_CAPACITY_LOG2 + 1)
    fitting = [kappa for kappa in capacities if (1 << k) + profile.mask <= degree_bound(kappa)]
    if not fitting:
        raise ParametersRejected(f"a private table of 2^{k} rows")
    there, own = min(others.intersection(fitting), default=fitting[0]), max(LEAST_OWN, fitting[0])
    return own if own < there and width * ((1 << there) - (1 << own)) >= SAVED else there
