"""The draw: which rows a request asks for, once its round is published (docs/spec/openings.md).

    seed = SHA-256("zkc-draw-v1" ‖ SHA-256(request) ‖ u64 round ‖ signature of the round)
    x_j  = SHA-256(seed ‖ u32 j) as a little-endian integer, its lowest b bits; b = bitlength(n − 1)

Of x_0, x_1, … each that is below n and was not there before is drawn, until there are as many as asked, or n of them.
So every set of that many numbers below n is as likely as any other, up to 2^-128 for whoever cannot choose the seed.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence

from zkcompliance import limits
from zkcompliance.errors import LimitExceeded
from zkcompliance.evidence.beacon import Round
from zkcompliance.verify.codec import u32, u64

_DOMAIN = b"zkc-draw-v1"


def seed_of(request: bytes, of: Round) -> bytes:
    """The seed, 32 bytes; request: its digest; of: a round whose signature was checked."""
    return hashlib.sha256(_DOMAIN + request + u64(of.number) + of.signature).digest()


def draw(seed: bytes, below: int, count: int) -> list[int]:
    """`count` distinct numbers below `below` (or all, where there are no more), ascending. LimitExceeded after
    MAX_DRAWS numbers that were looked at, which no draw of MAX_OPENED_ROWS comes near."""
    wanted = min(count, below)
    mask = (1 << max(below - 1, 0).bit_length()) - 1
    found: set[int] = set()
    for number in range(limits.MAX_DRAWS):
        if len(found) == wanted:
            return sorted(found)
        value = int.from_bytes(hashlib.sha256(seed + u32(number)).digest(), "little") & mask
        if value < below:
            found.add(value)
    raise LimitExceeded(f"a draw looks at {limits.MAX_DRAWS} numbers at most")


def holding(units: Sequence[int], before: Sequence[int]) -> list[int]:
    """Which rows hold these units: their numbers, ascending, each once. before: what lies before each row, and last the
    total; every unit is below that."""
    return sorted({bisect_right(before, unit) - 1 for unit in units})
