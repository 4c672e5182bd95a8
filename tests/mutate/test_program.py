"""Each part of a program dropped in turn, from prover and verifier alike: something false is accepted that was not.

What only completeness loses (a lookup row, the slack) is caught by the honest trace that no longer holds. Three parts
are redundant at these sizes, and the tests say so: the first row of an accumulator (only differences count), and the
ends of the range table while it has 2^16 rows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.kit import support
from tests.kit.support import (
    CLAIM,
    COUNTED,
    FLOP,
    PHASE,
    DroppedConstraints,
    Prover,
    View,
    cells_of,
    looked_up,
    recount,
    refused,
    verifier_drops,
    without,
)
from zkcompliance.errors import BalanceMismatch, MalformedProgram, QuotientMismatch
from zkcompliance.stark.air import shape as layout_module
from zkcompliance.stark.air.cells import CellsShape, Identity
from zkcompliance.stark.air.program import Program, PublicBit, SummandKind, TableAir
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.prover import prover as prover_module
from zkcompliance.stark.prover import witness as witness_module
from zkcompliance.stark.prover.witness import Trace, check_trace
from zkcompliance.verify import union as verify_union
from zkcompliance.verify import verifier
from zkcompliance.verify.counting import check_multiplicities
from zkcompliance.verify.field import Powers
from zkcompliance.verify.program import decode_program

PROGRAM = CLAIM.program
(ROW,) = PROGRAM.tables


def changed(row: TableAir | None = None, **parts: object) -> Program:
    return replace(PROGRAM, **({"tables": (row,)} if row is not None else {}), **parts)  # type: ignore[arg-type]


class Cheating(Prover):
    """Sums as F sees them, and the trace of an edit; multiplicities are counted honestly after it."""

    def make_trace(self) -> Trace:
        real = witness_module.place_sums
        with without(witness_module, "place_sums", lambda *given: [found % P for found in real(*given)]):
            trace = super().make_trace()
        self.edit(trace)
        recount(self, trace)
        return trace

    def edit(self, trace: Trace) -> None:
        """Nothing, unless a case has something to do."""


def total_of(columns: np.ndarray) -> int:
    """The counted total, each limb as the integer that it is."""
    real = (columns[0] == 1) & np.isin(columns[PHASE], [0, 1, 2, 3])
    return sum(int(columns[limb][real].astype(object).sum()) << 16 * j for j, limb in enumerate(FLOP))


def accepted_only_by(
    program: Program,
    tables: list[SealedTable],
    limit: int,
    slack: int,
    *,
    private: list[np.ndarray] | None = None,
    kind: type[Prover] = Cheating,
) -> None:
    """The mutated program accepts this, and the true one refuses it for its buses' sake."""
    publics = {"limit": limit, "phases": COUNTED}
    unknowns = [slack] * len(program.unknowns)
    support.prove(support.prover(tables, publics, kind, program=program, private=private, unknowns=unknowns)).verify()
    refused(BalanceMismatch, support.prover(tables, publics, kind, private=private, unknowns=[slack]))


# Interactions


def without_lookup() -> Program:
    assert len(ROW.interactions) == 1
    return changed(replace(ROW, interactions=(), groups=(0,)))


@pytest.mark.parametrize("limb", range(6))
def test_each_range_check(limb: int) -> None:
    """A limb of −1 takes 2^(16·limb) off a total that is at the limit."""
    columns = support.table([(0, 5), (1, sum(1 << 16 * j for j in range(6)))])
    limit = total_of(columns)
    columns = np.roll(columns, 1, axis=1)
    columns[0, 0], columns[FLOP[limb], 0] = 1, P - 1
    sealed = support.seal(columns, f"−1 in limb {limb}")
    short = tuple(column for column in ROW.short if column != FLOP[limb])
    accepted_only_by(changed(replace(ROW, short=short)), [sealed], limit, (1 << 16 * limb) - 1)


def test_the_phase_lookup() -> None:
    """Nothing counts. The sum's selector is a bit by this lookup alone, so that such a program is refused as it is."""
    columns = support.table(support.ROWS)
    none = np.zeros((1, columns.shape[1]), np.uint32)
    with pytest.raises(MalformedProgram, match=r"table 0, sum total: its selector"):
        check_multiplicities(decode_program(without_lookup().encoded))
    with without(verifier, "check_multiplicities"):
        accepted_only_by(without_lookup(), [support.seal(columns)], 1, 0, private=[none])


