"""Another statement's proof: every field of a statement is bound, and so is the program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from tests.kit import support
from tests.kit.support import CLAIM, PUBLICS, ROWS, Proved
from zkcompliance.errors import (
    BracketNotBacked,
    CheckpointMismatch,
    LimitExceeded,
    MalformedStatement,
    ParametersRejected,
    ProgramMismatch,
    QuotientMismatch,
    SoundnessTooLow,
    StatementMismatch,
    VerificationError,
    ZkComplianceError,
)
from zkcompliance.limits import MAX_SEGMENTS
from zkcompliance.stark.air.program import Program
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.profiles import FAST
from zkcompliance.stark.statement import Statement, StatementLog
from zkcompliance.verify.program import decode_program
from zkcompliance.verify.statement import decode_statement
from zkcompliance.verify.verifier import verify_bundle, verify_proof


def entries(stated: Statement, change: Callable[[Entry], Entry]) -> Statement:
    """The statement about other entries, with a checkpoint that fits them."""
    made = tuple(map(change, stated.logs[0].entries))
    return support.with_log(stated, StatementLog(support.checkpoint(made), made))


def publics(stated: Statement, *values: int | None) -> Statement:
    """With these public values; None for one that stays as it is."""
    known = support.only(stated).publics
    return support.with_claim(stated, publics=tuple(k if v is None else v for k, v in zip(known, values, strict=False)))


def log(statement: Statement, **changes: object) -> Statement:
    return replace(statement, logs=(replace(statement.logs[0], **changes),))  # type: ignore[arg-type]


def many(statement: Statement) -> tuple[Entry, ...]:
    return statement.logs[0].entries * (MAX_SEGMENTS + 1)


def leaf(entry: Entry) -> bytes:
    return sha256(b"\x00" + entry.encode()).digest()


CHANGES: dict[str, tuple[Callable[[Statement], Statement], type[ZkComplianceError]]] = {
    "a lower limit": (lambda s: publics(s, PUBLICS["limit"] - 1, None), QuotientMismatch),
    "a higher limit": (lambda s: publics(s, PUBLICS["limit"] + 1, None), QuotientMismatch),
    "fewer phases": (lambda s: publics(s, None, 0b0111), QuotientMismatch),
    "a phase that no row has": (lambda s: publics(s, None, 0b1101111), QuotientMismatch),
    "a limit of more than its bits": (lambda s: publics(s, 1 << 112, None), StatementMismatch),
    "a public left out": (lambda s: publics(s, None), StatementMismatch),
    "another head": (lambda s: replace(s, head=b"x"), QuotientMismatch),
    "another requirement": (lambda s: support.with_claim(s, requirement="another"), QuotientMismatch),
    "a bracket that nothing backs": (lambda s: log(s, brackets=((0, 2**48 - 2),)), BracketNotBacked),
    "a beacon": (lambda s: entries(s, lambda e: replace(e, round=1, beacon=bytes([1]) * 32)), QuotientMismatch),
    "another evidence root": (lambda s: entries(s, lambda e: replace(e, evidence=bytes([1]) * 32)), QuotientMismatch),
    "another origin": (
        lambda s: replace(s, logs=(replace(s.logs[0], checkpoint=support.checkpoint(s.logs[0].entries, "elsewhere")),)),
        QuotientMismatch,
    ),
    "another size": (
        lambda s: log(s, checkpoint=s.logs[0].checkpoint.replace(b"\n1\n", b"\n2\n"), hashes=(bytes(32),)),
        CheckpointMismatch,
    ),
    "another root of the log": (
        lambda s: log(s, checkpoint=support.checkpoint(s.logs[0].entries * 2), hashes=(leaf(s.logs[0].entries[0]),)),
        CheckpointMismatch,
    ),
    "another tag": (lambda s: entries(s, lambda e: replace(e, tag=(1,) * 6)), QuotientMismatch),
    "another segment root": (lambda s: entries(s, lambda e: replace(e, root=bytes(32))), QuotientMismatch),
    "another number of rows": (lambda s: entries(s, lambda e: replace(e, k=e.k + 1)), QuotientMismatch),
    "another capacity": (lambda s: entries(s, lambda e: replace(e, kappa=e.kappa + 1)), ParametersRejected),
    "another width": (lambda s: entries(s, lambda e: replace(e, width=e.width + 1)), StatementMismatch),
    "another schema": (lambda s: entries(s, lambda e: replace(e, schema_digest=bytes(32))), StatementMismatch),
    "a segment under another profile": (lambda s: entries(s, lambda e: replace(e, profile=2)), ParametersRejected),
    "another profile": (
        lambda s: entries(replace(s, profile=FAST), lambda e: replace(e, profile=2, kappa=FAST.capacity(e.k))),
        QuotientMismatch,
    ),
    "a slot more": (lambda s: support.with_claim(s, slots=((0,), (0,))), MalformedStatement),
    "an empty slot": (lambda s: support.with_claim(s, slots=((),)), MalformedStatement),
    "a log that is not there": (lambda s: support.with_claim(s, slots=((1,),)), MalformedStatement),
    "no claim": (lambda s: replace(s, claims=()), MalformedStatement),
    "the claim twice": (lambda s: replace(s, claims=s.claims * 2), MalformedStatement),
    "the claim for another requirement too": (
        lambda s: replace(s, claims=(*s.claims, replace(s.claims[0], requirement="x"))),
        StatementMismatch,
    ),
    "a segment that is not there": (lambda s: log(s, first=1), MalformedStatement),
    "no log": (lambda s: replace(s, logs=()), MalformedStatement),
    "too many segments": (
        lambda s: log(s, checkpoint=support.checkpoint(many(s)), entries=many(s)),
        LimitExceeded,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_proof_under_another_statement(honest: Proved, change: str) -> None:
    alter, error = CHANGES[change]
    other = alter(honest.prover.statement).encode()
    assert other != honest.statement
    with pytest.raises(ZkComplianceError) as caught:
        honest.verify(statement=other)
    assert caught.type is error, caught.value


def other_program(**changes: object) -> Program:
    return replace(CLAIM.program, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "program",
    [
        other_program(version=2),
        other_program(claim="training-compute-above"),
        other_program(equations=(replace(CLAIM.program.equations[0], name="something else"),)),
        other_program(unknowns=(replace(CLAIM.program.unknowns[0], limbs=8),)),
    ],
)
def test_proof_under_another_program(honest: Proved, program: Program) -> None:
    """Named by the statement or not, another program is another transcript."""
    with pytest.raises(ProgramMismatch):
        honest.verify(program=program.encoded)
    renamed = support.with_claim(honest.prover.statement, program=program)
    with pytest.raises(VerificationError):
        honest.verify(statement=renamed.encode(), program=program.encoded)


def test_claim_id_and_version_are_the_programs(honest: Proved) -> None:
    """The statement's own claim id and version: the digest alone is not enough."""
    stated = decode_statement(honest.statement)
    program = decode_program(honest.program)
    for change in ({"claim": "x"}, {"version": 7}):
        with pytest.raises(StatementMismatch, match="claim"):
            verify_proof(replace(stated, claims=(replace(stated.claims[0], **change),)), [program], honest.proof)


