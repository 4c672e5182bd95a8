"""Proofs that open rows, over tables in memory, by provers that may spoil any of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from tests.kit import support
from tests.kit.compiled_trial import seal_anew
from zkcompliance import schemas
from zkcompliance.claim.model import Claim
from zkcompliance.claim.opened_rows import SLOT, Naming, opened_rows
from zkcompliance.prove.api import private_sizes
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.prover.witness import check_trace

SCHEMA = schemas.compute


def segments_of(*sizes: int, seed: int = 3) -> list[np.ndarray]:
    """Segments with so many random rows each (limbs of any 16 bits), padded to the next power of two."""
    made = []
    generator = np.random.default_rng(seed)
    for size in sizes:
        columns = np.zeros((SCHEMA.width, max(8, 1 << (size - 1).bit_length())), np.uint32)
        columns[:, :size] = generator.integers(0, 65536, (SCHEMA.width, size), dtype=np.uint32)
        columns[0, :size] = 1
        made.append(columns)
    return made


@dataclass
class Opening:
    """What a prover states and fills in: the honest one's, until a test spoils it. named: how each row is named."""

    tables: list[np.ndarray]
    named: list[int]
    naming: Naming = Naming.NUMBER
    segments: int | None = None
    spoil_witness: Callable[[list[np.ndarray]], None] | None = None
    publics: dict[str, int] = field(default_factory=dict)  # in place of the honest values
    without: str = ""  # a constraint that the program lacks

    @property
    def claim(self) -> Claim:
        made = opened_rows(SCHEMA, self.naming, len(self.named))
        if not self.without:
            return made
        log, ends = made.program.tables
        left = tuple(each for each in log.constraints if each.name != self.without)
        program = replace(made.program, tables=(replace(log, constraints=left), ends))
        return replace(made, build=lambda: program)

    def given(self) -> dict[str, int]:
        count = len(self.tables) if self.segments is None else self.segments
        return {"segments": count, **{f"row {place}": name for place, name in enumerate(self.named, 1)}}

    def prover(self, of: type[Prover] = Prover) -> Prover:
        claim = self.claim
        witness = claim.witness({SLOT: self.tables}, self.given())
        if self.spoil_witness is not None:
            self.spoil_witness(witness.private)
        values = {**self.given(), **witness.reveals, **self.publics}
        stated = [values[public.name] for public in claim.program.publics]
        sealed = [seal_anew(columns, SCHEMA.digest) for columns in self.tables]
        sizes = private_sizes(claim.program, witness.private, {SLOT: len(sealed)})
        statement = support.one_claim(claim.program, stated, [[table.entry for table in sealed]], sizes)
        return of(statement, sealed, witness.private, [], os.urandom(32))

    def holds(self) -> bool:
        """Whether every equation holds on the rows, and the verifier accepts; InternalError of one without the other
        is for the test to notice, by VerificationError."""
        prover = self.prover()
        proof = prover.prove()
        true = check_trace(prover.layout, prover.trace) == []
        support.verify(prover.statement, proof)
        return true
