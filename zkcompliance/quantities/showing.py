"""Quantities for people: what is printed may be rounded (then it says ≈) and is never read back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from zkcompliance.quantities.numbers import MILLION


def show_id(number: int) -> str:
    """An id whose text is not known: `0x` and 32 hex digits, of which `ids.text_id` is the number."""
    return f"0x{number.to_bytes(16, 'little').hex()}"


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


def number_of(count: int, thing: str) -> str:
    """For people: how many there are of something that is counted, `1 row`, `2,000 log files`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """For people: `a`, `a and b`, `a, b and c`; empty for none."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


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
            return number_of(value // unit, name)
    return number_of(value, "second")
