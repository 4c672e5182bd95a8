"""The three parameter profiles and the shapes that follow from them (docs/spec/proof.md, docs/spec/log.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zkcompliance.errors import ParametersRejected, UsageError
from zkcompliance.limits import MAX_CAPACITY_LOG2, MAX_LOG_ROWS_LOG2, MIN_LOG_ROWS_LOG2
from zkcompliance.stark.field.babybear import TWO_ADICITY

EXTENSION_DEGREE = 6
RESERVE = 256  # coefficients of a log column's degree bound left unused, so that quotients need one chunk less
CHUNK_BLIND = 128  # coefficients of a quotient chunk's blind
MIN_PROOFS = 64  # that a segment's budget must allow


@dataclass(frozen=True)
class Profile:
    """One parameter set. `mask` counts the mask coefficients of a per-proof column, at least 2·(most_queries + 6).

    most_queries: a proof has as many as its statement needs (`soundness`), and never more than these.
    """

    name: str
    id: int
    log_blowup: int
    most_queries: int
    grinding: int
    mask: int

    @property
    def blowup(self) -> int:
        return 1 << self.log_blowup

    @property
    def max_capacity(self) -> int:
        """The largest κ: the domain's 2^(κ + b) points are a coset of a subgroup of F, which has one of 2^27."""
        return min(MAX_CAPACITY_LOG2, TWO_ADICITY - self.log_blowup)

    @property
    def units(self) -> int:
        """Linear functionals of a log column that one proof reveals at the most: q positions and one E value."""
        return self.most_queries + EXTENSION_DEGREE

    def encode(self) -> bytes:
        """The profile bytes that the transcript absorbs."""
        return (
            bytes([self.id, self.log_blowup])
            + self.most_queries.to_bytes(2, "little")
            + bytes([self.grinding])
            + b"".join(n.to_bytes(2, "little") for n in (self.mask, RESERVE, CHUNK_BLIND))
        )

    def capacity(self, k: int) -> int:
        """The κ of a segment of 2^k rows: the smallest that leaves room for at least 64 proofs.

        Raises ParametersRejected where k is not in [3, 21] or no κ ≤ 21, 27 − b has the room.
        """
        if not MIN_LOG_ROWS_LOG2 <= k <= MAX_LOG_ROWS_LOG2:
            raise ParametersRejected(f"a segment has 2^3 to 2^21 rows, not 2^{k}")
        for kappa in range(max(k, 6), self.max_capacity + 1):
            room = log_mask(k, kappa) - EXTENSION_DEGREE
            if room > 0 and room // self.units >= MIN_PROOFS:
                return kappa
        raise ParametersRejected(f"no capacity up to 2^{self.max_capacity} allows {MIN_PROOFS} proofs over 2^{k} rows")


STANDARD = Profile("standard", 1, 3, 80, 20, 192)
FAST = Profile("fast", 2, 2, 125, 20, 320)
SMALL = Profile("small", 3, 4, 60, 20, 192)
PROFILES = (STANDARD, FAST, SMALL)


def by_name(name: str) -> Profile:
    """The profile of that name; UsageError otherwise."""
    for profile in PROFILES:
        if profile.name == name:
            return profile
    raise UsageError(f"no profile {name!r}: choose standard, fast or small")


def by_id(number: int) -> Profile:
    """The profile with that number; ParametersRejected otherwise."""
    for profile in PROFILES:
        if profile.id == number:
            return profile
    raise ParametersRejected(f"no profile has the number {number}")


def degree_bound(kappa: int) -> int:
    """d(κ) = 2^κ + 2^max(least, κ − 6), least = 9 below κ = 16, min(κ − 3, 14) from there on: no column of this
    capacity has more coefficients.

    A segment may fill its capacity from κ = 16 on, and needs room for its 64 proofs then; below it fills half at most,
    and what needs room are the masks of private tables, in four chunks of a quotient. What a code has more than 2^κ
    costs queries.
    """
    least = 9 if kappa < 16 else min(kappa - 3, 14)
    return (1 << kappa) + (1 << max(least, kappa - 6))


def code_degree(kappa: int, heights: Sequence[int]) -> int:
    """d_h of a proof with columns of these heights: the largest of their rates d(κ)/2^κ, at height κ."""
    return max((degree_bound(h) << kappa) >> h for h in heights)


def log_mask(k: int, kappa: int) -> int:
    """h = d(κ) − N − 256: the mask coefficients of a log column, and so its whole budget in units."""
    return degree_bound(kappa) - (1 << k) - RESERVE
