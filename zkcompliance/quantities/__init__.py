"""What a value may be, in one place: rows, parameters, policies, settings of importers and `--at` are all read here.

    numbers   whole numbers: ASCII digits, no sign, no leading zero; `2.5e25` and `10^26` where they are exact
    shares    a share has a unit: `80%`, `0.8`, `800000 ppm`
    times     `2026-01-05T12:00:00Z`, whole seconds since 1970; `2 weeks`; as a parameter also a bare date
    calendar  `2026-03-05`, `2026-03`, `2026`: days, months and years
    names     texts that are seen as they are: composed, without letters that nobody sees
    showing   the way back, for people

Nothing goes through a binary fraction, unless it came as one and its column says which unit it has. The `read_*`
functions take any value and raise `Refused`, whose reason never repeats the value (rows are private); the `parse_*`
functions take a text and raise a UsageError that quotes it.
"""

from zkcompliance.quantities.calendar import read_day, read_month, read_year, show_day, show_month
from zkcompliance.quantities.names import check_text, fault_of, hidden
from zkcompliance.quantities.numbers import (
    MAX_DIGITS,
    MILLION,
    Exact,
    Number,
    Refused,
    Typed,
    parse_integer,
    quoted,
    read_truth,
    read_whole,
)
from zkcompliance.quantities.shares import MOST_RATE, UNITS, UnitNotStated, parse_ppm, read_share
from zkcompliance.quantities.showing import (
    exact_beside,
    listed,
    number_of,
    show_id,
    show_integer,
    show_ppm,
    show_seconds,
    show_time,
)
from zkcompliance.quantities.times import FIRST, LAST, parse_seconds, parse_time, read_length, read_time

__all__ = [
    "FIRST",
    "LAST",
    "MAX_DIGITS",
    "MILLION",
    "MOST_RATE",
    "UNITS",
    "Exact",
    "Number",
    "Refused",
    "Typed",
    "UnitNotStated",
    "check_text",
    "exact_beside",
    "fault_of",
    "hidden",
    "listed",
    "number_of",
    "parse_integer",
    "parse_ppm",
    "parse_seconds",
    "parse_time",
    "quoted",
    "read_day",
    "read_length",
    "read_month",
    "read_share",
    "read_time",
    "read_truth",
    "read_whole",
    "read_year",
    "show_day",
    "show_id",
    "show_integer",
    "show_month",
    "show_ppm",
    "show_seconds",
    "show_time",
]
