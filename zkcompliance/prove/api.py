"""Proving a claim over sealed logs, from their folders to a proof file's bytes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zkcompliance.air import machine
from zkcompliance.air.layout import lay_out
from zkcompliance.air.program import Program
from zkcompliance.claim import catalogue, places
from zkcompliance.claim.model import Claim, Tables, Witness
from zkcompliance.commit.budget import Budget
from zkcompliance.commit.entry import Entry
from zkcompliance.commit.table import SealedTable, commit, random_seed
from zkcompliance.errors import CacheDamaged, ClaimDoesNotHold, InternalError, UsageError, VerificationError
from zkcompliance.log import merkle
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.reservation import reserving
from zkcompliance.log.store import SealedLog, Segment
from zkcompliance.profiles import STANDARD, by_id, by_name
from zkcompliance.progress import Progress, silent
from zkcompliance.prove.early import refuse_early
from zkcompliance.prove.prover import Prover
from zkcompliance.prove.quotient import cosets_needed
from zkcompliance.prove.witness import check_trace
from zkcompliance.soundness import shapes_of, soundness
from zkcompliance.statement import Statement, StatementLog, encode_bundle
from zkcompliance.verify import verify_bundle


@dataclass
class Ready:
    """A proof that can be made: all that a verifier would refuse it for without looking at the proof is excluded.

    columns: the rows of each slot's segments, let go of while it is made.
    """

    claim: Claim
    logs: Mapping[str, SealedLog]
    segments: list[tuple[str, Segment]]
    statement: Statement
    witness: Witness
    columns: dict[str, list[np.ndarray]]

    @property
    def last(self) -> bool:
        """Whether it may use what is kept of a budget for the last proof."""
        return catalogue.is_unchanged(self.claim.id)

    def units(self) -> list[tuple[Budget, int]]:
        """What it spends of each segment."""
        return [(segment.budget(), segment.profile.units) for _, segment in self.segments]


def prove_claim(
    claim: Claim,
    logs: Mapping[str, SealedLog],
    publics: Mapping[str, int],
    *,
    context: bytes = b"",
    progress: Progress = silent,
) -> bytes:
    """A proof file over every segment of each log, verified once before it is returned.

    publics: the claim's parameters (defaults are filled in). Everything is checked before anything is spent: raises
    UsageError on parameters or logs that do not fit, ClaimDoesNotHold where the claim is false, ParametersRejected or
    LimitExceeded where the shapes cannot be proved, BudgetSpent where a segment has been proved over too often,
    LogCorrupt where a ledger was put back. The reservation is durable before the proof is made, and given back when it
    fails.
    """
    ready = get_ready(claim, logs, publics, context)
    with reserving(ready.units(), last=ready.last) as reservation:
        bundle = make(ready, progress)
        reservation.keep()
    return bundle


def get_ready(
    claim: Claim, logs: Mapping[str, SealedLog], publics: Mapping[str, int], context: bytes, *, spent: bool = False
) -> Ready:
    """Everything that can be checked of a proof before it is made. Raises as `prove_claim`; nothing is spent.

    spent: its units are reserved already, and the ledgers are not asked.
    """
    given = claim.publics(publics)
    segments = segments_of(claim, logs)
    if not spent:
        for _, segment in segments:
            segment.budget().check(segment.profile.units, last=catalogue.is_unchanged(claim.id))
    columns = {slot: [s.load_columns() for name, s in segments if name == slot] for slot in claim.slots}
    for _, segment in segments:
        _ = segment.seed  # LogCorrupt, LogError
    statement, witness = prepare(claim, logs, columns, given, context)
    refuse_early(statement, claim.program_bytes, notes_of(claim, logs))
    return Ready(claim, logs, segments, statement, witness, columns)


def notes_of(claim: Claim, logs: Mapping[str, SealedLog]) -> list[bytes]:
    """The signed checkpoint of each slot's log."""
    return [logs[slot].checkpoint_note.encode() for slot in claim.slots]


def make(ready: Ready, progress: Progress = silent) -> bytes:
    """The proof file, verified once. What it spends is reserved already.

    Where it does not verify, and something was read that is kept beside a segment, that is made again, and the proof
    too: once. InternalError where it fails all the same.
    """
    claim = ready.claim
    sealed = {slot: [_sealed(ready, slot, i) for i in range(len(ready.columns[slot]))] for slot in claim.slots}
    described = [claim.program.logs[table.log].name for table in claim.program.tables if table.log is not None]
    tables = [table for slot in described for table in sealed[slot]]
    ready.columns.clear()  # the tables hold them, and let go of them half-way
    try:
        return _make(ready, tables, progress)
    except (InternalError, CacheDamaged):
        forgotten = [table.forget_cache() for table in tables]  # of each of them
        if not any(forgotten):
            raise
        return _make(ready, tables, progress)


def _sealed(ready: Ready, slot: str, index: int) -> SealedTable:
    segment = ready.logs[slot].segments[index]
    columns = ready.columns[slot][index]
    return SealedTable(columns, segment.seed, segment.entry, segment.profile, segment.cache, segment.load_columns)


def _make(ready: Ready, tables: list[SealedTable], progress: Progress) -> bytes:
    claim, statement, witness = ready.claim, ready.statement, ready.witness
    prover = Prover(statement, tables, witness.private, witness.unknowns, os.urandom(32), progress)
    proof = prover.prove()
    prover.let_go()
    bundle = encode_bundle(statement.encode(), claim.program_bytes, notes_of(claim, ready.logs), proof)
    try:
        verify_bundle(bundle, program_digest=claim.program_digest)
    except VerificationError as error:
        failures = check_trace(prover.layout, prover.trace)
        shown = "; ".join(map(str, failures[:3])) or "the trace is true: a defect of the prover"
        raise InternalError(f"the proof just made does not verify ({error.message}): {shown}") from error
    return bundle


