"""Whole numbers ≥ 0, and what all values have in common: a refusal, and marks of where a value comes from.

    whole = digits [ "." digits ] [ ("e" | "E") [ "+" ] digits ]      exact: 2.5e24, not 2.55e1
          | [ digits [ "." digits ] ("x" | "*" | "×") ] "10" ("^" | "**") digits

Digits are ASCII, and a number of several does not begin with 0, nor does an exponent but for the zero that printf
writes (`1e+06`). No sign, no `_`, no space around it.
"""

from __future__ import annotations

import operator
import re
from decimal import Decimal

from zkcompliance.errors import UsageError

MAX_DIGITS = 154  # 2^512 has 155
MILLION = 1_000_000

_WHOLE = "(0|[1-9][0-9]*)"
_NUMBER = re.compile(rf"{_WHOLE}(?:\.([0-9]+))?(?:[eE](\+0[0-9]|\+?(?:0|[1-9][0-9]{{0,3}})))?")
_POWER = re.compile(r"(?:([1-9][0-9]*(?:\.[0-9]+)?) ?[*x×] ?)?10 ?(?:\^|\*\*) ?(0|[1-9][0-9]{0,3})")
_FORM = "is not an exact number: it is not a whole number such as 1234, 2.5e25 or 10^26"
_NO_NUMBERS = ("nan", "inf", "infinity")


class Refused(Exception):
    """Why a value cannot be taken. `why` goes behind the value's place and never repeats the value; `help`: a remedy
    that is a command or an argument, empty where `why` says it all."""

    def __init__(self, why: str, help: str = "") -> None:
        super().__init__(why)
        self.why, self.help = why, help


class Exact(int):
    """An integer as it is encoded: read already, by this package or an importer, with no unit or range left to ask."""

    __slots__ = ()


class Number(str):
    """A number with a point or an exponent as its file writes it (JSON, TOML): its digits are its value."""

    __slots__ = ()


class Typed(str):
    """The shortest decimal of a cell of a column of floats: which unit it has, the column must say."""

    __slots__ = ()


def quoted(text: str) -> str:
    """A value that is public (a parameter, a policy's), for a message: in quotes, cut, and escaped where it is odd."""
    return ascii(text[:40])


def is_truth(value: object) -> bool:
    """Whether a value is a truth value, numpy's too (without loading numpy)."""
    return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")


def read_whole(value: object) -> int:
    """A whole number ≥ 0 of an int, an integer of numpy, a Decimal, or a text. Refused otherwise; floats are."""
    if isinstance(value, Exact):
        return int(value)
    if is_truth(value):
        raise Refused("is a bool, a truth value and no number")
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, float):
        raise Refused("is a float, and quantities are exact: write an integer or a text such as '2.5e25'")
    if isinstance(value, Decimal):
        return _from_decimal(value)
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise Refused(f"is a {type(value).__name__}, not a whole number") from None
    if number < 0:
        raise Refused("is negative")
    return number


def read_truth(value: object) -> int:
    """0 or 1 of true and false: Python's, numpy's, or the texts `true` and `false`; no number is one."""
    if isinstance(value, str) and not isinstance(value, (Number, Typed)) and value in ("true", "false"):
        return int(value == "true")
    if is_truth(value):
        return int(bool(value))
    raise Refused("is not true or false")


def parse_integer(text: str) -> int:
    """A whole number ≥ 0: `1234`, `1e26`, `2.5e25`, `10^26`, `3 x 10^25`. Anything else: UsageError."""
    try:
        return _from_text(text)
    except Refused as refused:
        raise UsageError(f"{quoted(text)} {refused.why}") from None


def _from_text(text: str) -> int:
    if match := _NUMBER.fullmatch(text):
        return _scaled(match[1], match[2] or "", int(match[3] or 0))
    if match := _POWER.fullmatch(text):
        whole, _, fraction = (match[1] or "1").partition(".")
        return _scaled(whole, fraction, int(match[2]))
    raise Refused(why_no_number(text) or _FORM)


def _scaled(whole: str, fraction: str, exponent: int) -> int:
    """whole.fraction · 10^exponent."""
    fraction = fraction.rstrip("0")
    if len(fraction) > exponent:
        raise Refused("is not an exact number: it is not whole")
    if len(whole) + exponent > MAX_DIGITS:
        raise Refused(f"is larger than any quantity here (over {MAX_DIGITS} digits)")
    return int(whole + fraction + "0" * (exponent - len(fraction)))


def _from_decimal(value: Decimal) -> int:
    if not value.is_finite():
        raise Refused("is not a finite number")
    if value.is_signed():
        raise Refused("is negative")
    if value.adjusted() > MAX_DIGITS:
        raise Refused(f"is larger than any quantity here (over {MAX_DIGITS} digits)")
    if value != value.to_integral_value():
        raise Refused("is not whole, and quantities are exact")
    return int(value)


def why_no_number(text: str) -> str:
    """The likely slip in a text that is no number of this grammar, as words behind its place; empty: none is known."""
    if not text:
        return "is empty"
    if text != text.strip():
        return "has space around it: write the number alone"
    if "_" in text:
        return "has an underscore between its digits: write digits alone"
    if text.lstrip("+-").lower() in _NO_NUMBERS:
        return "is not an exact, finite number"
    if text[0] == "-":
        return "is negative, or has a minus sign"
    if text[0] == "+":
        return "has a plus sign before it: write digits alone"
    if not text.isascii() and any(c.isdecimal() or c.isdigit() for c in text if not c.isascii()):
        return "has digits other than 0 to 9"
    if len(text) > 1 and text[0] == "0" and text[1].isdigit():
        return "begins with 0: write it without leading zeros"
    if "," in text and text.replace(",", "").replace(".", "").isdigit():
        return "has a comma: write digits alone, and a point before decimals"
    return ""
