"""Words for when a row was sealed: conditions on every moment of the bracket of its segment.

So whoever states a bracket that is wider than it need be only makes them harder to meet.
"""

from __future__ import annotations

from typing import Any

from zkcompliance.card import types
from zkcompliance.card.words import BRACKET
from zkcompliance.claim.language.closed import word
from zkcompliance.claim.language.expr import Expr, say
from zkcompliance.claim.language.making import lift
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.brackets import OPEN
from zkcompliance.claim.meaning.source import here, refuse

_OF_OTHER_ROWS = (
    core.Neighbour, core.Member, core.Lookup, core.Aggregate, core.AsOf, core.Running, core.Window,
)  # fmt: skip


@word
def sealed_within(time: Expr, delay: Any) -> Expr:
    """Every moment of the bracket of the row's segment is at most `delay` after `time`: not_after − delay ≤ time.

    So the row was sealed soon after the time that it names, whenever in the bracket that was.
    """
    length, log = _delay(delay), _row_of(time, "sealed_within")
    return say(
        _end_of(log, True) - length <= time, "every moment of ", BRACKET, " is at most ", length.node, " after ",
        time.node,
    )  # fmt: skip


@word
def not_ahead(time: Expr, delay: Any) -> Expr:
    """`time` is at most `delay` after every moment of the bracket of the row's segment: time ≤ not_before + delay."""
    length, log = _delay(delay), _row_of(time, "not_ahead")
    return say(
        time <= _end_of(log, False) + length, time.node, " is at most ", length.node, " after every moment of ", BRACKET
    )


def _row_of(time: Expr, name: str) -> core.Log:
    """The log whose row names the time; refused where other rows, or none, have a part in it."""
    if not isinstance(time, Expr) or time.node.type.kind != types.TIME or time.node.frame is None:
        raise refuse(f"{name} of what is no time of a row", f"remedy: {name}(table.at, …), of a column that is a time")
    if isinstance(time.node.frame, core.Groups):
        raise refuse(
            f"{name} of a group: its rows may be of several segments", f"remedy: rows.every({name}(rows.at, …))"
        )
    if any(isinstance(part, _OF_OTHER_ROWS) for part in core.walk(time.node)):
        raise refuse(
            f"{name} of a time that other rows name: they may be of other segments",
            "remedy: ask it of each row's own columns",
        )
    if time.node.frame.schema.rolled_up:
        raise refuse(
            f"{name} on a roll-up: its segments were sealed later than the rows that it stands for",
            "remedy: ask it of the log that was rolled up",
        )
    return time.node.frame


def _delay(delay: Any) -> Expr:
    length = lift(delay, types.SECONDS, Expr)
    if length.node.type != types.SECONDS or not length.node.public or length.node.range[0] < 0:
        raise refuse("a delay is a length of time of its own", "remedy: a literal or a Param[Seconds], never below 0")
    return length


def _end_of(log: core.Log, last: bool) -> Expr:
    kind = types.TIME_POINT
    return Expr(core.Bracket(log, last, type=kind, range=OPEN, frame=log, line=here()))
