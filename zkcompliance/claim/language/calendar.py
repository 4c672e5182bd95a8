"""The calendar: the day, the month and the year of a time, UTC, exact over the whole range of times.

Proleptic Gregorian, in whole divisions: with years that begin in March a leap day is the last of its year, and

    n = days since 0000-03-01      c = ⌊(4n + 3) / 146097⌋        century; r the remainder
    m = 4⌊r / 4⌋ + 3               y = ⌊m / 1461⌋                 year of the century; s the remainder
    d = ⌊s / 4⌋                    month = ⌊(5d + 2) / 153⌋       day of the year, month from March = 0

(E. G. Richards, "Mapping Time", chapter 25; C. Neri and L. Schneider, "Euclidean affine functions", 2022.) Terms that
several words share are one node, which is compiled once.
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

from zkcompliance.card import types
from zkcompliance.claim.language.closed import Closed, word
from zkcompliance.claim.language.expr import Expr
from zkcompliance.claim.language.making import quoted
from zkcompliance.claim.language.operators import retyped
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.source import here, refuse
from zkcompliance.quantities.calendar import FIRST_YEAR, civil

_DAY_SECONDS = (128, 675)  # 86,400 in two steps, each of which divides by one limb
_SINCE_MARCH = 719_468  # days from 0000-03-01 to 1970-01-01
_MONTHS_SINCE_MARCH = 1969 * 12 + 10  # months from March 0000 to January 1970


class _Parts(NamedTuple):
    """Of a time: its year, counted from March, and its day and month in that year, each from 0."""

    year: Expr
    day: Expr


@word
def day_of(time: Expr) -> Expr:
    """The day of a time, UTC: a point of the calendar, `2026-03-05`."""
    return _point(_day(time, "day_of"), types.DAY, time)


@word
def month_of(time: Expr) -> Expr:
    """The month of a time, UTC: a point of the calendar, `2026-03`."""
    parts = _parts(_day(time, "month_of"))
    month = (parts.day * 5 + 2) // 153
    return _point(parts.year * 12 + month - _MONTHS_SINCE_MARCH, types.MONTH, time)


@word
def year_of(time: Expr) -> Expr:
    """The year of a time, UTC: a point of the calendar, `2026`."""
    parts = _parts(_day(time, "year_of"))
    january = parts.day >= 306  # from the first of March on
    return _point(parts.year + january.as_count(), types.YEAR, time)


def _point(value: Expr, kind: types.Type, time: Expr) -> Expr:
    """The value as a point of the calendar. It never falls as time goes on, so that its range is that of the ends."""
    made = retyped(value, kind, f"the {kind.unit[0][0]} of ", time.node)
    first, last = (_of_day(end // 86_400, kind) for end in time.node.range)
    return Expr(dataclasses.replace(made.node, range=(first, last)), made.rows)


def _of_day(day: int, kind: types.Type) -> int:
    year, month, _ = civil(day)
    return {types.DAY: day, types.MONTH: 12 * (year - FIRST_YEAR) + month - 1, types.YEAR: year}[kind]


def _day(time: Any, name: str) -> Expr:
    """Days since 1970-01-01."""
    if not isinstance(time, Expr) or time.node.type != types.TIME_POINT:
        what = time._called() if isinstance(time, Closed) else quoted(time)
        raise refuse(f"{name} of {what}", f"remedy: {name}(table.at), of a time")
    node = time.node
    for divisor in _DAY_SECONDS:
        low, high = node.range
        node = core.FloorDiv(
            node, divisor, type=types.INT, range=(low // divisor, high // divisor), frame=node.frame,
            public=node.public, line=here(),
        )  # fmt: skip
    return Expr(node, time.rows)


def _parts(day: Expr) -> _Parts:
    quarters = day * 4 + (4 * _SINCE_MARCH + 3)
    parts, rest = quarters // 27, quarters % 27  # 146,097 = 27 · 5,411, in two steps too
    century, of_century = parts // 5411, parts % 5411 * 27 + rest
    of_four = of_century // 4 * 4 + 3
    return _Parts(century * 100 + of_four // 1461, of_four % 1461 // 4)
