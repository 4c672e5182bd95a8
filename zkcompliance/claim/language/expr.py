"""`Expr`: a claim's expression, with the vocabulary beyond operators. All of it lowers to the nodes of `core`."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from zkcompliance.card import types
from zkcompliance.claim.language import missing, over_time
from zkcompliance.claim.language.asking import EVERY, NO, SOME
from zkcompliance.claim.language.closed import word
from zkcompliance.claim.language.lowering import agree, belong, chain, key_of, narrowed, public
from zkcompliance.claim.language.making import constant, lift, make, operand
from zkcompliance.claim.language.operators import ORDERED, Operators, Reflected, always_so, choose, ordered, retyped
from zkcompliance.claim.meaning import always, core, ranges
from zkcompliance.claim.meaning.core import Rows, Value
from zkcompliance.claim.meaning.source import here, refuse

WHOLE_PPM = 1_000_000
_NO_ROWS = "over no rows"


class Expr(Operators):
    """One integer for each row of a table, or a single one (a parameter, a total)."""

    __slots__ = ()

    # Over the rows

    @word
    def sum(self) -> Expr:
        """The total over the rows; 0 over none."""
        self._number("sum")
        return self._aggregate("sum", ranges.total(self.node.range, 0))

    @word
    def count(self) -> Expr:
        """Of a truth value: the number of rows on which it holds. 0 over none."""
        return count(self._rows("count", self))

    @word
    def min(self, *, empty: Any) -> Expr:
        """The smallest over the rows; `empty`, a literal or parameter, over none."""
        return self._extreme("min", empty)

    @word
    def max(self, *, empty: Any) -> Expr:
        """The largest over the rows; `empty`, a literal or parameter, over none."""
        return self._extreme("max", empty)

    @word
    def mean(self) -> Ratio:
        """The average over the rows, to be compared with: `<=` and `>=` hold over none, `<` and `>` do not."""
        self._number("mean")
        return Ratio(
            self.sum(), count(self._rows("mean")), self.node.type,
            ("the mean ", self.node, " over the rows of ", self.rows), span=self.node.range,
        )  # fmt: skip

    @word
    def share(self) -> Ratio:
        """Of a truth value: the share of the rows on which it holds, in ppm, to be compared with (see `mean`)."""
        among = self._rows("share")
        parts = ("the share of the rows of ", among, " for which ", self.node)
        return Ratio(self.count() * whole(), count(among), types.PPM, parts, span=(0, WHOLE_PPM))

    @word
    def quantile(self, share: Any) -> Quantile:
        """`x.quantile("95%") <= t`: at least 95 % of the rows have x ≤ t. Holds over none; `>` and `>=` do not."""
        return Quantile(self, lift(share, types.PPM, Expr), lambda reached: reached.share())

    @word
    def every(self) -> Expr:
        """It holds on every row. True over none."""
        among = self._rows("every")
        return say(count(self._rows("every", ~self)) == 0, EVERY, among, ", ", self.node)

    @word
    def none(self) -> Expr:
        """It holds on no row. True over none."""
        return say(self.count() == 0, NO, self._rows("none"), ", ", self.node)

    @word
    def any(self) -> Expr:
        """It holds on some row. False over none."""
        return say(self.count() >= 1, SOME, self._rows("any"), ", ", self.node)

    # The order of rows

    @word
    def previous(self, *, default: Any, per: Expr | tuple[Expr, ...] = ()) -> Expr:
        """The value on the closest earlier of the rows that this expression is taken from; `default` if none is.

        It is defined on every row of the table, also on those that were not selected. per: only rows with the same
        value of this count.
        """
        return self._neighbour(-1, default, per)

    @word
    def next(self, *, default: Any, per: Expr | tuple[Expr, ...] = ()) -> Expr:
        """The value on the closest later of the rows that this expression is taken from; as `previous`."""
        return self._neighbour(1, default, per)

    @word
    def running(self, *, per: Expr | tuple[Expr, ...] = ()) -> Expr:
        """The total over the rows up to and with this one, in the order of the table that this expression is taken from
        (with the same `per`); rows of the table that were not selected add nothing."""
        self._number("running total")
        among = self._rows("running")
        _ordered(among)
        return checked(over_time.running(among, self, keyed(among, per)))

    @word
    def sum_within(self, length: Any, *, at: Expr, per: Expr | tuple[Expr, ...] = ()) -> Expr:
        """On each row the total over the rows whose `at` is in (t − length, t], t being its own `at` (with the same
        `per`): `jobs.flop.sum_within("30 days", at=jobs.end)`. Order plays no part."""
        self._number("sum")
        among = self._rows("sum_within")
        return checked(over_time.window(among, self, length, at, keyed(among, per)))

    @word
    def is_sorted(self, *, strict: bool = False, per: Expr | tuple[Expr, ...] = ()) -> Expr:
        """Each row's value is at least (strict: above) that of the row before (with the same `per`). True over none."""
        among, low = self._rows("is_sorted"), Expr(constant(self.node.range[0], self.node.type))
        before = self.previous(default=low, per=per)
        kept = (before < self) | run_end(among, -1, keyed(among, per)) if strict else before <= self
        verb = "rises" if strict else "never falls"
        return say(kept.every(), self.node, f" {verb} from row to row of ", among, *in_order(among), *_same(per))

    @word
    def is_serial(self, *, first: Any = 1, per: Expr | tuple[Expr, ...] = ()) -> Expr:
        """In the order of the rows (with the same `per`) the values are `first`, `first` + 1, … without a gap. True
        over none."""
        start = lift(first, types.COUNT, Expr)
        kept = self == self.previous(default=start - 1, per=per) + 1
        among = (self.rows, *in_order(self._rows("is_serial")), *_same(per))
        return say(kept.every(), self.node, " counts the rows of ", *among, " from ", start.node, " without a gap")

    @word
    def is_unique(self) -> Expr:
        """No two rows have the same value. True over none."""
        return unique(self._rows("is_unique"), (self,))

    @word
    def n_unique(self) -> Expr:
        """How many distinct values there are over the rows; 0 over none."""
        among = self._rows("n_unique")
        belong(among, (self,), "distinct values")
        groups = core.Groups(dataclasses.replace(among, order=()), (self.node,))
        return say(count(Rows(groups)), "the number of distinct values of ", self.node, " in ", among)

    # Values

    @word
    def is_in(self, members: Any) -> Expr:
        """Whether the value is in a public set: literals, a `Param[SetOf[…]]`; or among another table's column."""
        if isinstance(members, Expr):
            if members.node.type.kind != types.SET:
                return member((self,), (members,))
            same = (members.node.type.of or self.node.type) == self.node.type
            same = same and members.node.type.choices == self.node.type.choices
            if not same or not isinstance(members.node, core.Param):
                raise refuse(
                    f"a {self.node.type} is never in a {members.node.type}", "remedy: a set of the column's own type"
                )
            public = self.node.public and members.node.type.of is None  # of values: looked up in a private table
            return make(
                core.IsIn, self.node, members.node, operands=(self, members), type=types.TRUTH, range=ranges.BIT,
                public=public,
            )  # fmt: skip
        if not isinstance(members, (tuple, list, set, frozenset, range)):
            raise refuse("is_in of what is no set", 'remedy: a tuple, as in x.is_in(("a", "b"))')
        if self.node.type.kind in (types.BOOL, types.SET):
            raise refuse(f"a {self.node.type} in a set of literals", "remedy: of a truth value write x, or ~x")
        found = sorted({self._literal_of(each) for each in members})
        if not found:
            raise refuse("is_in of an empty set is never true", "remedy: at least one member")
        return make(core.IsIn, self.node, tuple(found), operands=(self,), type=types.TRUTH, range=ranges.BIT)

    @word
    def is_given(self) -> Expr:
        """That it is not missing, by the column's own missing value; refused on what never is."""
        stored = self._missing("is_given")
        return say(_told(self) != Expr(constant(stored, self.node.type)), self.node, " is given")

    @word
    def or_else(self, value: Any) -> Expr:
        """The value, and where it is missing another one of its type."""
        stored, other = self._missing("or_else"), operand(value, self)
        literal = isinstance(other.node, core.Const)
        none = literal and self.node.type.kind == types.ID and other.node.value == 0  # type: ignore[attr-defined]
        said = (self.node, " (where missing, ", "none" if none else other.node, ")")
        if isinstance(other.node, core.Const) and other.node.value == stored:
            stored_so = Expr(dataclasses.replace(_told(self).node, called=""), self.rows)  # a name is of the bare value
            return say(stored_so, *said)  # what a missing value is stored as: nothing to choose
        return say(choose(self.is_given(), _told(self), other), *said)

    @word
    def pick(self, table: Mapping[str, Any], *, otherwise: Any) -> Expr:
        """Of an enum: the value that belongs to its choice, `otherwise` for a choice that is not named."""
        if not isinstance(table, Mapping):
            raise refuse("pick from what is no dict", 'remedy: x.pick({"a": limit}, otherwise=0)')
        typed = [each for each in (*table.values(), otherwise) if isinstance(each, Expr)]
        if self.node.type.kind != types.ENUM or not typed:
            raise refuse(
                "pick needs an enum, and at least one parameter or column to pick",
                "remedy: select(condition, a, b) for other choices",
            )
        found = operand(otherwise, typed[0])
        for name in reversed(list(table)):
            found = choose(self == name, operand(table[name], typed[0]), found)
        cases = [
            part
            for name, value in table.items()
            for part in (f"{name.replace('_', ' ')} ", operand(value, typed[0]).node, ", ")
        ]
        return say(
            found, "the value for its ", self.node, " (", *cases, "otherwise ", operand(otherwise, typed[0]).node, ")"
        )

    @word
    def as_count(self) -> Expr:
        """A truth value as 1 or 0."""
        return choose(self, lift(1, types.COUNT, Expr), lift(0, types.COUNT, Expr))

    @word
    def as_ppm(self) -> Expr:
        """A share as a plain number of parts per million: 95 % as 950,000."""
        if self.node.type != types.PPM:
            raise refuse(
                f"as_ppm of a {self.node.type}", "remedy: of a share; a length of time in days is x // days(1)"
            )
        return retyped(self, types.INT, self.node, " in parts per million")

    def _rows(self, word: str, condition: Expr | None = None) -> Rows:
        if self.rows is None:
            raise refuse(
                f".{word}() needs rows, and this is of no table", "remedy: table.every(…), or add a column of it"
            )
        return self.rows if condition is None else narrowed(self.rows, condition)

    def _literal_of(self, member: Any) -> int:
        node = (self == member).node
        if isinstance(member, Expr) or not isinstance(node, core.Compare) or not isinstance(node.b, core.Const):
            raise refuse(
                "is_in of a set whose members are no literals", "remedy: (x == a) | (x == b), or a Param[SetOf[…]]"
            )
        return node.b.value

    def _number(self, word: str) -> None:
        if self.node.type.kind != types.NUMBER:
            raise refuse(f"the {word} of a {self.node.type} has no meaning", "remedy: a truth value has .count()")

    def _missing(self, word: str) -> int:
        """What a missing value is stored as."""
        stored = missing.missing_of(self.node)
        if stored is None:
            named = self.node.name if isinstance(self.node, core.Column) else "what an expression makes"
            remedy = "ask the column that it is made of" if named.startswith("what") else f"leave .{word} out"
            if self.node.type.kind == types.ENUM:
                remedy = 'what is not known is a choice of its own: x != "unknown"'
            elif self.node.type.kind == types.NUMBER and named == self.node.__dict__.get("name"):
                remedy = f"leave .{word} out; that there is more than nothing is x > 0"
            raise refuse(f"{word} of what is never missing: {named}", f"remedy: {remedy}")
        return stored

    def _aggregate(self, kind: str, r: ranges.Range, empty: Value | None = None) -> Expr:
        node = core.Aggregate(kind, self._rows(kind), self.node, None, empty, type=self.node.type, range=r, line=here())
        return checked(node)

    def _extreme(self, kind: str, empty: Any) -> Expr:
        ordered(self.node.type, ORDERED)
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

    Where both are 0, `<=`, `>=` and `==` hold, `<`, `>` and `!=` do not: the sentence says so.
    """

    def __init__(
        self,
        numerator: Expr,
        denominator: Expr,
        kind: types.Type,
        parts: tuple[Any, ...],
        over: str = _NO_ROWS,
        *,
        span: ranges.Range | None = None,
    ) -> None:
        """over: what there is nothing of where the denominator is 0, in words. span: the least and the most that it can
        be, where that is known."""
        self.numerator, self.denominator, self.type, self.parts = numerator, denominator, kind, parts
        self.over, self.span = over, span

    def _sides(self, op: str, other: Any) -> tuple[Expr, Expr, tuple[Any, ...]]:
        if isinstance(other, Ratio):
            if other.type != self.type:
                raise refuse(f"{self.type} compared with {other.type} has no meaning", "remedy: two of one unit")
            return self.numerator * other.denominator, other.numerator * self.denominator, other.parts
        bound = lift(other, self.type, Expr)
        if bound.node.type != self.type:
            raise refuse(
                f"{self.type} compared with {bound.node.type} has no meaning", f"remedy: compare it with a {self.type}"
            )
        answer = None if self.span is None else _decided(op, self.span, bound.node)
        if answer is not None:
            raise always_so(answer)
        return self.numerator, bound * self.denominator, (bound.node,)

    def __sub__(self, other: Any) -> Ratio:
        """n/d − m/e = (n·e − m·d)/(d·e), exactly; like all of these it is only ever compared."""
        if not isinstance(other, Ratio):
            raise refuse("- of a mean or a share and what is none", f"remedy: {_DIFFERENCE}")
        if other.type != self.type:
            raise refuse(f"{self.type} − {other.type} has no meaning", "remedy: two of one unit")
        numerator = self.numerator * other.denominator - other.numerator * self.denominator
        parts = ("the difference (", *self.parts, ") − (", *other.parts, ")")
        return Ratio(numerator, self.denominator * other.denominator, self.type, parts, _either(self, other))

    def __abs__(self) -> Ratio:
        """How far two means or shares are apart, whichever is the larger."""
        return Ratio(abs(self.numerator), self.denominator, self.type, ("the size of ", *self.parts), self.over)

    def __le__(self, other: Any) -> Expr:
        return self._compared("<=", other, " is at most ")

    def __lt__(self, other: Any) -> Expr:
        return self._compared("<", other, " is below ")

    def __ge__(self, other: Any) -> Expr:
        return self._compared(">=", other, " is at least ")

    def __gt__(self, other: Any) -> Expr:
        return self._compared(">", other, " is above ")

    def __eq__(self, other: object) -> Expr:  # type: ignore[override]
        return self._compared("==", other, " is ")

    def __ne__(self, other: object) -> Expr:  # type: ignore[override]
        return self._compared("!=", other, " is not ")

    __hash__ = Reflected.__hash__

    def __bool__(self) -> NoReturn:
        raise refuse("a mean is not true or false", "remedy: compare it: rows.x.mean() <= limit")

    def _compared(self, op: str, other: Any, words: str) -> Expr:
        a, b, parts = self._sides(op, other)
        made = _RELATION[op](a, b)
        nothing = [(among, none) for among, none in (self._nothing, *_nothing_of(other)) if none]
        if not nothing:
            return say(made, *self.parts, words, *parts)
        verdict = "holds" if op in ("<=", ">=", "==") else "does not hold"
        return say(made, *self.parts, words, *parts, f" (which {verdict} {nothing[0][0]})")

    @property
    def _nothing(self) -> tuple[str, bool]:
        """What there is nothing of where the denominator is 0, and whether it can be."""
        return self.over, self.denominator.node.range[0] <= 0

    def _called(self) -> str:
        return "a mean or a share"

    def _instead(self, sign: str) -> str:
        if sign == "str":
            return "names of requirements are plain texts: rows are not known yet"
        return "it is only ever compared: rows.x.mean() <= limit; to move a factor, compare sums: x.sum() <= limit * n"


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

    def __eq__(self, limit: object) -> Expr:  # type: ignore[override]
        return (self <= limit) & (self >= limit)

    def __ne__(self, limit: object) -> Expr:  # type: ignore[override]
        return (self < limit) | (self > limit)

    __hash__ = Reflected.__hash__

    def __bool__(self) -> NoReturn:
        raise refuse("a quantile is not true or false", "remedy: compare it: rows.x.quantile(share) <= limit")

    def _called(self) -> str:
        return "a quantile"

    def _instead(self, sign: str) -> str:
        return "it is only ever compared: rows.x.quantile(share) <= limit"


_RELATION: dict[str, Callable[[Expr, Expr], Expr]] = {
    "<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def _decided(op: str, span: ranges.Range, bound: Value) -> bool | None:
    """Whether a mean or a share in the span, of some rows, is op the bound whatever they are; None: it depends."""
    return always.decided(op, ranges.sub(span, bound.range))


_DIFFERENCE = "a difference is of two: a.x.mean() - b.x.mean() <= limit, or abs(…) of it"


def _either(a: Ratio, b: Ratio) -> str:
    """What there is nothing of where one of the denominators is 0, in words."""
    overs = {over for over, there in (a._nothing, b._nothing) if there}
    return "where either is over no rows" if overs == {_NO_ROWS} else " or ".join(sorted(overs))


def _nothing_of(value: Any) -> list[tuple[str, bool]]:
    return [value._nothing] if isinstance(value, Ratio) else []


def _told(value: Expr) -> Expr:
    """A column or key of which the claim says what holds where it is missing."""
    return Expr(dataclasses.replace(value.node, told=True), value.rows)  # type: ignore[call-arg]


@word
def whole() -> Expr:
    """100 %: 1,000,000 ppm."""
    return Expr(constant(WHOLE_PPM, types.PPM))


def say(value: Expr, *parts: Any) -> Expr:
    """The same value, to be read aloud as these parts: texts, values, rows."""
    return Expr(dataclasses.replace(value.node, said=parts), value.rows)


def checked(node: Value) -> Expr:
    if ranges.too_large(node.range):
        raise refuse(
            f"a total here can reach 2^{max(map(abs, node.range)).bit_length()}, over 2^256",
            "remedy: fewer factors, or a parameter with a bound: param(…, at_most=…)",
        )
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
        part.rows
        for part in core.walk(node)
        if isinstance(part, core.Neighbour | core.Running) and part.rows.frame == node.frame
    }
    return found.pop() if len(found) == 1 else None


def in_order(rows: Rows) -> tuple[Any, ...]:
    """The words of the order of some rows, where it is not their table's own."""
    return (" in order of ", rows.order) if rows.order else ()


