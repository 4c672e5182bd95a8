"""Proving a claim over sealed logs, from their folders to a proof file's bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from zkcompliance.card import places
from zkcompliance.card.program import spans_generations
from zkcompliance.claim.model import Claim, Tables, Witness
from zkcompliance.edge.shown import command
from zkcompliance.errors import CacheDamaged, ClaimDoesNotHold, InternalError, UsageError, VerificationError
from zkcompliance.log import lineages, merkle, moving, successor
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.layout import Layout
from zkcompliance.log.reservation import reserving
from zkcompliance.log.store import SealedLog, Segment
from zkcompliance.progress import Progress, silent
from zkcompliance.prove import fits
from zkcompliance.prove.early import refuse_early
from zkcompliance.prove.parts import Part, part_of, parts_of
from zkcompliance.stark.air.program import Program
from zkcompliance.stark.air.shape import lay_out
from zkcompliance.stark.commit.budget import Budget
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.profiles import by_id, by_name
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.prover.quotient import cosets_needed
from zkcompliance.stark.prover.witness import check_trace
from zkcompliance.stark.statement import Statement, StatementLog, encode_bundle
from zkcompliance.verify.verifier import verify_bundle


@dataclass
class Ready:
    """A proof that can be made: all that a verifier would refuse it for without looking at the proof is excluded.

    columns: the rows of each slot's segments, let go of while it is made.
    """

    claim: Claim
    logs: Mapping[str, Part]
    segments: list[tuple[str, Segment]]
    statement: Statement
    witness: Witness
    columns: dict[str, list[np.ndarray]]

    def units(self) -> list[tuple[Budget, int]]:
        """What it spends of each segment."""
        return [(segment.budget(), segment.profile.units) for _, segment in self.segments]


def prove_claim(
    claim: Claim,
    given: Mapping[str, SealedLog | Part],
    publics: Mapping[str, int],
    *,
    context: bytes = b"",
    progress: Progress = silent,
) -> bytes:
    """A proof file over every segment of each log, verified once before it is returned.

    given: by slot, a log, or a part of one where the slot takes a range. publics: the claim's parameters (defaults are
    filled in). Everything is checked before anything is spent: raises UsageError on parameters or logs that do not fit,
    LogError where a log goes on elsewhere or was put back from a backup, ClaimDoesNotHold where the claim is false,
    ProofRefused, ParametersRejected or LimitExceeded where the shapes cannot be proved, BudgetSpent where a segment has
    been proved over too often, LogCorrupt where a ledger was put back. The reservation is durable before the proof is
    made, and given back when it fails.
    """
    ready = get_ready(claim, given, publics, context)
    with reserving(ready.units()) as reservation:
        bundle = make(ready, progress)
        reservation.keep()
    return bundle


def require_open(logs: Iterable[SealedLog]) -> None:
    """LogError where a log goes on elsewhere, was put back from a backup, or lacks its lineage (LogCorrupt where that
    is another one than was written); interrupted moves are finished.
    """
    for log in logs:
        moving.finish(log.path)
        successor.require_open(Layout(log.path))
        lineages.check(Layout(log.path), log.checkpoint.generation)


def get_ready(
    claim: Claim,
    given: Mapping[str, SealedLog | Part],
    publics: Mapping[str, int],
    context: bytes,
    *,
    spent: bool = False,
    refresh: bool = False,
) -> Ready:
    """Everything that can be checked of a proof before it is made. Raises as `prove_claim`; nothing is spent.

    spent: its units are reserved already, and the ledgers are not asked. refresh: it is of the step to a log's next
    generation, which may be made of a log that was put back.
    """
    values = claim.publics(publics)
    logs = parts_of(given)
    segments = segments_of(claim, logs)
    if not refresh:
        require_open([part.log for part in logs.values()])
    if not spent:
        for _, segment in segments:
            segment.budget().check(segment.profile.units)
    columns = {slot: [s.load_columns() for name, s in segments if name == slot] for slot in claim.slots}
    for _, segment in segments:
        _ = segment.seed  # LogCorrupt, LogError
    statement, witness = prepare(claim, logs, columns, values, context)
    refuse_early(statement, claim.program_bytes, notes_of(claim, logs))
    return Ready(claim, logs, segments, statement, witness, columns)


def notes_of(claim: Claim, logs: Mapping[str, SealedLog | Part]) -> list[bytes]:
    """The signed checkpoint of each slot's log."""
    return [part_of(logs[slot]).log.checkpoint_note.encode() for slot in claim.slots]


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
    claim: Claim,
    logs: Mapping[str, SealedLog | Part],
    columns: Tables,
    publics: Mapping[str, int],
    context: bytes,
) -> tuple[Statement, Witness]:
    """What is to be proved, true and within every limit on shapes, and the witness of it.

    columns: the rows of the logs; publics: all of the claim's parameters. Raises ClaimDoesNotHold where the claim is
    false, ProofRefused where more is asked than one proof may have, ParametersRejected where no proof of these shapes
    can be made.
    """
    result = claim.check(columns, publics)
    if not result.holds:
        raise ClaimDoesNotHold(f"{claim.id}: {result.requirement} does not hold", private=result.margin)
    witness = claim.witness(columns, publics)
    sizes = private_sizes(claim.program, witness.private, {slot: len(tables) for slot, tables in columns.items()})
    statement = make_statement(claim, logs, {**publics, **witness.reveals}, context, sizes)
    fits.require(statement)
    layout = lay_out(statement)
    for kappa in layout.heights:
        cosets_needed(layout, kappa)
    return statement, witness


