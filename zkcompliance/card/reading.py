"""Literals and parameters as people write them, read exactly as integers of a type; and shown again."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable

from zkcompliance import quantities
from zkcompliance.card import types
from zkcompliance.card.types import Type
from zkcompliance.errors import SchemaError, UsageError

_CALENDAR: dict[Type, Callable[[object], int]] = {
    types.DAY: quantities.read_day, types.MONTH: quantities.read_month, types.YEAR: quantities.read_year,
}  # fmt: skip
_TEXT: dict[Type, Callable[[str], int]] = {
    types.TIME_POINT: quantities.parse_time, types.SECONDS: quantities.parse_seconds, types.PPM: quantities.parse_ppm,
}  # fmt: skip
_SHOWN = {"no": 0, "yes": 1}  # how a truth value is printed, and may be given back
_SHOW: dict[Type, Callable[[int], str]] = {
    types.TIME_POINT: quantities.show_time, types.SECONDS: quantities.show_seconds, types.PPM: quantities.show_ppm,
    types.DAY: quantities.show_day, types.MONTH: quantities.show_month, types.YEAR: str,
}  # fmt: skip


class Identity(int):
    """An id that knows the text it was given as, so that people are shown that and not its digest."""

    text: str

    def __new__(cls, text: str, number: int) -> Identity:
        made = super().__new__(cls, number)
        made.text = text
        return made


class Identities(int):
    """A set of ids as one integer (see `places`) that knows its members' texts."""

    members: tuple[int, ...]

    def __new__(cls, members: Iterable[int], number: int) -> Identities:
        made = super().__new__(cls, number)
        made.members = tuple(sorted({int(member): member for member in members}.values()))
        return made


def read(kind: Type, value: object) -> int:
    """A value of the type as an integer: an int, or text (`1e26`, `30%`, `2 weeks`, `2025-08-02`, an enum's name).

    An int is the encoded integer itself, as a claim's own text has it (`read_given` asks for its unit). UsageError when
    it is none; floats are refused, they are not exact. Nothing is range-checked here.
    """
    if isinstance(value, float):
        raise UsageError(f"{value!r} is a float, and quantities are exact: write an integer or a text such as '2.5e25'")
    if kind.kind == types.BOOL:
        return _truth(value)
    if isinstance(value, bool):
        raise UsageError(f"{value} where a {kind} belongs")
    if kind.kind == types.ENUM:
        if not isinstance(value, str) or value not in kind.choices:
            raise UsageError(f"{value!r} is none of {', '.join(kind.choices)}")
        return kind.choices.index(value)
    if kind.kind == types.ID:
        return _identity(value)
    if isinstance(value, str) and (kind.rate or kind in types.CALENDAR):
        return read_given(kind, value)
    if isinstance(value, str):
        return _TEXT.get(kind, quantities.parse_integer)(value)
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise UsageError(f"a {type(value).__name__} where a {kind} belongs") from None


def read_given(kind: Type, value: object) -> int:
    """`read` for what a person or a program gives as a parameter: a share says its unit, a bare time is seconds of now.

    UsageError with the remedy otherwise.
    """
    try:
        if kind == types.PPM:
            return quantities.read_share(value, most=types.LARGEST_RATE if kind.rate else quantities.MILLION)
        if kind in types.CALENDAR:
            return _CALENDAR[kind](value)
        if kind == types.TIME_POINT:
            return quantities.read_time(value, dates=True)
        if kind == types.SECONDS:
            return quantities.read_length(value)
        if kind.kind == types.BOOL:
            return _SHOWN[value] if isinstance(value, str) and value in _SHOWN else quantities.read_truth(value)
    except quantities.Refused as refused:
        raise UsageError(f"{quantities.quoted(str(value))} {refused.why}", help=refused.help or None) from None
    return read(kind, value)


