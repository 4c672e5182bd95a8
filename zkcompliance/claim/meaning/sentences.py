"""A claim's conditions in words."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from zkcompliance import limits
from zkcompliance.card import types
from zkcompliance.card.sentence import Hole, Sentence, whole
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.core import Log, Rows, Value
from zkcompliance.claim.meaning.source import refuse
from zkcompliance.claim.meaning.wording import Known, TooLongError, phrased, worded
from zkcompliance.errors import ClaimDefinitionError

_LONG = 160  # characters, from which on what stands twice in a sentence gets a letter, and is said once
_HOLE = re.compile("\x02([^\x02\x03]+)\x03")  # a parameter's name, between characters that no text has


def sentence(value: Value) -> str:
    """A condition with a capital and a full stop, and the parameters' names."""
    return whole(template(value).named())


def phrase(part: Any) -> str:
    """A node, some rows, or a tuple of nodes in words, with the parameters' names.

    Rows whose condition is longer than a sentence may be are some of their log.
    """
    try:
        return template(part).named()
    except ClaimDefinitionError:
        return f"some rows of {core.log_of(part.frame).name}" if isinstance(part, Rows) else "a long expression"


def template(part: Any) -> Sentence:
    """The same, with places for the parameters.

    What has a name, or is long and stands in it several times, is said once, behind it. ClaimDefinitionError, with its
    line, where it is longer than a sentence of a card. Parts are put in words first, so that a long expression is no
    deep recursion, and one with many common parts is no long work.
    """
    known: Known = {}
    said: dict[str, str] = {}  # name → the sentence of what it stands for, each after those that it speaks of
    inside = _inside(part)
    taken = {getattr(inner, "called", "") for inner, _ in inside}
    letters = (letter for letter in map(_letter, itertools.count()) if letter not in taken)
    for inner, uses in inside:
        try:
            text = worded(inner, known)
            name = getattr(inner, "called", "")
            if not name and uses > 1 and len(text) > _LONG:
                name = next(letters)
            if name and inner is not part:
                said.setdefault(name, _meaning(inner, name, text))
                text = f"“{name}” holds" if _is_truth(inner) else f"“{name}”"
            known[id(inner)] = text
        except TooLongError:
            known[id(inner)] = None
    try:
        pieces = _HOLE.split(_with_names(phrased(part, known), said))
    except TooLongError:
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
    whole = "; ".join([text, *(said[name] for name in used)])
    if len(whole) > limits.MAX_CARD_SENTENCE_BYTES:
        raise TooLongError
    return whole


def _is_truth(part: Value | Rows) -> bool:
    return isinstance(part, Value) and part.type == types.TRUTH


def _meaning(part: Value | Rows, name: str, text: str) -> str:
    """What a name stands for: a value, a condition, or rows."""
    verb = "stands for" if isinstance(part, Rows) else "means that" if _is_truth(part) else "is"
    return f"“{name}” {verb} {text}"
