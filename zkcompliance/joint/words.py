"""Amounts in the sentences about a joint cap and its notes, exact and without zeros to count."""

from __future__ import annotations

from zkcompliance.card import reading, types


def flop(amount: int) -> str:
    """`5e20 FLOP`; what has more than three figures with all of them beside it: `≈2e21 FLOP (2,000,…,001)`."""
    return reading.exactly(types.FLOP, amount)
