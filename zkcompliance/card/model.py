"""What a card holds of a claim: its program's digest, its logs, parameters and reveals, and its sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from zkcompliance.card.beside import Beside
from zkcompliance.card.parameter import Parameter, filled
from zkcompliance.card.sentence import Sentence, whole
from zkcompliance.card.types import Type
from zkcompliance.card.vacuity import Vacuous


@dataclass(frozen=True)
class Slot:
    """A log that the claim is about: the schema's name and digest (32 bytes); about: what its rows are."""

    name: str
    schema: str
    digest: bytes
    about: str


@dataclass(frozen=True)
class Clause:
    """One requirement in words. implied: asked by a join, not written by the author."""

    name: str
    says: Sentence
    implied: bool = False


@dataclass(frozen=True)
class Reveal:
    """A value that the prover discloses, from 0 to `high`; figures: rounded down to so many significant ones."""

    name: str
    type: Type
    high: int
    figures: int | None
    says: Sentence

    @property
    def bits(self) -> int:
        """The public integer is below 2^bits."""
        return max(1, self.high.bit_length())

    def words(self) -> str:
        """What it is, and how it is rounded."""
        rounding = "" if self.figures is None else f", rounded down to {self.figures} significant figures"
        return f"{self.says.named()}{rounding}."


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
        from zkcompliance.card.file import encode

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

    def sentences(self, values: Mapping[str, int]) -> tuple[str, ...]:
        """Each requirement as a whole sentence with the parameters' values in it."""
        shown = {param.name: param.show(values[param.name]) for param in self.params if param.name in values}
        return tuple(whole(clause.says.filled(shown)) for clause in self.clauses)
