"""Steps from the surface to the core that several words share."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from zkcompliance.card import types
from zkcompliance.claim.language.closed import Closed
from zkcompliance.claim.language.making import Handle, quoted, within
from zkcompliance.claim.meaning import core, ranges
from zkcompliance.claim.meaning.core import Rows, Value
from zkcompliance.claim.meaning.source import here, refuse


def public(value: Handle, beside: Handle, word: str) -> Value:
    """A literal, a parameter, or what is made of them, of the same type."""
    if not value.node.public:
        raise refuse(f"{word} depends on rows", f"remedy: {word} is a literal or a parameter")
    if value.node.type != beside.node.type:
        raise refuse(f"{word} is a {value.node.type}, beside a {beside.node.type}", "remedy: two of one type")
    return value.node


def belong(rows: Rows, values: Sequence[Handle], what: str) -> None:
    """Each value is of these rows or of a selection that contains them; refused otherwise."""
    columns(values, what)
    for value in values:
        if value.node.frame != rows.frame:
            raise refuse(f"{what} of another table", "remedy: x.is_in(other.column) or lookup(…)")
        if value.rows is not None and not within(dataclasses.replace(rows, order=value.rows.order), value.rows):
            raise refuse(
                f"{what} of another selection of the table", "remedy: take all columns from one table.where(…)"
            )


def columns(values: Sequence[Any], what: str) -> None:
    """Each is a column or what is made of columns; refused otherwise."""
    for value in values:
        if isinstance(value, Handle) and value.node.type.kind != types.SET:
            continue
        if isinstance(value, Closed):
            raise refuse(f"{what}: {value._called()} is no column", f"remedy: {value._instead('compare')}")
        raise refuse(
            f"{what}: {quoted(value)} is no column", "remedy: a column is written table.column, without quotes"
        )


def narrowed(rows: Rows, condition: Any) -> Rows:
    """The rows on which the condition holds too."""
    if not isinstance(condition, Handle) or condition.node.type != types.TRUTH:
        what = "a column" if isinstance(condition, Handle) else quoted(condition)
        if isinstance(condition, Closed) and not isinstance(condition, Handle):
            what = condition._called()
        raise refuse(f"a selection needs a condition, and {what} is none", "remedy: where(table.column == …)")
    node = condition.node
    if node.frame is not None:
        belong(rows, [condition], "a condition on rows")
    if rows.where is None:
        return dataclasses.replace(rows, where=node)
    both = core.And(rows.where, node, type=types.TRUTH, range=ranges.BIT, frame=rows.frame, line=node.line)
    return dataclasses.replace(rows, where=both)


def chain(rows: Rows, first: tuple[Value, ...], last: tuple[Value, ...], strict: bool, said: tuple[Any, ...]) -> Value:
    return core.Chain(rows, first, last, strict, type=types.TRUTH, range=ranges.BIT, line=here(), said=said)


def agree(left: Sequence[Handle], right: Sequence[Handle]) -> None:
    """Same number and types, pairwise; refused otherwise."""
    columns((*left, *right), "a comparison of columns")
    if len(left) != len(right):
        raise refuse(
            f"{len(left)} values beside {len(right)}", "remedy: as many columns on each side: ((a, b), (c, d))"
        )
    for a, b in zip(left, right, strict=True):
        if a.node.type != b.node.type:
            raise refuse(f"{a.node.type} beside {b.node.type} has no meaning", "remedy: columns of one type, pairwise")


def key_of(values: Sequence[Handle], word: str) -> tuple[Rows, tuple[Value, ...]]:
    """The rows that several expressions are taken from, and their nodes."""
    columns(values, word)
    among = {value.rows for value in values if value.rows is not None}
    if len(among) != 1:
        raise refuse(f"{word} needs columns of one table", "remedy: take them all from the same table.where(…)")
    rows = among.pop()
    if any(value.node.frame not in (None, rows.frame) for value in values):  # the row before has no rows of its own
        raise refuse(f"{word} in rows of two tables", "remedy: take all columns from one table")
    return rows, tuple(value.node for value in values)
