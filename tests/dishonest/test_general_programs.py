"""Private tables, general buses with multiplicities, and every node a program may use: honest and dishonest."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tests.kit import support
from tests.kit.compiled_trial import seal_anew
from zkcompliance import schemas
from zkcompliance.errors import VerificationError
from zkcompliance.stark.air.builder import TableBuilder
from zkcompliance.stark.air.program import (
    Equation,
    Kind,
    LogSlot,
    Lookup,
    Program,
    Public,
    PublicBit,
    Summand,
    SummandKind,
    Unknown,
)
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.prover.witness import check_trace
from zkcompliance.stark.statement import Statement

SCHEMA = schemas.compute
PHASE = SCHEMA.limbs("phase")[0]
DEVICES = list(SCHEMA.limbs("devices"))
PHASES = len(SCHEMA.column("phase").choices)


def program() -> Program:
    """The phases of a two-segment log, counted and their devices added up in a private table by phase.

    Every real row sends (phase) once, and (phase, bucket) as many times as it has devices; the private table, whose
    keys increase strictly, takes them away again. Rows of each segment are numbered by a running count that begins
    where the segment before ended: a token carries it over. The total of devices is below the limit.
    """
    row = TableBuilder()
    act, phase, low = row.log_column(0), row.log_column(PHASE), row.log_column(DEVICES[0])
    number = row.witness_column()
    row.require_zero("act is 0 or 1", act * (act - 1))
    row.require_zero("rows are numbered", row.next_row(number) - number - act, Kind.TRANSITION)
    row.require_16_bits(low)
    row.require_in(0, phase, act)
    minus_first = row.lift(0) - row.first()
    row.interact(2, act, phase)
    row.interact(3, act * low, phase, row.bucket(), bound=65535)
    row.interact(4, minus_first, row.ordinal(), number)
    row.interact(4, row.last(), row.ordinal() + 1, number + act)
    row.sum_over_rows("devices", act, [low])

    group = TableBuilder(log=None)
    used, key, count, total = (group.witness_column() for _ in range(4))
    group.require_zero("used is 0 or 1", used * (used - 1))
    after_used, after_key = group.next_row(used), group.next_row(key)
    group.require_zero("used rows come first", after_used * (used - 1), Kind.TRANSITION)
    group.require_16_bits(key, count, total)
    gap = group.witness_column()
    group.require_zero("keys increase", after_used * (after_key - key - 1 - gap), Kind.TRANSITION)
    group.require_16_bits(gap)
    zero = group.lift(0)
    group.interact(2, zero - used * count, key, bound=65535)
    group.interact(3, zero - used * total, key, zero, bound=65535)
    group.interact(4, group.first(), zero, zero)
    group.interact(4, zero - group.first(), group.public(1), group.public(2) + group.public(3) * 0)
    return Program(
        claim="test-groups",
        version=1,
        publics=(Public("limit", 40), Public("segments", 16), Public("rows", 16, reveal=True), Public("spare", 32)),
        logs=(LogSlot("compute", SCHEMA.digest, SCHEMA.width),),
        lookups=(Lookup(((0, 0), *((m, 1) for m in range(PHASES)), (PHASES, PublicBit(3, 0)))),),
        tables=(row.build((2, 2, 1)), group.build((2, 2, 2, 2))),
        unknowns=(Unknown("slack", 3),),
        equations=(
            Equation(
                "devices below the limit",
                (
                    Summand(SummandKind.SUM, 1),
                    Summand(SummandKind.UNKNOWN, 1),
                    Summand(SummandKind.ONE, 1),
                    Summand(SummandKind.PUBLIC, -1),
                ),
            ),
        ),
        buses=(1, 2, 2),
    )


class Case:
    """Two segments of 20 and 9 rows, and an honest witness that a test may spoil before it is proved."""

    def __init__(self) -> None:
        rng = np.random.default_rng(5)
        self.tables, self.private = [], []
        numbered = 0
        counts: dict[int, list[int]] = {}
        for rows, k in ((20, 5), (9, 4)):
            columns = np.zeros((SCHEMA.width, 1 << k), np.uint32)
            columns[0, :rows] = 1
            columns[PHASE, :rows] = rng.integers(0, 4, rows)
            columns[DEVICES[0], :rows] = rng.integers(0, 1000, rows)
            for phase, devices in zip(columns[PHASE, :rows], columns[DEVICES[0], :rows], strict=True):
                held = counts.setdefault(int(phase), [0, 0])
                held[0] += 1
                held[1] += int(devices)
            self.tables.append(seal_anew(columns, SCHEMA.digest))
            act = columns[0].astype(np.int64)
            self.private.append((numbered + np.cumsum(act) - act).astype(np.uint32)[None])
            numbered += rows
        self.total = sum(devices for _, devices in counts.values())
        group = np.zeros((5, 8), np.uint32)
        keys = sorted(counts)
        for i, key in enumerate(keys):
            group[:4, i] = 1, key, *counts[key]
            if i:
                group[4, i - 1] = key - keys[i - 1] - 1
        self.private.append(group)
        self.publics = [self.total + 1, 2, numbered, 0]

    def statement(self) -> Statement:
        entries = tuple(table.entry for table in self.tables)
        return support.one_claim(program(), self.publics, [entries], (3,))

    def prover(self) -> Prover:
        slack = self.publics[0] - 1 - self.total
        return Prover(self.statement(), self.tables, self.private, [slack], os.urandom(32))


def verify(prover: Prover, proof: bytes) -> None:
    support.verify(prover.statement, proof)


def test_an_honest_proof_verifies() -> None:
    prover = Case().prover()
    proof = prover.prove()
    assert check_trace(prover.layout, prover.trace) == []
    verify(prover, proof)


def miscount(case: Case) -> None:
    case.private[2][2, 0] += 1


def misadd(case: Case) -> None:
    case.private[2][3, 1] -= 1


def split_key(case: Case) -> None:
    """One key twice, its count divided between the two."""
    group = case.private[2]
    group[:, 5], group[:, 4] = 0, (1, group[1, 3], 1, 0, 0)
    group[2, 3] -= 1
    group[4, 3] = P - 1


def renumber(case: Case) -> None:
    case.private[1] += np.uint32(1)


def fewer_rows(case: Case) -> None:
    case.publics[2] -= 1


def wrong_segments(case: Case) -> None:
    case.publics[1] = 1


def over_limit(case: Case) -> None:
    case.publics[0] -= 1


@pytest.mark.parametrize(
    "spoil", [miscount, misadd, split_key, renumber, fewer_rows, wrong_segments, over_limit], ids=lambda f: f.__name__
)
def test_a_false_witness_is_reported_and_refused(spoil) -> None:  # type: ignore[no-untyped-def]
    case = Case()
    spoil(case)
    prover = case.prover()
    proof = prover.prove()
    assert check_trace(prover.layout, prover.trace)
    with pytest.raises(VerificationError):
        verify(prover, proof)
