"""The operators of expressions: they build core nodes and check types, units and ranges.

An expression is a core value and the rows that its column was taken from, which `.sum()` and the like run over.
"""

from __future__ import annotations

import dataclasses
import difflib
from typing import Any, NoReturn, Self, TypeVar

from zkcompliance.card import types
from zkcompliance.card.types import Type
from zkcompliance.claim.language import units
from zkcompliance.claim.language.closed import Closed
from zkcompliance.claim.language.making import Handle, constant, lift, literal, make, operand, quoted
from zkcompliance.claim.meaning import always, core, ranges
from zkcompliance.claim.meaning.core import Value
from zkcompliance.claim.meaning.source import here, refuse, refuse_truth
from zkcompliance.errors import ClaimDefinitionError

E = TypeVar("E", bound="Operators")
_LENGTHS = {60: "minute", 3600: "hour", 86_400: "day", 604_800: "week"}  # in seconds
ORDERED = "numbers and times have it, and choices of which docs/schemas.md says so"


_INSTEAD = {
    "divmod": "x // 7 and x % 7, by a literal",
    "@": "one * multiplies", "<<": "multiply: x * 2**8", ">>": "divide by a literal: x // 2**8",
    "^": "of two truth values a != b is one of both; a power is a product: x * x",
    "+": "leave the + in front out",
    "hash": "x.is_in((a, b)) for a set, x.pick({…}, otherwise=…) for a value for each choice",
    "round": "x // 1000 * 1000 rounds down to thousands",
    "complex": "claims are exact; stay with whole numbers",
    "len": "rows are counted by table.count()", "[ ]": "rows are chosen by table.where(condition), the row before is "
    "x.previous(default=…)", "( )": "a column has no parentheses: write x",
    "str": "names of requirements are plain texts: rows are not known yet", "with": "leave `with` out",
    "in": "write x.is_in(…)", "for": "use .sum(), .every(…), group_by(…)",
}  # fmt: skip


