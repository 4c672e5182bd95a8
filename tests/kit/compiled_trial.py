"""A trace of a compiled claim over tables in memory, sealed or not: what the row-by-row checker says about it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from tests.kit import support
from zkcompliance.card import places
from zkcompliance.claim.compile.compiler import Compiled
from zkcompliance.claim.compile.run import Lies
from zkcompliance.claim.meaning.brackets import OPEN, Brackets, of_slot
from zkcompliance.stark.air.check import Failure
from zkcompliance.stark.air.program import Program
from zkcompliance.stark.air.shape import Layout, lay_out
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.commit.table import SealedTable, commit
from zkcompliance.stark.profiles import STANDARD
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.prover.witness import Trace, build_trace, check_trace
from zkcompliance.stark.statement import Statement, encode_bundle

MOST_LAYOUTS = 128
_LAYOUTS: dict[tuple[object, ...], tuple[Program, Layout]] = {}  # of the last statements, by all that is stated


@dataclass
class Trial:
    """Everything that a proof would be about; a test may spoil `private`, `unknowns` or `publics`, or the program."""

    program: Program
    tables: list[SealedTable]
    private: list[np.ndarray]
    unknowns: list[int]
    publics: list[int]
    segments: tuple[int, ...]  # of each log
    brackets: Brackets | None = None  # of each slot's segments; open where none are given

    @property
    def sizes(self) -> tuple[int, ...]:
        """log2 of the rows of each private table."""
        return tuple(part.shape[1].bit_length() - 1 for part in self.private[self._log_instances :])

    @property
    def _log_instances(self) -> int:
        return len(self.private) - len(self.program.private_tables)

    def statement(self) -> Statement:
        made = support.one_claim(self.program, self.publics, split(self.tables, self.segments), self.sizes)
        return bracketed(made, self.program, self.brackets)

    def layout(self) -> Layout:
        """How the statement is laid out: made once for all trials whose statements are the same."""
        given = [
            tuple(of_slot(self.brackets, s.name, n)) for s, n in zip(self.program.logs, self.segments, strict=True)
        ]
        entries = tuple(table.entry for table in self.tables)
        key = (id(self.program), tuple(self.publics), entries, self.segments, self.sizes, tuple(given))
        if key not in _LAYOUTS:
            if len(_LAYOUTS) == MOST_LAYOUTS:
                _LAYOUTS.pop(next(iter(_LAYOUTS)))
            _LAYOUTS[key] = (
                self.program,
                lay_out(self.statement()),
            )  # kept with its program, whose id is then no other's
        return _LAYOUTS[key][1]

    def trace(self) -> Trace:
        return build_trace(self.layout(), self.tables, self.private, self.unknowns, Keystream(bytes(32)))

    def failures(self) -> list[Failure]:
        layout = self.layout()
        return check_trace(layout, build_trace(layout, self.tables, self.private, self.unknowns, Keystream(bytes(32))))


def padded(table: np.ndarray) -> np.ndarray:
    """The table with padding rows, 2^k in all, k ≥ 3."""
    rows = 1 << max(3, (table.shape[1] - 1).bit_length())
    found = np.zeros((table.shape[0], rows), np.uint32)
    found[:, : table.shape[1]] = table
    return found


def unsealed(columns: np.ndarray, digest: bytes) -> SealedTable:
    """A table with an entry that commits to nothing: for the checker alone."""
    k = columns.shape[1].bit_length() - 1
    entry = Entry(STANDARD.id, digest, columns.shape[0], k, STANDARD.capacity(k), bytes(32), (0,) * 6)
    return SealedTable(columns, bytes(32), entry, STANDARD)


def trial(
    compiled: Compiled,
    tables: Mapping[str, Sequence[np.ndarray]],
    publics: Mapping[str, int],
    sealed: Sequence[SealedTable] | None = None,
    lies: Lies | None = None,
    brackets: Brackets | None = None,
) -> Trial:
    """The honest witness of a compiled claim over these logs, whether or not the claim holds."""
    private, unknowns, reveals = compiled.witness(tables, publics, lies, brackets)
    program = compiled.program
    made = sealed or [unsealed(t, slot.schema_digest) for slot in program.logs for t in tables[slot.name]]
    values = list(places.spread([(p.name, p.bits) for p in program.publics], {**publics, **reveals}).values())
    segments = tuple(len(tables[slot.name]) for slot in program.logs)
    return Trial(program, list(made), private, unknowns, values, segments, brackets)


def proved_by_anyone(
    compiled: Compiled, tables: Mapping[str, Sequence[np.ndarray]], publics: Mapping[str, int], lies: Lies | None = None
) -> bytes:
    """The proof file of a prover who does not ask whether the claim holds, over tables in memory (padded)."""
    return proof_file(trial(compiled, tables, publics, lies=lies))


def seal_anew(columns: np.ndarray, schema_digest: bytes) -> SealedTable:
    """A table that is committed to with a seed that is drawn."""
    seed = os.urandom(32)
    return SealedTable(columns, seed, commit(columns, seed, STANDARD.name, schema_digest), STANDARD)


def proof_file(case: Trial) -> bytes:
    """The case's tables sealed, its witness proved as it is."""
    made = []
    for table in case.tables:
        made.append(seal_anew(table.columns, table.entry.schema_digest))
    statement = support.one_claim(case.program, case.publics, split(made, case.segments), case.sizes)
    statement = bracketed(statement, case.program, case.brackets)
    proof = Prover(statement, made, case.private, case.unknowns, os.urandom(32)).prove()
    notes = [support.SIGNER.sign(log.checkpoint.decode()).encode() for log in statement.logs]
    return encode_bundle(statement, notes, proof)


def bracketed(statement: Statement, program: Program, brackets: Brackets | None) -> Statement:
    """The statement, each of whose logs fills a slot, with the brackets of its slots' segments."""
    logs = []
    for slot, log in zip(program.logs, statement.logs, strict=True):
        given = of_slot(brackets, slot.name, len(log.entries))
        logs.append(log if set(given) == {OPEN} else replace(log, brackets=tuple(given)))
    return replace(statement, logs=tuple(logs))


def split(tables: Sequence[SealedTable], segments: Sequence[int]) -> list[list[Entry]]:
    """The entries of each log, that has so many segments."""
    left = iter(table.entry for table in tables)
    return [list(islice(left, count)) for count in segments]
