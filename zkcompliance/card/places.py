"""Public sets of values: a fixed number of places, each a public integer of its own in the program.

A place for members below 2^width holds member + 2^width, or 0 where it is unused: so an unused place is no member, not
even the missing value 0. As one integer, which is what a parameter's value is, a set is its places side by side, least
significant first, members ascending and unused places last: one set, one integer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from zkcompliance.errors import UsageError

_PLACE = re.compile(r"(.+)\[[1-9][0-9]*\]")


def encode(members: Iterable[int], width: int, places: int) -> int:
    """The set as one integer; UsageError where it has more members than places."""
    distinct = sorted(set(members))
    if len(distinct) > places:
        raise UsageError(f"{len(distinct)} members in a set of at most {places}")
    return sum((member + (1 << width)) << (width + 1) * i for i, member in enumerate(distinct))


def members(value: int, width: int) -> tuple[int, ...]:
    """What is in the used places."""
    found = []
    while value:
        place = value & (1 << width + 1) - 1
        if place >> width:
            found.append(place - (1 << width))
        value >>= width + 1
    return tuple(found)


def name(parameter: str, place: int) -> str:
    """Of the public that holds a place, counted from 0."""
    return f"{parameter}[{place + 1}]"


def spread(slots: Sequence[tuple[str, int]], values: dict[str, int]) -> dict[str, int]:
    """The program's publics (name, bits) from values by parameter: a set's value is cut into its places."""
    found: dict[str, int] = {}
    rest = dict(values)
    for public, bits in slots:
        place = _PLACE.fullmatch(public)
        if public in values or place is None:
            found[public] = values[public]
        else:
            found[public] = rest[place[1]] & (1 << bits) - 1
            rest[place[1]] >>= bits
    return found


def gathered(slots: Sequence[tuple[str, int, int]]) -> dict[str, int]:
    """Values by parameter from the program's public parameters (name, bits, value), in order."""
    found: dict[str, int] = {}
    at: dict[str, int] = {}
    for public, bits, value in slots:
        place = _PLACE.fullmatch(public)
        base = place[1] if place else public
        found[base] = found.get(base, 0) | value << at.get(base, 0)
        at[base] = at.get(base, 0) + bits
    return found


class Public(Protocol):
    """A program's public value, as the verifier decodes it; kind 0 is a parameter."""

    @property
    def name(self) -> str: ...

    @property
    def bits(self) -> int: ...

    @property
    def kind(self) -> int: ...


def named(publics: Sequence[Public], values: Sequence[int]) -> dict[str, int]:
    """Values of a program's publics by name; a set of values, which has several, as one."""
    both = list(zip(publics, values, strict=True))
    params = gathered([(public.name, public.bits, value) for public, value in both if not public.kind])
    return {**params, **{public.name: value for public, value in both if public.kind}}
