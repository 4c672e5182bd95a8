"""`Expr`: a claim's expression, with the vocabulary beyond operators. All of it lowers to the nodes of `core`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from zkcompliance.card import types
from zkcompliance.claim.language.lowering import agree, belong, chain, key_of, narrowed, public
from zkcompliance.claim.language.making import constant, lift, make, operand
from zkcompliance.claim.language.operators import Operators, Reflected, choose
from zkcompliance.claim.meaning import core, ranges
from zkcompliance.claim.meaning.core import Rows, Value
from zkcompliance.claim.meaning.source import here, refuse
from zkcompliance.schemas import MISSING_SHARE

WHOLE_PPM = 1_000_000


class Expr(Operators):
    """One integer for each row of a table, or a single one (a parameter, a total)."""

    __slots__ = ()

    # Over the rows

    def sum(self) -> Expr:
        """The total over the rows; 0 over none."""
        self._number("sum")
        return self._aggregate("sum", ranges.total(self.node.range, 0))

    def count(self) -> Expr:
        """Of a truth value: the number of rows on which it holds. 0 over none."""
        return count(self._rows("count", self))

    def min(self, *, empty: Any) -> Expr:
        """The smallest over the rows; `empty`, a literal or parameter, over none."""
        return self._extreme("min", empty)

    def max(self, *, empty: Any) -> Expr:
        """The largest over the rows; `empty`, a literal or parameter, over none."""
        return self._extreme("max", empty)

    def mean(self) -> Ratio:
        """The average over the rows, to be compared with: `<=` and `>=` hold over none, `<` and `>` do not."""
        self._number("mean")
        return Ratio(
            self.sum(), count(self._rows("mean")), self.node.type, ("the mean ", self.node, " over ", self.rows)
        )

    def share(self) -> Ratio:
        """Of a truth value: the share of the rows on which it holds, in ppm, to be compared with (see `mean`)."""
        among = self._rows("share")
        parts = ("the share of ", among, " for which ", self.node)
        return Ratio(self.count() * whole(), count(among), types.PPM, parts)

    def quantile(self, share: Any) -> Quantile:
        """`x.quantile("95%") <= t`: at least 95 % of the rows have x ≤ t. Holds over none; `>` and `>=` do not."""
        return Quantile(self, lift(share, types.PPM, Expr), lambda reached: reached.share())

    def every(self) -> Expr:
        """It holds on every row. True over none."""
        among = self._rows("every")
        return say(count(self._rows("every", ~self)) == 0, "for every row of ", among, ", ", self.node)

    def none(self) -> Expr:
        """It holds on no row. True over none."""
        return say(self.count() == 0, "for no row of ", self._rows("none"), ", ", self.node)

    def any(self) -> Expr:
        """It holds on some row. False over none."""
        return say(self.count() >= 1, "for some row of ", self._rows("any"), ", ", self.node)

    # The order of rows

    def previous(self, *, default: Any, per: Expr | tuple[Expr, ...] = ()) -> Expr:
        """The value on the closest earlier of the rows that this expression is taken from; `default` if none is.

        It is defined on every row of the table, also on those that were not selected. per: only rows with the same
        value of this count.
        """
        return self._neighbour(-1, default, per)

    def next(self, *, default: Any, per: Expr | tuple[Expr, ...] = ()) -> Expr:
        """The value on the closest later of the rows that this expression is taken from; as `previous`."""
        return self._neighbour(1, default, per)

    def is_sorted(self, *, strict: bool = False, per: Expr | tuple[Expr, ...] = ()) -> Expr:
        """Each row's value is at least (strict: above) that of the row before (with the same `per`). True over none."""
        among, low = self._rows("is_sorted"), Expr(constant(self.node.range[0], self.node.type))
        before = self.previous(default=low, per=per)
        kept = (before < self) | is_first(among, per) if strict else before <= self
        verb = "rises" if strict else "never falls"
        return say(kept.every(), self.node, f" {verb} from row to row of ", among, *_same(per))

    def is_serial(self, *, first: Any = 1, per: Expr | tuple[Expr, ...] = ()) -> Expr:
        """In the order of the rows (with the same `per`) the values are `first`, `first` + 1, … without a gap. True
        over none."""
        start = lift(first, types.COUNT, Expr)
        kept = self == self.previous(default=start - 1, per=per) + 1
        said = (self.node, " counts the rows of ", self.rows, *_same(per), " from ", start.node, " without a gap")
        return say(kept.every(), *said)

    def is_unique(self) -> Expr:
        """No two rows have the same value. True over none."""
        return unique(self._rows("is_unique"), (self,))

    # Values

    def is_in(self, members: Any) -> Expr:
        """Whether the value is in a public set: literals, a `Param[SetOf[…]]`; or among another table's column."""
        if isinstance(members, Expr):
            if members.node.type.kind != types.SET:
                return member((self,), (members,))
            same = (members.node.type.of or self.node.type) == self.node.type
            same = same and members.node.type.choices == self.node.type.choices
            if not same or not isinstance(members.node, core.Param):
                raise refuse(f"a {self.node.type} is never in a {members.node.type}")
            public = self.node.public and members.node.type.of is None  # of values: looked up in a private table
            return make(
                core.IsIn, self.node, members.node, operands=(self, members), type=types.TRUTH, range=ranges.BIT,
                public=public,
            )  # fmt: skip
        if isinstance(members, str) or not isinstance(members, Iterable):
            raise refuse("is_in of what is no set", 'remedy: a tuple, as in x.is_in(("a", "b"))')
        found = sorted({self._literal_of(each) for each in members})
        if not found:
            raise refuse("is_in of an empty set is never true")
        return make(core.IsIn, self.node, tuple(found), operands=(self,), type=types.TRUTH, range=ranges.BIT)

    def is_given(self) -> Expr:
        """Of an id, a time or a number whose missing value is 0, and of a share that may be missing: it is not."""
        return say(self != Expr(constant(_missing(self.node), self.node.type)), self.node, " is given")

    def pick(self, table: Mapping[str, Any], *, otherwise: Any) -> Expr:
        """Of an enum: the value that belongs to its choice, `otherwise` for a choice that is not named."""
        typed = [each for each in (*table.values(), otherwise) if isinstance(each, Expr)]
        if self.node.type.kind != types.ENUM or not typed:
            raise refuse("pick needs an enum, and at least one parameter or column to pick")
        found = operand(otherwise, typed[0])
        for name in reversed(list(table)):
            found = choose(self == name, operand(table[name], typed[0]), found)
        cases = [part for name, value in table.items() for part in (f"{name} ", operand(value, typed[0]).node, ", ")]
        return say(
            found, "the value for its ", self.node, " (", *cases, "otherwise ", operand(otherwise, typed[0]).node, ")"
        )

    def as_count(self) -> Expr:
        """A truth value as 1 or 0."""
        return choose(self, lift(1, types.COUNT, Expr), lift(0, types.COUNT, Expr))

    def _rows(self, word: str, condition: Expr | None = None) -> Rows:
        if self.rows is None:
            raise refuse(
                f".{word}() needs rows, and this is of no table", "remedy: table.every(…), or add a column of it"
            )
        return self.rows if condition is None else narrowed(self.rows, condition)

    def _literal_of(self, member: Any) -> int:
        node = (self == member).node
        if isinstance(member, Expr) or not isinstance(node, core.Compare) or not isinstance(node.b, core.Const):
            raise refuse("is_in of a set whose members are no literals")
        return node.b.value

    def _number(self, word: str) -> None:
        if self.node.type.kind != types.NUMBER:
            raise refuse(f"the {word} of a {self.node.type} has no meaning", "remedy: a truth value has .count()")

    def _aggregate(self, kind: str, r: ranges.Range, empty: Value | None = None) -> Expr:
        node = core.Aggregate(kind, self._rows(kind), self.node, None, empty, type=self.node.type, range=r, line=here())
        return checked(node)

    def _extreme(self, kind: str, empty: Any) -> Expr:
        if self.node.type.kind not in (types.NUMBER, types.TIME):
            raise refuse(f"a {self.node.type} has no order")
        default = public(operand(empty, self), self, "empty")
        return self._aggregate(kind, ranges.union(self.node.range, default.range), default)

    def _neighbour(self, step: int, default: Any, per: Expr | tuple[Expr, ...]) -> Expr:
        among = _followed(self.node) if self.rows is None else self.rows
        if among is None:
            among = self._rows("previous" if step < 0 else "next")
        _ordered(among)
        value = public(operand(default, self), self, "default")
        r = ranges.union(self.node.range, value.range)
        node = core.Neighbour(
            among, self.node, step, value, keyed(among, per),
            type=self.node.type, range=r, frame=among.frame, line=here(),
        )  # fmt: skip
        return Expr(node)


