"""The union: all claims of a statement over its segments, each opened once (docs/spec/union.md).

An instance is put together of parts: the base, which asks for short columns and tallies, and the tables of the claims
over its segment, or one private table. What is merged is a table like any other: its buses are numbered through, and
what is a constant of a part (its claim's publics, its ORDINAL, its bracket) is a constant in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from zkcompliance.errors import ParametersRejected
from zkcompliance.stark.air.program import RANGE_BUS, Constraint, Interaction, Node, Op, Sum, TableAir
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.statement import OPEN, Statement

ASKS_IN_GROUP = 4  # of the base
RANGE_ROOM = P  # asks on one range bus, over all rows, are fewer


@dataclass(frozen=True)
class Numbers:
    """Where a claim's lookups and general buses are among those of all: how many it has, how many are before."""

    lookups: int
    lookups_before: int
    all_lookups: int
    buses_before: int

    def bus(self, own: int, range_bus: int) -> int:
        """The union's number of a bus of the program."""
        if own == RANGE_BUS:
            return range_bus
        if own <= self.lookups:
            return own + self.lookups_before
        return own - self.lookups + self.all_lookups + self.buses_before


@dataclass(frozen=True)
class Part:
    """A program table of one claim in an instance of 2^k rows. segment: its number in the slot, 0 for a private table.

    `publics` and `bracket`: what its nodes take for constants.
    """

    claim: int
    table: int
    segment: int
    air: TableAir
    instance: int
    k: int
    numbers: Numbers
    publics: tuple[int, ...] = ()
    bracket: tuple[int, int] = OPEN

    def node(self, node: Node, nodes: int, witness: int) -> Node:
        """As it is in an instance that has so many nodes and witness columns before this part's."""
        op, a, b = node
        if op in (Op.WIT, Op.NEXT):
            return op, a + witness, b
        if op in (Op.ADD, Op.SUB, Op.MUL):
            return op, a + nodes, b + nodes
        if op == Op.PUBLIC:
            return Op.CONST, self.publics[a] >> 16 * b & 0xFFFF, 0
        if op == Op.ORDINAL:
            return Op.CONST, self.segment, 0
        if op in (Op.NOT_BEFORE, Op.NOT_AFTER):
            return Op.CONST, self.bracket[op == Op.NOT_AFTER] >> 16 * a & 0xFFFF, 0
        return node


def parts_of(statement: Statement) -> list[Part]:
    """Every part, claim by claim, table by table, segment by segment: the order of sums and of given witness columns.

    Instances: the segments, log by log, then the private tables, claim by claim.
    """
    claims = statement.claims
    before = list(accumulate((len(log.entries) for log in statement.logs), initial=0))
    private = before[-1]
    all_lookups = sum(len(claim.program.lookups) for claim in claims)
    parts: list[Part] = []
    lookups = buses = 0
    for number, claim in enumerate(claims):
        program = claim.program
        sizes = dict(zip(program.private_tables, claim.private, strict=True))
        numbers = Numbers(len(program.lookups), lookups, all_lookups, buses)
        lookups, buses = lookups + len(program.lookups), buses + len(program.buses)
        for at, air in enumerate(program.tables):
            if air.log is None:
                parts.append(Part(number, at, 0, air, private, sizes[at], numbers, claim.publics))
                private += 1
                continue
            for segment, (log, index) in enumerate(statement.segments_of(number, air.log)):
                stated = statement.logs[log]
                k, bracket = stated.entries[index].k, stated.bracket(index)
                parts.append(Part(number, at, segment, air, before[log] + index, k, numbers, claim.publics, bracket))
    return parts


@dataclass(frozen=True)
class Member:
    """What an instance is put together of. `tallies`: its base has the column of tall sums."""

    parts: tuple[Part, ...]
    tallies: bool

    @property
    def short(self) -> tuple[int, ...]:
        """The columns that the base asks for: those that are short in some part, ascending."""
        return tuple(sorted({column for part in self.parts for column in part.air.short}))

    @property
    def asks(self) -> int:
        """On the range bus, for each row."""
        own = sum(i.bus == RANGE_BUS for part in self.parts for i in part.air.interactions)
        return len(self.short) + self.tallies + own

    def merged(self, range_bus: int) -> TableAir:
        """One table: base and parts, in order, with the buses' numbers in the union."""
        made = base(self.short, self.tallies, range_bus)
        nodes, witness = list(made.nodes), made.witness
        constraints: list[Constraint] = []
        interactions, sums = list(made.interactions), []
        for part in self.parts:
            air, at = part.air, len(nodes)
            nodes += [part.node(node, at, witness) for node in air.nodes]
            constraints += [Constraint(c.name, c.kind, c.node + at) for c in air.constraints]
            for i in air.interactions:
                times = None if i.multiplicity is None else i.multiplicity + at
                asked = tuple(node + at for node in i.nodes)
                interactions.append(Interaction(part.numbers.bus(i.bus, range_bus), asked, times, i.bound))
            sums += [Sum(s.name, s.selector + at, tuple(limb + at for limb in s.limbs)) for s in air.sums]
            witness += air.witness
        groups = (*made.groups, *_groups([part.air.groups for part in self.parts]))
        held = (tuple(nodes), tuple(constraints), tuple(interactions), groups, tuple(sums), self.short)
        return TableAir(self.parts[0].air.log, witness, *held)

    def witness_of(self, number: int) -> slice:
        """The witness columns of its part of that number in the instance."""
        first = self.tallies + sum(part.air.witness for part in self.parts[:number])
        return slice(first, first + self.parts[number].air.witness)


def _groups(parts: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Of one part as they are; of several those that are not empty, then an empty one for the accumulator."""
    if len(parts) == 1:
        return parts[0]
    return (*(size for groups in parts for size in groups if size), 0)


def base(short: Sequence[int], tallies: bool, range_bus: int = RANGE_BUS) -> TableAir:
    """One ask for each short column, then one for the tallies, in ⌈n/4⌉ groups, none of them the accumulator's."""
    nodes = [(int(Op.LOG), column, 0) for column in short] + [(int(Op.WIT), 0, 0)] * tallies
    asks = tuple(Interaction(range_bus, (node,)) for node in range(len(nodes)))
    count = -(-len(asks) // ASKS_IN_GROUP)
    size, larger = divmod(len(asks), count) if count else (0, 0)
    groups = (size + 1,) * larger + (size,) * (count - larger)
    return TableAir(0, int(tallies), tuple(nodes), (), asks, groups)


def members_of(parts: Sequence[Part], *, tall: bool) -> list[Member]:
    """Of each instance but the cells table, in order."""
    held: dict[int, list[Part]] = {}
    for part in parts:
        held.setdefault(part.instance, []).append(part)
    return [
        Member(tuple(held[number]), tall and any(part.air.sums for part in held[number])) for number in sorted(held)
    ]


def deal_ranges(asks: Sequence[tuple[int, int]]) -> list[int]:
    """Of each instance, given (asks on a row, rows), the number of its range bus; ParametersRejected where it has more
    than one bus has room for."""
    buses, taken = [0], 0
    for count, rows in asks:
        total = count * rows
        if total >= RANGE_ROOM:
            raise ParametersRejected("one instance asks more often for a range than the field has elements")
        if taken + total >= RANGE_ROOM:
            buses.append(buses[-1] + 1)
            taken = total
        else:
            buses.append(buses[-1])
            taken += total
    return buses[1:]