def _truth(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value in (0, 1):
        return int(value)
    try:
        return quantities.read_truth(value)
    except quantities.Refused as refused:
        raise UsageError(f"{value!r} {refused.why}") from None


def _identity(value: object) -> int:
    from zkcompliance.quantities.ids import text_id

    if isinstance(value, int) and 0 <= value <= types.LARGEST_OF[types.IDENTITY]:
        return value
    if not isinstance(value, str):
        raise UsageError(f"a {type(value).__name__} where an id, a text, belongs")
    if why := quantities.fault_of(value):
        raise UsageError(f"the text {quantities.quoted(value)} {why}")
    try:
        return Identity(value, text_id(value))
    except SchemaError as error:
        raise UsageError(error.message) from None


def read_set(choices: tuple[str, ...], value: object) -> int:
    """A set of choices as a bit mask: its mask, a text `a, b`, or names, each once."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value < 1 << len(choices):
            raise UsageError(f"a set of {len(choices)} choices is a mask from 0 to 2^{len(choices)} - 1")
        return value
    if isinstance(value, str):
        value = _parts(value)
    if not isinstance(value, Iterable):
        raise UsageError(f"a {type(value).__name__} where a set of choices belongs")
    mask = 0
    for name in value:
        if name not in choices:
            raise UsageError(f"no {name!r} among {', '.join(choices)}")
        if mask >> choices.index(name) & 1:
            raise UsageError(f"{name} is there twice: name each choice once")
        mask |= 1 << choices.index(name)
    return mask


def read_members(kind: Type, value: object) -> list[int] | int:
    """The members of a set of values: a text `a, b`, or several values; an integer is the set itself (see `places`)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        value = _parts(value)
    if not isinstance(value, Iterable):
        raise UsageError(f"a {type(value).__name__} where a set of {kind} belongs")
    return [read_given(kind, member) for member in value]


def _parts(text: str) -> list[str]:
    """`a, b` or `a,b`: one space may follow a comma, and nothing is left out; the empty text is the empty set.

    A lone comma is it too: a policy has no empty texts.
    """
    if text in ("", ","):
        return []
    parts = [part if i == 0 else part.removeprefix(" ") for i, part in enumerate(text.split(","))]
    for part in parts:
        if not part or part != part.strip():
            raise UsageError(f"{quantities.quoted(text)} is not a list such as a, b: a member is empty, or has space")
    return parts


def show(kind: Type, value: int) -> str:
    """For people; large amounts may be cut."""
    match kind.kind:
        case types.ENUM:
            return kind.choices[value] if 0 <= value < len(kind.choices) else str(value)
        case types.ID:
            if isinstance(value, Identity) and value:
                return value.text
            return quantities.show_id(value) if value else "(none)"
        case types.BOOL:
            return "yes" if value else "no"
    if kind == types.TIME_POINT and value == types.LARGEST_OF[types.TIME_POINT]:
        return "the end of time"
    if kind == types.PPM and value < 0:
        return f"-{quantities.show_ppm(-value)}"
    if kind in _SHOW and value >= 0:
        return _SHOW[kind](value)
    unit = "" if kind.unit == () else f" {'FLOP' if kind == types.FLOP else kind}"
    return f"{quantities.show_integer(value)}{unit}"


def exactly(kind: Type, value: int) -> str:
    """As a sentence of a claim has it: nothing rounded alone, and the text of an id in quotes, so that no text reads as
    words of the sentence. What is not ASCII in it is named too: letters of two alphabets look alike. A text with such
    quotes in it is shown by its digest."""
    if kind.kind == types.ID:
        text = value.text if isinstance(value, Identity) and value else ""
        if not text or set(text) & set("‘’"):
            return show(kind, int(value))
        odd = [f"U+{ord(letter):04X}" for letter in dict.fromkeys(text) if not letter.isascii()]
        return f"‘{text}’" + (f" (with {', '.join(odd)})" if odd else "")
    shown = show(kind, value)
    return f"{shown} ({int(value):,})" if "≈" in shown else shown


def show_members(kind: Type, members: Iterable[int]) -> str:
    """For people; a text with a comma in it, which would read as two, by its digest."""
    members = [int(each) if isinstance(each, Identity) and "," in each.text else each for each in members]
    return ", ".join(show(kind, member) for member in members) or "none"


def show_set(choices: tuple[str, ...], mask: int) -> str:
    return ", ".join(name for i, name in enumerate(choices) if mask >> i & 1) or "none"
