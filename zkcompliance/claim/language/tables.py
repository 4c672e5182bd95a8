"""Tables: the rows of a sealed log, a selection of them, or groups."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from zkcompliance import schemas
from zkcompliance.card import types
from zkcompliance.claim.language import units
from zkcompliance.claim.language.asking import asked_of_rows
from zkcompliance.claim.language.closed import Closed, word
from zkcompliance.claim.language.distinct import distinct
from zkcompliance.claim.language.expr import WHOLE_PPM, Expr, Quantile, Ratio, count, run_end, say, unique, whole
from zkcompliance.claim.language.lowering import belong, chain, columns, narrowed
from zkcompliance.claim.language.making import lift
from zkcompliance.claim.language.operators import ORDERED, ordered
from zkcompliance.claim.language.operators import condition as as_condition
from zkcompliance.claim.language.ordering import Descending, end_of_groups, order_of
from zkcompliance.claim.meaning import core, ranges
from zkcompliance.claim.meaning.core import Rows
from zkcompliance.claim.meaning.source import here, refuse
from zkcompliance.schemas import Schema


class Table(Closed):
    """Rows. A column is an attribute, `table.flop`, or an item, `table["from"]`."""

    __slots__ = ("rows",)
    rows: Rows

    def __init__(self, rows: Rows) -> None:
        object.__setattr__(self, "rows", rows)

    @word
    def where(self, condition: Expr) -> Self:
        """The rows on which the condition holds, in the same order."""
        made = type(self)(narrowed(self.rows, condition))
        asked_of_rows(self.rows, condition.node, single=True)
        return made

    @word
    def count(self) -> Expr:
        """The number of rows."""
        return count(self.rows)

    @word
    def every(self, condition: Expr) -> Expr:
        """The condition holds on every row. True over none."""
        return self._over(condition).every()

    @word
    def none(self, condition: Expr) -> Expr:
        """The condition holds on no row. True over none."""
        return self._over(condition).none()

    @word
    def any(self, condition: Expr) -> Expr:
        """The condition holds on some row. False over none."""
        return self._over(condition).any()

    @word
    def share(self, condition: Expr) -> Ratio:
        """The share of the rows on which the condition holds."""
        return self._over(condition).share()

    @word
    def unique(self, *keys: Expr) -> Expr:
        """No two rows agree in all the keys. True over none."""
        return unique(self.rows, keys)

    @word
    def no_overlap(self, start: Expr, end: Expr, *, per: Expr | None = None) -> Expr:
        """The half-open intervals [start, end) do not overlap among the rows with one key, and start ≤ end on each."""
        belong(self.rows, [start, end] if per is None else [start, end, per], "intervals of columns")
        keys = () if per is None else (per.node,)
        if start.node.type != end.node.type or start.node.type.kind not in (types.TIME, types.NUMBER):
            raise refuse(
                f"an interval from {start.node.type} to {end.node.type} has no meaning",
                "remedy: two times, or two numbers of one unit",
            )
        said = ("the intervals from ", start.node, " to ", end.node, " of the rows of ", self.rows)
        same = () if per is None else (" with the same ", per.node)
        first, last = (*keys, start.node), (*keys, end.node)
        return Expr(chain(self.rows, first, last, False, (*said, *same, " do not overlap")))

    @word
    def group_by(self, *keys: Expr) -> Grouped:
        """One row for each combination of keys that occurs."""
        if not keys:
            raise refuse("group_by of no column", "remedy: table.group_by(table.x)")
        belong(self.rows, keys, "groups by columns")
        rows = dataclasses.replace(self.rows, order=())
        return Grouped(Rows(core.Groups(rows, tuple(key.node for key in keys))))

    @word
    def order_by(self, *keys: Expr | Descending) -> Self:
        """The same rows in ascending order of the keys, ties in log order: what `previous` and `next` follow.

        A key under `descending(…)` goes from its largest value to its smallest.
        """
        if not keys:
            raise refuse("order_by of no column", "remedy: table.order_by(table.x)")
        return type(self)(dataclasses.replace(self.rows, order=order_of(self.rows, keys, "an order by columns")))

    @property
    def is_first(self) -> Expr:
        """No row of this table is before this one."""
        return run_end(self.rows, -1)

    @property
    def is_last(self) -> Expr:
        """No row of this table is after this one."""
        return run_end(self.rows, 1)

    def _over(self, condition: Expr) -> Expr:
        narrowed(self.rows, condition)
        asked_of_rows(self.rows, condition.node)
        return Expr(condition.node, self.rows)

    def __getitem__(self, name: Any) -> Expr:
        raise refuse(f"no column {name!r}", "remedy: table.column")

    def __getattr__(self, name: str) -> Expr:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name.removesuffix("_")]

    def __setattr__(self, name: str, value: object) -> None:
        raise refuse(f".{name} = … sets what is no variable", "remedy: give it a name of its own: x = …")

    def __bool__(self) -> bool:
        raise refuse("a table is not true or false", "remedy: table.count() >= 1")

    def __iter__(self) -> Any:
        raise refuse("a table cannot be looped over", "remedy: use every(…), group_by(…), .sum()")

    def __repr__(self) -> str:
        return "<table>"

    def _called(self) -> str:
        return "a table"

    def _instead(self, sign: str) -> str:
        return _INSTEAD.get(sign, "take a column of it, table.column, or a number, table.count()")

    def _near(self, name: str, columns: Sequence[str]) -> str:
        """What was meant by a column that there is not."""
        words = [each for each in dir(type(self)) if not each.startswith("_") and each not in ("rows", "schema")]
        near = difflib.get_close_matches(name, [*columns, *words], 1)
        return f"remedy: {near[0]}; " if near else ""


_INSTEAD = {
    "==": "same_rows(a.x, b.x) compares rows; a column is table.column",
    "!=": "same_rows(a.x, b.x) compares rows; a column is table.column",
    "&": "table.where(condition) & another: conditions go into where", "|": "table.where((a) | (b))",
    "~": "table.where(~(condition))", "len": "table.count()", "in": "within(x, table.column)",
    "for": "use every(…), group_by(…), .sum()", "( )": "table.where(condition), table.column",
    "[ ]": "rows are chosen by table.where(condition)", "hash": "leave it out of sets and dicts",
}  # fmt: skip


class LogTable(Table):
    """The rows of a log with the schema of the class: `class ComputeLog(LogTable, schema=schemas.compute)`."""

    __slots__ = ()
    schema: ClassVar[Schema]

    def __init_subclass__(cls, *, schema: Schema, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        cls.schema = schema

    def __getitem__(self, name: Any) -> Expr:
        frame = self.rows.frame
        if not isinstance(frame, core.Log) or all(column.name != name for column in self.schema.columns):
            names = [column.name for column in self.schema.columns]
            if not isinstance(name, str):
                raise refuse("[ ] of a table", f"remedy: {self._instead('[ ]')}")
            raise refuse(
                f"a {self.schema.label} log has no column {name!r}",
                f"{self._near(name, names)}it has {', '.join(names)}",
            )
        column = self.schema.column(name)
        node = core.Column(
            frame, name, type=units.column_type(column), range=(0, column.largest), frame=frame, line=here()
        )
        return Expr(node, self.rows)


class Grouped(Table):
    """Groups of rows. A key is an attribute by its column's name, or `key(i)`; the rest are aggregates of a group."""

    __slots__ = ()

    @property
    def _groups(self) -> core.Groups:
        if not isinstance(self.rows.frame, core.Groups):
            raise refuse("not a table of groups", "remedy: table.group_by(table.x)")
        return self.rows.frame

    @word
    def key(self, index: int) -> Expr:
        """The index-th key, from 0."""
        keys = self._groups.keys
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(keys):
            raise refuse(f"there are {len(keys)} keys", "remedy: key(0) is the first")
        kind, r = keys[index].type, keys[index].range
        return Expr(core.Key(self._groups, index, type=kind, range=r, frame=self._groups, line=here()), self.rows)

    def __getitem__(self, name: Any) -> Expr:
        keys = [key.name if isinstance(key, core.Column) else "" for key in self._groups.keys]
        if name in keys:
            return self.key(keys.index(name))
        near = self._near(name, [each for each in keys if each]) if isinstance(name, str) else ""
        remedy = near or "remedy: aggregate it: groups.sum(table.x), groups.max(table.x)"
        raise refuse(f"groups have no key {name!r}", remedy.removesuffix("; "))

    @word
    def size(self, condition: Any = ...) -> Expr:
        """The number of the group's rows (on which the condition holds)."""
        if condition is ...:  # not None, which an author may have in hand
            return self._aggregate("count", None, (1, ranges.MAX_ROWS), types.COUNT)
        as_condition(condition, "size", Expr)
        said = ("the number of its rows for which ", condition.node)
        return say(self.sum(condition.as_count()), *said)

    @word
    def sum(self, value: Expr) -> Expr:
        """The total of the value over the group's rows."""
        columns((value,), "a group's sum")
        if value.node.type.kind != types.NUMBER:
            raise refuse(f"the sum of a {value.node.type} has no meaning", "remedy: groups.size(condition)")
        return self._aggregate("sum", value, ranges.total(value.node.range, 1), value.node.type)

    @word
    def min(self, value: Expr) -> Expr:
        """The smallest of the value over the group's rows."""
        return self._extreme("min", value)

    @word
    def max(self, value: Expr) -> Expr:
        """The largest of the value over the group's rows."""
        return self._extreme("max", value)

    @word
    def first(self, value: Expr, *, order: Any = ()) -> Expr:
        """The value on the group's first row in an order (ties in log order), or in the log's own."""
        return Expr(end_of_groups(self._groups, value, order, -1, "first"), self.rows)

    @word
    def last(self, value: Expr, *, order: Any = ()) -> Expr:
        """The value on the group's last row in an order (ties in log order), or in the log's own."""
        return Expr(end_of_groups(self._groups, value, order, 1, "last"), self.rows)

    @word
    def n_unique(self, value: Expr) -> Expr:
        """How many distinct values there are over the group's rows."""
        return Expr(distinct(self._groups, value), self.rows)

    @word
    def mean(self, value: Expr) -> Ratio:
        """The average of the value over the group's rows, to be compared with."""
        columns((value,), "a group's mean")
        parts = ("the mean ", value.node)
        return Ratio(self.sum(value), self.size(), value.node.type, parts, span=value.node.range)

    @word
    def share_of(self, condition: Expr) -> Ratio:
        """The share of the group's rows on which the condition holds."""
        as_condition(condition, "share_of", Expr)
        return Ratio(
            self.size(condition) * whole(), self.size(), types.PPM,
            ("the share of its rows for which ", condition.node), span=(0, WHOLE_PPM),
        )  # fmt: skip

    @word
    def quantile(self, value: Expr, share: Any) -> Quantile:
        """`groups.quantile(x, "95%") <= t`: at least 95 % of the group's rows have x ≤ t."""
        columns((value,), "a group's quantile")
        return Quantile(value, lift(share, types.PPM, Expr), self.share_of)

    def _extreme(self, kind: str, value: Expr) -> Expr:
        columns((value,), f"a group's {kind}")
        ordered(value.node.type, ORDERED)
        return self._aggregate(kind, value, value.node.range, value.node.type)

    def _aggregate(self, kind: str, value: Expr | None, r: ranges.Range, of: types.Type) -> Expr:
        groups = self._groups
        if value is not None and not value.node.public:
            belong(groups.rows, [value], "a group's aggregate")
        if ranges.too_large(r):
            raise refuse("a group's total can exceed 2^256", "remedy: fewer factors")
        arg = None if value is None else value.node
        node = core.Aggregate(kind, groups.rows, arg, groups, None, type=of, range=r, frame=groups, line=here())
        return Expr(node, self.rows)


