"""Whether a claim depends on the order of a log's rows: then one log alone may fill the slot.

Only `Neighbour` looks at an order. It does not look at the log's own where no two rows tie: its keys (those that
neighbours share, and those that the rows are ordered by) are columns of which the claim requires that no two rows have
the same, or they are all that the claim reads of a row, so that rows that tie are rows that it cannot tell apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.core import Groups, Log, Value


def uses_order(log: Log, required: Sequence[Value], revealed: Sequence[Value]) -> bool:
    """False only if the claim's truth, and what it reveals where it is true, is the same over the log's rows in any
    order. required: the values of all its requirements; revealed: those of its reveals.
    """
    parts = set(core.walk(*required, *revealed))
    unique = [
        _columns(part.first)
        for part in core.walk(*required)
        if isinstance(part, core.Chain) and part.strict and part.first == part.last and part.rows == core.Rows(log)
    ]
    read = {part for part in parts if isinstance(part, core.Column | core.Bracket) and part.log == log}
    for part in parts:
        if not isinstance(part, core.Neighbour) or core.log_of(part.rows.frame) != log:
            continue
        keys = tuple(map(_told_by, (*part.per, *part.rows.order)))
        frame = part.rows.frame
        if isinstance(frame, Groups):
            if _groups_tie(frame, keys):
                return True
        elif not any(key is not None and key <= set(keys) for key in (*unique, read)):
            return True
    return False


def _told_by(key: Value) -> Value:
    """What a key tells: a descending one, a constant less x, tells x."""
    return key.b if isinstance(key, core.Sub) and isinstance(key.a, core.Const) else key


def _columns(keys: Sequence[Value]) -> set[Value] | None:
    """The keys of a uniqueness, if all are columns: values of other rows could depend on the order themselves."""
    return set(keys) if all(isinstance(key, core.Column) for key in keys) else None


def _groups_tie(groups: Groups, keys: Sequence[Value]) -> bool:
    """Whether two groups may agree in the keys, so that the order of their first rows decides."""
    named = {key.index for key in keys if isinstance(key, core.Key) and key.groups == groups}
    return named != set(range(len(groups.keys)))
