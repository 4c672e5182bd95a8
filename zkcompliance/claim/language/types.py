"""The words for types in `Param[…]`: `Flop`, `Time`, …; each holds its `Type` and the largest value."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

from zkcompliance.card.types import (
    COUNT,
    DAY,
    ENUM,
    FLOP,
    FLOP_PER_SECOND,
    IDENTITY,
    INT,
    LARGEST_INT,
    LARGEST_OF,
    LARGEST_RATE,
    MONTH,
    PPM,
    RATE,
    SECONDS,
    TIME_POINT,
    TRUTH,
    YEAR,
    Type,
)
from zkcompliance.schemas import Schema


class Word:
    """A type's name in a claim. `largest`: of a parameter that states no bound."""

    type: ClassVar[Type]
    largest: ClassVar[int]


class Time(Word):
    """A moment, UTC seconds."""

    type, largest = TIME_POINT, LARGEST_OF[TIME_POINT]


class Seconds(Word):
    """A length of time."""

    type, largest = SECONDS, LARGEST_OF[SECONDS]


class Flop(Word):
    """A number of floating-point operations."""

    type, largest = FLOP, LARGEST_OF[FLOP]


class FlopPerSecond(Word):
    """A rate."""

    type, largest = FLOP_PER_SECOND, LARGEST_OF[FLOP_PER_SECOND]


class Count(Word):
    """A number of things."""

    type, largest = COUNT, LARGEST_OF[COUNT]


class Ppm(Word):
    """A share in parts per million, at most 1,000,000."""

    type, largest = PPM, LARGEST_OF[PPM]


class Rate(Word):
    """A share that may be above 100 %, in parts per million: up to a million-fold."""

    type, largest = RATE, LARGEST_RATE


class Day(Word):
    """A day of the calendar, UTC."""

    type, largest = DAY, LARGEST_OF[DAY]


class Month(Word):
    """A month of the calendar, UTC."""

    type, largest = MONTH, LARGEST_OF[MONTH]


class Year(Word):
    """A year of the calendar, UTC."""

    type, largest = YEAR, LARGEST_OF[YEAR]


class Int(Word):
    """A plain whole number ≥ 0."""

    type, largest = INT, LARGEST_INT


class Id(Word):
    """The 128-bit digest of a text."""

    type, largest = IDENTITY, LARGEST_OF[IDENTITY]


class Bool(Word):
    """Yes or no."""

    type, largest = TRUTH, LARGEST_OF[TRUTH]


class EnumWord(Word):
    """One of a column's choices: `class Phase(EnumWord, schema=compute, column="phase")`."""

    def __init_subclass__(cls, *, schema: Schema, column: str, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        found = schema.column(column)
        cls.type, cls.largest = Type(ENUM, choices=found.choices, ranked=found.ranked), len(found.choices) - 1


W = TypeVar("W", bound=Word)


class SetOf(Generic[W]):
    """`Param[SetOf[Phase]]`: a public set of choices, held as a bit mask. Of another type, `Param[SetOf[Id]]`: a public
    set of at most `param(…, places=…)` values."""
