"""The knowledge error of a statement's shape, in integers (docs/spec/soundness.md).

Every term is an integer number of 2^−256, rounded up, and a root is taken between two rationals on its unfavourable
side: the figure is an upper bound and no floating point decides anything. ρ = 9/(8B) is the rate of the code of every
height, ρ⁺_h = (d_h + 1)/n_h that of the code with degree d_h itself; ρ⁺ is the largest of them, ρ⁻ the smallest.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import isqrt
from typing import NamedTuple

from zkcompliance import limits
from zkcompliance.errors import SoundnessTooLow
from zkcompliance.verify.field import ORDER, P
from zkcompliance.verify.shape import Layer, Shape
from zkcompliance.verify.statement import Profile, degree_bound

_UNITS = 256  # terms are multiples of 2^−256
_ROOT_BITS = 96  # precision of √ρ
_TAG_LIST = Fraction(401, 2)  # M + ½, M = 200: the list of a seal is that of every statement's m ≤ M
_HUNDREDTHS = 100


class Quantities(NamedTuple):
    """What the error terms depend on."""

    profile: Profile
    heights: tuple[int, ...]
    layers: tuple[Layer, ...]
    constraints: int
    degree: int  # largest algebraic degree
    bus_width: int  # of the widest bus
    fractions: int
    identities: int
    tags: tuple[int, ...]  # κ of each segment


@dataclass(frozen=True, slots=True)
class Security:
    """The terms of the knowledge error, and the proven bits: a multiple of 1/100, rounded down."""

    terms: tuple[tuple[str, Fraction], ...]
    error: Fraction
    bits: Fraction

    @property
    def binding(self) -> str:
        """The name of the largest term."""
        return max(self.terms, key=lambda term: term[1])[0]


def quantities(shape: Shape) -> Quantities:
    return Quantities(
        shape.profile,
        shape.heights,
        shape.layers,
        sum(instance.constraint_count for instance in shape.instances),
        shape.algebraic_degree,
        shape.bus_width,
        shape.fractions,
        shape.layout.identities,
        tuple(instance.entry.kappa for instance in shape.instances if instance.entry is not None),
    )


def judge(shape: Shape) -> Security:
    """Raises SoundnessTooLow unless the error is at most 2^−128."""
    security = table(quantities(shape))
    if security.error > Fraction(1, 1 << limits.MIN_SECURITY_BITS):
        raise SoundnessTooLow(f"this shape has {float(security.bits):.2f} provable bits; {security.binding} binds")
    return security


@lru_cache(maxsize=1)
def table(q: Quantities) -> Security:
    """All terms, for the m ∈ {3 … 200} that makes their sum least."""
    linear = _linear_terms(q)
    weight = sum(multiple * n for _, multiple, n in linear)
    count = sum(multiple for _, multiple, _ in linear)

    def search(m: int) -> Fraction:
        slope, offset = _linear_error(q, m)
        return slope * weight + offset * count + _query_error(q, m) + sum(_list_terms(q, m).values())

    # a convex function of m: where it first does not fall, it is least (up to what 2^−256 is rounded up by)
    m = 3 + bisect_left(range(3, 200), True, key=lambda m: search(m) <= search(m + 1))
    slope, offset = _linear_error(q, m)
    terms = [(name, _up(multiple * (slope * n + offset))) for name, multiple, n in linear]
    terms.append(("queries", _query_error(q, m)))
    terms.extend((name, _up(value)) for name, value in _list_terms(q, m).items())
    terms.append(("tag", _up(_tag_error(q))))
    error = sum((value for _, value in terms), Fraction(0))
    return Security(tuple(terms), error, in_bits(error))


def _root(numerator: int, log_denominator: int) -> tuple[Fraction, Fraction]:
    """Rationals just below and just above √(numerator/2^log_denominator)."""
    square = numerator << (2 * _ROOT_BITS - log_denominator)
    low = isqrt(square)
    return Fraction(low, 1 << _ROOT_BITS), Fraction(low + (low * low != square), 1 << _ROOT_BITS)


def _root_plus(profile: Profile, height: int) -> tuple[Fraction, Fraction]:
    """√ρ⁺_h, ρ⁺_h = (d_h + 1)/n_h, which falls as h rises."""
    return _root(degree_bound(height) + 1, height + profile.log_blowup)


def _linear_terms(q: Quantities) -> list[tuple[str, int, int]]:
    """(name, multiple, domain size) of every term multiple·ε_lin(size)."""
    b = q.profile.log_blowup
    terms = [(f"batch 2^{h}", 1, 1 << (h + b)) for h in q.heights]
    for number, layer in enumerate(q.layers):
        arity = 1 << layer.arity_log
        multiple = arity if layer.rolls_in else arity - 1
        terms.append((f"fold {number}", multiple, 1 << (layer.size + b - layer.arity_log)))
    return terms


def _linear_error(q: Quantities, m: int) -> tuple[Fraction, Fraction]:
    """(s, o) with ε_lin(n) = s·n + o: ((2x^5 + 3xθρ)·n/(3ρ^1.5) + x/√ρ)/|E|, θ = 1 − √ρ⁺·(1 + 1/(2m)).

    Both grow as √ρ and √ρ⁺ fall.
    """
    rate = Fraction(9, 8 << q.profile.log_blowup)
    root = _root(9, 3 + q.profile.log_blowup)[0]
    x = Fraction(2 * m + 1, 2)
    theta = 1 - _root_plus(q.profile, min(q.heights))[0] * (1 + Fraction(1, 2 * m))
    return (2 * x**5 + 3 * x * theta * rate) / (3 * rate * root * ORDER), x / (root * ORDER)


def _query_error(q: Quantities, m: int) -> Fraction:
    """(1 − θ)^q·2^−grinding with 1 − θ = √ρ⁺·(1 + 1/(2m)), rounded up."""
    base = _root_plus(q.profile, min(q.heights))[1] * (1 + Fraction(1, 2 * m))
    queries = q.profile.queries
    numerator, denominator = base.numerator**queries, base.denominator**queries << q.profile.grinding
    return Fraction(-(-(numerator << _UNITS) // denominator), 1 << _UNITS)


def _list_terms(q: Quantities, m: int) -> dict[str, Fraction]:
    """The terms that only depend on the list size L = x/√ρ⁻."""
    d = degree_bound(q.heights[0])
    size = Fraction(2 * m + 1, 2) / _root_plus(q.profile, q.heights[0])[0]
    square = size * size
    return {
        "ali": square * q.constraints / ORDER,
        "deep": square * (q.degree * (d + 1) + d - 1) / (ORDER - P),
        "logup": size * ((q.bus_width + 2) * q.fractions + q.identities) / ORDER,
    }


def _tag_error(q: Quantities) -> Fraction:
    """Σ over the segments of (L_M²/2)·(d_h/(|E| − p) + 1/|E|), L_M = (M + ½)/√ρ⁺_h, M = 200 (docs/spec/tag.md)."""
    error = Fraction(0)
    for height in q.tags:
        size = _TAG_LIST / _root_plus(q.profile, height)[0]
        error += size * size / 2 * (Fraction(degree_bound(height), ORDER - P) + Fraction(1, ORDER))
    return error


def _up(value: Fraction) -> Fraction:
    """`value` rounded up to a multiple of 2^−256."""
    return Fraction(-(-(value.numerator << _UNITS) // value.denominator), 1 << _UNITS)


def in_bits(error: Fraction) -> Fraction:
    """−log2(error), rounded down to 1/100: error = v·2^−256 gives (25600 − ⌈log2 v^100⌉)/100."""
    units = error.numerator * ((1 << _UNITS) // error.denominator)
    return Fraction(_UNITS * _HUNDREDTHS - (units**_HUNDREDTHS - 1).bit_length(), _HUNDREDTHS)
