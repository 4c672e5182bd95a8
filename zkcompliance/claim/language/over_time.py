"""Running sums and sums in a window, from the surface to the core."""

from __future__ import annotations

import dataclasses
from typing import Any

from zkcompliance.card import types
from zkcompliance.claim.language.lowering import belong
from zkcompliance.claim.language.making import Handle, lift
from zkcompliance.claim.meaning import core, ranges
from zkcompliance.claim.meaning.core import Rows, Value
from zkcompliance.claim.meaning.source import here, refuse


def running(rows: Rows, value: Handle, per: tuple[Value, ...]) -> Value:
    """The sum of the value over the rows up to and with each row of their frame."""
    belong(rows, [value], "a running total")
    total = ranges.total(value.node.range, 0)
    return core.Running(rows, value.node, per, type=value.node.type, range=total, frame=rows.frame, line=here())


def window(rows: Rows, value: Handle, length: Any, at: Handle, per: tuple[Value, ...]) -> Value:
    """The sum of the value over the rows whose `at` is in (t − length, t], t being each row's own."""
    belong(rows, [value, at], "a window of columns")
    ordered_by(at, "a window")
    kind = at.node.type
    span = lift(length, types.SECONDS if kind.kind == types.TIME else kind, type(at))
    wanted = types.SECONDS if kind.kind == types.TIME else kind
    if span.node.type != wanted or not span.node.public or span.node.range[0] < 0 or span.node.range[1] < 1:
        raise refuse(
            f"a window that is no {wanted} of its own, from 1 on",
            "remedy: a literal or a parameter: '30 days', Param[Seconds]",
        )
    total = ranges.total(value.node.range, 0)
    rows = dataclasses.replace(rows, order=())
    return core.Window(
        rows, value.node, at.node, span.node, per, type=value.node.type, range=total, frame=rows.frame, line=here()
    )


def ordered_by(at: Handle, what: str) -> None:
    """Refuses an order by what has none."""
    if at.node.type.kind not in (types.NUMBER, types.TIME):
        raise refuse(f"{what} by a {at.node.type}, which has no order", "remedy: numbers and times have it")
