"""Programs that make the judgement of what they count as dear as the limits allow: made in well under two seconds."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import pytest

from zkcompliance.errors import LimitExceeded, MalformedProof, ZkComplianceError
from zkcompliance.limits import MAX_NODES
from zkcompliance.verify.checkpoint import Checkpoint, checkpoint_body, log_root
from zkcompliance.verify.field import ZERO
from zkcompliance.verify.program import (
    ADD,
    CONST,
    EVERY,
    LAST,
    LOG,
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
from zkcompliance.verify.statement import STANDARD, ClaimStatement, Entry, LogStatement, Statement
from zkcompliance.verify.verifier import verify_proof

SECONDS = 2.0


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


def program(make: Callable[[Nodes], None], tables: int) -> Program:
    """So many tables, and a log that is not read."""
    log = Table(0, 0, 0, (Node(LOG, 0, 0),), (), (), (0,), ())
    built = []
    for number in range(tables):
        nodes = Nodes()
        make(nodes)
        built.append(nodes.table(number))
    slots = (LogSlot("log", bytes(32), 9),)
    return Program("c", 1, (), slots, (), (), (log, *built), (), ())


def statement(of: Program) -> Statement:
    capacity = STANDARD.capacity(3)
    assert capacity is not None
    entry = Entry(STANDARD.id, bytes(32), 9, 3, capacity, bytes(32), ZERO)
    root = log_root([entry.encode()])
    log = LogStatement(Checkpoint("o", 1, root, checkpoint_body("o", 1, root)), (entry,))
    claim = ClaimStatement("r", "c", 1, of.digest, (), ((0,),), (3,) * of.private_tables)
    return Statement(STANDARD, b"", (log,), (claim,))


def judged(make: Callable[[Nodes], None], tables: int) -> tuple[ZkComplianceError, float]:
    """What becomes of a proof of no bytes, and the CPU seconds."""
    asked = program(make, tables)
    data = asked.encode()
    stated = statement(asked)
    started = time.process_time()
    with pytest.raises(ZkComplianceError) as caught:
        verify_proof(stated, [decode_program(data)], b"")
    return caught.value, time.process_time() - started


@pytest.mark.parametrize(
    ("make", "tables"),
    [(indicators, 4), (next_rows, 7), (many_behind_one, 8), (many_paths, 7), (cheap_bits, 8)],
)
def test_what_a_program_counts_is_judged_in_time(make: Callable[[Nodes], None], tables: int) -> None:
    """Everything of it is judged, and only then is the proof found to be empty; one table more is over a limit."""
    error, seconds = judged(make, tables)
    assert isinstance(error, MalformedProof), error
    assert seconds < SECONDS
    over, _ = judged(make, tables + 1)
    assert isinstance(over, LimitExceeded), over
