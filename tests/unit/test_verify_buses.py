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
from zkcompliance.verify import shape as cells
from zkcompliance.verify.checkpoint import Checkpoint
from zkcompliance.verify.constraints import Opened, Public, instance_constraints, public_columns
from zkcompliance.verify.field import (
    ONE,
    ZERO,
    Ext,
    P,
    Selectors,
    add,
    embed,
    inverse,
    mul,
    periodic,
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
    Program,
    Sum,
    Summand,
    Table,
    Unknown,
)
from zkcompliance.verify.program import Public as PublicValue
from zkcompliance.verify.shape import Instance, Shape, shape_of
from zkcompliance.verify.statement import PROFILES, Entry, LogStatement, Statement
from zkcompliance.verify.weights import LookupChallenges, lookup_challenges, weigh

RNG = random.Random(11)
KS = (3, 4)
PRIVATE_K = 4
LIMB = 0x3456  # limb 1 of public 2
PUBLICS = (200, 0b10, 0x12_3456_789A)
UNIT_MULTIPLICITY = 0xFFFF
UNIT: list[Ext] = [ONE]
for _ in range(5):
    UNIT.append(times_u(UNIT[-1]))
BLIND = [*UNIT, ZERO, ZERO]


def element() -> Ext:
    a, b, c, d, e, f = (RNG.randrange(P) for _ in range(6))
    return (a, b, c, d, e, f)


TABLE = Table(
    kind=0,
    index=0,
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
        Node(7, 0, 0),  # 11: 1 on the first row
        Node(9, 0, 0),  # 12: bucket
        Node(11, 0, 0),  # 13: number of the segment
        Node(10, 2, 1),  # 14: LIMB
    ),
    constraints=(
        Constraint("act is 0 or 1", 0, 8),
        Constraint("rows are counted from 0", 1, 4),
        Constraint("the last row is padding", 2, 0),
        Constraint("one by one", 3, 10),
    ),
    interactions=(
        Interaction(0, UNIT_MULTIPLICITY, 1, (1,)),
        Interaction(1, UNIT_MULTIPLICITY, 1, (3, 0)),
        Interaction(0, UNIT_MULTIPLICITY, 1, (4,)),
        Interaction(2, 1, 65535, (12, 13)),  # x to its bucket and segment
        Interaction(0, UNIT_MULTIPLICITY, 1, (2,)),
        Interaction(3, 11, 1, (14,)),  # once in a segment
    ),
    groups=(1, 3, 2),
    sums=(Sum("xy", 0, (1, 2)), Sum("count", 0, (6,))),
)

# The totals of x by bucket and segment, and values that end with LIMB.
TOTALS = Table(
    kind=1,
    index=0,
    witness=6,
    nodes=(
        Node(2, 0, 0),  # 0: bucket
        Node(2, 1, 0),  # 1: segment
        Node(2, 2, 0),  # 2: total
        Node(2, 3, 0),  # 3: value
        Node(2, 4, 0),  # 4: whether its range is checked
        Node(2, 5, 0),  # 5: this table's own bucket
        Node(3, 3, 0),  # 6: next value
        Node(0, 0, 0),  # 7: 0
        Node(5, 7, 2),  # 8: −total
        Node(0, P - 1, 0),  # 9: −1
        Node(8, 0, 0),  # 10: 1 on the last row
        Node(0, P - 2, 0),  # 11: −2
        Node(6, 11, 10),  # 12: −2 on the last row
        Node(10, 2, 1),  # 13: LIMB
        Node(5, 3, 13),  # 14
        Node(6, 10, 14),  # 15: on the last row, value − LIMB
        Node(9, 0, 0),  # 16: bucket
        Node(5, 16, 5),  # 17
        Node(11, 0, 0),  # 18: 0, there being no segment
        Node(7, 0, 0),  # 19
        Node(6, 19, 0),  # 20: on the first row, bucket
        Node(0, 1, 0),  # 21: 1
    ),
    constraints=(
        Constraint("ends with the limb", 0, 15),
        Constraint("knows its buckets", 0, 17),
        Constraint("has no number", 0, 18),
        Constraint("starts at bucket 0", 0, 20),
    ),
    interactions=(
        Interaction(2, 8, 65535 * 8, (0, 1)),
        Interaction(3, UNIT_MULTIPLICITY, 1, (3,)),
        Interaction(3, 9, 1, (6,)),
        Interaction(3, 12, 2, (3,)),
        Interaction(0, 4, 1, (3,)),
    ),
    groups=(2, 3),
    sums=(Sum("values", 21, (3,)),),
)
VALUES = [(977 * i * i) % 65536 for i in range(15)] + [LIMB]

