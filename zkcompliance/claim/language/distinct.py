"""How many distinct values each group has: its rows grouped by the value too, and those groups counted by its keys."""

from __future__ import annotations

from zkcompliance.card import types
from zkcompliance.claim.language.expr import Expr
from zkcompliance.claim.language.lowering import belong, columns
from zkcompliance.claim.meaning import core, ranges
from zkcompliance.claim.meaning.core import Groups, Key, Rows
from zkcompliance.claim.meaning.source import here


def distinct(groups: Groups, value: Expr) -> core.Lookup:
    """The number of distinct values over each group's rows, from 1.

    `pairs` has one row for each (keys, value) that occurs, `again` one for each of the keys among them: exactly the
    groups asked about. So each finds its own row there, and the default is never seen.
    """
    columns((value,), "a group's distinct values")
    belong(groups.rows, [value], "a group's distinct values")
    pairs = Groups(groups.rows, (*groups.keys, value.node))
    again = Groups(Rows(pairs), _keys(pairs, len(groups.keys)))
    some = (1, ranges.MAX_ROWS)
    size = core.Aggregate("count", Rows(pairs), None, again, type=types.COUNT, range=some, frame=again, line=here())
    one = core.Const(1, type=types.COUNT, range=(1, 1), public=True, line=here())
    mine, theirs = _keys(groups, len(groups.keys)), _keys(again, len(groups.keys))
    return core.Lookup(
        mine, Rows(again), theirs, size, one, type=types.COUNT, range=some, frame=groups, line=here(),
        said=("the number of distinct values of ", value.node, " over its rows"),
    )  # fmt: skip


def _keys(groups: Groups, count: int) -> tuple[Key, ...]:
    """The first keys of the groups, as values of theirs."""
    return tuple(
        Key(groups, i, type=key.type, range=key.range, frame=groups, line=here())
        for i, key in enumerate(groups.keys[:count])
    )