# Lookup rows


@pytest.mark.parametrize("number", range(14))
def test_each_row_of_the_lookup(number: int) -> None:
    """Without it an honest log cannot be proved: the checker names the rows."""
    (lookup,) = PROGRAM.lookups
    program = changed(lookups=(replace(lookup, rows=(*lookup.rows[:number], *lookup.rows[number + 1 :])),))
    columns = support.table([(m, 1) for m in range(7)])
    columns[PHASE, 7] = number % 7 if number < 7 else 0
    publics = {"limit": 100, "phases": COUNTED}
    for used, holds in ((PROGRAM, True), (program, number < 7 and number != 0 and columns[PHASE, 7] != number)):
        made = support.prover([support.seal(columns, f"row {number}")], publics, program=used)
        made.layout, made.profile, made.stream = lay(made)
        failures = check_trace(made.layout, made.make_trace())
        assert (not failures) == holds, failures[:2]


def lay(made: Prover):  # type: ignore[no-untyped-def]
    return layout_module.lay_out(made.statement), made.statement.profile, support.Keystream(made.seed)


@pytest.mark.parametrize(
    ("row", "entry", "counted"),
    [(0, (0, 0, 1), [1, 1]), (7, (0, 1, 0), [0, 1]), (8, (1, 1, 0), [1, 0]), (7, (0, 1, PublicBit(1, 6)), [0, 1])],
)
def test_altered_rows_of_the_lookup(row: int, entry: tuple[int, ...], counted: list[int]) -> None:
    """A padding row that counts, a counted phase that does not."""
    (lookup,) = PROGRAM.lookups
    program = changed(lookups=(replace(lookup, rows=(*lookup.rows[:row], entry, *lookup.rows[row + 1 :])),))
    columns = support.table([(0, 40), (1, 2)])
    private = np.zeros((1, 8), np.uint32)
    private[0, :2] = counted
    if row == 0:
        private[0, 2:] = 1
        columns[FLOP[0], 2:] = 1
    kept = (private[0, :2] * [40, 2]).sum() + (6 if row == 0 else 0)
    publics = {"limit": 50, "phases": COUNTED}
    given = {"private": [private], "unknowns": [50 - 1 - int(kept)]}
    sealed = [support.seal(columns, f"altered {row}")]
    support.prove(support.prover(sealed, publics, program=program, **given)).verify()
    refused(BalanceMismatch, support.prover(sealed, publics, **given))


# Sums and equations


@pytest.mark.parametrize("limb", range(6))
def test_each_limb_of_the_sum(limb: int) -> None:
    """FLOP in this limb alone would weigh nothing."""
    (total,) = ROW.sums
    left = tuple(x for i, x in enumerate(total.limbs) if i != limb)
    columns = support.table([(0, 7 << 16 * limb)])
    program = changed(replace(ROW, sums=(replace(total, limbs=left),)))
    accepted_only_by(program, [support.seal(columns, f"limb {limb}")], 1, 0)


def test_the_selector_of_the_sum() -> None:
    """With act for selector in its place every phase would count; with zero none."""
    (total,) = ROW.sums
    nodes = (*ROW.nodes, (0, 0, 0))
    program = changed(replace(ROW, nodes=nodes, sums=(replace(total, selector=len(nodes) - 1),)))
    accepted_only_by(program, [support.seal(support.table([(0, 7)]), "selected")], 1, 0)


def without_term(kind: SummandKind) -> Program:
    (equation,) = PROGRAM.equations
    return changed(equations=(replace(equation, terms=tuple(t for t in equation.terms if t.kind != kind)),))


@pytest.mark.parametrize(
    ("program", "limit", "slack"),
    [
        (without_term(SummandKind.SUM), 10, 9),
        (without_term(SummandKind.ONE), 77, 0),  # the total is the limit
        (changed(equations=()), 10, 0),
        (changed(equations=(), unknowns=()), 10, 0),
    ],
)
def test_equation_and_terms(program: Program, limit: int, slack: int) -> None:
    accepted_only_by(program, [support.seal(support.table([(0, 77)]), "77")], limit, slack)


