"""The card's file: JSON in one form (docs/spec/card.md). Decoding is strict, and encodes again to compare.

UTF-8, one space of indentation, members in the order of this file, a line end last. Integers that may pass 2^64 are
texts of decimal digits. A sentence is a list of texts and {"param": NAME}.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from zkcompliance import limits, strict_json
from zkcompliance.card import places, reading, types
from zkcompliance.card.beside import Beside
from zkcompliance.card.model import Card, Clause, Reveal, Slot, encode
from zkcompliance.card.parameter import Parameter
from zkcompliance.card.reading import Identities
from zkcompliance.card.sentence import Hole, Sentence
from zkcompliance.card.types import Type, Unit
from zkcompliance.card.vacuity import Edge, Vacuous
from zkcompliance.errors import MalformedCard, UsageError
from zkcompliance.quantities import fault_of

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DIGITS = re.compile(r"0|[1-9][0-9]*")
_WORD = re.compile(r"[a-z][a-z0-9_-]*")
_SCHEMA = re.compile(r"[a-z][a-z0-9_-]{0,62}(?:\.rollup)?")  # a word, or a roll-up's name
_HEX = re.compile(r"[0-9a-f]{64}")
_KINDS = (types.NUMBER, types.TIME, types.ID, types.ENUM, types.BOOL, types.SET)
_BASES = ("flop", "ppm", "s")
_CALENDAR = ("day", "month", "year")
_REVEALED = (types.NUMBER, types.TIME, types.BOOL)
_MOST = (1 << 8 * limits.MAX_INTEGER_BYTES) - 1  # of a public integer of a statement


def decode(data: bytes) -> Card:
    """The card in a file; MalformedCard where it is in any other form, or says what no card can."""
    document = strict_json.loads(data, "a card", MalformedCard, limit=limits.MAX_CARD_BYTES)
    try:
        card = _card(document)
        same = encode(card) == data
    except (UsageError, ValueError, OverflowError) as error:
        raise MalformedCard(f"a card: {error}") from None
    if not same:
        raise MalformedCard("a card is not in its canonical form", help="zkcompliance explain CLAIM --card FILE")
    return card


def _card(document: object) -> Card:
    (form, id, version, title, about, program, logs, params, clauses, reveals, vacuous, beside) = _members(
        document,
        "the card",
        "card", "id", "version", "title", "about", "program", "logs", "params", "requirements", "reveals", "vacuous",
        "beside",
    )  # fmt: skip
    if form != 1 or isinstance(form, bool):
        raise MalformedCard("a card of another version than 1")
    card = Card(
        id=_matching(_ID, id, "id", 63),
        version=_whole(version, "version", 1, 2**32 - 1),
        title=_text(title, "title"),
        about=_lines(about, "about"),
        program=_digest(program, "program"),
        slots=tuple(_slot(each) for each in _list(logs, "logs", least=1)),
        params=tuple(_param(each) for each in _list(params, "params")),
        clauses=tuple(_clause(each) for each in _list(clauses, "requirements")),
        reveals=tuple(_reveal(each) for each in _list(reveals, "reveals")),
        vacuous=tuple(_vacuous(each) for each in _list(vacuous, "vacuous")),
        beside=None if beside is None else _beside(beside),
    )
    _check_names(card)
    return card


def _check_names(card: Card) -> None:
    """Every name stands for one thing, and what is referred to is there."""
    public = [name for param in card.params for name in {param.name, *(name for name, _ in param.publics)}]
    for what, given in (
        ("logs", [each.name for each in card.slots]),
        ("requirements", [each.name for each in card.clauses]),
        ("parameters and reveals", [*public, *(each.name for each in card.reveals)]),
    ):
        if len(set(given)) != len(given):
            raise MalformedCard(f"a card: two of its {what} have one name")
    slots = {each.name for each in card.slots}
    for each in card.reveals:
        if each.counts and each.counts not in slots:
            raise MalformedCard(f"a card: {each.name} counts rows of what is no log of it")
    known = {each.name for each in card.params}
    for says in [*(each.says for each in card.clauses), *(each.says for each in card.reveals)]:
        if not says.holes() <= known:
            raise MalformedCard("a card: a sentence speaks of what is no parameter of it")
    for empty in card.vacuous:
        empty.check(card.params)
    if card.beside is not None:
        revealed = {each.name: each.type for each in card.reveals}
        card.beside.check(revealed, {each.name: each.type for each in card.params})


# Parts, read


def _slot(given: object) -> Slot:
    name, schema, digest, about, order, more = _members(
        given, "a log", "slot", "schema", "digest", "about", "order", "more"
    )
    return Slot(
        _name(name, "slot"), _matching(_SCHEMA, schema, "schema", 70), _digest(digest, "digest"),
        _lines(about, "about"), _truth(order, "order"), _truth(more, "more"),
    )  # fmt: skip


def _type(given: object, inside: bool = False) -> Type:
    """A type whose parts go together; inside: that of a set's members."""
    if not isinstance(given, Mapping) or set(given) - {"kind", "unit", "counts", "rate", "choices", "of", "top"}:
        raise MalformedCard("a card: a type has a kind, and no more than unit, counts, rate, choices, of, top")
    kind, counts, rate = given.get("kind"), given.get("counts", False), given.get("rate", False)
    if kind not in _KINDS or not isinstance(counts, bool) or not isinstance(rate, bool):
        raise MalformedCard("a card: no such kind of type")
    unit = _unit(given.get("unit", {}), _CALENDAR if kind == types.TIME else _BASES)
    choices = tuple(_matching(_WORD, each, "choice", 63) for each in _list(given.get("choices", []), "choices"))
    of = _type(given["of"], inside=True) if "of" in given and not inside else None
    made = Type(kind, unit, choices, of, _digits(given["top"], "top") if "top" in given else 0, counts, rate)
    sound = (
        (kind == types.NUMBER or not (unit or counts) or made in types.CALENDAR)
        and not (unit and counts)
        and (not rate or made == types.PPM)
        and bool(choices) == (kind == types.ENUM or (kind == types.SET and of is None))
        and len(set(choices)) == len(choices)
        and (of is None) == ("top" not in given)
        and (of is not None) == ("of" in given)
        and (of is None or kind == types.SET)
        and not (inside and kind in (types.SET, types.ENUM, types.BOOL))
    )
    if not sound:
        raise MalformedCard("a card: a type whose parts do not go together")
    if of is not None and not 1 <= made.top <= _largest(of):
        raise MalformedCard("a card: no member of a set is that large")
    return made


