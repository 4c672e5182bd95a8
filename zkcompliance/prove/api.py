"""Proving claims over sealed logs, from their folders to a proof file's bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from zkcompliance import schemas
from zkcompliance.card import places
from zkcompliance.claim.card import card_of
from zkcompliance.claim.model import CheckResult, Claim, Tables, Witness
from zkcompliance.edge.shown import command
from zkcompliance.errors import CacheDamaged, ClaimDoesNotHold, InternalError, UsageError, VerificationError
from zkcompliance.log import lineages, merkle, moving, received, successor
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.layout import Layout
from zkcompliance.log.reservation import reserving
from zkcompliance.log.store import SealedLog, Segment
from zkcompliance.progress import Progress, silent
from zkcompliance.prove import fits
from zkcompliance.prove.early import refuse_early
from zkcompliance.prove.parts import Brackets, Part, in_statement_order, of_slot, part_of
from zkcompliance.stark.air.program import Program
from zkcompliance.stark.air.shape import lay_out
from zkcompliance.stark.commit.budget import Budget
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.profiles import by_id, by_name
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.prover.quotient import require_cosets
from zkcompliance.stark.prover.witness import check_trace
from zkcompliance.stark.statement import Statement, StatementClaim, StatementLog, encode_bundle
from zkcompliance.verify.verifier import verify_bundle

Given = Mapping[str, SealedLog | Part | Sequence[SealedLog | Part]]  # by slot: a log, a part of one, or several
Columns = Mapping[str, Sequence[np.ndarray]]  # by origin: the (width, N) table of each segment that is proved over


@dataclass(frozen=True)
class Asked:
    """A claim to be proved for a requirement, over the logs that fill its slots; publics: its parameters."""

    requirement: str
    claim: Claim
    logs: Mapping[str, Sequence[SealedLog | Part]]
    publics: Mapping[str, int]


@dataclass(frozen=True)
class Anchored:
    """What others signed of these logs, as far as it counts for whoever judges: the brackets that it gives, and itself.

    attachments: kind and bytes of each, as a proof file brings them.
    """

    brackets: Brackets = field(default_factory=dict)
    attachments: tuple[tuple[int, bytes], ...] = ()


NOTHING = Anchored()


@dataclass
class Ready:
    """A proof that can be made: all that a verifier would refuse it for without looking at the proof is excluded.

    asked and witnesses: in the order of the statement's claims; logs: in that of its logs; columns: the rows of their
    segments, let go of while it is made.
    """

    asked: tuple[Asked, ...]
    logs: tuple[Part, ...]
    statement: Statement
    witnesses: tuple[Witness, ...]
    columns: dict[str, list[np.ndarray]]
    anchored: Anchored = NOTHING

    @property
    def segments(self) -> list[Segment]:
        """In statement order."""
        return [segment for part in self.logs for segment in part.segments]

    def units(self) -> list[tuple[Budget, int]]:
        """What it spends of each segment, however many claims read it."""
        return [(segment.budget(), segment.profile.units) for segment in self.segments]


def prove_claim(
    claim: Claim,
    given: Given,
    publics: Mapping[str, int],
    *,
    head: bytes = b"",
    requirement: str | None = None,
    progress: Progress = silent,
) -> bytes:
    """A proof file over every segment of each log, verified once before it is returned.

    given: by slot, a log, several, or a part of one where the slot takes a range. publics: the claim's parameters
    (defaults are filled in). requirement: what it is for, the claim's id if not given. Everything is checked before
    anything is spent: raises UsageError on parameters or logs that do not fit,
    LogError where a log goes on elsewhere or was put back from a backup, ClaimDoesNotHold where the claim is false,
    ProofRefused, ParametersRejected or LimitExceeded where the shapes cannot be proved, BudgetSpent where a segment has
    been proved over too often, LogCorrupt where a ledger was put back. The reservation is durable before the proof is
    made, and given back when it fails.
    """
    logs = {slot: [of] if isinstance(of, (SealedLog, Part)) else list(of) for slot, of in given.items()}
    ready = get_ready([Asked(claim.id if requirement is None else requirement, claim, logs, publics)], head)
    with reserving(ready.units()) as reservation:
        bundle = make(ready, progress)
        reservation.keep()
    return bundle


def require_open(logs: Iterable[SealedLog]) -> None:
    """LogError where a log goes on elsewhere, was put back from a backup, is a copy that was handed over and not
    checked, or lacks its lineage (LogCorrupt where that is another one than was written); interrupted moves are
    finished.
    """
    for log in logs:
        moving.finish(log.path)
        successor.require_open(Layout(log.path))
        received.require_checked(log)
        lineages.check(Layout(log.path), log.checkpoint.generation)


def get_ready(
    asked: Sequence[Asked], head: bytes, *, spent: bool = False, refresh: bool = False, anchored: Anchored = NOTHING
) -> Ready:
    """Everything that can be checked of a proof before it is made. Raises as `prove_claim`; nothing is spent.

    spent: its units are reserved already, and the ledgers are not asked. refresh: it is of the step to a log's next
    generation, which may be made of a log that was put back.
    """
    asked = in_order(asked)
    logs = logs_of(asked)
    if not refresh:
        require_open([part.log for part in logs])
    segments = [segment for part in logs for segment in part.segments]
    if not spent:
        for segment in segments:
            segment.budget().check(segment.profile.units)
    columns = columns_of(logs)
    for segment in segments:
        _ = segment.seed  # LogCorrupt, LogError
    witnesses = tuple(witness_of(one, columns, brackets=anchored.brackets) for one in asked)
    statement = state(asked, logs, witnesses, head, anchored.brackets)
    refuse_early(statement, notes_of(logs), anchored.attachments)
    return Ready(tuple(asked), logs, statement, witnesses, columns, anchored)


def in_order(asked: Sequence[Asked]) -> list[Asked]:
    """By requirement, as the statement has them, parameters filled in. UsageError for none, or a requirement twice."""
    if not asked or len({one.requirement for one in asked}) != len(asked):
        raise UsageError("a proof is of at least one claim, and each requirement is proved once")
    filled = [replace(one, publics=one.claim.publics(one.publics)) for one in asked]
    return sorted(filled, key=lambda one: one.requirement.encode())


def notes_of(logs: Sequence[Part]) -> list[bytes]:
    """The signed checkpoint of each log."""
    return [part.log.checkpoint_note.encode() for part in logs]


def columns_of(logs: Sequence[Part]) -> dict[str, list[np.ndarray]]:
    """The rows of every segment, by the origin of the log."""
    return {part.log.origin: [segment.load_columns() for segment in part.segments] for part in logs}


def make(ready: Ready, progress: Progress = silent) -> bytes:
    """The proof file, verified once. What it spends is reserved already.

    Where it does not verify, and something was read that is kept beside a segment, that is made again, and the proof
    too: once. InternalError where it fails all the same.
    """
    tables = [
        SealedTable(columns, segment.seed, segment.entry, segment.profile, segment.cache, segment)
        for part in ready.logs
        for segment, columns in zip(part.segments, ready.columns[part.log.origin], strict=True)
    ]
    ready.columns.clear()  # the tables hold them, and let go of them half-way
    try:
        return _make(ready, tables, progress)
    except (InternalError, CacheDamaged):
        forgotten = [table.forget_cache() for table in tables]  # of each of them
        if not any(forgotten):
            raise
        return _make(ready, tables, progress)


def _make(ready: Ready, tables: list[SealedTable], progress: Progress) -> bytes:
    statement = ready.statement
    private = [columns for witness in ready.witnesses for columns in witness.private]
    unknowns = [value for witness in ready.witnesses for value in witness.unknowns]
    prover = Prover(statement, tables, private, unknowns, os.urandom(32), progress)
    proof = prover.prove()
    prover.let_go()
    bundle = encode_bundle(statement, notes_of(ready.logs), proof, ready.anchored.attachments)
    programs = [one.claim.program_digest for one in ready.asked]
    try:
        verify_bundle(bundle, program_digests=programs, backed=ready.anchored.brackets)
    except VerificationError as error:
        failures = check_trace(prover.layout, prover.trace)
        shown = "; ".join(map(str, failures[:3])) or "the trace is true: a defect of the prover"
        raise InternalError(f"the proof just made does not verify ({error.message}): {shown}") from error
    return bundle


def witness_of(
    one: Asked, columns: Columns, checked: CheckResult | None = None, brackets: Brackets = MappingProxyType({})
) -> Witness:
    """The witness of a claim that is true; ClaimDoesNotHold where it is not. columns: of every log; checked: what
    `check` found, where it is known."""
    result = check(one, columns, brackets) if checked is None else checked
    if not result.holds:
        raise ClaimDoesNotHold(f"{one.claim.id}: {result.requirement} does not hold", private=result.margin)
    if not brackets:
        return one.claim.witness(_tables(one, columns), one.claim.publics(one.publics))
    return one.claim.witness(_tables(one, columns), one.claim.publics(one.publics), _brackets(one, brackets))


def check(one: Asked, columns: Columns, brackets: Brackets = MappingProxyType({})) -> CheckResult:
    """Whether a claim holds, and by how much, in plain text. columns: of every log."""
    if not brackets:
        return one.claim.check(_tables(one, columns), one.claim.publics(one.publics))
    return one.claim.check(_tables(one, columns), one.claim.publics(one.publics), _brackets(one, brackets))


def _brackets(one: Asked, brackets: Brackets) -> dict[str, list[tuple[int, int]]]:
    """By slot, of its segments."""
    return {slot: of_slot(_slot(one, slot), brackets) for slot in one.claim.slots}


def _tables(one: Asked, columns: Columns) -> Tables:
    """Of each slot the tables of its segments, through its logs in statement order."""
    return {
        slot: [table for part in _slot(one, slot) for table in columns[part.log.origin]] for slot in one.claim.slots
    }


def _slot(one: Asked, slot: str) -> list[Part]:
    """The logs that fill it, in statement order."""
    return in_statement_order(map(part_of, one.logs[slot]))


def state(
    asked: Sequence[Asked],
    logs: Sequence[Part],
    witnesses: Sequence[Witness],
    head: bytes,
    brackets: Brackets = MappingProxyType({}),
) -> Statement:
    """What is to be proved, within every limit on shapes. witnesses: of each that is asked, in the same order.

    ProofRefused where more is asked than one proof may have, ParametersRejected where no proof of these shapes can be
    made.
    """
    order = sorted(zip(asked, witnesses, strict=True), key=lambda pair: pair[0].requirement.encode())
    numbers = {part.log.origin: number for number, part in enumerate(logs)}
    claims = tuple(_stated(one, witness, numbers) for one, witness in order)
    profile = by_name(logs[0].log.profile)
    statement = Statement(profile, head, tuple(part.stated(brackets) for part in logs), claims)
    fits.require(statement)
    require_cosets(lay_out(statement))
    return statement


def _stated(one: Asked, witness: Witness, numbers: Mapping[str, int]) -> StatementClaim:
    """numbers: of each log in the statement, by its origin."""
    claim, program = one.claim, one.claim.program
    filled = {slot: _slot(one, slot) for slot in claim.slots}
    values = {**claim.publics(one.publics), **witness.reveals}
    publics = tuple(places.spread([(public.name, public.bits) for public in program.publics], values).values())
    slots = tuple(tuple(numbers[part.log.origin] for part in filled[slot.name]) for slot in program.logs)
    segments = {slot: sum(len(part.segments) for part in parts) for slot, parts in filled.items()}
    sizes = private_sizes(program, witness.private, segments)
    return StatementClaim(one.requirement, program, publics, slots, sizes)


def logs_of(asked: Sequence[Asked]) -> tuple[Part, ...]:
    """Each log once, in statement order. UsageError where the logs do not fit the claims or each other."""
    found: dict[str, Part] = {}
    for one in asked:
        _check_slots(one)
        for part in (part_of(given) for slot in one.claim.slots for given in one.logs[slot]):
            known = found.setdefault(part.log.origin, part)
            if known.same_as(part):
                continue
            raise UsageError(f"two logs, or other segments of one, are given of {part.log.origin}: a proof has one")
    if len({segment.profile.id for part in found.values() for segment in part.segments}) > 1:
        raise UsageError("the logs were sealed with different profiles, and one proof has one profile")
    return tuple(in_statement_order(found.values()))


def _check_slots(one: Asked) -> None:
    """UsageError where its logs do not fit the claim."""
    claim, given = one.claim, one.logs
    if set(given) != set(claim.slots):
        raise UsageError(f"{claim.id} is about the logs {', '.join(claim.slots)}; given: {', '.join(given) or 'none'}")
    _refuse_one_twice(claim, {slot: [part_of(each).log.origin for each in given[slot]] for slot in claim.slots})
    for slot, schema in claim.slots.items():
        if not given[slot]:
            raise UsageError(f"no log is given for {slot}")
        for log in (part_of(each).log for each in given[slot]):
            if log.schema.digest != schema.digest:
                raise UsageError(
                    f"{log.origin} has schema {log.schema.label}; {claim.id} wants {schema.label} for {slot}",
                    help=schemas.other_version(log.schema, schema),
                )
            if not log.segments:
                raise UsageError(
                    f"{log.origin}, given for {slot}, has no sealed segment yet", help="zkcompliance seal --help"
                )
        if len(given[slot]) > 1 and slot in {each.name for each in card_of(claim).slots if each.order}:
            from zkcompliance.policy.slots import IN_ORDER

            raise UsageError(
                f"several logs are given for {slot} of {claim.id}: {IN_ORDER.format(slot)}",
                help="put the rows of all of them in one log",
            )


def _refuse_one_twice(claim: Claim, origins: Mapping[str, Sequence[str]]) -> None:
    """UsageError where logs of one origin fill two places of a claim. origins: by slot."""
    places_of: dict[str, str] = {}
    for slot, filled in origins.items():
        for origin in filled:
            if origin not in places_of:
                places_of[origin] = slot
            elif places_of[origin] == slot:
                raise UsageError(f"one log (or two of one origin, {origin}) is given twice for {slot}")
            else:
                raise UsageError(
                    f"logs {places_of[origin]} and {slot} are both of {origin}: a claim is about logs that differ",
                    help=command("zkcompliance", "explain", claim.id),
                )


def private_sizes(program: Program, private: list[np.ndarray], segments: Mapping[str, int]) -> tuple[int, ...]:
    """log2 of the rows of each private table, from the witness columns of all its tables; segments: of each slot."""
    sizes = []
    at = 0
    for table in program.tables:
        if table.log is None:
            sizes.append(private[at].shape[1].bit_length() - 1)
        at += 1 if table.log is None else segments[program.logs[table.log].name]
    return tuple(sizes)


def small_prover(
    claim: Claim, columns: list[np.ndarray], seeds: list[bytes], entries: list[Entry], publics: Mapping[str, int]
) -> Prover:
    """A prover over tables in memory, without log folder, signature or budget; for one-log claims."""
    (slot,) = claim.slots
    root = merkle.root([entry.encode() for entry in entries])
    body = Checkpoint("memory", len(entries), root).body.encode()
    chosen = by_id(entries[0].profile)
    given = {slot: columns}
    witness = claim.witness(given, publics)
    program = claim.program
    values = places.spread([(public.name, public.bits) for public in program.publics], {**publics, **witness.reveals})
    sizes = private_sizes(program, witness.private, {slot: len(columns)})
    stated = StatementClaim(claim.id, program, tuple(values.values()), ((0,),), sizes)
    statement = Statement(chosen, b"", (StatementLog(body, tuple(entries)),), (stated,))
    tables = [SealedTable(c, s, e, chosen) for c, s, e in zip(columns, seeds, entries, strict=True)]
    return Prover(statement, tables, witness.private, witness.unknowns, os.urandom(32))
