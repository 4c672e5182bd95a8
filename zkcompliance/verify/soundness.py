"""The knowledge error of a statement's shape, in integers (docs/spec/soundness.md).

Every term is an integer number of 2^−256, rounded up, and a root is taken between two rationals on its unfavourable
side: the figure is an upper bound and no floating point decides anything. ρ = d_h/n_h is the rate of the code of every
height, ρ⁺_h = (d_h + 1)/n_h that of the code with degree d_h itself; ρ⁺ is the largest of them, ρ⁻ the smallest.
A proof has as few queries as the figure allows.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from math import isqrt
from typing import NamedTuple

from zkcompliance import limits
from zkcompliance.errors import SoundnessTooLow
from zkcompliance.verify.field import ORDER, P
from zkcompliance.verify.shape import Layer, Shape
from zkcompliance.verify.statement import Profile, code_degree

_UNITS = 256  # terms are multiples of 2^−256
_ROOT_BITS = 96  # precision of √ρ
_TAG_LIST = 4 * Fraction(401, 2)  # 4·(M + ½), M = 200: a seal's list is that of all four rates and every m ≤ M
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
    """The queries of a proof, the terms of its knowledge error, the proven bits: a multiple of 1/100, rounded down."""

    queries: int
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


def enough(error: Fraction) -> bool:
    """Whether it is at most 2^−128."""
    return error <= Fraction(1, 1 << limits.MIN_SECURITY_BITS)


def judge(shape: Shape) -> Security:
    """Raises SoundnessTooLow unless the error is at most 2^−128."""
    security = table(quantities(shape))
    if not enough(security.error):
        raise SoundnessTooLow(f"this shape has {float(security.bits):.2f} provable bits; {security.binding} binds")
    return security


@lru_cache(maxsize=1)
def table(q: Quantities) -> Security:
    """All terms, for the fewest queries that leave at most 2^−128 (or the profile's most, where none do), and the m ∈
    {3 … 200} that makes their sum least."""
    linear = _linear_terms(q)
    weight = sum(multiple * n for _, multiple, n in linear)
    count = sum(multiple for _, multiple, _ in linear)
    tag = _up(_tag_error(q))

    @cache
    def other(m: int) -> Fraction:
        slope, offset = _linear_error(q, m)
        return _up(slope * weight + offset * count + sum(_list_terms(q, m).values())) + tag

    @cache
    def least(queries: int) -> tuple[Fraction, int]:
        """The sum and its m; a convex function of m is least where it first does not fall."""

        def search(m: int) -> Fraction:
            return other(m) + _query_error(q, m, queries)

        m = 3 + bisect_left(range(3, 200), True, key=lambda m: search(m) <= search(m + 1))
        return search(m), m

    few = range(1, q.profile.most_queries)
    queries = 1 + bisect_left(few, True, key=lambda number: enough(least(number)[0]))
    m = least(queries)[1]
    slope, offset = _linear_error(q, m)
    terms = [(name, _up(multiple * (slope * n + offset))) for name, multiple, n in linear]
    terms.append(("queries", _query_error(q, m, queries)))
    terms.extend((name, _up(value)) for name, value in _list_terms(q, m).items())
    terms.append(("tag", tag))
    error = sum((value for _, value in terms), Fraction(0))
    return Security(queries, tuple(terms), error, in_bits(error))


@lru_cache(maxsize=64)
def _root(numerator: int, log_denominator: int) -> tuple[Fraction, Fraction]:
    """Rationals just below and just above √(numerator/2^log_denominator)."""
    square = numerator << (2 * _ROOT_BITS - log_denominator)
    low = isqrt(square)
    return Fraction(low, 1 << _ROOT_BITS), Fraction(low + (low * low != square), 1 << _ROOT_BITS)


def _root_plus(q: Quantities, height: int) -> tuple[Fraction, Fraction]:
    """√ρ⁺_h, ρ⁺_h = (d_h + 1)/n_h, which falls as h rises."""
    return _root(code_degree(height, q.heights) + 1, height + q.profile.log_blowup)


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
    """(s, o) with ε_lin(n) = s·n + o: ((2y^5 + 3yθρ)·n/(3ρ^1.5) + y/√ρ)/|E|, y = 2m + ½, θ = 1 − √ρ⁺·(1 + 1/(2m)).

    Both grow as √ρ and √ρ⁺ fall.
    """
    code = code_degree(q.heights[0], q.heights), q.heights[0] + q.profile.log_blowup  # ρ is that of every height
    rate, root = Fraction(code[0], 1 << code[1]), _root(*code)[0]
    y = Fraction(4 * m + 1, 2)
    theta = 1 - _root_plus(q, min(q.heights))[0] * (1 + Fraction(1, 2 * m))
    return (2 * y**5 + 3 * y * theta * rate) / (3 * rate * root * ORDER), y / (root * ORDER)


def _query_error(q: Quantities, m: int, queries: int) -> Fraction:
    """(1 − θ)^queries·2^−grinding with 1 − θ = √ρ⁺·(1 + 1/(2m)), rounded up."""
    base = _root_plus(q, min(q.heights))[1] * (1 + Fraction(1, 2 * m))
    numerator, denominator = base.numerator**queries, base.denominator**queries << q.profile.grinding
    return Fraction(-(-(numerator << _UNITS) // denominator), 1 << _UNITS)


def _list_terms(q: Quantities, m: int) -> dict[str, Fraction]:
    """The terms that only depend on the list size L = x/√ρ⁻."""
    d = code_degree(q.heights[0], q.heights)
    size = Fraction(2 * m + 1, 2) / _root_plus(q, q.heights[0])[0]
    square = size * size
    return {
        "ali": square * q.constraints / ORDER,
        "deep": square * (q.degree * (d + 1) + d - 1) / (ORDER - P),
        "logup": size * ((q.bus_width + 2) * q.fractions + q.identities) / ORDER,
    }


def _tag_error(q: Quantities) -> Fraction:
    """Σ over the segments of (L²/2)·(d/(|E| − p) + 1/|E|), L = 4·(M + ½)/√ρ⁺ (docs/spec/tag.md): d = 9·2^(κ−3) is the
    largest degree that a proof may have, ρ⁺ = (65·2^(κ−6) + 1)/n the least rate."""
    error = Fraction(0)
    for kappa in q.tags:
        size = _TAG_LIST / _root((65 << kappa - 6) + 1, kappa + q.profile.log_blowup)[0]
        error += size * size / 2 * (Fraction(9 << kappa - 3, ORDER - P) + Fraction(1, ORDER))
    return error


def _up(value: Fraction) -> Fraction:
    """`value` rounded up to a multiple of 2^−256."""
    return Fraction(-(-(value.numerator << _UNITS) // value.denominator), 1 << _UNITS)


def in_bits(error: Fraction) -> Fraction:
    """−log2(error), rounded down to 1/100: error = v·2^−256 gives (25600 − ⌈log2 v^100⌉)/100."""
    units = error.numerator * ((1 << _UNITS) // error.denominator)
    return Fraction(_UNITS * _HUNDREDTHS - (units**_HUNDREDTHS - 1).bit_length(), _HUNDREDTHS)
