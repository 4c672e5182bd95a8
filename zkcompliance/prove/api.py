"""Proving a claim over sealed logs, from their folders to a proof file's bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np

from zkcompliance.air import machine
from zkcompliance.air.layout import lay_out
from zkcompliance.air.program import Program
from zkcompliance.claim import catalogue, places
from zkcompliance.claim.model import Claim, Tables, Witness
from zkcompliance.commit.entry import Entry
from zkcompliance.commit.table import SealedTable, commit, random_seed
from zkcompliance.errors import ClaimDoesNotHold, InternalError, UsageError, VerificationError
from zkcompliance.log import merkle, moving, successor
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog, Segment
from zkcompliance.profiles import STANDARD, by_id, by_name
from zkcompliance.progress import Progress, silent
from zkcompliance.prove import fits
from zkcompliance.prove.parts import Part, part_of, parts_of
from zkcompliance.prove.prover import Prover
from zkcompliance.prove.quotient import cosets_needed
from zkcompliance.prove.witness import check_trace
from zkcompliance.statement import Statement, StatementLog, encode_bundle
from zkcompliance.verify import verify_bundle


def prove_claim(
    claim: Claim,
    given: Mapping[str, SealedLog | Part],
    publics: Mapping[str, int],
    *,
    context: bytes = b"",
    progress: Progress = silent,
    refresh: bool = False,
) -> bytes:
    """A proof file over every segment of each log, verified once before it is returned.

    given: by slot, a log, or a part of one where the slot takes a range. publics: the claim's parameters (defaults are
    filled in). refresh: the proof may use the last units of a segment, which are kept for this, and the caller records
    what it spends, durably, before he lets it go. Raises UsageError on parameters or logs that do not fit, LogError
    where a log goes on elsewhere or was put back from a backup, ClaimDoesNotHold where the claim is false, BudgetSpent
    where a segment has been proved over too often (the reservation is durable before this returns), ProofRefused or
    ParametersRejected where the shapes cannot be proved.
    """
    values = claim.publics(publics)
    logs = parts_of(given)
    segments = segments_of(claim, logs)
    if not refresh:
        for part in logs.values():
            moving.finish(part.log.path)
            successor.require_open(Layout(part.log.path))
    for _, segment in segments:
        if segment.budget().remaining(last=refresh) < segment.profile.units:
            segment.budget().reserve(segment.profile.units, os.urandom(32), last=refresh)  # raises, in its own words
    columns = {slot: [s.load_columns() for name, s in segments if name == slot] for slot in claim.slots}
    statement, witness = prepare(claim, logs, columns, values, context)
    sealed = {
        slot: [
            SealedTable(table, segment.seed, segment.entry, segment.profile, segment.cache, segment.load_columns)
            for table, segment in zip(columns[slot], logs[slot].segments, strict=True)
        ]
        for slot in claim.slots
    }
    described = [claim.program.logs[table.log].name for table in claim.program.tables if table.log is not None]
    tables = [table for slot in described for table in sealed[slot]]
    del columns  # the tables hold them, and let go of them half-way
    prover = Prover(statement, tables, witness.private, witness.unknowns, os.urandom(32), progress)
    proof = prover.prove()
    prover.let_go()
    notes = [logs[slot].log.checkpoint_note.encode() for slot in claim.slots]
    bundle = encode_bundle(statement.encode(), claim.program_bytes, notes, proof)
    try:
        verify_bundle(bundle, program_digest=claim.program_digest)
    except VerificationError as error:
        failures = check_trace(prover.layout, prover.trace)
        shown = "; ".join(map(str, failures[:3])) or "the trace is true: a defect of the prover"
        raise InternalError(f"the proof just made does not verify ({error.message}): {shown}") from error
    if not refresh:
        spend([segment for _, segment in segments], bundle)
    return bundle


def spend(segments: Iterable[Segment], bundle: bytes, *, last: bool = False) -> None:
    """Record durably that this proof file reveals something of these segments. BudgetSpent where too little is left."""
    proof_id = sha256(bundle).digest()
    for segment in segments:
        segment.budget().reserve(segment.profile.units, proof_id, last=last)


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
    found = claim.check(columns, publics)
    if not found.holds:
        raise ClaimDoesNotHold(f"{claim.id}: {found.requirement} does not hold", private=found.margin)
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
    result = []
    for slot, schema in claim.slots.items():
        part = part_of(given[slot])
        log = part.log
        if log.schema.digest != schema.digest:
            raise UsageError(f"log {slot} has the schema {log.schema.name}, not {schema.name}")
        if not log.segments:
            raise UsageError(f"log {slot} has no sealed segment yet", help="zkcompliance seal --help")
        result += [(slot, segment) for segment in part.segments]
    if len({segment.profile.id for _, segment in result}) > 1:
        raise UsageError("the logs were sealed with different profiles, and one proof has one profile")
    return result


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
