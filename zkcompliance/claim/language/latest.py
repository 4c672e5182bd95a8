"""`latest`: the state of something at a time, as the rows of a table say it."""

from __future__ import annotations

from typing import Any

from zkcompliance.claim.language.closed import word
from zkcompliance.claim.language.expr import Expr
from zkcompliance.claim.language.lowering import agree, belong, columns, key_of, public
from zkcompliance.claim.language.making import make, operand
from zkcompliance.claim.language.over_time import ordered_by
from zkcompliance.claim.meaning import core, ranges
from zkcompliance.claim.meaning.source import refuse

Side = Expr | tuple[Expr, ...]


@word
def latest(value: Expr, *, at: Expr, order: Expr, per: tuple[Side, Side] | tuple[()] = (), default: Any) -> Expr:
    """`value` on that row of its table whose `order` is the greatest that is not above `at`; `default` if none is.

    per: what both rows must have in common, the asking row's columns and the table's: `per=(jobs.model, events.model)`,
    of several `per=((jobs.model, jobs.site), (events.model, events.site))`. Equal is included: strictly before is
    `at=jobs.start - seconds(1)`. Of rows of the table that are equally late the last counts, in the log's own order.
    """
    columns((value, at, order), "latest")
    asked, given = _sides(per)
    agree((at, *asked), (order, *given))
    ordered_by(order, "latest")
    target, nodes = key_of((order, *given), "latest")
    if target.order:
        raise refuse(
            "latest in a table that order_by has put in order: of rows that are equally late the log's last counts",
            "remedy: the table without order_by",
        )
    belong(target, [value], "latest")
    other = public(operand(default, value), value, "default")
    return make(
        core.AsOf, tuple(key.node for key in asked), at.node, target, nodes[1:], order.node, value.node, other,
        operands=(at, *asked), type=value.node.type, range=ranges.union(value.node.range, other.range), public=False,
    )  # fmt: skip


def _sides(per: Any) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
    """The asking row's keys, and those of the table that is asked."""
    if isinstance(per, tuple) and not per:
        return (), ()
    if not isinstance(per, tuple) or len(per) != 2:
        raise refuse("per without two sides", "remedy: per=(mine.model, other.model), or left out")
    mine, theirs = (side if isinstance(side, tuple) else (side,) for side in per)
    return mine, theirs
