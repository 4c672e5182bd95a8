"""The buses of a union: what one claim asks and answers there is no other claim's, and no ask cancels another."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.kit import support, unions
from tests.kit.support import ROWS, TOTAL, Prover, refused, without
from tests.kit.unions import Case, compute, with_room
from tests.kit.weak_protocols import OtherSums
from zkcompliance.errors import BalanceMismatch, MalformedProgram, MalformedProof, OpeningMismatch, QuotientMismatch
from zkcompliance.stark.air import union as prover_union
from zkcompliance.stark.air.builder import TableBuilder
from zkcompliance.stark.air.program import LogSlot, Program, Public
from zkcompliance.stark.air.union import Member, Numbers
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.prover import prover as prover_module
from zkcompliance.verify import union as verify_union
from zkcompliance.verify import verifier

SLOT = LogSlot("compute", support.SCHEMA.digest, support.SCHEMA.width)
DIGESTS = {"compute": support.SCHEMA.digest}
LESS = P - 1  # as a limb it takes one from a sum
NOTHING = np.zeros((0, 8), np.uint32)


class ModuloP(OtherSums):
    """Adds limbs up as the field does."""

    def other_sums(self, true: list[np.ndarray]) -> list[np.ndarray]:
        return [part % P for part in true]


def one_less() -> np.ndarray:
    """The rows, and one more whose FLOP are −1: a value of no 16 bits, which whoever seals may seal."""
    columns = support.table([*ROWS, (0, 0)])
    columns[support.FLOP[0], len(ROWS)] = LESS
    return columns


# The range bus


def asks(sign: int) -> Program:
    """Says that x has 16 bits; `sign` is how often it asks on each row."""
    row, table = TableBuilder(), TableBuilder(log=None)
    row.require_zero("nothing", row.lift(0))
    x = table.witness_column()
    table.interact(0, None if sign == 1 else table.lift(sign), x)
    tables = (row.build((0,)), table.build((1,)))
    return Program("test-asks", 1, (), (SLOT,), (), tables, (), ())


def beside(sign: int) -> Prover:
    """A limit that is the total, which one row of −1 FLOP is below; a program of the user's own asks for −1 too."""
    x = np.array([[LESS, *[0] * 7]], np.uint32)
    wanted = [
        compute("limit", limit=TOTAL),
        unions.of_program("asks", asks(sign), {"compute": ["compute"]}, [NOTHING, x]),
    ]
    case = unions.union({"compute": [one_less()]}, DIGESTS, wanted)
    case.unknowns = [0]
    return case.prover(ModuloP)


def test_a_users_program_takes_back_what_another_claim_asks() -> None:
    """The base asks +1 for −1 FLOP, which no table holds, and the program −1 for it; zeros are asked −1 times as often
    as they are looked up."""
    lie = refused(MalformedProgram, beside(-1))
    with without(verifier, "check_multiplicities"):
        lie.verify()
    with without(verifier, "check_multiplicities"):
        refused(BalanceMismatch, beside(1))


# The base


class Forgets(ModuloP):
    """Its base has no ask for the least limb of FLOP."""

    @contextlib.contextmanager
    def forgetting(self) -> Iterator[None]:
        honest = Member.short.fget  # type: ignore[attr-defined]
        fewer = property(lambda member: tuple(c for c in honest(member) if c != support.FLOP[0]))
        with without(Member, "short", fewer):
            yield

    def prove(self) -> bytes:
        with self.forgetting():
            return super().prove()


def verifier_forgets() -> contextlib.AbstractContextManager[None]:
    honest = verify_union.base_table
    return without(
        verify_union,
        "base_table",
        lambda short, tallies: honest([column for column in short if column != support.FLOP[0]], tallies),
    )


def below(kind: type[Prover], *, true: bool = False) -> Prover:
    """Two limits on one log; the first is true, or rests on −1 FLOP in a row."""
    rows = support.table(ROWS) if true else one_less()
    case = unions.union({"compute": [rows]}, DIGESTS, [compute("a", limit=TOTAL + true), compute("b")])
    case.unknowns = [0, case.unknowns[1] if true else support.LIMIT - TOTAL]
    return case.prover(kind)


def test_a_base_without_one_of_its_short_columns() -> None:
    """The base alone asks for it, however many claims rest on it."""
    with verifier_forgets():
        support.prove(below(Forgets, true=True)).verify()
        support.prove(below(Forgets)).verify()
    support.prove(below(Prover, true=True)).verify()
    refused(QuotientMismatch, below(Forgets, true=True))
    refused(QuotientMismatch, below(Forgets))
    refused(BalanceMismatch, below(ModuloP))


# Lookups


class OfTheOther(Prover):
    """Asks claim a's lookups of the public table of claim b."""

    def prove(self) -> bytes:
        honest = Numbers.bus

        def bus(numbers: Numbers, own: int, range_bus: int) -> int:
            return 2 if own == 1 else honest(numbers, own, range_bus)

        with without(Numbers, "bus", bus):
            return super().prove()


