"""A score that is missing is never taken for one, and what stands for it is the only number over 100 %."""

from __future__ import annotations

import numpy as np
import pytest

from tests.kit.catalogue_claims import compiled as of_catalogue
from tests.kit.compiled_trial import padded, proved_by_anyone, trial
from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.language import ComputeLog, EvalLog, Param, Ppm, claim, require
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.errors import BalanceMismatch, SchemaError
from zkcompliance.schemas import MISSING_SHARE
from zkcompliance.verify.verifier import verify_bundle

SAMPLE = {"suite": "s@1", "item": "i1", "model": "m", "at": 0}
JOB = {"start": 0, "end": 1, "run": "r", "phase": "other", "flop": 1, "method": "hardware"}


@claim("some-score")
def some_score(evals: EvalLog, least: Param[Ppm]) -> None:
    """Every score is at least `least`."""
    require("enough", evals.every(evals.score.or_else(MISSING_SHARE) >= least))


@claim("given")
def given(evals: EvalLog) -> None:
    """Every score is given, by row and as a key."""
    require("by row", evals.every(evals.score.is_given()))
    groups = evals.group_by(evals.score.or_else(MISSING_SHARE))
    require("as a key", groups.every(groups.score.is_given()))


@claim("some-use")
def some_use(compute: ComputeLog, least: Param[Ppm]) -> None:
    """Every utilisation is at least `least`."""
    require("enough", compute.every(compute.utilisation.or_else(0) >= least))


SCORES, USES = compile_claim(some_score), compile_claim(some_use)


def scored(value: int) -> np.ndarray:
    """An eval log of one row whose limbs say so, whatever may be sealed."""
    table = padded(encode_rows(schemas.eval_, [SAMPLE]))
    low, high = schemas.eval_.limbs("score")
    table[low, 0], table[high, 0] = value & 0xFFFF, value >> 16
    return table


def used(value: int) -> np.ndarray:
    table = padded(encode_rows(schemas.compute, [JOB]))
    low, high = schemas.compute.limbs("utilisation")
    table[low, 0], table[high, 0] = value & 0xFFFF, value >> 16
    return table


@pytest.mark.parametrize("value", [0, 10**6 - 1, 10**6, MISSING_SHARE])
def test_every_share_and_the_missing_one_are_within_the_type(value: int) -> None:
    assert trial(SCORES, {"evals": [scored(value)]}, {"least": 0}).failures() == []


@pytest.mark.parametrize("value", [MISSING_SHARE + 1, 2**20 - 1, 2**20, 2**32 - 1])
def test_no_other_number_is(value: int) -> None:
    assert trial(SCORES, {"evals": [scored(value)]}, {"least": 0}).failures()
    with pytest.raises(SchemaError, match="is over"):
        schemas.decode_rows(schemas.eval_, scored(value))


@pytest.mark.parametrize("value", [0, 1, 10**6, MISSING_SHARE])
def test_is_given_tells_a_missing_score_from_0(value: int) -> None:
    there = value != MISSING_SHARE
    assert interpret(given, {"evals": [scored(value)]}, {}).failing == (() if there else ("by row", "as a key"))
    assert (trial(compile_claim(given), {"evals": [scored(value)]}, {}).failures() == []) is there


def test_a_share_that_cannot_be_missing_has_100_percent_at_most() -> None:
    assert trial(USES, {"compute": [used(10**6)]}, {"least": 0}).failures() == []
    assert trial(USES, {"compute": [used(MISSING_SHARE)]}, {"least": 0}).failures()


def test_a_proof_of_a_number_over_it_is_refused() -> None:
    verify_bundle(proved_by_anyone(SCORES, {"evals": [scored(MISSING_SHARE)]}, {"least": 1}), program_digests=None)
    with pytest.raises(BalanceMismatch):
        verify_bundle(
            proved_by_anyone(SCORES, {"evals": [scored(MISSING_SHARE + 1)]}, {"least": 1}), program_digests=None
        )


@pytest.mark.parametrize("worst", [0, 1])
def test_a_low_mean_is_not_proved_by_leaving_scores_out(worst: int) -> None:
    """Nine of ten items without a score, the tenth at 30 %: neither a 0 nor nothing stands for the nine, but 100 %."""
    rows = [{**SAMPLE, "item": f"i{i}", "score": 300_000 if i == 0 else None} for i in range(10)]
    table = padded(encode_rows(schemas.eval_, rows))
    publics = {"limit": 930_000 - 1, "worst": worst, "items": 1, "unfinished": 0, "model": 0}
    assert trial(of_catalogue("eval_score_under"), {"evals": [table]}, publics).failures()
    full = padded(encode_rows(schemas.eval_, [{**row, "score": 300_000} for row in rows]))
    assert trial(of_catalogue("eval_score_under"), {"evals": [full]}, publics).failures() == []
    at_mean = {**publics, "limit": 930_000, "worst": 0}
    assert trial(of_catalogue("eval_score_under"), {"evals": [table]}, at_mean).failures() == []


def test_an_item_that_was_never_graded_covers_nothing() -> None:
    plan = padded(encode_rows(schemas.eval_, [SAMPLE]))
    for scores, covered in (([None], False), ([None, None], False), ([None, 0], True), ([0, None], True)):
        rows = [{**SAMPLE, "at": 9, "attempt": i, "score": score} for i, score in enumerate(scores, 1)]
        given = {"evals": [padded(encode_rows(schemas.eval_, rows))], "registered": [plan]}
        assert (trial(of_catalogue("eval_coverage"), given, {"model": 0}).failures() == []) is covered
