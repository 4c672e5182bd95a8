"""What a program may count: asks of one sign, bounds that hold, selectors that are bits; refused by table and place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.kit import handwritten, varied_claims, vocabulary
from tests.kit.hunt import cases, more_cases
from tests.kit.sound_forms import bundle, statement
from tests.kit.sound_forms import program as formed
from zkcompliance.claim import catalogue
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.errors import MalformedProgram
from zkcompliance.verify.counting import check_multiplicities, ranges_of
from zkcompliance.verify.field import P
from zkcompliance.verify.program import (
    ADD,
    CONST,
    EVERY,
    FIRST,
    IS_FIRST,
    LAST,
    LOG,
    MUL,
    NEXT,
    NOT_AFTER,
    NOT_BEFORE,
    PUBLIC,
    SUB,
    TRANSITION,
    UNIT,
    WIT,
    Constraint,
    Interaction,
    LogSlot,
    Lookup,
    LookupEntry,
    Node,
    Program,
    Public,
    Sum,
    Table,
    decode_program,
)
from zkcompliance.verify.verifier import verify_bundle


class Nodes:
    """A table's nodes, each once."""

    def __init__(self) -> None:
        self.all: list[Node] = []
        self.constraints: list[Constraint] = []
        self.interactions: list[Interaction] = []
        self.sums: list[Sum] = []
        self.short: set[int] = set()

    def __call__(self, op: int, a: int = 0, b: int = 0) -> int:
        if Node(op, a, b) not in self.all:
            self.all.append(Node(op, a, b))
        return self.all.index(Node(op, a, b))

    def zero(self, node: int, kind: int = EVERY) -> None:
        self.constraints.append(Constraint(f"c{len(self.constraints)}", kind, node))

    def bit(self, x: int) -> int:
        self.zero(self(MUL, x, self(SUB, x, self(CONST, 1))))
        return x

    def ask(self, bus: int, multiplicity: int, bound: int = 1, *values: int) -> None:
        self.interactions.append(Interaction(bus, multiplicity, bound, values or (self(CONST, 5),)))

    def table(self, private: int | None = None) -> Table:
        kind, index = (0, 0) if private is None else (1, private)
        return Table(
            kind, index, 9, tuple(self.all), tuple(self.constraints), tuple(self.interactions),
            (len(self.interactions),), tuple(self.sums), tuple(sorted(self.short)),
        )  # fmt: skip


def program(*tables: Table, buses: tuple[int, ...] = (1,)) -> Program:
    """One lookup of (5, 7) and (bit 3 of the public, 0); general buses from 2."""
    rows = ((LookupEntry(0, 5, 0), LookupEntry(0, 7, 0)), (LookupEntry(1, 0, 3), LookupEntry(0, 0, 0)))
    logs = (LogSlot("log", bytes(32), 9),)
    made = Program("c", 1, (Public("x", 0, 17),), logs, (Lookup(2, rows),), buses, tables, (), ())
    return decode_program(made.encode())


def one(n: Nodes, *others: Nodes) -> Program:
    return program(n.table(), *(other.table(i) for i, other in enumerate(others)))


def compiled() -> Iterator[tuple[str, Program]]:
    for name in catalogue.names():
        yield name, decode_program(catalogue.load(name).program_bytes)
    for module in (vocabulary, varied_claims, cases, more_cases):
        for name, value in vars(module).items():
            if isinstance(value, ClaimDefinition):
                yield f"{module.__name__}.{name}", decode_program(compile_claim(value).program.encoded)
    yield "handwritten", decode_program(handwritten.program().encoded)


def test_every_program_of_the_compiler_passes() -> None:
    seen = 0
    for name, made in compiled():
        try:
            check_multiplicities(made)
        except MalformedProgram as error:
            pytest.fail(f"{name}: {error}")
        seen += 1
    assert seen >= 70


BITS = ("act is 0 or 1", "used is 0 or 1", "found is 0 or 1")  # the last is what act is, where all are to be found


def test_without_what_makes_it_a_bit() -> None:
    """Of each claim of the catalogue that has it: `act is 0 or 1` left out where an ask or a sum counts by it."""
    refused = 0
    for name in catalogue.names():
        whole = decode_program(catalogue.load(name).program_bytes)
        for t, table in enumerate(whole.tables):
            kept = tuple(c for c in table.constraints if c.name not in BITS)
            asked = {i.multiplicity for i in table.interactions} | {item.selector for item in table.sums}
            counts = any(n != UNIT and table.nodes[n].op in (LOG, WIT) and table.nodes[n].a == 0 for n in asked)
            if len(kept) == len(table.constraints) or not counts:
                continue
            with pytest.raises(MalformedProgram, match=r"^table \d+, "):
                tables = (*whole.tables[:t], replace(table, constraints=kept), *whole.tables[t + 1 :])
                check_multiplicities(replace(whole, tables=tables))
            refused += 1
    assert refused >= 5


