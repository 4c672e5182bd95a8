"""A claim's conditions in words."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
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
_LONG = 160  # characters, from which on what stands twice in a sentence gets a letter, and is said once
_Known = dict[int, str | None]  # the words of a part by its identity; None: longer than a sentence may be
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

    What has a name, or is long and stands in it several times, is said once, behind it. ClaimDefinitionError, with its
    line, where it is longer than a sentence of a card. Parts are put in words first, so that a long expression is no
    deep recursion, and one with many common parts is no long work.
    """
    known: _Known = {}
    said: dict[str, str] = {}  # name → what it stands for, each after those that it speaks of
    inside = _inside(part)
    taken = {getattr(inner, "called", "") for inner, _ in inside}
    letters = (letter for letter in map(_letter, itertools.count()) if letter not in taken)
    for inner, uses in inside:
        try:
            text = _words(inner, known)
            name = getattr(inner, "called", "")
            if not name and uses > 1 and len(text) > _LONG:
                name = next(letters)
            if name and inner is not part:
                said.setdefault(name, text)
                text = f"“{name}”"
            known[id(inner)] = text
        except _TooLongError:
            known[id(inner)] = None
    try:
        pieces = _HOLE.split(_with_names(_phrase(part, known), said))
    except _TooLongError:
        most = limits.MAX_CARD_SENTENCE_BYTES
        line = part.line if isinstance(part, Value) else None
        raise refuse(
            f"a sentence of over {most} bytes", 'remedy: several requirements, or names: let("span", end - start)', line
        ) from None
    return Sentence(tuple(Hole(piece) if i % 2 else piece for i, piece in enumerate(pieces) if piece))


def _inside(part: Any) -> list[tuple[Any, int]]:
    """All that is put in words, by identity: each after what it is made of, and how often it stands in another."""
    uses: dict[int, int] = {}
    order: list[Any] = []
    stack: list[tuple[Any, bool]] = [(part, False)]
    while stack:
        each, done = stack.pop()
        if done:
            order.append(each)
            continue
        if id(each) in uses:
            uses[id(each)] += 1
            continue
        uses[id(each)] = 1
        stack.append((each, True))
        stack += [(inner, False) for inner in reversed(list(_made_of(each)))]
    return [(each, uses[id(each)]) for each in order if isinstance(each, Value | Rows)]


def _made_of(part: Any) -> Iterator[Any]:
    """What stands in the words of a part."""
    match part:
        case tuple():
            yield from (each for each in part if not isinstance(each, str))
        case Value(said=said) if said:
            yield from (each for each in said if not isinstance(each, str))
        case core.Aggregate(by=by, arg=arg) if by is not None:
            yield from () if arg is None else (arg,)
        case core.Key():
            yield part.groups.keys[part.index]
        case core.Column() | Log():
            return
        case _:
            yield from core.children(part)


