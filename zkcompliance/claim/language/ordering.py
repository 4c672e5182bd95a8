"""Orders of rows: keys that descend, the first and the last of rows.

Ties are never left open: of rows that tie in an order the log's own decides, which was sealed. Where that can make a
difference the slot is marked `order` (`claim.meaning.row_order`), and one log alone fills it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zkcompliance.card import types
from zkcompliance.claim.language.closed import Closed, word
from zkcompliance.claim.language.expr import Expr, in_order, run_end
from zkcompliance.claim.language.lowering import belong, columns
from zkcompliance.claim.language.making import constant
from zkcompliance.claim.language.operators import choose
from zkcompliance.claim.meaning import core, ranges
from zkcompliance.claim.meaning.core import Rows, Value
from zkcompliance.claim.meaning.source import here, refuse


class Descending(Closed):
    """A key of an order, from its largest value to its smallest."""

    __slots__ = ("value",)

    def __init__(self, value: Expr) -> None:
        self.value = value

    def _called(self) -> str:
        return "a descending key"

    def _instead(self, sign: str) -> str:
        return "it stands in an order alone: table.order_by(descending(table.x))"


@word
def descending(value: Expr) -> Descending:
    """In `order_by(…)` and `order=…`: from the largest to the smallest. Ties stay in log order."""
    columns((value,), "a descending key")
    return Descending(value)


def order_of(rows: Rows, keys: Sequence[Any], what: str) -> tuple[Value, ...]:
    """The keys of an order of the rows, each ascending: a descending x is `largest − x`, which ascends."""
    belong(rows, [key.value if isinstance(key, Descending) else key for key in keys], what)
    return tuple(_turned(key.value.node) if isinstance(key, Descending) else key.node for key in keys)


def _turned(node: Value) -> Value:
    top = core.Const(node.range[1], type=types.INT, range=(node.range[1], node.range[1]), public=True, line=here())
    return core.Sub(
        top, node, type=types.INT, range=ranges.sub(top.range, node.range), frame=node.frame, line=here(),
        said=(node, " (descending)"),
    )  # fmt: skip


def end_of_groups(groups: core.Groups, value: Expr, order: Any, step: int, name: str) -> core.Aggregate:
    """The value on each group's first row (step −1: none is before it) or last row (step 1) in an order.

    It is the largest of the values, were all but that one row's the least that there can be.
    """
    columns((value,), f"a group's {name}")
    if value.node.frame is None:
        raise refuse(f"a group's {name} of what is the same on every row", "remedy: a column of the grouped table")
    belong(groups.rows, [value], f"a group's {name}")
    keys = tuple(order) if isinstance(order, (tuple, list)) else (order,)
    among = Rows(groups.rows.frame, groups.rows.where, order_of(groups.rows, keys, f"the order of a group's {name}"))
    least = Expr(constant(value.node.range[0], value.node.type))
    there = run_end(among, step, groups.keys)
    picked = choose(there, Expr(value.node), least)
    return core.Aggregate(
        "max", groups.rows, picked.node, groups, None, type=value.node.type, range=value.node.range, frame=groups,
        line=here(), said=("the ", value.node, f" of its {name} row", *in_order(among)),
    )  # fmt: skip