@pytest.mark.parametrize("kind", [SummandKind.UNKNOWN, SummandKind.PUBLIC])
def test_terms_that_truth_needs(kind: SummandKind) -> None:
    """Without them the equation is false of an honest log."""
    made = support.prover([support.seal(support.table([(0, 77)]), "77")], program=without_term(kind))
    made.layout, made.profile, made.stream = lay(made)
    assert {f.requirement.split(",")[0] for f in check_trace(made.layout, made.make_trace())} == {
        "total below the limit"
    }


def negated() -> Program:
    """The same equation with every sign turned."""
    (equation,) = PROGRAM.equations
    terms = tuple(replace(term, coefficient=-term.coefficient) for term in equation.terms)
    return changed(equations=(replace(equation, terms=terms),))


# Identities


class Deaf:
    """The powers of δ, but for one that is zero."""

    def __init__(self, powers: Powers, exponent: int) -> None:
        self._powers, self._exponent = powers, exponent

    def __getitem__(self, exponent: int) -> Ext:
        return ext.ZERO if exponent == self._exponent else self._powers[exponent]


@contextlib.contextmanager
def no_identity(number: int) -> Iterator[None]:
    """A protocol, on both sides, without one of the linear identities."""

    def blank(stated):  # type: ignore[no-untyped-def]
        made = layout_module.lay_out(stated)
        made.cells.identities[number] = Identity(made.cells.identities[number].name)
        return made

    def deaf(*given):  # type: ignore[no-untyped-def]
        made = challenges(*given)
        return replace(made, delta=Deaf(made.delta, number + 1))

    challenges = verifier.lookup_challenges
    with without(prover_module, "lay_out", blank), without(verifier, "lookup_challenges", deaf):
        yield


DIGITS = range(6, 14)  # after the six sums, the equation's eight digits, then its seven carries


@pytest.mark.parametrize("digit", range(8))
def test_each_digit_of_the_equation(digit: int) -> None:
    """A total that only this digit sees, under a limit of one; at the top, the slack that wraps."""
    rows = [(0, 1 << 16 * digit)] if digit < 6 else [(0, 1 << 94)] if digit == 6 else [(0, 1)]
    log = [support.seal(support.table(rows), f"digit {digit}")]
    publics = {"limit": 1, "phases": COUNTED}
    unknowns = [0 if digit < 7 else 2**112 - 1]
    with no_identity(DIGITS[digit]):
        support.prove(support.prover(log, publics, Flat if digit < 7 else Cheating, unknowns=unknowns)).verify()
    refused(BalanceMismatch, support.prover(log, publics, Flat if digit < 7 else Cheating, unknowns=unknowns))


class Flat(Cheating):
    """No digit carries."""

    def edit(self, trace: Trace) -> None:
        chain = self.layout.cells.chains[0]
        for e in range(chain.digits - 1):
            cell = chain.first_cell + 2 * e
            cells_of(self, trace)[cell : cell + 2] = 1 << 13, 1 << 15


class LongCarry(Flat):
    """A carry of 30,720 out of digit `at`: 2^16 times it is p − 1."""

    at = 1

    def edit(self, trace: Trace) -> None:
        super().edit(trace)
        cell = self.layout.cells.chains[0].first_cell + 2 * self.at
        cells_of(self, trace)[cell : cell + 2] = 30720 + (1 << 13), 0


@pytest.mark.parametrize("digit", range(1, 6))
def test_each_bound_of_a_carry(digit: int) -> None:
    """total + slack + 1 = limit + p·2^(16·digit − 2): true mod p, false over the integers, with the signs turned.

    Digit 0 sees multiples of four only and the last has no limb above it: there the bound is not needed.
    """
    total = 1 << 16 * digit - 2
    slack = 7680 << 16 * (digit + 1)
    assert total + slack + 1 == 1 + P * 2 ** (16 * digit - 2)
    log = [support.seal(support.table([(0, total)]), f"carry {digit}")]
    kind = type("Case", (LongCarry,), {"at": digit})
    publics = {"limit": 1, "phases": COUNTED}

    def made() -> Prover:
        return support.prover(log, publics, kind, program=negated(), unknowns=[slack])

    with no_identity(DIGITS[-1] + 1 + digit):
        support.prove(made()).verify()
    refused(BalanceMismatch, made())


