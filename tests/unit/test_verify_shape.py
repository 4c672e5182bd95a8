"""Shapes from statement and program: capacities, degrees, chunks, cells, limits, and the soundness figures."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import reduce

import pytest

from zkcompliance import limits
from zkcompliance.errors import LimitExceeded, ParametersRejected, SoundnessTooLow
from zkcompliance.stark import profiles
from zkcompliance.stark.air import shape as stark_shape
from zkcompliance.verify import soundness
from zkcompliance.verify.checkpoint import Checkpoint
from zkcompliance.verify.field import (
    ONE,
    ORDER,
    ZERO,
    Ext,
    P,
    add,
    bit_reverse,
    embed,
    inverse,
    mul,
    root_of_unity,
    scale,
    sub,
    total,
)
from zkcompliance.verify.layout import EquationPlace, SumsPlace
from zkcompliance.verify.openings import CHUNK, EXTENSION, SEGMENT, WITNESS, Sums, deep, opening_order
from zkcompliance.verify.program import (
    Constraint,
    Equation,
    Interaction,
    LogSlot,
    Lookup,
    LookupEntry,
    Node,
    Program,
    Public,
    Sum,
    Summand,
    Table,
    Unknown,
)
from zkcompliance.verify.shape import (
    ALGEBRAIC,
    Shape,
    Weights,
    chunk_count,
    constraint_degrees,
    schedule,
    shape_of,
    true_weights,
)
from zkcompliance.verify.statement import (
    FAST,
    PROFILES,
    SMALL,
    STANDARD,
    ClaimStatement,
    Entry,
    LogStatement,
    Profile,
    Statement,
    code_degree,
    degree_bound,
)
from zkcompliance.verify.union import Merged, cells_table, merge, private_capacity
from zkcompliance.verify.weights import lookup_challenges

UNIT = 0xFFFF
EMPTY = Table(0, 0, 0, (Node(1, 0, 0),), (), (), (0,), ())


def statement(
    ks: tuple[int, ...], program: Program, profile: Profile = STANDARD, private: tuple[int, ...] = ()
) -> Statement:
    entries = []
    for k in ks:
        kappa = profile.capacity(k)
        assert kappa is not None
        entries.append(Entry(profile.id, bytes(32), program.logs[0].width, k, kappa, bytes(32), (0,) * 6))
    logs = (LogStatement(Checkpoint("o", len(ks), bytes(32), b""), tuple(entries)),)
    claim = ClaimStatement("r", "c", 1, program.digest, (0,) * len(program.publics), ((0,),), private)
    return Statement(profile, b"", logs, (claim,))


def program(*tables: Table, **changes: object) -> Program:
    base = Program("c", 1, (), (LogSlot("log", bytes(32), 4),), (), (), tables, (), ())
    return replace(base, **changes)  # type: ignore[arg-type]


def shape(ks: tuple[int, ...], p: Program, profile: Profile = STANDARD, private: tuple[int, ...] = ()) -> Shape:
    return shape_of(statement(ks, p, profile, private), [p])


def test_profiles() -> None:
    assert STANDARD.encode() == bytes([1, 3, 80, 0, 20, 192, 0, 0, 1, 128, 0])
    assert FAST.encode() == bytes([2, 2, 125, 0, 20, 64, 1, 0, 1, 128, 0])
    assert SMALL.encode() == bytes([3, 4, 60, 0, 20, 192, 0, 0, 1, 128, 0])
    for p in PROFILES.values():
        assert p.mask >= 2 * (p.most_queries + 6) and p.chunk_blind >= p.most_queries + 1


def test_capacity() -> None:
    assert [STANDARD.capacity(k) for k in range(3, 23)] == [
        *[13] * 9, 14, 14, 15, 16, *range(16, 22), None,
    ]  # fmt: skip
    for p in PROFILES.values():
        for k in range(3, 22):
            kappa = p.capacity(k)
            assert kappa is not None
            good = [c for c in range(k, 22) if (degree_bound(c) - 2**k - 262) // (p.most_queries + 6) >= 64]
            assert kappa == good[0]


def alone(table: Table, short: tuple[int, ...] = (), tall: bool = False) -> Merged:
    """A table with its base."""
    return merge([(0, 0, table, ())], short, tall)


def places(s: Shape) -> list[tuple[list[int], int, int]]:
    """Of each instance the program's numbers of its tables, k and κ; the cells table has none."""
    return [([part.number for part in i.merged.parts if part.claim >= 0], i.k, i.kappa) for i in s.instances]


