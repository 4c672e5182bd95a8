"""A lab that makes the bracket of a segment narrower than it is, or holds its rows against another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest

from tests.kit.compiled_trial import padded, proof_file, trial
from tests.kit.exact_rows import encode_rows
from tests.kit.hunt.base import event
from zkcompliance import schemas
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.language import EventLog, claim, not_ahead, require, sealed_within
from zkcompliance.claim.meaning.brackets import OPEN, Bracket
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.errors import (
    BalanceMismatch,
    BracketNotBacked,
    MalformedStatement,
    QuotientMismatch,
    VerificationError,
)
from zkcompliance.verify import verifier
from zkcompliance.verify.verifier import verify_bundle

DELAY = 3600
DAY = 86400
AT = 20_000 * DAY  # whose limbs all differ from 0
ENDS: tuple[Bracket, ...] = ((AT - 60, AT + DELAY), (AT + DAY, AT + DAY + DELAY))


@claim("sealed-promptly")
def sealed_promptly(events: EventLog) -> None:
    """Every row was sealed within an hour of its time, and none names a time an hour ahead."""
    require("promptly", events.every(sealed_within(events.at, DELAY)))
    require("not ahead", events.every(not_ahead(events.at, DELAY)))


COMPILED = compile_claim(sealed_promptly)
TABLES = [padded(encode_rows(schemas.event, [event(at=at)])) for at in (AT, AT + DAY)]


def proof(
    stated: Sequence[Bracket], held: Sequence[Bracket] | None = None, tables: Sequence[np.ndarray] = TABLES
) -> bytes:
    """Under these brackets, of a witness that was made for others (held)."""
    given = {"events": list(tables)}
    made = trial(COMPILED, given, {}, brackets={"events": held or stated})
    return proof_file(replace(made, brackets={"events": stated}))


def verify(file: bytes) -> None:
    verify_bundle(file, program_digests=[COMPILED.program.digest])


def holds(brackets: Sequence[Bracket]) -> bool:
    return interpret(sealed_promptly, {"events": TABLES}, {}, brackets={"events": brackets}).holds


def test_a_true_bracket_that_no_anchor_backs_is_refused_and_nothing_else_is_wrong_with_it() -> None:
    """Both hands take its limbs alike: a verifier that does not ask for anchors accepts the proof."""
    assert holds(ENDS)
    made = proof(ENDS)
    with pytest.raises(BracketNotBacked):
        verify(made)
    with mock.patch.object(verifier, "check_brackets"):
        verify(made)


@pytest.mark.parametrize(
    "stated",
    [
        (OPEN, OPEN),
        (ENDS[0], (ENDS[1][0], ENDS[1][1] + 1)),  # a second more, and the last moment is too late
        ((AT - DELAY - 1, ENDS[0][1]), ENDS[1]),
        (ENDS[1], ENDS[0]),
        ((ENDS[0][0], ENDS[0][1] + (1 << 16)), ENDS[1]),
        ((ENDS[0][0], ENDS[0][1] + (1 << 32)), ENDS[1]),
    ],
)
def test_a_witness_for_other_brackets_than_those_that_are_stated(stated: Sequence[Bracket]) -> None:
    """Not by the anchors that it lacks alone: the proof is false."""
    assert not holds(stated)
    with mock.patch.object(verifier, "check_brackets"):
        for made in (proof(stated), proof(stated, ENDS)):
            with pytest.raises((BalanceMismatch, QuotientMismatch)):
                verify(made)


def test_under_open_brackets_nobody_shows_that_rows_were_sealed_in_time() -> None:
    """All that can be stated until anchors are: no row, and the claim holds; one, and it does not."""
    empty = [padded(np.zeros((schemas.event.width, 0), np.uint32))]
    verify(proof([OPEN], tables=empty))
    with pytest.raises(VerificationError):
        verify(proof([OPEN], tables=TABLES[:1]))
    with pytest.raises(VerificationError):
        verify(proof([OPEN], ENDS[:1], TABLES[:1]))


def test_a_bracket_that_is_changed_in_a_file_that_was_made() -> None:
    made = proof(ENDS)
    (at,) = [i for i in range(len(made)) if made[i : i + 12] == b"".join(end.to_bytes(6, "little") for end in ENDS[0])]
    for place in (at, at + 3, at + 6, at + 11):
        changed = bytearray(made)
        changed[place] ^= 1
        with mock.patch.object(verifier, "check_brackets"), pytest.raises((VerificationError, MalformedStatement)):
            verify(bytes(changed))