def prepare(
    claim: Claim, logs: Mapping[str, SealedLog], columns: Tables, publics: Mapping[str, int], context: bytes
) -> tuple[Statement, Witness]:
    """What is to be proved, true and within every limit on shapes, and the witness of it.

    columns: the rows of the logs; publics: all of the claim's parameters. Raises ClaimDoesNotHold where the claim is
    false, ParametersRejected where no proof of these shapes can be made.
    """
    found = claim.check(columns, publics)
    if not found.holds:
        raise ClaimDoesNotHold(f"{claim.id}: {found.requirement} does not hold", private=found.margin)
    witness = claim.witness(columns, publics)
    sizes = private_sizes(claim.program, witness.private, {slot: len(tables) for slot, tables in columns.items()})
    statement = make_statement(claim, logs, {**publics, **witness.reveals}, context, sizes)
    layout = lay_out(statement)
    soundness(shapes_of(layout)).require()
    for kappa in layout.heights:
        cosets_needed(layout, kappa)
    return statement, witness


def segments_of(claim: Claim, logs: Mapping[str, SealedLog]) -> list[tuple[str, Segment]]:
    """(slot, segment) in statement order; UsageError where the logs do not fit the claim."""
    if set(logs) != set(claim.slots):
        raise UsageError(f"{claim.id} is about the logs {', '.join(claim.slots)}; given: {', '.join(logs) or 'none'}")
    _refuse_one_twice(claim, logs)
    result = []
    for slot, schema in claim.slots.items():
        log = logs[slot]
        if log.schema.digest != schema.digest:
            raise UsageError(f"log {slot} has the schema {log.schema.name}, not {schema.name}")
        if not log.segments:
            raise UsageError(f"log {slot} has no sealed segment yet", help="zkcompliance seal --help")
        result += [(slot, segment) for segment in log.segments]
    if len({segment.profile.id for _, segment in result}) > 1:
        raise UsageError("the logs were sealed with different profiles, and one proof has one profile")
    return result


def _refuse_one_twice(claim: Claim, logs: Mapping[str, SealedLog]) -> None:
    """UsageError where two slots have logs of one origin, which who verifies refuses, but for rows-unchanged."""
    origins: dict[str, str] = {}
    for slot in claim.slots:
        other = origins.setdefault(logs[slot].origin, slot)
        if other != slot and not catalogue.is_unchanged(claim.id):
            raise UsageError(
                f"logs {other} and {slot} are both of {logs[slot].origin}: a claim is about logs that differ",
                help=f"zkcompliance explain {claim.id}",
            )


def private_sizes(program: Program, private: list[np.ndarray], segments: Mapping[str, int]) -> tuple[int, ...]:
    """log2 of the rows of each private table, from the witness columns of all instances; segments: of each slot."""
    sizes = []
    at = 0
    for table in program.tables:
        if table.log is None:
            sizes.append(private[at].shape[1].bit_length() - 1)
        at += 1 if table.log is None else segments[program.logs[table.log].name]
    return tuple(sizes)


def make_statement(
    claim: Claim,
    logs: Mapping[str, SealedLog],
    publics: Mapping[str, int],
    context: bytes,
    private: tuple[int, ...] = (),
) -> Statement:
    """Everything public about a proof of this claim over these logs."""
    described = tuple(
        StatementLog(slot, logs[slot].checkpoint_body.encode(), tuple(s.entry for s in logs[slot].segments))
        for slot in claim.slots
    )
    slots = [(public.name, public.bits) for public in claim.program.publics]
    values = tuple(places.spread(slots, dict(publics)).values())
    profile = by_name(next(iter(logs.values())).profile)
    return Statement(profile, claim.program, values, described, context, private)


def compiled() -> bool:
    """Whether this machine has the kernels in numba's cache."""
    path = kept_in()
    return path is not None and any(path.glob("machine._run-*.nbi"))


def kept_in() -> Path | None:
    """The folder of numba's cache; None where none can be written to, and every process compiles anew."""
    path = getattr(getattr(machine._run, "_cache", None), "cache_path", None)
    return None if path is None else Path(path)


def warm_up(progress: Progress = silent) -> None:
    """Compile every kernel if this machine never has, by one small proof (first time under a minute, then nothing)."""
    if compiled():
        return
    progress("compile", 0, 1)
    claim = catalogue.load("training-compute-below")
    table = np.zeros((claim.slots["compute"].width, 1 << 14), np.uint32)
    seed = random_seed()
    entry = commit(table, seed, STANDARD.name, claim.slots["compute"].digest)
    prover = small_prover(claim, [table], [seed], [entry], claim.publics({"limit": 1}))
    prover.prove()
    progress("compile", 1, 1)


def small_prover(
    claim: Claim, columns: list[np.ndarray], seeds: list[bytes], entries: list[Entry], publics: Mapping[str, int]
) -> Prover:
    """A prover over tables in memory, without log folder, signature or budget; for one-log claims."""
    (slot,) = claim.slots
    root = merkle.root([entry.encode() for entry in entries])
    body = Checkpoint("memory", len(entries), root).body.encode()
    chosen = by_id(entries[0].profile)
    statement = Statement(
        chosen,
        claim.program,
        tuple(publics[public.name] for public in claim.program.publics),
        (StatementLog(slot, body, tuple(entries)),),
    )
    tables = [SealedTable(c, s, e, chosen) for c, s, e in zip(columns, seeds, entries, strict=True)]
    given = {slot: columns}
    witness = claim.witness(given, publics)
    return Prover(statement, tables, witness.private, witness.unknowns, os.urandom(32))
