"""A claim's conditions in words."""

from __future__ import annotations

import re
from typing import Any

from zkcompliance import limits
from zkcompliance.card import reading, types
from zkcompliance.card.sentence import Hole, Sentence, whole
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.core import Groups, Log, Rows, Value
from zkcompliance.claim.meaning.source import refuse
from zkcompliance.errors import ClaimDefinitionError

_RELATIONS = {"<": "is below", "<=": "is at most", "==": "is", "!=": "is not"}
_TIMES = {"<": "is before", "<=": "is not after"}
_KINDS = {"sum": "the total ", "min": "the smallest ", "max": "the largest "}
_PREPOSITIONS = {"at": "time", "from": "beginning", "until": "end"}
_Known = dict[int, str | None]  # a value's words by its identity; None: longer than a sentence may be
_HOLE = re.compile("\x02([^\x02\x03]+)\x03")  # a parameter's name, between characters that no text has


class _TooLongError(Exception):
    pass


def sentence(value: Value) -> str:
    """A condition with a capital and a full stop, and the parameters' names."""
    return whole(template(value).named())


def phrase(part: Any) -> str:
    """A node, some rows, or a tuple of nodes in words, with the parameters' names.

    Rows whose condition is longer than a sentence may be are some of their table.
    """
    try:
        return template(part).named()
    except ClaimDefinitionError:
        return f"some rows of {_frame(part.frame, {})}" if isinstance(part, Rows) else "a long expression"


def template(part: Any) -> Sentence:
    """The same, with places for the parameters.

    ClaimDefinitionError, with its line, where it is longer than a sentence of a card. Parts are put in words first, so
    that a long expression is no deep recursion, and one with many common parts is no long work.
    """
    known: _Known = {}
    for inner in core.walk(part) if isinstance(part, core.Base) else ():
        if isinstance(inner, Value):
            try:
                known[id(inner)] = _phrase(inner, known)
            except _TooLongError:
                known[id(inner)] = None
    try:
        pieces = _HOLE.split(_phrase(part, known))
    except _TooLongError:
        most = limits.MAX_CARD_SENTENCE_BYTES
        line = part.line if isinstance(part, Value) else None
        raise refuse(f"a sentence of over {most} bytes", "remedy: several requirements", line) from None
    return Sentence(tuple(Hole(piece) if i % 2 else piece for i, piece in enumerate(pieces) if piece))


def _phrase(part: Any, known: _Known) -> str:
    """A node, some rows, or a tuple of nodes in words."""
    if isinstance(part, str):
        return part
    if isinstance(part, tuple):
        words = [_phrase(each, known) for each in part]
        return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    if isinstance(part, Rows):
        return _rows(part, known)
    if not isinstance(part, Value):
        return _frame(part, known)
    text = known.get(id(part), "")
    if text == "":
        text = _spoken(part.said, known) if part.said else _value(part, known)
    if text is None or len(text) > limits.MAX_CARD_SENTENCE_BYTES:
        raise _TooLongError
    return text


def _spoken(said: tuple[Any, ...], known: _Known) -> str:
    """What sugar says of itself. A row of groups is a group."""
    words: list[str] = []
    for each in said:
        if isinstance(each, Rows) and isinstance(each.frame, Groups) and words and words[-1].endswith(" row of "):
            words[-1] = words[-1].removesuffix("row of ") + "group of "
        words.append(_phrase(each, known))
    return "".join(words)


def _frame(frame: Log | Groups, known: _Known) -> str:
    if isinstance(frame, Log):
        return frame.name
    return f"{_rows(frame.rows, known)} with the same {_phrase(frame.keys, known)}"


def _rows(rows: Rows, known: _Known) -> str:
    text = _frame(rows.frame, known)
    if rows.where is not None:
        text += f" where {_phrase(rows.where, known)}"
    if rows.order:
        text += f" in order of {_phrase(rows.order, known)}"
    return f"({text})" if " " in text else text