def test_cells_height() -> None:
    """The smallest of the segments' with room for the cells; or the smallest at all."""
    row = (LookupEntry(0, 1, 0),)

    def heights(ks: tuple[int, ...], cells: int) -> tuple[tuple[int, ...], int]:
        s = shape(ks, program(EMPTY, lookups=(Lookup(1, (row,) * (cells // 2)),) if cells else ()))
        assert s.instances[-1].k == s.instances[-1].kappa
        return s.heights, s.instances[-1].kappa

    assert heights((3,), 0) == ((13,), 13)
    assert heights((3, 18, 20), 0) == ((20, 18, 13), 13)
    assert heights((3, 18, 20), 1 << 13) == ((20, 18, 13), 13)
    assert heights((3, 18, 20), (1 << 13) + 2) == ((20, 18, 13), 18)
    assert heights((3,), (1 << 13) + 2) == ((14, 13), 14)
    assert heights((16,), 0) == ((16,), 16)
    s = shape((20, 17, 13), program(EMPTY, replace(EMPTY, witness=2)))
    assert places(s) == [([0, 1], 20, 20), ([0, 1], 17, 17), ([0, 1], 13, 14), ([], 14, 14)]
    assert s.at_height(14) == [2, 3] and s.at_height(17) == [1]


def test_private_heights() -> None:
    free = Table(1, 0, 2, (Node(2, 1, 0),), (), (), (0,), ())
    p = program(EMPTY, free, replace(free, index=1), EMPTY)

    def kappas(ks: tuple[int, ...], private: tuple[int, ...], profile: Profile = STANDARD) -> list[int]:
        return [i.kappa for i in shape(ks, p, profile, private).instances[-3:-1]]

    assert kappas((3,), (3, 13)) == [13, 13]  # 2^13 + 192 ≤ 2^13 + 2^9
    assert kappas((3,), (14, 16)) == [14, 16]  # none has room: a new height each
    assert kappas((3, 13), (13, 14)) == [13, 14]  # κ 14 is a segment's
    assert kappas((3, 18), (14, 18)) == [18, 18]
    assert kappas((19,), (18, 20)) == [19, 20]
    for profile in PROFILES.values():
        for k in range(3, 22):
            assert kappas((3,), (k, k), profile)[0] == min(
                (c for c in (profile.capacity(3) or 0,) if 2**k + profile.mask <= degree_bound(c)), default=k
            )
    s = shape((20, 17), p, private=(3, 20))
    assert places(s) == [([0, 3], 20, 20), ([0, 3], 17, 17), ([1], 3, 17), ([2], 20, 20), ([], 17, 17)]
    assert [i.entry is None for i in s.instances] == [False, False, True, True, True]
    q = soundness.quantities(s)
    assert q.tags == (20, 17) and q.constraints == 4 * 2 + 5


def test_private_openings() -> None:
    free = Table(1, 0, 2, (Node(3, 1, 0),), (), (), (0,), ())
    s = shape((3,), program(EMPTY, free), private=(4,))
    order = opening_order(s)
    assert [o for o in order if o.owner == 1 and o.part != CHUNK] == [
        (WITNESS, 1, 0, False), (WITNESS, 1, 1, False), (WITNESS, 1, 2, False), (WITNESS, 1, 1, True),
        (EXTENSION, 1, 0, False), (EXTENSION, 1, 0, True),
    ]  # fmt: skip
    taken: list[Ext] = []

    def coefficients() -> Iterator[Ext]:
        while True:
            taken.append(ONE)
            yield ONE

    columns = deep(s, dict.fromkeys(order, ONE), (0, 1, 0, 0, 0, 0), coefficients()).columns
    assert len(taken) == len(order) + 3 + 1  # three of four columns that nothing reads, one tag
    assert [owner for part, owner in columns if part == SEGMENT] == [0]


def test_every_column_is_in_the_batch() -> None:
    """F_h of a segment of which two columns of five are read, from the definition and from the verifier's sums."""
    rng = random.Random(5)

    def element() -> Ext:
        a, b, c, d, e, f = (rng.randrange(P) for _ in range(6))
        return (a, b, c, d, e, f)

    def at(column: int, x: Ext) -> Ext:
        return reduce(lambda value, c: add(mul(value, x), embed(c)), columns[column], ZERO)

    reads = replace(EMPTY, nodes=(Node(1, 3, 0), Node(1, 1, 0)))
    base = program(reads, logs=(LogSlot("log", bytes(32), 5),))
    made = shape((3,), base)
    columns = [[rng.randrange(P) for _ in range(6)] for _ in range(5)]
    z, order = element(), opening_order(made)
    values = {o: at(o.column, z) if o.part == SEGMENT else ZERO for o in order}
    assert [o.column for o in order if o.part == SEGMENT] == [1, 3]
    dealt = [element() for _ in range(len(order) + 3 + 1)]
    stream = iter(dealt)
    batches, trees = deep(made, values, z, stream)
    assert next(stream, None) is None and made.heights == (13,)
    entry = made.instances[0].entry
    assert entry is not None
    z0, ratios = entry.tag_challenge()
    assert len(set(ratios)) == 5
    positions = (0, 1, 54321)
    xs = [31 * pow(root_of_unity(16), bit_reverse(position, 16), P) % P for position in positions]
    rows = [[at(c, embed(x))[0] for c in range(5)] for x in xs]
    sums = Sums(batches[0], positions)
    sums.add(trees[SEGMENT, 0], list(map(sums.lanes.elements, zip(*rows, strict=True))))
    for position, x, row in zip(positions, xs, rows, strict=True):
        wanted = ZERO
        for opening, c in zip(order[:2], dealt, strict=False):
            quotient = mul(sub(embed(row[opening.column]), values[opening]), inverse(sub(embed(x), z)))
            wanted = add(wanted, mul(c, quotient))
        for column, c in zip((0, 2, 4), dealt[-4:-1], strict=True):
            wanted = add(wanted, scale(c, row[column]))
        tag = total(scale(ratio, value) for ratio, value in zip(ratios, row, strict=True))
        wanted = add(wanted, mul(dealt[-1], mul(sub(tag, entry.tag), inverse(sub(embed(x), z0)))))
        assert sums.values()[position] == wanted


def test_degrees_of_new_nodes() -> None:
    log, col, per = 1000, 200, 100
    weights = Weights(log, col, per, 1)
    ops = [Node(7, 0, 0), Node(8, 0, 0), Node(9, 0, 0), Node(10, 0, 0), Node(11, 0, 0)]
    t = Table(
        kind=0,
        index=0,
        witness=1,
        nodes=(
            *ops,
            Node(2, 0, 0),  # 5: witness
            Node(6, 5, 5),  # 6
            Node(6, 6, 6),  # 7: witness^4
            Node(6, 0, 3),  # 8: FIRST·PUBLIC
        ),
        constraints=tuple(Constraint(str(i), 0, i) for i in (0, 1, 2, 3, 4, 8)),
        interactions=(
            Interaction(1, 7, 5, (5,)), Interaction(1, UNIT, 1, (8,)),
            Interaction(1, 5, 5, (3,)), Interaction(1, 4, 5, (6,)),
            Interaction(1, 5, 5, (2,)), Interaction(1, 7, 5, (3,)),
        ),
        groups=(2, 2, 2),
        sums=(),
    )  # fmt: skip
    assert constraint_degrees(alone(t), weights) == [
        per, per, per, 0, 0, per,
        4 * col + per,  # m·D_2, m = witness^4, above φ·D_1·D_2
        col + 2 * col,  # φ·D_1·D_2 and m·D_2 alike
        per + col,
        max(per + col + per, 4 * col + per),  # w·blind·D_1; m_2·D_1
    ]  # fmt: skip
    assert constraint_degrees(alone(t), ALGEBRAIC) == [1, 1, 1, 0, 0, 1, 5, 3, 2, 5]


def test_degrees_by_hand() -> None:
    k = kappa = 16
    n, d, mask = 1 << 16, 9 << 13, 192
    log, col, per = d - 257, n + mask - 1, n - 1
    weights = true_weights(STANDARD, k, kappa)
    assert weights == (log, col, per, 1)
    t = Table(
        kind=0,
        index=0,
        witness=1,
        nodes=(
            Node(0, 5, 0),  # 0: 5
            Node(1, 0, 0),  # 1: log
            Node(2, 0, 0),  # 2: witness
            Node(3, 0, 0),  # 3: next
            Node(6, 1, 2),  # 4: log·witness
            Node(4, 4, 3),  # 5: + next
            Node(6, 0, 2),  # 6: 5·witness
            Node(5, 0, 0),  # 7: constant
        ),
        constraints=(
            Constraint("a", 0, 5), Constraint("b", 1, 2), Constraint("c", 2, 6), Constraint("d", 3, 4),
            Constraint("e", 0, 7),
        ),
        interactions=(Interaction(0, UNIT, 1, (1,)), Interaction(0, UNIT, 1, (5,)), Interaction(0, UNIT, 1, (0,))),
        groups=(2, 1),
        sums=(Sum("s", 1, (1, 2)),),
    )  # fmt: skip
    assert constraint_degrees(alone(t), weights) == [
        log + col, col + per, col + per, log + col + 1, 0,
        col + (log + log + col),  # φ·D_1·D_2
        per + col,  # L_0·acc
        log + log + per,  # the sum, against w·blind, times a constant denominator
    ]  # fmt: skip
    assert constraint_degrees(alone(t), ALGEBRAIC) == [2, 2, 2, 3, 0, 4, 2, 3]
    assert constraint_degrees(alone(EMPTY), ALGEBRAIC) == [2, 2]
    assert constraint_degrees(alone(EMPTY), weights) == [per + col, per + col]
    one = cells_table(16, (0,))
    assert constraint_degrees(one, ALGEBRAIC) == [2, 3, 2, 2, 4]
    assert constraint_degrees(one, weights) == [per + col, 2 * col + 1, per + col, per + col, per + 3 * col]
    assert constraint_degrees(cells_table(15, (0,)), ALGEBRAIC) == [2, 3, 2, 2, 5]  # 2 pairs and v in one group
    four = cells_table(14, (0, 9))  # 8 pairs and v: groups of 3, 3, 3
    assert four.groups == (3, 3, 3) and constraint_degrees(four, ALGEBRAIC) == [2, 3, 2, 4, 4, 2, 5]
    three = cells_table(13, (0,))  # 8 pairs and v
    assert three.groups == (3, 3, 3) and three.witness == 10
    base = alone(EMPTY, (3, 1), tall=True)  # no sum, so no tallies: two asks in one group
    assert base.groups == (2, 0) and base.witness == 0
    assert constraint_degrees(base, weights) == [col + 2 * log, per + col, per + col]
    summed = alone(replace(EMPTY, sums=(Sum("s", 0, (0,)),)), (0,) * 4, tall=True)
    assert summed.groups == (3, 2, 0) and summed.witness == 1 and summed.weighed == 0


def test_chunks_by_hand() -> None:
    for profile in PROFILES.values():
        for kappa in (13, 16, 21):
            d = degree_bound(kappa)
            t = d - 128
            assert chunk_count(profile, d, 1) == 1 == chunk_count(profile, d, d)
            for c in (2, 3, 7):
                assert chunk_count(profile, d, (c - 1) * t + d) == c
                assert chunk_count(profile, d, (c - 1) * t + d + 1) == c + 1
    s = shape((16,), program(EMPTY))
    assert s.chunks == (3,)  # the cells: N − 1 + 3·(N + 191) − N + 1 = 3N + 573 coefficients, d = 9N/8
    assert [code_degree(h, (20, 16, 13)) for h in (20, 16, 13)] == [9 << 17, 9 << 13, 9 << 10]  # κ 16 has most
    assert [code_degree(h, (20, 13)) for h in (20, 13, 7)] == [17 << 16, 17 << 9, 17 << 3]
    assert code_degree(20, (20,)) == 65 << 14 == degree_bound(20)
    assert s.algebraic_degree == 4


def power_table(exponent: int) -> Table:
    nodes = [Node(2, 0, 0)] + [Node(6, i, 0) for i in range(exponent - 1)]
    return Table(0, 0, 1, tuple(nodes), (Constraint("x", 0, exponent - 1),), (), (0,), ())


def test_degree_limit() -> None:
    for profile in PROFILES.values():
        degrees = range(2, 40)
        n, mask = 1 << 20, profile.mask
        chunks = {e: chunk_count(profile, degree_bound(20), e * (n + mask - 1) - n + 1) for e in degrees}
        too_high = next(e for e in degrees if chunks[e] > profile.blowup)
        good = shape((20,), program(power_table(too_high - 1)), profile)
        assert good.chunks[0] == max(chunks[too_high - 1], 3)
        with pytest.raises(ParametersRejected):
            shape((20,), program(power_table(too_high)), profile)
    squares = Table(
        0, 0, 1, (Node(2, 0, 0), *(Node(6, i, i) for i in range(4095))), (Constraint("x", 0, 4095),), (), (0,), ()
    )
    with pytest.raises(ParametersRejected):
        shape((20,), program(squares))


def test_layout() -> None:
    nodes = (Node(1, 0, 0), Node(1, 1, 0))
    one = replace(EMPTY, nodes=nodes, sums=(Sum("a", 0, (1, 1, 1)), Sum("b", 0, (1,))))
    two = replace(EMPTY, nodes=nodes, sums=(Sum("c", 0, (1, 1)),))
    row = (LookupEntry(0, 1, 0),)
    p = program(
        one,
        two,
        publics=(Public("p", 0, 40),),
        lookups=(Lookup(1, (row, row)), Lookup(1, (row,))),
        unknowns=(Unknown("x", 2), Unknown("y", 5)),
        equations=(
            Equation("e", (Summand(0, 0, 0, 1), Summand(1, 1, 0, -1))),  # 5 digits, of y
            Equation("f", (Summand(2, 0, 0, 1),)),  # 4·(2^40 − 1): 42 bits
            Equation("g", (Summand(3, 0, 0, 1),)),
            Equation("h", (Summand(0, 0, 0, 1),)),  # limbs + 1
        ),
    )
    layout = shape((15, 3), p).layout
    assert layout.sums == {
        (0, 0): (SumsPlace(0, 8, 0, 2, False), SumsPlace(8, 12, 16, 1, False)),
        (0, 1): (SumsPlace(12, 16, 24, 2, False), SumsPlace(16, 18, 32, 1, False)),
    }
    assert layout.unknowns == ((36, 38),) and layout.lookups == ((43, 47),)
    assert layout.equations == ((
        EquationPlace(18, 49, 5),
        EquationPlace(27, 57, 3),
        EquationPlace(32, 61, 1),
        EquationPlace(33, 61, 4),
    ),)  # fmt: skip
    assert layout.cells == 67 and layout.identities == 40
    free = Table(1, 0, 1, (Node(2, 0, 0),), (), (), (0,), (Sum("s", 0, (0, 0)),))
    layout = shape((15, 3), replace(p, tables=(one, free, two), equations=()), private=(16,)).layout
    assert layout.sums[0, 1] == (SumsPlace(12, 20, 24, 4, False),)
    assert layout.sums[0, 2] == (SumsPlace(20, 24, 40, 2, False), SumsPlace(24, 26, 48, 1, False))
    assert layout.unknowns == ((52, 54),) and layout.identities == 26


def test_tall_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    """One A or B more than may be cells; segments with fewer than four buckets keep theirs."""
    nodes = (Node(1, 0, 0), Node(1, 1, 0))
    table = replace(EMPTY, nodes=nodes, sums=(Sum("a", 0, (1, 1, 1)), Sum("b", 0, (1,))))
    p = program(table, equations=(Equation("e", (Summand(0, 0, 0, 1),)),))
    monkeypatch.setattr(limits, "MAX_DIRECT_CELLS", 2 * 4 * (4 + 2))
    direct = shape((16, 15), p)
    assert direct.layout.equations == ((EquationPlace(24, 48, 4),),) and direct.instances[0].merged.weighed is None
    monkeypatch.setattr(limits, "MAX_DIRECT_CELLS", 2 * 4 * (4 + 2) - 1)
    tall = shape((16, 15), p)
    assert tall.layout.sums[0, 0] == (SumsPlace(0, 16, 0, 4, True), SumsPlace(28, 36, 20, 2, False))
    assert tall.layout.equations == ((EquationPlace(36, 36, 5),),)  # a digit more, b1's
    assert tall.layout.cells == 44 and tall.layout.identities == 45
    assert [i.merged.weighed for i in tall.instances[:-1]] == [0, 0] and tall.instances[0].merged.limbs == 4
    assert [i.tallies for i in tall.instances[:-1]] == [2 * 4 * 4, 0]
    small = shape((15, 15, 15, 3), p)
    assert small.layout.cells == 2 * 4 * (2 + 2 + 2 + 1) + 6 and small.instances[0].merged.weighed == 0


def test_tallies_limit() -> None:
    table = replace(EMPTY, sums=(*(Sum(f"{i}", 0, (0,) * 16) for i in range(32)),))
    most = shape((21,), program(table))
    assert most.instances[0].tallies == 2 * 128 * 512 == limits.MAX_TALLIES
    with pytest.raises(LimitExceeded, match="tallies"):
        shape((21,), program(replace(table, sums=(*table.sums, Sum("one", 0, (0,))))))
    with pytest.raises(LimitExceeded, match="tallies"):
        shape((21, 16), program(table))
    half = replace(table, sums=table.sums[:16])
    assert shape((21, 21, 20), program(half)).layout.cells == 3 * 256 * 5


def test_private_sums_in_equations() -> None:
    free = Table(1, 0, 1, (Node(2, 0, 0),), (), (), (0,), (Sum("s", 0, (0,)),))
    largest = (2**13 - 2) // 4
    for k, count in ((14, 1), (16, 4)):
        for c, good in ((largest // count, True), (largest // count + 1, False)):
            p = program(EMPTY, free, equations=(Equation("e", (Summand(0, 1, 0, c),)),))
            if good:
                assert shape((3,), p, private=(k,))
            else:
                with pytest.raises(ParametersRejected):
                    shape((3,), p, private=(k,))


def test_cell_limit() -> None:
    row = (LookupEntry(0, 1, 0),)
    rows = limits.MAX_CELLS // 2
    assert shape((3,), program(EMPTY, lookups=(Lookup(1, (row,) * rows),))).layout.cells == limits.MAX_CELLS
    with pytest.raises(LimitExceeded):
        shape((3,), program(EMPTY, lookups=(Lookup(1, (row,) * (rows + 1)),)))


def test_equation_weights() -> None:
    nodes = (Node(1, 0, 0), Node(1, 1, 0))
    t = replace(EMPTY, nodes=nodes, sums=(Sum("a", 0, (1,)),))

    def with_coefficient(c: int, count: int = 1) -> Program:
        return program(t, equations=(Equation("e", (Summand(0, 0, 0, c),) * count),))

    largest = (2**13 - 2) // 4
    for sign in (1, -1):
        assert shape((3,), with_coefficient(sign * largest))
        with pytest.raises(ParametersRejected):
            shape((3,), with_coefficient(sign * (largest + 1)))
    assert shape((15,), with_coefficient(largest // 2))
    with pytest.raises(ParametersRejected):
        shape((15,), with_coefficient(largest // 2 + 1))
    with pytest.raises(ParametersRejected):  # terms are not merged before they are weighed
        cancel = Equation("e", (Summand(0, 0, 0, largest), Summand(0, 0, 0, -1)))
        shape((3,), program(t, equations=(cancel,)))
    unknown = program(EMPTY, unknowns=(Unknown("x", 1),), equations=(Equation("e", (Summand(1, 0, 0, largest),)),))
    assert shape((3,), unknown)
    with pytest.raises(ParametersRejected):
        shape((3,), replace(unknown, equations=(Equation("e", (Summand(1, 0, 0, largest + 1),)),)))


def test_work_limits() -> None:
    nodes = replace(EMPTY, nodes=(Node(0, 0, 0),) * 4096)
    assert shape((3,) * 15, program(nodes, nodes))
    with pytest.raises(LimitExceeded, match="steps"):
        shape((3,) * 16, program(nodes, nodes))
    wide = program(EMPTY, logs=(LogSlot("log", bytes(32), 1024),))
    assert shape((3,) * 15, wide)
    with pytest.raises(LimitExceeded, match="columns"):
        shape((3,) * 16, wide)
    with pytest.raises(LimitExceeded):
        shape((3,), program(replace(EMPTY, witness=65535)))
    base = replace(EMPTY, short=tuple(range(1000)))  # each is a node and an ask, of 6 steps, and there are 250 groups
    asked = program(base, nodes, nodes, logs=(LogSlot("log", bytes(32), 1000),))
    assert shape((3,) * 6, asked)
    with pytest.raises(LimitExceeded, match="steps"):
        shape((3,) * 9, asked)  # 9·(6·1000 + 2·250 + 2·4096 + …)


def test_work_limits_of_private_tables() -> None:
    free = Table(1, 0, 1, (Node(2, 0, 0),), (), (), (0,), ())
    tables = [replace(free, index=i) for i in range(100)]
    most = limits.MAX_INSTANCES - 60
    at_limit = shape((3,) * 60, program(EMPTY, *tables[:most]), private=(3,) * most)
    assert len(at_limit.instances) == limits.MAX_INSTANCES + 1
    with pytest.raises(LimitExceeded, match="instances"):
        shape((3,) * 60, program(EMPTY, *tables[: most + 1]), private=(3,) * (most + 1))
    nodes = [replace(t, nodes=(Node(0, 0, 0),) * 4096, witness=0) for t in tables]
    assert shape((3,), program(EMPTY, *nodes[:31]), private=(3,) * 31)
    with pytest.raises(LimitExceeded, match="steps"):
        shape((3,), program(EMPTY, *nodes[:32]), private=(3,) * 32)
    wide = [replace(t, witness=4090) for t in tables]
    assert shape((3,), program(EMPTY, *wide[:3]), private=(3,) * 3)
    with pytest.raises(LimitExceeded, match="columns"):
        shape((3,), program(EMPTY, *wide[:4]), private=(3,) * 4)


def test_empty_tables_are_counted() -> None:
    """A table of nothing has two steps, for its one group, in every claim and every segment: so they are bounded."""
    p = program(*[EMPTY] * 255)
    claim = statement((3,) * 60, p).claims[0]
    many = tuple(replace(claim, requirement=f"{i:02}") for i in range(64))
    with pytest.raises(LimitExceeded, match="steps"):
        shape_of(replace(statement((3,) * 60, p), claims=many), [p] * 64)


def test_terms_of_all_claims_are_bounded() -> None:
    equations = tuple(Equation(f"e{i}", (Summand(3, 0, 0, 1),) * 128) for i in range(8))
    p = program(EMPTY, equations=equations)
    claim = statement((3,), p).claims[0]
    for count in (2, 3):
        claims = tuple(replace(claim, requirement=f"{i:02}") for i in range(count))
        stated = replace(statement((3,), p), claims=claims)
        if count == 2:
            assert shape_of(stated, [p] * 2).layout.identities == 16
        else:
            with pytest.raises(LimitExceeded, match="terms"):
                shape_of(stated, [p] * 3)


def test_bounds_of_multiplicities() -> None:
    """bound·rows below p on every bus; on a general bus with BUCKET in the tuple only a bucket's rows."""
    row = (LookupEntry(0, 1, 0),)
    free = Table(1, 0, 1, (Node(2, 0, 0), Node(9, 0, 0), Node(4, 1, 1)), (), (), (1,), ())

    def fits(bus: int, node: int, k: int, bound: int, *, log: bool = False) -> bool:
        table = replace(free, interactions=(Interaction(bus, 0, bound, (0,) * (bus == 2) + (node,)),))
        if log:
            table = replace(table, kind=0)
        p = program(EMPTY, table, lookups=(Lookup(1, (row,)),), buses=(2,))
        try:
            shape((k if log else 3,), p, private=() if log else (k,))
        except ParametersRejected:
            return False
        return True

    for log in (False, True):
        for bus, node, k, most in (
            (1, 0, 20, (P - 1) >> 20), (2, 0, 20, (P - 1) >> 20), (1, 1, 18, (P - 1) >> 18),
            (2, 1, 20, (P - 1) >> 14), (2, 1, 10, (P - 1) >> 10),
            (2, 2, 20, (P - 1) >> 20),  # BUCKET + BUCKET is not itself BUCKET
        ):  # fmt: skip
            assert fits(bus, node, k, most, log=log)
            assert not fits(bus, node, k, most + 1, log=log)
    half = ((P - 1) >> 14) // 2
    both = replace(free, interactions=(Interaction(1, 0, half, (1,)), Interaction(1, 0, half, (1,))), groups=(2,))
    assert shape((3,), program(EMPTY, both, buses=(1,)), private=(20,))
    with pytest.raises(ParametersRejected):  # the bounds of all instances add up
        shape((3,), program(EMPTY, both, replace(both, index=1), buses=(1,)), private=(20, 15))


def test_general_buses_count_for_soundness() -> None:
    free = Table(1, 0, 1, (Node(2, 0, 0),), (), (Interaction(1, 0, 2, (0,) * 9),), (1,), ())
    s = shape((3,), program(EMPTY, free, buses=(9,)), private=(10,))
    q = soundness.quantities(s)
    assert q.bus_width == 9 and q.fractions == 2**10 + 9 * 2**13 and q.tags == (13,)  # 8 pairs and v
    assert soundness.judge(s).bits >= 128
    assert len(lookup_challenges(ONE, ONE, ONE, s.bus_width).beta) == 10  # up to β^9


def test_range_buses() -> None:
    """Asks may not wrap: 2^21·960 = p − 1 is the most on one bus; what is more is dealt to another, or refused."""

    def buses(ks: tuple[int, ...], count: int) -> tuple[list[int], list[int]]:
        """Of each instance its range bus, and those whose pairs the cells table has."""
        asks = (Interaction(0, UNIT, 1, (0,)),) * count
        groups = (1,) * count if count < 256 else (4,) * (count // 4) + (count % 4,)
        table = replace(EMPTY, nodes=(Node(2, 0, 0),), witness=1, interactions=asks, groups=groups)
        s = shape(ks, program(table, lookups=(LOOKUP,)))
        cells = s.instances[-1].merged.parts[0]
        assert s.instances[-1].bus(cells, cells.table.interactions[-1].bus) == cells.buses[-1]  # v, on the last
        assert s.instances[-1].merged.witness == 2 + len(cells.buses) * 2 ** max(0, 16 - s.instances[-1].k)
        return [i.range_bus for i in s.instances[:-1]], list(cells.buses)

    assert P - 1 == 960 << 21
    with pytest.raises(ParametersRejected, match="wrap"):
        buses((21,), 961)
    assert buses((21,) * 60, 15) == ([0] * 60, [0])  # 900, and one for v
    assert buses((21,) * 60, 16) == ([0] * 60, [0, 2])  # 960, so that v is on another; bus 1 is the lookup
    assert buses((21,) * 59, 17) == ([0] * 56 + [2] * 3, [0, 2])  # 952, and 17 more would be 969
    assert buses((21,) * 40, 49) == ([0] * 19 + [2] * 19 + [3, 3], [0, 2, 3])
    assert buses((3,) * 5, 240) == ([0] * 5, [0])


LOOKUP = Lookup(1, ((LookupEntry(0, 1, 0),),))
REFERENCE = soundness.Quantities(STANDARD, (20,), schedule((20,))[0], 512, 4, 16, 66 << 20, 0, (20,))


def reference(profile: Profile, kappa: int) -> soundness.Security:
    q = REFERENCE._replace(
        profile=profile,
        heights=(kappa,),
        layers=schedule((kappa,))[0],
        fractions=66 << kappa,
        identities=4096,
        tags=(kappa,),
    )
    return soundness.table(q)


def test_reference_soundness() -> None:
    security = soundness.table(REFERENCE)
    assert (security.queries, float(security.bits)) == (75, 128.65)
    assert security.binding == "queries"
    assert sum((value for _, value in security.terms), Fraction(0)) == security.error
    assert (
        security.error**100 * 2 ** int(100 * security.bits)
        <= 1
        < security.error**100 * 2 ** (int(100 * security.bits) + 1)
    )


@pytest.mark.parametrize("kappa", range(13, 22))
def test_every_profile(kappa: int) -> None:
    for profile, most in ((STANDARD, 78), (FAST, 121), (SMALL, 58)):
        found = reference(profile, kappa)
        assert found.bits >= 128 and found.queries <= most < profile.most_queries


def test_terms_against_floats() -> None:
    """The same formulas once more, in floating point and for the best m; one query less would not be enough."""
    import math

    def total(m: int, q: int = 75) -> float:
        rho, n = 65 / 512, 2**23
        x, y = m + 0.5, 2 * m + 0.5
        theta = 1 - math.sqrt(rho) * (1 + 1 / (2 * m))
        size = x / math.sqrt(rho)

        def lin(n: int) -> float:
            return ((2 * y**5 + 3 * y * theta * rho) * n / (3 * rho**1.5) + y / math.sqrt(rho)) / float(ORDER)

        d = 65 * 2**14
        terms = [lin(n), *(7 * lin(n >> 3 * i) for i in range(1, 5)), (1 - theta) ** q * 2**-20]
        terms += [size**2 * 512 / ORDER, size**2 * (4 * (d + 1) + d - 1) / ORDER, size * 18 * (66 << 20) / ORDER]
        return sum(terms) + ((4 * 200.5) ** 2 / rho) / 2 * (9 * 2**17 + 1) / ORDER

    best = min(total(m) for m in range(3, 201))
    assert abs(-math.log2(best) - float(soundness.table(REFERENCE).bits)) < 0.011
    assert min(total(m, 74) for m in range(3, 201)) > 2**-128


def test_more_of_anything_is_less_sound() -> None:
    before = soundness.table(REFERENCE)
    for change in (
        {"constraints": 513}, {"degree": 5}, {"bus_width": 17}, {"fractions": (66 << 20) + 1}, {"identities": 1},
        {"tags": (20, 20)}, {"tags": (20, 13)}, {"heights": (20, 13)},
    ):  # fmt: skip
        found = soundness.table(REFERENCE._replace(**change))  # type: ignore[arg-type]
        assert (found.queries, found.error) > (before.queries, before.error)


def test_shape_is_judged() -> None:
    security = soundness.judge(shape((20,), program(EMPTY)))
    assert security.bits >= 128 and security.queries < STANDARD.most_queries
    weak = replace(STANDARD, most_queries=security.queries - 1)
    with pytest.raises(SoundnessTooLow):
        soundness.judge(replace(shape((20,), program(EMPTY)), profile=weak))


def test_a_wide_private_table_has_a_height_of_its_own() -> None:
    """From 13 on, where its columns have 2^24 values less there than at the least height that is there anyway."""
    saved = (1 << 17) - (1 << 13)
    most = -(-(1 << 24) // saved)
    for hand in (
        private_capacity,
        lambda p, k, w, others: stark_shape._private_kappa(k, w, profiles.by_id(p.id), others),
    ):
        assert hand(STANDARD, 11, most - 1, {17, 19}) == 17
        assert hand(STANDARD, 11, most, {17, 19}) == 13
        assert hand(STANDARD, 3, most, {17}) == 13
        assert hand(STANDARD, 14, 10**6, {14, 17}) == 14
        assert hand(STANDARD, 11, 10**6, {11, 17}) == 11
        assert hand(STANDARD, 15, 10**6, {13, 14}) == 15
