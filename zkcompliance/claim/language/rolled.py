"""A claim over a roll-up: its body is run again, and each log in it is the roll-up, of which a row stands for many.

What a word makes of the log's rows is made of the roll-up's:

    count() → Σ n        x.sum() → Σ x_sum        x.max(empty) → max x_max      x.min(empty) → min x_min
    x.mean() → Σ x_sum / Σ n        x.is_given(), x > 0 → the flag, where there is one
    where, every, none, any, group_by, is_in: of keys, as they are; groups.size() → Σ n of the group, and so on

Everything else is refused, and says why: what depends on each row, on their order, or on how often a value is there.
What is made is looked through once more, node by node, for what does not commute (`check`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn, Self

from zkcompliance.card import types
from zkcompliance.claim.language.asking import asked_of_rows
from zkcompliance.claim.language.closed import Closed, word
from zkcompliance.claim.language.expr import Expr, Ratio, say, whole
from zkcompliance.claim.language.lowering import narrowed
from zkcompliance.claim.language.tables import Grouped, LogTable
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.core import Rows, Value
from zkcompliance.claim.meaning.source import refuse
from zkcompliance.schemas import ROLL_UPS, RollUp
from zkcompliance.schemas.rolled import COUNT, GIVEN, MAX, MIN, POSITIVE, SUM

_EACH_ROW = "it asks each row of the log, and a roll-up has groups of them"
_ORDER = "it follows the order of the log's rows, which a roll-up does not have"
_OFTEN = "it counts how often a value is there, and a roll-up says it once for many rows"


def no(word: str, why: str) -> Exception:
    """The refusal of a word that has no substitution."""
    return refuse(f"{word} over a roll-up: {why}", "remedy: prove this claim over the log itself")


class RolledColumn(Closed):
    """A column of the log that is no key of its roll-up: parts of it are there, of each group."""

    __slots__ = ("name", "table")

    def __init__(self, table: RolledTable, name: str) -> None:
        self.table, self.name = table, name

    @word
    def sum(self) -> Expr:
        """The total over the rows; 0 over none."""
        return self.part(SUM).sum()

    @word
    def min(self, *, empty: Any) -> Expr:
        """The smallest over the rows; `empty` over none."""
        return self.part(MIN).min(empty=empty)

    @word
    def max(self, *, empty: Any) -> Expr:
        """The largest over the rows; `empty` over none."""
        return self.part(MAX).max(empty=empty)

    @word
    def mean(self) -> Ratio:
        """The average over the rows, to be compared with."""
        parts = ("the mean ", self.name, " over the rows of ", self.table.rows)
        kind = self.part(SUM).node.type
        return Ratio(self.sum(), self.table.count(), kind, parts, span=self.span)

    @word
    def is_given(self) -> Expr:
        """That it is not missing, where the roll-up has a flag of that."""
        return self._flag(GIVEN, "is_given")

    def __gt__(self, other: Any) -> Expr:
        if isinstance(other, bool) or other != 0:
            raise no(f"{self.name} > a value other than 0", _EACH_ROW)
        return self._flag(POSITIVE, "> 0")

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        why = _ORDER if name in ("previous", "next", "running", "is_sorted", "is_serial") else _EACH_ROW
        raise no(f"{self.name}.{name}", why)

    def part(self, part: str) -> Expr:
        """The column of the roll-up that has this part; refused where it has none."""
        how = self.table.how
        if part not in how.parts_of(self.name):
            raise no(f"the {part} of {self.name}", f"{how.rolled.label} does not have it")
        return LogTable.__getitem__(self.table, f"{self.name}_{part}")

    def _flag(self, kind: str, called: str) -> Expr:
        for flag in self.table.how.flags:
            if (flag.column, flag.kind) == (self.name, kind):
                return LogTable.__getitem__(self.table, flag.name)
        raise no(f"{self.name} {called}", f"{self.table.how.rolled.label} has no flag of it: {_EACH_ROW}")

    @property
    def span(self) -> tuple[int, int]:
        """The least and the most that a mean of it can be."""
        column = self.table.how.schema.column(self.name)
        return 0, column.largest

    def _called(self) -> str:
        return f"{self.name}, a column that is no key of the roll-up"

    def _instead(self, sign: str) -> str:
        return f"prove this claim over the log itself: {_EACH_ROW}"


class RolledTable(LogTable, schema=ROLL_UPS[0].rolled):  # `table_of` makes one for each roll-up
    """The rows that a roll-up stands for."""

    __slots__ = ("how",)
    how: RollUp

    def __init__(self, rows: Rows, how: RollUp) -> None:
        super().__init__(rows)
        object.__setattr__(self, "how", how)

    @word
    def where(self, condition: Expr) -> Self:
        """The rows on which the condition on keys holds."""
        made = type(self)(narrowed(self.rows, condition), self.how)
        asked_of_rows(self.rows, condition.node, single=True)
        return made

    @word
    def count(self) -> Expr:
        """The number of rows."""
        return say(LogTable.__getitem__(self, COUNT).sum(), "the number of rows of the log behind ", self.rows)

    @word
    def share(self, condition: Expr) -> Ratio:
        """The share of the rows on which the condition on keys holds."""
        parts = ("the share of the rows of the log behind ", self.rows, " for which ", condition.node)
        return Ratio(self.where(condition).count() * whole(), self.count(), types.PPM, parts, span=(0, 1_000_000))

    @word
    def group_by(self, *keys: Expr) -> RolledGroups:
        """One group for each combination of keys that occurs."""
        return RolledGroups(super().group_by(*keys).rows, self)

    @word
    def unique(self, *keys: Expr) -> NoReturn:
        """Refused."""
        raise no("unique", _OFTEN)

    @word
    def no_overlap(self, start: Expr, end: Expr, *, per: Expr | None = None) -> NoReturn:
        """Refused."""
        raise no("no_overlap", _EACH_ROW)

    @word
    def order_by(self, *keys: Expr) -> NoReturn:  # type: ignore[override]
        """Refused."""
        raise no("order_by", _ORDER)

    @property
    def is_first(self) -> NoReturn:
        """Refused."""
        raise no("is_first", _ORDER)

    @property
    def is_last(self) -> NoReturn:
        """Refused."""
        raise no("is_last", _ORDER)

    def __getitem__(self, name: Any) -> Any:
        if name in self.how.keys:
            return super().__getitem__(name)
        if any(column.name == name for column in self.how.schema.columns):
            return RolledColumn(self, name)
        raise refuse(f"a {self.how.schema.label} log has no column {name!r}", "remedy: table.column")


class RolledGroups(Grouped):
    """Groups of the rows that a roll-up stands for."""

    __slots__ = ("table",)
    table: RolledTable

    def __init__(self, rows: Rows, table: RolledTable) -> None:
        super().__init__(rows)
        object.__setattr__(self, "table", table)

    @word
    def where(self, condition: Expr) -> Self:
        """The groups on which the condition holds."""
        made = type(self)(narrowed(self.rows, condition), self.table)
        asked_of_rows(self.rows, condition.node, single=True)
        return made

    @word
    def size(self, condition: Any = ...) -> Expr:
        """The number of the group's rows."""
        if condition is not ...:
            raise no("size(condition)", "groups of a table that was narrowed by where have a size")
        return self._aggregated(LogTable.__getitem__(self.table, COUNT), SUM)

    @word
    def sum(self, value: Any) -> Expr:
        """The total of the value over the group's rows."""
        return self._of(value, SUM)

    @word
    def min(self, value: Any) -> Expr:
        """The smallest of the value over the group's rows."""
        return self._of(value, MIN)

    @word
    def max(self, value: Any) -> Expr:
        """The largest of the value over the group's rows."""
        return self._of(value, MAX)

    @word
    def mean(self, value: Any) -> Ratio:
        """The average of the value over the group's rows, to be compared with."""
        total = self._of(value, SUM)
        return Ratio(total, self.size(), total.node.type, ("the mean ", value.name), span=value.span)

    @word
    def first(self, value: Any, *, order: Any = ()) -> NoReturn:
        """Refused."""
        raise no("first", _ORDER)

    @word
    def last(self, value: Any, *, order: Any = ()) -> NoReturn:
        """Refused."""
        raise no("last", _ORDER)

    @word
    def share_of(self, condition: Any) -> NoReturn:
        """Refused."""
        raise no("share_of", _EACH_ROW)

    @word
    def quantile(self, value: Any, share: Any) -> NoReturn:
        """Refused."""
        raise no("quantile", _EACH_ROW)

    def _of(self, value: Any, part: str) -> Expr:
        if not isinstance(value, RolledColumn):
            raise no(f"the {part} of what is no column of the log", _EACH_ROW)
        return self._aggregated(value.part(part), part)

    def _aggregated(self, column: Expr, part: str) -> Expr:
        made: Expr = getattr(Grouped(self.rows), part)(column)
        return made


