"""A claim's conditions in words."""

from __future__ import annotations

import re
from typing import Any

from zkcompliance.card import reading, types
from zkcompliance.card.sentence import Hole, Sentence, whole
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.core import Groups, Log, Rows, Value

_RELATIONS = {"<": "is below", "<=": "is at most", "==": "is", "!=": "is not"}
_TIMES = {"<": "is before", "<=": "is not after"}
_KINDS = {"sum": "the total ", "min": "the smallest ", "max": "the largest "}
_PREPOSITIONS = {"at": "time", "from": "beginning", "until": "end"}
_HOLE = re.compile("\x02([^\x02\x03]+)\x03")  # a parameter's name, between characters that no text has


def sentence(value: Value) -> str:
    """A condition with a capital and a full stop, and the parameters' names."""
    return whole(template(value).named())


def phrase(part: Any) -> str:
    """A node, some rows, or a tuple of nodes in words, with the parameters' names."""
    return template(part).named()


def template(part: Any) -> Sentence:
    """The same, with places for the parameters."""
    pieces = _HOLE.split(_phrase(part))
    return Sentence(tuple(Hole(piece) if i % 2 else piece for i, piece in enumerate(pieces) if piece))


def _phrase(part: Any) -> str:
    """A node, some rows, or a tuple of nodes in words."""
    if isinstance(part, str):
        return part
    if isinstance(part, tuple):
        words = [_phrase(each) for each in part]
        return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    if isinstance(part, Rows):
        return _rows(part)
    if not isinstance(part, Value):
        return _frame(part)
    return _spoken(part.said) if part.said else _value(part)


def _spoken(said: tuple[Any, ...]) -> str:
    """What sugar says of itself. A row of groups is a group."""
    words: list[str] = []
    for each in said:
        if isinstance(each, Rows) and isinstance(each.frame, Groups) and words and words[-1].endswith(" row of "):
            words[-1] = words[-1].removesuffix("row of ") + "group of "
        words.append(_phrase(each))
    return "".join(words)


def _frame(frame: Log | Groups) -> str:
    if isinstance(frame, Log):
        return frame.name
    return f"{_rows(frame.rows)} with the same {_phrase(frame.keys)}"


def _rows(rows: Rows) -> str:
    text = _frame(rows.frame)
    if rows.where is not None:
        text += f" where {_phrase(rows.where)}"
    if rows.order:
        text += f" in order of {_phrase(rows.order)}"
    return f"({text})" if " " in text else text


def _value(node: Value) -> str:
    match node:
        case core.Const():
            return reading.show(node.type, node.value)
        case core.Param():
            return f"\x02{node.name}\x03"
        case core.Column():
            return _PREPOSITIONS.get(node.name, node.name.replace("_", " "))
        case core.Key():
            return _phrase(node.groups.keys[node.index])
        case core.Add():
            return f"({_phrase(node.a)} + {_phrase(node.b)})"
        case core.Sub():
            return f"({_phrase(node.a)} − {_phrase(node.b)})"
        case core.Mul():
            return f"{_phrase(node.a)} × {_phrase(node.b)}"
        case core.FloorDiv():
            return f"⌊{_phrase(node.a)} / {node.divisor:,}⌋"
        case core.Compare():
            return _comparison(node)
        case core.And():
            return f"{_joined(node.a, core.Or)} and {_joined(node.b, core.Or)}"
        case core.Or():
            return f"{_joined(node.a, core.And)} or {_joined(node.b, core.And)}"
        case core.Not(a=core.Member() as inner):
            return f"{_phrase(inner.keys)} is not found as {_phrase(inner.columns)} in {_phrase(inner.target)}"
        case core.Not():
            return f"not ({_phrase(node.a)})"
        case core.Select():
            return f"({_phrase(node.a)} if {_phrase(node.condition)}, otherwise {_phrase(node.b)})"
        case core.IsIn():
            return f"{_phrase(node.value)} is one of {_members(node)}"
        case core.Neighbour():
            side = "last earlier" if node.step < 0 else "next later"
            same = f" with the same {_phrase(node.per)}" if node.per else ""
            row = f"{side} {'group' if isinstance(node.rows.frame, Groups) else 'row'} of {_phrase(node.rows)}{same}"
            return f"the {_phrase(node.arg).removeprefix('the ')} of the {row} ({_phrase(node.default)} if none)"
        case core.Member():
            return f"{_phrase(node.keys)} is found as {_phrase(node.columns)} in {_phrase(node.target)}"
        case core.Lookup():
            other = "" if node.matched else f" (without a match: {_phrase(node.default)})"
            found = f"the {_phrase(node.columns)} {_phrase(node.keys)} in {_phrase(node.target)}"
            return f"{_phrase(node.value)} of {found}{other}"
        case core.Aggregate():
            return _aggregate(node)
    return type(node).__name__


def _joined(side: Value, other: type[Value]) -> str:
    """One side of `and` or `or`. What is said of every row ends where its side does."""
    text = _phrase(side)
    return f"({text})" if (isinstance(side, other) and not side.said) or text.startswith("for ") else text


def _compared(side: Value) -> str:
    """One side of a comparison: a truth value that is itself a sentence stands apart."""
    text = _phrase(side)
    whole = isinstance(side, core.Column | core.Param | core.Const | core.Select | core.Not)
    return text if side.type != types.TRUTH or whole else f"({text})"


def _comparison(node: core.Compare) -> str:
    if isinstance(node.a, core.Const) or (isinstance(node.a, core.Param) and not isinstance(node.b, core.Const)):
        turned = {"<": "is above", "<=": "is at least"}
        if node.a.type.kind == types.TIME:
            turned = {"<": "is after", "<=": "is not before"}
        if node.op in turned:
            return f"{_phrase(node.b)} {turned[node.op]} {_phrase(node.a)}"
    relation = _RELATIONS[node.op]
    if node.a.type.kind == types.TIME:
        relation = _TIMES.get(node.op, relation)
        if isinstance(node.b, core.Const) and node.b.value == 0:
            return f"{_phrase(node.a)} {relation} {'missing' if node.op == '==' else 'missing (0)'}"
    return f"{_compared(node.a)} {relation} {_compared(node.b)}"


def _members(node: core.IsIn) -> str:
    if isinstance(node.members, core.Param):
        return _phrase(node.members)
    return ", ".join(reading.show(node.value.type, member) for member in node.members)


def _aggregate(node: core.Aggregate) -> str:
    of = "" if node.by is not None else f" of {_phrase(node.rows)}"
    if node.arg is None:
        return "the number of its rows" if node.by is not None else f"the number of rows{of}"
    empty = "" if node.empty is None else f" (over none, {_phrase(node.empty)})"
    return f"{_KINDS[node.kind]}{_phrase(node.arg)}{of}{empty}"
