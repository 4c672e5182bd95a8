"""The programs that open rows, as whoever verifies writes them: from the schema's digest and width alone.

Written from docs/spec/openings.md; the prover writes the same bytes by another hand. No card and no list of digests
stands for them, since there is one for every schema, way of naming, and number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from zkcompliance.verify.program import (
    ADD,
    CONST,
    EVERY,
    IS_FIRST,
    IS_LAST,
    LOG,
    LOG_TABLE,
    MUL,
    NEXT,
    ORDINAL,
    PRIVATE_TABLE,
    PUBLIC,
    RANGE_BUS,
    SUB,
    TRANSITION,
    UNIT,
    WIT,
    Constraint,
    Interaction,
    LogSlot,
    Node,
    Program,
    Public,
    Table,
)

SLOT = "log"
SEGMENT_BITS = 16
NUMBER_BITS = 27
LIMB = 16
BEFORE_LIMBS, FLOP_LIMBS = 8, 6
PART_LIMBS = 32
MOST_WIDTH = 247
_TOKENS, _ROWS = 1, 2
_FRACTIONS = 8


class Naming(Enum):
    """How rows are named, and how the claim's id begins."""

    NUMBER = "rows-opened"
    DRAWN = "rows-drawn"
    FLOP = "rows-drawn-by-flop"


@dataclass(frozen=True)
class Opens:
    """What a program opens. schema: the claim's word for it; digest, width: of the schema; flop: the first column of
    its FLOP, where rows are named by them."""

    schema: str
    digest: bytes
    width: int
    naming: Naming
    count: int
    flop: int = 0

    @property
    def claim(self) -> str:
        """The claim's id."""
        return f"{self.naming.value}-{self.schema}"

    @property
    def parts(self) -> list[int]:
        """Limbs in each public integer of a row."""
        left = self.width - 1
        return [min(PART_LIMBS, left - at) for at in range(0, left, PART_LIMBS)]

    @property
    def names(self) -> int:
        """Values that name a row on a bus."""
        return BEFORE_LIMBS if self.naming is Naming.FLOP else 1

    @property
    def name_bits(self) -> int:
        """Of the public integer that names a row, and of the total."""
        return LIMB * BEFORE_LIMBS if self.naming is Naming.FLOP else NUMBER_BITS

    @property
    def totalled(self) -> bool:
        """Whether the total is disclosed."""
        return self.naming is not Naming.NUMBER

    def publics(self) -> tuple[Public, ...]:
        """segments, total, then of each row its name and its parts."""
        made = [Public("segments", 0, SEGMENT_BITS)]
        if self.totalled:
            made.append(Public("total", 1, self.name_bits))
        for number in range(1, self.count + 1):
            made.append(Public(f"row {number}", 0, self.name_bits))
            made += [Public(f"row {number} part {i}", 1, LIMB * limbs) for i, limbs in enumerate(self.parts, 1)]
        return tuple(made)

    def program(self) -> Program:
        """The program. Its width is at most MOST_WIDTH, and its rows as many as publics and nodes have room for."""
        return Program(
            self.claim,
            1,
            self.publics(),
            (LogSlot(SLOT, self.digest, self.width, True),),
            (),
            (1 + self.names, self.names + self.width - 1),
            (self._by_flop() if self.naming is Naming.FLOP else self._by_number(), self._shown()),
            (),
            (),
        )

    def _by_number(self) -> Table:
        row, constraints = _Nodes(), list[Constraint]()
        act, zero, opened = _openable(row, constraints)
        number = row.add(WIT, 1)
        step = row.minus(row.minus(row.add(NEXT, 1), number), act)
        constraints.append(Constraint("rows are numbered", TRANSITION, step))
        uses = [
            row.use(_TOKENS, row.minus(zero, row.add(IS_FIRST)), row.add(ORDINAL), number),
            row.use(_TOKENS, row.add(IS_LAST), row.after_ordinal(), row.plus(number, act)),
        ]
        uses.append(row.use(_ROWS, opened, number, *(row.add(LOG, c) for c in range(1, self.width))))
        return Table(LOG_TABLE, 0, 2, tuple(row.nodes), tuple(constraints), tuple(uses), (2, 1), ())

    def _by_flop(self) -> Table:
        row, constraints = _Nodes(), list[Constraint]()
        act, zero, opened = _openable(row, constraints)
        before = [row.add(WIT, 1 + limb) for limb in range(BEFORE_LIMBS)]
        carries = [row.add(WIT, 1 + BEFORE_LIMBS + limb) for limb in range(BEFORE_LIMBS - 1)]
        flop = [row.add(LOG, self.flop + limb) for limb in range(FLOP_LIMBS)]
        constraints += [row.bit(f"carry {i} is 0 or 1", carry) for i, carry in enumerate(carries)]
        after = []
        for limb, summand in enumerate(before):
            value = row.plus(summand, row.times(act, flop[limb])) if limb < FLOP_LIMBS else summand
            value = row.plus(value, carries[limb - 1]) if limb else value
            if limb < len(carries):
                value = row.minus(value, row.times(carries[limb], row.constant(1 << LIMB)))
            after.append(value)
        for limb, value in enumerate(after):
            step = row.minus(row.add(NEXT, 1 + limb), value)
            constraints.append(Constraint(f"FLOP are added up: limb {limb}", TRANSITION, step))
        uses = [Interaction(RANGE_BUS, UNIT, 1, (summand,)) for summand in before]
        uses.append(row.use(_TOKENS, row.minus(zero, row.add(IS_FIRST)), row.add(ORDINAL), *before))
        uses.append(row.use(_TOKENS, row.add(IS_LAST), row.after_ordinal(), *after))
        uses.append(row.use(_ROWS, opened, *before, *(row.add(LOG, c) for c in range(1, self.width))))
        short = tuple(range(self.flop, self.flop + FLOP_LIMBS))
        witness = 1 + 2 * BEFORE_LIMBS - 1
        groups = (2, 2, 2, 2, 2, 1)
        return Table(LOG_TABLE, 0, witness, tuple(row.nodes), tuple(constraints), tuple(uses), groups, (), short)

    def _shown(self) -> Table:
        ends = _Nodes()
        zero = ends.constant(0)
        taken = ends.minus(zero, ends.add(IS_FIRST))
        total = self._name(ends, 1) if self.totalled else [ends.add(WIT, 0)]
        uses = [ends.use(_TOKENS, ends.add(IS_FIRST), zero, *(zero for _ in total))]
        uses.append(ends.use(_TOKENS, taken, ends.add(PUBLIC, 0, 0), *total))
        at = 2 if self.totalled else 1
        for _ in range(self.count):
            cells = [ends.add(PUBLIC, at + 1 + i, limb) for i, size in enumerate(self.parts) for limb in range(size)]
            uses.append(ends.use(_ROWS, taken, *self._name(ends, at), *cells))
            at += 1 + len(self.parts)
        full, rest = divmod(self.count, _FRACTIONS)
        groups = (2, *(_FRACTIONS,) * full, *((rest,) if rest else ()))
        return Table(PRIVATE_TABLE, 0, 0 if self.totalled else 1, tuple(ends.nodes), (), tuple(uses), groups, ())

    def _name(self, ends: _Nodes, public: int) -> list[int]:
        if self.naming is Naming.FLOP:
            return [ends.add(PUBLIC, public, limb) for limb in range(BEFORE_LIMBS)]
        low, high = ends.add(PUBLIC, public, 0), ends.add(PUBLIC, public, 1)
        return [ends.plus(low, ends.times(high, ends.constant(1 << LIMB)))]