def _letter(number: int) -> str:
    """A, B, …, Z, A2, B2, …"""
    return chr(ord("A") + number % 26) + ("" if number < 26 else str(number // 26 + 1))


def _with_names(text: str, said: dict[str, str]) -> str:
    """The sentence, and behind it what each of its names stands for."""
    used: list[str] = []
    for name in reversed(said):  # a name is spoken of by later ones alone
        if any(f"“{name}”" in each for each in (text, *(said[each] for each in used))):
            used.append(name)
    whole = "; ".join([text, *(f"“{name}” is {said[name]}" for name in used)])
    if len(whole) > limits.MAX_CARD_SENTENCE_BYTES:
        raise _TooLongError
    return whole


def _phrase(part: Any, known: _Known) -> str:
    """A node, some rows, or a tuple of nodes in words."""
    if isinstance(part, str):
        return part
    if isinstance(part, tuple):
        words = [_compound(each, known) for each in part]
        return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    if not isinstance(part, Value | Rows):
        return _frame(part, known)
    text = known[id(part)] if id(part) in known else _words(part, known)
    if text is None:
        raise _TooLongError
    return text


def _words(part: Value | Rows, known: _Known) -> str:
    """A node or some rows, of parts that are in words already."""
    if isinstance(part, Rows):
        text = _rows(part, known)
    else:
        text = _spoken(part.said, known) if part.said else _value(part, known)
    if len(text) > limits.MAX_CARD_SENTENCE_BYTES:
        raise _TooLongError
    return text


def _compound(part: Any, known: _Known) -> str:
    """A part inside a phrase: a product, or a condition that is a sentence of its own, stands in parentheses."""
    text = _phrase(part, known)
    if not isinstance(part, Value) or text.startswith("“") or part.said:
        return text
    several = isinstance(part, core.And | core.Or | core.Mul)
    return f"({text})" if several else text


def _spoken(said: tuple[Any, ...], known: _Known) -> str:
    """What sugar says of itself. A row of groups is a group."""
    words: list[str] = []
    for each in said:
        if words and words[-1].endswith(" for which "):
            words.append(_compound(each, known))
            continue
        if isinstance(each, Rows) and isinstance(each.frame, Groups) and words and words[-1].endswith(" row of "):
            words[-1] = words[-1].removesuffix("row of ") + "group of "
        words.append(_phrase(each, known))
    return "".join(words)


def _frame(frame: Log | Groups, known: _Known) -> str:
    if isinstance(frame, Log):
        return frame.name
    return f"{_phrase(frame.rows, known)} with the same {_phrase(frame.keys, known).removeprefix('the ')}"


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
            return reading.exactly(node.type, node.value)
        case core.Param():
            return f"\x02{node.name}\x03"
        case core.Column():
            return node.name
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
            what = _compound(node.arg, known).removeprefix("the ")
            return f"the {what} of the {row} ({_phrase(node.default, known)} if none)"
        case core.Member():
            return _found(node, "is found", known)
        case core.Lookup():
            other = "" if node.matched else f" (without a match: {_phrase(node.default, known)})"
            found = f"the {_phrase(node.columns, known)} {_phrase(node.keys, known)} in {_phrase(node.target, known)}"
            return f"{_compound(node.value, known)} of {found}{other}"
        case core.Aggregate():
            return _aggregate(node, known)
        case core.AsOf():
            return _as_of(node, known)
        case core.Running():
            same = f" with the same {_phrase(node.per, known)}" if node.per else ""
            one = _row_of(node.frame)
            return (
                f"the total {_compound(node.arg, known)} of {_phrase(node.rows, known)}{same} up to and with this {one}"
            )
        case core.Window():
            return _window(node, known)
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
    return f"{_compared(node.a, known)} {relation} {_compared(node.b, known)}"


def _members(node: core.IsIn, known: _Known) -> str:
    if isinstance(node.members, core.Param):
        return _phrase(node.members, known)
    shown = [reading.exactly(node.value.type, member) for member in node.members]
    return ", ".join(sorted(shown) if node.value.type.kind == types.ID else shown)


def _aggregate(node: core.Aggregate, known: _Known) -> str:
    of = "" if node.by is not None else f" of {_phrase(node.rows, known)}"
    if node.arg is None:
        rows = "groups" if isinstance(node.rows.frame, Groups) else "rows"
        return "the number of its rows" if node.by is not None else f"the number of {rows}{of}"
    empty = "" if node.empty is None else f" (over none, {_phrase(node.empty, known)})"
    return f"{_KINDS[node.kind]}{_compound(node.arg, known)}{of}{empty}"


def _window(node: core.Window, known: _Known) -> str:
    at, one = _phrase(node.at, known), _row_of(node.frame)
    same = f" with the same {_phrase(node.per, known)}" if node.per else ""
    after = "after" if node.at.type.kind == types.TIME else "above"
    own = f"this {one}'s {_apart(at)}"
    total = f"the total {_compound(node.arg, known)} of those {one}s of {_phrase(node.rows, known)}{same}"
    return f"{total} whose {_apart(at)} is {after} {own} − {_phrase(node.length, known)} and not {after} {own}"


def _as_of(node: core.AsOf, known: _Known) -> str:
    """Of several rows that are equally late it is the last."""

    def own(value: Value) -> str:
        text = _phrase(value, known)
        return text if value.frame is None else f"this {_row_of(value.frame)}'s {_apart(text)}"

    alike = [f"whose {_apart(_phrase(c, known))} is {own(k)}" for c, k in zip(node.columns, node.keys, strict=True)]
    most = "the latest that is not after" if node.order.type.kind == types.TIME else "the greatest that is not above"
    order = f"whose {_apart(_phrase(node.order, known))} is {most} {own(node.at)}"
    row = f"the last {_row_of(node.target.frame)} of {_phrase(node.target, known)} {' and '.join([*alike, order])}"
    return f"the {_apart(_phrase(node.value, known))} of {row} ({_phrase(node.default, known)} if none)"


def _row_of(frame: core.Frame | None) -> str:
    return "group" if isinstance(frame, Groups) else "row"


def _apart(text: str) -> str:
    """Words of a value behind `the` or `whose`, in parentheses where they are several."""
    return text if " " not in text or text.startswith("(") else f"({text})"
