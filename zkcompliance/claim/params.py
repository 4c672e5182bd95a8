"""Public parameters of a claim: type, unit, bounds, default; and how they stand in a claim's signature.

`limit: Param[Flop]`, `phases: Param[SetOf[Phase]] = COUNTED`, or with bounds `= param("what it is", at_most="1e27")`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args, get_origin

from zkcompliance.claim import core, types
from zkcompliance.claim.expr import Expr
from zkcompliance.claim.reading import read, read_set, show, show_set
from zkcompliance.claim.source import Line, refuse
from zkcompliance.claim.types import SetOf, Type, Word
from zkcompliance.errors import UsageError

T = TypeVar("T")


class Param(Expr, Generic[T]):
    """In a signature, the type of a public parameter; in the body it is an `Expr`."""

    __slots__ = ()


@dataclass(frozen=True)
class _Given:
    doc: str
    default: Any
    at_least: Any
    at_most: Any


def param(doc: str = "", *, default: Any = None, at_least: Any = None, at_most: Any = None) -> Any:
    """In a signature, after `=`: what the parameter means, its default and its bounds."""
    return _Given(doc, default, at_least, at_most)


def names(*choices: str) -> Any:
    """A set of choices as a parameter's default."""
    return choices


@dataclass(frozen=True)
class ParamSpec:
    """A parameter, an integer in [low, high]; of a set of choices (`is_set`) the bit mask."""

    name: str
    type: Type
    low: int
    high: int
    doc: str = ""
    default: int | None = None

    @property
    def is_set(self) -> bool:
        return self.type.kind == types.SET

    @property
    def kind(self) -> str:
        """What it is, in a word or two."""
        return "set" if self.is_set else str(self.type)

    @property
    def bits(self) -> int:
        """The public integer is below 2^bits."""
        return max(self.high.bit_length(), 1)

    def parse(self, value: object) -> int:
        """From what a person or a program gives; UsageError when it does not fit."""
        try:
            found = read_set(self.type.choices, value) if self.is_set else self._read(value)
        except UsageError as error:
            raise UsageError(f"{self.name}: {error.message}") from None
        return self.accept(found)

    def _read(self, value: object) -> int:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return int(value) if whole and self.type.kind == types.ENUM else read(self.type, value)  # type: ignore[call-overload]

    def accept(self, value: int) -> int:
        """The value itself, if it is in range; UsageError otherwise."""
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise UsageError(f"{self.name} is from {self.show(self.low)} to {self.show(self.high)}")
        return value

    def show(self, value: int) -> str:
        """As a person reads it."""
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
    of_set = get_origin(inner) is SetOf
    word = get_args(inner)[0] if of_set else inner
    if not (isinstance(word, type) and issubclass(word, Word)):
        raise refuse(f"{name} is a Param of no type of the language", "remedy: Param[Flop], Param[Time], …", line)
    if of_set:
        kind, top = Type(types.SET, choices=word.type.choices), (1 << len(word.type.choices)) - 1
        made = ParamSpec(name, kind, 0, top, given.doc or doc)
        if given.at_least is not None or given.at_most is not None:
            raise refuse(f"{name} is a set and has no bounds", "", line)
    else:
        kind, top = word.type, word.largest
        made = ParamSpec(name, kind, 0, top, given.doc or doc)
        low = 0 if given.at_least is None else made.parse(given.at_least)
        high = top if given.at_most is None else made.parse(given.at_most)
        if low > high:
            raise refuse(f"{name} is at least {low} and at most {high}", "", line)
        made = ParamSpec(name, kind, low, high, made.doc)
    if given.default is None:
        return made
    return ParamSpec(name, made.type, made.low, made.high, made.doc, made.parse(given.default))
