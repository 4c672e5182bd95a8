"""Logs without rows: what is sealed as a row is one, even of zeros, and padding is none; a proof is of its own log."""

from __future__ import annotations

import functools
import os

import numpy as np
import pytest

from tests.kit import support
from tests.kit.compiled_trial import Trial, proof_file, proved_by_anyone, seal_anew, trial
from zkcompliance import schemas
from zkcompliance.circuits.logs import log_floor
from zkcompliance.claim import catalogue
from zkcompliance.claim.compile import Compiled, compile_claim
from zkcompliance.claim.language import IncidentLog, claim, require
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.errors import QuotientMismatch, VerificationError
from zkcompliance.prove.api import private_sizes
from zkcompliance.stark.commit.table import SealedTable, commit
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.profiles import STANDARD
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.prover.witness import check_trace
from zkcompliance.stark.statement import Statement, StatementLog
from zkcompliance.verify.verifier import verify_bundle

SCHEMA = schemas.incident
FLOOR = log_floor.family(SCHEMA)
UNCHANGED = catalogue.unchanged(SCHEMA)
NOTHING = np.zeros((SCHEMA.width, 8), np.uint32)
ZEROS = NOTHING.copy()  # one row, real and all zero: what an act bit makes of padding
ZEROS[0, 0] = 1
LATER, DOUBLED, CANCELLED = NOTHING.copy(), NOTHING.copy(), NOTHING.copy()
LATER[0, 7], DOUBLED[0, 0] = 1, 2
CANCELLED[0, :2] = 1, P - 1  # one row and "minus one" row: 0 in all, in the field
ANY_SOURCE = (1 << len(schemas.SOURCES)) - 1


@claim("nothing-happened", version=1)
def nothing_happened(incidents: IncidentLog) -> None:
    """The log has no rows."""
    require("no incident", incidents.count() == 0)


@functools.cache
def compiled(definition: ClaimDefinition) -> Compiled:
    return compile_claim(definition)


def accepted(bundle: bytes, definition: ClaimDefinition) -> bool:
    try:
        verify_bundle(bundle, program_digests=[compiled(definition).program.digest])
    except VerificationError:
        return False
    return True


def honest(definition: ClaimDefinition, table: np.ndarray, **publics: int) -> Trial:
    slot = compiled(definition).program.logs[0].name
    return trial(compiled(definition), {slot: [table]}, publics)


def test_an_empty_log_says_that_nothing_happened() -> None:
    """And a row of zeros says that something did."""
    assert accepted(proved_by_anyone(compiled(nothing_happened), {"incidents": [NOTHING]}, {}), nothing_happened)
    for table in (ZEROS, LATER):
        assert not interpret(nothing_happened, {"incidents": [table]}, {}).holds
    assert not accepted(proved_by_anyone(compiled(nothing_happened), {"incidents": [ZEROS]}, {}), nothing_happened)


@pytest.mark.parametrize(
    "sealed", [ZEROS, LATER, DOUBLED, CANCELLED], ids=["the first", "the last", "act 2", "acts 1 and -1"]
)
def test_a_row_of_zeros_is_not_passed_over_as_padding(sealed: np.ndarray) -> None:
    """The witness of the empty log, over a segment with an act bit that is not 0, or with two that add up to 0."""
    case = honest(nothing_happened, sealed)
    empty = honest(nothing_happened, NOTHING)
    case.private, case.unknowns = empty.private, empty.unknowns
    assert case.failures()
    assert not accepted(proof_file(case), nothing_happened)


def test_padding_is_no_row_that_a_floor_counts() -> None:
    """The witness of a log with a row, over an empty one; the same row, sealed, is counted."""
    asked = {"rows": 1, "sources": ANY_SOURCE}
    assert accepted(proof_file(honest(FLOOR, ZEROS, **asked)), FLOOR)
    case, filled = honest(FLOOR, NOTHING, **asked), honest(FLOOR, ZEROS, **asked)
    assert case.failures()
    case.private, case.unknowns = filled.private, filled.unknowns
    assert case.failures() and not accepted(proof_file(case), FLOOR)


# rows-unchanged


def seal(table: np.ndarray, seed: bytes) -> SealedTable:
    return SealedTable(table, seed, commit(table, seed, "standard", SCHEMA.digest), STANDARD)


def same_rows(old: np.ndarray, new: np.ndarray) -> Prover:
    """Whoever does not ask whether they are."""
    tables, publics = {"old": [old], "new": [new]}, {"old_segments": 1, "new_segments": 1}
    private = UNCHANGED.witness(tables, publics).private
    sealed = [seal_anew(old, SCHEMA.digest), seal_anew(new, SCHEMA.digest)]
    sizes = private_sizes(UNCHANGED.program, private, {"old": 1, "new": 1})
    statement = support.one_claim(UNCHANGED.program, (1, 1), [[table.entry] for table in sealed], sizes)
    return Prover(statement, sealed, private, [], os.urandom(32))


def test_two_empty_segments_have_the_same_rows() -> None:
    prover = same_rows(NOTHING, NOTHING)
    proof = prover.prove()
    assert check_trace(prover.layout, prover.trace) == []
    support.verify(prover.statement, proof)


@pytest.mark.parametrize(("old", "new"), [(ZEROS, NOTHING), (NOTHING, ZEROS)], ids=["lost", "added"])
def test_a_row_of_zeros_is_neither_lost_nor_added(old: np.ndarray, new: np.ndarray) -> None:
    assert not UNCHANGED.check({"old": [old], "new": [new]}, {"old_segments": 1, "new_segments": 1}).holds
    prover = same_rows(old, new)
    proof = prover.prove()
    assert check_trace(prover.layout, prover.trace)
    with pytest.raises(VerificationError):
        support.verify(prover.statement, proof)


# Another log, as empty


@pytest.mark.parametrize("seed", ["another seed", "the same seed"])
def test_the_proof_of_one_empty_log_is_none_of_another(seed: str) -> None:
    """Under the same seed the entries are equal, and the checkpoint's origin tells the logs apart."""
    made = honest(nothing_happened, NOTHING)
    own, other = seal(NOTHING, bytes(32)), seal(NOTHING, bytes(32) if seed == "the same seed" else bytes(31) + b"1")
    assert (own.entry == other.entry) is (seed == "the same seed")

    def statement(origin: str, table: SealedTable) -> Statement:
        stated = support.one_claim(made.program, made.publics, [[table.entry]], made.sizes)
        return support.with_log(stated, StatementLog(support.checkpoint([table.entry], origin), (table.entry,)))

    first = statement("lab.example/a", own)
    proof = Prover(first, [own], made.private, made.unknowns, os.urandom(32)).prove()
    support.verify(first, proof)
    with pytest.raises(QuotientMismatch):
        support.verify(statement("lab.example/b", other), proof)