@dataclass
class _Nodes:
    """Nodes in the order of their first use, each once."""

    nodes: list[Node] = field(default_factory=list)
    _known: dict[Node, int] = field(default_factory=dict)

    def add(self, op: int, a: int = 0, b: int = 0) -> int:
        node = Node(op, a, b)
        if node not in self._known:
            self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return self._known[node]

    def constant(self, value: int) -> int:
        return self.add(CONST, value)

    def plus(self, a: int, b: int) -> int:
        return self.add(ADD, a, b)

    def minus(self, a: int, b: int) -> int:
        return self.add(SUB, a, b)

    def times(self, a: int, b: int) -> int:
        return self.add(MUL, a, b)

    def bit(self, name: str, x: int) -> Constraint:
        return Constraint(name, EVERY, self.times(x, self.minus(x, self.constant(1))))

    def after_ordinal(self) -> int:
        return self.plus(self.add(ORDINAL), self.constant(1))

    def use(self, bus: int, times: int, *values: int) -> Interaction:
        """A tuple on a general bus, `times` (a node) of −1, 0 or 1."""
        return Interaction(bus, times, 1, values)


def _openable(row: _Nodes, constraints: list[Constraint]) -> tuple[int, int, int]:
    """The nodes act, 0 and opened of a row, of which the last is a bit, and 1 for real rows alone."""
    act, zero = row.add(LOG, 0), row.constant(0)
    constraints.append(row.bit("act is 0 or 1", act))
    opened = row.add(WIT, 0)
    constraints.append(row.bit("a row is opened or not", opened))
    real = row.times(opened, row.minus(act, row.constant(1)))
    constraints.append(Constraint("only real rows are opened", EVERY, real))
    return act, zero, opened
