"""An honest trace against the verifier's constraints, row by row, and the balance, by hand from docs/spec/buses.md.

The rows of H are points where every constraint of an honest trace is zero; the terminals are sums over rows; cells,
weights and constants come from a plain list of the identities.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace

import pytest

from zkcompliance.errors import LookupRejected
from zkcompliance.verify import PROFILES, Checkpoint, Entry, LogStatement, Program, Statement, cells
from zkcompliance.verify.constraints import Opened, Public, instance_constraints, public_columns
from zkcompliance.verify.domain import Selectors, periodic
from zkcompliance.verify.field import (
    ONE,
    ZERO,
    Ext,
    P,
    add,
    embed,
    inverse,
    mul,
    power,
    root_of_unity,
    scale,
    sub,
    times_u,
    total,
)
from zkcompliance.verify.program import (
    Constraint,
    Equation,
    Interaction,
    LogSlot,
    Lookup,
    LookupEntry,
    Node,
    Sum,
    Table,
    Term,
    Unknown,
)
from zkcompliance.verify.program import Public as PublicValue
from zkcompliance.verify.shape import Instance, Shape, shape_of
from zkcompliance.verify.weights import LookupChallenges, lookup_challenges, weigh

RNG = random.Random(11)
KS = (3, 4)
PUBLICS = (200, 0b10)
UNIT: list[Ext] = [ONE]
for _ in range(5):
    UNIT.append(times_u(UNIT[-1]))
BLIND = [*UNIT, ZERO, ZERO]


def element() -> Ext:
    a, b, c, d, e, f = (RNG.randrange(P) for _ in range(6))
    return (a, b, c, d, e, f)


TABLE = Table(
    log=0,
    witness=1,
    nodes=(
        Node(1, 0, 0),  # 0: act
        Node(1, 1, 0),  # 1: x
        Node(1, 2, 0),  # 2: y
        Node(1, 3, 0),  # 3: b
        Node(2, 0, 0),  # 4: row number
        Node(3, 0, 0),  # 5: of the next row
        Node(0, 1, 0),  # 6: 1
        Node(5, 0, 6),  # 7: act − 1
        Node(6, 0, 7),  # 8: act·(act − 1)
        Node(4, 4, 6),  # 9
        Node(5, 5, 9),  # 10: step − 1
    ),
    constraints=(
        Constraint("act is 0 or 1", 0, 8),
        Constraint("rows are counted from 0", 1, 4),
        Constraint("the last row is padding", 2, 0),
        Constraint("one by one", 3, 10),
    ),
    interactions=(Interaction(0, (1,)), Interaction(1, (3, 0)), Interaction(0, (4,)), Interaction(0, (2,))),
    groups=(1, 2, 1),
    sums=(Sum("xy", 0, (1, 2)), Sum("count", 0, (6,))),
)

PROGRAM = Program(
    claim="c",
    version=1,
    publics=(PublicValue("p", 0, 8), PublicValue("flags", 0, 2)),
    logs=(LogSlot("log", bytes(32), 4),),
    lookups=(
        Lookup(
            2,
            (
                (LookupEntry(0, 0, 0), LookupEntry(0, 0, 0)),
                (LookupEntry(0, 3, 0), LookupEntry(1, 1, 1)),  # (3, 1)
                (LookupEntry(0, 70000, 0), LookupEntry(1, 1, 0)),  # (70000, 0): met by no row
            ),
        ),
    ),
    tables=(TABLE,),
    unknowns=(Unknown("z", 3), Unknown("small", 1)),
    equations=(
        # xy − 3·count + 7·p − 9999·1 − z = 0
        Equation("e", (Term(0, 0, 0, 1), Term(0, 0, 1, -3), Term(2, 0, 0, 7), Term(3, 0, 0, -9999), Term(1, 0, 0, -1))),
        Equation("f", (Term(1, 1, 0, -2), Term(0, 0, 1, 2))),  # small = count
        Equation("g", (Term(3, 0, 0, 5), Term(3, 0, 0, -5))),
        Equation("h", (Term(0, 0, 1, 1), Term(1, 1, 0, -1), Term(0, 0, 1, 2), Term(1, 1, 0, -2))),
    ),
)  # fmt: skip


@dataclass
class Case:
    shape: Shape
    statement: Statement
    rows: list[list[list[int]]]  # of each segment: act, x, y, b, row number
    cells: list[int]
    identities: list[tuple[dict[int, int], int, int]]  # coefficients of cells, constant, the sum over rows


def segment(k: int) -> list[list[int]]:
    rows = []
    for i in range(1 << k):
        act = int(i < (1 << k) - 2)
        x, y = (RNG.randrange(1 << 16), RNG.randrange(1 << 16)) if act else (0, 0)
        rows.append([act, x, y, 3 * act, i])
    rows[0][1] = 65535
    return rows


def build() -> Case:
    """Cells and identities in the order of the specification, buckets being those of the patched layout: 1 and 2."""
    entries = []
    for k in KS:
        kappa = PROFILES[1].capacity(k)
        assert kappa is not None
        entries.append(Entry(1, bytes(32), 4, k, kappa, bytes(32), ZERO))
    log = LogStatement("log", Checkpoint("o", 2, bytes(32), b""), tuple(entries))
    statement = Statement(PROFILES[1], "c", 1, PROGRAM.digest, PUBLICS, b"", (log,))
    shape = shape_of(statement, PROGRAM)
    rows = [segment(k) for k in KS]
    values: list[int] = []
    identities: list[tuple[dict[int, int], int, int]] = []
    sum_cells: dict[tuple[int, int], list[tuple[int, int]]] = {}  # (sum, limb) → (A, B) cells
    for number, limbs in enumerate(((1, 2), (None,))):
        for k, table in zip(KS, rows, strict=True):
            for j, limb in enumerate(limbs):
                for b in range(max(1, (1 << k) // 8)):
                    mine = [r for i, r in enumerate(table) if i % max(1, (1 << k) // 8) == b]
                    value = sum(r[0] * (1 if limb is None else r[limb]) for r in mine)
                    cell = len(values)
                    values += [value % 2**14, value // 2**14]
                    identities.append(({cell: -1, cell + 1: -(2**14)}, 0, value))
                    sum_cells.setdefault((number, j), []).append((cell, cell + 1))
    totals = [
        sum(r[0] * (r[1] + 65536 * r[2]) for t in rows for r in t),
        sum(r[0] for t in rows for r in t),
    ]
    z = totals[0] - 3 * totals[1] + 7 * PUBLICS[0] - 9999
    first_z = len(values)
    values += [z >> 16 * j & 65535 for j in range(3)]
    assert 0 <= z < 2**48
    first_small = len(values)
    values += [totals[1]]
    tuples = [(0, 0), (3, 1), (70000, 0)]
    counts = Counter((r[3], r[0]) for t in rows for r in t)
    assert set(counts) <= set(tuples)
    for t in tuples:
        values += [counts[t] % 65536, counts[t] // 65536]
    known = {0: (first_z, 3), 1: (first_small, 1)}
    for equation in PROGRAM.equations:
        at: dict[int, Counter[int]] = {}
        constant = largest = 0
        digits = 1
        for kind, a, b, c in equation.terms:
            if kind == 0:
                for j in range(len(TABLE.sums[b].limbs)):
                    for low, high in sum_cells[b, j]:
                        at.setdefault(j, Counter())[low] += 4 * c
                        at.setdefault(j + 1, Counter())[high] += c
                digits = max(digits, len(TABLE.sums[b].limbs) + 1)
            elif kind == 1:
                first, limbs_count = known[a]
                for j in range(limbs_count):
                    at.setdefault(j, Counter())[first + j] += 4 * c
                digits = max(digits, limbs_count)
            elif kind == 2:
                constant += 4 * c * PUBLICS[a]
                largest += 4 * abs(c) * (2 ** PROGRAM.publics[a].bits - 1)
            else:
                constant += 4 * c
                largest += 4 * abs(c)
        while largest >= 2 ** (16 * digits):
            digits += 1
        sign = -1 if constant < 0 else 1
        carry = 0
        first_carry = len(values)
        extra = []
        for e in range(digits):
            coefficients = dict(at.get(e, {}))
            k_e = sign * (abs(constant) >> 16 * e & 65535)
            left = sum(w * values[cell] for cell, w in coefficients.items()) + k_e + carry
            offset = k_e
            if e > 0:
                coefficients[first_carry + 2 * (e - 1)] = 1
                offset -= 2**13
            if e < digits - 1:
                assert left % 65536 == 0 and -(2**13) <= left // 65536 < 2**13
                carry = left // 65536
                coefficients[first_carry + 2 * e] = -65536
                offset += 65536 * 2**13
                extra += [carry + 2**13, 4 * (carry + 2**13)]
            else:
                assert left == 0
            identities.append((coefficients, offset, 0))
        for e in range(digits - 1):
            identities.append(({first_carry + 2 * e + 1: 1, first_carry + 2 * e: -4}, 0, 0))
        values += extra
    return Case(shape, statement, rows, values, identities)


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setattr(cells, "BUCKET_LOG2", 3)  # buckets of 8 rows, so that 16 rows have two
    return build()


def challenges_of(case: Case) -> LookupChallenges:
    return lookup_challenges(element(), element(), element(), PROGRAM, case.shape.layout)


def test_identities_hold(case: Case) -> None:
    assert case.shape.layout.cells == len(case.cells)
    assert case.shape.layout.identities == len(case.identities)
    assert all(0 <= value < 65536 for value in case.cells)
    for coefficients, constant, rows in case.identities:
        assert sum(c * case.cells[cell] for cell, c in coefficients.items()) + constant + rows == 0


def test_weights(case: Case) -> None:
    challenges = challenges_of(case)
    weights, constant = weigh(PROGRAM, case.shape.layout, PUBLICS, challenges)
    expected = [ZERO] * len(case.cells)
    expected_constant = ZERO
    delta = challenges.delta[1]
    for q, (coefficients, kappa, _) in enumerate(case.identities):
        weight = power(delta, q + 1)
        for cell, c in coefficients.items():
            expected[cell] = add(expected[cell], scale(weight, c))
        expected_constant = add(expected_constant, scale(weight, kappa))
    first = case.shape.layout.lookups[0]
    for i, row in enumerate([(0, 0), (3, 1), (70000, 0)]):
        d = inverse(fingerprint(challenges, row, 1))
        expected[first + 2 * i] = scale(d, -1)
        expected[first + 2 * i + 1] = scale(d, -65536)
    assert weights == expected
    assert constant == expected_constant


def fingerprint(challenges: LookupChallenges, values: tuple[int, ...], bus: int) -> Ext:
    beta = challenges.beta[1]
    result = challenges.a
    for j, value in enumerate(values):
        result = sub(result, scale(power(beta, j), value))
    return sub(result, scale(power(beta, len(values)), bus + 1))


def test_zero_denominator(case: Case) -> None:
    challenges = challenges_of(case)
    beta = challenges.beta
    a = add(scale(beta[0], 3), add(beta[1], scale(beta[2], 2)))
    with pytest.raises(LookupRejected):
        weigh(PROGRAM, case.shape.layout, PUBLICS, replace(challenges, a=a))


def row_public(k: int, i: int, group: int, delta: Ext) -> Public:
    """Selectors and periodic columns at row i of a table of 2^k rows."""
    g = root_of_unity(k)
    n = 1 << k
    selectors = Selectors(
        ONE if i == 0 else ZERO, ONE if i == n - 1 else ZERO, embed(pow(g, i, P) - pow(g, n - 1, P)), ZERO
    )
    return Public(selectors, BLIND[i % 8], power(delta, i % group))


def table_fractions(challenges: LookupChallenges, row: list[int]) -> list[Ext]:
    act, x, y, b, number = row
    tuples: list[tuple[tuple[int, ...], int]] = [((x,), 0), ((b, act), 1), ((number,), 0), ((y,), 0)]
    return [inverse(fingerprint(challenges, t, bus)) for t, bus in tuples]


def run(case: Case, challenges: LookupChallenges, rows: list[list[list[int]]], values: list[int]) -> tuple[int, Ext]:
    """Fills in all columns from `rows` and `values`; returns the number of constraints that fail and the balance."""
    shape, delta = case.shape, challenges.delta[1]
    weights, constant = weigh(PROGRAM, shape.layout, PUBLICS, challenges)
    failures, terminals, blinds = 0, [], ZERO
    for instance, table in zip(shape.instances[:-1], rows, strict=True):
        blind = [RNG.randrange(P) for _ in table]
        group = max(1, len(table) // 8)
        place = [shape.layout.sums[0, s][instance.segment] for s in range(2)]
        steps, phis = [], []
        for i, row in enumerate(table):
            f = table_fractions(challenges, row)
            phis.append([f[0], add(f[1], f[2])])
            limbs = [(place[0].first, row[1]), (place[0].first + group, row[2]), (place[1].first, 1)]
            lin = total(scale(power(delta, q + i % group + 1), row[0] * value) for q, value in limbs)
            steps.append(total([*f, lin, scale(BLIND[i % 8], blind[i])]))
        blinds = add(blinds, total(scale(BLIND[i % 8], b) for i, b in enumerate(blind)))
        acc = [ZERO]
        for step in steps:
            acc.append(add(acc[-1], step))
        terminals.append(acc[-1])
        acc[-1] = ZERO
        for i, row in enumerate(table):
            after = table[(i + 1) % len(table)]
            opened = Opened(
                dict(enumerate(map(embed, row[:4]))),
                [embed(row[4]), embed(blind[i])],
                {0: embed(after[4])},
                [*phis[i], acc[i]],
                acc[i + 1],
            )
            public = row_public(instance.k, i, group, delta)
            found = instance_constraints(shape, instance, opened, public, challenges, terminals[-1], ZERO)
            assert len(found) == instance.constraint_count
            failures += sum(value != ZERO for value in found)
    instance = shape.instances[-1]
    wrong, terminal = run_cells(shape, instance, challenges, rows, values, weights, scale(blinds, -1))
    return failures + wrong, add(add(total(terminals), terminal), constant)


def run_cells(
    shape: Shape,
    instance: Instance,
    challenges: LookupChallenges,
    rows: list[list[list[int]]],
    values: list[int],
    weights: list[Ext],
    blind: Ext,
) -> tuple[int, Ext]:
    """The cells instance on 2^16 rows, the first six blinds adding up to `blind`; some rows are checked."""
    n = 1 << 16
    ranged = Counter(v % 65536 for t in rows for r in t for v in (r[1], r[2], r[4]))
    ranged.update(v % 65536 for v in values)
    ranged[0] += n - len(values)
    base = {v: inverse(fingerprint(challenges, (v,), 0)) for v in {*ranged, *values}}
    acc, current = [], ZERO
    for i in range(n):
        acc.append(current)
        value = values[i] if i < len(values) else 0
        current = add(current, base[value])
        if i in ranged:
            current = sub(current, scale(base[i], ranged[i]))
        if i < len(values):
            current = add(current, scale(weights[i], value))
        if i < 6:
            current = add(current, scale(BLIND[i], blind[i]))
    terminal = current
    wrong = 0
    checked = [*range(len(values) + 3), 7000, 65535 - 9, 65534, 65535]
    for i in checked:
        cell = values[i] if i < len(values) else 0
        weight = weights[i] if i < len(weights) else ZERO
        opened = Opened(
            {},
            [embed(i), embed(ranged[i]), embed(cell), embed(blind[i]) if i < 6 else ZERO],
            {0: embed((i + 1) % n)},
            [acc[i]],
            acc[(i + 1) % n],
        )
        public = row_public(16, i, 1, ONE)
        found = instance_constraints(shape, instance, opened, public, challenges, terminal, weight)
        wrong += sum(value != ZERO for value in found)
    return wrong, terminal


def test_honest_trace(case: Case) -> None:
    assert run(case, challenges_of(case), case.rows, case.cells) == (0, ZERO)


def test_false_traces_do_not_balance(case: Case) -> None:
    challenges = challenges_of(case)
    changed = [[row.copy() for row in table] for table in case.rows]
    changed[1][3][1] ^= 1  # a limb of a sum
    assert run(case, challenges, changed, case.cells)[1] != ZERO
    changed = [[row.copy() for row in table] for table in case.rows]
    changed[0][2][3] = 4  # (4, 1) is not in the lookup
    assert run(case, challenges, changed, case.cells)[1] != ZERO
    layout = case.shape.layout
    for cell in (0, 1, layout.unknowns[0], layout.lookups[0] + 1, layout.equations[0].first_cell, len(case.cells) - 1):
        values = case.cells.copy()
        values[cell] = (values[cell] + 1) % 65536
        assert run(case, challenges, case.rows, values)[1] != ZERO


def test_out_of_order_rows_fail(case: Case) -> None:
    challenges = challenges_of(case)
    for change in ((0, 0, 2), (1, 5, 7), (3, 4, 9)):
        rows = [[row.copy() for row in table] for table in case.rows]
        rows[1][change[1]][4 if change[0] else 0] = change[2]
        assert run(case, challenges, rows, case.cells)[0] > 0


def test_public_columns(case: Case) -> None:
    delta = challenges_of(case).delta
    z = element()
    for k, group in ((3, 1), (4, 2)):
        public = public_columns(k, group, z, delta)
        assert public.blind == periodic(BLIND, k, z)
        values = [delta[i % group] for i in range(1 << k)]
        assert public.gamma == periodic(values, k, z)
        assert mul(public.selectors.inverse_vanishing, sub(power(z, 1 << k), ONE)) == ONE
