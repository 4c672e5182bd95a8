"""The bracket of a segment: UTC seconds between which it was sealed, as whoever verifies is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zkcompliance.errors import UsageError
from zkcompliance.limits import LARGEST

Bracket = tuple[int, int]  # not before, not after; 0 … 2^48 − 1 each, the first not above the second
OPEN: Bracket = (0, LARGEST["time"])  # of a segment of which nothing shows when it was sealed
Brackets = Mapping[str, Sequence[Bracket]]  # of each log slot, one for each of its segments in order


def of_slot(brackets: Brackets | None, slot: str, segments: int) -> list[Bracket]:
    """The brackets of a slot's segments; open where none are given for it. UsageError where they do not fit."""
    given = list((brackets or {}).get(slot, [OPEN] * segments))
    if len(given) != segments:
        raise UsageError(f"log {slot}: {len(given)} brackets for {segments} segments")
    for first, last in given:
        if not OPEN[0] <= first <= last <= OPEN[1]:
            raise UsageError(f"log {slot}: no bracket goes from {first} to {last}")
    return given
