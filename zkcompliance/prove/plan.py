"""Which segments of a log the next generation makes anew, and which it carries over as they are.

`refresh` makes all of them anew, one by one. `compact` puts runs of neighbours together, in tiers: first rows as they
were appended (tier 0), up to 59 segments into one (a statement has at most 60), which is of tier 1; runs of those only
when too many segments would be left otherwise. So a row is sealed again about twice however long the log gets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from zkcompliance.limits import MAX_SEGMENTS
from zkcompliance.log.rows import MAX_ROWS

MOST_MERGED = MAX_SEGMENTS - 1
ENOUGH = MAX_SEGMENTS // 2  # segments that may be left before those that were merged once are merged again


@dataclass(frozen=True)
class Sealed:
    """What counts of a segment: its real rows, and how often they were put together (`SegmentPaths.tier`)."""

    rows: int
    tier: int


@dataclass(frozen=True)
class Step:
    """The next `old` segments of the old generation become the next `new` of the new one.

    `carried`: the same segments, old = new; otherwise sealed again, as one (new = 1) or one by one (old = new).
    """

    old: int
    new: int
    carried: bool


Fits = Callable[[int, int, int], bool]
"""Whether one proof can cover `count` old segments from number `first` on and the `new` ones made of them."""


def renewal(count: int, fits: Fits) -> list[Step]:
    """Every segment anew, one by one, as many in one proof as fit."""
    steps: list[Step] = []
    first = 0
    while first < count:
        size = _most(first, min(MAX_SEGMENTS // 2, count - first), lambda start, n: fits(start, n, n))
        steps.append(Step(size, size, False))
        first += size
    return steps


def compaction(segments: Sequence[Sealed], fits: Fits) -> list[Step]:
    """Runs of neighbours of one tier put together, from the lowest tier up, until few enough segments are left."""
    groups = [(number, 1) for number in range(len(segments))]  # (first, how many): one segment of the new generation
    for tier in range(1 + max((each.tier for each in segments), default=0)):
        if tier and len(groups) <= ENOUGH:
            break
        groups = _merged(groups, segments, tier, fits)
    steps: list[Step] = []
    for _, count in groups:
        if count > 1:
            steps.append(Step(count, 1, False))
        elif steps and steps[-1].carried:
            steps[-1] = Step(steps[-1].old + 1, steps[-1].new + 1, True)
        else:
            steps.append(Step(1, 1, True))
    return steps


def _merged(groups: list[tuple[int, int]], segments: Sequence[Sealed], tier: int, fits: Fits) -> list[tuple[int, int]]:
    """With runs of segments of this tier, still alone, put together: as long as rows, proofs and limits allow."""
    result: list[tuple[int, int]] = []
    at = 0
    while at < len(groups):
        first, count = groups[at]
        length, rows = 1, segments[first].rows
        while count == 1 and segments[first].tier == tier and at + length < len(groups) and length < MOST_MERGED:
            after, alone = groups[at + length]
            more = rows + segments[after].rows
            if alone > 1 or segments[after].tier != tier or more > MAX_ROWS:
                break
            length, rows = length + 1, more
        length = _most(first, length, lambda start, n: n == 1 or fits(start, n, 1))
        result.append((first, length if length > 1 else count))
        at += length
    return result


def _most(first: int, most: int, fits: Callable[[int, int], bool]) -> int:
    """The largest n ≤ most, at least 1, for which n segments from `first` on fit."""
    if most > 1 and fits(first, most):
        return most
    low, high = 1, max(1, most - 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(first, middle) else (low, middle - 1)
    return low


def numbers(steps: Sequence[Step]) -> list[tuple[int, int]]:
    """(first old, first new) of each step."""
    places = [(0, 0)]
    for step in steps:
        places.append((places[-1][0] + step.old, places[-1][1] + step.new))
    return [place for place, _ in pairwise(places)]
