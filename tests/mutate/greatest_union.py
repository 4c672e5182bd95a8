"""Verifies a union that is near every limit on several claims at once, in a process of its own with little memory.

Arguments: the profile's number, and the memory in bytes. 64 claims over 60 logs of one segment each, 1,260 parts beside
the bases, as many private tables as there is room for, as many publics, cells, terms, columns, steps and tallies as
there may be, and programs that are dear to judge; every check that would end it early is passed, as in `greatest`.
stdout: the pieces of work, the peak memory in bytes, and what was met of the limits.
"""

from __future__ import annotations

import random

from tests.kit.dear_programs import cheap_bits, dear_tables
from tests.kit.sound_forms import sealed
from tests.mutate.greatest import KS, TALL_SUMS, arguments, measured, of_tall_sums
from zkcompliance import limits
from zkcompliance.verify.checkpoint import Checkpoint
from zkcompliance.verify.field import ZERO
from zkcompliance.verify.program import (
    UNIT,
    Constraint,
    Equation,
    Interaction,
    LogSlot,
    Lookup,
    LookupEntry,
    Node,
    Program,
    Public,
    Summand,
    Table,
)
from zkcompliance.verify.shape import _columns, shape_of
from zkcompliance.verify.statement import PROFILES, ClaimStatement, Entry, LogStatement, Statement
from zkcompliance.verify.union import table_steps

LOGS, CLAIMS, SHARES = limits.MAX_SEGMENTS, limits.MAX_CLAIMS, 3  # a claim is over every third log
WIDTH, SHORT, PUBLICS, LOOKUP_ROWS, TERMS = 72, tuple(range(8, 44)), 64, 78, 30
DEAR_TABLES, NODES = 8, 35
PRIVATE = limits.MAX_INSTANCES - LOGS - DEAR_TABLES - 1  # so many of the light claims have a private table


def light(nodes: int, private: bool) -> Program:
    """A claim that many have: few steps for each segment, a lookup, a private table or none, and many publics."""
    rng = random.Random(1)
    made = [*(Node(1, column, 0) for column in range(6)), Node(2, 0, 0), Node(10, 0, 0), Node(11, 0, 0)]
    while len(made) < nodes:
        made.append(Node(rng.choice((4, 6)), rng.randrange(len(made)), rng.choice((7, 8))))
    constraints = (Constraint("a", 0, nodes - 1), Constraint("b", 3, 0))
    log = Table(0, 0, 1, tuple(made), constraints, (Interaction(1, UNIT, 1, (0, 1)),), (1,), ())
    own = Table(1, 0, 1, (Node(2, 0, 0),), (), (Interaction(0, UNIT, 1, (0,)),), (1,), ())
    tables = (log, own) if private else (log,)
    publics = tuple(Public(f"{i}", 0, 512) for i in range(PUBLICS))
    rows = tuple((LookupEntry(0, i, 0), LookupEntry(1, i % PUBLICS, i)) for i in range(LOOKUP_ROWS))
    equation = Equation("e", tuple(Summand(2, i, 0, 1) for i in range(TERMS)))
    slots = (LogSlot("log", bytes(32), WIDTH),)
    return Program("light", 1, publics, slots, (Lookup(2, rows),), (), tables, (), (equation,))


def dear() -> Program:
    """Tables whose ranges are dear to judge, and one of the most tallies."""
    log = Table(0, 0, 0, (Node(1, 0, 0),), (), (), (0,), (), SHORT)
    tables = (log, of_tall_sums(), *dear_tables(cheap_bits, DEAR_TABLES, first=1))
    terms = (*(Summand(0, 1, i % TALL_SUMS, 1) for i in range(100)),)
    slots = (LogSlot("log", bytes(32), WIDTH),)
    return Program("dear", 1, (), slots, (), (), tables, (), (Equation("e", terms),))


def statement(number: int, programs: list[Program]) -> Statement:
    profile, logs = PROFILES[number], []
    for i, k in enumerate(KS):
        capacity = profile.capacity(k)
        if capacity is None:
            raise ValueError(k)
        entry = Entry(number, bytes(32), WIDTH, k, capacity, bytes([i]) * 32, ZERO)
        logs.append(sealed(LogStatement(Checkpoint(f"{i:03}", 0, b"", b""), (entry,))))
    claims = []
    for i, program in enumerate(programs):
        private = (21, *(3,) * DEAR_TABLES) if program.claim == "dear" else (3,) * program.private_tables
        publics = (2**512 - 1, *range(len(program.publics) - 1)) if program.publics else ()
        slot = tuple(range(i % SHARES, LOGS, SHARES))
        digest = program.digest
        claims.append(ClaimStatement(f"r{i:02}", program.claim, 1, digest, publics, (slot,), private))
    return Statement(profile, b"", tuple(logs), tuple(claims))


def main() -> None:
    number = arguments()
    with_table, bare = light(NODES, private=True), light(NODES, private=False)
    programs = [*[with_table] * PRIVATE, *[bare] * (CLAIMS - 1 - PRIVATE), dear()]
    stated = statement(number, programs)
    found = measured(stated, programs)
    steps = sum(
        table_steps(table) * (len(claim.slots[0]) if table.kind == 0 else 1)
        for claim, program in zip(stated.claims, programs, strict=True)
        for table in program.tables
    )
    columns = sum(map(_columns, shape_of(stated, programs).instances))
    size = sum(len(program.encode()) for program in {id(each): each for each in programs}.values())
    print(*found, steps, columns, size)


if __name__ == "__main__":
    main()
