"""Verifies the dearest proof that a statement can ask for, in a process of its own with little memory.

Arguments: the profile's number, and the memory in bytes. Every limit on the verifier's work is nearly met at once, and
every check that would end it early is passed: what a prover could do who knew how to make such a proof. stdout: the
pieces of work, the peak memory in bytes, and what was read.
"""

from __future__ import annotations

import hashlib
import random
import resource
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.kit.dear_programs import cheap_bits, dear_tables
from tests.kit.sound_forms import sealed
from tests.kit.work import Work
from zkcompliance import limits
from zkcompliance.errors import QuotientMismatch
from zkcompliance.verify import fri, openings, verifier
from zkcompliance.verify.checkpoint import Checkpoint
from zkcompliance.verify.codec import Reader
from zkcompliance.verify.field import ZERO, P
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
    Sum,
    Summand,
    Table,
)
from zkcompliance.verify.statement import PROFILES, ClaimStatement, Entry, LogStatement, Statement

WIDTH, NODES, LOOKUP_ROWS = 140, 1000, 4500
SUM_LIMBS, SHORT = 14, tuple(range(10, 50))
KS = [21] * 26 + [20, 19, 18, 17, 16, 15, 14, 13, 12] + [3] * 25
TALL_SUMS = 28  # of 16 limbs each, in one private table of 2^21 rows
DEAR_TABLES = 5  # whose ranges are dear to judge


def over_the_log() -> Table:
    rng = random.Random(1)
    nodes = [*(Node(1, column, 0) for column in range(8)), Node(2, 0, 0), Node(0, 7, 0)]
    while len(nodes) < NODES:
        nodes.append(Node(rng.choice((4, 6)), rng.randrange(len(nodes)), 9))
    nodes.append(Node(6, 0, 1))
    nodes += [Node(0, 1, 0), Node(5, 0, NODES + 1), Node(6, 0, NODES + 2)]  # the selector of the sum is 0 or 1
    constraints = (
        Constraint("a", 0, NODES),
        Constraint("b", 1, 0),
        Constraint("c", 2, 0),
        Constraint("d", 3, 0),
        Constraint("bit", 0, NODES + 3),
    )
    interactions = (*(Interaction(0, UNIT, 1, (8,)) for _ in range(10)), Interaction(1, UNIT, 1, (0, 1, 2)))
    sums = (Sum("s", 0, (1,) * SUM_LIMBS),)
    return Table(0, 0, 1, tuple(nodes), constraints, interactions, (2, 2, 2, 2, 2, 1), sums, SHORT)


def of_tall_sums() -> Table:
    """Private table 0, of the most tallies."""
    sums = tuple(Sum(f"{i}", 1, (0,) * 16) for i in range(TALL_SUMS))
    return Table(1, 0, 1, (Node(2, 0, 0), Node(7, 0, 0)), (), (), (0,), sums)


def program() -> Program:
    """Its columns, cells, terms, tallies and steps, and what it counts, are near what they may be."""
    rows = tuple((LookupEntry(0, i, 0), LookupEntry(0, i, 0), LookupEntry(0, 1, 0)) for i in range(LOOKUP_ROWS))
    terms = (*(Summand(0, 1, i % TALL_SUMS, 1 + i) for i in range(3)), *(Summand(0, 1, 0, 1),) * 252)
    equations = tuple(Equation(f"{i}", terms) for i in range(limits.MAX_EQUATION_TERMS // 255))
    tables = (over_the_log(), of_tall_sums(), *dear_tables(cheap_bits, DEAR_TABLES, first=1))
    logs = (LogSlot("log", bytes(32), WIDTH),)
    return Program("c", 1, (), logs, (Lookup(3, rows),), (), tables, (), equations)


def statement(of: Program, number: int) -> Statement:
    profile = PROFILES[number]
    entries = []
    for i, k in enumerate(KS):
        capacity = profile.capacity(k)
        if capacity is None:
            raise ValueError(k)
        entries.append(Entry(number, bytes(32), WIDTH, k, capacity, bytes([i]) * 32, ZERO))
    log = sealed(LogStatement(Checkpoint("o", 0, b"", b""), tuple(entries)))
    claim = ClaimStatement("r", "c", 1, of.digest, (), ((0,),), (21, *(3,) * DEAR_TABLES))
    return Statement(profile, b"", (log,), (claim,))


class Anything(tuple):  # type: ignore[type-arg]
    """Equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = tuple.__hash__


class AnyRoot(bytes):
    __eq__, __ne__, __hash__ = Anything.__eq__, Anything.__ne__, bytes.__hash__  # type: ignore[assignment]


class Endless(Reader):
    """A proof of uniform elements, as long as it has to be."""

    pool = struct.pack("<4096I", *random.Random(3).choices(range(P), k=4096)) * 16
    read = 0

    def take(self, count: int) -> bytes:
        Endless.read += count
        return (self.pool * (count // len(self.pool) + 1))[:count]

    def finish(self) -> None:
        pass

    def extension(self, raw: bytes) -> list:  # type: ignore[type-arg]
        return [Anything(element) for element in super().extension(raw)]


class Grinding:
    """hashlib, but every nonce is good."""

    @staticmethod
    def sha256(data: bytes = b""):  # type: ignore[no-untyped-def]
        if data.startswith(b"\x14"):
            return type("Zero", (), {"digest": lambda self: bytes(32)})()
        return hashlib.sha256(data)


def pass_every_check() -> None:
    """All is computed, and nothing refused."""
    tree, quotients, evaluate = openings.Tree, verifier.check_quotients, fri._evaluate

    def computed(*given: object) -> None:
        try:
            quotients(*given)  # type: ignore[arg-type]
        except QuotientMismatch:
            return
        raise SystemExit("the quotients of noise are right")

    openings.Tree = lambda root, *rest: tree(AnyRoot(root), *rest)  # type: ignore[misc, assignment]
    verifier.check_quotients = computed  # type: ignore[assignment]
    verifier.add = lambda *_: ZERO  # type: ignore[assignment]
    verifier.hashlib = Grinding  # type: ignore[assignment]
    verifier.Reader = Endless  # type: ignore[misc]
    fri._evaluate = lambda *given: Anything(evaluate(*given))  # type: ignore[assignment]


def arguments() -> int:
    """The profile's number; this process has no more memory than the other argument says from here on."""
    limit = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return int(sys.argv[1])


def measured(stated: Statement, programs: Sequence[Program]) -> tuple[float, ...]:
    """The pieces of work that it takes, the peak memory in bytes, what was read; instances, heights and cells."""
    pass_every_check()
    with Work() as work:
        report = verifier.verify_proof(stated, programs, b"")
    peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024
    return work.pieces, peak, Endless.read, report.instances, len(report.heights), report.cells


def main() -> None:
    number, asked = arguments(), program()
    print(*measured(statement(asked, number), [asked]), len(asked.encode()))


if __name__ == "__main__":
    main()