def counting(column: int = 0, private: bool = False) -> tuple[Nodes, int]:
    n = Nodes()
    return n, n(WIT if private else LOG, column)


@pytest.mark.parametrize("bus", [0, 1])
@pytest.mark.parametrize("value", [1, P - 1, 0, 2])
def test_range_and_lookups_are_asked_once(bus: int, value: int) -> None:
    """No other multiplicity, not even the constant 1; −1 would let a value that no table holds cancel itself."""
    n = Nodes()
    n.ask(2, UNIT)
    n.ask(bus, n(CONST, value), 2, *[n(CONST, 5)] * (bus + 1))
    with pytest.raises(MalformedProgram, match=r"^table 0, interaction 1: on the range bus"):
        check_multiplicities(one(n))


def test_the_verifier_makes_the_check_before_it_reads_the_proof() -> None:
    whole = formed()
    table = whole.tables[0]
    minus = replace(table, nodes=(*table.nodes, Node(CONST, P - 1, 0)))
    asks = (*table.interactions[:1], table.interactions[1]._replace(multiplicity=len(table.nodes)))
    bad = replace(whole, tables=(replace(minus, interactions=(*asks, *table.interactions[2:])), *whole.tables[1:]))
    data = bundle(statement(bad), bad).encode()
    for digests in (None, [bad.digest]):
        with pytest.raises(MalformedProgram, match=r"table 0, interaction 1"):
            verify_bundle(data, program_digests=digests)


def test_asks_with_both_signs() -> None:
    """+1 and −1 of one value that the other side does not hold would cancel."""
    n, act = counting()
    n.bit(act)
    free = Nodes()
    free.ask(2, free(SUB, free(CONST, 0), free(WIT, 0)), 1)
    n.ask(2, act)
    check_multiplicities(one(n, free))
    n.ask(2, n(SUB, n(CONST, 0), act))
    with pytest.raises(MalformedProgram, match=r"^table 1, interaction 0: .* both signs"):
        check_multiplicities(one(n, free))
    n.interactions[1:] = [Interaction(2, n(SUB, act, n(IS_FIRST)), 1, (0,))]  # either sign, as it turns out
    with pytest.raises(MalformedProgram, match="both signs"):
        check_multiplicities(one(n, free))
    free.interactions[0] = Interaction(2, UNIT, 1, (0,))  # nothing free: an equality, of any signs
    check_multiplicities(one(n, free))


def test_free_sides() -> None:
    """One on a bus, a witness column by itself or its negative."""
    asks, free = Nodes(), Nodes()
    asks.ask(2, UNIT)
    free.ask(2, free(WIT, 3))
    check_multiplicities(one(asks, free))
    with pytest.raises(MalformedProgram, match=r"^table 2, interaction 0: nothing bounds"):
        check_multiplicities(one(asks, free, free))
    for node in ((NEXT, 3), (ADD, free(WIT, 3), free(WIT, 4)), (MUL, free(WIT, 3), free(WIT, 4))):
        other = Nodes()
        other.all = list(free.all)
        other.ask(2, other(*node))
        with pytest.raises(MalformedProgram, match="nothing bounds"):
            check_multiplicities(one(asks, other))
    log, column = counting()
    log.ask(2, column)
    with pytest.raises(MalformedProgram, match=r"^table 0, interaction 0: nothing bounds"):
        check_multiplicities(one(log))


def test_a_dishonest_bound() -> None:
    n, x = counting()
    n.short.add(0)
    n.ask(2, x, 65535)
    check_multiplicities(one(n))
    n.interactions[0] = n.interactions[0]._replace(bound=65534)
    with pytest.raises(
        MalformedProgram, match=r"^table 0, interaction 0: its multiplicity may be larger than its bound"
    ):
        check_multiplicities(one(n))
    for value, bound, fits in ((7, 7, True), (P - 7, 7, True), (8, 7, False), (P - 8, 7, False)):
        n.interactions[0] = Interaction(2, n(CONST, value), bound, (0,))
        if fits:
            check_multiplicities(one(n))
        else:
            with pytest.raises(MalformedProgram, match="larger than its bound"):
                check_multiplicities(one(n))
    n.interactions[0] = Interaction(2, n(PUBLIC, 0, 1), 1, (0,))  # the 17th bit of a public
    check_multiplicities(one(n))


