"""An honest trace against the verifier's constraints, row by row, and the balance, by hand from docs/spec/buses.md.

The rows of H are points where every constraint of an honest trace is zero; the terminals are sums over rows; cells,
tallies, weights and constants come from a plain list of the identities. Two claims read two logs: one has both in a
slot, the other the second alone.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from zkcompliance import limits
from zkcompliance.errors import LookupRejected
from zkcompliance.verify import layout as layout_module
from zkcompliance.verify import union
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
    lagrange_sum,
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
from zkcompliance.verify.shape import Shape, shape_of
from zkcompliance.verify.statement import PROFILES, ClaimStatement, Entry, LogStatement, Statement
from zkcompliance.verify.union import Instance
from zkcompliance.verify.weights import LookupChallenges, lookup_challenges, weigh, weigh_rows

RNG = random.Random(11)
PRIVATE_K = 4
LIMB = 0x3456  # limb 1 of public 2
PUBLICS = ((200, 0b10, 0x12_3456_789A, 2), (7, 0b11, 0x99_3456_0000, 1))  # of each claim
SLOTS = ((0, 1), (1,))  # the logs of each
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
        Node(12, 2, 0),  # 15: the highest limb of the bracket's first end
        Node(13, 0, 0),  # 16: the lowest of its second
        Node(6, 11, 15),  # 17
        Node(6, 11, 16),  # 18
        Node(5, 17, 18),  # 19: on the first row, their difference
        Node(0, 65535, 0),  # 20
        Node(6, 11, 20),  # 21
        Node(4, 19, 21),  # 22: an open bracket has 0 and 65535
    ),
    constraints=(
        Constraint("the bracket is open", 0, 22),
        Constraint("act is 0 or 1", 0, 8),
        Constraint("rows are counted from 0", 1, 4),
        Constraint("the last row is padding", 2, 0),
        Constraint("one by one", 3, 10),
    ),
    interactions=(
        Interaction(1, UNIT_MULTIPLICITY, 1, (3, 0)),
        Interaction(0, UNIT_MULTIPLICITY, 1, (4,)),
        Interaction(2, 1, 65535, (12, 13)),  # x to its bucket and segment
        Interaction(3, 11, 1, (14,)),  # once in a segment
    ),
    groups=(1, 2, 1),
    sums=(Sum("xy", 0, (1, 2)), Sum("count", 0, (6,))),
    short=(1, 2),
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
        Node(10, 3, 0),  # 11: how many segments there are
        Node(6, 11, 10),  # 12: the same on the last row
        Node(10, 2, 1),  # 13: LIMB
        Node(5, 3, 13),  # 14
        Node(6, 10, 14),  # 15: on the last row, value − LIMB
        Node(9, 0, 0),  # 16: bucket
        Node(5, 16, 5),  # 17
        Node(11, 0, 0),  # 18: 0, there being no segment
        Node(7, 0, 0),  # 19
        Node(6, 19, 0),  # 20: on the first row, bucket
        Node(0, 1, 0),  # 21: 1
        Node(5, 7, 12),  # 22: −(number of segments) on the last row
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
        Interaction(3, 22, 3, (3,)),
        Interaction(0, 4, 1, (3,)),
    ),
    groups=(2, 3),
    sums=(Sum("values", 21, (3,)),),
)
VALUES = [(977 * i * i) % 65536 for i in range(15)] + [LIMB]

PROGRAM = Program(
    claim="c",
    version=1,
    publics=(PublicValue("p", 0, 8), PublicValue("flags", 0, 2), PublicValue("big", 1, 40), PublicValue("n", 0, 2)),
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


TALL = 39  # of A and B: one less than the smaller of the tall forms has
Rows = list[list[int]]
Fraction = tuple[int, tuple[int, ...], int]  # multiplicity, tuple, the union's number of the bus


@dataclass(frozen=True)
class Form:
    """What is patched: log2 of a bucket's rows, the most A and B that are cells, and what range asks may not reach."""

    ks: tuple[int, int]
    claims: int
    bucket_log2: int = 3
    direct: int = limits.MAX_DIRECT_CELLS
    asks: int = P

    def buckets(self, k: int) -> int:
        return max(1, 2 ** (k - self.bucket_log2))


