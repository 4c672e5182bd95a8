"""Exact numbers out of decoded JSON: whole amounts, signed numbers, seconds. Never through a float.

`where` names row and column in messages; values are never repeated.
"""

from __future__ import annotations

import hashlib
import re
from decimal import Decimal
from fractions import Fraction

from zkcompliance import limits
from zkcompliance.errors import ImporterError
from zkcompliance.quantities import MAX_DIGITS, Refused, read_time

_QUICK = 1 << 64  # up to which an int needs no fraction to be judged
_PRECISE = re.compile(r"([^.]{19})(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")


def signed(value: object, where: str) -> Fraction:
    """A number, exactly as it was written. ImporterError: no number, NaN or infinite."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ImporterError(f"{where}: is not a number")
    if isinstance(value, Decimal) and not value.is_finite():
        raise ImporterError(f"{where}: is NaN or infinite")
    return Fraction(value)


def number(value: object, where: str) -> Fraction:
    """A number ≥ 0, exactly as it was written. ImporterError: no number, NaN, infinite or negative."""
    amount = signed(value, where)
    if amount < 0:
        raise ImporterError(f"{where}: is negative")
    return amount


def whole(value: object, where: str) -> int:
    """A whole number ≥ 0. A fraction form is taken when its digits are those of a whole number: 5.0, 1.8e11."""
    if type(value) is int and 0 <= value < _QUICK:
        return value
    amount = number(value, where)
    if amount.denominator != 1:
        raise ImporterError(f"{where}: is not a whole number")
    if amount >= 10**MAX_DIGITS:
        raise ImporterError(f"{where}: is absurdly large")
    return amount.numerator


def moment(value: object, where: str) -> Fraction:
    """A time as rows have it (`quantities`), which may have a fraction of a second → exact UTC seconds since 1970."""
    seconds, fraction = _parts(value, where)
    return seconds + Fraction(f"0{fraction}" if fraction else 0)


def second(value: object, where: str) -> int:
    """`moment`, rounded down to whole seconds."""
    return _parts(value, where)[0]


def _parts(value: object, where: str) -> tuple[int, str]:
    """Whole UTC seconds of a time, and the fraction of one that follows: `.25`, or "" without one."""
    if not isinstance(value, str) or len(value) > 40:
        raise ImporterError(f"{where}: is not a time")
    match = _PRECISE.fullmatch(value)
    try:
        seconds = read_time(f"{match[1]}{match[3]}" if match else value)
    except Refused as refused:
        raise ImporterError(f"{where}: {refused.why}") from None
    if match is None:
        raise ImporterError(f"{where}: is not a time in ISO 8601")
    return seconds, match[2] or ""


def ceil(amount: Fraction) -> int:
    """Rounded up: amounts of compute are never understated."""
    return -(-amount.numerator // amount.denominator)


class Seen:
    """Identities that have been met, held as 64-bit hashes: at most MAX_IMPORT_IDENTITIES of them.

    Two different identities of a file clash with probability below 2^-22; the file is then refused, not misread.
    """

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def __len__(self) -> int:
        return len(self._hashes)

    def add(self, *parts: object) -> bool:
        """Whether these parts are new; they are then remembered. ImporterError when there are too many."""
        digest = hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
        key = int.from_bytes(digest, "little")
        if key in self._hashes:
            return False
        if len(self._hashes) >= limits.MAX_IMPORT_IDENTITIES:
            raise ImporterError(f"over {limits.MAX_IMPORT_IDENTITIES} rows in one file; split it")
        self._hashes.add(key)
        return True