PROGRAM = Program(
    claim="c",
    version=1,
    publics=(PublicValue("p", 0, 8), PublicValue("flags", 0, 2), PublicValue("big", 1, 40)),
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
    buses=(2, 1),
    tables=(TABLE, TOTALS),
    unknowns=(Unknown("z", 3), Unknown("small", 1)),
    equations=(
        # xy − 3·count + 7·p − 9999·1 − z = 0
        Equation(
            "e",
            (
                Summand(0, 0, 0, 1), Summand(0, 0, 1, -3), Summand(2, 0, 0, 7), Summand(3, 0, 0, -9999),
                Summand(1, 0, 0, -1),
            ),
        ),
        Equation("f", (Summand(1, 1, 0, -2), Summand(0, 0, 1, 2))),  # small = count
        Equation("g", (Summand(3, 0, 0, 5), Summand(3, 0, 0, -5))),
        Equation("i", (Summand(0, 1, 0, 1), Summand(3, 0, 0, -sum(VALUES)))),
        Equation("h", (Summand(0, 0, 1, 1), Summand(1, 1, 0, -1), Summand(0, 0, 1, 2), Summand(1, 1, 0, -2))),
    ),
)  # fmt: skip


@dataclass
class Case:
    shape: Shape
    statement: Statement
    rows: list[list[list[int]]]  # of each segment: act, x, y, b, row number; of TOTALS: its columns
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


def totals_rows(segments: list[list[list[int]]]) -> list[list[int]]:
    """Keys (bucket, segment) on the first rows; the other rows have total 0 and any key."""
    keys = [(0, 0, segments[0]), (0, 1, segments[1][0::2]), (1, 1, segments[1][1::2])]
    rows = [[b, s, sum(row[1] for row in mine)] for b, s, mine in keys]
    rows += [[7, 9, 0]] * (2**PRIVATE_K - len(rows))
    return [[*row, value, int(i % 3 == 0), i % 2] for i, (row, value) in enumerate(zip(rows, VALUES, strict=True))]


