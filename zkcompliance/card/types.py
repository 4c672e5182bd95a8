"""What a value is: its kind, its unit and its range, before any number is known.

A number carries a unit as a product of powers of FLOP, seconds and ppm: `Flop`, `Flop/s`, `Flop*ppm`. Numbers of one
unit add and compare; any two multiply. A `Time` is a point: Time − Time is Seconds, Time ± Seconds is Time, and nothing
else can be done with it but compare. So are a day, a month and a year of the calendar, each with a unit of its own:
their differences are plain numbers. Ids and enums are only equal or not, or in a set; enums whose choices ascend
(`ranked`) have an order too. A literal int takes the type of what it meets.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from zkcompliance.limits import LARGEST
from zkcompliance.quantities import MOST_RATE

Unit = tuple[tuple[str, int], ...]
NUMBER, TIME, ID, ENUM, BOOL, SET = "number", "time", "id", "enum", "bool", "set"
_NAMES: dict[Unit, str] = {
    (): "Int", (("flop", 1),): "Flop", (("s", 1),): "Seconds", (("ppm", 1),): "Ppm",
}  # fmt: skip


@dataclass(frozen=True)
class Type:
    """kind: number, time, id, enum, bool, set. `unit` belongs to numbers, and to points of the calendar; `choices` to
    enums and sets of them, in index order; `of` to sets of other values, members of that type and at most `top` (see
    `places`)."""

    kind: str
    unit: Unit = ()
    choices: tuple[str, ...] = ()
    of: Type | None = None
    top: int = 0
    counts: bool = field(default=False, compare=False)  # a Count: an Int that reads as a number of things
    rate: bool = field(default=False, compare=False)  # a Ppm that may be above 100 %
    ranked: bool = field(default=False, compare=False)  # of an enum, in a claim's text: its choices ascend

    @property
    def width(self) -> int:
        """Bits of a member of a set of values, in whole limbs."""
        return 16 * -(-self.top.bit_length() // 16)

    def __str__(self) -> str:
        if self.of is not None:
            return f"Set of {self.of}"
        if self.kind == TIME and self.unit:
            return self.unit[0][0].capitalize()
        if self.kind != NUMBER:
            return (
                f"{self.kind.capitalize()}({', '.join(self.choices[:3])}…)" if self.choices else self.kind.capitalize()
            )
        if self.counts:
            return "Count"
        if self.rate:
            return "Rate"
        if self.unit in _NAMES:
            return _NAMES[self.unit]
        up = [(_NAMES[((base, 1),)], power) for base, power in self.unit if power > 0]
        over = [name + (f"^{power}" if power > 1 else "") for name, power in up]
        under = [base + (f"^{-power}" if power < -1 else "") for base, power in self.unit if power < 0]
        return "*".join(over or ["1"]) + "".join(f"/{base}" for base in under)


INT = Type(NUMBER)
COUNT = Type(NUMBER, counts=True)
FLOP = Type(NUMBER, (("flop", 1),))
FLOP_PER_SECOND = Type(NUMBER, (("flop", 1), ("s", -1)))
SECONDS = Type(NUMBER, (("s", 1),))
PPM = Type(NUMBER, (("ppm", 1),))
RATE = Type(NUMBER, (("ppm", 1),), rate=True)
TIME_POINT = Type(TIME)
DAY, MONTH, YEAR = (Type(TIME, ((unit, 1),)) for unit in ("day", "month", "year"))
CALENDAR = (DAY, MONTH, YEAR)
IDENTITY = Type(ID)
TRUTH = Type(BOOL)

# The largest value of a parameter that states no bound. One of FLOP may exceed a column's 2^96: totals are held to it.
LARGEST_OF = {
    TIME_POINT: LARGEST["time"], SECONDS: 2**40 - 1, FLOP: 2**112 - 1, FLOP_PER_SECOND: 2**112 - 1,
    COUNT: LARGEST["count"], PPM: LARGEST["ppm"], IDENTITY: LARGEST["id"], TRUTH: 1,
    DAY: 3_257_812_230, MONTH: 107_035_043, YEAR: 8_921_556,  # those of the largest time
}  # fmt: skip
LARGEST_INT, LARGEST_RATE = 2**64 - 1, MOST_RATE


def largest(kind: Type) -> int | None:
    """The largest value of a parameter of the type, or of a member of a set of them; None: of such a unit is none."""
    if kind.kind == ENUM:
        return len(kind.choices) - 1
    if kind.rate:
        return LARGEST_RATE
    return LARGEST_INT if kind == INT and not kind.counts else LARGEST_OF.get(kind)