FORMS = {
    "a claim alone": Form((3, 4), 1),
    "two claims": Form((3, 4), 2),
    "tall": Form((3, 6), 2, bucket_log2=4, direct=TALL),
    "tall, and several range buses": Form((6, 3), 2, bucket_log2=4, direct=TALL, asks=8192 + 200),
}


@dataclass
class Case:
    form: Form
    shape: Shape
    statement: Statement
    segments: list[Rows]  # of each: act, x, y, b
    private: list[Rows]  # of each claim the columns of TOTALS
    cells: list[int]
    tallies: dict[tuple[int, int], int]  # (instance, row) → A or B
    identities: list[tuple[dict[object, int], int, int]]  # coefficients of cells and tallies, constant, sum over rows

    def of_claim(self, claim: int) -> list[int]:
        """The numbers of the segments that it reads; each log has one."""
        return list(SLOTS[claim])

    def weights_of_rows(self, instance: int, delta: Ext) -> list[Ext]:
        """Of the tallies, by the identities."""
        rows = [ZERO] * (1 << self.shape.instances[instance].k)
        for q, (coefficients, _, _) in enumerate(self.identities):
            for key, c in coefficients.items():
                if isinstance(key, tuple) and key[0] == instance:
                    rows[key[1]] = add(rows[key[1]], scale(power(delta, q + 1), c))
        return rows


def segment(k: int) -> Rows:
    rows = []
    for i in range(1 << k):
        act = int(i < (1 << k) - 2)
        x, y = (RNG.randrange(1 << 16), RNG.randrange(1 << 16)) if act else (0, 0)
        rows.append([act, x, y, 3 * act])
    rows[0][1] = 65535
    return rows


def totals_rows(segments: Sequence[Rows], form: Form) -> Rows:
    """Keys (bucket, segment) on the first rows; the other rows have total 0 and any key."""
    rows = []
    for number, table in enumerate(segments):
        count = form.buckets(len(table).bit_length() - 1)
        rows += [[b, number, sum(row[1] for row in table[b::count])] for b in range(count)]
    rows += [[7, 9, 0]] * (2**PRIVATE_K - len(rows))
    own = form.buckets(PRIVATE_K)
    return [[*row, value, int(i % 3 == 0), i % own] for i, (row, value) in enumerate(zip(rows, VALUES, strict=True))]


def limbs_of(table: int, row: list[int]) -> list[list[int]]:
    """Selected limbs of each sum: of TABLE xy and count, of TOTALS values."""
    return [[row[3]]] if table else [[row[0] * row[1], row[0] * row[2]], [row[0]]]


def stated(form: Form) -> Statement:
    logs = []
    for i, k in enumerate(form.ks):
        kappa = PROFILES[1].capacity(k)
        assert kappa is not None
        entry = Entry(1, bytes(32), 4, k, kappa, bytes([i]) * 32, ZERO)
        logs.append(LogStatement(Checkpoint("op"[i], 1, bytes(32), b""), (entry,)))
    claims = tuple(
        ClaimStatement("rs"[c], "c", 1, PROGRAM.digest, PUBLICS[c], (SLOTS[c],), (PRIVATE_K,))
        for c in range(form.claims)
    )
    return Statement(PROFILES[1], b"", tuple(logs), claims)