def table_of(log: core.Log, how: RollUp) -> RolledTable:
    """What a claim's body holds of a log, where the roll-up `log` stands for it."""

    class Rolled(RolledTable, schema=how.rolled):
        """Rows that this roll-up stands for."""

    return Rolled(Rows(log), how)


def check(values: Iterable[Value], logs: Iterable[core.Log]) -> None:
    """Refuses what does not commute with rolling up, however it was written.

    Of the rows of a roll-up: sums of `n` and of sums, extremes, and whether there is none; no order, no uniqueness, no
    neighbour, no state at a time, no equality of rows. A count is of roll-up rows, and so only held against none.
    """
    rolled = [log for log in logs if log.schema.rolled_up]
    values = list(values)
    held = {each for part in core.walk(*values) if isinstance(part, Value) for each in _none_or_some(part)}
    for part in core.walk(*values):
        if not isinstance(part, Value) or not any(
            each in rolled for each in core.walk(part) if isinstance(each, core.Log)
        ):
            continue
        if isinstance(part, _NOT_OF_GROUPS):
            raise refuse(f"over a roll-up: {_WHY.get(type(part), _ORDER)}", _REMEDY, part.line)
        if not isinstance(part, core.Aggregate) or core.log_of(part.rows.frame) not in rolled:
            continue
        frame_is_log = isinstance(part.rows.frame, core.Log)
        if part.kind == "sum" and frame_is_log and not _summed(part.arg):
            raise refuse(f"sum over a roll-up: {_OFTEN}", _REMEDY, part.line)
        if part.kind == "count" and frame_is_log and id(part) not in held:
            raise refuse(f"count of a condition over a roll-up: {_OFTEN}", _COUNTED, part.line)


def _none_or_some(part: Value) -> list[int]:
    """The identity of a count that is held against none: count == 0, 1 ≤ count, the same of groups as of rows."""
    if not isinstance(part, core.Compare):
        return []
    a, b = part.a, part.b
    if part.op in ("==", "!=") and isinstance(b, core.Const) and b.value == 0:
        return [id(a)]
    least = {"<": 0, "<=": 1}.get(part.op)
    return [id(b)] if isinstance(a, core.Const) and a.value == least else []


def _summed(arg: Value | None) -> bool:
    return isinstance(arg, core.Column) and (arg.name == COUNT or arg.name.endswith(f"_{SUM}"))


_NOT_OF_GROUPS = (
    core.Neighbour, core.Lookup, core.AsOf, core.Running, core.Window, core.SameMultiset, core.Chain, core.Bracket,
)  # fmt: skip
_WHY: dict[type, str] = {core.SameMultiset: _OFTEN, core.Chain: _OFTEN, core.Lookup: _OFTEN}
_REMEDY = "remedy: prove this claim over the log itself"
_COUNTED = "remedy: table.where(condition).count()"
