"""The operators of expressions: they build core nodes and check types, units and ranges.

An expression is a core value and the rows that its column was taken from, which `.sum()` and the like run over.
"""

from __future__ import annotations

import dataclasses
from typing import Any, NoReturn, Self, TypeVar

from zkcompliance.card import types
from zkcompliance.card.reading import read
from zkcompliance.card.types import Type
from zkcompliance.claim.language import units
from zkcompliance.claim.language.making import Handle, constant, lift, make, operand
from zkcompliance.claim.meaning import core, ranges
from zkcompliance.claim.meaning.core import Value
from zkcompliance.claim.meaning.source import refuse, refuse_truth
from zkcompliance.errors import ClaimDefinitionError, UsageError

E = TypeVar("E", bound="Operators")


class Operators(Handle):
    """A value of every row of `rows`, or a single one (rows None). Build only; never a number, never true or false."""

    __slots__ = ()
    __array_ufunc__ = None  # numpy leaves operators to this class

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
        return _sub(operand(0, self), self)

    def __floordiv__(self, divisor: Any) -> Self:
        """⌊self / divisor⌋ by a literal ≥ 1, rounded down."""
        number = _literal(divisor)
        if self.node.type.kind != types.NUMBER:
            raise refuse(f"a {self.node.type} cannot be divided")
        if number == 1:
            return self
        return self._with(core.FloorDiv, self.node, number, range=ranges.floordiv(self.node.range, number))

    def __mod__(self, divisor: Any) -> Self:
        """The remainder, 0 … divisor − 1."""
        number = _literal(divisor)
        rest = self - (self // number) * number
        return type(self)(_retyped(rest.node, rest.node.type, (0, number - 1)), rest.rows)

    def __abs__(self) -> Self:
        """|a|; of a difference a − b it is the larger minus the smaller."""
        node, of = self.node, type(self)
        less, up = self < operand(0, self), -self
        if isinstance(node, core.Sub):
            a, b = of(node.a, self.rows), of(node.b, self.rows)
            less, up = a < b, b - a
        return choose(less, up, self, (0, max(abs(node.range[0]), abs(node.range[1]))))

    def __truediv__(self, other: Any) -> NoReturn:
        raise refuse("/ is not exact", "remedy: // rounds down; to compare a quotient multiply out: a < limit * b")

    __rtruediv__ = __rfloordiv__ = __rmod__ = __truediv__

    def __pow__(self, other: Any) -> NoReturn:
        raise refuse("no powers", "remedy: multiply; a constant may be written 10**26")

    # Comparisons

    def __lt__(self, other: Any) -> Self:
        return NotImplemented if isinstance(other, Reflected) else compare("<", self, operand(other, self))

    def __le__(self, other: Any) -> Self:
        return NotImplemented if isinstance(other, Reflected) else compare("<=", self, operand(other, self))

    def __gt__(self, other: Any) -> Self:
        return NotImplemented if isinstance(other, Reflected) else compare("<", operand(other, self), self)

    def __ge__(self, other: Any) -> Self:
        return NotImplemented if isinstance(other, Reflected) else compare("<=", operand(other, self), self)

    def __eq__(self, other: object) -> Self:  # type: ignore[override]
        return compare("==", self, operand(other, self))

    def __ne__(self, other: object) -> Self:  # type: ignore[override]
        return compare("!=", self, operand(other, self))

    __hash__ = None  # type: ignore[assignment]

    # Truth values

    def __and__(self, other: Any) -> Self:
        return _logic(core.And, self, other, "&")

    def __or__(self, other: Any) -> Self:
        return _logic(core.Or, self, other, "|")

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Self:
        a = _condition(self, "~", type(self))
        if isinstance(a.node, core.Not):
            return type(self)(a.node.a, a.rows)
        return a._with(core.Not, a.node, range=ranges.BIT)

    def __bool__(self) -> NoReturn:
        raise refuse_truth()

    def __contains__(self, item: object) -> NoReturn:
        raise refuse("`in` is not an expression", "remedy: write x.is_in(…)")

    def __iter__(self) -> NoReturn:
        raise refuse("an expression cannot be looped over", "remedy: use .sum(), .every(…), group_by(…)")

    def __float__(self) -> NoReturn:
        raise refuse("an expression is no float", "remedy: claims are exact; stay with whole numbers")

    def __index__(self) -> NoReturn:
        raise refuse("an expression is not a number yet", "remedy: use it in the expression itself")

    __int__ = __round__ = __len__ = __index__

    def __repr__(self) -> str:
        return f"<{self.node.type} expression>"

    def _with(self, kind: type[Value], *parts: Any, **options: Any) -> Self:
        truth = kind is core.Not
        return make(kind, *parts, operands=(self,), **{"type": types.TRUTH if truth else self.node.type, **options})


class Reflected:
    """What compares itself with an expression: its own method is asked."""


def _literal(value: object) -> int:
    if isinstance(value, Operators):
        raise refuse(
            "division by what is not a literal", "remedy: multiply out: a < limit * b instead of a / b < limit"
        )
    try:
        number = read(types.INT, value)
    except UsageError as error:
        raise refuse(error.message) from None
    if number < 1:
        raise refuse("division by a number below 1")
    return number


def _clash(what: str, a: Operators, b: Operators) -> ClaimDefinitionError:
    return refuse(f"{a.node.type} {what} {b.node.type} has no meaning")


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


def _retyped(node: Value, kind: Type, r: ranges.Range) -> Value:
    """The same node with a type or range known better."""
    return dataclasses.replace(node, type=kind, range=r)


def compare(op: str, a: E, b: E) -> E:
    """a op b."""
    if a.node.type != b.node.type:
        raise _clash(op, a, b)
    if op in ("<", "<=") and a.node.type.kind not in (types.NUMBER, types.TIME):
        raise refuse(f"a {a.node.type} has no order; only == and != are meant")
    literal = isinstance(a.node, core.Const) != isinstance(b.node, core.Const)
    if literal and ranges.disjoint(a.node.range, b.node.range):
        const, value = (a, b) if isinstance(a.node, core.Const) else (b, a)
        low, high = value.node.range
        raise refuse(f"{const.node.range[0]} is out of range: the other side is always from {low} to {high}")
    return make(core.Compare, op, a.node, b.node, operands=(a, b), type=types.TRUTH, range=ranges.BIT)


def _condition(value: Any, sign: str, of: type[E]) -> E:
    if isinstance(value, bool):
        return lift(value, types.TRUTH, of)
    if not isinstance(value, of):
        raise refuse(f"{sign} of a {type(value).__name__}")
    if value.node.type != types.TRUTH:
        raise refuse(f"{sign} of a {value.node.type}", f"remedy: {sign} binds tightly: write (a < b) {sign} (c < d)")
    return value


def _logic(kind: type[Value], a: E, other: Any, sign: str) -> E:
    x, y = _condition(a, sign, type(a)), _condition(other, sign, type(a))
    return make(kind, x.node, y.node, operands=(x, y), type=types.TRUTH, range=ranges.BIT)


def choose(condition: E, a: E, b: E, known: ranges.Range | None = None) -> E:
    """`a` where the condition holds, else `b`."""
    c = _condition(condition, "select", type(a))
    if a.node.type != b.node.type:
        raise refuse(f"select between {a.node.type} and {b.node.type}")
    r = known or ranges.union(a.node.range, b.node.range)
    return make(core.Select, c.node, a.node, b.node, operands=(c, a, b), type=a.node.type, range=r)
