"""Times and lengths of time, in whole seconds.

    2026-01-05T12:00:00Z   2026-01-05T12:00:00+02:00   1767614400        a time
    2026-01-05                                                            midnight UTC, where no row is read
    2 weeks   15 days   72h   90 s   90                                   a length of time

A bare number is whole seconds since 1970 and has ten digits (from 2001-09-09): 13 are milliseconds, 9 have lost
one (or mean a time of long ago, which is written out), 8 are a date without its hyphens. A time has seconds and a zone,
no fraction, no leap second, no hour 24. However it is written it lies from 1970 to 2100-01-01: a deadline too.
"""

from __future__ import annotations

import operator
import re
from datetime import UTC, datetime, timedelta

from zkcompliance.errors import UsageError
from zkcompliance.quantities.numbers import Exact, Number, Refused, Typed, is_truth, parse_integer, quoted, read_whole

FIRST, LAST = 1_000_000_000, 4_102_444_800  # of bare seconds: ten digits; of any time: 2100-01-01
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:Z|([+-])([0-9]{2}):([0-9]{2}))")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIGITS = re.compile(r"[0-9]+")
_SPAN = re.compile(r"(.*[0-9]) ?(s|sec|seconds?|min|minutes?|h|hours?|d|days?|w|weeks?)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST = 64  # of a text that is looked at for its likely slip
_FORM = "write it such as 2025-08-02T12:00:00Z, or as whole seconds since 1970"
_BY_DIGITS = {
    8: "a date without hyphens?", 9: "a digit is missing, or a time before 2001-09-09, which is written out?",
    11: "a digit too many?", 12: "a date and time without hyphens?", 13: "milliseconds?",
    14: "a date and time without hyphens?", 16: "microseconds?", 19: "nanoseconds?",
}  # fmt: skip
_CAUSES = (  # of a text that is no time: what it looks like, and its name
    (re.compile(r".*[\x00-\x1f\x7f].*", re.DOTALL), "holds a control character"),
    (re.compile(r"\s.*|.*\s", re.DOTALL), "has space around it"),
    (re.compile(r"-.*"), "is negative, or has a minus sign"),
    (re.compile(r"[0-9]{4}-?W[0-9].*"), "is a week date"),
    (re.compile(r"[0-9]{4}-[0-9]{3}(T.*)?"), "is an ordinal date"),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "is a date without a time"),
    (re.compile(r"[0-9]{8}T.*"), "is a date without hyphens"),
    (re.compile(r".*[0-9][.,][0-9].*"), "has a fraction, and times are whole seconds"),
    (re.compile(r".*[0-9]t[0-9].*|.*z"), "has a small t or z: T and Z are capital letters"),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9].*"), "has a space in place of its T"),
    (re.compile(r".*T24:.*"), "has the hour 24: write 00 of the next day"),
    (re.compile(r".*T[0-9]{2}:[0-9]{2}:60.*"), "is a leap second, which has no number: write the second after it"),
    (re.compile(r".*T[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9:]*)?"), "has no seconds"),
    (re.compile(r".*T[0-9]{2}:[0-9]{2}:[0-9]{2}"), "has no zone: end it with Z, or with an offset such as +02:00"),
    (re.compile(r".*T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}([0-9]{2})?"), "has an offset that is not +HH:MM"),
    (re.compile(r".*[eE].*"), "has an exponent, and times are whole seconds"),
)


def read_time(value: object, *, dates: bool = False, any_second: bool = False) -> int:
    """UTC seconds since 1970 of a text, an int, or a datetime with a zone. Refused with the likely cause otherwise.

    dates: whether a bare date is its midnight. any_second: whether an int may be any number ≥ 0, as in examples, whose
    clocks may begin at 0.
    """
    if isinstance(value, Exact):
        return int(value)
    if is_truth(value):
        raise Refused("is a truth value, not a time")
    if isinstance(value, (Number, Typed, float)):
        raise Refused(f"is a number with a point or an exponent, and times are whole seconds: {_FORM}")
    if isinstance(value, str):
        return _from_text(value, dates)
    if isinstance(value, datetime):
        return _from_datetime(value)
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise Refused(f"is a {type(value).__name__}, not a time: {_FORM}") from None
    if number < 0:
        raise Refused("is negative")
    return number if any_second else _bare(str(number))


