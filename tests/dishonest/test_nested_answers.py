"""A prover who denies a match to one of several answers of one question, each made of the one before."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest

from tests.kit.compiled_trial import Trial, padded, proof_file, trial
from tests.kit.exact_rows import encode_rows
from tests.kit.hunt.newer import FALSE_NEWER
from tests.kit.vocabulary_nested import ancestors_matched
from zkcompliance import schemas
from zkcompliance.claim.compile import Compiled, batches, compile_claim, joins
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.errors import VerificationError
from zkcompliance.verify.verifier import verify_bundle

ROWS = FALSE_NEWER["before its origin"].given["events"]
TABLES = {"events": [padded(encode_rows(schemas.event, ROWS))]}


def denied(compiled: Compiled, answer: int, rows: tuple[int, ...]) -> Trial:
    """The witness in which those rows have no match by that answer; everything after it follows from this."""
    match, asked = joins._match, 0

    def at_will(*sides: list[np.ndarray]) -> np.ndarray:
        nonlocal asked
        found: np.ndarray = match(*sides)  # type: ignore[arg-type]
        if asked == answer:
            found[list(rows)] = -1
        asked += 1
        return found

    with mock.patch.object(joins, "_match", at_will):
        return trial(compiled, TABLES, {})


def apart() -> Compiled:
    """The program of a compiler in which each answer of a question has a bit of its own that says it was found."""

    def alone(self: batches.Batch, first: batches.Batch | None) -> None:
        self.first, self.nodes = self, []

    with mock.patch.object(batches.Batch, "__init__", alone):
        return compile_claim(ancestors_matched)


def test_a_default_where_there_is_a_match() -> None:
    """The claim is false; with a bit for each answer some lie is a true witness, with one for all none is."""
    assert not interpret(ancestors_matched, TABLES, {}).holds
    lies = [(answer, rows) for answer in range(3) for rows in ((0,), (2,), (0, 2), (0, 1, 2))]  # two rows are at fault
    loose = apart()
    assert any(not denied(loose, *lie).failures() for lie in lies)
    compiled = compile_claim(ancestors_matched)
    assert all(denied(compiled, *lie).failures() for lie in lies)


def test_the_verifier_refuses_it_too() -> None:
    made = denied(compile_claim(ancestors_matched), 0, (0, 2))
    with pytest.raises(VerificationError):
        verify_bundle(proof_file(made), program_digests=[made.program.digest])
