"""The verifier, as a narration of the interactive protocol (docs/spec/proof.md). It returns or raises, nothing else.

Shapes come from the statement and the program, never from the proof. Whatever the input, only errors of this package
come out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import wraps
from types import MappingProxyType
from typing import ParamSpec, TypeVar

from zkcompliance import limits
from zkcompliance.errors import (
    BalanceMismatch,
    BracketNotBacked,
    CheckpointMismatch,
    GrindingRejected,
    InternalError,
    MalformedProgram,
    MalformedProof,
    MalformedStatement,
    ParametersRejected,
    ProgramMismatch,
    StatementMismatch,
    ZkComplianceError,
)
from zkcompliance.verify import soundness
from zkcompliance.verify.bundle import Bundle, check_notes, decode_bundle, programs_of
from zkcompliance.verify.checkpoint import range_root
from zkcompliance.verify.codec import Reader, at_most, u64
from zkcompliance.verify.constraints import check_quotients
from zkcompliance.verify.counting import check_multiplicities
from zkcompliance.verify.field import ZERO, Ext, add, total
from zkcompliance.verify.fri import check_queries
from zkcompliance.verify.openings import deep, opening_order, read_layers, read_rows
from zkcompliance.verify.program import Program, decode_program
from zkcompliance.verify.shape import Shape, shape_of
from zkcompliance.verify.statement import (
    OPEN,
    PROFILES,
    Brackets,
    ClaimStatement,
    Statement,
    decode_statement,
)
from zkcompliance.verify.transcript import Transcript
from zkcompliance.verify.weights import lookup_challenges, weigh, weigh_rows

NOTHING: Brackets = MappingProxyType({})  # no anchor was taken: every bracket is to be open


@dataclass(frozen=True, slots=True)
class Report:
    """What was accepted: the proven security and the sizes that it rests on."""

    profile: str
    security_bits: Fraction  # a multiple of 1/100, rounded down
    binding_term: str
    terms: tuple[tuple[str, Fraction], ...]
    heights: tuple[int, ...]
    instances: int
    constraints: int
    cells: int
    identities: int
    proof_bytes: int

    @property
    def term_bits(self) -> tuple[tuple[str, Fraction], ...]:
        """Each term in bits, as `security_bits`."""
        return tuple((name, soundness.in_bits(value)) for name, value in self.terms)


def check_decoded(statement: Statement, programs: Sequence[Program]) -> None:
    """All are what their own bytes decode to, so that no record made by hand escapes the decoders' checks."""
    if PROFILES.get(statement.profile.id) != statement.profile:
        raise ParametersRejected("the statement's profile is none of the three")
    if decode_statement(statement.encode()) != statement:
        raise MalformedStatement("the statement is not what its bytes say")
    for program in _distinct(programs):
        if decode_program(program.encode()) != program:
            raise MalformedProgram("a program is not what its bytes say")


def check_programs(statement: Statement, programs: Sequence[Program]) -> None:
    """Each claim names the program that is given for it, and fills its publics, its slots and its private tables."""
    if len(programs) != len(statement.claims):
        raise StatementMismatch(f"programs: {len(programs)} given for {len(statement.claims)} claims")
    digests = {id(program): program.digest for program in _distinct(programs)}
    for claim, program in zip(statement.claims, programs, strict=True):
        if claim.program_digest != digests[id(program)]:
            raise ProgramMismatch(f"claim {claim.requirement}: the statement names another program")
        check_claim(statement, claim, program)


def check_claim(statement: Statement, claim: ClaimStatement, program: Program) -> None:
    name = f"claim {claim.requirement}"
    if claim.claim != program.claim:
        raise StatementMismatch(f"{name}: its id is not the program's")
    if claim.version != program.version:
        raise StatementMismatch(f"{name}: its version is not the program's")
    if len(claim.publics) != len(program.publics):
        raise StatementMismatch(f"{name}: {len(claim.publics)} publics given, {len(program.publics)} asked")
    for public, value in zip(program.publics, claim.publics, strict=True):
        if value.bit_length() > public.bits:
            raise StatementMismatch(f"{name}, public {public.name}: over {public.bits} bits")
    if len(claim.slots) != len(program.logs):
        raise StatementMismatch(f"{name}: {len(claim.slots)} slots given, {len(program.logs)} asked")
    for slot, numbers in zip(program.logs, claim.slots, strict=True):
        for log in (statement.logs[number] for number in numbers):
            if any((e.schema_digest, e.width) != (slot.schema_digest, slot.width) for e in log.entries):
                raise StatementMismatch(f"{name}, slot {slot.name}: a segment of another schema in {log.origin}")
            if not slot.ranged and not log.whole:
                raise CheckpointMismatch(
                    f"log {log.origin}: the proof is about the segments {log.first} to {log.last} (counted from 0), "
                    f"and the checkpoint has {log.checkpoint.size}: {program.claim} is about all of them"
                )
    if len(claim.private) != program.private_tables:
        raise StatementMismatch(f"{name}: {len(claim.private)} private tables given, {program.private_tables} asked")


