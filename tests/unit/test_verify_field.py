"""The verifier's field: identities of E, inverses, packing, and selectors, periodic columns and Lagrange sums."""

from __future__ import annotations

import functools
import random

import pytest

from zkcompliance.verify import field
from zkcompliance.verify.field import (
    ONE,
    ORDER,
    ROOT,
    ZERO,
    Ext,
    P,
    add,
    batch_inverse,
    bit_reverse,
    embed,
    frobenius,
    inverse,
    mul,
    pack,
    power,
    powers,
    root_of_unity,
    scale,
    square_times,
    sub,
    times_u,
    unpack,
)

U: Ext = (0, 1, 0, 0, 0, 0)


def element(rng: random.Random) -> Ext:
    a, b, c, d, e, f = (rng.randrange(P) for _ in range(6))
    return (a, b, c, d, e, f)


def naive_mul(a: Ext, b: Ext) -> Ext:
    c = [0] * 11
    for i in range(6):
        for j in range(6):
            c[i + j] += a[i] * b[j]
    r = [(c[i] + (31 * c[i + 6] if i < 5 else 0)) % P for i in range(6)]
    return (r[0], r[1], r[2], r[3], r[4], r[5])


def test_constants() -> None:
    assert P == 15 * 2**27 + 1
    assert pow(ROOT, 1 << 27, P) == 1 and pow(ROOT, 1 << 26, P) == P - 1
    for q in (2, 3, 5):
        assert pow(31, (P - 1) // q, P) != 1  # 31 generates F*
    assert power(U, 6) == embed(31) and power(U, ORDER - 1) == ONE
    assert len({frobenius(U, j) for j in range(6)}) == 6  # u has six conjugates: u^6 − 31 is irreducible


def test_arithmetic() -> None:
    rng = random.Random(1)
    edge: list[Ext] = [ZERO, ONE, U, (P - 1,) * 6, embed(P - 1)]
    items = edge + [element(rng) for _ in range(30)]
    for a in items:
        for b in items[:12]:
            assert mul(a, b) == naive_mul(a, b) == mul(b, a)
            assert sub(add(a, b), b) == a
        assert times_u(a) == mul(a, U)
        assert scale(a, -7) == mul(a, embed(-7))
        assert frobenius(a, 1) == power(a, P)
        assert frobenius(frobenius(a, 2), 4) == a
        if a != ZERO:
            assert mul(a, inverse(a)) == ONE
    a, b, c = items[-3:]
    assert mul(a, add(b, c)) == add(mul(a, b), mul(a, c))
    assert powers(a, 5) == [power(a, i) for i in range(5)]
    assert square_times(a, 3) == power(a, 8) and power(a, 0) == ONE


def test_batch_inverse() -> None:
    rng = random.Random(2)
    items = [element(rng) for _ in range(7)]
    assert batch_inverse(items) == [inverse(a) for a in items]
    assert batch_inverse([]) == []
    with pytest.raises(ZeroDivisionError):
        inverse(ZERO)
    with pytest.raises(ZeroDivisionError):
        batch_inverse([ONE, ZERO, U])


def test_packing_holds_the_largest_sum() -> None:
    largest: Ext = (P - 1,) * 6
    assert unpack(pack(largest)) == largest
    terms = 1 << 14
    assert unpack(pack(largest) * (P - 1) * terms) == scale(largest, (P - 1) * terms)


def test_bit_reverse_and_roots() -> None:
    assert [bit_reverse(i, 3) for i in range(8)] == [0, 4, 2, 6, 1, 5, 3, 7]
    assert bit_reverse(0, 0) == 0
    assert root_of_unity(0) == 1 and root_of_unity(1) == P - 1 and root_of_unity(27) == ROOT


def interpolated(values: list[Ext], k: int, y: Ext) -> Ext:
    """Plain Lagrange interpolation over ⟨ω⟩, by definition."""
    xs = [pow(root_of_unity(k), i, P) for i in range(1 << k)]
    result = ZERO
    for i, value in enumerate(values):
        numerator, denominator = ONE, 1
        for j, x in enumerate(xs):
            if j != i:
                numerator = mul(numerator, sub(y, embed(x)))
                denominator = denominator * (xs[i] - x) % P
        result = add(result, mul(value, scale(numerator, pow(denominator, -1, P))))
    return result


@pytest.mark.parametrize("k", [0, 1, 3, 4])
def test_lagrange_sum(k: int) -> None:
    rng = random.Random(k)
    for count in {1, 1 << k, (1 << k) // 2 + 1}:
        values = [element(rng) for _ in range(count)]
        for y in (element(rng), U, (5, 0, 7, 0, 0, 0), (5, 0, 0, 7, 0, 0)):  # the last two in smaller fields
            assert field.lagrange_sum(values, k, y) == interpolated(values, k, y)
    assert field.lagrange_sum([], k, U) == ZERO


def test_periodic() -> None:
    rng = random.Random(5)
    z = element(rng)
    for period in (1, 2, 8):
        values = [element(rng) for _ in range(period)]
        assert field.periodic(values, 4, z) == interpolated([values[i % period] for i in range(16)], 4, z)


def test_selectors() -> None:
    rng = random.Random(6)
    z = element(rng)
    s = field.selectors(3, z)
    assert s.first == interpolated([ONE], 3, z)
    assert s.last == interpolated([ZERO] * 7 + [ONE], 3, z)
    assert s.transition == sub(z, embed(pow(root_of_unity(3), 7, P)))
    assert mul(s.inverse_vanishing, sub(power(z, 8), ONE)) == ONE
    with pytest.raises(ZeroDivisionError):
        field.selectors(3, embed(root_of_unity(3)))


def test_minimal_polynomial() -> None:
    """Against the product over all conjugates; the last three are in smaller fields."""
    rng = random.Random(6)
    for y in (element(rng), U, (5, 0, 7, 0, 0, 0), (5, 0, 0, 7, 0, 0), (5, 0, 0, 0, 0, 0)):
        minimal, divided = field.minimal_polynomial(y)
        assert len(minimal) == 7 and len(divided) == 6
        for _ in range(3):
            x = element(rng)
            factors = [sub(x, frobenius(y, j)) for j in range(6)]
            assert evaluated(divided, x) == functools.reduce(mul, factors[1:])
            assert evaluated([embed(c) for c in minimal], x) == functools.reduce(mul, factors)


def evaluated(coefficients: list[Ext], x: Ext) -> Ext:
    return functools.reduce(lambda value, c: add(mul(value, x), c), reversed(coefficients), ZERO)
