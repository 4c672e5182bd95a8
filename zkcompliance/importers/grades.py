"""What a tool's grade is worth as a share: truth values, letters, texts by `map`, numbers by `scale`.

A number v is worth (v − low) / (high − low), of the scale low … high, 0 … 1 unless stated. What a text is worth is
stated, but for the letters that a tool defines itself. Nothing is guessed: what has no worth is refused, with the
option that gives it one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.exact import signed
from zkcompliance.quantities import MILLION, parse_ppm

OPTIONS = {
    "map": "what texts are worth, such as yes=100%,no=0; default none",
    "scale": "the least and the greatest value, such as 1..10, which are worth 0 and 100 %; default 0..1",
}
_NUMBER = r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?"
_SCALE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})", re.ASCII)


@dataclass(frozen=True)
class Grades:
    """texts: what each is worth, 0 … 1; stated: those of them that `map` gives; low, high: of numbers."""

    texts: Mapping[str, Fraction]
    stated: Mapping[str, Fraction]
    low: Fraction
    high: Fraction

    @classmethod
    def of(cls, options: Mapping[str, str], letters: Mapping[str, Fraction]) -> Grades:
        """By `map` and `scale`; letters: the texts that the tool itself gives a worth. UsageError for a bad one."""
        stated = {text: Fraction(parse_ppm(share), MILLION) for text, share in settings.table(options, "map").items()}
        match = _SCALE.fullmatch(options.get("scale", "0..1"))
        if match is None or Fraction(match[1]) >= Fraction(match[2]):
            raise UsageError(
                "scale: want LOW..HIGH, two numbers, the lower one first", help="add --set scale=1..10, or scale=-1..1"
            )
        return cls({**letters, **stated}, stated, Fraction(match[1]), Fraction(match[2]))

    def worth(self, value: object, where: str) -> Fraction:
        """0 … 1. ImporterError for what has no worth, with the option that gives it one; values are not repeated."""
        if isinstance(value, bool):
            return Fraction(value)
        if isinstance(value, str):
            if value not in self.texts:
                raise ImporterError(
                    f"{where}: is a text of which nobody said what it is worth"
                    + (f"; {', '.join(self.texts)} are known" if self.texts else ""),
                    help="add --set map=TEXT=SHARE,TEXT=SHARE, such as map=yes=100%,no=0",
                )
            return self.texts[value]
        amount = signed(value, where)
        if not self.low <= amount <= self.high:
            side = "under the least" if amount < self.low else "over the greatest"
            raise ImporterError(
                f"{where}: is {side} value of the scale {_shown(self.low)}..{_shown(self.high)}",
                help="add --set scale=LOW..HIGH, the grader's least and greatest value, such as scale=1..10",
            )
        return (amount - self.low) / (self.high - self.low)


def _shown(value: Fraction) -> str:
    return format(Decimal(value.numerator) / Decimal(value.denominator), "f")
