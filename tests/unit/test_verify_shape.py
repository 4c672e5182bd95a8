"""Shapes from statement and program: capacities, degrees, chunks, cells, limits, and the soundness figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from zkcompliance import limits
from zkcompliance.errors import LimitExceeded, ParametersRejected, SoundnessTooLow
from zkcompliance.verify import soundness
from zkcompliance.verify.checkpoint import Checkpoint
from zkcompliance.verify.field import ONE, ORDER, Ext, P
from zkcompliance.verify.openings import CHUNK, EXTENSION, SEGMENT, WITNESS, deep, opening_order
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
    CELLS_TABLE,
    EquationPlace,
    Shape,
    SumPlace,
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
    Entry,
    LogStatement,
    Profile,
    Statement,
    degree_bound,
)
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
    logs = (LogStatement("log", Checkpoint("o", len(ks), bytes(32), b""), tuple(entries)),)
    return Statement(profile, "c", 1, program.digest, (0,) * len(program.publics), b"", logs, private)


def program(*tables: Table, **changes: object) -> Program:
    base = Program("c", 1, (), (LogSlot("log", bytes(32), 4),), (), (), tables, (), ())
    return replace(base, **changes)  # type: ignore[arg-type]


def shape(ks: tuple[int, ...], p: Program, profile: Profile = STANDARD, private: tuple[int, ...] = ()) -> Shape:
    return shape_of(statement(ks, p, profile, private), p)


def test_profiles() -> None:
    assert STANDARD.encode() == bytes([1, 3, 80, 0, 20, 192, 0, 0, 1, 128, 0])
    assert FAST.encode() == bytes([2, 2, 123, 0, 20, 64, 1, 0, 1, 128, 0])
    assert SMALL.encode() == bytes([3, 4, 60, 0, 20, 192, 0, 0, 1, 128, 0])
    for p in PROFILES.values():
        assert p.mask >= 2 * (p.queries + 6) and p.chunk_blind >= p.queries + 1


def test_capacity() -> None:
    assert [STANDARD.capacity(k) for k in range(3, 23)] == [
        *[13] * 9, 14, 14, 15, 16, *range(16, 22), None,
    ]  # fmt: skip
    for p in PROFILES.values():
        for k in range(3, 22):
            kappa = p.capacity(k)
            assert kappa is not None
            good = [c for c in range(k, 22) if (9 * 2**c // 8 - 2**k - 262) // (p.queries + 6) >= 64]
            assert kappa == good[0]


def test_cells_height() -> None:
    assert shape((3,), program(EMPTY)).heights == (16, 13)
    assert shape((3, 18, 20), program(EMPTY)).heights == (20, 18, 13)
    assert shape((3, 18, 20), program(EMPTY)).instances[-1].kappa == 18
    assert shape((16,), program(EMPTY)).heights == (16,)
    s = shape((20, 17, 13), program(EMPTY, replace(EMPTY, witness=2)))
    assert [(i.number, i.segment, i.k, i.kappa) for i in s.instances] == [
        (0, 0, 20, 20), (0, 1, 17, 17), (0, 2, 13, 14), (1, 0, 20, 20), (1, 1, 17, 17), (1, 2, 13, 14), (-1, 0, 17, 17),
    ]  # fmt: skip
    assert s.at_height(17) == [1, 4, 6]


def test_private_heights() -> None:
    free = Table(1, 0, 2, (Node(2, 1, 0),), (), (), (0,), ())
    p = program(EMPTY, free, replace(free, index=1), EMPTY)

    def kappas(ks: tuple[int, ...], private: tuple[int, ...], profile: Profile = STANDARD) -> list[int]:
        return [i.kappa for i in shape(ks, p, profile, private).instances if i.number in (1, 2)]

    assert kappas((3,), (3, 13)) == [13, 13]  # 2^13 + 192 ≤ 9·2^10
    assert kappas((3,), (14, 16)) == [16, 16]  # of the cells, whatever 14 would need by itself
    assert kappas((3, 13), (13, 14)) == [13, 14]  # κ 14 is a segment's
    assert kappas((3, 18), (14, 18)) == [18, 18]  # the cells are at 18 here
    assert kappas((3,), (17, 21)) == [17, 21]  # none has room: a new height each
    assert kappas((19,), (18, 20)) == [19, 20]
    for profile in PROFILES.values():
        for k in range(3, 22):
            assert kappas((3,), (k, k), profile)[0] == min(
                (c for c in (profile.capacity(3) or 0, 16) if 2**k + profile.mask <= 9 * 2**c // 8), default=k
            )
    s = shape((20, 17), p, private=(3, 20))
    assert [(i.number, i.segment, i.entry is None, i.k, i.kappa) for i in s.instances] == [
        (0, 0, False, 20, 20), (0, 1, False, 17, 17), (1, 0, True, 3, 17), (2, 0, True, 20, 20),
        (3, 0, False, 20, 20), (3, 1, False, 17, 17), (-1, 0, True, 17, 17),
    ]  # fmt: skip
    q = soundness.quantities(s)
    assert q.table_widths == (4, 4, 4, 4) and q.constraints == 12 + 5


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

    blocks = deep(s, dict.fromkeys(order, ONE), (0, 1, 0, 0, 0, 0), coefficients()).blocks
    assert len(taken) == len(order) + 1  # one tag
    assert [owner for part, owner in blocks if part == SEGMENT] == [0]


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
    assert constraint_degrees(t, weights) == [
        per, per, per, 0, 0, per,
        4 * col + per,  # m·D_2, m = witness^4, above φ·D_1·D_2
        col + 2 * col,  # φ·D_1·D_2 and m·D_2 alike
        per + col,
        max(per + col + per, 4 * col + per),  # w·blind·D_1; m_2·D_1
    ]  # fmt: skip
    assert constraint_degrees(t, ALGEBRAIC) == [1, 1, 1, 0, 0, 1, 5, 3, 2, 5]


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
    assert constraint_degrees(t, weights) == [
        log + col, col + per, col + per, log + col + 1, 0,
        col + (log + log + col),  # φ·D_1·D_2
        per + col,  # L_0·acc
        log + log + per,  # the sum, against w·blind, times a constant denominator
    ]  # fmt: skip
    assert constraint_degrees(t, ALGEBRAIC) == [2, 2, 2, 3, 0, 4, 2, 3]
    assert constraint_degrees(EMPTY, ALGEBRAIC) == [2, 2]
    assert constraint_degrees(EMPTY, weights) == [per + col, per + col]
    assert constraint_degrees(CELLS_TABLE, ALGEBRAIC) == [2, 3, 2, 2, 4]
    assert constraint_degrees(CELLS_TABLE, weights) == [per + col, 2 * col + 1, per + col, per + col, per + 3 * col]


def test_chunks_by_hand() -> None:
    for profile in PROFILES.values():
        for kappa in (13, 16, 21):
            d = degree_bound(kappa)
            t = d - 128
            assert chunk_count(profile, kappa, 1) == 1 == chunk_count(profile, kappa, d)
            for c in (2, 3, 7):
                assert chunk_count(profile, kappa, (c - 1) * t + d) == c
                assert chunk_count(profile, kappa, (c - 1) * t + d + 1) == c + 1
    s = shape((16,), program(EMPTY))
    assert s.chunks == (3,)  # the cells: N − 1 + 3·(N + 191) − N + 1 = 3N + 573 coefficients, d = 9N/8
    assert s.algebraic_degree == 4


def power_table(exponent: int) -> Table:
    nodes = [Node(2, 0, 0)] + [Node(6, i, 0) for i in range(exponent - 1)]
    return Table(0, 0, 1, tuple(nodes), (Constraint("x", 0, exponent - 1),), (), (0,), ())


def test_degree_limit() -> None:
    for profile in PROFILES.values():
        degrees = range(2, 40)
        n, mask = 1 << 20, profile.mask
        chunks = {e: chunk_count(profile, 20, e * (n + mask - 1) - n + 1) for e in degrees}
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
        (0, 0): (SumPlace(0, 2), SumPlace(6, 1)),
        (0, 1): (SumPlace(9, 2), SumPlace(11, 1)),
        (1, 0): (SumPlace(12, 2), SumPlace(16, 1)),
    }
    assert layout.unknowns == (36, 38) and layout.lookups == (43, 47)
    assert layout.equations == (
        EquationPlace(18, 49, 5),
        EquationPlace(27, 57, 3),
        EquationPlace(32, 61, 1),
        EquationPlace(33, 61, 4),
    )
    assert layout.cells == 67 and layout.identities == 40
    free = Table(1, 0, 1, (Node(2, 0, 0),), (), (), (0,), (Sum("s", 0, (0, 0)),))
    layout = shape((15, 3), replace(p, tables=(one, free, two), equations=()), private=(16,)).layout
    assert layout.sums[1, 0] == (SumPlace(12, 4),)
    assert layout.sums[2, 0] == (SumPlace(20, 2), SumPlace(24, 1))
    assert layout.unknowns == (52, 54) and layout.identities == 26


def test_private_sums_in_equations() -> None:
    free = Table(1, 0, 1, (Node(2, 0, 0),), (), (), (0,), (Sum("s", 0, (0,)),))
    largest = (2**13 - 2) // 4
    for k, count in ((14, 1), (16, 4)):
        for c, good in ((largest // count, True), (largest // count + 1, False)):
            p = program(free, equations=(Equation("e", (Summand(0, 0, 0, c),)),))
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
    many = program(*[EMPTY] * 2)
    assert len(shape((3,) * 32, many).instances) == limits.MAX_INSTANCES + 1
    with pytest.raises(LimitExceeded):
        shape((3,) * 32, program(*[EMPTY] * 2, replace(EMPTY, witness=1)))
    nodes = replace(EMPTY, nodes=(Node(0, 0, 0),) * 4096)
    assert shape((3,) * 7, program(nodes))
    with pytest.raises(LimitExceeded):
        shape((3,) * 8, program(nodes))
    wide = program(EMPTY, logs=(LogSlot("log", bytes(32), 1024),))
    assert shape((3,) * 7, wide)
    with pytest.raises(LimitExceeded):
        shape((3,) * 8, wide)
    with pytest.raises(LimitExceeded):
        shape((3,), program(replace(EMPTY, witness=65535)))


def test_work_limits_of_private_tables() -> None:
    free = Table(1, 0, 1, (Node(2, 0, 0),), (), (), (0,), ())
    tables = [replace(free, index=i) for i in range(64)]
    at_limit = shape((3,) * 32, program(EMPTY, *tables[:32]), private=(3,) * 32)
    assert len(at_limit.instances) == limits.MAX_INSTANCES + 1
    with pytest.raises(LimitExceeded):
        shape((3,) * 32, program(EMPTY, *tables[:33]), private=(3,) * 33)
    nodes = [replace(t, nodes=(Node(0, 0, 0),) * 4096, witness=0) for t in tables]
    assert shape((3,), program(*nodes[:7]), private=(3,) * 7)
    with pytest.raises(LimitExceeded):
        shape((3,), program(*nodes[:8]), private=(3,) * 8)
    wide = [replace(t, witness=4090) for t in tables]
    assert shape((3,), program(wide[0]), private=(3,))
    with pytest.raises(LimitExceeded):
        shape((3,), program(*wide[:2]), private=(3,) * 2)
    summed = replace(free, sums=(Sum("s", 0, (0,) * 16), Sum("t", 0, (0,) * 16), Sum("u", 0, (0,) * 16)))
    assert shape((3,), program(summed), private=(21,)).layout.cells == 3 * 16 * 2**7 * 2
    two = program(summed, replace(summed, index=1))
    with pytest.raises(LimitExceeded):
        shape((3,), two, private=(21, 20))


def test_bounds_of_multiplicities() -> None:
    """bound·rows below p on every bus; on a general bus with BUCKET in the tuple only a bucket's rows."""
    row = (LookupEntry(0, 1, 0),)
    free = Table(1, 0, 1, (Node(2, 0, 0), Node(9, 0, 0), Node(4, 1, 1)), (), (), (1,), ())

    def fits(bus: int, node: int, k: int, bound: int, *, log: bool = False) -> bool:
        table = replace(free, interactions=(Interaction(bus, 0, bound, (0,) * (bus == 2) + (node,)),))
        if log:
            table = replace(table, kind=0)
        p = program(table, lookups=(Lookup(1, (row,)),), buses=(2,))
        try:
            shape((k if log else 3,), p, private=() if log else (k,))
        except ParametersRejected:
            return False
        return True

    for log in (False, True):
        for bus, node, k, most in (
            (0, 0, 20, (P - 1 - (2**20 if log else 2**16)) >> 20), (1, 0, 20, (P - 1) >> 20), (2, 0, 20, (P - 1) >> 20),
            (0, 1, 18, (P - 1 - (2**18 if log else 2**16)) >> 18), (1, 1, 18, (P - 1) >> 18),
            (2, 1, 20, (P - 1) >> 14), (2, 1, 10, (P - 1) >> 10),
            (2, 2, 20, (P - 1) >> 20),  # BUCKET + BUCKET is not itself BUCKET
        ):  # fmt: skip
            assert fits(bus, node, k, most, log=log)
            assert not fits(bus, node, k, most + 1, log=log)
    half = ((P - 1) >> 14) // 2
    both = replace(free, interactions=(Interaction(1, 0, half, (1,)), Interaction(1, 0, half, (1,))), groups=(2,))
    assert shape((3,), program(both, buses=(1,)), private=(20,))
    with pytest.raises(ParametersRejected):  # the bounds of all instances add up
        shape((3,), program(both, replace(both, index=1), buses=(1,)), private=(20, 15))


