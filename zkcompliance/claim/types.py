"""What a value is: its kind, its unit and its range, before any number is known.

A number carries a unit as a product of powers of FLOP, seconds and ppm: `Flop`, `Flop/s`, `Flop*ppm`. Numbers of one
unit add and compare; any two multiply. A `Time` is a point: Time − Time is Seconds, Time ± Seconds is Time, and nothing
else can be done with it but compare. Ids and enums are only equal or not, or in a set. A literal int takes the type of
what it meets.

The classes `Flop`, `Time`, … are the words that claims use in `Param[…]`; each holds its `Type` and the largest value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from zkcompliance.schemas import LARGEST, Column, Schema

Unit = tuple[tuple[str, int], ...]
NUMBER, TIME, ID, ENUM, BOOL, SET = "number", "time", "id", "enum", "bool", "set"
_NAMES: dict[Unit, str] = {
    (): "Int", (("flop", 1),): "Flop", (("s", 1),): "Seconds", (("ppm", 1),): "Ppm",
}  # fmt: skip


@dataclass(frozen=True)
class Type:
    """kind: number, time, id, enum, bool, set. `unit` belongs to numbers, `choices` to enums and sets of them, in index
    order; `of` to sets of other values, members of that type and at most `top` (see `places`)."""

    kind: str
    unit: Unit = ()
    choices: tuple[str, ...] = ()
    of: Type | None = None
    top: int = 0
    counts: bool = field(default=False, compare=False)  # a Count: an Int that reads as a number of things

    @property
    def width(self) -> int:
        """Bits of a member of a set of values, in whole limbs."""
        return 16 * -(-self.top.bit_length() // 16)

    def __str__(self) -> str:
        if self.of is not None:
            return f"Set of {self.of}"
        if self.kind != NUMBER:
            return (
                f"{self.kind.capitalize()}({', '.join(self.choices[:3])}…)" if self.choices else self.kind.capitalize()
            )
        if self.counts:
            return "Count"
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
TIME_POINT = Type(TIME)
IDENTITY = Type(ID)
TRUTH = Type(BOOL)
_COLUMN_TYPES = {
    "time": TIME_POINT, "flop": FLOP, "count": COUNT, "ppm": PPM, "id": IDENTITY, "bool": TRUTH,
}  # fmt: skip
_SPECIAL = {("flop", "peak"): FLOP_PER_SECOND, ("flop", "tokens"): COUNT}


def column_type(column: Column) -> Type:
    """The type of a schema's column. Of schema type flop, `peak` is a rate in FLOP per second and `tokens` a Count."""
    if column.type == "enum":
        return Type(ENUM, choices=column.choices)
    return _SPECIAL.get((column.type, column.name), _COLUMN_TYPES[column.type])


def product(a: Type, b: Type) -> Type | None:
    """The type of a·b; None when one of them is no number. A Count times anything keeps the other's name."""
    if a.kind != NUMBER or b.kind != NUMBER:
        return None
    powers = dict(a.unit)
    for base, power in b.unit:
        powers[base] = powers.get(base, 0) + power
    unit = tuple(sorted((base, power) for base, power in powers.items() if power))
    return Type(NUMBER, unit, counts=a.counts and b.counts)


def total(a: Type, b: Type) -> Type | None:
    """The type of a + b, or None."""
    if a == b and a.kind == NUMBER:
        return a if a.counts == b.counts else INT
    if (a, b) in ((TIME_POINT, SECONDS), (SECONDS, TIME_POINT)):
        return TIME_POINT
    return None


def difference(a: Type, b: Type) -> Type | None:
    """The type of a − b, or None."""
    if a == b and a.kind == NUMBER:
        return INT if a.unit == () else a
    if a == TIME_POINT:
        return {TIME_POINT: SECONDS, SECONDS: TIME_POINT}.get(b)
    return None


class Word:
    """A type's name in a claim. `largest`: of a parameter that states no bound."""

    type: ClassVar[Type]
    largest: ClassVar[int]
    reads: ClassVar[str]  # how a person writes a value: a key of `params.READERS`


class Time(Word):
    """A moment, UTC seconds."""

    type, largest, reads = TIME_POINT, LARGEST["time"], "time"


class Seconds(Word):
    """A length of time."""

    type, largest, reads = SECONDS, 2**40 - 1, "seconds"


class Flop(Word):
    """A number of floating-point operations. A parameter may exceed a column's 2^96: it is compared with totals."""

    type, largest, reads = FLOP, 2**112 - 1, "integer"


class FlopPerSecond(Word):
    """A rate."""

    type, largest, reads = FLOP_PER_SECOND, 2**112 - 1, "integer"


class Count(Word):
    """A number of things."""

    type, largest, reads = COUNT, LARGEST["count"], "integer"


class Ppm(Word):
    """A share in parts per million, at most 1,000,000."""

    type, largest, reads = PPM, LARGEST["ppm"], "ppm"


class Int(Word):
    """A plain whole number ≥ 0."""

    type, largest, reads = INT, 2**64 - 1, "integer"


class Id(Word):
    """The 128-bit digest of a text."""

    type, largest, reads = IDENTITY, LARGEST["id"], "id"


class Bool(Word):
    """Yes or no."""

    type, largest, reads = TRUTH, 1, "bool"


LARGEST_OF = {word.type: word.largest for word in (Time, Seconds, Flop, FlopPerSecond, Count, Ppm, Id, Bool)}


class EnumWord(Word):
    """One of a column's choices: `class Phase(EnumWord, schema=compute, column="phase")`."""

    reads = "enum"

    def __init_subclass__(cls, *, schema: Schema, column: str, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        choices = schema.column(column).choices
        cls.type, cls.largest = Type(ENUM, choices=choices), len(choices) - 1


W = TypeVar("W", bound=Word)


class SetOf(Generic[W]):
    """`Param[SetOf[Phase]]`: a public set of choices, held as a bit mask. Of another type, `Param[SetOf[Id]]`: a public
    set of at most `param(…, places=…)` values."""
