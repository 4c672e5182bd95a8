"""The ranges by which a program's counts are judged, against every trace of small tables: none leaves its range.

Random constraints of the forms that the rules know, and of forms that are nearly those; three columns of three rows,
each value of −1 … 2, all traces that meet the constraints.
"""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from tests.kit.part import one_in
from zkcompliance.verify.counting import Ranges, ranges_of
from zkcompliance.verify.field import P
from zkcompliance.verify.program import (
    ADD,
    CONST,
    EVERY,
    FIRST,
    IS_FIRST,
    IS_LAST,
    LAST,
    MUL,
    NEXT,
    SUB,
    TRANSITION,
    UNIT,
    WIT,
    Constraint,
    Interaction,
    LogSlot,
    Node,
    Program,
    Table,
    decode_program,
)

COLUMNS, ROWS, VALUES = 3, 3, (-1, 0, 1, 2)
TRACES = np.array(list(itertools.product(VALUES, repeat=COLUMNS * ROWS)), np.int64).reshape(-1, COLUMNS, ROWS)
PROGRAMS = 60  # of one seed


class Writer:
    """A table in the making: nodes once each, constraints by chance."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.constraints = rng, list[tuple[int, int]]()
        self.all: dict[Node, int] = {}
        self.columns = [self(WIT, column) for column in range(COLUMNS)]
        self.nexts = [self(NEXT, column) for column in range(COLUMNS)]
        self.one, self.zero = self(CONST, 1), self(CONST, 0)

    def __call__(self, op: int, a: int = 0, b: int = 0) -> int:
        return self.all.setdefault(Node(op, a, b), len(self.all))

    def say(self, node: int, kind: int = EVERY) -> None:
        self.constraints.append((kind, node))

    def value(self) -> int:
        """Any simple node."""
        plain = [*self.columns, *self.columns, self.one, self.zero, self(CONST, P - 1), self(IS_FIRST), self(IS_LAST)]
        if self.rng.random() < 0.3:
            return self(self.rng.choice((ADD, SUB, MUL)), self.rng.choice(plain), self.rng.choice(plain))
        return self.rng.choice(plain)

    def bit(self) -> None:
        x = self.rng.choice(self.columns)
        self.say(self(MUL, x, self(SUB, x, self.one)))

    def none_or(self) -> None:
        x, w = self.rng.choice(self.columns), self.value()
        self.say(self(MUL, x, self.rng.choice((self(SUB, x, w), self(SUB, w, x), self(ADD, x, w)))))

    def equal(self) -> None:
        self.say(self(SUB, self.rng.choice(self.columns), self.value()))

    def indicator(self) -> None:
        x, d, w = (self.rng.choice(self.columns) for _ in range(3))
        if self.rng.random() < 0.8:
            self.say(self(MUL, x, d))
        self.say(self(ADD, self(SUB, x, self.one), self(MUL, w, d)))

    def implied(self) -> None:
        x, y = self.rng.sample(self.columns, 2)
        self.say(self(MUL, x, self.rng.choice((self(SUB, self.one, y), self(SUB, y, x)))))
        self(SUB, y, x)

    def next_implied(self) -> None:
        """x is the next z but on the last row, or implies it, and the next z implies y; now and then a part is left
        out."""
        (x, y), z = self.rng.sample(self.columns, 2), self.rng.choice(self.nexts)
        for node, kind in (
            self.rng.choice(((self(SUB, x, z), TRANSITION), (self(MUL, x, self(SUB, self.one, z)), EVERY))),
            (x, LAST),
            (self(MUL, z, self(SUB, self.one, y)), self.rng.choice((TRANSITION, TRANSITION, EVERY))),
        ):
            if self.rng.random() < 0.8:
                self.say(node, kind)
        for column in (x, y):
            if self.rng.random() < 0.9:
                self.say(self(MUL, column, self(SUB, column, self.one)))
        self(SUB, y, x)

    def carried(self) -> None:
        column = self.rng.randrange(COLUMNS)
        x = self.columns[column]
        self.say(self(SUB, self.nexts[column], self.value()), TRANSITION)
        if self.rng.random() < 0.8:
            start = x if self.rng.random() < 0.5 else self(SUB, x, self.value())
            self.say(start, self.rng.choice((FIRST, FIRST, FIRST, LAST)))

    def kept_or_new(self) -> None:
        """x' = s·x + (t − s)·y with s·(t − s) = 0."""
        column = self.rng.randrange(COLUMNS)
        x, s, t, y = self.columns[column], *(self.rng.choice([*self.columns, self.one]) for _ in range(3))
        rest = self(SUB, t, s)
        if self.rng.random() < 0.9:
            self.say(self(MUL, s, rest))
        kept = self(ADD, self(MUL, s, x), self(MUL, rest, y))
        self.say(self(SUB, self.nexts[column], kept), TRANSITION)
        self.say(x, FIRST)

    def either(self) -> None:
        a, b = self.rng.choice(self.columns), self.rng.choice(self.columns)
        self(SUB, self(ADD, a, b), self(MUL, a, b))

    def table(self) -> Table:
        constraints = tuple(Constraint(f"c{i}", kind, node) for i, (kind, node) in enumerate(self.constraints))
        asks = (Interaction(1, UNIT, 1, (self.zero,)),)
        return Table(1, 0, COLUMNS, tuple(self.all), constraints, asks, (1,), ())


