"""What a card holds of a claim (its program's digest, logs, parameters, reveals, sentences), and how it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from zkcompliance.card import places, types
from zkcompliance.card.beside import Beside
from zkcompliance.card.parameter import Parameter, filled
from zkcompliance.card.reading import Identities, Identity
from zkcompliance.card.sentence import Hole, Sentence, apart, whole
from zkcompliance.card.types import Type
from zkcompliance.card.vacuity import Edge, Vacuous
from zkcompliance.quantities import show_id


@dataclass(frozen=True)
class Slot:
    """A log that the claim is about: the schema's name and digest (32 bytes); about: what its rows are.

    Two marks say how many logs may fill it. order: the claim depends on the order of its rows, so that one log alone
    does. more: more rows only make the claim harder, never true where it was false, so that a policy may leave open how
    many do.
    """

    name: str
    schema: str
    digest: bytes
    about: str
    order: bool
    more: bool


@dataclass(frozen=True)
class Clause:
    """One requirement in words. implied: asked by a join or by a log's schema, not written by the author."""

    name: str
    says: Sentence
    implied: bool = False


@dataclass(frozen=True)
class Reveal:
    """A value that the prover discloses, from 0 to `high`; figures: rounded down to so many significant ones.

    counts: the slot of which it is the number of rows that count; empty where it is no such number.
    """

    name: str
    type: Type
    high: int
    figures: int | None
    says: Sentence
    counts: str = ""

    @property
    def bits(self) -> int:
        """The public integer is below 2^bits."""
        return max(1, self.high.bit_length())

    def words(self) -> str:
        """What it is, whether a policy's `rows` is asked of it, and how it is rounded."""
        counts = f", which are the rows of {self.counts} that count" if self.counts else ""
        rounding = "" if self.figures is None else f", rounded down to {self.figures} significant figures"
        what, *meanings = apart(self.says.named())
        parts = [f"{what.removesuffix('.')}{counts}{rounding}", *(each.removesuffix(".") for each in meanings)]
        return f"{'; '.join(parts)}."


@dataclass(frozen=True)
class Card:
    """A claim as a verifier knows it.

    about: what the claim's file says after its title. program: SHA-256 of the program that a proof of it has.
    """

    id: str
    version: int
    title: str
    about: str
    program: bytes
    slots: tuple[Slot, ...]
    params: tuple[Parameter, ...]
    clauses: tuple[Clause, ...]
    reveals: tuple[Reveal, ...]
    vacuous: tuple[Vacuous, ...]
    beside: Beside | None

    @property
    def label(self) -> str:
        return f"{self.id}@{self.version}"

    @cached_property
    def encoded(self) -> bytes:
        """The card's file."""
        return encode(self)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the card's file: what a policy pins."""
        return sha256(self.encoded).digest()

    def publics(self, given: Mapping[str, int]) -> dict[str, int]:
        """All parameters in the program's order, defaults filled in; UsageError on a missing or unknown one."""
        return filled(self.id, self.params, given)

    def revealed(self) -> tuple[Parameter, ...]:
        """What the claim discloses, each as a parameter that the prover does not choose."""
        return tuple(Parameter(each.name, each.type, 0, each.high, each.words()) for each in self.reveals)

    def counted(self, slot: str) -> tuple[Reveal, ...]:
        """What it discloses of how many rows of a slot count."""
        return tuple(each for each in self.reveals if each.counts == slot)

    def sentences(self, values: Mapping[str, int]) -> tuple[str, ...]:
        """Each requirement as a whole sentence with the parameters' values in it."""
        shown = {param.name: param.show(values[param.name]) for param in self.params if param.name in values}
        return tuple(whole(clause.says.filled(shown)) for clause in self.clauses)


def encode(card: Card) -> bytes:
    """The file of a card."""
    document = {
        "card": 1,
        "id": card.id,
        "version": card.version,
        "title": card.title,
        "about": card.about,
        "program": card.program.hex(),
        "logs": [
            {
                "slot": each.name, "schema": each.schema, "digest": each.digest.hex(), "about": each.about,
                "order": each.order, "more": each.more,
            }
            for each in card.slots
        ],
        "params": [_param_document(each) for each in card.params],
        "requirements": [
            {"name": each.name, "implied": each.implied, "says": _sentence_document(each.says)} for each in card.clauses
        ],
        "reveals": [
            {
                "name": each.name, "type": _type_document(each.type), "high": str(each.high), "figures": each.figures,
                "counts": each.counts or None, "says": _sentence_document(each.says),
            }
            for each in card.reveals
        ],
        "vacuous": [_vacuous_document(each) for each in card.vacuous],
        "beside": None if card.beside is None else {
            "value": card.beside.value, "limit": card.beside.limit, "low": card.beside.low, "high": card.beside.high,
        },
    }  # fmt: skip
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _type_document(kind: Type) -> dict[str, Any]:
    made: dict[str, Any] = {"kind": kind.kind}
    if kind.unit:
        made["unit"] = dict(kind.unit)
    if kind.counts:
        made["counts"] = True
    if kind.rate:
        made["rate"] = True
    if kind.choices:
        made["choices"] = list(kind.choices)
    if kind.of is not None:
        made |= {"of": _type_document(kind.of), "top": str(kind.top)}
    return made


def _param_document(param: Parameter) -> dict[str, Any]:
    return {
        "name": param.name, "type": _type_document(param.type), "low": str(param.low), "high": str(param.high),
        "places": param.places, "default": None if param.default is None else _default_document(param, param.default),
        "role": param.role or None, "about": param.doc,
    }  # fmt: skip


def _default_document(param: Parameter, value: int) -> str | list[str]:
    """Digits; of ids the texts, which the integers do not tell, and of one whose text nobody knows its digest."""
    if param.type.kind == types.ID:
        return [_id_text(value)]
    if param.type.of is None or param.type.of.kind != types.ID:
        return str(int(value))
    known = value.members if isinstance(value, Identities) else places.members(value, param.type.width)
    return [_id_text(member) for member in known]


def _id_text(value: int) -> str:
    if isinstance(value, Identity) or not value:
        return value.text if isinstance(value, Identity) else ""
    return show_id(value)


def _sentence_document(said: Sentence) -> list[Any]:
    return [{"param": part.name} if isinstance(part, Hole) else part for part in said.parts]


def _vacuous_document(empty: Vacuous) -> dict[str, Any]:
    return {
        "param": empty.param, "why": empty.why, "at_least": _edge_document(empty.at_least),
        "at_most": _edge_document(empty.at_most), "none_of": list(empty.none_of), "all_of": list(empty.all_of),
        "between": None if empty.between is None else list(empty.between), "formal": empty.formal,
    }  # fmt: skip


def _edge_document(edge: object) -> dict[str, str] | None:
    return {"text": edge.text, "value": str(edge.value)} if isinstance(edge, Edge) else None
