"""Days, months and years of times: exact against Python's calendar, and beyond 9999 against a count of years."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from tests.kit.claim_naive import Naive
from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.card import reading, types
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.language import (
    Day,
    EvalLog,
    EventLog,
    IncidentLog,
    Month,
    Param,
    Time,
    Year,
    claim,
    day_of,
    days,
    month_of,
    require,
    year_of,
)
from zkcompliance.claim.meaning.evaluate import Evaluator
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.claim.meaning.sentences import sentence
from zkcompliance.errors import ClaimDefinitionError, UsageError
from zkcompliance.quantities.calendar import civil, show_day, show_month

LAST = 2**48 - 1
VALUES: dict[str, Any] = {}


@claim("the-calendar")
def the_calendar(events: EventLog, first: Param[Month], day: Param[Day], year: Param[Year]) -> None:
    """Holds one of each."""
    VALUES.update(day=day_of(events.at), month=month_of(events.at), year=year_of(events.at))
    require("used", events.every((VALUES["month"] >= first) & (VALUES["day"] >= day) & (VALUES["year"] >= year)))


def found(times: list[int]) -> list[tuple[int, int, int]]:
    """(day, month, year) of each time, by the words."""
    limbs = np.zeros((schemas.event.width, len(times)), np.uint32)
    limbs[0] = 1
    for j, limb in enumerate(schemas.event.limbs("at")):
        limbs[limb] = [time >> 16 * j & 0xFFFF for time in times]
    evaluator = Evaluator({"events": [limbs]}, {})
    columns = [evaluator.value(VALUES[name].node).tolist() for name in ("day", "month", "year")]
    return list(zip(*columns, strict=True))


def test_it_is_pythons_calendar() -> None:
    """Every day from 1970 to 9999, at its first and its last second."""
    ordinals = range(datetime(1970, 1, 1).toordinal(), datetime(9999, 12, 31).toordinal() + 1)
    dates = [datetime.fromordinal(ordinal) for ordinal in ordinals]
    expected = [(i, (date.year - 1970) * 12 + date.month - 1, date.year) for i, date in enumerate(dates)]
    assert found([86400 * i for i in range(len(dates))]) == expected
    assert found([86400 * i + 86399 for i in range(len(dates))]) == expected
    assert [civil(i) for i in range(len(dates))] == [(date.year, date.month, date.day) for date in dates]


def test_it_is_exact_beyond_the_year_9999() -> None:
    """Years counted one by one to the largest time; of some of them each month's two ends."""
    chance = random.Random(1)
    wanted = {*range(9990, 10_500), *(chance.randrange(10_000, 8_921_557) for _ in range(2000)), 8_921_556}
    start, times, expected = 0, [], []
    for year in range(1970, 8_921_557):
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        if year in wanted:
            at = start
            for month, length in enumerate((31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)):
                for day, second in ((at, 0), (at + length - 1, 86399)):
                    if 86400 * day + second <= LAST:
                        times.append(86400 * day + second)
                        expected.append((day, 12 * (year - 1970) + month, year))
                at += length
        start += 365 + leap
    assert found(times) == expected
    assert [civil(day)[:2] for day, _, _ in expected] == [(year, month % 12 + 1) for _, month, year in expected]
    assert found([0, LAST]) == [(0, 0, 1970), tuple(types.LARGEST_OF[kind] for kind in types.CALENDAR)]
    for name, kind in (("day", types.DAY), ("month", types.MONTH), ("year", types.YEAR)):
        assert VALUES[name].node.range == (1970 if name == "year" else 0, types.LARGEST_OF[kind])


def test_row_by_row_it_is_the_same() -> None:
    times = [0, 86399, 86400, 951_782_399, 951_782_400, 951_868_800, 4_107_542_400, LAST]
    naive = Naive({"events": [{"at": time} for time in times]}, {})
    nodes = [VALUES[name].node for name in ("day", "month", "year")]
    assert [tuple(naive.at(node, i) for node in nodes) for i in range(len(times))] == found(times)


def test_how_they_are_written_and_shown() -> None:
    month, day, year = the_calendar.params
    assert [month.parse("2026-03"), day.parse("2026-03-05"), year.parse("2026"), year.parse(2026)] == [
        674, 20_517, 2026, 2026,
    ]  # fmt: skip
    assert [month.show(674), day.show(20_517), year.show(2026)] == ["2026-03", "2026-03-05", "2026"]
    assert show_month(types.LARGEST_OF[types.MONTH]) == "8921556-12"
    assert show_day(types.LARGEST_OF[types.DAY]) == "8921556-12-07"
    assert datetime.fromtimestamp(86400 * 20_517, UTC).strftime("%Y-%m-%d") == "2026-03-05"
    for param, texts in (
        (month, ["2026-13", "2026-00", "2026-3", "2026", "2026-03-05", "1969-12", "2101-01", "674", 674, 2026.0, "",
                 " 2026-03", "2026-03T", True, None, "٢٠٢٦-03"]),
        (day, ["2026-02-29", "2026-03", "20260305", 20_517, "1969-12-31", "2026-3-5", "2026-03-05T00:00:00Z"]),
        (year, ["26", "02026", 1969, 2101, 2026.0, True, "2026 ", "-2026", None]),
    ):  # fmt: skip
        for text in texts:
            with pytest.raises(UsageError):
                param.parse(text)
    assert reading.read(types.MONTH, "2026-03") == 674