class Operators(Closed, Handle):
    """A value of every row of `rows`, or a single one (rows None). Build only; never a number, never true or false."""

    __slots__ = ()

    # Arithmetic

    def __add__(self, other: Any) -> Self:
        return _add(self, operand(other, self, moving=True))

    def __radd__(self, other: Any) -> Self:
        return _add(operand(other, self, moving=True), self)

    def __sub__(self, other: Any) -> Self:
        return _sub(self, operand(other, self, moving=True))

    def __rsub__(self, other: Any) -> Self:
        return _sub(operand(other, self), self)

    def __mul__(self, other: Any) -> Self:
        return _mul(self, lift(other, types.INT, type(self)))

    __rmul__ = __mul__

    def __neg__(self) -> Self:
        return _sub(operand(0, _numeric(self, "-")), self)

    def __floordiv__(self, divisor: Any) -> Self:
        """⌊self / divisor⌋ by a literal ≥ 1, rounded down. By one with a unit, as days(1) is, the units divide too.

        A length of time by the bare number of seconds in a minute, hour, day or week is refused: what comes of it would
        be read, and shown, as seconds.
        """
        number, unit = _divisor(divisor)
        kind = units.quotient(_numeric(self, "//").node.type, unit)
        if kind == types.SECONDS and number in _LENGTHS:
            raise refuse(
                f"seconds // {number} are seconds still, and would be shown as such",
                f"remedy: // seconds({number}) is how many {_LENGTHS[number]}s there are, a plain number",
            )
        return self._quotient(divisor)

    def _quotient(self, divisor: Any) -> Self:
        number, unit = _divisor(divisor)
        kind = units.quotient(self.node.type, unit)
        if number == 1 and kind == self.node.type:
            return self
        if number == 1:
            return retyped(self, kind, self.node, " / ", divisor.node)
        made = self._with(core.FloorDiv, self.node, number, type=kind, range=ranges.floordiv(self.node.range, number))
        if kind == self.node.type:
            return made
        return type(self)(
            dataclasses.replace(made.node, said=("(", self.node, " / ", divisor.node, ", rounded down)")), made.rows
        )

    def __mod__(self, divisor: Any) -> Self:
        """The remainder, 0 … divisor − 1. By a literal with a unit, of the same one."""
        number, unit = _divisor(divisor)
        if unit not in (types.INT, _numeric(self, "%").node.type):
            raise refuse(f"{self.node.type} % {unit} has no meaning", "remedy: both sides have one unit")
        rest = self - self._quotient(number) * number
        low, high = self.node.range
        said = (self.node,) if low >= 0 and high < number else ("(the remainder of ", self.node, f" by {number:,})")
        return type(self)(_retyped(rest.node, rest.node.type, (0, number - 1), said), rest.rows)

    def __abs__(self) -> Self:
        """|a|; of a difference a − b it is the larger minus the smaller."""
        node, of = _numeric(self, "abs").node, type(self)
        if node.range[0] >= 0:
            return self
        less, up = compare("<", self, operand(0, self)), -self
        said: tuple[Any, ...] = ("(the size of ", node, ")")
        if isinstance(node, core.Sub):
            a, b = of(node.a, self.rows), of(node.b, self.rows)
            less, up = compare("<", a, b), b - a
            said = ("(the distance between ", node.a, " and ", node.b, ")")
        top = max(abs(node.range[0]), abs(node.range[1]))
        made = choose(less, up, self, (0, top))
        return of(dataclasses.replace(made.node, said=said), made.rows)

    def __truediv__(self, other: Any) -> NoReturn:
        raise refuse("/ is not exact", "remedy: // rounds down; to compare a quotient multiply out: a < limit * b")

    __rtruediv__ = __rfloordiv__ = __rmod__ = __truediv__

    def __pow__(self, other: Any) -> NoReturn:
        raise refuse("no powers", "remedy: multiply; a constant may be written 10**26")

    __rpow__ = __pow__

    # Comparisons

    def __lt__(self, other: Any) -> Self:
        return NotImplemented if isinstance(other, Reflected) else _asked("<", self, operand(other, self))

    def __le__(self, other: Any) -> Self:
        return NotImplemented if isinstance(other, Reflected) else _asked("<=", self, operand(other, self))

    def __gt__(self, other: Any) -> Self:
        return NotImplemented if isinstance(other, Reflected) else _asked("<", operand(other, self), self)

    def __ge__(self, other: Any) -> Self:
        return NotImplemented if isinstance(other, Reflected) else _asked("<=", operand(other, self), self)

    def __eq__(self, other: object) -> Self:  # type: ignore[override]
        return NotImplemented if isinstance(other, Reflected) else _asked("==", self, _beside(other, self))

    def __ne__(self, other: object) -> Self:  # type: ignore[override]
        return NotImplemented if isinstance(other, Reflected) else _asked("!=", self, _beside(other, self))

    __hash__ = Closed.__hash__  # a class that defines == has to say it again

    # Truth values

    def __and__(self, other: Any) -> Self:
        return _logic(core.And, self, other, "&")

    def __or__(self, other: Any) -> Self:
        return _logic(core.Or, self, other, "|")

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Self:
        a = condition(self, "~", type(self))
        if isinstance(a.node, core.Not):
            return type(self)(a.node.a, a.rows)
        return a._with(core.Not, a.node, range=ranges.BIT)

    def __bool__(self) -> NoReturn:
        raise refuse_truth()

    def __iter__(self) -> NoReturn:
        raise refuse("an expression cannot be looped over", "remedy: use .sum(), .every(…), group_by(…)")

    def __float__(self) -> NoReturn:
        raise refuse("an expression is no float", "remedy: claims are exact; stay with whole numbers")

    def __index__(self) -> NoReturn:
        raise refuse("an expression is not a number yet", "remedy: use it in the expression itself")

    __int__ = __index__

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        words = [each for each in dir(type(self)) if not each.startswith("_") and each not in ("node", "rows")]
        near = difflib.get_close_matches(name, words, 1)
        raise refuse(f"an expression has no word .{name}", f"remedy: {f'.{near[0]}' if near else ', '.join(words)}")

    def __setattr__(self, name: str, value: object) -> None:
        if name not in ("node", "rows"):
            raise refuse(f".{name} = … sets what is no variable", "remedy: give it a name of its own: x = …")
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"<{self.node.type} expression>"

    def _called(self) -> str:
        return f"a {self.node.type}"

    def _instead(self, sign: str) -> str:
        return _INSTEAD.get(sign, "use it in the expression itself")

    def _with(self, kind: type[Value], *parts: Any, **options: Any) -> Self:
        truth = kind is core.Not
        return make(kind, *parts, operands=(self,), **{"type": types.TRUTH if truth else self.node.type, **options})


