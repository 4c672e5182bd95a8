"""Shares: numbers from 0 to 1, held in parts per million, and written with their unit.

    80%   12.5 %   0.8   1.0   800000 ppm   0

`1` could be 100 % or one part per million, and `80` anything: an integer other than 0 says no unit and is refused,
unless its column has stated one (`ppm`, `percent`, `fraction`). A column's floats are taken by their shortest decimal.

A rate is a share that may be above 100 %, `250%` or `2.5`, written and read alike up to MOST_RATE.

What is finer than a part per million: a measured value (a row's) is rounded, half to even, from its decimal digits; a
limit (a parameter's, a policy's) is refused, since nobody else may say which limit was meant.
"""

from __future__ import annotations

import operator
import re
from decimal import Decimal
from fractions import Fraction

from zkcompliance.errors import UsageError
from zkcompliance.quantities.numbers import MILLION, Exact, Refused, Typed, is_truth, quoted, why_no_number

UNITS = {"ppm": 1, "percent": MILLION // 100, "fraction": MILLION}  # parts per million that 1 of it is
MOST_RATE = MILLION * MILLION  # a million-fold: the largest share that may be above 100 %
_LONGEST = 400  # digits, and the largest exponent either way
_DECIMAL = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?(?:[eE]([+-]0[0-9]|[+-]?(?:0|[1-9][0-9]{0,2})))?")
_FORMS = "write 80%, 0.8 or 800000 ppm"


def read_share(value: object, unit: str | None = None, *, rounded: bool = False, most: int = MILLION) -> Exact:
    """Parts per million, 0 … `most`. unit: of a number that says none, a key of UNITS. rounded: see the module.

    most: 1,000,000, which is 100 %, or MOST_RATE for a rate. Refused for anything else, floats too where no unit is
    stated.
    """
    if isinstance(value, Exact):
        return value
    if is_truth(value):
        raise Refused("is a truth value, not a share")
    if isinstance(value, Typed):
        if unit is None:
            raise _typed()
        return _in_range(_decimal(value) * UNITS[unit], rounded, most)
    if isinstance(value, float):
        if unit is None:
            raise _typed()
        return _in_range(_decimal(float.__repr__(value)) * UNITS[unit], rounded, most)
    if isinstance(value, Decimal):
        return _in_range(_of_decimal(value, unit), rounded, most)
    if isinstance(value, str):
        return _in_range(_of_text(value, unit), rounded, most)
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise Refused(f"is a {type(value).__name__}, not a share: {_FORMS}") from None
    if number < 0:
        raise Refused("is negative")
    if unit is None and number:
        raise _bare()
    return _in_range(Fraction(number * UNITS[unit or "ppm"]), rounded, most)


def parse_ppm(text: str) -> Exact:
    """A share as a limit: `30%`, `12.5 %`, `0.3`, `300000 ppm`, `0`; UsageError for anything else."""
    try:
        return read_share(text)
    except Refused as refused:
        raise UsageError(f"{quoted(text)} {refused.why}") from None


class UnitNotStated(Refused):
    """A number of a share that says no unit, and whose column or parameter states none."""


def _bare() -> Refused:
    return UnitNotStated(f"has no unit: 1 could be 100 %, 1 % or one part per million; {_FORMS}")


def _typed() -> Refused:
    return UnitNotStated("is a float of a column that states no unit: is it ppm, percent or a fraction?")


def _of_text(text: str, unit: str | None) -> Fraction:
    for ending, name in (("%", "percent"), ("ppm", "ppm")):
        if text.endswith(ending):
            return _decimal(text.removesuffix(ending).removesuffix(" "), "eE") * UNITS[name]
    amount = _decimal(text)
    if unit is not None:
        return amount * UNITS[unit]
    if amount and "." not in text and "-" not in text:
        raise _bare()
    return amount * MILLION


def _of_decimal(value: Decimal, unit: str | None) -> Fraction:
    if not value.is_finite():
        raise Refused("is not a finite number")
    amount = _decimal(str(value).replace("E", "e"))
    if unit is not None:
        return amount * UNITS[unit]
    exponent = value.as_tuple().exponent
    if amount and isinstance(exponent, int) and exponent >= 0:
        raise _bare()
    return amount * MILLION


def _decimal(text: str, without: str = "") -> Fraction:
    """A decimal ≥ 0 exactly; without: letters that may not stand in it."""
    match = _DECIMAL.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or any(letter in text for letter in without):
        raise Refused(why_no_number(text) or f"is not a share: {_FORMS}")
    exponent = int(match[3] or 0)
    if abs(exponent) > _LONGEST:
        raise Refused(f"is not a share: {_FORMS}")
    return Fraction(match[1] + (match[2] or "")) * Fraction(10) ** exponent


def _in_range(parts: Fraction, rounded: bool, most: int) -> Exact:
    if parts > most:
        raise Refused(f"is over {most // (MILLION // 100):,} % ({most:,} parts per million)")
    if parts.denominator != 1 and not rounded:
        raise Refused("is finer than a part per million (0.0001 %)")
    return Exact(round(parts))