def check_checkpoints(statement: Statement) -> None:
    """Each log's segments are its checkpoint's, by RFC 6962."""
    for log in statement.logs:
        entries = [entry.encode() for entry in log.entries]
        if range_root(entries, log.first, log.checkpoint.size, log.hashes) != log.checkpoint.root:
            raise CheckpointMismatch(f"log {log.origin}: its segments do not have the checkpoint's root")


def check_brackets(statement: Statement, backed: Brackets | None) -> None:
    """No bracket is narrower than the one that is backed for its segment.

    backed: by the logs' origins, of each segment that the statement names; open where a log is not there. None: what
    would back them was not looked at; whoever says so takes each of them as open, whatever is stated.
    """
    if backed is None:
        return
    for log in statement.logs:
        known = backed.get(log.origin, (OPEN,) * len(log.entries))
        for segment in range(len(log.entries)):
            stated, (first, last) = log.bracket(segment), known[segment]
            if stated[0] > first or stated[1] < last:
                raise BracketNotBacked(
                    f"log {log.origin}, segment {log.first + segment}: nothing that was taken of the file shows "
                    "that it was sealed between the moments that are stated"
                )


def judge_statement(
    statement: Statement, programs: Sequence[Program], backed: Brackets | None = NOTHING
) -> tuple[Shape, soundness.Security]:
    """All that is judged without a proof: the programs that the claims name, shapes and limits of their union, what the
    programs count, the knowledge error, and that the segments are the checkpoints' and were sealed when it is said."""
    check_programs(statement, programs)
    shape = shape_of(statement, programs)
    for program in _distinct(programs):
        check_multiplicities(program)
    security = soundness.judge(shape)
    check_checkpoints(statement)
    check_brackets(statement, backed)
    return shape, security


def _distinct(programs: Sequence[Program]) -> list[Program]:
    """Each record once: claims may share one."""
    return list({id(program): program for program in programs}.values())