@pytest.mark.parametrize("limb", range(6))
def test_each_identity_of_a_sum(limb: int) -> None:
    """Its cells say zero whatever the rows hold: the program without that limb, which the checker tells apart."""
    made = support.prover([support.seal(support.table([(0, 3 << 16 * limb)]), f"sum {limb}")])
    made.layout, made.profile, made.stream = lay(made)
    trace = made.make_trace()
    cells_of(made, trace)[2 * limb] = 0
    recount(made, trace)
    assert {f.requirement for f in check_trace(made.layout, trace)} >= {"total"}


# The cells table


class Ramp(Cheating, DroppedConstraints):
    """Another range table of one value a row: column t, and multiplicities wherever t has the value."""

    ramp: Callable[[int], np.ndarray]

    def edit(self, trace: Trace) -> None:
        rows = self.layout.instances[-1].rows
        self.t = type(self).ramp(rows)

    def make_trace(self) -> Trace:
        trace = super().make_trace()
        cells = trace.witness[-1]
        wanted: dict[int, int] = {}
        for number, instance in enumerate(self.layout.instances[:-1]):
            value = witness_module.node_values(instance, trace.log_columns(number), trace.witness[number])
            for interaction in instance.air.interactions:
                if interaction.bus == 0:
                    for x, count in zip(*np.unique(value(interaction.nodes[0]), return_counts=True), strict=True):
                        wanted[int(x)] = wanted.get(int(x), 0) + int(count)
        for x, count in zip(*np.unique(cells[2], return_counts=True), strict=True):
            wanted[int(x)] = wanted.get(int(x), 0) + int(count)
        cells[0], cells[1] = self.t, 0
        where = {int(x): i for i, x in reversed(list(enumerate(self.t)))}
        for x, count in wanted.items():
            cells[1, where[x]] = count
        return trace


def with_minus_one(rows: int) -> np.ndarray:
    t = np.arange(rows)
    t[7:] -= 1
    t[7] = P - 1
    t[-1] = 65535
    return t


def test_the_range_table_grows_by_zero_or_one() -> None:
    """A −1 among its values: a limb of −1 is then in range. (65534 makes room for it: nobody looks it up.)"""
    columns = support.table([(0, 5), (1, 1 << 95)], 16)
    limit = total_of(columns)
    columns = np.roll(columns, 4, axis=1)  # so that the −1 is in the bucket of the 5
    columns[0, 0], columns[FLOP[0], 0] = 1, P - 1
    log = [support.seal(columns, "−1")]
    kind = type("Case", (Ramp,), {"ramp": staticmethod(with_minus_one), "dropped": frozenset({(1, 1)})})
    publics = {"limit": limit, "phases": COUNTED}
    proved = refused(QuotientMismatch, support.prover(log, publics, kind, unknowns=[0]))
    with verifier_drops(kind.dropped):
        proved.verify()


@pytest.fixture(scope="module")
def tall() -> dict[str, SealedTable]:
    """2^16 rows under profile fast have κ = 17, and with them the cells table has 2^17 rows."""
    low = support.table([(0, 1)] * (1 << 16), 16)
    low[FLOP[0], 0] = P - 1
    high = support.table([(0, 131071)] * (1 << 16), 16)
    high[FLOP[0]], high[FLOP[1]] = 131071, 0
    return {"low": support.seal(low, "low", "fast"), "high": support.seal(high, "high", "fast")}


@pytest.mark.parametrize(
    ("which", "constraint", "start", "claimed"),
    [("low", 0, -65536, 65535 - 1), ("high", 2, 0, 4 * (2**14 * 131071 - P))],
)
def test_both_ends_of_a_range_table_of_2_17_rows(
    tall: dict[str, SealedTable], which: str, constraint: int, start: int, claimed: int
) -> None:
    """From −65536 it would hold −1; up to 131071 it would let the sum of 2^14 rows pass p."""
    real = (1 << 16) - 1 if which == "low" else 131071 << 16
    assert claimed < real
    ramp = staticmethod(lambda rows: (np.arange(rows) + start) % P)
    kind = type("Case", (Ramp,), {"ramp": ramp, "dropped": frozenset({(1, constraint)})})
    publics = {"limit": real, "phases": COUNTED}
    made = support.prover([tall[which]], publics, kind, unknowns=[real - 1 - claimed])
    assert made.statement.logs[0].entries[0].kappa == 17
    proved = refused(QuotientMismatch, made)
    with verifier_drops(kind.dropped):
        proved.verify()


