"""The newer words over random rows: read plainly, row by row; by whole columns; compiled; and proved. They agree.

Ties, no rows, one row, padding between segments, values that are missing, largest ones, and those about p.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.kit.agreeing import Drawn, agree_on, compiled_once, drawn
from tests.kit.claim_naive import Naive
from tests.kit.compiled_trial import proof_file, trial
from tests.kit.vocabulary_more import MORE
from tests.kit.vocabulary_nested import CLAIMS as NESTED
from tests.kit.vocabulary_over_time import CLAIMS as OVER_TIME
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.evaluate import Evaluator
from zkcompliance.errors import VerificationError
from zkcompliance.schemas import Schema
from zkcompliance.stark.field.babybear import P
from zkcompliance.verify.verifier import verify_bundle

CLAIMS = {**MORE, **NESTED, **{each.id: each for each in OVER_TIME}}
ABOUT_P = (P - 2, P - 1, P, P + 1, 2 * P - 1, 2 * P)
PROVED = ("distinct", "ends", "ends-in-order", "ranked", "ancestors-matched", "states", "running-sums", "windows")


def rows_of(schema: Schema, segments: list[np.ndarray]) -> list[dict[str, int]]:
    """The rows, padding left out, as integers by column."""
    return [
        {
            column.name: sum(int(part[limb, row]) << 16 * j for j, limb in enumerate(schema.limbs(column.name)))
            for column in schema.columns
        }
        for part in segments
        for row in np.flatnonzero(part[0] == 1)
    ]


def agrees(claim: ClaimDefinition, seed: int) -> bool:
    """Whether the claim holds: every value in it is worth the same row by row and by columns, within its range, and the
    honest trace is true exactly if the claim holds."""
    case = drawn(claim, seed, more=ABOUT_P if seed % 3 == 0 else ())
    rows = {log.name: rows_of(log.schema, case.tables[log.name]) for log in claim.logs}
    brackets = {
        name: [ends for ends, part in zip(case.brackets[name], parts, strict=True) for _ in range(int(part[0].sum()))]
        for name, parts in case.tables.items()
    }
    plain = Naive(rows, case.publics, brackets)
    evaluator = Evaluator(case.tables, case.publics, case.brackets)
    values = [each.value for each in (*claim.requirements, *claim.reveals)]
    for node in core.walk(*values):
        if isinstance(node, core.Value) and not (isinstance(node, core.Param) and node.type.kind == "set"):
            places = range(1) if node.frame is None else plain.frame(node.frame)
            expected = [plain.at(node, i) for i in places]
            found = evaluator.value(node)
            assert (np.asarray(found).tolist() if node.frame else [found]) == expected, (seed, node)
            assert all(node.range[0] <= value <= node.range[1] for value in expected), (seed, node)
    holds = all(plain.at(each.value, 0) for each in claim.requirements)
    assert agree_on(claim, case, seed) == holds
    return holds


@pytest.mark.parametrize("name", CLAIMS)
def test_the_hands_agree(name: str) -> None:
    for seed in range(12):
        agrees(CLAIMS[name], seed)


@pytest.mark.long
@pytest.mark.parametrize("name", CLAIMS)
def test_the_hands_agree_on_many(name: str) -> None:
    assert {agrees(CLAIMS[name], seed) for seed in range(400)} == {True, False}


def proved(claim: ClaimDefinition, case: Drawn) -> bool:
    """Whether the verifier takes the proof of a prover who does not ask whether the claim holds. Brackets are open."""
    made = trial(compiled_once(claim), case.tables, case.publics)
    try:
        verify_bundle(proof_file(made), program_digests=[made.program.digest])
    except VerificationError:
        return False
    return True


def proofs_agree(name: str) -> None:
    """A case that holds, and one that does not."""
    claim, left = CLAIMS[name], {True, False}
    for seed in range(1000):
        case = drawn(claim, seed, more=ABOUT_P)
        holds = agree_on(claim, case, seed)
        if holds in left:
            assert proved(claim, case) == holds
            left.remove(holds)
        if not left:
            return
    raise AssertionError(left)


@pytest.mark.parametrize("name", PROVED)
def test_the_proof_agrees(name: str) -> None:
    proofs_agree(name)


@pytest.mark.long
@pytest.mark.parametrize("name", CLAIMS)
def test_the_proof_of_each_agrees(name: str) -> None:
    proofs_agree(name)
