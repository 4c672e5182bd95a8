"""Public parameters of a claim: type, unit, bounds, default; and how they stand in a claim's signature.

`limit: Param[Flop]`, `phases: Param[SetOf[Phase]] = COUNTED`, or with bounds `= param("what it is", at_most="1e27")`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, get_args, get_origin

from zkcompliance.card import types
from zkcompliance.card.parameter import CLOCK, NOW, Parameter
from zkcompliance.card.types import Type
from zkcompliance.claim.language.closed import word
from zkcompliance.claim.language.expr import Expr
from zkcompliance.claim.language.types import EnumWord, SetOf, Word
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.source import Line, refuse
from zkcompliance.errors import UsageError

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
    clock: bool = False
    now: bool = False


@word
def param(
    doc: str = "",
    *,
    default: Any = None,
    at_least: Any = None,
    at_most: Any = None,
    places: int | None = None,
    clock: bool = False,
    now: bool = False,
) -> Any:
    """In a signature, after `=`: what the parameter means, its default and its bounds. places: of a set of values, how
    many it may have (part of the program). clock: of Seconds, that it runs out for somebody who does nothing. now: of a
    Time, that the claim takes it for now, and judges by it which clocks have run out. Both stand in the card alone:
    policies hold the moment near the proof by them (docs/spec/policy.md)."""
    return _Given(doc, default, at_least, at_most, places, clock, now)


@word
def names(*choices: str) -> Any:
    """A set as a parameter's default."""
    return choices


def is_param(annotation: Any) -> bool:
    return get_origin(annotation) is Param


def spec(name: str, annotation: Any, default: Any, doc: str, line: Line) -> Parameter:
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
            raise refuse(f"{name} is a set and has no bounds", "remedy: leave at_least and at_most out", line)
    else:
        kind, top = word.type, word.largest
        made = Parameter(name, kind, 0, top, given.doc or doc)
        low = 0 if given.at_least is None else _of_text(made, given.at_least, line)
        high = top if given.at_most is None else _of_text(made, given.at_most, line)
        if low > high:
            raise refuse(f"{name} is at least {low} and at most {high}", "remedy: at_least below at_most", line)
        made = Parameter(name, kind, low, high, made.doc)
    if given.clock and given.now:
        raise refuse(f"{name} is a clock and now", "remedy: clock=True, or now=True", line)
    made = replace(made, role=CLOCK if given.clock else NOW if given.now else "")
    if not made.role_fits:
        raise refuse(
            f"{name} is a {made.kind}", "remedy: clock=True of a Param[Seconds], now=True of a Param[Time]", line
        )
    if given.default is None:
        return made
    return replace(made, default=_of_text(made, given.default, line))


def _of_text(made: Parameter, value: object, line: Line) -> int:
    """A bound or a default; refused with the line of the argument where it is no value of the parameter."""
    try:
        return made.of_text(value)
    except UsageError as error:
        raise refuse(error.message, f"remedy: a value as --param {made.name}=… takes it", line) from None


def _set_of(name: str, word: type[Word], given: _Given, doc: str, line: Line) -> Parameter:
    """A set of choices, or of values."""
    if issubclass(word, EnumWord):
        choices = word.type.choices
        return Parameter(name, Type(types.SET, choices=choices), 0, (1 << len(choices)) - 1, doc)
    count = PLACES if given.places is None else given.places
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_PLACES:
        raise refuse(f"{name} has {count!r} places", f"remedy: from 1 to {MOST_PLACES}", line)
    if word.type == types.TRUTH:
        raise refuse(f"{name} is a set of truth values", "remedy: a Param[Bool]", line)
    kind = Type(types.SET, of=word.type, top=word.largest)
    return Parameter(name, kind, 0, (1 << (kind.width + 1) * count) - 1, doc, places=count)


def symbol(parameter: Parameter, line: Line) -> Expr:
    """The parameter in a body."""
    node = core.Param(
        parameter.name, type=parameter.type, range=(parameter.low, parameter.high), public=True, line=line
    )
    return Expr(node)