class Ratio(Reflected):
    """numerator / denominator, only ever compared, by multiplying out. The denominator is never negative.

    Where both are 0, `<=` and `>=` hold, `<` and `>` do not.
    """

    def __init__(self, numerator: Expr, denominator: Expr, kind: types.Type, parts: tuple[Any, ...]) -> None:
        self.numerator, self.denominator, self.type, self.parts = numerator, denominator, kind, parts

    def _sides(self, other: Any) -> tuple[Expr, Expr, tuple[Any, ...]]:
        if isinstance(other, Ratio):
            if other.type != self.type:
                raise refuse(f"{self.type} compared with {other.type} has no meaning")
            return self.numerator * other.denominator, other.numerator * self.denominator, other.parts
        bound = lift(other, self.type, Expr)
        if bound.node.type != self.type:
            raise refuse(f"{self.type} compared with {bound.node.type} has no meaning")
        return self.numerator, bound * self.denominator, (bound.node,)

    def __le__(self, other: Any) -> Expr:
        a, b, parts = self._sides(other)
        return say(a <= b, *self.parts, " is at most ", *parts)

    def __lt__(self, other: Any) -> Expr:
        a, b, parts = self._sides(other)
        return say(a < b, *self.parts, " is below ", *parts)

    def __ge__(self, other: Any) -> Expr:
        a, b, parts = self._sides(other)
        return say(b <= a, *self.parts, " is at least ", *parts)

    def __gt__(self, other: Any) -> Expr:
        a, b, parts = self._sides(other)
        return say(b < a, *self.parts, " is above ", *parts)

    def __bool__(self) -> bool:
        raise refuse("a mean is not true or false", "remedy: compare it: rows.x.mean() <= limit")


