"""A soundness calculator from docs/spec/soundness.md, fri.md and tag.md that shares nothing with the package.

Decimals of 80 digits in place of exact rationals; rounds in the order of the protocol in place of a table; the FRI
schedule by itself. `python -m tests.kit.soundness_calc` prints the least figures of each profile.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

DIGITS = 80
P = 15 * 2**27 + 1
ORDER = P**6  # |E|
HALF = Decimal("0.5")
TAG_M = 200
PARAMETERS = range(3, 201)


@dataclass(frozen=True)
class Setting:
    """A profile: blowup 2^b, at most q queries, bits of grinding, the largest κ that the two-adicity of p leaves."""

    b: int
    q: int
    grinding: int

    @property
    def tallest(self) -> int:
        """κ + b ≤ 27, and no κ is above 24."""
        return min(24, 27 - self.b)


SETTINGS = {"standard": Setting(3, 80, 20), "fast": Setting(2, 125, 20), "small": Setting(4, 60, 20)}


@dataclass(frozen=True)
class Case:
    """What the sum depends on. `segments` maps a κ to the number of log-table instances over segments of that κ."""

    setting: Setting
    heights: frozenset[int]
    segments: dict[int, int]
    constraints: int
    degree: int
    bus_width: int
    fractions: int
    identities: int


def folds(heights: frozenset[int]) -> Iterator[tuple[int, int, bool]]:
    """(capacity after the fold, log2 of its arity, whether a height rolls in there), from the tallest down."""
    at = max(heights)
    while lower := [h for h in heights if h < at]:
        to = max(*lower, at - 3)
        yield to, at - to, to in heights
        at = to
    while at > 8:
        at -= 3
        yield at, 3, False


def room(kappa: int) -> int:
    """d(κ) − 2^κ, after the table of log.md: coefficients of a column beyond a whole trace."""
    if kappa <= 15:
        return 512
    return {16: 1 << 13, 17: 1 << 14, 18: 1 << 14, 19: 1 << 14}.get(kappa, (1 << kappa) // 64)


def stretch(case: Case) -> Fraction:
    """d_h/2^h, one number for all heights of a proof: that of the height which needs most."""
    return max(1 + Fraction(room(h), 1 << h) for h in case.heights)


class Regime:
    """The Johnson regime of one case at one m."""

    def __init__(self, case: Case, m: int) -> None:
        blowup, more = 1 << case.setting.b, stretch(case)
        self.x, self.y = m + HALF, 2 * m + HALF
        self.rho = Decimal(more.numerator) / (more.denominator * blowup)
        plus = [Decimal(int(more * 2**h) + 1) / (blowup << h) for h in case.heights]
        self.agreement = max(plus).sqrt() * (1 + Decimal(1) / (2 * m))  # 1 − θ
        self.list_size = self.x / min(plus).sqrt()

    def line(self, n: int) -> Decimal:
        """BCHKS25 Theorem 1.5 over n positions: ((2y^5 + 3yθρ)/(3ρ^(3/2))·n + y/√ρ)/|E|, y/√ρ taken out."""
        inner = (2 * self.y**4 / self.rho + 3 * (1 - self.agreement)) * n / 3
        return self.y / self.rho.sqrt() * (inner + 1) / ORDER


def sealing(setting: Setting, kappa: int) -> Decimal:
    """tag.md, Lemma 2, for one segment: pairs of tuples in four lists of M, times their chance to have one tag."""
    least = Decimal(65 * 2**kappa // 64 + 1) / 2 ** (kappa + setting.b)
    pairs = (4 * (TAG_M + HALF)) ** 2 / least / 2
    return pairs * (Decimal(9 * 2**kappa // 8) / (ORDER - P) + 1 / Decimal(ORDER))


def rounds(case: Case, m: int) -> Iterator[tuple[str, Decimal]]:
    """The error of each round but the last, in the order in which their challenges are drawn."""
    b, tallest = case.setting.b, max(case.heights)
    regime = Regime(case, m)
    pairs = regime.list_size**2
    d = int(stretch(case) * 2**tallest)
    yield "tag", sum((count * sealing(case.setting, k) for k, count in case.segments.items()), Decimal(0))
    yield "logup", regime.list_size * ((case.bus_width + 2) * case.fractions + case.identities) / ORDER
    yield "ali", pairs * case.constraints / ORDER
    yield "deep", pairs * (case.degree * (d + 1) + d - 1) / (ORDER - P)
    yield "batch", sum((regime.line(1 << h + b) for h in case.heights), Decimal(0))
    for to, arity_log, rolls_in in folds(case.heights):
        yield f"fold to {to}", ((1 << arity_log) - 1 + rolls_in) * regime.line(1 << to + b)


class Found(NamedTuple):
    """The least sum for a number of queries, that number, the m that has it, and its rounds."""

    total: Decimal
    queries: int
    m: int
    table: dict[str, Decimal]


def error(case: Case) -> Found:
    """Of the fewest queries that leave at most 2^−128, or of the most that there may be where none do.

    For each m by itself: what the other rounds leave of 2^−128 says how many queries it takes.
    """
    with localcontext() as context:
        context.prec = DIGITS
        others = {m: dict(rounds(case, m)) for m in PARAMETERS}
        bases = {m: Regime(case, m).agreement for m in PARAMETERS}
        work, most = Decimal(2) ** case.setting.grinding, case.setting.q

        def needed(m: int) -> int:
            left = Decimal(2) ** -128 - sum(others[m].values(), Decimal(0))
            if left <= 0 or bases[m] >= 1:
                return most
            return min(most, max(1, math.ceil((left * work).ln() / bases[m].ln())))

        queries = min(map(needed, PARAMETERS))
        tables = [(m, {**others[m], "queries": bases[m] ** queries / work}) for m in PARAMETERS]
        total, m, table = min(((sum(table.values(), Decimal(0)), m, table) for m, table in tables), key=lambda t: t[:2])
        return Found(total, queries, m, table)


def bits(value: Decimal) -> Decimal:
    """−log2."""
    with localcontext() as context:
        context.prec = DIGITS
        return -value.ln() / Decimal(2).ln()


# What limits.md leaves possible. Every interaction costs at least 5 of 131,072 steps, every constraint 2.
STEPS = 1 << 17
MOST_INTERACTIONS = STEPS // 5
MOST_CONSTRAINTS = STEPS // 2
MOST_IDENTITIES = 2**14 // 5 * (128 + 3) + 64 * 255  # of five cells a limb whose A and B are tallies; of equations
MOST_WIDTH = 255
MOST_SEGMENTS = 60


def lowest(name: str) -> int:
    """The κ of a segment of 8 rows: (d(κ) − 8 − 262) div (q + 6) ≥ 64."""
    setting = SETTINGS[name]
    return next(k for k in range(6, 25) if (2**k + room(k) - 270) // (setting.q + 6) >= 64)


def most_degree(name: str, kappa: int, k: int) -> int:
    """The most factors of true degree N − 1, the lowest there is: B chunks have Δ ≤ (B − 1)·(d − 128) + d + N − 1."""
    d = int(stretch(at_the_limits(name, kappa, 0)) * 2**kappa)
    return (((1 << SETTINGS[name].b) - 1) * (d - 128) + d + 2**k - 1) // (2**k - 1)


def at_the_limits(name: str, tallest: int, degree: int) -> Case:
    """All that limits.md allows at once, and more than one statement can have: every height, 60 segments at the top."""
    heights = frozenset(range(min(lowest(name), tallest), tallest + 1))
    return Case(
        SETTINGS[name], heights, {tallest: MOST_SEGMENTS}, MOST_CONSTRAINTS, degree, MOST_WIDTH,
        MOST_INTERACTIONS << tallest, MOST_IDENTITIES,
    )  # fmt: skip


def usual(name: str, kappa: int, segments: int) -> Case:
    """The specification's reference, at any κ and with any number of segments."""
    return Case(SETTINGS[name], frozenset((kappa,)), {kappa: segments}, 512, 4, 16, 64 << kappa, 0)


def allowed_degree(name: str, tallest: int) -> int:
    """The largest algebraic degree that at_the_limits can have with 128 bits."""
    low, high = 1, 1 << 40
    while high - low > 1:
        middle = (low + high) // 2
        if bits(error(at_the_limits(name, tallest, middle)).total) >= 128:
            low = middle
        else:
            high = middle
    return low


def main() -> None:
    """For each κ: the reference with 1, 20 and 60 segments; the limits with the degree of full and of 8-row tables."""
    for name, setting in SETTINGS.items():
        for kappa in range(lowest(name), setting.tallest + 1):
            cases = [usual(name, kappa, count) for count in (1, 20, 60)]
            cases += [at_the_limits(name, kappa, most_degree(name, kappa, k)) for k in (kappa, 3)]
            figures = " ".join(f"{bits(error(case).total):.3f}" for case in cases)
            print(f"{name:8} {kappa} {figures} degree {cases[-1].degree} of {allowed_degree(name, kappa)}")


if __name__ == "__main__":
    main()
