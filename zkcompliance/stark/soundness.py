"""The soundness of a statement: every error term, which binds, and the provable bits (docs/spec/soundness.md)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from math import isqrt, log2

from zkcompliance.errors import ParametersRejected
from zkcompliance.limits import MIN_SECURITY_BITS
from zkcompliance.stark.air.shape import Layout
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.fri.schedule import fold_schedule
from zkcompliance.stark.profiles import Profile, degree_bound

E_SIZE = P**6
_ROOT_BITS = 96
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
    """Error terms by name, their sum, and the proximity parameter m that makes the sum least."""

    terms: dict[str, Fraction]
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
    """The table with the best m; every figure an exact upper bound.

    The total is convex in m, as (1 + 1/(2m))^q and x^5 are: it is least where it first does not fall.
    """

    @cache
    def found(m: int) -> Soundness:
        return Soundness(_terms(shapes, m), m)

    low, high = _PARAMETERS[0], _PARAMETERS[-1]
    while low < high:
        middle = (low + high) // 2
        if found(middle).total <= found(middle + 1).total:
            high = middle
        else:
            low = middle + 1
    return found(low)


def _terms(shapes: Shapes, m: int) -> dict[str, Fraction]:
    profile = shapes.profile
    tallest = shapes.heights[0]
    d, rho = degree_bound(tallest), Fraction(9, 8 << profile.log_blowup)
    least, greatest = _rate(tallest, profile), _rate(shapes.heights[-1], profile)  # ρ⁻, ρ⁺
    x = Fraction(2 * m + 1, 2)
    accept = min(_root(greatest)[1] * (1 + Fraction(1, 2 * m)), Fraction(1))  # 1 − θ
    theta = 1 - _root(greatest)[0] * (1 + Fraction(1, 2 * m))  # at most that
    size, size_squared = x / _root(least)[0], x**2 / least  # L, L²
    root = _root(rho)[0]
    slope = (2 * x**5 + 3 * x * theta * rho) / (3 * rho * root * E_SIZE)

    def linear(points: int, codes: int = 1) -> Fraction:
        """ε_lin, summed over codes of so many points in all."""
        return slope * points + x / root * codes / E_SIZE

    points = sum(1 << (h + profile.log_blowup) for h in shapes.heights)
    terms = {"batch": linear(points, len(shapes.heights))}
    layers, _ = fold_schedule(shapes.heights)
    for number, layer in enumerate(layers):
        arity = 1 << layer.arity_log2
        folded = linear(1 << (layer.kappa + profile.log_blowup - layer.arity_log2))
        terms[f"fold {number}"] = (arity if layer.rolls_in else arity - 1) * folded
    terms["queries"] = accept**profile.queries / (1 << profile.grinding)
    terms["ali"] = size_squared * shapes.constraints / E_SIZE
    terms["deep"] = size_squared * (shapes.degree * (d + 1) + d - 1) / (E_SIZE - P)
    terms["logup"] = size * ((shapes.bus_width + 2) * shapes.fractions + shapes.identities) / E_SIZE
    terms["tag"] = sum((_two_tuples(kappa, profile) for kappa in shapes.tags), Fraction(0))
    return terms


def _rate(kappa: int, profile: Profile) -> Fraction:
    """ρ⁺_h = (d_h + 1)/n_h: of the code of polynomials of degree at most d_h, which has what the quotients divide."""
    return Fraction(degree_bound(kappa) + 1, 1 << (kappa + profile.log_blowup))


def _root(rho: Fraction) -> tuple[Fraction, Fraction]:
    """low ≤ √ρ ≤ high."""
    scaled = rho.numerator * rho.denominator << 2 * _ROOT_BITS
    floor = isqrt(scaled)
    low = Fraction(floor, rho.denominator << _ROOT_BITS)
    return low, low if floor * floor == scaled else Fraction(floor + 1, rho.denominator << _ROOT_BITS)


def _two_tuples(kappa: int, profile: Profile) -> Fraction:
    """(L_M²/2)·(d/(|E| − p) + 1/|E|): that two tuples of columns of one entry have the same tag (docs/spec/tag.md)."""
    pairs = (_TAG_PARAMETER + Fraction(1, 2)) ** 2 / _rate(kappa, profile) / 2
    return pairs * (Fraction(degree_bound(kappa), E_SIZE - P) + Fraction(1, E_SIZE))
