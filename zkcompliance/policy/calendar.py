"""The periods of a policy's calendar: one proof is asked for each, told by the time that it states (spec/policy.md).

A period n = 0, 1, … is of 1, 3 or 12 calendar months, in UTC, from the calendar's first day on. Its proof states a time
t in it: begin(n) ≤ t < begin(n + 1). Where a proof is due after its period, begin(n + 1) ≤ t < begin(n + 1) + due, and
due is below every month, so that no t is of two periods; some are then of none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from zkcompliance.policy.model import Calendar, PeriodEdge
from zkcompliance.policy.toml import Table, fault, span

MONTHS = {"month": 1, "quarter": 3, "year": 12}
LONGEST_DUE = 28 * 86400  # seconds: no month is shorter
SHORTEST = {"month": 28 * 86400, "quarter": 89 * 86400, "year": 365 * 86400}  # seconds: no period is shorter
_LAST = 1 << 32  # UTC seconds (in the year 2106): no policy is in force then


@dataclass(frozen=True)
class Period:
    """number: from 0; begins, ends: UTC seconds, the end not included; opens, closes: between which, the second not
    included, its proof states its time."""

    number: int
    begins: int
    ends: int
    opens: int
    closes: int
    name: str


def read_calendar(root: Table) -> Calendar | None:
    """The table `calendar` of a policy; None where there is none. MalformedPolicy, naming the key."""
    if "calendar" not in root:
        return None
    found = root.table("calendar")
    every, since = found.text("every"), found.midnight("from")
    if every not in MONTHS:
        raise fault("calendar.every", f"is {', '.join(list(MONTHS)[:-1])} or {list(MONTHS)[-1]}")
    if datetime.fromtimestamp(since, UTC).day != 1:
        raise fault("calendar.from", "is the first day of a month")
    due = span(found, "due") if "due" in found else None
    if due is not None and due > LONGEST_DUE:
        raise fault("calendar.due", "is at most 28 days: a time is of one period at most")
    found.close()
    return Calendar(every, since, due)


def period(calendar: Calendar, number: int) -> Period:
    """The period of that number, from 0."""
    months = MONTHS[calendar.every]
    begins, ends = (_begin(calendar.since, months * each) for each in (number, number + 1))
    opens, closes = (begins, ends) if calendar.due is None else (ends, ends + calendar.due)
    return Period(number, begins, ends, opens, closes, _name(begins, months))


def period_of(calendar: Calendar, stated: int) -> Period | None:
    """The period whose proof states this time, UTC seconds (0: none is stated); None where it is of none."""
    if not calendar.since <= stated < _LAST:
        return None
    first, at = (datetime.fromtimestamp(each, UTC) for each in (calendar.since, stated))
    number = (12 * (at.year - first.year) + at.month - first.month) // MONTHS[calendar.every]
    if calendar.due is not None:
        number -= 1
    if number < 0:
        return None
    found = period(calendar, number)
    return found if found.opens <= stated < found.closes else None


def edge(of: PeriodEdge, stated: int) -> int | None:
    """When the period whose proof states this time begins, or ends; None where it is of none."""
    found = period_of(of.calendar, stated)
    return None if found is None else found.ends if of.ends else found.begins


def first_edge(of: PeriodEdge) -> int:
    """When the first period begins, or ends."""
    return period(of.calendar, 0).ends if of.ends else of.calendar.since


def _begin(since: int, months: int) -> int:
    """So many months after the first day of a month."""
    first = datetime.fromtimestamp(since, UTC)
    month = first.month - 1 + months
    return int(datetime(first.year + month // 12, month % 12 + 1, 1, tzinfo=UTC).timestamp())


def _name(begins: int, months: int) -> str:
    """`2026-03`; of several months the first and the last: `2026-01 to 2026-03`."""
    first, last = (datetime.fromtimestamp(each, UTC) for each in (begins, _begin(begins, months - 1)))
    said = [f"{each.year}-{each.month:02}" for each in (first, last)]
    return said[0] if months == 1 else " to ".join(said)