def test_general_buses_count_for_soundness() -> None:
    free = Table(1, 0, 1, (Node(2, 0, 0),), (), (Interaction(1, 0, 2, (0,) * 9),), (1,), ())
    s = shape((3,), program(free, buses=(9,)), private=(10,))
    q = soundness.quantities(s)
    assert q.bus_width == 9 and q.fractions == 2**10 + 2 * 2**16 and q.table_widths == ()
    assert soundness.judge(s).bits > 128
    assert len(lookup_challenges(ONE, ONE, ONE, s.program, s.layout).beta) == 10  # up to β^9


def test_bus_bound() -> None:
    """A multiplicity may not wrap: 2^21·(959 interactions, and one for v) = p − 1 is the most."""
    for count in (959, 960):
        table = replace(
            EMPTY,
            nodes=(Node(0, 0, 0),),
            interactions=(Interaction(0, UNIT, 1, (0,)),) * count,
            groups=(255, 255, 255, count - 765),
        )
        if count == 959:
            assert shape((21,), program(table))
        else:
            with pytest.raises(ParametersRejected):
                shape((21,), program(table))


REFERENCE = soundness.Quantities(STANDARD, (20,), schedule((20,))[0], 512, 4, 16, 66 << 20, 0, (1024,))


def reference(profile: Profile, kappa: int) -> soundness.Security:
    q = REFERENCE._replace(
        profile=profile, heights=(kappa,), layers=schedule((kappa,))[0], fractions=66 << kappa, identities=4096
    )
    return soundness.table(q)