def judged(table: Table) -> Ranges:
    log = Table(0, 0, 0, (), (), (), (0,), ())
    made = Program("c", 1, (), (LogSlot("log", bytes(32), 1),), (), (1,), (log, table), (), ())
    return ranges_of(decode_program(made.encode()))[1]


def values(table: Table) -> list[np.ndarray]:
    """Of every node, on every row of every trace: (traces, ROWS)."""
    first = np.zeros((1, ROWS), np.int64)
    first[0, 0] = 1
    found: list[np.ndarray] = []
    for op, a, b in table.nodes:
        if op == CONST:
            found.append(np.full((1, ROWS), a if a <= P // 2 else a - P))
        elif op == WIT:
            found.append(TRACES[:, a])
        elif op == NEXT:
            found.append(np.roll(TRACES[:, a], -1, axis=1))
        elif op in (IS_FIRST, IS_LAST):
            found.append(first if op == IS_FIRST else first[:, ::-1])
        else:
            found.append({ADD: np.add, SUB: np.subtract, MUL: np.multiply}[op](found[a], found[b]))
    return found


def met(table: Table, found: list[np.ndarray]) -> np.ndarray:
    """Which traces meet every constraint."""
    rows = {EVERY: slice(None), FIRST: slice(0, 1), LAST: slice(-1, None), TRANSITION: slice(0, -1)}
    good = np.ones(len(TRACES), bool)
    for constraint in table.constraints:
        good &= ~found[constraint.node][:, rows[constraint.kind]].any(axis=1)
    return good


@pytest.mark.parametrize("seed", one_in(3, range(6)))
def test_no_trace_leaves_a_range(seed: int) -> None:
    """Of each program: every node that has a range keeps it in every trace; enough of them have one by the rules."""
    rng, learned, held = random.Random(seed), 0, 0
    for _ in range(PROGRAMS):
        made = Writer(rng)
        forms = [made.bit, made.bit, made.none_or, made.equal, made.indicator, made.implied, made.next_implied]
        forms += [made.next_implied, made.carried, made.kept_or_new, made.either]
        for form in rng.choices(forms, k=rng.randrange(2, 6)):
            form()
        table = made.table()
        ranges, found = judged(table), values(table)
        good = met(table, found)
        held += bool(good.any())
        for i, (op, _, _) in enumerate(table.nodes):
            said = ranges.of(i)
            if said is None or op == CONST:
                continue
            learned += op in (WIT, NEXT)
            of = np.broadcast_to(found[i], (len(TRACES), ROWS))[good]
            assert not of.size or (said[0] <= of.min() and of.max() <= said[1]), (seed, table, i, said)
    assert held > PROGRAMS // 2 and learned > 3 * PROGRAMS // 2, (held, learned)
