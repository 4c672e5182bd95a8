"""Days, months and years of the proleptic Gregorian calendar, UTC, over the whole range of times and beyond.

    2026-03-05   a day: days since 1970-01-01
    2026-03      a month: months since January 1970
    2026         a year, which is its own number

As times do, they lie from 1970 to 2100 where a person writes them; what is shown may lie later.
"""

from __future__ import annotations

import operator
import re
from datetime import date

from zkcompliance.quantities.numbers import Exact, Number, Refused, Typed, is_truth

FIRST_YEAR, LAST_YEAR = 1970, 2100
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_YEAR = re.compile(r"[1-9][0-9]{3}")


def civil(day: int) -> tuple[int, int, int]:
    """(year, month, day of the month) of a number of days since 1970-01-01; negative ones too.

    Years are counted from March, so that a leap day is the last of its year: 146,097 days are 400 years.
    """
    eras, of_era = divmod(day + 719_468, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153  # from March
    january = month >= 10
    return eras * 400 + year + january, month + (-9 if january else 3), of_year - (153 * month + 2) // 5 + 1


def show_day(value: int) -> str:
    """For people: days since 1970-01-01 → `2026-03-05`."""
    year, month, day = civil(value)
    return f"{year:04}-{month:02}-{day:02}"


def show_month(value: int) -> str:
    """For people: months since January 1970 → `2026-03`."""
    years, month = divmod(value, 12)
    return f"{FIRST_YEAR + years:04}-{month + 1:02}"


def read_day(value: object) -> int:
    """Days since 1970-01-01 of `2026-03-05`. Refused for anything else."""
    match = _DAY.fullmatch(_text(value, "day", "2026-03-05"))
    if match is None:
        raise Refused("is no day: write it such as 2026-03-05")
    year = _year(int(match[1]))
    try:
        return date(year, int(match[2]), int(match[3])).toordinal() - _EPOCH
    except ValueError:
        raise Refused("is a day that does not exist") from None


def read_month(value: object) -> int:
    """Months since January 1970 of `2026-03`. Refused for anything else."""
    match = _MONTH.fullmatch(_text(value, "month", "2026-03"))
    if match is None:
        raise Refused("is no month: write it such as 2026-03")
    if not 1 <= int(match[2]) <= 12:
        raise Refused("is a month that does not exist")
    return 12 * (_year(int(match[1])) - FIRST_YEAR) + int(match[2]) - 1


def read_year(value: object) -> int:
    """A year: `2026`, as a text or a number. Refused for anything else."""
    if isinstance(value, Exact):
        return int(value)
    if isinstance(value, str) and not isinstance(value, (Number, Typed)):
        if _YEAR.fullmatch(value) is None:
            raise Refused("is no year: write it such as 2026")
        return _year(int(value))
    try:
        number = -1 if is_truth(value) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = -1
    if number < 0:
        raise Refused(f"is a {type(value).__name__}, not a year: write it such as 2026")
    return _year(number)


def _text(value: object, what: str, such_as: str) -> str:
    if not isinstance(value, str) or isinstance(value, (Number, Typed)):
        raise Refused(f"is a {type(value).__name__}, not a {what}: write it such as {such_as}")
    return value


def _year(year: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refused(f"is not in the years {FIRST_YEAR} to {LAST_YEAR}, in which all that is written lies")
    return year
