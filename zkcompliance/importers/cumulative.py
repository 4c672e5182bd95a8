"""Rows out of a cumulative count that a training run logged: of FLOP, or of tokens by which 6 × parameters × tokens is.

What formats of such logs share: which count it is, what a run does that was resumed, where its file begins, and what a
number stands for that the log has rounded.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.mlflow_model import Point
from zkcompliance.importers.mlflow_series import increases
from zkcompliance.importers.model import Identified, Row
from zkcompliance.quantities import parse_integer

FORMULA = (
    "between logged values, a cumulative FLOP count, method measured; or 6 × parameters × the increase of {tokens}, "
    "method architecture. The first value counts in full, or from `base`; what came after the last value is in no row. "
    "A row's interval reaches from the value before (the start of the file for the first) to the value"
)
_DOUBLE = 53  # significant bits
RESUMED = {
    "base": "the count at which the file begins, of a run that goes on from a checkpoint; default 0",
    "resumed": "refuse (default) a run that goes back; rewind: to a checkpoint; restart: its counter to 0",
    "order": "step (default) or time, of counts without steps",
}


def named(word: str) -> dict[str, str]:
    """The options that name the count; word: what the format calls a series, e.g. `tag`."""
    return {
        f"flop_{word}": f"the {word} of a cumulative FLOP count, e.g. train/flops",
        f"tokens_{word}": f"the {word} of a cumulative token count, with `parameters`",
        "parameters": "of the model, e.g. 7e9",
    }


@dataclass(frozen=True)
class Count:
    """Which count is taken, and how; increases of `name` are multiplied by `factor`."""

    stated: settings.Compute
    name: str
    factor: int
    method: str
    base: int
    resumed: str
    order: str

    @classmethod
    def of(cls, options: Mapping[str, str], word: str, run: str) -> Count:
        """From the options. run: the default name of the run."""
        flop, tokens = f"flop_{word}", f"tokens_{word}"
        if (flop in options) == (tokens in options):
            raise UsageError(f"name one {word}: {flop}, or {tokens} with parameters", help="zkcompliance formats")
        if (tokens in options) != ("parameters" in options):
            raise UsageError(f"{tokens} and parameters go together", help="zkcompliance formats")
        order = settings.choice(options, "order", ("step", "time"), "step")
        resumed = settings.choice(options, "resumed", ("refuse", "rewind", "restart"), "refuse")
        if order == "time" and resumed == "rewind":
            raise UsageError("resumed=rewind tells by the steps, and order=time says that there are none")
        return cls(
            settings.Compute.of(options, run),
            options.get(flop) or options[tokens],
            6 * parse_integer(options["parameters"]) if "parameters" in options else 1,
            "architecture" if "parameters" in options else "measured",
            parse_integer(options["base"]) if "base" in options else 0,
            resumed,
            order,
        )

    def rows(self, points: Iterable[Point], began: int, identity: tuple[str | int, ...]) -> Iterator[Row]:
        """A row of the compute schema for each point, in the order in which they were logged.

        began: when the file begins, in milliseconds. identity: what no other run has; with the step, and how often it
        was logged before, it is that of a row.
        """
        times: dict[int, int] = {}
        for found in increases(self._in_order(points), began, self.resumed, self.base):
            times[found.step] = times.get(found.step, 0) + 1
            if len(times) > limits.MAX_IMPORT_IDENTITIES:
                raise _too_many()
            amount = self.factor * found.amount
            row = self.stated.row(found.start // 1000, -(-found.end // 1000), amount, self.method)
            yield Identified(row, (*identity, found.step, times[found.step]), f"step {found.step}")
        if not times:
            raise ImporterError(f"holds no value of {self.name[:64]}", help="name it as the log does, with --set")

    def _in_order(self, points: Iterable[Point]) -> Iterable[Point]:
        """As they were logged, by increasing steps unless the run was resumed; or by their times."""
        if self.order == "step":
            return self._by_step(points)
        found = list(itertools.islice(points, limits.MAX_IMPORT_IDENTITIES + 1))
        if len(found) > limits.MAX_IMPORT_IDENTITIES:
            raise _too_many()
        return sorted(found, key=lambda point: point.time)

    def _by_step(self, points: Iterable[Point]) -> Iterator[Point]:
        before: Point | None = None
        for point in points:
            if self.resumed == "refuse" and before is not None and point.step <= before.step:
                raise ImporterError(
                    f"{point.where}: its step is there already, or is before the one before",
                    help="a run that was resumed: add --set resumed=rewind; a count without steps: --set order=time",
                )
            before = point
            yield point


def _too_many() -> ImporterError:
    return ImporterError(f"over {limits.MAX_IMPORT_IDENTITIES} values in one file; log fewer of them")


def unrounded(value: float, bits: int, rounded: str, where: str) -> int:
    """The whole number ≥ 0 that a number of `bits` significant bits stands for.

    From 2^bits on several whole numbers are rounded to one: rounded says whether that is refused, taken as it stands
    (`nearest`), or taken as the largest of them (`up`: half a unit in the last place more). Where a float was made from
    a double, as Python does, the double had been rounded too: half a unit of its last place comes on top.
    """
    if not math.isfinite(value):
        raise ImporterError(f"{where}: is NaN or infinite")
    if value < 0:
        raise ImporterError(f"{where}: is negative")
    if value != math.floor(value):
        raise ImporterError(f"{where}: is not a whole number")
    amount = int(value)
    if amount < 1 << bits:
        return amount
    if rounded == "refuse":
        raise ImporterError(
            f"{where}: is from 2^{bits} on, where the log has rounded it to {bits} bits",
            help="add --set rounded=up (the largest count that is written so) or rounded=nearest (as it stands)",
        )
    if rounded == "nearest":
        return amount
    length = amount.bit_length()
    return amount + sum(1 << length - each - 1 for each in {bits, _DOUBLE} if length > each)
