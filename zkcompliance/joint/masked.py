"""The variant of a joint cap in which the exact total of all labs is told (claim masked-total).

Each lab discloses r = (t + Σ masks that it gave − Σ masks that it took) mod 2^96, t what it spent. Each two labs share
a note log, whose notes are masks, drawn uniformly from 0 … 2^96 − 1. Each mask is added by one lab and taken off by
another, so Σ r ≡ Σ t modulo 2^96; and since each proof shows t ≤ most(n), Σ t < 2^96, and Σ r mod 2^96 is Σ t itself.

Whoever puts together what all labs but those of a set know can take every mask off but those between two of that set.
These make the r of the set uniform among those with their sum, so its total is learnt and nothing else of what they
spent. Hence a note log between each two labs: with fewer, some set would fall into parts with a total each.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations

MASKED = "masked-total"
REVEALED = "masked total"  # what the claim calls r
MODULUS = 2**96  # an amount of FLOP is below it (docs/spec/log.md)


def draw() -> int:
    """A new mask, 0 … 2^96 − 1, from the operating system. One is used under one joint file and nowhere else."""
    return secrets.randbelow(MODULUS)


def most(labs: int) -> int:
    """The most FLOP that each of `labs` labs may have spent, so that together they stay below 2^96."""
    return (MODULUS - 1) // labs


def total(revealed: Sequence[int]) -> int:
    """What all labs spent together, FLOP, of what each of them disclosed."""
    return sum(revealed) % MODULUS


def apart(labs: Collection[str], between: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """Two labs that share no note log, the first such two by name; None: each two share one.

    between: the two labs of each note log, in the order of their names.
    """
    sharing = set(between)
    return next((each for each in combinations(sorted(labs), 2) if each not in sharing), None)
