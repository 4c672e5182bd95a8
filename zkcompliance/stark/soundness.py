"""The soundness of a statement: every error term, which binds, and the provable bits (docs/spec/soundness.md)."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from math import isqrt, log2

from zkcompliance.errors import ParametersRejected
from zkcompliance.limits import MIN_SECURITY_BITS
from zkcompliance.stark.air.shape import Layout
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.fri.schedule import fold_schedule
from zkcompliance.stark.profiles import Profile, code_degree

E_SIZE = P**6
_ROOT_BITS = 96
_UNITS = 256  # the search is in multiples of 2^−256
_PARAMETERS = range(3, 201)
_TAG_PARAMETER = 200  # M: one list for every statement over an entry, whatever m its own table has


@dataclass(frozen=True)
class Shapes:
    """What the error terms depend on. tags: the κ of each segment."""

    profile: Profile
    heights: tuple[int, ...]
    constraints: int
    degree: int
    fractions: int
    bus_width: int
    identities: int
    tags: tuple[int, ...]


@dataclass(frozen=True)
class Soundness:
    """Error terms by name, the number of queries that they are of, and the proximity parameter m that makes their sum
    least."""

    terms: dict[str, Fraction]
    queries: int
    parameter: int

    @property
    def total(self) -> Fraction:
        return sum(self.terms.values(), Fraction(0))

    @property
    def binding(self) -> str:
        return max(self.terms, key=lambda name: self.terms[name])

    @property
    def bits(self) -> float:
        """−log2 of the sum, for display."""
        return bits(self.total)

    def require(self, least: int = MIN_SECURITY_BITS) -> None:
        """ParametersRejected unless the sum is at most 2^−least (exactly)."""
        if self.total * (1 << least) > 1:
            raise ParametersRejected(f"{self.bits:.1f} provable bits, under {least}; {self.binding} binds")


def bits(error: Fraction) -> float:
    """−log2 of a positive fraction, for display."""
    return log2(error.denominator) - log2(error.numerator)


def shapes_of(layout: Layout) -> Shapes:
    """The shapes of a laid-out statement."""
    public_rows = sum(len(values) for values in layout.lookup_values)
    return Shapes(
        profile=layout.profile,
        heights=layout.heights,
        constraints=sum(len(i.air.constraints) + len(i.air.groups) + 1 for i in layout.instances),
        degree=max(i.algebraic_degree() for i in layout.instances),
        fractions=sum(len(i.air.interactions) * i.rows for i in layout.instances) + public_rows,
        bus_width=layout.bus_width,
        identities=len(layout.cells.identities),
        tags=tuple(i.kappa for i in layout.instances if i.entry is not None),
    )


@lru_cache(maxsize=16)
def soundness(shapes: Shapes) -> Soundness:
    """The table for as few queries as leave at most 2^−128, or for the most that the profile allows where none do.

    Every figure is an exact upper bound; the search for q and m is in whole numbers of 2^−256, rounded up.
    """

    @cache
    def parts(m: int) -> tuple[int, int]:
        return _units(sum(_terms(shapes, m).values(), Fraction(0))), _units(_accept(shapes, m))

    def total(queries: int, m: int) -> int:
        other, base = parts(m)
        let_through: int = base**queries >> _UNITS * (queries - 1) + shapes.profile.grinding
        return other + let_through + 1

    @cache
    def best(queries: int) -> int:
        """The m that makes the sum least, which is convex in m, as (1 + 1/(2m))^q and x^5 are: it is where it first
        does not fall."""
        return _PARAMETERS[0] + bisect_left(
            _PARAMETERS[:-1], True, key=lambda m: total(queries, m) <= total(queries, m + 1)
        )

    most = shapes.profile.most_queries
    limit = 1 << _UNITS - MIN_SECURITY_BITS
    found = 1 + bisect_left(range(1, most), True, key=lambda queries: total(queries, best(queries)) <= limit)
    m = best(found)
    error = _accept(shapes, m) ** found / (1 << shapes.profile.grinding)
    return Soundness({**_terms(shapes, m), "queries": error}, found, m)


def _units(value: Fraction) -> int:
    """Multiples of 2^−256, rounded up."""
    return -(-(value.numerator << _UNITS) // value.denominator)


def _accept(shapes: Shapes, m: int) -> Fraction:
    """1 − θ = √ρ⁺·(1 + 1/(2m)): what one query lets through."""
    return min(_root(_rate(shapes, shapes.heights[-1]))[1] * (1 + Fraction(1, 2 * m)), Fraction(1))


def _terms(shapes: Shapes, m: int) -> dict[str, Fraction]:
    """All terms but that of the queries."""
    profile, tallest = shapes.profile, shapes.heights[0]
    d = code_degree(tallest, shapes.heights)
    rho = Fraction(d, 1 << (tallest + profile.log_blowup))
    least, greatest = _rate(shapes, tallest), _rate(shapes, shapes.heights[-1])  # ρ⁻, ρ⁺
    x = Fraction(2 * m + 1, 2)
    theta = 1 - _root(greatest)[0] * (1 + Fraction(1, 2 * m))  # at most θ
    size, size_squared = x / _root(least)[0], x**2 / least  # L, L²
    root = _root(rho)[0]
    y = Fraction(4 * m + 1, 2)  # of lines: 2m, as the theorem of folds is printed
    slope = (2 * y**5 + 3 * y * theta * rho) / (3 * rho * root * E_SIZE)

    def linear(points: int, codes: int = 1) -> Fraction:
        """ε_lin, summed over codes of so many points in all."""
        return slope * points + y / root * codes / E_SIZE

    points = sum(1 << (h + profile.log_blowup) for h in shapes.heights)
    terms = {"batch": linear(points, len(shapes.heights))}
    layers, _ = fold_schedule(shapes.heights)
    for number, layer in enumerate(layers):
        arity = 1 << layer.arity_log2
        folded = linear(1 << (layer.kappa + profile.log_blowup - layer.arity_log2))
        terms[f"fold {number}"] = (arity if layer.rolls_in else arity - 1) * folded
    terms["ali"] = size_squared * shapes.constraints / E_SIZE
    terms["deep"] = size_squared * (shapes.degree * (d + 1) + d - 1) / (E_SIZE - P)
    terms["logup"] = size * ((shapes.bus_width + 2) * shapes.fractions + shapes.identities) / E_SIZE
    terms["tag"] = sum((_two_tuples(kappa, profile) for kappa in shapes.tags), Fraction(0))
    return terms


def _rate(shapes: Shapes, kappa: int) -> Fraction:
    """ρ⁺_h = (d_h + 1)/n_h: of the code of polynomials of degree at most d_h, which has what the quotients divide."""
    return Fraction(code_degree(kappa, shapes.heights) + 1, 1 << (kappa + shapes.profile.log_blowup))


@lru_cache(maxsize=64)
def _root(rho: Fraction) -> tuple[Fraction, Fraction]:
    """low ≤ √ρ ≤ high."""
    scaled = rho.numerator * rho.denominator << 2 * _ROOT_BITS
    floor = isqrt(scaled)
    low = Fraction(floor, rho.denominator << _ROOT_BITS)
    return low, low if floor * floor == scaled else Fraction(floor + 1, rho.denominator << _ROOT_BITS)


@lru_cache(maxsize=64)
def _two_tuples(kappa: int, profile: Profile) -> Fraction:
    """(L²/2)·(d/(|E| − p) + 1/|E|): that two tuples of columns of one entry have the same tag (docs/spec/tag.md).

    L: of the lists for each rate that a proof may have, 1 + 2^−3 … 1 + 2^−6, none is longer than that of the last.
    """
    rates = [(1 << kappa) + (1 << kappa - j) for j in (3, 6)]
    size = 4 * (_TAG_PARAMETER + Fraction(1, 2))
    pairs = size**2 / Fraction(rates[1] + 1, 1 << (kappa + profile.log_blowup)) / 2
    return pairs * (Fraction(rates[0], E_SIZE - P) + Fraction(1, E_SIZE))