def test_ends_of_a_range_table_of_2_16_rows_are_implied() -> None:
    """65,536 rows that grow by at most one: from s to 65535 takes s ≥ 0, from 0 they cannot pass 65535."""
    air = CellsShape(16, (0,)).air()
    assert air.constraints[0].kind == 1 and air.constraints[2].kind == 2


@contextlib.contextmanager
def cells_unchecked() -> Iterator[None]:
    """A protocol whose cells are not range-checked: the lookup of v is one of the constant zero."""

    mine, theirs = CellsShape.air, verify_union.cells_table

    def prover_side(made: CellsShape) -> TableAir:
        air = mine(made)
        *others, of_v = air.interactions
        zero = replace(of_v, nodes=(len(air.nodes),))
        return replace(air, nodes=(*air.nodes, (0, 0, 0)), interactions=(*others, zero))

    def verifier_side(kappa: int, buses: tuple[int, ...]) -> verify_union.Merged:
        made = theirs(kappa, buses)
        (part,) = made.parts
        table = part.table
        *others, of_v = table.interactions
        zero = of_v._replace(nodes=(len(table.nodes),))
        nodes = (*table.nodes, type(table.nodes[0])(0, 0, 0))
        return replace(made, parts=(part._replace(table=replace(table, nodes=nodes, interactions=(*others, zero))),))

    with without(CellsShape, "air", prover_side), without(verify_union, "cells_table", verifier_side):
        yield