class Reflected(Closed):
    """What compares itself with an expression: its own method is asked."""


def _divisor(value: object) -> tuple[int, Type]:
    """The number that a literal divisor stands for, ≥ 1, and its unit."""
    if isinstance(value, Operators) and isinstance(value.node, core.Const) and value.node.type.kind == types.NUMBER:
        if value.node.value < 1:
            raise refuse("division by a number below 1", "remedy: a literal from 1")
        return value.node.value, value.node.type
    return _literal(value), types.INT


def _literal(value: object) -> int:
    if isinstance(value, Operators):
        raise refuse(
            "division by what is not a literal", "remedy: multiply out: a < limit * b instead of a / b < limit"
        )
    number = literal(value, types.INT)
    if number < 1:
        raise refuse("division by a number below 1", "remedy: a literal from 1")
    return number


def _numeric(value: E, sign: str) -> E:
    """The value, which is a number; refused otherwise."""
    kind = value.node.type
    if kind.kind != types.NUMBER:
        remedies = {
            types.TIME: "a difference is a length of time, which is a number: end - start; of the calendar day_of(t)",
            types.BOOL: "x.as_count() is 1 or 0",
        }
        remedy = remedies.get(kind.kind, "numbers have it; ids and choices are compared with == and !=")
        verb = "cannot be divided" if sign == "//" else f"has no {sign}"
        raise refuse(f"a {kind} {verb}", f"remedy: {remedy}")
    return value


def _beside(value: object, like: E) -> E:
    """What is asked to be the same as `like`. A truth value is compared with another alone: not with Python's own."""
    if like.node.type == types.TRUTH and not isinstance(value, (Operators, Closed)):
        raise refuse(
            f"a truth value compared with {quoted(value)}",
            "remedy: write the condition itself: x, or ~x for its opposite",
        )
    return operand(value, like)


def _clash(what: str, a: Operators, b: Operators) -> ClaimDefinitionError:
    kinds = a.node.type, b.node.type
    remedy = "both sides have one unit; a share of x is x * percent(30), beside y * whole()"
    if any(kind.kind == types.TIME for kind in kinds):
        remedy = "time - time and time + length of time (days(30)) have a meaning"
        if any(kind in types.CALENDAR for kind in kinds):
            remedy = "month_of(t) - month_of(u) and month_of(t) + 1 have a meaning; of a day and a year the same"
    elif any(kind == types.TRUTH for kind in kinds):
        remedy = "conditions are joined by & and |; x.as_count() is 1 or 0"
    elif any(kind.kind == types.SET for kind in kinds):
        remedy = "x.is_in(set)"
    elif any(kind.kind in (types.ID, types.ENUM) for kind in kinds):
        remedy = "ids and choices are compared with == and !=, or x.is_in((…))"
    return refuse(f"{kinds[0]} {what} {kinds[1]} has no meaning", f"remedy: {remedy}")


def _fold(kind: type[Value], a: E, b: E, result: Type, r: ranges.Range) -> E:
    if isinstance(a.node, core.Const) and isinstance(b.node, core.Const):
        return type(a)(constant(r[0], result))
    return make(kind, a.node, b.node, operands=(a, b), type=result, range=r)


def _add(a: E, b: E) -> E:
    result = units.total(a.node.type, b.node.type)
    if result is None:
        raise _clash("+", a, b)
    return _fold(core.Add, a, b, result, ranges.add(a.node.range, b.node.range))


def _sub(a: E, b: E) -> E:
    result = units.difference(a.node.type, b.node.type)
    if result is None:
        raise _clash("-", a, b)
    return _fold(core.Sub, a, b, result, ranges.sub(a.node.range, b.node.range))


def _mul(a: E, b: E) -> E:
    result = units.product(a.node.type, b.node.type)
    if result is None:
        raise _clash("*", a, b)
    same = a.node == b.node
    return _fold(
        core.Mul, a, b, result, ranges.square(a.node.range) if same else ranges.mul(a.node.range, b.node.range)
    )


