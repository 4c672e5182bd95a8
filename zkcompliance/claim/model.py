"""What a claim is: one definition for the person, the plain evaluator, the prover and the verifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from zkcompliance.card.beside import Beside
from zkcompliance.card.parameter import Parameter
from zkcompliance.card.vacuity import Vacuous
from zkcompliance.errors import UsageError
from zkcompliance.schemas import Schema
from zkcompliance.stark.air.program import Program

if TYPE_CHECKING:
    import numpy as np

    from zkcompliance.claim.meaning.core import Requirement, Reveal

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
    """What the plain evaluator found. `details` may hold private figures: for the lab's eyes only."""

    holds: bool
    requirement: str
    margin: str
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """A named, versioned predicate over sealed logs with public parameters.

    `check` is its meaning on plain integers, `witness` what the prover fills in, `sentences` (where given) the claim in
    words, `requirements` what it requires (none given: it is not of the language), `reveals` the public values that are
    neither parameters nor made by the compiler, `vacuous` what the claim's file says of values under which a parameter
    asks nothing, `beside` what it says of the limit that a revealed value stands beside.
    """

    id: str
    version: int
    title: str
    doc: str
    params: tuple[Parameter, ...]
    slots: dict[str, Schema]
    build: Callable[[], Program]
    check: Callable[[Tables, Publics], CheckResult]
    witness: Callable[[Tables, Publics], Witness]
    sentences: Callable[[], str] | None = None
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
        known = {param.name for param in self.params}
        for name in given:
            if name not in known:
                raise UsageError(f"{self.id} has no parameter {name!r}: it has {', '.join(sorted(known))}")
        result = {}
        for param in self.params:
            value = given.get(param.name, param.default)
            if value is None:
                raise UsageError(f"{self.id} needs the parameter {param.name}: {param.doc}")
            result[param.name] = param.accept(value)
        return result

    def explain(self) -> str:
        """The claim as sentences, its parameters, its program, what is revealed and what is not proven."""
        program = self.program
        lines = [self.sentences()] if self.sentences else self._words()
        if empty := [str(each) for each in self.vacuous if str(each)]:
            lines += ["", "Asks nothing, so that no policy may admit it:", *(f"  {each}." for each in empty)]
        lines += ["", f"Program {program.digest.hex()}:"]
        for table in program.tables:
            slot = None if table.log is None else program.logs[table.log]
            place = "private table: " if slot is None else f"log {slot.name}: "
            if slot is not None:
                place += f"reads {len(table.log_columns)} of {slot.width} committed columns; "
            lines.append(
                f"  {place}{table.witness} private columns, {len(table.constraints)} constraints, "
                f"{len(table.interactions)} lookups and {len(table.sums)} sums a row"
            )
        lines += [f"  equation: {equation.name}" for equation in program.equations]
        if program.private_tables:
            lines += [
                "",
                "Also revealed: the size of each private table, rounded up to a power of two. It follows the number of",
                "rows that the claim selects, or looks up together with those they are looked up in, or of groups.",
            ]
        return "\n".join(lines)

    def _words(self) -> list[str]:
        lines = [f"{self.id}, version {self.version}: {self.title}", "", self.doc.strip(), "", "Parameters:"]
        for param in self.params:
            default = "" if param.default is None else f" Default: {param.show(param.default)}."
            lines.append(f"  {param.name} ({param.kind}): {param.doc}{default}")
        return [
            *lines,
            "",
            "Revealed: the parameters, the checkpoint, and for each segment its size rounded up to a power of two.",
            "Nothing else.",
            "Not proven: that the log is complete and that its rows are true. Rows are as good as their source.",
        ]
