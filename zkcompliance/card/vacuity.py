"""From where on a parameter of a claim asks nothing: what a policy must not admit.

A claim's file ends with `VACUOUS`, one line or more for each parameter:

    vacuous("limit", "a score is at most 100 %", at_least="100%")   by the claim's own text, whatever the rows are
    implausible("limit", "no training spends so much", at_least="1e28")   not by the text, but in the world
    never_vacuous("model", "whichever model it is, its events are judged")

Nothing here changes the claim's program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from zkcompliance.card import reading, types
from zkcompliance.card.parameter import Parameter
from zkcompliance.card.types import Type
from zkcompliance.errors import UsageError

_SPAN = [types.SECONDS, types.TIME_POINT, types.TIME_POINT]  # of a length, and the two times that it reaches between


@dataclass(frozen=True)
class Edge:
    """A value of a parameter: as people write it, and the integer that it is."""

    text: str
    value: int

    def is_of(self, kind: Type) -> bool:
        """Whether the text is the integer itself, or reads as it."""
        try:
            return self.text == str(self.value) or reading.read(kind, self.text) == self.value
        except UsageError:
            return False

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Vacuous:
    """Values under which `param` asks nothing: those that satisfy one of the parts; no part: none do.

    at_least, at_most: from there on, as people write it; in a card an `Edge`. none_of: a set without any of these
    choices; all_of: a set with all of these. between: a length of time that reaches from the first of these parameters
    to the second. formal: by the text of the claim alone: the requirements that mention the parameter then hold of all
    rows.
    """

    param: str
    why: str
    at_least: object = None
    at_most: object = None
    none_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    between: tuple[str, str] | None = None
    formal: bool = True

    def resolved(self, params: Sequence[Parameter]) -> Vacuous:
        """With the edges read as values of the parameter, which may lie outside its own range, and all of it checked.

        UsageError where the parameter is not among these, or has no such values.
        """
        kinds = {param.name: param.type for param in params}
        if self.param not in kinds:
            raise UsageError(f"VACUOUS names {self.param!r}, and the claim has {', '.join(kinds) or 'no parameter'}")
        low, high = (
            edge if edge is None or isinstance(edge, Edge) else Edge(str(edge), reading.read(kinds[self.param], edge))
            for edge in (self.at_least, self.at_most)
        )
        made = replace(self, at_least=low, at_most=high)
        made.check(params)
        return made

    def check(self, params: Sequence[Parameter]) -> None:
        """UsageError unless it speaks of these parameters, and each of its parts of what its parameter can be."""
        kinds = {param.name: param.type for param in params}
        for name in (self.param, *(self.between or ())):
            if name not in kinds:
                raise UsageError(f"VACUOUS names {name!r}, and the claim has {', '.join(kinds) or 'no parameter'}")
        kind = kinds[self.param]
        for edge in (self.at_least, self.at_most):
            if isinstance(edge, Edge) and (kind.kind == types.SET or edge.value < 0 or not edge.is_of(kind)):
                raise UsageError(f"VACUOUS: {edge} is no value of {self.param}")
        if strange := {*self.none_of, *self.all_of} - set(kind.choices if kind.kind == types.SET else ()):
            raise UsageError(f"VACUOUS names {', '.join(sorted(strange))}, no choice of the set {self.param}")
        if self.between and [kinds[name] for name in (self.param, *self.between)] != _SPAN:
            raise UsageError(f"VACUOUS: {self.param} is no length of time, or {' and '.join(self.between)} no times")

    def __str__(self) -> str:
        """For a person: which values, and why; empty when there are none."""
        if self.at_least is not None:
            return f"{self.param} of {self.at_least} or more: {self.why}"
        if self.at_most is not None:
            return f"{self.param} of {self.at_most} or less: {self.why}"
        if self.none_of:
            return f"{self.param} with none of {', '.join(self.none_of)}: {self.why}"
        if self.all_of:
            return f"{self.param} with all of {', '.join(self.all_of)}: {self.why}"
        if self.between is not None:
            return f"{self.param} as long as from {self.between[0]} to {self.between[1]}: {self.why}"
        return ""


def vacuous(
    param: str,
    why: str,
    *,
    at_least: object = None,
    at_most: object = None,
    none_of: tuple[str, ...] = (),
    all_of: tuple[str, ...] = (),
    between: tuple[str, str] | None = None,
) -> Vacuous:
    """By the claim's text: with such a value, what is required of `param` always holds."""
    return Vacuous(param, why, at_least, at_most, none_of, all_of, between)


def implausible(
    param: str, why: str, *, at_least: object = None, at_most: object = None, none_of: tuple[str, ...] = ()
) -> Vacuous:
    """In the world: with such a value the claim could fail of some rows, but of none that anybody will have."""
    return Vacuous(param, why, at_least, at_most, none_of, formal=False)


def never_vacuous(param: str, why: str) -> Vacuous:
    """Every value of `param` asks something."""
    return Vacuous(param, why)