def test_a_selector_that_is_no_bit() -> None:
    def summed(n: Nodes, node: int) -> Program:
        n.interactions = [Interaction(2, UNIT, 1, (n(CONST, 5),))]
        n.sums = [Sum("total", node, (n(CONST, 5),))]
        return one(n)

    n, x = counting()
    for kind in (FIRST, LAST, TRANSITION):  # a bit on some rows is none
        n.constraints = []
        n.zero(n(MUL, x, n(SUB, x, n(CONST, 1))), kind)
        with pytest.raises(MalformedProgram, match=r"^table 0, sum total: its selector"):
            check_multiplicities(summed(n, x))
    n.constraints = []
    n.bit(x)
    check_multiplicities(summed(n, x))
    one_less, minus = n(SUB, n(CONST, 1), x), n(SUB, n(CONST, 0), x)
    first, both = n(MUL, n(IS_FIRST), x), n(ADD, x, n(IS_FIRST))
    for node, good in ((one_less, True), (first, True), (minus, False), (both, False), (n(CONST, 2), False)):
        if good:
            check_multiplicities(summed(n, node))
        else:
            with pytest.raises(MalformedProgram, match="selector"):
                check_multiplicities(summed(n, node))


def known(n: Nodes, node: int, *others: Nodes) -> tuple[int, int] | None:
    n.ask(2, UNIT)
    return ranges_of(one(n, *others))[0].of(node)


def test_either_of_two_bits() -> None:
    n = Nodes()
    a, b = n.bit(n(LOG, 0)), n.bit(n(LOG, 1))
    assert known(n, n(SUB, n(ADD, a, b), n(MUL, b, a))) == (0, 1)
    assert known(n, n(SUB, n(ADD, a, b), n(MUL, a, a))) != (0, 1)


def test_columns_that_are_defined() -> None:
    n = Nodes()
    a, x, y = n.bit(n(LOG, 0)), n(WIT, 1), n(WIT, 2)
    n.zero(n(SUB, x, n(MUL, a, n(CONST, 9))))
    n.zero(n(MUL, y, n(SUB, x, y)))  # 0 or x
    assert (known(n, x), known(n, y), known(n, n(NEXT, 2))) == ((0, 9), (0, 9), (0, 9))
    assert known(n, n(WIT, 3)) is None


def test_indicators() -> None:
    for whole in (True, False):
        n = Nodes()
        x, d, w = n(WIT, 0), n(LOG, 1), n(WIT, 2)
        if whole:
            n.zero(n(MUL, x, d))
        n.zero(n(ADD, n(SUB, x, n(CONST, 1)), n(MUL, w, d)))
        assert known(n, x) == ((0, 1) if whole else None)


def test_rows_after_one_another() -> None:
    """x is the next row's bit, 0 on the last row; what a row carries from the row before it."""
    for begins, ends in ((True, True), (False, False)):
        n = Nodes()
        a, x, y = n.bit(n(WIT, 0)), n(WIT, 1), n(WIT, 2)
        n.zero(n(SUB, x, n(NEXT, 0)), TRANSITION)
        n.zero(n(SUB, n(NEXT, 2), a), TRANSITION)
        if ends:
            n.zero(x, LAST)
        if begins:
            n.zero(y, FIRST)
        assert (known(n, x), known(n, y)) == ((0, 1) if ends else None, (0, 1) if begins else None)


def test_public_bits_are_bits_in_every_table() -> None:
    n, other = Nodes(), Nodes()
    x = n(PUBLIC, 0, 0)
    assert known(n, x) == (0, 65535)
    other.bit(other(PUBLIC, 0, 0))
    assert known(n, x, other) == (0, 1)


def test_what_is_found_on_a_bus() -> None:
    """A value that is asked has a range of the other side's, where it asks; where it does not, a constraint says 0."""
    for rest, held in ((True, True), (True, False), (False, True)):
        n, other = Nodes(), Nodes()
        act, x = n.bit(n(LOG, 0)), n(WIT, 1)
        n.ask(3, act, 1, n(LOG, 2), x)
        if rest:
            n.zero(n(MUL, x, n(SUB, n(CONST, 1), act)))
        flag = other(WIT, 1)
        other.ask(3, other(WIT, 0), 1, other(WIT, 2), other.bit(flag) if held else flag)
        n.ask(2, UNIT)
        tables = ranges_of(program(n.table(), other.table(0), buses=(1, 2)))
        assert tables[0].of(x) == ((0, 1) if rest and held else None)


def test_lookups_and_range() -> None:
    n = Nodes()
    n.ask(0, UNIT, 1, n(WIT, 0))
    n.short.add(3)
    n.ask(1, UNIT, 1, n(LOG, 1), n(LOG, 2))
    assert (
        known(n, n(WIT, 0)) == known(n, n(LOG, 3)) == known(n, n(NOT_BEFORE, 2)) == known(n, n(NOT_AFTER)) == (0, 65535)
    )
    assert [known(n, n(LOG, i)) for i in range(1, 5)] == [(0, 5), (0, 7), (0, 65535), None]