def _largest(kind: Type) -> int:
    """The largest value of a parameter of this type, or of a member of a set of them."""
    largest = types.largest(kind)
    if largest is None:
        raise MalformedCard("a card: no parameter is of such a unit")
    return largest


def _unit(given: object, bases: tuple[str, ...]) -> Unit:
    if not isinstance(given, Mapping) or [base for base in bases if base in given] != list(given):
        raise MalformedCard(f"a card: a unit is made of {', '.join(bases)}, in this order")
    most = limits.MAX_CARD_POWER
    unit = tuple((base, _whole(power, "power", -most, most)) for base, power in given.items())
    if not all(power for _, power in unit):
        raise MalformedCard("a card: a power of a unit is not 0")
    return unit


def _param(given: object) -> Parameter:
    name, kind, low, high, count, default, role, about = _members(
        given, "a parameter", "name", "type", "low", "high", "places", "default", "role", "about"
    )
    made = Parameter(
        _name(name, "name of a parameter"), _type(kind), _digits(low, "low"), _digits(high, "high"),
        _lines(about, "about"), None, _whole(count, "places", 0, 64),
        "" if role is None else _matching(_WORD, role, "role", 63),
    )  # fmt: skip
    if not made.role_fits:
        raise MalformedCard(f"a card: the parameter {made.name} has no role, or is a clock of seconds, or a time now")
    if (made.type.of is not None) != bool(made.places):
        raise MalformedCard(f"a card: the parameter {made.name} has places and is no set of values, or the reverse")
    if made.is_set:
        bits = (made.type.width + 1) * made.places if made.places else len(made.type.choices)
        sound = made.low == 0 and made.high == (1 << bits) - 1
    else:
        sound = made.low <= made.high <= _largest(made.type)
    if not sound or (not made.places and made.high > _MOST):
        raise MalformedCard(f"a card: the parameter {made.name} has no such range")
    return made if default is None else replace(made, default=made.accept(_default(made, default)))


def _default(param: Parameter, given: object) -> int:
    """Its value is still to be held against the parameter's range."""
    inside = param.type.of if param.type.of is not None else param.type
    if inside.kind != types.ID:
        return _digits(given, "default")
    texts = ["" if each == "" else _text(each, "default") for each in _list(given, "default")]
    ids = [reading.read(inside, text) for text in texts]
    if param.places:
        return Identities(ids, places.encode(ids, param.type.width, param.places))
    if len(ids) != 1:
        raise MalformedCard(f"a card: the default of {param.name} is one id")
    return ids[0]


def _clause(given: object) -> Clause:
    name, implied, says = _members(given, "a requirement", "name", "implied", "says")
    return Clause(_text(name, "name of a requirement"), _sentence(says), _truth(implied, "implied"))


def _reveal(given: object) -> Reveal:
    name, kind, high, figures, counts, says = _members(
        given, "a reveal", "name", "type", "high", "figures", "counts", "says"
    )
    made = Reveal(
        _text(name, "name of a reveal"), _type(kind), _digits(high, "high"),
        None if figures is None else _whole(figures, "figures", 1, 9), _sentence(says),
        "" if counts is None else _name(counts, "counts"),
    )  # fmt: skip
    if made.type.kind not in _REVEALED or made.high > (1 if made.type.kind == types.BOOL else _MOST):
        raise MalformedCard("a card: a reveal is a number, a time or a truth value, in 64 bytes")
    if made.counts and not made.type.counts:
        raise MalformedCard(f"a card: {made.name} is said to count rows, and is no number of things")
    return made


