"""Quantities are read exactly or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkcompliance import quantities as q
from zkcompliance.errors import UsageError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("1234", 1234),
        ("1e+06", 10**6),
        ("1e26", 10**26),
        ("1E26", 10**26),
        ("1e+3", 1000),
        ("10^26", 10**26),
        ("10**25", 10**25),
        ("2.5e25", 25 * 10**24),
        ("3 x 10^25", 3 * 10**25),
        ("2.5×10^3", 2500),
        ("989.4e12", 989_400 * 10**9),
        ("1.0", 1),
        ("0", 0),
        ("9007199254740993", 2**53 + 1),
        ("1e153", 10**153),
    ],
)
def test_integers(text: str, value: int) -> None:
    assert q.parse_integer(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "+1",
        "1.5",
        "1e-3",
        "nan",
        "inf",
        "0x10",
        "1__0",
        "1_000",
        " 7 ",
        "7\n",
        "01",
        "-0",
        "00",
        "0x10^5",
        "１",
        "_1",
        "1e154",
        "1e9999",
        "1e05",
        "1e+006",
        "1e00",
        "1e99999",
        "٣",
        "1,000",
        "1e",
        "2.55e1",
        "9" * 155,
    ],
)
def test_refused_integers(text: str) -> None:
    with pytest.raises(UsageError):
        q.parse_integer(text)


@given(st.integers(0, 10**60), st.integers(0, 20))
def test_every_spelling_of_an_integer_agrees(value: int, shift: int) -> None:
    digits = str(value)
    assert q.parse_integer(digits) == value
    assert q.parse_integer(f"{digits}e{shift}") == value * 10**shift
    assert q.parse_integer(f"{digits[0]}.{digits[1:] or '0'}e{len(digits) - 1}") == value


def test_shares_spans_and_times() -> None:
    assert [
        q.parse_ppm(t)
        for t in ("30%", "12.5 %", "0.0001%", "100%", "0.3", "0", "0.0", "1.0", "300000 ppm", "1e-06", "1 ppm")
    ] == [
        300000,
        125000,
        1,
        10**6,
        300000,
        0,
        0,
        10**6,
        300000,
        1,
        1,
    ]
    assert [q.parse_seconds(t) for t in ("2 weeks", "15 days", "72h", "90", "14days")] == [
        1209600,
        1296000,
        259200,
        90,
        1209600,
    ]
    assert q.parse_time("2025-08-02") == q.parse_time("2025-08-02T02:00:00+02:00") == 1754092800
    assert q.parse_time("1754092800") == 1754092800


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (q.parse_ppm, "101%"),
        (q.parse_ppm, "1000001 ppm"),
        (q.parse_ppm, "300000"),
        (q.parse_ppm, "1"),
        (q.parse_ppm, "80"),
        (q.parse_ppm, "1e0"),
        (q.parse_ppm, "-0.1"),
        (q.parse_ppm, " 1%"),
        (q.parse_ppm, "01%"),
        (q.parse_ppm, "1_0%"),
        (q.parse_ppm, "0.0000001"),
        (q.parse_ppm, "1.0000001"),
        (q.parse_ppm, "0.5 ppm"),
        (q.parse_ppm, "0.00001%"),
        (q.parse_ppm, "1e2%"),
        (q.parse_ppm, "-1%"),
        (q.parse_seconds, "2 fortnights"),
        (q.parse_seconds, "0.5 weeks"),
        (q.parse_time, "1969-12-31"),
        (q.parse_time, "2025-08-02T00:00:00.5"),
        (q.parse_time, "2025-13-01"),
        (q.parse_time, "yesterday"),
    ],
)
def test_refused_shares_spans_and_times(parse, text) -> None:
    with pytest.raises(UsageError):
        parse(text)


def test_times_at_the_edges_of_clocks() -> None:
    """2038 is a time like any other, up to 2100; a zone's offset is used up in reading, and daylight saving has
    no say; a leap second has no number of its own, and nothing lies before 1970.
    """
    assert q.parse_time("2038-01-19T03:14:08Z") == 2**31 and q.parse_time("2100-01-01T00:00:00Z") == q.LAST
    assert q.show_time(2**31) == "2038-01-19 03:14:08 UTC"
    changing = [q.parse_time(f"2026-03-29T0{hour}:30:00+0{offset}:00") for hour, offset in ((1, 1), (3, 2))]
    assert changing[1] - changing[0] == 3600  # the hour that Central Europe leaves out
    for none in (
        "2026-03-29T02:30:00",  # no offset
        "2016-12-31T23:59:60Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:59:59+01:00",
        "-1",
        "2038-01-19 25:00",
    ):
        with pytest.raises(UsageError):
            q.parse_time(none)


def test_for_people() -> None:
    assert [q.show_integer(n) for n in (0, 999_999, 10**20, 12 * 10**17, 123_456_789)] == [
        "0",
        "999,999",
        "1e20",
        "1.2e18",
        "≈1.23e8",
    ]
    assert [q.show_ppm(n) for n in (300000, 125000, 1)] == ["30%", "12.5%", "0.0001%"]
    assert [q.show_seconds(n) for n in (1209600, 3600, 61, 0)] == ["2 weeks", "1 hour", "61 seconds", "0 seconds"]
    assert q.show_time(1754092800) == "2025-08-02 00:00:00 UTC"
    assert q.show_time(2**48 - 1) == f"{2**48 - 1} s"


@given(st.integers(0, 10**40))
def test_exact_short_forms_read_back(value: int) -> None:
    shown = q.show_integer(value)
    if "≈" not in shown:
        assert q.parse_integer(shown.replace(",", "")) == value