class Quantile(Reflected):
    """The least t such that a share of the rows has x ≤ t; only ever compared, by that share."""

    def __init__(self, value: Expr, share: Expr, share_of: Callable[[Expr], Ratio]) -> None:
        self.value, self.share, self.share_of = value, share, share_of

    def __le__(self, limit: Any) -> Expr:
        return self.share_of(self.value <= limit) >= self.share

    def __lt__(self, limit: Any) -> Expr:
        return self.share_of(self.value < limit) >= self.share

    def __ge__(self, limit: Any) -> Expr:
        return self.share_of(self.value < limit) < self.share

    def __gt__(self, limit: Any) -> Expr:
        return self.share_of(self.value <= limit) < self.share

    def __bool__(self) -> bool:
        raise refuse("a quantile is not true or false", "remedy: compare it: rows.x.quantile(share) <= limit")


def _missing(node: Value) -> int:
    """What stands for a missing value: of a column, or a key, that is a share told from 0 its own, otherwise 0."""
    if isinstance(node, core.Key):
        return _missing(node.groups.keys[node.index])
    if isinstance(node, core.Column) and node.log.schema.column(node.name).optional:
        return MISSING_SHARE
    return 0


def whole() -> Expr:
    """100 %: 1,000,000 ppm."""
    return Expr(constant(WHOLE_PPM, types.PPM))


def say(value: Expr, *parts: Any) -> Expr:
    """The same value, to be read aloud as these parts: texts, values, rows."""
    return Expr(dataclasses.replace(value.node, said=parts), value.rows)


def checked(node: Value) -> Expr:
    if ranges.too_large(node.range):
        raise refuse(f"a total here can reach 2^{max(map(abs, node.range)).bit_length()}, over 2^256")
    return Expr(node)


def count(rows: Rows) -> Expr:
    """The number of rows."""
    return Expr(core.count_of(rows, here()))


def keyed(rows: Rows, per: Expr | tuple[Expr, ...]) -> tuple[Value, ...]:
    """What rows must have in common to be neighbours."""
    keys = per if isinstance(per, tuple) else (per,)
    belong(rows, keys, "neighbours with the same columns")
    return tuple(key.node for key in keys)


def _ordered(rows: Rows) -> None:
    """Refuses groups in no order: which of them comes before which has no meaning."""
    if isinstance(rows.frame, core.Groups) and not rows.order:
        raise refuse("groups have no order", "remedy: groups.order_by(…)")


def _same(per: Expr | tuple[Expr, ...]) -> tuple[Any, ...]:
    keys = per if isinstance(per, tuple) else (per,)
    return (" with the same ", tuple(key.node for key in keys)) if keys else ()


def _followed(node: Value) -> Rows | None:
    """The rows whose neighbours an expression is made of, if they are one table's: `x.previous(…).previous(…)`."""
    found = {
        part.rows for part in core.walk(node) if isinstance(part, core.Neighbour) and part.rows.frame == node.frame
    }
    return found.pop() if len(found) == 1 else None


def is_first(rows: Rows, per: Expr | tuple[Expr, ...] = ()) -> Expr:
    """No row of `rows` (with the same `per`) is before this one."""
    _ordered(rows)
    yes, no = constant(1, types.TRUTH), constant(0, types.TRUTH)
    node = core.Neighbour(
        rows, yes, -1, no, keyed(rows, per), type=types.TRUTH, range=ranges.BIT, frame=rows.frame, line=here(),
        said=("there is an earlier row", *_same(per)),
    )  # fmt: skip
    return ~Expr(node, rows)


def unique(rows: Rows, keys: tuple[Expr, ...]) -> Expr:
    nodes = tuple(key.node for key in keys)
    if not nodes:
        raise refuse("uniqueness of no column")
    belong(rows, keys, "uniqueness of columns")
    return Expr(chain(rows, nodes, nodes, True, ("no two rows of ", rows, " have the same ", nodes)))


def member(keys: tuple[Expr, ...], columns: tuple[Expr, ...]) -> Expr:
    """Whether `keys` are the `columns` of some row of the table that those are taken from."""
    target, nodes = key_of(columns, "membership")
    agree(keys, columns)
    return make(
        core.Member, tuple(key.node for key in keys), target, nodes, operands=keys, type=types.TRUTH, range=ranges.BIT,
        public=False,
    )  # fmt: skip
