"""Making nodes: frames and rows agree, ranges are bounded, literals are read, the author's line is noted."""

from __future__ import annotations

from typing import Any, TypeVar

from zkcompliance.card import types
from zkcompliance.card.reading import read
from zkcompliance.card.types import Type
from zkcompliance.claim.language.closed import Closed
from zkcompliance.claim.meaning import core, ranges
from zkcompliance.claim.meaning.core import Rows, Value
from zkcompliance.claim.meaning.source import here, refuse
from zkcompliance.errors import UsageError

E = TypeVar("E", bound="Handle")


class Handle:
    """A core value, and the rows that its column was taken from."""

    __slots__ = ("node", "rows")

    def __init__(self, node: Value, rows: Rows | None = None) -> None:
        self.node = node
        self.rows = rows


def make(kind: type[Value], *parts: Any, operands: tuple[E, ...], rows: Rows | None = None, **options: Any) -> E:
    """A node over the operands (at least one): frames and rows agree, the range is bounded, the line is noted."""
    frames = {operand.node.frame for operand in operands if operand.node.frame is not None}
    if len(frames) > 1:
        raise refuse(
            "rows of different tables in one expression",
            "remedy: bring a value over with lookup(…), test with x.is_in(other.column), or aggregate first",
        )
    options.setdefault("frame", frames.pop() if frames else None)
    options.setdefault("public", all(operand.node.public for operand in operands))
    node = kind(*parts, line=here(), **options)
    if ranges.too_large(node.range):
        raise refuse(
            f"a value here can reach 2^{max(abs(node.range[0]), node.range[1]).bit_length()}, over 2^256",
            "remedy: fewer factors, or a parameter with a bound: param(…, at_most=…)",
        )
    of = type(operands[0])
    return of(node, rows or _common([operand.rows for operand in operands if operand.rows is not None]))


def _common(given: list[Rows]) -> Rows | None:
    """The narrowest of the rows, where each contains it; refused where two selections differ."""
    found: Rows | None = None
    for rows in given:
        if found is None or within(rows, found):
            found = rows
        elif not within(found, rows):
            raise refuse(
                "columns of two different selections of one table",
                "remedy: take every column from the same table.where(…)",
            )
    return found


def within(a: Rows, b: Rows) -> bool:
    """Whether a is b or was made of it by `where`."""
    if b.order and a.order != b.order:
        return False
    if b.where is None or a.where == b.where:
        return True
    return isinstance(a.where, core.And) and within(Rows(a.frame, a.where.a, a.order), b)


def lift(value: object, kind: Type, of: type[E]) -> E:
    """A literal as an expression of the type; an expression is itself."""
    if isinstance(value, of):
        return value
    if kind == types.TRUTH and not isinstance(value, bool):
        raise refuse(f"{quoted(value)} where a truth value belongs", "remedy: True or False, or a condition on rows")
    return of(constant(literal(value, kind), kind))


def literal(value: object, kind: Type) -> int:
    """The integer that a literal of the type stands for; refused where it is none."""
    if isinstance(value, Closed):
        raise refuse(f"{value._called()} where a {kind} belongs", f"remedy: {value._instead('compare')}")
    try:
        return read(kind, value)
    except UsageError as error:
        raise refuse(error.message, f"remedy: {_written(kind)}") from None


def quoted(value: object) -> str:
    """A Python value that stands where none may, as a refusal has it: True, the text 'x', a list."""
    if value is None or isinstance(value, (bool, int, float)):
        return f"Python's {value!r}"[:60]
    return f"the text {value[:40]!r}" if isinstance(value, str) else f"a {type(value).__name__}"


def _written(kind: Type) -> str:
    """How a literal of the type is written."""
    if kind.kind == types.SET:
        return "a set is asked by x.is_in(set)"
    if kind.kind == types.ENUM:
        return "the name of a choice, as a text; of several, x.is_in((…))"
    if kind.kind == types.ID:
        return "a text; of several, x.is_in((…))"
    if kind.kind == types.BOOL:
        return "a condition on rows"
    if kind.kind == types.TIME:
        calendar = {types.DAY: "'2026-01-05'", types.MONTH: "'2026-01'", types.YEAR: "2026"}
        return calendar.get(kind, "'2026-01-05', whole seconds since 1970, or Time.largest, the end of time")
    named = {types.SECONDS: "'30 days', or days(30)", types.PPM: "'95%', or percent(95)"}
    if kind.rate:
        return "'250%', or percent(250)"
    return named.get(kind, "a whole number, or a text such as '2.5e25'")


def constant(number: int, kind: Type) -> core.Const:
    """The literal node."""
    if kind.kind == types.TIME and not 0 <= number <= types.LARGEST_OF[types.TIME_POINT]:
        raise refuse(f"{number} is no time", "remedy: from 1970 on, in seconds")
    if ranges.too_large((number, number)):
        raise refuse("a constant over 2^256", "remedy: no quantity of a log is so large")
    return core.Const(number, type=kind, range=(number, number), public=True, line=here())


def operand(value: object, like: E, moving: bool = False) -> E:
    """A literal beside `like`, of its type; `moving`: what is added to a time, or taken from it, is a length of time;
    of a point of the calendar a plain number, or as a text another point."""
    kind = like.node.type
    if moving and kind in types.CALENDAR:
        kind = kind if isinstance(value, str) else types.INT
    elif moving and kind.kind == types.TIME:
        kind = types.SECONDS
    return lift(value, kind, type(like))