def _value(node: Value, known: _Known) -> str:
    match node:
        case core.Const():
            return reading.show(node.type, node.value)
        case core.Param():
            return f"\x02{node.name}\x03"
        case core.Column():
            return _PREPOSITIONS.get(node.name, node.name.replace("_", " "))
        case core.Key():
            return _phrase(node.groups.keys[node.index], known)
        case core.Add():
            return f"({_phrase(node.a, known)} + {_phrase(node.b, known)})"
        case core.Sub():
            return f"({_phrase(node.a, known)} − {_phrase(node.b, known)})"
        case core.Mul():
            return f"{_phrase(node.a, known)} × {_phrase(node.b, known)}"
        case core.FloorDiv():
            return f"⌊{_phrase(node.a, known)} / {node.divisor:,}⌋"
        case core.Compare():
            return _comparison(node, known)
        case core.And():
            return f"{_joined(node.a, core.Or, known)} and {_joined(node.b, core.Or, known)}"
        case core.Or():
            return f"{_joined(node.a, core.And, known)} or {_joined(node.b, core.And, known)}"
        case core.Not(a=core.Member() as inner):
            return _found(inner, "is not found", known)
        case core.Not():
            return f"not ({_phrase(node.a, known)})"
        case core.Select():
            return f"({_phrase(node.a, known)} if {_phrase(node.condition, known)}, otherwise {_phrase(node.b, known)})"
        case core.IsIn():
            return f"{_phrase(node.value, known)} is one of {_members(node, known)}"
        case core.Neighbour():
            side = "last earlier" if node.step < 0 else "next later"
            same = f" with the same {_phrase(node.per, known)}" if node.per else ""
            one = "group" if isinstance(node.rows.frame, Groups) else "row"
            row = f"{side} {one} of {_phrase(node.rows, known)}{same}"
            what = _phrase(node.arg, known).removeprefix("the ")
            return f"the {what} of the {row} ({_phrase(node.default, known)} if none)"
        case core.Member():
            return _found(node, "is found", known)
        case core.Lookup():
            other = "" if node.matched else f" (without a match: {_phrase(node.default, known)})"
            found = f"the {_phrase(node.columns, known)} {_phrase(node.keys, known)} in {_phrase(node.target, known)}"
            return f"{_phrase(node.value, known)} of {found}{other}"
        case core.Aggregate():
            return _aggregate(node, known)
    return type(node).__name__


def _found(node: core.Member, how: str, known: _Known) -> str:
    return f"{_phrase(node.keys, known)} {how} as {_phrase(node.columns, known)} in {_phrase(node.target, known)}"


def _joined(side: Value, other: type[Value], known: _Known) -> str:
    """One side of `and` or `or`. What is said of every row ends where its side does."""
    text = _phrase(side, known)
    return f"({text})" if (isinstance(side, other) and not side.said) or text.startswith("for ") else text


def _compared(side: Value, known: _Known) -> str:
    """One side of a comparison: a truth value that is itself a sentence stands apart."""
    text = _phrase(side, known)
    whole = isinstance(side, core.Column | core.Param | core.Const | core.Select | core.Not)
    return text if side.type != types.TRUTH or whole else f"({text})"


def _comparison(node: core.Compare, known: _Known) -> str:
    if isinstance(node.a, core.Const) or (isinstance(node.a, core.Param) and not isinstance(node.b, core.Const)):
        turned = {"<": "is above", "<=": "is at least"}
        if node.a.type.kind == types.TIME:
            turned = {"<": "is after", "<=": "is not before"}
        if node.op in turned:
            return f"{_phrase(node.b, known)} {turned[node.op]} {_phrase(node.a, known)}"
    relation = _RELATIONS[node.op]
    if node.a.type.kind == types.TIME:
        relation = _TIMES.get(node.op, relation)
        if isinstance(node.b, core.Const) and node.b.value == 0:
            return f"{_phrase(node.a, known)} {relation} {'missing' if node.op == '==' else 'missing (0)'}"
    return f"{_compared(node.a, known)} {relation} {_compared(node.b, known)}"


def _members(node: core.IsIn, known: _Known) -> str:
    if isinstance(node.members, core.Param):
        return _phrase(node.members, known)
    return ", ".join(reading.show(node.value.type, member) for member in node.members)


def _aggregate(node: core.Aggregate, known: _Known) -> str:
    of = "" if node.by is not None else f" of {_phrase(node.rows, known)}"
    if node.arg is None:
        return "the number of its rows" if node.by is not None else f"the number of rows{of}"
    empty = "" if node.empty is None else f" (over none, {_phrase(node.empty, known)})"
    return f"{_KINDS[node.kind]}{_phrase(node.arg, known)}{of}{empty}"