class MinusOne(Cheating):
    """The slack's first limb is −1, and the carries follow."""

    def edit(self, trace: Trace) -> None:
        cells = cells_of(self, trace)
        first, _ = self.layout.cells.unknowns[0]
        cells[first] = P - 1
        chain = self.layout.cells.chains[0]
        signed = {int(c): int(x) - (P if x > P // 2 else 0) for c, x in enumerate(cells[: self.layout.cells.count])}
        for e in range(chain.digits - 1):
            identity = self.layout.cells.identities[chain.first_identity + e]
            carry = chain.first_cell + 2 * e
            rest = sum(signed[c] * w for c, w in identity.cells if c != carry) + identity.constant
            signed[carry], signed[carry + 1] = rest >> 16, 4 * (rest >> 16)
            cells[carry : carry + 2] = signed[carry], signed[carry + 1]


class NoCellLookups(MinusOne):
    """Multiplicities as the unchecked protocol has them: zero is looked up once for each row."""

    def make_trace(self) -> Trace:
        trace = super().make_trace()
        v = cells_of(self, trace)
        for value in v[v < 1 << 16]:
            looked_up(self, trace, int(value), -1)
        looked_up(self, trace, 0, len(v))
        return trace


def test_the_range_check_of_cells() -> None:
    log = [support.seal(support.table([(0, 77)]), "77")]
    publics = {"limit": 77, "phases": COUNTED}
    with cells_unchecked():
        support.prove(support.prover(log, publics, NoCellLookups, unknowns=[0])).verify()
    refused(BalanceMismatch, support.prover(log, publics, MinusOne, unknowns=[0]))


# Constraints of the buses


class FalseColumns(DroppedConstraints):
    """A false total whose imbalance is put into one extension column of instance 0, or into a terminal alone."""

    column: int | None = None
    instance = 0

    def lookup_columns(self, number: int) -> tuple[np.ndarray, Ext]:
        columns, terminal = super().lookup_columns(number)
        if number == 0:
            self.first = columns
        if number == len(self.layout.instances) - 1:
            missing = View(self).balance([*self.terminals, terminal])
            if self.instance == number:
                return columns, ext.sub(terminal, missing)
            self.terminals[0] = ext.sub(self.terminals[0], missing)
            if self.column is not None:
                for r in range(6):
                    phi, acc = self.first[6 * self.column + r], self.first[-6 + r]
                    phi[0] = (int(phi[0]) - missing[r]) % P
                    acc[1:] = (acc[1:].astype(np.int64) - missing[r]) % P
                mask = prover_module.mask
                self.extension_polynomials[0] = mask(self.first, self.profile.mask, self.stream, "extension 0")
        return columns, terminal


@pytest.mark.parametrize(("instance", "constraint", "column"), [(0, 0, 0), (0, 1, 1), (0, 3, None), (1, 6, None)])
def test_each_constraint_of_the_buses(instance: int, constraint: int, column: int | None) -> None:
    """φ_0, φ_1, the accumulator's step over a log, and over the cells: each alone carries the balance."""
    attributes = {"instance": instance, "column": column, "dropped": frozenset({(instance, constraint)})}
    kind = type("Case", (FalseColumns,), attributes)
    log = [support.seal(support.table(support.ROWS))]
    publics = {"limit": support.TOTAL, "phases": COUNTED}
    proved = refused(QuotientMismatch, support.prover(log, publics, kind, unknowns=[2**112 - 1]))
    with verifier_drops(kind.dropped):
        proved.verify()


class ShiftedAccumulator(DroppedConstraints):
    """acc starts at one: every difference, and so the terminal, is what it was."""

    dropped = frozenset({(0, 2)})

    def lookup_columns(self, number: int) -> tuple[np.ndarray, Ext]:
        columns, terminal = super().lookup_columns(number)
        if number == 0:
            columns[-6] = (columns[-6].astype(np.int64) + 1) % P
        return columns, terminal


def test_the_first_row_of_an_accumulator_only_makes_it_unique() -> None:
    proved = refused(
        QuotientMismatch, support.prover([support.seal(support.table(support.ROWS))], kind=ShiftedAccumulator)
    )
    with verifier_drops(ShiftedAccumulator.dropped):
        proved.verify()
    honest = support.prove(support.prover([support.seal(support.table(support.ROWS))]))
    assert honest.prover.terminals == proved.prover.terminals  # nothing false was proved


# A single wrong cell


def corrupted(rng: np.random.Generator, made: Prover, trace: Trace) -> tuple[str, Trace]:
    """One cell of the trace changed: a witness column, a blind where it has weight, or a log column that is read."""
    tables = {n: SealedTable(t.columns.copy(), t._seed, t.entry, t.profile) for n, t in trace.tables.items()}
    witness = [columns.copy() for columns in trace.witness]
    number = int(rng.integers(0, len(witness)))
    columns, what = witness[number], "witness"
    if number in tables and rng.random() < 0.6:
        used = made.layout.instances[number].air.log_columns
        columns, column, what = tables[number].columns, int(rng.choice(used)), "log"
    else:
        column = int(rng.integers(0, columns.shape[0]))
    row = int(rng.integers(0, columns.shape[1]))
    if number == len(witness) - 1 and column == made.layout.table.cells and rng.random() < 0.7:
        row = int(rng.integers(0, made.layout.cells.count))
    if what == "witness" and column == columns.shape[0] - 1:
        row -= row % 8 - int(rng.integers(0, 6))  # rows 6 and 7 of eight have no weight
    old = int(columns[column, row])
    near = [old + 1, old - 1, old ^ 1, 0, 1, P - 1, int(rng.integers(0, P)), int(rng.integers(0, 1 << 16))]
    new = next(x % P for x in rng.permutation(np.array(near, object)) if x % P != old)
    columns[column, row] = new
    return f"{what} {number}, column {column}, row {row}: {old} → {new}", Trace(tables, witness)


def honest_trace() -> tuple[Prover, Trace]:
    made = support.prover(
        [support.seal(support.table(support.ROWS)), support.seal(support.table(support.ROWS[:2], 4), "two")]
    )
    made.layout, made.profile, made.stream = lay(made)
    return made, made.make_trace()


def test_checker_reports_every_single_wrong_cell() -> None:
    made, trace = honest_trace()
    assert check_trace(made.layout, trace) == []
    rng = np.random.default_rng(11)
    for _ in range(150):
        what, other = corrupted(rng, made, trace)
        assert check_trace(made.layout, other), what


class Corrupted(Prover):
    """The proof of a corrupted trace, over the log sealed as it is there."""

    given: Trace

    def make_trace(self) -> Trace:
        return Trace(dict(enumerate(self.tables)), self.given.witness)


def test_proofs_of_single_wrong_cells_are_refused() -> None:
    made, trace = honest_trace()
    rng = np.random.default_rng(12)
    for i in range(8):
        what, other = corrupted(rng, made, trace)
        tables = [support.seal(t.columns, f"corrupted {i} {n}") for n, t in other.tables.items()]
        bad = support.prover(tables, kind=Corrupted, private=made.private, unknowns=made.unknowns)
        bad.given = other  # type: ignore[attr-defined]
        with pytest.raises((BalanceMismatch, QuotientMismatch)):
            pytest.fail(f"accepted: {what} {support.prove(bad).verify()}")