def test_bundle_brings_another_program_than_asked_for(honest: Proved) -> None:
    """A weaker program of the same name: refused before anything else is looked at."""
    weaker = other_program(equations=())
    table = support.seal(support.table(ROWS))
    lie = support.prove(support.prover([table], {**PUBLICS, "limit": 1}, program=weaker, unknowns=[0]))
    lie.verify()  # true of the weaker program, which says nothing
    with pytest.raises(ProgramMismatch):
        verify_bundle(lie.bundle(), program_digests=[CLAIM.program_digest])
    verify_bundle(lie.bundle(), program_digests=None)
    verify_bundle(honest.bundle(), program_digests=[CLAIM.program_digest])


def test_a_proof_of_each_profile_is_no_other_profiles(by_profile: dict[str, Proved]) -> None:
    for a, proved in by_profile.items():
        proved.verify()
        for b, other in by_profile.items():
            if a != b:
                with pytest.raises(ZkComplianceError):
                    other.verify(proof=proved.proof)


def test_parameters_never_come_from_the_proof(honest: Proved) -> None:
    """A profile of one query, made up by whoever calls: not one of the three."""
    stated = decode_statement(honest.statement)
    program = decode_program(honest.program)
    for change in ({"most_queries": 1}, {"most_queries": 0}, {"grinding": 0}, {"log_blowup": 1}, {"mask": 1}):
        with pytest.raises((ParametersRejected, SoundnessTooLow)):
            verify_proof(replace(stated, profile=replace(stated.profile, **change)), [program], honest.proof)