def test_twelve_calendar_months_each_with_an_evaluation() -> None:
    @claim("every-month")
    def every_month(evals: EvalLog, first: Param[Month]) -> None:
        """Each of twelve months has an evaluation."""
        month = month_of(evals.at)
        require("each", month_of(evals.where((month >= first) & (month < first + 12)).at).n_unique() == 12)

    def at(*texts: str) -> dict[str, Any]:
        rows = [{"suite": "s", "item": "i", "model": "m", "at": f"{text}T12:00:00Z"} for text in texts]
        return {"evals": [encode_rows(schemas.eval_, rows)]}

    each = [f"2026-{month:02}-28" for month in range(1, 13)]
    assert interpret(every_month, at(*each), {"first": "2026-01"}).holds
    assert interpret(every_month, at(*each, *each), {"first": "2026-01"}).holds
    assert not interpret(every_month, at(*each[:11], "2027-01-01"), {"first": "2026-01"}).holds
    assert not interpret(every_month, at(*each), {"first": "2026-02"}).holds
    assert compile_claim(every_month).program.digest
    assert sentence(every_month.requirements[0].value) == (
        "The number of distinct values of month of the time of grading in evals (only rows where the month of the time "
        "of grading is not before `first` and the month of the time of grading is before (`first` + 12)) is 12."
    )


def defined(make: Any) -> Any:
    @claim("some-claim")
    def some_claim(i: IncidentLog, t: Param[Time]) -> None:
        """A claim."""
        require("used", i.every(i.aware >= t))
        require("x", make(i, t))

    return some_claim


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda i, t: i.every(month_of(i.aware) >= "2026-03"),
         "For every row of i, the month of the time of awareness is not before 2026-03."),
        (lambda i, t: i.every(month_of(i.aware) == "1970-01"),
         "For every row of i, the month of the time of awareness is 1970-01."),
        (lambda i, t: i.every(day_of(i.aware) - day_of(i.occurred) <= 3),
         "For every row of i, (the day of the time of awareness − the day of the time of occurrence) is at most 3."),
        (lambda i, t: i.every(year_of(i.aware) > year_of(t)),
         "For every row of i, the year of `t` is before the year of the time of awareness."),
        (lambda i, t: i.every(day_of(i.aware) < day_of(i.occurred) + 30),
         "For every row of i, the day of the time of awareness is before (the day of the time of occurrence + 30)."),
        (lambda i, t: i.group_by(month_of(i.aware)).every(i.group_by(month_of(i.aware)).size() <= 5),
         "For every value of month of the time of awareness in i, the number of its rows is at most 5."),
    ],
)  # fmt: skip
def test_sentences(make: Any, text: str) -> None:
    assert sentence(defined(make).requirements[1].value) == text


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda i, t: i.every(month_of(i.reported) >= "2026-03"), "reported may be missing"),
        (lambda i, t: i.every(month_of(i.aware) >= "2026-3"), "is no month: write it such as 2026-03"),
        (lambda i, t: i.every(month_of(i.aware) >= t), "Month <= Time has no meaning"),
        (lambda i, t: i.every(month_of(i.aware) >= day_of(i.aware)), "Month has no meaning"),
        (lambda i, t: i.every(month_of(i.aware) - day_of(i.aware) >= 5), "Month - Day has no meaning"),
        (lambda i, t: i.every(month_of(i.aware) + days(1) >= "2026-03"), "Month + Seconds has no meaning"),
        (lambda i, t: i.every(month_of(i.aware) * 2 >= "2026-03"), "Month * Int has no meaning"),
        (lambda i, t: month_of(i.aware).sum() >= 5, "the sum of a Month has no meaning"),
        (lambda i, t: i.every(month_of(i.serial) >= 5), "month_of of a Count"),
        (lambda i, t: i.every(day_of("2026-03-05") >= 5), "day_of of the text '2026-03-05'"),
        (lambda i, t: i.every(year_of(month_of(i.aware)) >= 5), "year_of of a Month"),
        (lambda i, t: i.every(i.aware // days(1) >= 5), "of the calendar day_of(t)"),
    ],
)
def test_refusals(make: Any, words: str) -> None:
    with pytest.raises(ClaimDefinitionError) as caught:
        defined(make)
    assert words in caught.value.message
    assert "\n  at test_claim_calendar.py:" in caught.value.message and "\n  remedy: " in caught.value.message


def test_what_is_missing_is_not_1970() -> None:
    made = defined(lambda i, t: i.where(i.reported.is_given()).every(month_of(i.reported) >= "2026-03"))
    row = {"serial": 1, "category": "other", "occurred": 5, "aware": 5}
    assert interpret(made, {"i": [encode_rows(schemas.incident, [row])]}, {"t": 0}).holds
