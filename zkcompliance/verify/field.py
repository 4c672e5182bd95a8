"""BabyBear F = Z/p, p = 15·2^27 + 1, its extension E = F[u]/(u^6 − 31), and evaluation over their subgroups.

An element of F is an int in [0, p); an element of E is a tuple of six, coefficient of u^0 first. Every function takes
and returns reduced elements. Inverting zero raises ZeroDivisionError: callers check what an outsider may choose. z is
outside F, and z^N = 1 only holds for elements of F, so no denominator of a selector can be zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from operator import mul as times
from typing import NamedTuple

P = 2013265921
GENERATOR = 31
NONRESIDUE = 31
TWO_ADICITY = 27
ROOT = 440564289  # of order 2^27
ORDER = P**6  # |E|

Ext = tuple[int, int, int, int, int, int]

ZERO: Ext = (0, 0, 0, 0, 0, 0)
ONE: Ext = (1, 0, 0, 0, 0, 0)

# (a^p)_i = a_i·w^i with w = 31^((p−1)/6), a primitive sixth root of unity; row j holds the factors of a^(p^j).
_SIXTH = pow(NONRESIDUE, (P - 1) // 6, P)
_FROBENIUS = tuple(tuple(pow(_SIXTH, i * j, P) for i in range(6)) for j in range(6))

# Linear combinations put the six coefficients of a weight in one integer, 80 bits apart: 2^18 products below 2^62 fit.
# Of two such integers the product has eleven coefficients of up to six products each: 2^15 of them can be added up, and
# 2^10 before those of u^6 and more are brought back (31·u^s: up to 156 products in all).
SLOT = 80
PACKED = 6 * SLOT
_MASK = (1 << SLOT) - 1
PACKED_MASK = (1 << PACKED) - 1
_DIGIT, _LOW = (1 << 75) - 1, (1 << 450) - 1  # of `mul`


def embed(x: int) -> Ext:
    """The element x of F (any int) as an element of E."""
    return (x % P, 0, 0, 0, 0, 0)


def add(a: Ext, b: Ext) -> Ext:
    a0, a1, a2, a3, a4, a5 = a
    b0, b1, b2, b3, b4, b5 = b
    return ((a0 + b0) % P, (a1 + b1) % P, (a2 + b2) % P, (a3 + b3) % P, (a4 + b4) % P, (a5 + b5) % P)


def sub(a: Ext, b: Ext) -> Ext:
    a0, a1, a2, a3, a4, a5 = a
    b0, b1, b2, b3, b4, b5 = b
    return ((a0 - b0) % P, (a1 - b1) % P, (a2 - b2) % P, (a3 - b3) % P, (a4 - b4) % P, (a5 - b5) % P)


def scale(a: Ext, c: int) -> Ext:
    """c·a for any int c."""
    c %= P
    a0, a1, a2, a3, a4, a5 = a
    return (a0 * c % P, a1 * c % P, a2 * c % P, a3 * c % P, a4 * c % P, a5 * c % P)


def mul(a: Ext, b: Ext) -> Ext:
    """a·b: one product of integers with the coefficients 75 bits apart, u^6 = 31, one reduction for each coefficient.

    Σ_{i+j=s} a_i·b_j + 31·Σ_{i+j=s+6} a_i·b_j < (1 + 5·31)·2^62 < 2^75: no coefficient reaches the next. 450 bits are
    a whole number of Python's digits, which makes this faster than the 36 products of the school.
    """
    a0, a1, a2, a3, a4, a5 = a
    b0, b1, b2, b3, b4, b5 = b
    t = (a0 | a1 << 75 | a2 << 150 | a3 << 225 | a4 << 300 | a5 << 375) * (
        b0 | b1 << 75 | b2 << 150 | b3 << 225 | b4 << 300 | b5 << 375
    )
    t = (t & _LOW) + NONRESIDUE * (t >> 450)
    return (
        (t & _DIGIT) % P,
        (t >> 75 & _DIGIT) % P,
        (t >> 150 & _DIGIT) % P,
        (t >> 225 & _DIGIT) % P,
        (t >> 300 & _DIGIT) % P,
        (t >> 375) % P,
    )


def times_u(a: Ext) -> Ext:
    """u·a."""
    a0, a1, a2, a3, a4, a5 = a
    return (NONRESIDUE * a5 % P, a0, a1, a2, a3, a4)


def power(a: Ext, exponent: int) -> Ext:
    """a^exponent, exponent ≥ 0."""
    result = ONE
    for bit in bin(exponent)[2:]:
        result = mul(result, result)
        if bit == "1":
            result = mul(result, a)
    return result


def powers(a: Ext, count: int) -> list[Ext]:
    """a^0 … a^(count − 1)."""
    result: list[Ext] = []
    current = ONE
    for _ in range(count):
        result.append(current)
        current = mul(current, a)
    return result


class Powers:
    """a^0, a^1, …, each for one product: a^(256·i + j) = (a^256)^i·a^j."""

    def __init__(self, a: Ext) -> None:
        *self._low, self._step = powers(a, 257)
        self._high = [ONE]

    def __getitem__(self, exponent: int) -> Ext:
        high, low = divmod(exponent, 256)
        while len(self._high) <= high:
            self._high.append(mul(self._high[-1], self._step))
        return mul(self._high[high], self._low[low])


def square_times(a: Ext, count: int) -> Ext:
    """a^(2^count)."""
    for _ in range(count):
        a = mul(a, a)
    return a


def frobenius(a: Ext, j: int) -> Ext:
    """a^(p^j), 0 ≤ j < 6."""
    w0, w1, w2, w3, w4, w5 = _FROBENIUS[j]
    a0, a1, a2, a3, a4, a5 = a
    return (a0 * w0 % P, a1 * w1 % P, a2 * w2 % P, a3 * w3 % P, a4 * w4 % P, a5 * w5 % P)


def inverse(a: Ext) -> Ext:
    """1/a = a^(p + p^2 + … + p^5) / norm(a), the norm a^(1 + p + … + p^5) being in F."""
    pair = mul(frobenius(a, 1), frobenius(a, 2))
    conjugates = mul(mul(pair, frobenius(pair, 2)), frobenius(a, 5))
    norm = mul(a, conjugates)[0]
    if norm == 0:
        raise ZeroDivisionError("inverse of zero in E")
    return scale(conjugates, pow(norm, -1, P))


def batch_inverse(items: Sequence[Ext]) -> list[Ext]:
    """1/a for every item, with one inversion (Montgomery)."""
    prefix: list[Ext] = []
    product = ONE
    for item in items:
        prefix.append(product)
        product = mul(product, item)
    if not prefix:
        return []
    running = inverse(product)  # zero if any item is
    result: list[Ext] = []
    for item, before in zip(reversed(items), reversed(prefix), strict=True):
        result.append(mul(running, before))
        running = mul(running, item)
    result.reverse()
    return result


def total(items: Iterable[Ext]) -> Ext:
    """The sum of the items."""
    result = ZERO
    for item in items:
        result = add(result, item)
    return result


def pack(a: Ext) -> int:
    """The coefficients of a in one integer, SLOT bits apart."""
    a0, a1, a2, a3, a4, a5 = a
    return a0 | a1 << 80 | a2 << 160 | a3 << 240 | a4 << 320 | a5 << 400


def unpack(t: int) -> Ext:
    """The element whose unreduced coefficients stand in the six slots of t ≥ 0."""
    return (
        (t & _MASK) % P,
        (t >> 80 & _MASK) % P,
        (t >> 160 & _MASK) % P,
        (t >> 240 & _MASK) % P,
        (t >> 320 & _MASK) % P,
        (t >> 400 & _MASK) % P,
    )


def unpack_product(t: int) -> Ext:
    """Σ a·b from t = Σ pack(a)·pack(b), of up to 2^10 products."""
    return unpack((t & PACKED_MASK) + NONRESIDUE * (t >> PACKED))


@cache
def root_of_unity(log_order: int) -> int:
    """ω of order 2^log_order, 0 ≤ log_order ≤ 27: ω_{2^27}^(2^(27−log_order))."""
    return pow(ROOT, 1 << (TWO_ADICITY - log_order), P)


def bit_reverse(i: int, bits: int) -> int:
    """The bits-bit integer i with its bits reversed."""
    return int(format(i, f"0{bits}b")[::-1], 2) if bits else 0


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
    """Σ_i values_i·L_i(y) over ⟨ω_N⟩, N = 2^k ≥ len(values): (y^N − 1)/N · Σ_i values_i·g^i/(y − g^i)."""
    packed = [pack(value) for value in values]
    lagrange = Lagrange(len(values), k, y)
    return lagrange.combine([unpack(sum(map(times, packed, factors))) for factors in lagrange.factors])


class Lagrange:
    """L_0(y) … L_{count−1}(y) over ⟨ω_N⟩, N = 2^k ≥ count, in a form in which any linear combination of them is cheap.

    With y's minimal polynomial M over F, 1/(y − x) = −S(x)/M(x) for x in F, where M(X) = S(X)·(X − y): the inverses are
    taken in F, and L_i(y) = Σ_{j<6} c_j·factors_{j,i} with factors g^(i + i·j)/M(g^i) in F.
    """

    def __init__(self, count: int, k: int, y: Ext) -> None:
        g = root_of_unity(k)
        minimal, divided = minimal_polynomial(y)
        m0, m1, m2, m3, m4, m5, _ = minimal
        points: list[int] = []
        at_points: list[int] = []
        x = 1
        for _ in range(count):
            points.append(x)
            at_points.append(((((((x + m5) * x + m4) % P * x + m3) % P * x + m2) % P * x + m1) % P * x + m0) % P)
            x = x * g % P
        common = scale(sub(ONE, square_times(y, k)), pow(1 << k, -1, P))  # the minus sign of 1/(y − x)
        self._coefficients = [mul(common, coefficient) for coefficient in divided]
        self.factors = [[x * f % P for x, f in zip(points, batch_inverse_base(at_points), strict=True)]]
        for _ in range(5):
            self.factors.append([f * x % P for f, x in zip(self.factors[-1], points, strict=True)])

    def combine(self, moments: Sequence[Ext]) -> Ext:
        """Σ_i v_i·L_i(y) from the six Σ_i v_i·factors_{j,i}."""
        return total(map(mul, self._coefficients, moments))


def periodic(values: Sequence[Ext], k: int, z: Ext) -> Ext:
    """A column of period len(values) = 2^j in a table of 2^k rows: its interpolant over ⟨ω_{2^j}⟩ at z^(2^(k−j))."""
    j = len(values).bit_length() - 1
    return lagrange_sum(values, j, square_times(z, k - j))


def minimal_polynomial(y: Ext) -> tuple[list[int], list[Ext]]:
    """M(X) = Π_{j<6} (X − y^(p^j)), which lies in F, and S(X) = M(X)/(X − y): their coefficients, least first.

    M is the minimal polynomial of y, or a power of it where y lies in a smaller field. For y outside F it has no root
    in F, so that 1/(x − y) = S(x)/M(x) for every x in F. Newton's identities make M of the Σ_j y^(i·p^j), i ≤ 6.
    """
    traces = [6 * each[0] for each in powers(y, 7)]  # u, …, u^5 add up to zero with their conjugates
    minimal = [1]
    for k in range(1, 7):
        minimal.append(-sum(map(times, reversed(minimal), traces[1:])) * pow(k, -1, P) % P)
    divided = [ONE]
    for c in minimal[1:6]:
        divided.append(add(mul(divided[-1], y), embed(c)))
    return minimal[::-1], divided[::-1]


def batch_inverse_base(items: Sequence[int]) -> list[int]:
    """1/a in F for every item, with one inversion; ValueError if any is zero."""
    prefix: list[int] = []
    product = 1
    for item in items:
        prefix.append(product)
        product = product * item % P
    running = pow(product, -1, P)
    result: list[int] = []
    for item, before in zip(reversed(items), reversed(prefix), strict=True):
        result.append(running * before % P)
        running = running * item % P
    result.reverse()
    return result
