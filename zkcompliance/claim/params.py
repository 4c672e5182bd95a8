"""Public parameters of a claim: type, unit, bounds, default; and how they stand in a claim's signature.

`limit: Param[Flop]`, `phases: Param[SetOf[Phase]] = COUNTED`, or with bounds `= param("what it is", at_most="1e27")`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, get_args, get_origin

from zkcompliance.claim import core, places, types
from zkcompliance.claim.expr import Expr
from zkcompliance.claim.reading import Identities, read_given, read_members, read_set, show, show_members, show_set
from zkcompliance.claim.source import Line, refuse
from zkcompliance.claim.types import EnumWord, SetOf, Type, Word
from zkcompliance.errors import UsageError
from zkcompliance.quantities import Exact

T = TypeVar("T")
PLACES, MOST_PLACES = 16, 64  # of a set of values: unless stated, and at most


class Param(Expr, Generic[T]):
    """In a signature, the type of a public parameter; in the body it is an `Expr`."""

    __slots__ = ()


@dataclass(frozen=True)
class _Given:
    doc: str
    default: Any
    at_least: Any
    at_most: Any
    places: int | None = None


def param(
    doc: str = "", *, default: Any = None, at_least: Any = None, at_most: Any = None, places: int | None = None
) -> Any:
    """In a signature, after `=`: what the parameter means, its default and its bounds. places: of a set of values, how
    many it may have (part of the program)."""
    return _Given(doc, default, at_least, at_most, places)


def names(*choices: str) -> Any:
    """A set as a parameter's default."""
    return choices


@dataclass(frozen=True)
class ParamSpec:
    """A parameter, an integer in [low, high]; of a set of choices the bit mask, of a set of values its `places`."""

    name: str
    type: Type
    low: int
    high: int
    doc: str = ""
    default: int | None = None
    places: int = 0

    @property
    def is_set(self) -> bool:
        return self.type.kind == types.SET

    @property
    def kind(self) -> str:
        """What it is, in a word or two."""
        return "set" if self.is_set else str(self.type)

    @property
    def bits(self) -> int:
        """The integer is below 2^bits."""
        return max(self.high.bit_length(), 1)

    @property
    def publics(self) -> list[tuple[str, int]]:
        """(name, bits) of its public integers in the program, each below 2^bits: one, or one for each place."""
        if self.places:
            return [(places.name(self.name, i), self.type.width + 1) for i in range(self.places)]
        return [(self.name, self.bits)]

    def parse(self, value: object) -> int:
        """From what a person or a program gives, with its unit; UsageError when it does not fit.

        What was encoded before is `accept`ed, and not read again.
        """
        try:
            found = self._read(value)
        except UsageError as error:
            own = None if error.help.startswith("zkcompliance explain") else error.help
            raise UsageError(f"{self.name}: {error.message}", help=own) from None
        return self.accept(found)

    def of_text(self, value: object) -> int:
        """As a claim's own text and its examples have it: integers are the encoded ones, anything else is `parse`d."""
        if type(value) is int:
            return self.accept(value)
        if isinstance(value, (list, tuple)) and self.type.of is not None:
            value = [Exact(member) if type(member) is int else member for member in value]
        return self.parse(value)

    def _read(self, value: object) -> int:
        if self.type.of is not None:
            members = read_members(self.type.of, value)
            if isinstance(members, int):
                return members
            for member in members:
                if not 0 <= member <= self.type.top:
                    raise UsageError(f"a member is from {show(self.type.of, 0)} to {show(self.type.of, self.type.top)}")
            return Identities(members, places.encode(members, self.type.width, self.places))
        if self.is_set:
            return read_set(self.type.choices, value)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if whole and self.type.kind == types.ENUM:
            return int(value)  # type: ignore[call-overload,no-any-return]
        return read_given(self.type, value)

    def accept(self, value: int) -> int:
        """The value itself, if it is in range; UsageError otherwise."""
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise UsageError(f"{self.name} is from {self.show(self.low)} to {self.show(self.high)}")
        if self.places and value != places.encode(places.members(value, self.type.width), self.type.width, self.places):
            raise UsageError(f"{self.name} is no set: members ascend, each once, and unused places are last")
        return value

    def show(self, value: int) -> str:
        """As a person reads it."""
        if self.type.of is not None:
            known = value.members if isinstance(value, Identities) else places.members(value, self.type.width)
            return show_members(self.type.of, known)
        return show_set(self.type.choices, value) if self.is_set else show(self.type, value)

    def expr(self, line: Line) -> Expr:
        """The parameter in a body."""
        return Expr(core.Param(self.name, type=self.type, range=(self.low, self.high), public=True, line=line))


def is_param(annotation: Any) -> bool:
    return get_origin(annotation) is Param


def spec(name: str, annotation: Any, default: Any, doc: str, line: Line) -> ParamSpec:
    """From the signature of a claim. default: Ellipsis when there is none."""
    (inner,) = get_args(annotation)
    given = default if isinstance(default, _Given) else _Given("", None if default is ... else default, None, None)
    if given.places is not None and (get_origin(inner) is not SetOf or issubclass(get_args(inner)[0], EnumWord)):
        raise refuse(f"{name} has places and is no set of values", "remedy: Param[SetOf[Id]]", line)
    of_set = get_origin(inner) is SetOf
    word = get_args(inner)[0] if of_set else inner
    if not (isinstance(word, type) and issubclass(word, Word)):
        raise refuse(f"{name} is a Param of no type of the language", "remedy: Param[Flop], Param[Time], …", line)
    if of_set:
        made = _set_of(name, word, given, given.doc or doc, line)
        if given.at_least is not None or given.at_most is not None:
            raise refuse(f"{name} is a set and has no bounds", "", line)
    else:
        kind, top = word.type, word.largest
        made = ParamSpec(name, kind, 0, top, given.doc or doc)
        low = 0 if given.at_least is None else made.of_text(given.at_least)
        high = top if given.at_most is None else made.of_text(given.at_most)
        if low > high:
            raise refuse(f"{name} is at least {low} and at most {high}", "", line)
        made = ParamSpec(name, kind, low, high, made.doc)
    if given.default is None:
        return made
    return replace(made, default=made.of_text(given.default))


def _set_of(name: str, word: type[Word], given: _Given, doc: str, line: Line) -> ParamSpec:
    """A set of choices, or of values."""
    if issubclass(word, EnumWord):
        choices = word.type.choices
        return ParamSpec(name, Type(types.SET, choices=choices), 0, (1 << len(choices)) - 1, doc)
    count = PLACES if given.places is None else given.places
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_PLACES:
        raise refuse(f"{name} has {count!r} places", f"remedy: from 1 to {MOST_PLACES}", line)
    if word.type == types.TRUTH:
        raise refuse(f"{name} is a set of truth values", "remedy: a Param[Bool]", line)
    kind = Type(types.SET, of=word.type, top=word.largest)
    return ParamSpec(name, kind, 0, (1 << (kind.width + 1) * count) - 1, doc, places=count)
