"""Amounts and lengths in the sentences about a joint cap and its notes, exact and without zeros to count."""

from __future__ import annotations

from zkcompliance.card import reading, types
from zkcompliance.quantities import number_of


def flop(amount: int) -> str:
    """`5e20 FLOP`; what has more than three figures with all of them beside it: `≈2e21 FLOP (2,000,…,001)`."""
    return reading.exactly(types.FLOP, amount)


def segments(count: int) -> str:
    """`1 segment`, `2 segments`."""
    return number_of(count, "segment")
