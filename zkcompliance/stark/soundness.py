"""The soundness of a statement: every error term, which binds, and the provable bits (docs/spec/soundness.md)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
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


@dataclass(frozen=True)
class Shapes:
    """What the error terms depend on. tag_widths: the committed width of each log table in the statement."""

    profile: Profile
    heights: tuple[int, ...]
    constraints: int
    degree: int
    fractions: int
    bus_width: int
    identities: int
    tag_widths: tuple[int, ...]


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
        tag_widths=tuple(i.entry.width for i in layout.instances if i.entry is not None),
    )


@lru_cache(maxsize=16)
def soundness(shapes: Shapes) -> Soundness:
    """The table with the best m; every figure an exact upper bound."""
    candidates: Iterable[Soundness] = (Soundness(_terms(shapes, m), m) for m in _PARAMETERS)
    return min(candidates, key=lambda found: found.total)


def _terms(shapes: Shapes, m: int) -> dict[str, Fraction]:
    profile = shapes.profile
    tallest = shapes.heights[0]
    d, n = degree_bound(tallest), 1 << (tallest + profile.log_blowup)
    rho = Fraction(d, n)
    scaled = rho.numerator * rho.denominator << 2 * _ROOT_BITS
    floor = isqrt(scaled)
    low = Fraction(floor, rho.denominator << _ROOT_BITS)  # low ≤ √ρ ≤ high
    high = low if floor * floor == scaled else Fraction(floor + 1, rho.denominator << _ROOT_BITS)
    x = Fraction(2 * m + 1, 2)
    accept = high * (1 + Fraction(1, 2 * m))  # 1 − θ
    if accept >= 1:
        accept = Fraction(1)
    size = x / low  # L

    theta = 1 - low * (1 + Fraction(1, 2 * m))  # at most that
    slope = (2 * x**5 + 3 * x * theta * rho) / (3 * rho * low * E_SIZE)

    def linear(points: int, codes: int = 1) -> Fraction:
        """ε_lin, summed over codes of so many points in all."""
        return slope * points + size * codes / E_SIZE

    points = sum(1 << (h + profile.log_blowup) for h in shapes.heights)
    terms = {"batch": linear(points, len(shapes.heights))}
    layers, _ = fold_schedule(shapes.heights)
    for number, layer in enumerate(layers):
        arity = 1 << layer.arity_log2
        folded = linear(1 << (layer.kappa + profile.log_blowup - layer.arity_log2))
        terms[f"fold {number}"] = (arity if layer.rolls_in else arity - 1) * folded
    terms["queries"] = accept**profile.queries / (1 << profile.grinding)
    terms["ali"] = size**2 * shapes.constraints / E_SIZE
    terms["deep"] = size**2 * (shapes.degree * (d + 1) + d - 1) / (E_SIZE - d - n)
    terms["logup"] = size * ((shapes.bus_width + 2) * shapes.fractions + shapes.identities) / E_SIZE
    terms["tag"] = size**2 * sum(d + width for width in shapes.tag_widths) / (2 * E_SIZE)
    return terms