def parse_time(text: str) -> int:
    """UTC seconds since 1970 of a parameter: a time, a bare date (midnight UTC), or bare seconds; else UsageError."""
    try:
        return _from_text(text, dates=True)
    except Refused as refused:
        raise UsageError(f"{quoted(text)} {refused.why}") from None


def read_length(value: object) -> int:
    """A length of time in seconds: a text such as `2 weeks`, or a number of seconds. Refused otherwise."""
    if isinstance(value, str) and not isinstance(value, (Number, Typed)) and (match := _SPAN.fullmatch(value)):
        return read_whole(match[1]) * _SECONDS[match[2][0]]
    return read_whole(value)


def parse_seconds(text: str) -> int:
    """A length of time in seconds: `2 weeks`, `15 days`, `72 hours`, `90 s`, or a bare number of seconds."""
    match = _SPAN.fullmatch(text)
    try:
        return parse_integer(match[1]) * _SECONDS[match[2][0]] if match else parse_integer(text)
    except UsageError:
        raise UsageError(f"{quoted(text)} is not a length of time such as 2 weeks, 15 days, 72 hours or 90 s") from None


def _from_text(text: str, dates: bool) -> int:
    if _DIGITS.fullmatch(text):
        if text[0] == "0":
            raise Refused(f"begins with 0, and is no time: {_FORM}")
        return _bare(text)
    if dates and _DATE.fullmatch(text):
        return _since(_of_calendar(f"{text}T00:00:00"))
    if match := _MOMENT.fullmatch(text):
        if match[2] == "24" or match[4] == "60":
            raise Refused(f"{_cause(text)}")
        return _since(_of_calendar(text[:19]), _offset(match[5] or "+", match[6] or "00", match[7] or "00"))
    raise Refused(f"{_cause(text)}: {_FORM}")


def _cause(text: str) -> str:
    if len(text) > _LONGEST:
        return "is no time"
    return next((why for form, why in _CAUSES if form.fullmatch(text)), "is no time")


def _bare(digits: str) -> int:
    """Seconds since 1970 of their digits."""
    if len(digits) > 10 or not FIRST <= int(digits) <= LAST:
        likely = _BY_DIGITS.get(len(digits), "")
        raise Refused(
            "is no number of whole seconds since 1970 of ten digits, from 2001-09-09 to 2100-01-01"
            f"{f' ({likely})' if likely else ''}: {_FORM}"
        )
    return int(digits)


def _of_calendar(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise Refused("is a day or a time of day that does not exist") from None


def _offset(sign: str, hours: str, minutes: str) -> timedelta:
    if int(minutes) > 59 or int(hours) * 60 + int(minutes) > 14 * 60:
        raise Refused("has an offset of over 14 hours, which no zone has")
    if sign == "-" and hours == minutes == "00":
        raise Refused("has the offset -00:00, which says that its zone is not known: end it with Z if it is UTC")
    span = timedelta(hours=int(hours), minutes=int(minutes))
    return span if sign == "+" else -span


def _since(moment: datetime, offset: timedelta = timedelta(0)) -> int:
    elapsed = moment - _EPOCH - offset
    if elapsed.days < 0:
        raise Refused("is before 1970")
    return _within(elapsed.days * 86400 + elapsed.seconds)


def _within(seconds: int) -> int:
    """The seconds themselves; Refused after the last time that anything may have."""
    if seconds > LAST:
        raise Refused("is after 2100-01-01T00:00:00Z, the last time that is taken")
    return seconds


def _from_datetime(value: datetime) -> int:
    if value.utcoffset() is None:
        raise Refused("is a time without a zone: give it one, such as datetime.UTC")
    if value.microsecond or getattr(value, "nanosecond", 0):
        raise Refused("is not a whole second")
    try:
        return _since(value.astimezone(UTC))
    except (OverflowError, ValueError):
        raise Refused("is a time that UTC does not reach") from None
