"""What an accepted proof gives its reader."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Report:
    """What was accepted: the proven security and the sizes that it rests on."""

    profile: str
    security_bits: Fraction  # a multiple of 1/100, rounded down
    binding_term: str
    terms: tuple[tuple[str, Fraction], ...]
    heights: tuple[int, ...]
    instances: int
    constraints: int
    cells: int
    identities: int
    proof_bytes: int

    @property
    def bits(self) -> float:
        """`security_bits` for display."""
        return float(self.security_bits)