def segments_of(claim: Claim, given: Mapping[str, SealedLog | Part]) -> list[tuple[str, Segment]]:
    """(slot, segment) in statement order; UsageError where the logs do not fit the claim."""
    if set(given) != set(claim.slots):
        raise UsageError(f"{claim.id} is about the logs {', '.join(claim.slots)}; given: {', '.join(given) or 'none'}")
    _refuse_one_twice(claim, given)
    result = []
    for slot, schema in claim.slots.items():
        part = part_of(given[slot])
        log = part.log
        if log.schema.digest != schema.digest:
            raise UsageError(f"log {slot} has the schema {log.schema.label}, not {schema.label}")
        if not log.segments:
            raise UsageError(f"log {slot} has no sealed segment yet", help="zkcompliance seal --help")
        result += [(slot, segment) for segment in part.segments]
    if len({segment.profile.id for _, segment in result}) > 1:
        raise UsageError("the logs were sealed with different profiles, and one proof has one profile")
    return result


def _refuse_one_twice(claim: Claim, given: Mapping[str, SealedLog | Part]) -> None:
    """UsageError where two slots have logs of one origin, which who verifies refuses, but for rows-unchanged."""
    origins: dict[str, str] = {}
    for slot in claim.slots:
        origin = part_of(given[slot]).log.origin
        other = origins.setdefault(origin, slot)
        if other != slot and not spans_generations(claim.program.logs):
            raise UsageError(
                f"logs {other} and {slot} are both of {origin}: a claim is about logs that differ",
                help=command("zkcompliance", "explain", claim.id),
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
    logs: Mapping[str, SealedLog | Part],
    publics: Mapping[str, int],
    context: bytes,
    private: tuple[int, ...] = (),
) -> Statement:
    """Everything public about a proof of this claim over these logs."""
    described = tuple(part_of(logs[slot]).stated(slot) for slot in claim.slots)
    slots = [(public.name, public.bits) for public in claim.program.publics]
    values = tuple(places.spread(slots, dict(publics)).values())
    profile = by_name(part_of(next(iter(logs.values()))).log.profile)
    return Statement(profile, claim.program, values, described, context, private)


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
