"""The periods of a policy's calendar, held against a plain count of days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.kit import policies as kit
from zkcompliance.errors import MalformedPolicy
from zkcompliance.policy.calendar import MONTHS, Period, period, period_of
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Calendar

DAY = 86400


def at(year: int, month: int, day: int = 1) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp())


def plainly(calendar: Calendar, stated: int) -> int | None:
    """Day after day from the first on, counting the firsts of months."""
    day, months, begins = datetime.fromtimestamp(calendar.since, UTC).date(), 0, [calendar.since]
    while begins[-1] <= stated:
        day += timedelta(days=1)
        if day.day == 1:
            months += 1
            if months % MONTHS[calendar.every] == 0:
                begins.append(at(day.year, day.month))
    for number in range(len(begins) - 1):
        first, last = begins[number], begins[number + 1]
        if calendar.due is None and first <= stated < last:
            return number
        if calendar.due is not None and last <= stated < last + calendar.due:
            return number
    if calendar.due is not None and len(begins) > 1 and begins[-1] <= stated < begins[-1] + calendar.due:
        return len(begins) - 2
    return None


@given(
    some.sampled_from(list(MONTHS)), some.integers(2020, 2030), some.integers(1, 12),
    some.none() | some.integers(1, 28 * DAY), some.integers(at(2019, 1), at(2034, 1)),
)  # fmt: skip
def test_a_moment_is_of_the_period_that_a_plain_count_finds(
    every: str, year: int, month: int, due: int | None, stated: int
) -> None:
    calendar = Calendar(every, at(year, month), due)
    found = period_of(calendar, stated)
    assert (None if found is None else found.number) == plainly(calendar, stated)


@given(some.sampled_from(list(MONTHS)), some.none() | some.just(28 * DAY), some.integers(0, 80))
def test_periods_follow_one_another(every: str, due: int | None, number: int) -> None:
    calendar = Calendar(every, at(2024, 2), due)
    one, two = period(calendar, number), period(calendar, number + 1)
    assert one.ends == two.begins and one.closes <= two.opens
    assert period_of(calendar, one.opens) == period_of(calendar, one.closes - 1) == one


def test_names_and_ends() -> None:
    assert period(Calendar("month", at(2026, 1)), 13).name == "2027-02"
    quarter = Calendar("quarter", at(2026, 11), 15 * DAY)
    assert period(quarter, 0) == Period(
        0, at(2026, 11), at(2027, 2), at(2027, 2), at(2027, 2, 16), "2026-11 to 2027-01"
    )
    for stated in (0, at(2026, 11) - 1, at(2027, 2) - 1, at(2027, 2, 16), 1 << 32, 2**64 - 1):
        assert period_of(quarter, stated) is None
    assert date(2027, 2, 16) == date(2027, 2, 1) + timedelta(days=15)


def calendar(*lines: str) -> Calendar | None:
    return parse_policy(kit.text(more="[calendar]\n" + "\n".join(lines)).encode()).calendar


def test_it_is_read() -> None:
    assert kit.policy().calendar is None
    assert calendar('every = "month"', "from = 2026-01-01") == Calendar("month", at(2026, 1))
    lines = ('every = "year"', "from = 2026-02-01", 'due = "28 days"')
    assert calendar(*lines) == Calendar("year", at(2026, 2), 28 * DAY)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("from = 2026-01-01",), "calendar.every"),
        (('every = "week"', "from = 2026-01-01"), "is month, quarter or year"),
        (('every = "month"',), "calendar.from"),
        (('every = "month"', "from = 2026-01-02"), "first day of a month"),
        (('every = "month"', 'from = "2026-01-01"'), "calendar.from"),
        (('every = "month"', "from = 2026-01-01", 'due = "29 days"'), "at most 28 days"),
        (('every = "month"', "from = 2026-01-01", "until = 2027-01-01"), "until"),
    ],
)
def test_it_is_strict(lines: tuple[str, ...], why: str) -> None:
    with pytest.raises(MalformedPolicy, match=why):
        calendar(*lines)