def verifier_takes(lookup: int, general: int | None = None) -> contextlib.AbstractContextManager[None]:
    """A verifier for which every claim's lookup 0 is the union's bus `lookup`, its general bus 0 `general`."""
    honest = verify_union.bus_numbers

    def numbers(programs):  # type: ignore[no-untyped-def]
        found = honest(programs)
        return [
            (0, *([lookup] * len(program.lookups)), *([general] * len(program.buses)))
            for program, _ in zip(programs, found, strict=True)
        ]

    return without(verify_union, "bus_numbers", numbers)


def by_the_table_of(kind: type[Prover], *, true: bool = False) -> Prover:
    """Two limits, the second of which counts no phase at all; the first is to be 1, and has the witness of a limit on
    no phases."""
    none = {"limit": support.LIMIT, "phases": 0}
    a, b = compute("a", limit=support.LIMIT if true else 1), compute("b")
    logs = {"compute": [support.table(ROWS)]}
    case = unions.union(logs, DIGESTS, [a, replace(b, publics=none)])
    if not true:
        case.private[0], case.unknowns[0] = np.zeros_like(case.private[0]), 0
    return case.prover(kind)


def test_a_lookup_of_one_claim_used_by_another() -> None:
    """By the table of a claim that counts no phase, no row counts."""
    support.prove(by_the_table_of(Prover, true=True)).verify()
    lie = refused(QuotientMismatch, by_the_table_of(OfTheOther))
    with verifier_takes(2):
        lie.verify()
    refused(BalanceMismatch, by_the_table_of(Prover))


# General buses


def same() -> Program:
    """Says that publics a and b are equal: a is sent, b is taken."""
    row, table = TableBuilder(), TableBuilder(log=None)
    row.require_zero("nothing", row.lift(0))
    nothing = table.witness_column()
    table.require_zero("nothing", nothing)
    table.interact(1, table.first(), table.public(0))
    table.interact(1, table.lift(0) - table.first(), table.public(1))
    publics = (Public("a", 16), Public("b", 16))
    return Program("test-same", 1, publics, (SLOT,), (), (row.build((0,)), table.build((2,))), (), (), (1,))


class OnOneBus(Prover):
    """Has the general buses of all claims for one."""

    def prove(self) -> bytes:
        honest = Numbers.bus

        def bus(numbers: Numbers, own: int, range_bus: int) -> int:
            return range_bus if own == 0 else honest(numbers, own, range_bus) - numbers.buses_before

        with without(Numbers, "bus", bus):
            return super().prove()


def two_equalities(kind: type[Prover], *publics: tuple[int, int]) -> Prover:
    columns = [NOTHING, np.zeros((1, 8), np.uint32)]
    wanted = [
        unions.of_program(name, same(), {"compute": ["compute"]}, columns, {"a": a, "b": b})
        for name, (a, b) in zip("xy", publics, strict=True)
    ]
    return unions.union({"compute": [support.table(ROWS)]}, DIGESTS, wanted).prover(kind)


def test_a_general_bus_of_one_claim_balanced_by_anothers() -> None:
    """5 = 7 in one claim and 7 = 5 in the other: on one bus all that is sent is taken."""
    support.prove(two_equalities(Prover, (5, 5), (7, 7))).verify()
    lie = refused(QuotientMismatch, two_equalities(OnOneBus, (5, 7), (7, 5)))
    with verifier_takes(0, 1):
        lie.verify()
        refused(BalanceMismatch, two_equalities(OnOneBus, (5, 7), (8, 5)))
    refused(BalanceMismatch, two_equalities(Prover, (5, 7), (7, 5)))


# Several range buses

ROOM = 57_000  # asks on one range bus, in place of p: a log of 2^13 rows with six short columns has 49,152


def tall_logs(rows: Sequence[np.ndarray], *wanted: unions.Wanted) -> Case:
    return unions.union({"compute": list(rows)}, DIGESTS, wanted)


class OneRangeBus(Prover):
    """Asks everything on one range bus, however often that is."""

    def prove(self) -> bytes:
        with without(prover_union, "RANGE_ROOM", P):
            return super().prove()


def test_more_asks_than_a_range_bus_has_room_for() -> None:
    """Two segments each ask 49,152 times. A prover who leaves them on one bus is believed by whoever has no bound."""
    rows = [support.table(ROWS, 13), support.table(ROWS[:2], 13)]

    def case(kind: type[Prover]) -> Prover:
        return tall_logs(rows, compute("a"), compute("b")).prover(kind)

    with with_room(ROOM):
        support.prove(case(Prover)).verify()
        lie = refused((MalformedProof, QuotientMismatch, OpeningMismatch), case(OneRangeBus))
    lie.verify()
    with with_room(P):
        lie.verify()


@pytest.mark.parametrize("claims", [1, 2])
def test_the_buses_follow_from_the_asks_of_all_claims(claims: int) -> None:
    """Claims share the base's asks: two over the same columns need no more buses than one."""
    rows = [support.table(ROWS, 13), support.table(ROWS[:2], 13)]
    wanted = [compute(name) for name in "ab"[:claims]]
    with with_room(ROOM):
        layout = prover_module.lay_out(tall_logs(rows, *wanted).statement)
    assert len(layout.table.ranges) == 3
