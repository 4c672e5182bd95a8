"""The verifier, as a narration of the interactive protocol (docs/spec/proof.md). It returns or raises, nothing else.

Shapes come from the statement and the program, never from the proof. Whatever the input, only errors of this package
come out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import wraps
from typing import ParamSpec, TypeVar

from zkcompliance import limits
from zkcompliance.errors import (
    BalanceMismatch,
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
from zkcompliance.verify.bundle import Bundle, check_notes, decode_bundle
from zkcompliance.verify.checkpoint import range_root
from zkcompliance.verify.codec import Reader, at_most, u64
from zkcompliance.verify.constraints import check_quotients
from zkcompliance.verify.field import ZERO, Ext, add, total
from zkcompliance.verify.fri import check_queries
from zkcompliance.verify.openings import deep, opening_order, read_layers, read_rows
from zkcompliance.verify.program import Program, decode_program
from zkcompliance.verify.shape import shape_of
from zkcompliance.verify.statement import PROFILES, Statement, decode_statement, degree_bound
from zkcompliance.verify.transcript import Transcript
from zkcompliance.verify.weights import check_multiplicities, lookup_challenges, weigh


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


def check_decoded(statement: Statement, program: Program) -> None:
    """Both are what their own bytes decode to, so that no record made by hand escapes the decoders' checks."""
    if PROFILES.get(statement.profile.id) != statement.profile:
        raise ParametersRejected("the statement's profile is none of the three")
    if decode_statement(statement.encode()) != statement:
        raise MalformedStatement("the statement is not what its bytes say")
    if decode_program(program.encode()) != program:
        raise MalformedProgram("the program is not what its bytes say")


def check_program(statement: Statement, program: Program) -> None:
    """The statement names this program and fills its publics, its slots and its private tables, in order."""
    if statement.program_digest != program.digest:
        raise ProgramMismatch("the statement names another program")
    if statement.claim != program.claim:
        raise StatementMismatch("claim id: not the program's")
    if statement.version != program.version:
        raise StatementMismatch("claim version: not the program's")
    if len(statement.publics) != len(program.publics):
        raise StatementMismatch(f"publics: {len(statement.publics)} given, {len(program.publics)} asked")
    for public, value in zip(program.publics, statement.publics, strict=True):
        if value.bit_length() > public.bits:
            raise StatementMismatch(f"public {public.name}: over {public.bits} bits")
    if len(statement.logs) != len(program.logs):
        raise StatementMismatch(f"logs: {len(statement.logs)} given, {len(program.logs)} asked")
    for slot, log in zip(program.logs, statement.logs, strict=True):
        if log.slot != slot.name:
            raise StatementMismatch(f"slot {slot.name}: another log in its place")
        for entry in log.entries:
            if entry.schema_digest != slot.schema_digest or entry.width != slot.width:
                raise StatementMismatch(f"slot {slot.name}: a segment of another schema")
    if len(statement.private) != program.private_tables:
        raise StatementMismatch(f"private tables: {len(statement.private)} given, {program.private_tables} asked")


def check_checkpoints(statement: Statement, program: Program) -> None:
    """Each log's segments are its checkpoint's, by RFC 6962: all of them, or a range where the slot takes one."""
    for slot, log in zip(program.logs, statement.logs, strict=True):
        size = log.checkpoint.size
        if not slot.ranged and not log.whole:
            raise CheckpointMismatch(
                f"log {log.slot}: the proof is about the segments {log.first} to {log.last} (counted from 0), "
                f"and the checkpoint has {size}: {program.claim} is about all of them"
            )
        entries = [entry.encode() for entry in log.entries]
        if range_root(entries, log.first, size, log.hashes) != log.checkpoint.root:
            raise CheckpointMismatch(f"log {log.slot}: its segments do not have the checkpoint's root")


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
def verify_bundle(data: bytes, *, program_digest: bytes | None) -> tuple[Bundle, Statement, Program, Report]:
    """Verifies a proof file against the program that the caller trusts; None takes whichever the file brings."""
    bundle = decode_bundle(data)
    program = decode_program(bundle.program_bytes)
    if program_digest is not None and program_digest != program.digest:
        raise ProgramMismatch("the file brings another program than the one asked for")
    statement = decode_statement(bundle.statement_bytes)
    return bundle, statement, program, verify_decoded(bundle, statement, program, program_digest=None)


@_guarded
def verify_decoded(bundle: Bundle, statement: Statement, program: Program, *, program_digest: bytes | None) -> Report:
    """`verify_bundle` of a file that was decoded before: statement and program are what the bundle's bytes say."""
    if program_digest is not None and program_digest != program.digest:
        raise ProgramMismatch("the file brings another program than the one asked for")
    if program.encode() != bundle.program_bytes or statement.encode() != bundle.statement_bytes:
        raise StatementMismatch("statement or program: not those of this file")
    check_notes(bundle, statement)
    return _verify(statement, program, bundle.proof_bytes)


@_guarded
def verify_proof(statement: Statement, program: Program, proof: bytes) -> Report:
    """Verifies a proof; returns a Report or raises the error of the check that failed."""
    check_decoded(statement, program)
    return _verify(statement, program, proof)


def _verify(statement: Statement, program: Program, proof: bytes) -> Report:
    # 0. Judge the statement before anything of the proof is read: the program that it names, shapes and limits, what
    #    the program counts, the knowledge error, and that its segments are those of its checkpoint.
    at_most(len(proof), limits.MAX_BUNDLE_BYTES, "proof")
    check_program(statement, program)
    shape = shape_of(statement, program)
    check_multiplicities(program)
    security = soundness.judge(shape)
    check_checkpoints(statement, program)
    reader = Reader(proof, MalformedProof)

    # 1. Both sides know the profile and the statement.
    transcript = Transcript("zkcompliance/stark/v2")
    transcript.absorb("profile", shape.profile.encode())
    transcript.absorb("statement", statement.encode())

    # 2. The prover commits to the witness columns; the verifier draws the challenges of the buses.
    witness_roots = _read_roots(reader, transcript, "witness", len(shape.heights))
    stream = transcript.squeeze("lookup")
    a, beta, delta = stream.extension(), stream.extension(), stream.extension()
    challenges = lookup_challenges(a, beta, delta, program, shape.layout)

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
    weights, constant = weigh(program, shape.layout, statement.publics, challenges)
    check_quotients(shape, values, challenges, terminals, weights, alpha, z)
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
    final = _read_extension(reader, transcript, "final", degree_bound(shape.final_size))

    # 8. The prover grinds, so that trying other queries costs work.
    nonce = reader.u64()
    digest = hashlib.sha256(b"\x14" + transcript.state + u64(nonce)).digest()
    if int.from_bytes(digest, "big") >> (256 - shape.profile.grinding):
        raise GrindingRejected(f"the proof of work does not have {shape.profile.grinding} zero bits")
    transcript.absorb("nonce", u64(nonce))

    # 9. The verifier draws positions; the prover opens every tree there, and nothing more.
    positions = transcript.squeeze("queries").indices(shape.profile.log_domain(shape.heights[0]), shape.profile.queries)
    read_rows(reader, shape, batched, (witness_roots, extension_roots, quotient_roots), positions)
    layers = read_layers(reader, shape, fri_roots, positions)
    reader.finish()

    # 10. Every query, from the opened rows through every fold to the final polynomial.
    expected = {height: batch.values() for height, batch in zip(shape.heights, batched.batches, strict=True)}
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
