"""Several claims over several logs in memory, as one statement: laid out, checked row by row, proved and verified."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import numpy as np

from tests.kit import support
from tests.kit.compiled_trial import padded
from tests.kit.exact_rows import encode_rows
from zkcompliance import limits
from zkcompliance.card import places
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.prove.api import private_sizes
from zkcompliance.schemas import Schema
from zkcompliance.stark.air import union as prover_union
from zkcompliance.stark.air.check import Failure
from zkcompliance.stark.air.program import Program
from zkcompliance.stark.air.shape import Layout, lay_out
from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.profiles import by_name
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.prover.witness import Trace, build_trace, check_trace
from zkcompliance.stark.statement import Statement, StatementClaim, StatementLog
from zkcompliance.verify import union as verify_union
from zkcompliance.verify.verifier import Report

Tables = Mapping[str, Sequence[np.ndarray]]
Filled = tuple[list[np.ndarray], list[int], Mapping[str, int]]  # private columns, unknowns, reveals


@dataclass(frozen=True)
class Wanted:
    """A claim of a union. slots: of each the origins of its logs; fill: its witness from tables by slot and publics."""

    requirement: str
    program: Program
    fill: Callable[[Tables, Mapping[str, int]], Filled]
    slots: Mapping[str, Sequence[str]]
    publics: Mapping[str, int]


def compute(requirement: str, slots: Sequence[str] = ("compute",), limit: int = support.LIMIT) -> Wanted:
    """training-compute-below as written by hand: a sum, a lookup, six short columns."""
    claim = support.CLAIM

    def fill(tables: Tables, publics: Mapping[str, int]) -> Filled:
        witness = claim.witness(tables, publics)
        return witness.private, witness.unknowns, witness.reveals

    publics = {"limit": limit, "phases": support.COUNTED}
    return Wanted(requirement, claim.program, fill, {"compute": slots}, publics)


def of_language(
    definition: ClaimDefinition, slots: Mapping[str, Sequence[str]], requirement: str = "", **given: object
) -> Wanted:
    """A claim of the language; its id is its requirement where none is given."""
    compiled = compile_claim(definition)
    publics = definition.publics(given)
    return Wanted(requirement or definition.id, compiled.program, compiled.witness, slots, publics)


def of_program(
    requirement: str,
    program: Program,
    slots: Mapping[str, Sequence[str]],
    private: Sequence[np.ndarray] = (),
    publics: Mapping[str, int] | None = None,
    unknowns: Sequence[int] = (),
) -> Wanted:
    """A program with these witness columns, whatever they are: segment by segment of its tables over logs first."""
    return Wanted(requirement, program, lambda tables, given: (list(private), list(unknowns), {}), slots, publics or {})


@dataclass
class Case:
    """What one proof is about; a test may spoil `private` or `unknowns`."""

    statement: Statement
    tables: list[SealedTable]
    private: list[np.ndarray]
    unknowns: list[int]

    def layout(self) -> Layout:
        return lay_out(self.statement)

    def trace(self) -> Trace:
        return build_trace(self.layout(), self.tables, self.private, self.unknowns, Keystream(bytes(32)))

    def failures(self) -> list[Failure]:
        return check_trace(self.layout(), self.trace())

    def prover(self, kind: type[Prover] = Prover) -> Prover:
        return kind(self.statement, self.tables, self.private, self.unknowns, support.seed("union"))

    def verify(self, kind: type[Prover] = Prover) -> Report:
        """A proof, through the verifier's own decoders."""
        return support.verify(self.statement, self.prover(kind).prove())


def log_of(schema: Schema, *segments: Sequence[Mapping[str, object]], k: int = 3) -> list[np.ndarray]:
    """Padded tables of these rows, of at least 2^k rows each."""
    made = [padded(encode_rows(schema, rows)) for rows in segments]
    return [np.pad(table, ((0, 0), (0, max(0, (1 << k) - table.shape[1])))) for table in made]


def union(logs: Tables, digests: Mapping[str, bytes], wanted: Sequence[Wanted], profile: str = "standard") -> Case:
    """logs: by origin the tables of the segments; digests: of the schema of each."""
    origins = sorted(logs, key=str.encode)
    sealed = {
        origin: [support.seal(t, f"{origin} {i}", profile, digests[origin]) for i, t in enumerate(logs[origin])]
        for origin in origins
    }
    stated = []
    for origin in origins:
        entries = tuple(table.entry for table in sealed[origin])
        stated.append(StatementLog(support.checkpoint(entries, origin), entries))
    claims, private, unknowns = [], [], []
    for want in sorted(wanted, key=lambda each: each.requirement.encode()):
        filling = {slot: sorted(names, key=str.encode) for slot, names in want.slots.items()}
        tables = {slot: [table for name in names for table in logs[name]] for slot, names in filling.items()}
        columns, values, reveals = want.fill(tables, want.publics)
        publics = [(public.name, public.bits) for public in want.program.publics]
        spread = places.spread(publics, {**want.publics, **reveals})
        slots = tuple(tuple(origins.index(name) for name in filling[slot.name]) for slot in want.program.logs)
        sizes = private_sizes(want.program, columns, {slot: len(parts) for slot, parts in tables.items()})
        claims.append(StatementClaim(want.requirement, want.program, tuple(spread.values()), slots, sizes))
        private += columns
        unknowns += values
    statement = Statement(by_name(profile), b"head", tuple(stated), tuple(claims))
    return Case(statement, [table for origin in origins for table in sealed[origin]], private, unknowns)


def tall_early() -> AbstractContextManager[None]:
    """Statements are tall from 21 A and B on."""
    return support.without(limits, "MAX_DIRECT_CELLS", 20)


@contextmanager
def with_room(room: int) -> Iterator[None]:
    """Both hands with room for so many asks on a range bus."""
    with support.without(prover_union, "RANGE_ROOM", room), support.without(verify_union, "P", room):
        yield
