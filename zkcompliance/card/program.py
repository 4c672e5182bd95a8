"""A card held against the program that a proof brings: whatever the program's bytes say themselves, the card may not
say otherwise. What is left to the card is what its words mean: sentences, units, ranges within a width, choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from zkcompliance.card.model import Card
from zkcompliance.card.places import Public
from zkcompliance.errors import CardMismatch, ProgramMismatch

_PARAMETER, _REVEAL = 0, 1
Parts = tuple[str, ...]  # name and schema of a log; name, kind and bits of a public value


class Slot(Protocol):
    """A log of a program. ranged: whether a statement may name some of its segments only."""

    @property
    def name(self) -> str: ...

    @property
    def schema_digest(self) -> bytes: ...

    @property
    def ranged(self) -> bool: ...


class Program(Protocol):
    """A program, as the verifier decodes it."""

    @property
    def claim(self) -> str: ...

    @property
    def version(self) -> int: ...

    @property
    def digest(self) -> bytes: ...

    @property
    def publics(self) -> Sequence[Public]: ...

    @property
    def logs(self) -> Sequence[Slot]: ...


def check_card(card: Card, program: Program) -> None:
    """ProgramMismatch where the card is of another program; CardMismatch where it says of this one what it is not.

    The program's publics are the card's parameters (each place of a set one), then its reveals, by name, kind and
    width; what follows is made by the compiler, is disclosed, and has the name of nothing in the card.
    """
    if card.program != program.digest:
        raise ProgramMismatch(f"the card of {card.label} is of another program than the proof's")
    if (card.id, card.version) != (program.claim, program.version):
        raise CardMismatch(f"the card is of {card.label}, and its program of {program.claim}@{program.version}")
    slots = [(each.name, each.digest.hex()) for each in card.slots]
    _agree(card, "log", slots, [(each.name, each.schema_digest.hex()) for each in program.logs])
    if more := program.logs[len(slots) :]:
        raise CardMismatch(f"the program has the log {more[0].name}, and the card of {card.label} does not")
    publics = _publics(card)
    _agree(card, "public value", publics, [(each.name, _kind(each.kind), str(each.bits)) for each in program.publics])
    known = {*(each.name for each in card.params), *(each.name for each in card.reveals)}
    for public in program.publics[len(publics) :]:
        if public.kind != _REVEAL or public.name in known:
            what = f"the {_kind(public.kind)} {public.name}"
            raise CardMismatch(f"the program has {what}, and the card of {card.label} does not")


def spans_generations(slots: Sequence[Slot]) -> bool:
    """Whether a program is about rows that are unchanged, from one generation to the next: each of its slots is ranged.

    Such a claim alone may be shown of some segments of a log, and of one log twice.
    """
    return all(slot.ranged for slot in slots)


def _agree(card: Card, what: str, said: Sequence[Parts], held: Sequence[Parts]) -> None:
    """CardMismatch unless the program begins with all that the card says, in its order."""
    for number, each in enumerate(said):
        if number >= len(held) or held[number] != each:
            there = _words(held[number]) if number < len(held) else "none"
            raise CardMismatch(
                f"{what} {number + 1}: the card of {card.label} has {_words(each)}, and the program {there}"
            )


def _publics(card: Card) -> list[Parts]:
    params = [(name, _kind(_PARAMETER), str(bits)) for param in card.params for name, bits in param.publics]
    return [*params, *((each.name, _kind(_REVEAL), str(each.bits)) for each in card.reveals)]


def _kind(kind: int) -> str:
    return "parameter" if kind == _PARAMETER else "revealed value"


def _words(parts: Parts) -> str:
    """`limit, parameter, 112 bits`; `compute, schema 8492…`."""
    return f"{parts[0]}, schema {parts[1]}" if len(parts) == 2 else f"{parts[0]}, {parts[1]}, {parts[2]} bits"