def test_reference_soundness() -> None:
    security = soundness.table(REFERENCE)
    assert round(float(security.bits), 1) == 130.9
    assert security.binding == "queries"
    assert sum((value for _, value in security.terms), Fraction(0)) == security.error
    assert (
        security.error**100 * 2 ** int(100 * security.bits)
        <= 1
        < security.error**100 * 2 ** (int(100 * security.bits) + 1)
    )


@pytest.mark.parametrize("kappa", range(13, 22))
def test_every_profile(kappa: int) -> None:
    assert reference(STANDARD, kappa).bits >= Fraction(1307, 10)
    assert reference(FAST, kappa).bits >= 130
    assert reference(SMALL, kappa).bits >= 131


def test_terms_against_floats() -> None:
    """The same formulas once more, in floating point and for the best m."""
    import math

    def total(m: int) -> float:
        rho, n, q = 9 / 64, 2**23, 80
        x = m + 0.5
        theta = 1 - math.sqrt(rho) * (1 + 1 / (2 * m))
        size = x / math.sqrt(rho)

        def lin(n: int) -> float:
            return ((2 * x**5 + 3 * x * theta * rho) * n / (3 * rho**1.5) + x / math.sqrt(rho)) / float(ORDER)

        d = 9 * 2**17
        terms = [lin(n), *(7 * lin(n >> 3 * i) for i in range(1, 5)), (1 - theta) ** q * 2**-20]
        terms += [size**2 * 512 / ORDER, size**2 * (4 * (d + 1) + d - 1) / ORDER, size * 18 * (66 << 20) / ORDER]
        return sum(terms) + size**2 / 2 * (d + 1024) / ORDER

    best = min(total(m) for m in range(3, 201))
    assert abs(-math.log2(best) - float(soundness.table(REFERENCE).bits)) < 0.011


def test_more_of_anything_is_less_sound() -> None:
    error = soundness.table(REFERENCE).error
    for change in (
        {"constraints": 513}, {"degree": 5}, {"bus_width": 17}, {"fractions": (66 << 20) + 1}, {"identities": 1},
        {"table_widths": (1025,)}, {"table_widths": (1024, 1)}, {"heights": (20, 13)},
    ):  # fmt: skip
        assert soundness.table(REFERENCE._replace(**change)).error > error  # type: ignore[arg-type]


def test_shape_is_judged() -> None:
    security = soundness.judge(shape((20,), program(EMPTY)))
    assert security.bits >= 130
    weak = replace(STANDARD, queries=70)
    with pytest.raises(SoundnessTooLow):
        soundness.judge(replace(shape((20,), program(EMPTY)), profile=weak))
