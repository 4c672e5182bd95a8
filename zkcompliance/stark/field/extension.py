"""The extension E = F[u] / (u^6 - 31), on tuples of Python ints: (a0, ..., a5) stands for sum a_i u^i, 0 <= a_i < p."""

from zkcompliance.stark.field.babybear import NONRESIDUE, P
from zkcompliance.stark.field.babybear import inv as base_inv

Ext = tuple[int, int, int, int, int, int]

DEGREE = 6
ZERO: Ext = (0, 0, 0, 0, 0, 0)
ONE: Ext = (1, 0, 0, 0, 0, 0)


def _ext(values: list[int]) -> Ext:
    a0, a1, a2, a3, a4, a5 = values
    return (a0 % P, a1 % P, a2 % P, a3 % P, a4 % P, a5 % P)


def embed(x: int) -> Ext:
    """The element x of F (any int, reduced mod p) as an element of E."""
    return (x % P, 0, 0, 0, 0, 0)


def add(a: Ext, b: Ext) -> Ext:
    """a + b."""
    return _ext([x + y for x, y in zip(a, b, strict=True)])


def sub(a: Ext, b: Ext) -> Ext:
    """a - b."""
    return _ext([x - y for x, y in zip(a, b, strict=True)])


def neg(a: Ext) -> Ext:
    """-a."""
    return _ext([-x for x in a])


def scale(a: Ext, c: int) -> Ext:
    """c * a for c in F."""
    return _ext([c * x for x in a])


def mul(a: Ext, b: Ext) -> Ext:
    """a * b = sum a_i b_j u^(i + j), with u^6 = 31: written out, since proving asks for thousands of them."""
    a0, a1, a2, a3, a4, a5 = a
    b0, b1, b2, b3, b4, b5 = b
    return (
        (a0 * b0 + NONRESIDUE * (a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1)) % P,
        (a0 * b1 + a1 * b0 + NONRESIDUE * (a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2)) % P,
        (a0 * b2 + a1 * b1 + a2 * b0 + NONRESIDUE * (a3 * b5 + a4 * b4 + a5 * b3)) % P,
        (a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + NONRESIDUE * (a4 * b5 + a5 * b4)) % P,
        (a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + NONRESIDUE * a5 * b5) % P,
        (a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0) % P,
    )


def power(a: Ext, n: int) -> Ext:
    """a^n for n >= 0 by squaring (a^0 = 1); a negative n means the power -n of 1/a."""
    if n < 0:
        return power(inv(a), -n)
    result = ONE
    while n:
        if n & 1:
            result = mul(result, a)
        a = mul(a, a)
        n >>= 1
    return result


def powers(a: Ext, n: int) -> list[Ext]:
    """[1, a, a^2, ..., a^(n - 1)]."""
    result = []
    x = ONE
    for _ in range(n):
        result.append(x)
        x = mul(x, a)
    return result


# u^p = u * 31^((p - 1) / 6), so the Frobenius map x -> x^p multiplies coefficient i by this constant to the power i
_FROBENIUS = pow(NONRESIDUE, (P - 1) // DEGREE, P)


def frobenius(a: Ext) -> Ext:
    """a^p."""
    return _ext([x * pow(_FROBENIUS, i, P) for i, x in enumerate(a)])


def inv(a: Ext) -> Ext:
    """1/a = (a^p * a^(p^2) * ... * a^(p^5)) / N(a), where the norm N(a) lies in F; ZeroDivisionError when a = 0."""
    if a == ZERO:
        raise ZeroDivisionError("zero has no inverse in E")
    conjugate, product = a, ONE
    for _ in range(DEGREE - 1):
        conjugate = frobenius(conjugate)
        product = mul(product, conjugate)
    return scale(product, base_inv(mul(a, product)[0]))
