"""What comes of two values' types, and what a column of a schema is: asked when a claim is written, never by a card."""

from __future__ import annotations

from zkcompliance.card.types import (
    CALENDAR,
    COUNT,
    ENUM,
    FLOP,
    FLOP_PER_SECOND,
    IDENTITY,
    INT,
    NUMBER,
    PPM,
    SECONDS,
    TIME_POINT,
    TRUTH,
    Type,
)
from zkcompliance.schemas import Column

_COLUMN_TYPES = {
    "time": TIME_POINT, "flop": FLOP, "count": COUNT, "ppm": PPM, "id": IDENTITY, "bool": TRUTH,
}  # fmt: skip
_SPECIAL = {
    ("flop", "peak"): FLOP_PER_SECOND, ("flop", "tokens"): COUNT,
    ("flop", "tokens_sum"): COUNT, ("flop", "tokens_min"): COUNT, ("flop", "tokens_max"): COUNT,
    ("flop", "score_sum"): PPM,
}  # fmt: skip


def column_type(column: Column) -> Type:
    """The type of a schema's column. Of schema type flop, `peak` is a rate in FLOP per second, `tokens` a Count
    and so in roll-ups, and `score_sum` there a number of parts per million."""
    if column.type == "enum":
        return Type(ENUM, choices=column.choices, ranked=column.ranked)
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


def quotient(a: Type, b: Type) -> Type:
    """The type of ⌊a / b⌋, of two numbers."""
    return product(a, Type(NUMBER, tuple((base, -power) for base, power in b.unit))) or INT


def total(a: Type, b: Type) -> Type | None:
    """The type of a + b, or None."""
    if a == b and a.kind == NUMBER:
        return INT if a.counts != b.counts else b if b.rate else a
    if (a, b) in ((TIME_POINT, SECONDS), (SECONDS, TIME_POINT)):
        return TIME_POINT
    if (a in CALENDAR and b == INT) or (b in CALENDAR and a == INT):
        return a if a in CALENDAR else b
    return None


def difference(a: Type, b: Type) -> Type | None:
    """The type of a − b, or None."""
    if a == b and a.kind == NUMBER:
        return INT if a.unit == () else a
    if a in CALENDAR:
        return {a: INT, INT: a}.get(b)
    if a == TIME_POINT:
        return {TIME_POINT: SECONDS, SECONDS: TIME_POINT}.get(b)
    return None
