"""What may be asked of every row, some row or no row: a condition that says something of each row, and means one thing.

A quantifier inside another one of the same log is about all rows again, and not about those that go with the row at
hand, whatever its author had in mind; a count of groups inside a condition on groups counts the groups. Both are said
once, under a name, where they are meant: `let("runs", runs.count())`.
"""

from __future__ import annotations

from collections.abc import Iterator

from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.core import Rows, Value
from zkcompliance.claim.meaning.source import refuse

EVERY, NO, SOME = "for every row of ", "for no row of ", "for some row of "  # how a condition on all rows begins


def asked_of_rows(rows: Rows, condition: Value, *, single: bool = False) -> None:
    """Refuses a condition that is the same on every row (single: that may be so), or in which another one of the same
    log hides."""
    for part in _beside(condition):
        if isinstance(rows.frame, core.Groups) and _counts(part, rows.frame):
            raise refuse(
                "count() in a condition on groups is the number of groups, the same for each",
                'remedy: groups.size() counts the rows of a group; let("groups", groups.count()) is all of them',
            )
        if _on_all_rows(part) and core.log_of(part.said[1].frame) == core.log_of(rows.frame):
            raise refuse(
                "a condition on all rows inside a condition on each row of the same log: it does not depend on the row",
                "remedy: groups.size(condition) >= 1 asks the rows that go together, lookup(…) brings them beside a "
                'row; let("any", …) says that all rows are meant',
            )
    if condition.frame is None and not single:
        raise refuse("the condition is the same on every row", "remedy: require it by itself: require(name, condition)")


def _counts(part: Value, groups: core.Groups) -> bool:
    """Whether it is the number of some of the groups."""
    return isinstance(part, core.Aggregate) and part.kind == "count" and part.by is None and part.rows.frame == groups


def _beside(condition: Value) -> Iterator[Value]:
    """What a condition is made of in the row at hand, but for what has a name."""
    seen, stack = set(), [condition]
    while stack:
        part = stack.pop()
        if id(part) in seen or part.called:
            continue
        seen.add(id(part))
        yield part
        if not isinstance(part, core.Aggregate):
            stack += [] if _on_all_rows(part) else [each for each in core.children(part) if isinstance(each, Value)]


def _on_all_rows(part: Value) -> bool:
    """Whether it is a condition on all rows: then the rows are what it says next."""
    return part.said[:1] in ((EVERY,), (NO,), (SOME,))
