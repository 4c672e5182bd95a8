"""The fold against folding of coefficients, whole walks over two heights, and the batched polynomials at a position."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from zkcompliance.errors import FinalPolynomialMismatch, FoldMismatch
from zkcompliance.verify.field import (
    ZERO,
    Ext,
    P,
    add,
    bit_reverse,
    embed,
    inverse,
    mul,
    power,
    root_of_unity,
    scale,
    sub,
)
from zkcompliance.verify.fri import check_queries, fold
from zkcompliance.verify.openings import Batch, Columns, Sums
from zkcompliance.verify.shape import Layer, schedule

RNG = random.Random(7)


def element() -> Ext:
    a, b, c, d, e, f = (RNG.randrange(P) for _ in range(6))
    return (a, b, c, d, e, f)


def evaluate(coefficients: list[Ext], x: Ext) -> Ext:
    result = ZERO
    for c in reversed(coefficients):
        result = add(mul(result, x), c)
    return result


def point(position: int, bits: int) -> Ext:
    return embed(pow(root_of_unity(bits), bit_reverse(position, bits), P))


def folded(coefficients: list[Ext], beta: Ext, arity: int) -> list[Ext]:
    """Σ_m β^m·f_m with f(Y) = Σ_m Y^m·f_m(Y^a)."""
    result = []
    for i in range(0, len(coefficients), arity):
        result.append(evaluate(coefficients[i : i + arity], beta))
    return result


@pytest.mark.parametrize("arity_log", [1, 2, 3])
def test_fold(arity_log: int) -> None:
    bits, arity = 7, 1 << arity_log
    f = [element() for _ in range(3 * arity)]
    beta = element()
    g = folded(f, beta, arity)
    for leaf in (0, 1, 5, (1 << (bits - arity_log)) - 1):
        elements = [evaluate(f, point(leaf * arity + i, bits)) for i in range(arity)]
        assert fold(elements, beta, leaf, bits - arity_log, arity_log) == evaluate(g, point(leaf, bits - arity_log))


def test_schedule() -> None:
    def sizes(*heights: int) -> list[int]:
        layers, final = schedule(heights)
        ends = [layer.size - layer.arity_log for layer in layers]
        assert [a.size - a.arity_log for a in layers[:-1]] == [b.size for _, b in pairwise(layers)]
        assert [layer.rolls_in for layer in layers] == [end in heights for end in ends]
        assert final == ends[-1]
        return [layer.arity_log for layer in layers] + [final]

    assert sizes(20) == [3, 3, 3, 3, 8]
    assert sizes(21) == [3, 3, 3, 3, 3, 6]
    assert sizes(16) == [3, 3, 3, 7]
    assert sizes(20, 16) == [3, 1, 3, 3, 3, 7]
    assert sizes(20, 18, 17, 13) == [2, 1, 3, 1, 3, 3, 7]


SMALL = (Layer(5, 2, True), Layer(3, 1, False))  # heights 5 and 3, blowup 4


def walk() -> tuple[list[Ext], list[dict[int, list[Ext]]], dict[int, dict[int, Ext]], list[Ext]]:
    """An honest run for positions 3, 17, 18, 19 of a domain of 2^7."""
    betas = [element(), element()]
    top, small = [element() for _ in range(36)], [element() for _ in range(9)]
    second = [add(a, scale_e(b, power(betas[0], 4))) for a, b in zip(folded(top, betas[0], 4), small, strict=True)]
    final = folded(second, betas[1], 2)
    positions = {3, 17, 18, 19}
    leaves0 = {p >> 2 for p in positions}
    leaves1 = {p >> 1 for p in leaves0}
    opened = [
        {leaf: [evaluate(top, point(4 * leaf + i, 7)) for i in range(4)] for leaf in leaves0},
        {leaf: [evaluate(second, point(2 * leaf + i, 5)) for i in range(2)] for leaf in leaves1},
    ]
    expected = {
        5: {p: evaluate(top, point(p, 7)) for p in positions},
        3: {p: evaluate(small, point(p, 5)) for p in leaves0},
    }
    return betas, opened, expected, final


def scale_e(a: Ext, b: Ext) -> Ext:
    return mul(a, b)


def test_walk() -> None:
    betas, opened, expected, final = walk()
    check_queries(SMALL, betas, opened, expected, final, 2)

    changed = final.copy()
    changed[-1] = add(changed[-1], embed(1))
    with pytest.raises(FinalPolynomialMismatch):
        check_queries(SMALL, betas, opened, expected, changed, 2)
    for height, position in ((5, 17), (5, 3), (3, 4)):
        wrong = {h: dict(values) for h, values in expected.items()}
        wrong[height][position] = add(wrong[height][position], (0, 0, 0, 0, 0, 1))
        with pytest.raises(FoldMismatch):
            check_queries(SMALL, betas, opened, wrong, final, 2)
    for layer in (0, 1):
        for leaf, elements in opened[layer].items():
            for i in range(len(elements)):
                bad = [{j: list(e) for j, e in rows.items()} for rows in opened]
                bad[layer][leaf][i] = add(bad[layer][leaf][i], embed(1))
                with pytest.raises((FoldMismatch, FinalPolynomialMismatch)):
                    check_queries(SMALL, betas, bad, expected, final, 2)
    with pytest.raises((FoldMismatch, FinalPolynomialMismatch)):
        check_queries(SMALL, [betas[0], betas[0]], opened, expected, final, 2)
    with pytest.raises(ValueError):
        check_queries(SMALL, betas[:1], opened, expected, final, 2)


def test_batch() -> None:
    """R(x) + Σ c·(p(x) − v)/(x − z) with columns of both kinds, two trees, three points, one with a factor."""
    z, shifted, z0 = element(), element(), element()
    base = [[RNG.randrange(P) for _ in range(5)] for _ in range(3)]  # coefficients of base columns
    extension = [[element() for _ in range(5)] for _ in range(2)]
    batch = Batch(9)
    first, second = Columns(3), Columns(18)
    terms: list[tuple[list[Ext], Ext, Ext]] = []
    factor = element()
    own = batch.own_point(z0, factor)
    for column, where in ((0, z), (1, z), (2, z), (1, shifted), (0, z0), (2, z0)):
        polynomial, c = [embed(x) for x in base[column]], element()
        terms.append((polynomial, where, mul(c, factor) if where == z0 else c))
        point_number = own if where == z0 else batch.point(where)
        first.add(column, point_number, c)
        batch.subtract(point_number, c, evaluate(polynomial, where))
    for column, where in ((0, z), (1, z), (1, shifted)):
        polynomial, c = extension[column], element()
        terms.append((polynomial, where, c))
        second.add_extension(6 * column, batch.point(where), c)
        batch.subtract(batch.point(where), c, evaluate(polynomial, where))
    whole = element()  # of a column without a value
    first.add(1, batch.point(None), whole)
    rows: list[list[int]] = []
    others: list[list[int]] = []
    assert len(batch.points) == 4
    mask = [element() for _ in range(4)]  # which stands behind, undivided, as R_h does
    second.add_extension(12, batch.point(None), embed(1))
    expected: dict[int, Ext] = {}
    for position in (0, 77, 511):
        x = scale(point(position, 9), 31)
        row = [evaluate([embed(c) for c in p], x)[0] for p in base]
        rows.append(row)
        others.append([c for p in (*extension, mask) for c in evaluate(p, x)])
        value = add(evaluate(mask, x), scale(whole, row[1]))
        for polynomial, where, c in terms:
            difference = sub(evaluate(polynomial, x), evaluate(polynomial, where))
            value = add(value, mul(mul(c, difference), inverse(sub(x, where))))
        expected[position] = value
    sums = Sums(batch, tuple(expected))
    for columns, table in ((first, rows), (second, others)):
        sums.add(columns, list(map(sums.lanes.elements, zip(*table, strict=True))))
    assert sums.values() == expected
