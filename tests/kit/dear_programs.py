"""Programs whose ranges are as dear to judge as the limits allow: private tables of as many nodes as there may be."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from zkcompliance.limits import MAX_NODES
from zkcompliance.verify.program import (
    ADD,
    CONST,
    EVERY,
    LAST,
    MUL,
    NEXT,
    SUB,
    TRANSITION,
    UNIT,
    WIT,
    Constraint,
    Interaction,
    Node,
    Table,
)


class Nodes:
    """A private table of as many nodes as there may be, whose columns 0 … 7 learn of each other one a turn."""

    def __init__(self) -> None:
        self.all: dict[Node, int] = {}
        self.constraints: list[Constraint] = []
        self.columns = 8
        self.one = self(CONST, 1)
        chain = [self(WIT, column) for column in range(8)]
        for before, after in itertools.pairwise(chain):
            self.zero(self(SUB, after, before))
        self.bit(chain[-1])

    def __call__(self, op: int, a: int = 0, b: int = 0) -> int:
        return self.all.setdefault(Node(op, a, b), len(self.all))

    @property
    def room(self) -> bool:
        return len(self.all) < MAX_NODES - 8

    def new(self) -> int:
        self.columns += 1
        return self(WIT, self.columns - 1)

    def zero(self, node: int, kind: int = EVERY) -> None:
        self.constraints.append(Constraint(f"{len(self.constraints):x}", kind, node))

    def bit(self, x: int) -> int:
        self.zero(self(MUL, x, self(SUB, x, self.one)))
        return x

    def unless(self, x: int, y: int) -> None:
        """x is 0 where y is not 1."""
        self.zero(self(MUL, x, self(SUB, self.one, y)))

    def table(self, number: int) -> Table:
        asks = (Interaction(0, UNIT, 1, (0,)),)
        return Table(1, number, self.columns, tuple(self.all), tuple(self.constraints), asks, (1,), ())


def dear_tables(make: Callable[[Nodes], None], count: int, first: int = 0) -> list[Table]:
    """So many private tables that `make` fills, numbered from `first` on."""
    made = []
    for number in range(first, first + count):
        nodes = Nodes()
        make(nodes)
        made.append(nodes.table(number))
    return made


def indicators(n: Nodes) -> None:
    """A sum (x − 1) + w·d + …, every part of which is said to be zero."""
    x = n.new()
    product = n(MUL, x, x)
    total = n(SUB, x, n.one)
    while n.room:
        total = n(ADD, total, product)
        n.zero(total)


def next_rows(n: Nodes) -> None:
    """Many columns that are the next row's z, which implies as many others."""
    z = n(NEXT, 0)
    while n.room:
        x, y = n.new(), n.new()
        n.zero(n(SUB, x, z), TRANSITION)
        n.zero(x, LAST)
        n.zero(n(MUL, z, n(SUB, n.one, y)), TRANSITION)


def many_behind_one(n: Nodes) -> None:
    """Bits that imply one bit, which implies many columns; each is asked what it implies."""
    hub, before = n.bit(n.new()), 0
    while n.room:
        n.unless(hub, n.new())
        x = n.bit(n.new())
        n.unless(x, hub)
        n(SUB, before or hub, x)
        before = x


def many_paths(n: Nodes) -> None:
    """Bits that imply one of 64 bits, which imply each other; each is asked what it implies."""
    inner = [n.bit(n.new()) for _ in range(64)]
    turn = 0
    while n.room:
        x = n.bit(n.new())
        n.unless(x, inner[turn % 64])
        n.unless(inner[turn % 64], inner[(turn * 7 + 1 + turn // 64) % 64])
        n(SUB, inner[-1], x)
        turn += 1


def cheap_bits(n: Nodes) -> None:
    """The same with products of bits, which are bits: more questions, fewer paths."""
    inner = [n.bit(n.new()) for _ in range(64)]
    turn = 0
    while n.room:
        x = n(MUL, inner[turn % 64], inner[turn // 64 % 64])
        n.unless(x, inner[turn % 64])
        n(SUB, inner[-1], x)
        turn += 1