def build(form: Form) -> Case:
    """Cells, tallies and identities in the order of the specification."""
    statement = stated(form)
    shape = shape_of(statement, [PROGRAM] * form.claims)
    segments = [segment(k) for k in form.ks]
    private = [totals_rows([segments[s] for s in SLOTS[c]], form) for c in range(form.claims)]
    values: list[int] = []
    tallies: dict[tuple[int, int], int] = {}
    used: Counter[int] = Counter()  # instance → rows of its tallies
    identities: list[tuple[dict[object, int], int, int]] = []
    sum_cells: dict[tuple[int, int, int, int], list[list[list[int]]]] = {}  # claim, table, sum, limb → cells by digit
    sizes = [form.buckets(k) for k in form.ks] + [form.buckets(PRIVATE_K)] * form.claims
    limbs = sum(6 * sizes[s] for c in range(form.claims) for s in SLOTS[c]) + sum(2 * g for g in sizes[2:])
    tall = limbs > form.direct
    for c in range(form.claims):
        for t in range(2):
            for number in SLOTS[c] if t == 0 else [2 + c]:
                table, count = segments[number] if t == 0 else private[c], sizes[number]
                later: list[tuple[tuple[int, int], list[tuple[object, object]]]] = []
                for s, sums in enumerate(limbs_of(t, table[0])):
                    for j in range(len(sums)):
                        halves: list[tuple[object, object]] = []
                        for b in range(count):
                            value = sum(limbs_of(t, row)[s][j] for row in table[b::count])
                            a, high = value % 2**14, value // 2**14
                            if tall and count >= 4:
                                at: tuple[object, object] = ((number, used[number]), (number, used[number] + 1))
                                tallies[number, used[number]], tallies[number, used[number] + 1] = a, high
                                used[number] += 2
                            else:
                                at = (len(values), len(values) + 1)
                                values += [a, high]
                                digits = sum_cells.setdefault((c, t, s, j), [])
                                digits.append([[at[0]], [at[1]]])  # type: ignore[list-item]
                            identities.append(({at[0]: -1, at[1]: -(2**14)}, 0, value))
                            halves.append(at)
                        if tall and count >= 4:
                            later.append(((s, j), halves))
                for (s, j), halves in later:
                    total_a = sum(tallies[a] for a, _ in halves)  # type: ignore[index]
                    total_b = sum(tallies[b] for _, b in halves)  # type: ignore[index]
                    a0, a1, b0, b1, b2 = range(len(values), len(values) + 5)
                    values += [total_a % 2**14, total_a >> 14, total_b % 2**16, total_b >> 16, (total_b >> 16) * 2**9]
                    identities.append(({**{a: 1 for a, _ in halves}, a0: -1, a1: -(2**14)}, 0, 0))
                    identities.append(({**{b: 1 for _, b in halves}, b0: -1, b1: -(2**16)}, 0, 0))
                    identities.append(({b2: 1, b1: -(2**9)}, 0, 0))
                    sum_cells.setdefault((c, t, s, j), []).append([[a0], [a1, b0], [b1]])
    known: dict[tuple[int, int], tuple[int, int]] = {}
    for c in range(form.claims):
        rows = [row for s in SLOTS[c] for row in segments[s]]
        xy, count = sum(r[0] * (r[1] + 65536 * r[2]) for r in rows), sum(r[0] for r in rows)
        z = xy - 3 * count + 7 * PUBLICS[c][0] - 9999
        assert 0 <= z < 2**48
        known[c, 0], known[c, 1] = (len(values), 3), (len(values) + 3, 1)
        values += [*(z >> 16 * j & 65535 for j in range(3)), count]
    for c in range(form.claims):
        counts = Counter((r[3], r[0]) for s in SLOTS[c] for r in segments[s])
        assert set(counts) <= set(tuples_of(c))
        for t in tuples_of(c):
            values += [counts[t] % 65536, counts[t] // 65536]
    for c in range(form.claims):
        for equation in PROGRAM.equations:
            add_equation(c, equation, sum_cells, known, values, identities)
    return Case(form, shape, statement, segments, private, values, tallies, identities)


def tuples_of(claim: int) -> list[tuple[int, int]]:
    """The public table's rows."""
    return [(0, 0), (3, PUBLICS[claim][1] >> 1), (70000, PUBLICS[claim][1] & 1)]


def add_equation(
    c: int,
    equation: Equation,
    sum_cells: dict[tuple[int, int, int, int], list[list[list[int]]]],
    known: dict[tuple[int, int], tuple[int, int]],
    values: list[int],
    identities: list[tuple[dict[object, int], int, int]],
) -> None:
    at: dict[int, Counter[int]] = {}
    constant = largest = 0
    digits = 1
    for kind, a, b, coefficient in equation.terms:
        if kind == 0:
            for j in range(len(PROGRAM.tables[a].sums[b].limbs)):
                for by_digit in sum_cells[c, a, b, j]:
                    for above, found in enumerate(by_digit):
                        for cell in found:
                            at.setdefault(j + above, Counter())[cell] += coefficient * (4 if above == 0 else 1)
                    digits = max(digits, j + len(by_digit))
        elif kind == 1:
            first, limbs_count = known[c, a]
            for j in range(limbs_count):
                at.setdefault(j, Counter())[first + j] += 4 * coefficient
            digits = max(digits, limbs_count)
        elif kind == 2:
            constant += 4 * coefficient * PUBLICS[c][a]
            largest += 4 * abs(coefficient) * (2 ** PROGRAM.publics[a].bits - 1)
        else:
            constant += 4 * coefficient
            largest += 4 * abs(coefficient)
    while largest >= 2 ** (16 * digits):
        digits += 1
    sign = -1 if constant < 0 else 1
    carry = 0
    first_carry = len(values)
    extra = []
    for e in range(digits):
        coefficients: dict[object, int] = dict(at.get(e, {}))
        k_e = sign * (abs(constant) >> 16 * e & 65535)
        left = sum(w * values[cell] for cell, w in coefficients.items()) + k_e + carry  # type: ignore[call-overload]
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


@pytest.fixture(params=FORMS)
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    form = FORMS[request.param]
    monkeypatch.setattr(layout_module, "BUCKET_LOG2", form.bucket_log2)
    monkeypatch.setattr(limits, "MAX_DIRECT_CELLS", form.direct)
    monkeypatch.setattr(union, "P", form.asks)
    return build(form)


def challenges_of(case: Case) -> LookupChallenges:
    return lookup_challenges(element(), element(), element(), case.shape.bus_width)


def test_identities_hold(case: Case) -> None:
    assert case.shape.layout.cells == len(case.cells)
    assert case.shape.layout.identities == len(case.identities)
    assert all(0 <= value < 65536 for value in [*case.cells, *case.tallies.values()])
    assert bool(case.tallies) == (case.form.direct == TALL)
    for coefficients, constant, rows in case.identities:
        left = sum(
            c * (case.tallies[key] if isinstance(key, tuple) else case.cells[key])  # type: ignore[index, call-overload]
            for key, c in coefficients.items()
        )
        assert left + constant + rows == 0


def test_weights(case: Case) -> None:
    challenges = challenges_of(case)
    weights, constant = weigh(case.shape, challenges)
    expected = [ZERO] * len(case.cells)
    expected_constant = ZERO
    delta = challenges.delta[1]
    for q, (coefficients, kappa, _) in enumerate(case.identities):
        weight = power(delta, q + 1)
        for cell, c in coefficients.items():
            if isinstance(cell, int):
                expected[cell] = add(expected[cell], scale(weight, c))
        expected_constant = add(expected_constant, scale(weight, kappa))
    for c in range(case.form.claims):
        first = case.shape.layout.lookups[c][0]
        for i, row in enumerate(tuples_of(c)):
            d = inverse(fingerprint(challenges, row, 1 + c))
            expected[first + 2 * i] = scale(d, -1)
            expected[first + 2 * i + 1] = scale(d, -65536)
    assert weights == expected
    assert constant == expected_constant


def test_weights_of_rows(case: Case) -> None:
    challenges, z = challenges_of(case), element()
    delta = challenges.delta[1]
    weights = [element() for _ in case.cells]
    found = weigh_rows(case.shape, weights, challenges.delta, z)
    assert len(found) == len(case.shape.instances)
    for i, instance in enumerate(case.shape.instances[:-1]):
        assert found[i] == lagrange_sum(case.weights_of_rows(i, delta), instance.k, z)
        assert (found[i] != ZERO) == any(key[0] == i for key in case.tallies)
    assert found[-1] == lagrange_sum(weights, case.shape.instances[-1].k, z)


def fingerprint(challenges: LookupChallenges, values: tuple[int, ...], bus: int) -> Ext:
    beta = challenges.beta[1]
    result = challenges.a
    for j, value in enumerate(values):
        result = sub(result, scale(power(beta, j), value))
    return sub(result, scale(power(beta, len(values)), bus + 1))


def test_zero_denominator(case: Case) -> None:
    challenges = challenges_of(case)
    beta = challenges.beta
    bus = case.form.claims  # the last claim's lookup
    a = add(scale(beta[0], 3), add(beta[1], scale(beta[2], bus + 1)))
    with pytest.raises(LookupRejected):
        weigh(case.shape, replace(challenges, a=a))


def row_public(k: int, i: int, group: int, delta: Ext) -> Public:
    """Selectors and periodic columns at row i of a table of 2^k rows."""
    g = root_of_unity(k)
    n = 1 << k
    selectors = Selectors(
        ONE if i == 0 else ZERO, ONE if i == n - 1 else ZERO, embed(pow(g, i, P) - pow(g, n - 1, P)), ZERO
    )
    return Public(selectors, BLIND[i % 8], power(delta, i % group), embed(i % group))


@dataclass
class Trace:
    """The rows of an instance: log columns, tallies where it has them, and the columns of its parts."""

    log: Rows
    parts: list[tuple[int, int, Rows]]  # claim, ORDINAL, witness columns
    tallies: list[int] | None

    def witness(self, i: int) -> list[int]:
        base = [] if self.tallies is None else [self.tallies[i]]
        return base + [value for _, _, rows in self.parts for value in rows[i]]


def traces(case: Case, segments: list[Rows], private: list[Rows], tallies: dict[tuple[int, int], int]) -> list[Trace]:
    result = []
    for number, instance in enumerate(case.shape.instances[:-1]):
        column = [tallies.get((number, i), 0) for i in range(1 << instance.k)] if case.form.direct == TALL else None
        if number < 2:
            table = segments[number]
            readers = [c for c in range(case.form.claims) if number in SLOTS[c]]
            parts = [(c, SLOTS[c].index(number), [[i] for i in range(len(table))]) for c in readers]
            result.append(Trace(table, parts, column))
        else:
            result.append(Trace([[] for _ in private[number - 2]], [(number - 2, 0, private[number - 2])], column))
    return result


def groups_of(case: Case, trace: Trace, i: int, range_bus: int) -> list[list[Fraction]]:
    """Row i's fractions in their groups."""
    n = len(trace.log)
    claims, last = case.form.claims, int(i == n - 1)
    asked = trace.log[i][1:3] + ([] if trace.tallies is None else [trace.tallies[i]])
    base = [[(1, (value,), range_bus) for value in asked]] if asked else []
    own: list[list[Fraction]] = []
    for c, ordinal, rows in trace.parts:
        lookup, second, third = 1 + c, 1 + claims + 2 * c, 2 + claims + 2 * c
        if trace.log[i]:
            act, x, _, b = trace.log[i]
            key = (i % case.form.buckets(n.bit_length() - 1), ordinal)
            own.append([(1, (b, act), lookup)])
            own.append([(1, (rows[i][0],), range_bus), (x, key, second)])
            own.append([(int(i == 0), (LIMB,), third)])
        else:
            bucket, number, total_x, value, checked, _ = rows[i]
            after = rows[(i + 1) % n][3]
            own.append([(-total_x, (bucket, number), second), (1, (value,), third)])
            own.append(
                [(-1, (after,), third), (-len(SLOTS[c]) * last, (value,), third), (checked, (value,), range_bus)]
            )
    return [*base, *own, *([[]] if len(trace.parts) > 1 else [])]


def range_buses(case: Case) -> list[int]:
    """Of each instance, by the specification, with what asks may not reach patched."""
    first_other = 3 * case.form.claims + 1
    asked, number, result = 0, 0, []
    for i, instance in enumerate(case.shape.instances):
        tally = int(case.form.direct == TALL)
        readers = sum(i in SLOTS[c] for c in range(case.form.claims))
        asks = 2 + tally + readers if i < 2 else 1 + tally if i < len(case.shape.instances) - 1 else 1
        if asked + (asks << instance.k) >= case.form.asks:
            asked, number = 0, number + 1
        asked += asks << instance.k
        result.append(0 if number == 0 else first_other + number - 1)
    return result


def run(
    case: Case,
    challenges: LookupChallenges,
    segments: list[Rows] | None = None,
    private: list[Rows] | None = None,
    values: list[int] | None = None,
    tallies: dict[tuple[int, int], int] | None = None,
) -> tuple[int, Ext]:
    """Fills in all columns; returns the number of constraints that fail and the balance."""
    shape, delta = case.shape, challenges.delta[1]
    values = case.cells if values is None else values
    tallies = case.tallies if tallies is None else tallies
    weights, constant = weigh(shape, challenges)
    buses = range_buses(case)
    failures, terminals, blinds = 0, [], ZERO
    ranged: Counter[tuple[int, int]] = Counter()  # (bus, value)
    shown = traces(case, segments or case.segments, private or case.private, tallies)
    for number, (instance, trace) in enumerate(zip(shape.instances[:-1], shown, strict=True)):
        n = len(trace.log)
        blind = [RNG.randrange(P) for _ in range(n)]
        group = case.form.buckets(instance.k)
        row_weights = case.weights_of_rows(number, delta)
        steps, phis = [], []
        for i in range(n):
            groups = groups_of(case, trace, i, buses[number])
            for m, t, bus in (interaction for members in groups for interaction in members):
                if bus == 0 or bus > 3 * case.form.claims:
                    ranged[bus, t[0] % 65536] += m
            fractions = [total(scale(inverse(fingerprint(challenges, t, bus)), m) for m, t, bus in g) for g in groups]
            phis.append(fractions[:-1])
            lin = ZERO if trace.tallies is None else scale(row_weights[i], trace.tallies[i])
            for c, ordinal, rows in trace.parts:
                table = 0 if trace.log[i] else 1
                first = shape.layout.sums[c, table][ordinal].first
                limbs = [limb for item in limbs_of(table, trace.log[i] or rows[i]) for limb in item]
                for j, limb in enumerate(limbs):
                    lin = add(lin, scale(power(delta, first + j * group + i % group + 1), limb))
            steps.append(total([*fractions, lin, scale(BLIND[i % 8], blind[i])]))
        blinds = add(blinds, total(scale(BLIND[i % 8], b) for i, b in enumerate(blind)))
        acc = [ZERO]
        for step in steps:
            acc.append(add(acc[-1], step))
        terminals.append(acc[-1])
        acc[-1] = ZERO
        for i in range(n):
            opened = Opened(
                dict(enumerate(map(embed, trace.log[i]))),
                [*map(embed, trace.witness(i)), embed(blind[i])],
                {column: embed(value) for column, value in enumerate(trace.witness((i + 1) % n))},
                [*phis[i], acc[i]],
                acc[i + 1],
            )
            public = row_public(instance.k, i, group, delta)
            found = instance_constraints(shape, instance, opened, public, challenges, terminals[-1], row_weights[i])
            assert len(found) == instance.constraint_count
            failures += sum(value != ZERO for value in found)
    wrong, terminal = run_cells(case, challenges, ranged, values, weights, scale(blinds, -1), buses)
    return failures + wrong, add(add(total(terminals), terminal), constant)


def run_cells(
    case: Case,
    challenges: LookupChallenges,
    ranged: Counter[tuple[int, int]],
    values: list[int],
    weights: list[Ext],
    blind: Ext,
    buses: list[int],
) -> tuple[int, Ext]:
    """The cells instance on 2^13 rows of eight pairs, the first six blinds adding up to `blind`; some are checked."""
    shape, instance = case.shape, case.shape.instances[-1]
    assert instance.k == instance.kappa == 13
    n, last_bus, numbers = 1 << 13, buses[-1], sorted(set(buses))
    for row in range(n):
        ranged[last_bus, values[row] % 65536 if row < len(values) else 0] += 1
    base = {value: inverse(fingerprint(challenges, (value,), last_bus)) for value in {0, *values}}
    pairs: dict[int, Ext] = {}
    for (bus, value), count in ranged.items():
        fraction = scale(inverse(fingerprint(challenges, (value,), bus)), -count)
        pairs[value // 8] = add(pairs.get(value // 8, ZERO), fraction)
    acc, current = [], ZERO
    for i in range(n):
        acc.append(current)
        value = values[i] if i < len(values) else 0
        current = add(add(current, base[value]), pairs.get(i, ZERO))
        if i < len(values):
            current = add(current, scale(weights[i], value))
        if i < 6:
            current = add(current, scale(BLIND[i], blind[i]))
    terminal = current
    wrong = 0
    for i in [*range(len(values) + 3), 7000, n - 9, n - 2, n - 1]:
        cell = values[i] if i < len(values) else 0
        weight = weights[i] if i < len(weights) else ZERO
        counts = [ranged[bus, 8 * i + j] for bus in numbers for j in range(8)]
        fractions = [
            scale(inverse(fingerprint(challenges, (8 * i + j,), bus)), -ranged[bus, 8 * i + j])
            for bus in numbers
            for j in range(8)
        ]
        fractions.append(base[cell])
        dealt = [fractions[start : start + 3] for start in range(0, len(fractions), 3)]
        opened = Opened(
            {},
            [embed(i), *map(embed, counts), embed(cell), embed(blind[i]) if i < 6 else ZERO],
            {0: embed((i + 1) % n)},
            [*map(total, dealt[:-1]), acc[i]],
            acc[(i + 1) % n],
        )
        public = row_public(13, i, 1, ONE)
        found = instance_constraints(shape, instance, opened, public, challenges, terminal, weight)
        assert len(found) == instance.constraint_count == 3 + len(dealt) + 1
        wrong += sum(value != ZERO for value in found)
    return wrong, terminal


def copied(tables: list[Rows]) -> list[Rows]:
    return [[row.copy() for row in table] for table in tables]


def test_range_buses(case: Case) -> None:
    assert [i.range_bus for i in case.shape.instances[:-1]] == range_buses(case)[:-1]
    assert len(set(range_buses(case))) == (1 if case.form.asks == P else 2)


def test_honest_trace(case: Case) -> None:
    assert run(case, challenges_of(case)) == (0, ZERO)


def test_false_traces_do_not_balance(case: Case) -> None:
    challenges = challenges_of(case)
    changed = copied(case.segments)
    changed[1][3][1] ^= 1  # a limb of a sum
    assert run(case, challenges, changed)[1] != ZERO
    changed = copied(case.segments)
    changed[0][2][3] = 4  # (4, 1) is not in the lookup
    assert run(case, challenges, changed)[1] != ZERO
    layout = case.shape.layout
    claims = range(case.form.claims)
    chosen = {0, 1, len(case.cells) - 1}
    chosen |= {layout.unknowns[c][0] for c in claims} | {layout.lookups[c][0] + 1 for c in claims}
    chosen |= {layout.equations[c][0].first_cell for c in claims}
    for places in layout.sums.values():
        chosen |= {place.cell + i for place in places for i in range(5 if place.tallied else 2)}
    for cell in sorted(chosen):
        values = case.cells.copy()
        values[cell] = (values[cell] + 1) % 65536
        assert run(case, challenges, values=values)[1] != ZERO
    for key in list(case.tallies)[::7]:
        tallies = {**case.tallies, key: (case.tallies[key] + 1) % 65536}
        failures, balance = run(case, challenges, tallies=tallies)
        assert failures == 0 and balance != ZERO


def test_rows_of_tallies_without_weight_are_free(case: Case) -> None:
    """What stands below A and B, and in an instance that keeps them as cells, is asked to be small and nothing else."""
    if not case.tallies:
        return
    most = max(i for _, i in case.tallies)
    (tallied,) = {number for number, _ in case.tallies}
    small = 1 - tallied
    tallies = {**case.tallies, (tallied, most + 1): 5, (small, 0): 65535}
    assert run(case, challenges_of(case), tallies=tallies) == (0, ZERO)


def test_out_of_order_rows_fail(case: Case) -> None:
    challenges = challenges_of(case)
    for row, column, value in ((0, 0, 2), (5, 0, 7)):
        segments = copied(case.segments)
        segments[1][row][column] = value
        assert run(case, challenges, segments)[0] > 0


def test_false_multiplicities_do_not_balance(case: Case) -> None:
    challenges = challenges_of(case)
    for claim in range(case.form.claims):
        for row, column, value in (
            (1, 2, case.private[claim][1][2] + 1),  # a total
            (0, 1, 1 - case.private[claim][0][1]),  # the total of a segment given to another
            (6, 2, 1),  # a total of nothing
        ):
            private = copied(case.private)
            private[claim][row][column] = value
            failures, balance = run(case, challenges, private=private)
            assert failures == 0 and balance != ZERO
        private = copied(case.private)
        private[claim][0][4] = 2  # twice as often, in the range table's count too
        assert run(case, challenges, private=private) == (0, ZERO)


def test_new_operations_constrain(case: Case) -> None:
    challenges = challenges_of(case)
    for row, column, value in ((15, 3, LIMB + 1), (3, 5, 1), (0, 0, 1)):  # PUBLIC on LAST, BUCKET, FIRST
        private = copied(case.private)
        private[0][row][column] += value
        assert run(case, challenges, private=private)[0] == 1
    publics = ((200, 0b10, 0x12_3457_789A, 2), *case.shape.publics[1:])
    other = replace(case, shape=replace(case.shape, publics=publics))
    failures, balance = run(other, challenges)
    # of the first claim alone: the last row's constraint, and what asks for LIMB on the first row of each segment
    assert failures == 3 and balance == ZERO


def test_brackets_constrain(case: Case) -> None:
    """NOT_BEFORE and NOT_AFTER are of the segment: another bracket breaks its first row, once for each claim."""
    challenges = challenges_of(case)
    for bracket in ((1 << 32, (1 << 48) - 1), (0, (1 << 48) - 2)):
        instances = list(case.shape.instances)
        instances[1] = instances[1]._replace(bracket=bracket)
        other = replace(case, shape=replace(case.shape, instances=tuple(instances)))
        failures, balance = run(other, challenges)
        assert failures == case.form.claims and balance == ZERO


def test_ordinal(case: Case) -> None:
    """It is the segment's number in the slot of the claim: a part that takes another's breaks its φ."""
    challenges = challenges_of(case)
    assert [i.ordinals for i in case.shape.instances[:2]] == [(0, 0), (0, 1, 0)[: 1 + case.form.claims]]
    for place in range(1, 1 + case.form.claims):
        instances: list[Instance] = list(case.shape.instances)
        ordinals = list(instances[1].ordinals)
        ordinals[place] += 1
        instances[1] = instances[1]._replace(ordinals=tuple(ordinals))
        layout = case.shape.layout
        sums = {key: (*places, places[-1]) for key, places in layout.sums.items()}  # so that no sum is moved with it
        for c in range(case.form.claims):
            sums[c, 0] = (*layout.sums[c, 0][:1], *[layout.sums[c, 0][-1]] * 2)
        sums[1, 0] = (layout.sums[1, 0][0],) * 2 if case.form.claims > 1 else ()
        other = replace(case, shape=replace(case.shape, instances=tuple(instances)))
        rows = sum(row[1] != 0 for row in case.segments[1])
        trace = traces(case, case.segments, case.private, case.tallies)[1]
        failing = 0
        for i in range(len(trace.log)):
            found = phi_constraints(other, challenges, trace, i, sums)
            failing += any(value != ZERO for value in found)
        assert failing == rows


def phi_constraints(
    case: Case, challenges: LookupChallenges, trace: Trace, i: int, sums: dict[tuple[int, int], object]
) -> list[Ext]:
    """Those of the groups with a φ, on a row of the second segment, with φ as its true ORDINALs ask."""
    shape = replace(case.shape, layout=replace(case.shape.layout, sums=sums))  # type: ignore[arg-type]
    instance, n = shape.instances[1], len(trace.log)
    groups = groups_of(case, trace, i, instance.range_bus)
    phis = [total(scale(inverse(fingerprint(challenges, t, bus)), m) for m, t, bus in g) for g in groups[:-1]]
    following = dict(enumerate(map(embed, trace.witness((i + 1) % n))))
    witness = [*map(embed, trace.witness(i)), ZERO]
    opened = Opened(dict(enumerate(map(embed, trace.log[i]))), witness, following, [*phis, ZERO], ZERO)
    public = row_public(instance.k, i, case.form.buckets(instance.k), ONE)
    found = instance_constraints(shape, instance, opened, public, challenges, ZERO, ZERO)
    start = len(found) - len(groups) - 1
    return found[start : start + len(phis)]


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