def _retyped(node: Value, kind: Type, r: ranges.Range, said: tuple[Any, ...]) -> Value:
    """The same node with a type or range known better, and its words."""
    return dataclasses.replace(node, type=kind, range=r, said=said)


def retyped(value: E, kind: Type, *said: Any) -> E:
    """The same integer as a value of another type: plus 0, since a node that is read has its own type."""
    node = value.node
    made = core.Add(
        node, core.Const(0, type=kind, range=(0, 0), public=True, line=here()), type=kind, range=node.range,
        frame=node.frame, public=node.public, line=here(), said=said,
    )  # fmt: skip
    return type(value)(made, value.rows)


def _asked(op: str, a: E, b: E) -> E:
    """a op b, as an author writes it: of two values that may differ."""
    if a.node == b.node:
        raise refuse(
            "both sides of a comparison are the same, so that it says nothing",
            "remedy: compare with another value; the row before has x.previous(default=…)",
        )
    made = compare(op, a, b)
    if (answer := always.compared(op, a.node, b.node)) is not None:
        raise always_so(answer)
    return made


def always_so(answer: bool) -> ClaimDefinitionError:
    """The error for a comparison that asks nothing of any row."""
    return refuse(
        f"a comparison that is always {'true' if answer else 'false'}, whatever the rows are",
        "remedy: a bound that some rows pass and others do not; that a value is there is x.is_given()",
    )


def compare(op: str, a: E, b: E) -> E:
    """a op b."""
    if a.node.type != b.node.type or a.node.type.kind == types.SET:
        raise _clash(op, a, b)
    if op in ("<", "<="):
        ordered(a.node.type, "x.is_in((…)) for several", "; only == and != are meant")
    literal = isinstance(a.node, core.Const) != isinstance(b.node, core.Const)
    if literal and ranges.disjoint(a.node.range, b.node.range):
        const, value = (a, b) if isinstance(a.node, core.Const) else (b, a)
        low, high = value.node.range
        raise refuse(
            f"{const.node.range[0]} is out of range: the other side is always from {low} to {high}",
            "remedy: a bound that a row can pass; say a unit: '95%', '30 days', '2.5e25'",
        )
    return make(core.Compare, op, a.node, b.node, operands=(a, b), type=types.TRUTH, range=ranges.BIT)


def ordered(kind: Type, remedy: str, meant: str = "") -> None:
    """Refuses a type whose values are not before or after one another: ids, truth values, most enums."""
    if kind.kind not in (types.NUMBER, types.TIME) and not kind.ranked:
        raise refuse(f"a {kind} has no order{meant}", f"remedy: {remedy}")


def condition(value: Any, sign: str, of: type[E]) -> E:
    """The value, which is a condition; refused otherwise. Python's own True and False are none."""
    if not isinstance(value, of):
        if isinstance(value, Closed):
            raise refuse(f"{sign} of {value._called()}", f"remedy: {value._instead(sign)}")
        raise refuse(
            f"{sign} of {quoted(value)}, which is no condition on rows",
            f"remedy: {sign} binds tightly: write (a < b) {sign} (c < d); a comparison of Python's own values is none",
        )
    if value.node.type != types.TRUTH:
        raise refuse(f"{sign} of a {value.node.type}", f"remedy: {sign} binds tightly: write (a < b) {sign} (c < d)")
    return value


def _logic(kind: type[Value], a: E, other: Any, sign: str) -> E:
    x, y = condition(a, sign, type(a)), condition(other, sign, type(a))
    return make(kind, x.node, y.node, operands=(x, y), type=types.TRUTH, range=ranges.BIT)


def choose(asked: E, a: E, b: E, known: ranges.Range | None = None) -> E:
    """`a` where the condition holds, else `b`."""
    c = condition(asked, "select", type(a))
    if a.node.type != b.node.type or a.node.type.kind == types.SET:
        raise refuse(f"select between {a.node.type} and {b.node.type}", "remedy: two values of one type")
    r = known or ranges.union(a.node.range, b.node.range)
    return make(core.Select, c.node, a.node, b.node, operands=(c, a, b), type=a.node.type, range=r)