class ComputeLog(LogTable, schema=schemas.compute):
    """Rows of a compute log."""


class ModelLog(LogTable, schema=schemas.model):
    """Rows of a model log."""


class BookingLog(LogTable, schema=schemas.booking):
    """Rows of a booking log."""


class EvalLog(LogTable, schema=schemas.eval_):
    """Rows of an eval log."""


class AnswerLog(LogTable, schema=schemas.answer):
    """Rows of an answer log."""


class TargetLog(LogTable, schema=schemas.target):
    """Rows of a target log."""


class EventLog(LogTable, schema=schemas.event):
    """Rows of an event log."""


class IncidentLog(LogTable, schema=schemas.incident):
    """Rows of an incident log."""


class IncidentReportLog(LogTable, schema=schemas.incident_report):
    """Rows of an incident report log."""


class ChipLog(LogTable, schema=schemas.chip):
    """Rows of a chip log."""


class DatasetLog(LogTable, schema=schemas.dataset):
    """Rows of a dataset log."""


class AuditLog(LogTable, schema=schemas.audit):
    """Rows of an audit log."""


class CustomerLog(LogTable, schema=schemas.customer):
    """Rows of a customer log."""


class DecisionLog(LogTable, schema=schemas.decision):
    """Rows of a decision log."""


class NoteLog(LogTable, schema=schemas.note):
    """Rows of a note log."""


class ComputeRollUp(LogTable, schema=schemas.by_name("compute.rollup")):
    """Rows of the roll-up of a compute log."""


class EvalRollUp(LogTable, schema=schemas.by_name("eval.rollup")):
    """Rows of the roll-up of a eval log."""


class EventRollUp(LogTable, schema=schemas.by_name("event.rollup")):
    """Rows of the roll-up of a event log."""


class IncidentRollUp(LogTable, schema=schemas.by_name("incident.rollup")):
    """Rows of the roll-up of a incident log."""


class DatasetRollUp(LogTable, schema=schemas.by_name("dataset.rollup")):
    """Rows of the roll-up of a dataset log."""
