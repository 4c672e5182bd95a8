"""Whether a claim depends on the order of a log's rows: then one log alone may fill the slot.

Only `Neighbour`, `Running` and `AsOf` look at an order. They do not look at the log's own where no two rows tie: their
keys (those that rows share, and those that they are ordered by) are columns of which the claim requires that no two
rows have the same, or they are all that the claim reads of a row, so that rows that tie are rows that it cannot tell
apart. Of `AsOf` it is enough that rows that tie have one value, being made of the keys alone.
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
        if isinstance(part, core.AsOf):
            mine = core.log_of(part.target.frame) == log and not read <= {*part.columns, part.order}
            if mine and tells_ties_apart(part, required):
                return True
            continue
        if not isinstance(part, core.Neighbour | core.Running) or core.log_of(part.rows.frame) != log:
            continue
        keys = tuple(map(_told_by, (*part.per, *part.rows.order)))
        frame = part.rows.frame
        if isinstance(frame, Groups):
            if _groups_tie(frame, keys):
                return True
        elif not any(key is not None and key <= set(keys) for key in (*unique, read)):
            return True
    return False


def tells_ties_apart(node: core.AsOf, required: Sequence[Value]) -> bool:
    """False only if rows of the target that agree in `columns` and `order` have one `value`, or there are no two such
    where the claim holds: their keys are all those of groups, or columns that the claim requires to be unique."""
    keys, frame = (*node.columns, node.order), node.target.frame
    if isinstance(frame, Groups):
        return _groups_tie(frame, keys)
    among = (node.target, core.Rows(frame))
    for part in core.walk(*required):
        if isinstance(part, core.Chain) and part.strict and part.first == part.last and part.rows in among:
            unique = _columns(part.first)
            if unique is not None and unique <= set(keys):
                return False
    return not _made_of(node.value, keys)


_OF_ITS_PARTS = (
    core.Add, core.Sub, core.Mul, core.FloorDiv, core.Compare, core.And, core.Or, core.Not, core.Select, core.IsIn,
)  # fmt: skip


def _made_of(value: Value, keys: Sequence[Value]) -> bool:
    """Whether a row's value follows from its keys and what is public."""
    if value in keys or value.public:
        return True
    parts = [part for part in core.children(value) if isinstance(part, Value)]
    return isinstance(value, _OF_ITS_PARTS) and all(_made_of(part, keys) for part in parts)


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
