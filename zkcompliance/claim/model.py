"""What a claim is: one definition for the person, the plain evaluator, the prover and the verifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from zkcompliance.card.beside import Beside
from zkcompliance.card.parameter import Parameter, filled
from zkcompliance.card.vacuity import Vacuous
from zkcompliance.schemas import Schema
from zkcompliance.stark.air.program import Program

if TYPE_CHECKING:
    import numpy as np

    from zkcompliance.claim.meaning.brackets import Brackets
    from zkcompliance.claim.meaning.core import Requirement, Reveal
    from zkcompliance.claim.meaning.figures import Figure, GroupsFound

    Tables = Mapping[str, Sequence[np.ndarray]]  # of each log slot, the (width, N) table of each segment
else:
    Tables = Mapping

Publics = Mapping[str, int]


@dataclass(frozen=True)
class Witness:
    """private: the witness columns (columns, N) of each program-table instance in order; unknowns; reveals by name."""

    private: list[np.ndarray]
    unknowns: list[int]
    reveals: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckResult:
    """What the plain evaluator found. `details` may hold private figures: for the lab's eyes only, as are `margins`,
    requirement → whether it holds and how far it is from the other verdict, `reveals`, what would be disclosed, and
    `totals` and `groups`, what conditions compare, exactly."""

    holds: bool
    requirement: str
    margin: str
    details: dict[str, str] = field(default_factory=dict)
    margins: Mapping[str, str] = field(default_factory=dict)
    reveals: Mapping[str, int] = field(default_factory=dict)
    totals: tuple[Figure, ...] = ()
    groups: tuple[GroupsFound, ...] = ()


class Check(Protocol):
    """brackets: of each slot's segments; open where none are given."""

    def __call__(self, tables: Tables, publics: Publics, brackets: Brackets | None = None) -> CheckResult: ...


class Fill(Protocol):
    """As `Check`."""

    def __call__(self, tables: Tables, publics: Publics, brackets: Brackets | None = None) -> Witness: ...


@dataclass(frozen=True)
class Claim:
    """A named, versioned predicate over sealed logs with public parameters.

    `check` is its meaning on plain integers, `witness` what the prover fills in, `requirements` what it requires (none
    given: it is not of the language), `reveals` the public values that are neither parameters nor made by the compiler,
    `vacuous` what the claim's file says of values under which a parameter asks nothing, `beside` what it says of the
    limit that a revealed value stands beside.
    """

    id: str
    version: int
    title: str
    doc: str
    params: tuple[Parameter, ...]
    slots: dict[str, Schema]
    build: Callable[[], Program]
    check: Check
    witness: Fill
    requirements: tuple[Requirement, ...] = ()
    reveals: tuple[Reveal, ...] = ()
    pinned: bytes | None = None
    vacuous: tuple[Vacuous, ...] = ()
    beside: Beside | None = None

    @cached_property
    def program(self) -> Program:
        return self.build()

    @property
    def program_bytes(self) -> bytes:
        return self.program.encoded

    @property
    def program_digest(self) -> bytes:
        """SHA-256 of the program: the pinned one where there is one."""
        return self.program.digest if self.pinned is None else self.pinned

    def publics(self, given: Publics) -> dict[str, int]:
        """All parameters in the program's order, defaults filled in; UsageError on a missing or unknown one."""
        return filled(self.id, self.params, given)
