"""How a law counts days, by a calendar: plain, for tests that hold hours elapsed against it."""

from __future__ import annotations

from collections.abc import Set
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SATURDAY = 5


def by_hours(event: int, days: int) -> int:
    """UTC seconds up to which what is due is in time: `days` times 24 hours after the event."""
    return event + 86400 * days


def by_calendar(event: int, days: int, zone: ZoneInfo, holidays: Set[date] = frozenset()) -> int:
    """UTC seconds of the last second: the day of the event is not counted, the last one is, up to its end.

    Where the last day is a Saturday, a Sunday or one of the holidays it is the working day that follows (Regulation
    (EEC, Euratom) No 1182/71, Article 3).
    """
    last = datetime.fromtimestamp(event, zone).date() + timedelta(days=days)
    while last.weekday() >= SATURDAY or last in holidays:
        last += timedelta(days=1)
    midnight = datetime.combine(last + timedelta(days=1), time(), zone)
    return int(midnight.timestamp()) - 1
