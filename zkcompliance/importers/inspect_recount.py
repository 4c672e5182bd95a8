"""Whether the results that an Inspect log states follow from its samples.

Inspect reduces the epochs of each item to one value, and means those over the items; what a value is as a number is
its own rule (`as_number`). Recomputed are the reducers `mean`, `median`, `max`, `at_least_K`, `pass_at_K` and `pass_K`:

    at_least_K = 1 where at least K of n epochs have 1 or more, else 0
    pass_at_K  = 1 − C(n − c, K) / C(n, K), of n epochs of which c have 1 or more
    pass_K     = C(c, K) / C(n, K)
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import comb

from zkcompliance import limits
from zkcompliance.errors import ImporterError
from zkcompliance.importers.exact import signed
from zkcompliance.quantities import MILLION

LETTERS = {"C": Fraction(1), "P": Fraction(1, 2), "I": Fraction(0), "N": Fraction(0)}
_WORDS = {"yes": Fraction(1), "true": Fraction(1), "no": Fraction(0), "false": Fraction(0)}
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})(?:e[+-]?[0-9]{1,2})?", re.ASCII)
_COUNTED = re.compile(r"(at_least|pass_at|pass)_([1-9][0-9]{0,5})", re.ASCII)


@dataclass(frozen=True)
class Result:
    """One mean that the log states of the chosen score: over items, after a reducer over epochs (None: the default).

    scored, unscored: items, None where the log does not count them. value: None where it is NaN, of no item.
    """

    reducer: str | None
    scored: int | None
    unscored: int | None
    value: Fraction | None


def as_number(value: object, where: str) -> Fraction:
    """A value as Inspect's own metrics count it: C = 1, P = 0.5, yes and true = 1, digits, and any other text 0."""
    if isinstance(value, bool):
        return Fraction(value)
    if not isinstance(value, str):
        return signed(value, where)
    lower = value.lower()
    if value in LETTERS or lower in _WORDS:
        return LETTERS[value] if value in LETTERS else _WORDS[lower]
    return Fraction(Decimal(lower)) if _DECIMAL.fullmatch(lower) else Fraction(0)


@dataclass
class Recount:
    """The values of one reading of the scores, by item: each epoch's, but for samples without a score.

    unscored: items of which a scorer ran and gave nothing.
    """

    items: dict[str, list[Fraction]] = field(default_factory=dict)
    unscored: set[str] = field(default_factory=set)

    def add(self, item: str, value: Fraction | None) -> None:
        """One epoch's score of an item; None where the scorer gave none."""
        if value is None:
            self.unscored.add(item)
            return
        values = self.items.get(item)
        if values is not None:
            values.append(value)
            return
        if len(self.items) >= limits.MAX_IMPORT_IDENTITIES:
            raise ImporterError("too many samples in one file")
        self.items[item] = [value]

    def fault(self, line: Result) -> str | None:
        """What of a stated result does not follow; None where all does. Only for reducers that `known` has."""
        reduced = self._reduced(line.reducer)
        every = [value for values in self.items.values() for value in values] if line.reducer is None else reduced
        if line.scored is not None and line.scored not in (len(reduced), len(every)):
            return "results.scores.scored_samples: is not as many as the samples have scores"
        if line.unscored is not None and line.unscored != len(self.unscored - self.items.keys()):
            return "results.scores.unscored_samples: is not as many as the samples lack scores"
        if line.value is None or not reduced:
            return "results.scores: states no mean, and samples are scored" if reduced else None
        if all(abs(_mean(values) - line.value) > Fraction(1, MILLION) for values in (reduced, every)):
            return "results.scores: the stated result does not follow from the samples"
        return None

    def _reduced(self, reducer: str | None) -> list[Fraction]:
        reduce = _reducer(reducer)
        if reduce is None:
            raise ValueError(f"the reducer {reducer} cannot be recomputed")
        found = [reduce(values) for values in self.items.values()]
        return [value for value in found if value is not None]


def known(reducer: str | None) -> bool:
    """Whether means after this reducer can be recomputed."""
    return _reducer(reducer) is not None


def _mean(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction()) / len(values)


def _reducer(name: str | None) -> Callable[[list[Fraction]], Fraction | None] | None:
    """From an item's epochs to its value; which is None where the reducer has none."""
    if name in (None, "mean"):
        return _mean
    if name == "median":
        return statistics.median
    if name == "max":
        return max
    match = _COUNTED.fullmatch(name or "")
    if match is None:
        return None
    least = int(match[2])

    def counted(values: list[Fraction]) -> Fraction | None:
        total, ones = len(values), sum(value >= 1 for value in values)
        if match[1] == "at_least":
            return Fraction(ones >= least)
        if total < least:
            return None
        if match[1] == "pass":
            return Fraction(comb(ones, least), comb(total, least))
        return 1 - Fraction(comb(total - ones, least), comb(total, least))

    return counted