def _sentence(given: object) -> Sentence:
    parts: list[str | Hole] = []
    size = 0
    for each in _list(given, "says", least=1):
        if not isinstance(each, str):
            (name,) = _members(each, "a sentence's parameter", "param")
            parts.append(Hole(_name(name, "param")))
            continue
        if not each or (parts and isinstance(parts[-1], str)):
            raise MalformedCard("a card: a text of a sentence is empty, or beside another")
        size += len(each.encode(errors="replace"))
        if why := fault_of(each.strip(" ")):
            raise MalformedCard(f"a card: a sentence {why}")
        parts.append(each)
    if size > limits.MAX_CARD_SENTENCE_BYTES:
        raise MalformedCard(f"a card: a sentence has texts of {size} bytes, over {limits.MAX_CARD_SENTENCE_BYTES}")
    return Sentence(tuple(parts))


def _vacuous(given: object) -> Vacuous:
    param, why, at_least, at_most, none_of, all_of, between, formal = _members(
        given, "vacuous", "param", "why", "at_least", "at_most", "none_of", "all_of", "between", "formal"
    )
    ends = None if between is None else [_name(each, "between") for each in _list(between, "between")]
    if ends is not None and len(ends) != 2:
        raise MalformedCard("a card: between has two parameters")
    return Vacuous(
        _name(param, "param"), _text(why, "why"), _edge(at_least), _edge(at_most), _choices(none_of), _choices(all_of),
        None if ends is None else (ends[0], ends[1]), _truth(formal, "formal"),
    )  # fmt: skip


def _edge(given: object) -> Edge | None:
    if given is None:
        return None
    text, value = _members(given, "an edge", "text", "value")
    return Edge(_text(text, "text"), _digits(value, "value"))


def _beside(given: object) -> Beside:
    value, limit, low, high = _members(given, "beside", "value", "limit", "low", "high")
    return Beside(
        _text(value, "value"), _name(limit, "limit"), None if low is None else _name(low, "low"),
        None if high is None else _name(high, "high"),
    )  # fmt: skip


# Values


def _members(given: object, what: str, *names: str) -> list[Any]:
    """The values of exactly these members, in this order."""
    if not isinstance(given, Mapping) or set(given) != set(names):
        raise MalformedCard(f"a card: {what} has the members {', '.join(names)}")
    return [given[name] for name in names]


def _list(given: object, what: str, *, least: int = 0) -> Sequence[Any]:
    if not isinstance(given, list) or not least <= len(given) <= limits.MAX_CARD_PARTS:
        raise MalformedCard(f"a card: {what} is a list of {least} to {limits.MAX_CARD_PARTS}")
    return given


def _text(given: object, what: str) -> str:
    """A text of 1 … MAX_CARD_TEXT_BYTES bytes in which everything is seen."""
    if not isinstance(given, str) or not given or len(given.encode(errors="replace")) > limits.MAX_CARD_TEXT_BYTES:
        raise MalformedCard(f"a card: {what} is a text of 1 to {limits.MAX_CARD_TEXT_BYTES} bytes")
    if why := fault_of(given):
        raise MalformedCard(f"a card: {what} {why}")
    return given


def _lines(given: object, what: str) -> str:
    """A text of several lines, or empty."""
    if not isinstance(given, str):
        raise MalformedCard(f"a card: {what} is a text")
    for line in given.split("\n"):
        if line.strip(" "):
            _text(line.strip(" "), what)
    return given


def _choices(given: object) -> tuple[str, ...]:
    return tuple(_matching(_WORD, each, "a choice", 63) for each in _list(given, "choices"))


def _name(given: object, what: str) -> str:
    """Of a log or a parameter."""
    return _matching(_NAME, given, what, limits.MAX_CARD_NAME_BYTES)


def _matching(form: re.Pattern[str], given: object, what: str, most: int) -> str:
    if not isinstance(given, str) or len(given) > most or form.fullmatch(given) is None:
        raise MalformedCard(f"a card: {what} is not of the form {form.pattern}, up to {most} characters")
    return given


def _truth(given: object, what: str) -> bool:
    if not isinstance(given, bool):
        raise MalformedCard(f"a card: {what} is true or false")
    return given


def _whole(given: object, what: str, low: int, high: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not low <= given <= high:
        raise MalformedCard(f"a card: {what} is a whole number from {low} to {high}")
    return given


def _digits(given: object, what: str) -> int:
    """Decimal digits of an integer from 0, as Python reads and writes so many without a special setting."""
    if not isinstance(given, str) or len(given) > limits.MAX_CARD_DIGITS or _DIGITS.fullmatch(given) is None:
        raise MalformedCard(f"a card: {what} is a text of decimal digits")
    return int(given)


def _digest(given: object, what: str) -> bytes:
    if not isinstance(given, str) or _HEX.fullmatch(given) is None:
        raise MalformedCard(f"a card: {what} is a SHA-256 in 64 lower-case hexadecimal digits")
    return bytes.fromhex(given)
