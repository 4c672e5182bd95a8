"""Two countings of days (docs/law/periods.md): hours elapsed, which claims prove, and the calendar, which laws use."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.kit.periods import by_calendar, by_hours
from zkcompliance.card.parameter import CLOCK
from zkcompliance.policy import catalogue

HOUR, DAY = 3600, 86400
PLACES = [ZoneInfo(name) for name in ("Europe/Brussels", "America/Los_Angeles", "America/New_York")]
FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2025, 2029))
HOLIDAYS = frozenset({date(2026, 5, 1), date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 31), date(2027, 1, 1)})


def at(text: str, zone: ZoneInfo = PLACES[0]) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


@pytest.mark.parametrize(
    ("event", "days", "last"),
    [
        ("2026-11-03T10:00:00", 2, "2026-11-05T23:59:59"),  # a Tuesday: to the end of Thursday
        ("2026-11-03T00:00:00", 2, "2026-11-05T23:59:59"),  # the hour does not matter
        ("2026-11-05T10:00:00", 2, "2026-11-09T23:59:59"),  # Saturday becomes Monday
        ("2026-12-22T10:00:00", 2, "2026-12-28T23:59:59"),  # two holidays and a weekend
    ],
)
def test_the_calendar(event: str, days: int, last: str) -> None:
    assert by_calendar(at(event), days, PLACES[0], HOLIDAYS) == at(last)


def test_in_utc_hours_elapsed_end_no_later() -> None:
    utc = ZoneInfo("UTC")

    @given(some.integers(FIRST, LAST), some.integers(1, 365))
    def check(event: int, days: int) -> None:
        assert by_hours(event, days) <= by_calendar(event, days, utc, HOLIDAYS)

    check()


@given(some.integers(FIRST, LAST), some.integers(1, 365), some.sampled_from(PLACES))
def test_where_there_is_summer_time_they_end_no_later_but_for_its_hour(event: int, days: int, zone: ZoneInfo) -> None:
    """Only where a period holds the beginning of summer time and not its end, and by less than an hour."""
    over = by_hours(event, days) - by_calendar(event, days, zone, HOLIDAYS)
    assert over < HOUR
    if over > 0:
        before, after = (
            datetime.fromtimestamp(moment, zone).utcoffset() for moment in (event, by_calendar(event, days, zone))
        )
        assert before is not None and after is not None and (after - before).total_seconds() == HOUR


def test_the_one_case_in_which_the_calendar_is_shorter() -> None:
    """Known half an hour before midnight, four days before a Tuesday: on the Sunday between, an hour is left out."""
    event = at("2026-03-27T23:30:00")
    assert by_hours(event, 4) - by_calendar(event, 4, PLACES[0]) == HOUR // 2 + 1


@pytest.mark.parametrize("name", catalogue.names())
def test_a_policy_with_a_clock_says_how_it_counts(name: str) -> None:
    policy = catalogue.load(name)
    for each in policy.requirements:
        if any(param.role == CLOCK for param in policy.card(each).params):
            assert "hours elapsed" in each.says, each.name