def build() -> Case:
    """Cells and identities in the order of the specification, buckets being those of the patched layout: 1 and 2."""
    entries = []
    for k in KS:
        kappa = PROFILES[1].capacity(k)
        assert kappa is not None
        entries.append(Entry(1, bytes(32), 4, k, kappa, bytes(32), ZERO))
    log = LogStatement("log", Checkpoint("o", 2, bytes(32), b""), tuple(entries))
    statement = Statement(PROFILES[1], "c", 1, PROGRAM.digest, PUBLICS, b"", (log,), (PRIVATE_K,))
    shape = shape_of(statement, PROGRAM)
    segments = [segment(k) for k in KS]
    rows = [*segments, totals_rows(segments)]
    values: list[int] = []
    identities: list[tuple[dict[int, int], int, int]] = []
    sum_cells: dict[tuple[int, int, int], list[tuple[int, int]]] = {}  # (table, sum, limb) → (A, B) cells
    for number, over, limbs in ((0, rows[:2], 2), (1, rows[:2], 1), (2, rows[2:], 1)):
        for table in over:
            for j in range(limbs):
                for b in range(max(1, len(table) // 8)):
                    mine = [r for i, r in enumerate(table) if i % max(1, len(table) // 8) == b]
                    value = sum(limbs_of(r)[number][j] for r in mine)
                    cell = len(values)
                    values += [value % 2**14, value // 2**14]
                    identities.append(({cell: -1, cell + 1: -(2**14)}, 0, value))
                    sum_cells.setdefault((number // 2, number % 2, j), []).append((cell, cell + 1))
    totals = [
        sum(r[0] * (r[1] + 65536 * r[2]) for t in segments for r in t),
        sum(r[0] for t in segments for r in t),
    ]
    z = totals[0] - 3 * totals[1] + 7 * PUBLICS[0] - 9999
    first_z = len(values)
    values += [z >> 16 * j & 65535 for j in range(3)]
    assert 0 <= z < 2**48
    first_small = len(values)
    values += [totals[1]]
    tuples = [(0, 0), (3, 1), (70000, 0)]
    counts = Counter((r[3], r[0]) for t in segments for r in t)
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
                count = len(PROGRAM.tables[a].sums[b].limbs)
                for j in range(count):
                    for low, high in sum_cells[a, b, j]:
                        at.setdefault(j, Counter())[low] += 4 * c
                        at.setdefault(j + 1, Counter())[high] += c
                digits = max(digits, count + 1)
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
    return Public(selectors, BLIND[i % 8], power(delta, i % group), embed(i % group))


def limbs_of(row: list[int]) -> dict[int, list[int]]:
    """Selected limbs of each sum, numbered through both tables: xy, count; values."""
    if len(row) == 6:
        return {2: [row[3]]}
    return {0: [row[0] * row[1], row[0] * row[2]], 1: [row[0]]}


def interactions_of(table: list[list[int]], i: int, ordinal: int) -> list[list[tuple[int, tuple[int, ...], int]]]:
    """Row i's (multiplicity, tuple, bus) in their groups."""
    last = int(i == len(table) - 1)
    if len(table[i]) == 6:
        bucket, number, total_x, value, checked, _ = table[i]
        after = table[(i + 1) % len(table)][3]
        return [
            [(-total_x, (bucket, number), 2), (1, (value,), 3)],
            [(-1, (after,), 3), (-2 * last, (value,), 3), (checked, (value,), 0)],
        ]
    act, x, y, b, number = table[i]
    key = (i % max(1, len(table) // 8), ordinal)
    return [
        [(1, (x,), 0)],
        [(1, (b, act), 1), (1, (number,), 0), (x, key, 2)],
        [(1, (y,), 0), (int(i == 0), (LIMB,), 3)],
    ]


def run(case: Case, challenges: LookupChallenges, rows: list[list[list[int]]], values: list[int]) -> tuple[int, Ext]:
    """Fills in all columns from `rows` and `values`; returns the number of constraints that fail and the balance."""
    shape, delta = case.shape, challenges.delta[1]
    weights, constant = weigh(PROGRAM, shape.layout, PUBLICS, challenges)
    failures, terminals, blinds = 0, [], ZERO
    ranged: Counter[int] = Counter()
    for instance, table in zip(shape.instances[:-1], rows, strict=True):
        blind = [RNG.randrange(P) for _ in table]
        group = max(1, len(table) // 8)
        steps, phis = [], []
        for i, row in enumerate(table):
            groups = interactions_of(table, i, instance.segment)
            for m, t, bus in (interaction for members in groups for interaction in members):
                ranged[t[0] % 65536] += m if bus == 0 else 0
            fractions = [total(scale(inverse(fingerprint(challenges, t, bus)), m) for m, t, bus in g) for g in groups]
            phis.append(fractions[:-1])
            lin = ZERO
            for number, limbs in limbs_of(row).items():
                first = shape.layout.sums[number // 2, number % 2][instance.segment].first
                for j, limb in enumerate(limbs):
                    lin = add(lin, scale(power(delta, first + j * group + i % group + 1), limb))
            steps.append(total([*fractions, lin, scale(BLIND[i % 8], blind[i])]))
        blinds = add(blinds, total(scale(BLIND[i % 8], b) for i, b in enumerate(blind)))
        acc = [ZERO]
        for step in steps:
            acc.append(add(acc[-1], step))
        terminals.append(acc[-1])
        acc[-1] = ZERO
        for i, row in enumerate(table):
            after = table[(i + 1) % len(table)]
            log, witness, following = (row[:4], row[4:], {0: after[4]}) if len(row) == 5 else ([], row, {3: after[3]})
            opened = Opened(
                dict(enumerate(map(embed, log))),
                [*map(embed, witness), embed(blind[i])],
                {column: embed(value) for column, value in following.items()},
                [*phis[i], acc[i]],
                acc[i + 1],
            )
            public = row_public(instance.k, i, group, delta)
            found = instance_constraints(shape, instance, opened, public, challenges, terminals[-1], ZERO)
            assert len(found) == instance.constraint_count
            failures += sum(value != ZERO for value in found)
    instance = shape.instances[-1]
    wrong, terminal = run_cells(shape, instance, challenges, ranged, values, weights, scale(blinds, -1))
    return failures + wrong, add(add(total(terminals), terminal), constant)


def run_cells(
    shape: Shape,
    instance: Instance,
    challenges: LookupChallenges,
    ranged: Counter[int],
    values: list[int],
    weights: list[Ext],
    blind: Ext,
) -> tuple[int, Ext]:
    """The cells instance on 2^16 rows, the first six blinds adding up to `blind`; some rows are checked."""
    n = 1 << 16
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


def test_false_multiplicities_do_not_balance(case: Case) -> None:
    challenges = challenges_of(case)
    for row, column, value in (
        (1, 2, case.rows[2][1][2] + 1),  # a total
        (1, 1, 0),  # the total of segment 1 given to segment 0
        (2, 0, 0),  # of bucket 1 given to bucket 0
        (5, 2, 1),  # a total of nothing
    ):
        changed = [[r.copy() for r in table] for table in case.rows]
        changed[2][row][column] = value
        failures, balance = run(case, challenges, changed, case.cells)
        assert failures == 0 and balance != ZERO
    changed = [[r.copy() for r in table] for table in case.rows]
    changed[2][0][4] = 2  # twice as often, in the range table's count too
    assert run(case, challenges, changed, case.cells) == (0, ZERO)


def test_new_operations_constrain(case: Case) -> None:
    challenges = challenges_of(case)
    for row, column, value in ((15, 3, LIMB + 1), (3, 5, 0), (0, 0, 1)):  # PUBLIC on LAST, BUCKET, FIRST
        changed = [[r.copy() for r in table] for table in case.rows]
        changed[2][row][column] = value
        assert run(case, challenges, changed, case.cells)[0] == 1
    other = replace(case, shape=replace(case.shape, publics=(200, 0b10, 0x12_3457_789A)))
    failures, balance = run(other, challenges, case.rows, case.cells)
    # the last row's constraint, and acc on the first row of each segment
    assert failures == 3 and balance == ZERO


def test_ordinal(case: Case) -> None:
    """It is the segment's number: a log's instance that takes another's breaks φ on every row where x ≠ 0."""
    challenges = challenges_of(case)
    instances = list(case.shape.instances)
    instances[0] = instances[0]._replace(segment=1)
    shape = replace(case.shape, instances=tuple(instances))
    nodes = replace(TABLE, nodes=(*TABLE.nodes[:13], Node(0, 0, 0), *TABLE.nodes[14:]))  # 0 in ORDINAL's place
    for table, agrees in ((nodes, False), (TABLE, True)):
        mixed = replace(shape, instances=(instances[0]._replace(table=table), *instances[1:]))
        found = instance_row(mixed, challenges, case.rows[0])
        assert (found[len(TABLE.constraints) + 1] == ZERO) == agrees


def instance_row(shape: Shape, challenges: LookupChallenges, table: list[list[int]]) -> list[Ext]:
    """The constraints on row 0 of the first instance, with φ as its segment's number asks."""
    instance = shape.instances[0]
    groups = interactions_of(table, 0, instance.segment)
    phis = [total(scale(inverse(fingerprint(challenges, t, bus)), m) for m, t, bus in g) for g in groups[:-1]]
    log = dict(enumerate(map(embed, table[0][:4])))
    opened = Opened(log, [embed(table[0][4]), ZERO], {0: embed(table[1][4])}, [*phis, ZERO], ZERO)
    return instance_constraints(shape, instance, opened, row_public(3, 0, 1, ONE), challenges, ZERO, ZERO)


def test_public_columns(case: Case) -> None:
    delta = challenges_of(case).delta
    z = element()
    for k, group in ((3, 1), (4, 2)):
        public = public_columns(k, group, z, delta)
        assert public.blind == periodic(BLIND, k, z)
        values = [delta[i % group] for i in range(1 << k)]
        assert public.gamma == periodic(values, k, z)
        assert public.bucket == periodic([embed(i % group) for i in range(1 << k)], k, z)
        assert mul(public.selectors.inverse_vanishing, sub(power(z, 1 << k), ONE)) == ONE
