"""Missing is not zero: a value that may be missing is used only where the claim says what then holds.

It says so by `x.is_given()` in the table's `where`, or beside the use (`x.is_given() & (x <= 5)`, `~x.is_given() | …`,
`select(x.is_given(), x, …)`), or by `x.or_else(value)`. Whatever else reads such a column is refused: in arithmetic, a
comparison, a membership, a key, an order or an aggregate a missing value would stand as the integer that it is stored
as.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from zkcompliance.card import reading
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.core import Rows, Value
from zkcompliance.claim.meaning.source import Line, refuse

Given = frozenset[Value]  # columns and keys that are known to be there
_NONE: Given = frozenset()


class _Known(NamedTuple):
    """What is given where a condition holds, and where it does not."""

    yes: Given = _NONE
    no: Given = _NONE


def missing_of(node: Value) -> int | None:
    """What a column's, or a key's, missing value is stored as; None: it is never missing."""
    while isinstance(node, core.Key):
        node = node.groups.keys[node.index]
    return node.log.schema.column(node.name).missing if isinstance(node, core.Column) else None


def check(*values: Value) -> None:
    """Refuses, at the line of the use, a value that may be missing where nothing says what then holds."""
    facts = _facts(values)
    seen: set[tuple[int, Given]] = set()
    stack: list[tuple[Value | Rows, Given, Line]] = [(value, _NONE, value.line) for value in reversed(values)]
    while stack:
        part, given, line = stack.pop()
        if (id(part), given) in seen:
            continue
        seen.add((id(part), given))
        stored = missing_of(part) if isinstance(part, core.Column) and not part.told else None
        if isinstance(part, core.Column) and stored is not None and part not in given:
            raise refuse(
                f"{part.name} may be missing, and would then stand here as {reading.show(part.type, stored)}",
                f"remedy: rows.where(rows.{part.name}.is_given()), or {part.name}.or_else(value)",
                line,
            )
        for inner, known in reversed(list(_inner(part, given, facts))):
            own = part.line if isinstance(part, Value) else inner.line if isinstance(inner, Value) else line
            stack.append((inner, known, own))


def _facts(values: tuple[Value, ...]) -> dict[Value, _Known]:
    """Of every condition that is made of `is_given`, `&`, `|` and `~`."""
    found: dict[Value, _Known] = {}
    none = _Known()
    for part in core.walk(*values):
        match part:
            case core.Compare(op="!=" | "==", a=core.Column() | core.Key() as a, b=core.Const(value=stored)):
                if stored == missing_of(a):
                    there = frozenset([a])
                    found[part] = _Known(yes=there) if part.op == "!=" else _Known(no=there)
            case core.And():
                x, y = found.get(part.a, none), found.get(part.b, none)
                found[part] = _Known(x.yes | y.yes, x.no & y.no)
            case core.Or():
                x, y = found.get(part.a, none), found.get(part.b, none)
                found[part] = _Known(x.yes & y.yes, x.no | y.no)
            case core.Not():
                x = found.get(part.a, none)
                found[part] = _Known(x.no, x.yes)
    return found


def _inner(
    part: Value | Rows | core.Frame, given: Given, facts: dict[Value, _Known]
) -> Iterator[tuple[Value | Rows, Given]]:
    """What a part is made of, and what is given there."""

    def known(condition: Value) -> _Known:
        return facts.get(condition, _Known())

    def among(rows: Rows) -> Given:
        return _NONE if rows.where is None else known(rows.where).yes

    match part:
        case Rows():
            yield from ((each, among(part)) for each in part.order)
            if part.where is not None:
                yield part.where, _NONE
            if isinstance(part.frame, core.Groups):
                yield part.frame.rows, _NONE
                yield from ((key, among(part.frame.rows)) for key in part.frame.keys)
        case core.And():
            yield part.a, given | known(part.b).yes
            yield part.b, given | known(part.a).yes
        case core.Or():
            yield part.a, given | known(part.b).no
            yield part.b, given | known(part.a).no
        case core.Select():
            yield part.condition, given
            yield part.a, given | known(part.condition).yes
            yield part.b, given | known(part.condition).no
        case core.Neighbour():
            yield part.rows, _NONE
            yield from ((each, among(part.rows)) for each in (part.arg, *part.per))
        case core.Aggregate():
            yield part.rows, _NONE
            if part.arg is not None:
                yield part.arg, among(part.rows)
        case core.Member() | core.Lookup():
            yield from ((key, given) for key in part.keys)
            yield part.target, _NONE
            values = (*part.columns, part.value) if isinstance(part, core.Lookup) else part.columns
            yield from ((each, among(part.target)) for each in values)
        case core.AsOf():
            yield from ((each, given) for each in (*part.keys, part.at))
            yield part.target, _NONE
            yield from ((each, among(part.target)) for each in (*part.columns, part.order, part.value))
        case core.Running() | core.Window():
            yield part.rows, _NONE
            own = (part.arg, *part.per) if isinstance(part, core.Running) else (part.arg, part.at, *part.per)
            yield from ((each, among(part.rows)) for each in own)
        case core.Chain():
            yield part.rows, _NONE
            yield from ((each, among(part.rows)) for each in (*part.first, *part.last))
        case core.SameMultiset():
            for rows, values in ((part.a, part.left), (part.b, part.right)):
                yield rows, _NONE
                yield from ((each, among(rows)) for each in values)
        case core.Key():
            yield Rows(part.groups), _NONE
        case core.Column():
            return
        case _:
            yield from ((each, given) for each in core.children(part))
