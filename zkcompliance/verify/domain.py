"""Selectors, periodic columns and Lagrange sums, which the verifier itself evaluates at z (docs/spec/field.md).

z is outside F and z^N = 1 only holds for elements of F, so no denominator can be zero; inverting would raise
all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from zkcompliance.verify.field import (
    ONE,
    Ext,
    P,
    add,
    batch_inverse,
    embed,
    frobenius,
    mul,
    pack,
    root_of_unity,
    scale,
    square_times,
    sub,
    unpack,
)


class Selectors(NamedTuple):
    """For a table of N rows: L_0(z), L_{N−1}(z), z − g^−1 and 1/(z^N − 1)."""

    first: Ext
    last: Ext
    transition: Ext
    inverse_vanishing: Ext


def selectors(k: int, z: Ext) -> Selectors:
    """L_0 = (X^N − 1)/(N·(X − 1)); L_{N−1} = g^−1·(X^N − 1)/(N·(X − g^−1))."""
    last_row = pow(root_of_unity(k), -1, P)
    vanishing = sub(square_times(z, k), ONE)
    transition = sub(z, embed(last_row))
    at_first, at_last, inverse_vanishing = batch_inverse([sub(z, ONE), transition, vanishing])
    common = scale(vanishing, pow(1 << k, -1, P))
    return Selectors(mul(common, at_first), scale(mul(common, at_last), last_row), transition, inverse_vanishing)


def lagrange_sum(values: Sequence[Ext], k: int, y: Ext) -> Ext:
    """Σ_i values_i·L_i(y) over ⟨ω_N⟩, N = 2^k ≥ len(values): (y^N − 1)/N · Σ_i values_i·g^i/(y − g^i).

    With y's minimal polynomial M over F, 1/(y − x) = −S(x)/M(x) for x in F, where M(X) = S(X)·(X − y): the inverses are
    taken in F and the sum becomes six sums Σ_i values_i·f_i with f_i in F, one for each coefficient of S.
    """
    g = root_of_unity(k)
    minimal = _minimal_polynomial(y)
    m0, m1, m2, m3, m4, m5, _ = minimal
    points: list[int] = []
    at_points: list[int] = []
    x = 1
    for _ in values:
        points.append(x)
        at_points.append(((((((x + m5) * x + m4) % P * x + m3) % P * x + m2) % P * x + m1) % P * x + m0) % P)
        x = x * g % P
    factors = [x * f % P for x, f in zip(points, _batch_inverse_base(at_points), strict=True)]
    packed = [pack(value) for value in values]
    result: Ext = embed(0)
    for coefficient in _divided(minimal, y):
        moment = unpack(sum(value * factor for value, factor in zip(packed, factors, strict=True)))
        result = add(result, mul(coefficient, moment))
        factors = [f * x % P for f, x in zip(factors, points, strict=True)]
    vanishing = sub(ONE, square_times(y, k))  # the minus sign of 1/(y − x)
    return scale(mul(vanishing, result), pow(1 << k, -1, P))


def periodic(values: Sequence[Ext], k: int, z: Ext) -> Ext:
    """A column of period len(values) = 2^j in a table of 2^k rows: its interpolant over ⟨ω_{2^j}⟩ at z^(2^(k−j))."""
    j = len(values).bit_length() - 1
    return lagrange_sum(values, j, square_times(z, k - j))


def _minimal_polynomial(y: Ext) -> list[int]:
    """Coefficients, least first, of Π_{j<6} (X − y^(p^j)), which lie in F.

    It is the minimal polynomial of y, or a power of it where y lies in a smaller field. For y outside F it has no root
    in F.
    """
    polynomial: list[Ext] = [ONE]
    for j in range(6):
        conjugate = frobenius(y, j)
        shifted = [embed(0), *polynomial]
        lowered = [*(mul(c, conjugate) for c in polynomial), embed(0)]
        polynomial = [sub(a, b) for a, b in zip(shifted, lowered, strict=True)]
    return [c[0] for c in polynomial]


def _divided(polynomial: list[int], y: Ext) -> list[Ext]:
    """The coefficients of polynomial(X)/(X − y), least first (Horner)."""
    quotient: list[Ext] = []
    current = embed(0)
    for c in reversed(polynomial[1:]):
        current = add(mul(current, y), embed(c))
        quotient.append(current)
    quotient.reverse()
    return quotient


def _batch_inverse_base(items: list[int]) -> list[int]:
    prefix: list[int] = []
    product = 1
    for item in items:
        prefix.append(product)
        product = product * item % P
    running = pow(product, -1, P)  # ValueError if any is zero
    result: list[int] = []
    for item, before in zip(reversed(items), reversed(prefix), strict=True):
        result.append(running * before % P)
        running = running * item % P
    result.reverse()
    return result
