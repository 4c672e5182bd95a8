"""Quantities as people write them, read exactly: never through a float.

`parse_integer("2.5e25")`, `parse_ppm("30%")`, `parse_seconds("2 weeks")` and `parse_time("2025-08-02")` give Python
ints or raise `UsageError`. The `show_*` functions are for people only: what they print may be rounded and is never read
back.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from zkcompliance.errors import UsageError

MAX_DIGITS = 154  # 2^512 has 155
MILLION = 1_000_000

_NUMBER = re.compile(r"([0-9]+(?:_[0-9]+)*)(?:\.([0-9]+))?(?:[eE]\+?([0-9]{1,4}))?")
_POWER = re.compile(r"(?:([0-9]+(?:\.[0-9]+)?)\s*[*x×]\s*)?10\s*(?:\^|\*\*)\s*([0-9]{1,4})")
_SPAN = re.compile(r"(\S*[0-9])\s*(s|sec|seconds?|min|minutes?|h|hours?|d|days?|w|weeks?)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def _scaled(whole: str, fraction: str, exponent: int, text: str) -> int:
    """whole.fraction · 10^exponent as an int; refuses what is not a whole number or has over MAX_DIGITS digits."""
    fraction = fraction.rstrip("0")
    if len(fraction) > exponent:
        raise UsageError(f"{text!r} is not a whole number, and quantities are exact")
    if len(whole) + exponent > MAX_DIGITS:
        raise UsageError(f"{text[:40]!r} is larger than any quantity here (over {MAX_DIGITS} digits)")
    zeros = exponent - len(fraction)
    return int(whole + fraction + "0" * zeros)


def parse_integer(text: str) -> int:
    """A whole number ≥ 0.

    `1234`, `1_000`, `1e26`, `2.5e25`, `10^26`, `3 x 10^25`. Inexact, signed or other text: UsageError.
    """
    stripped = text.strip()
    if match := _NUMBER.fullmatch(stripped) if stripped.isascii() else None:
        return _scaled(match[1].replace("_", ""), match[2] or "", int(match[3] or 0), text)
    if match := _POWER.fullmatch(stripped):
        whole, _, fraction = (match[1] or "1").partition(".")
        return _scaled(whole, fraction, int(match[2]), text)
    raise UsageError(f"{text[:40]!r} is not a whole number such as 1234, 1_000, 2.5e25 or 10^26")


def parse_ppm(text: str) -> int:
    """A share in parts per million, 0 … 1,000,000: `30%`, `12.5 %`, or the number of parts itself, `300000`."""
    stripped = text.strip()
    if stripped.endswith("%"):
        number = _NUMBER.fullmatch(stripped[:-1].rstrip())
        if number is None or number[3]:
            raise UsageError(f"{text[:40]!r} is not a percentage such as 30%")
        value = _scaled(number[1].replace("_", ""), number[2] or "", 4, text)
    else:
        value = parse_integer(stripped)
    if value > MILLION:
        raise UsageError(f"{text[:40]!r} is over 100 % (1,000,000 parts per million)")
    return value


def parse_seconds(text: str) -> int:
    """A length of time in seconds: `2 weeks`, `15 days`, `72 hours`, `90 s`, or a bare number of seconds."""
    match = _SPAN.fullmatch(text.strip())
    try:
        return parse_integer(match[1]) * _SECONDS[match[2][0]] if match else parse_integer(text)
    except UsageError:
        raise UsageError(f"{text[:40]!r} is not a length of time such as 2 weeks, 15 days, 72 hours or 90 s") from None


def parse_time(text: str) -> int:
    """UTC seconds since 1970: bare seconds, `2025-08-02`, or ISO 8601 with an offset or Z. No offset means UTC.

    Fractions of a second are refused (seconds are exact), and so is anything before 1970.
    """
    stripped = text.strip()
    if stripped.isascii() and stripped.isdecimal():
        return parse_integer(stripped)
    try:
        moment = datetime.fromisoformat(stripped)
    except ValueError as error:
        raise UsageError(f"{text[:40]!r} is not a date or time such as 2025-08-02 or 2025-08-02T12:00:00Z") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    if elapsed.microseconds or elapsed.days < 0:
        raise UsageError(f"{text[:40]!r} is not a whole second since 1970")
    return elapsed.days * 86400 + elapsed.seconds


def show_integer(value: int, digits: int = 3) -> str:
    """For people.

    `1,234` when small, else `1.23e18` cut to `digits` significant digits, with ≈ in front when it is not exact.
    """
    if abs(value) < MILLION:
        return f"{value:,}"
    sign, text = ("-", str(-value)) if value < 0 else ("", str(value))
    fraction = text[1:digits].rstrip("0")
    exact = "" if not text[digits:].strip("0") else "≈"
    return f"{exact}{sign}{text[0]}{'.' + fraction if fraction else ''}e{len(text) - 1}"


def exact_beside(shown: str, value: int) -> str:
    """For people: a shown form, with the exact value beside it where the form says that it is rounded (≈)."""
    return f"{shown} ({value})" if "≈" in shown else shown


def show_ppm(value: int) -> str:
    """For people: 300000 → `30%`, 125000 → `12.5%`. Exact."""
    whole, rest = divmod(value, 10_000)
    fraction = f"{rest:04d}".rstrip("0")
    return f"{whole}{'.' + fraction if fraction else ''}%"


def show_time(value: int) -> str:
    """For people: UTC seconds → `2025-08-02 12:00:00 UTC`; the bare number when the calendar does not reach so far."""
    try:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"{value} s"


def show_seconds(value: int) -> str:
    """For people: seconds → the largest unit that divides them, `2 weeks`, `36 hours`."""
    for unit, name in ((604800, "week"), (86400, "day"), (3600, "hour"), (60, "minute")):
        if value and value % unit == 0:
            count = value // unit
            return f"{count:,} {name}{'' if count == 1 else 's'}"
    return f"{value:,} second{'' if value == 1 else 's'}"
