"""The three parameter sets (docs/spec/proof.md). A statement names one; a proof never brings its own parameters."""

from __future__ import annotations

from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.verify.reader import u8, u16

MIN_PROOFS = 64  # a segment's capacity leaves room for this many


@dataclass(frozen=True, slots=True)
class Profile:
    """Parameters of the proof system; all derived quantities are functions of them and a capacity κ."""

    id: int
    name: str
    log_blowup: int
    queries: int
    grinding: int
    mask: int  # mask coefficients of a witness or extension column
    reserve: int = 256  # degree kept free above a log column's mask
    chunk_blind: int = 128  # blinding coefficients of a quotient chunk

    def encode(self) -> bytes:
        """The profile bytes, absorbed and never sent."""
        head = u8(self.id) + u8(self.log_blowup) + u16(self.queries) + u8(self.grinding)
        return head + u16(self.mask) + u16(self.reserve) + u16(self.chunk_blind)

    @property
    def blowup(self) -> int:
        return 1 << self.log_blowup

    def log_domain(self, kappa: int) -> int:
        """log2 of n = B·2^κ."""
        return kappa + self.log_blowup

    def capacity(self, k: int) -> int | None:
        """The smallest κ ≥ k with (d − 2^k − 256 − 6) div (q + 6) ≥ 64, or None if it would be over 21."""
        for kappa in range(k, limits.MAX_CAPACITY_LOG2 + 1):
            units = degree_bound(kappa) - (1 << k) - self.reserve - 6
            if units // (self.queries + 6) >= MIN_PROOFS:
                return kappa
        return None


def degree_bound(kappa: int) -> int:
    """d = 9·2^(κ−3): every committed polynomial of capacity κ has fewer coefficients or as many."""
    return 9 << (kappa - 3)


STANDARD = Profile(1, "standard", 3, 80, 20, 192)
FAST = Profile(2, "fast", 2, 123, 20, 320)
SMALL = Profile(3, "small", 4, 60, 20, 192)
PROFILES = {profile.id: profile for profile in (STANDARD, FAST, SMALL)}