_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def _guarded(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Whatever is not an error of ours is a defect, and nothing was accepted."""

    @wraps(function)
    def guard(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        try:
            return function(*args, **kwargs)
        except ZkComplianceError:
            raise
        except Exception as error:
            raise InternalError(f"the verifier failed with {type(error).__name__}; nothing was accepted") from error

    return guard


@_guarded
def verify_bundle(
    data: bytes, *, program_digests: Sequence[bytes] | None, backed: Brackets | None = NOTHING
) -> tuple[Bundle, Statement, tuple[Program, ...], Report]:
    """Verifies a proof file against the programs that the caller trusts; returns them, and takes them, claim by claim.

    None takes whichever the file brings. backed: as `check_brackets`.
    """
    bundle = decode_bundle(data)
    statement = decode_statement(bundle.statement_bytes)
    programs = programs_of(bundle, statement)
    return (
        bundle,
        statement,
        programs,
        verify_decoded(bundle, statement, programs, program_digests=program_digests, backed=backed),
    )


@_guarded
def verify_decoded(
    bundle: Bundle,
    statement: Statement,
    programs: Sequence[Program],
    *,
    program_digests: Sequence[bytes] | None,
    backed: Brackets | None = NOTHING,
) -> Report:
    """`verify_bundle` of a file that was decoded before: statement and programs are what the bundle's bytes say."""
    if program_digests is not None and list(program_digests) != [claim.program_digest for claim in statement.claims]:
        raise ProgramMismatch("the file brings other programs than those asked for")
    encoded = {program.encode() for program in _distinct(programs)}
    if encoded != set(bundle.program_bytes) or statement.encode() != bundle.statement_bytes:
        raise StatementMismatch("statement or programs: not those of this file")
    check_notes(bundle, statement)
    return _verify(statement, programs, bundle.proof_bytes, backed)


@_guarded
def verify_proof(statement: Statement, programs: Sequence[Program], proof: bytes) -> Report:
    """Verifies a proof; returns a Report or raises the error of the check that failed."""
    check_decoded(statement, programs)
    return _verify(statement, programs, proof, NOTHING)


def _verify(statement: Statement, programs: Sequence[Program], proof: bytes, backed: Brackets | None) -> Report:
    # 0. Judge the statement before anything of the proof is read.
    at_most(len(proof), limits.MAX_BUNDLE_BYTES, "proof")
    shape, security = judge_statement(statement, programs, backed)
    reader = Reader(proof, MalformedProof)

    # 1. Both sides know the profile and the statement.
    transcript = Transcript("zkcompliance/stark/v2")
    transcript.absorb("profile", shape.profile.encode())
    transcript.absorb("statement", statement.encode())

    # 2. The prover commits to the witness columns; the verifier draws the challenges of the buses.
    witness_roots = _read_roots(reader, transcript, "witness", len(shape.heights))
    stream = transcript.squeeze("lookup")
    a, beta, delta = stream.extension(), stream.extension(), stream.extension()
    challenges = lookup_challenges(a, beta, delta, shape.bus_width)

    # 3. The prover commits to the bus columns and states their terminals; the verifier draws α.
    extension_roots = _read_roots(reader, transcript, "extension", len(shape.heights))
    terminals = _read_extension(reader, transcript, "terminals", len(shape.instances))
    alpha = transcript.squeeze("constraint").extension()

    # 4. The prover commits to the quotients and the FRI masks; the verifier draws z.
    quotient_roots = _read_roots(reader, transcript, "quotient", len(shape.heights))
    z = transcript.squeeze("point").outside_field()

    # 5. The prover states every polynomial's value at z; constraints hold there, and the buses balance.
    order = opening_order(shape)
    values = dict(zip(order, _read_extension(reader, transcript, "values", len(order)), strict=True))
    weights, constant = weigh(shape, challenges)
    row_weights = weigh_rows(shape, weights, challenges.delta, z)
    check_quotients(shape, values, challenges, terminals, row_weights, alpha, z)
    if add(total(terminals), constant) != ZERO:
        raise BalanceMismatch("the terminals and the constants of the identities do not add up to zero")

    # 6. The verifier draws a coefficient for every value, every log column that has none and every tag: F_h is defined.
    count = len(order) + sum(len(i.unread_columns) + 1 for i in shape.instances if i.entry is not None)
    batched = deep(shape, values, z, iter(transcript.squeeze("batch").extensions(count)))

    # 7. The prover folds F_h, committing to each layer before its challenge, down to a polynomial in the clear.
    fri_roots: list[bytes] = []
    betas: list[Ext] = []
    for _ in shape.layers:
        fri_roots.extend(_read_roots(reader, transcript, "fri", 1))
        betas.append(transcript.squeeze("fold").extension())
    final = _read_extension(reader, transcript, "final", shape.degree(shape.final_size))

    # 8. The prover grinds, so that trying other queries costs work.
    nonce = reader.u64()
    digest = hashlib.sha256(b"\x14" + transcript.state + u64(nonce)).digest()
    if int.from_bytes(digest, "big") >> (256 - shape.profile.grinding):
        raise GrindingRejected(f"the proof of work does not have {shape.profile.grinding} zero bits")
    transcript.absorb("nonce", u64(nonce))

    # 9. The verifier draws positions; the prover opens every tree there, and nothing more.
    positions = transcript.squeeze("queries").indices(shape.profile.log_domain(shape.heights[0]), security.queries)
    sums = read_rows(reader, shape, batched, (witness_roots, extension_roots, quotient_roots), positions)
    layers = read_layers(reader, shape, fri_roots, positions)
    reader.finish()

    # 10. Every query, from the opened rows through every fold to the final polynomial.
    expected = {height: each.values() for height, each in zip(shape.heights, sums, strict=True)}
    check_queries(shape.layers, betas, layers, expected, final, shape.profile.log_blowup)

    return Report(
        profile=shape.profile.name,
        security_bits=security.bits,
        binding_term=security.binding,
        terms=security.terms,
        heights=shape.heights,
        instances=len(shape.instances),
        constraints=sum(instance.constraint_count for instance in shape.instances),
        cells=shape.layout.cells,
        identities=shape.layout.identities,
        proof_bytes=len(proof),
    )


def _read_roots(reader: Reader, transcript: Transcript, label: str, count: int) -> list[bytes]:
    roots: list[bytes] = []
    for _ in range(count):
        roots.append(reader.digest())
        transcript.absorb(label, roots[-1])
    return roots


def _read_extension(reader: Reader, transcript: Transcript, label: str, count: int) -> list[Ext]:
    raw = reader.take(24 * count)
    elements = reader.extension(raw)
    transcript.absorb(label, raw)
    return elements