def run_end(rows: Rows, step: int, per: tuple[Value, ...] = ()) -> Expr:
    """No row of `rows` (with the same `per`) is before this one (step −1), or after it (step 1)."""
    _ordered(rows)
    yes, no = constant(1, types.TRUTH), constant(0, types.TRUTH)
    same: tuple[Any, ...] = (" with the same ", per) if per else ()
    node = core.Neighbour(
        rows, yes, step, no, per, type=types.TRUTH, range=ranges.BIT, frame=rows.frame, line=here(),
        said=(f"there is {'an earlier' if step < 0 else 'a later'} row of ", rows, *in_order(rows), *same),
    )  # fmt: skip
    return ~Expr(node, rows)


def unique(rows: Rows, keys: tuple[Expr, ...]) -> Expr:
    if not keys:
        raise refuse("uniqueness of no column", "remedy: table.unique(table.x)")
    belong(rows, keys, "uniqueness of columns")
    nodes = tuple(key.node for key in keys)
    return Expr(chain(rows, nodes, nodes, True, ("no two rows of ", rows, " have the same ", nodes)))


def member(keys: tuple[Expr, ...], columns: tuple[Expr, ...]) -> Expr:
    """Whether `keys` are the `columns` of some row of the table that those are taken from."""
    target, nodes = key_of(columns, "membership")
    agree(keys, columns)
    return make(
        core.Member, tuple(key.node for key in keys), target, nodes, operands=keys, type=types.TRUTH, range=ranges.BIT,
        public=False,
    )  # fmt: skip
