"""Less work than the profile says: a nonce that was ground for another state, `fast` with fewer queries."""

from __future__ import annotations

from dataclasses import asdict, replace
from hashlib import sha256

import pytest

from tests.kit import support
from tests.kit.support import Prover, refused, without
from zkcompliance.errors import GrindingRejected, MalformedProof, OpeningMismatch, QuotientMismatch
from zkcompliance.stark.commit.sha256 import grind
from zkcompliance.stark.profiles import FAST, Profile
from zkcompliance.stark.prover import prover as prover_module
from zkcompliance.verify import soundness, verifier
from zkcompliance.verify import statement as verify_statement
from zkcompliance.verify.transcript import Stream

ELSEWHERE = sha256(b"the state of another proof").digest()


def test_a_nonce_that_was_made_for_another_state() -> None:
    """Its 20 zero bits are there, for another transcript: work that is done once would serve every proof."""

    def prover() -> Prover:
        return support.prover([support.seal(support.table(support.ROWS))])

    with without(prover_module, "grind", lambda _, bits: grind(ELSEWHERE, bits)):
        proved = refused(GrindingRejected, prover())

    def of_elsewhere(data: bytes = b""):  # type: ignore[no-untyped-def]
        return sha256(b"\x14" + ELSEWHERE + data[33:]) if data.startswith(b"\x14") else sha256(data)

    with without(verifier.hashlib, "sha256", of_elsewhere):
        proved.verify()
    support.prove(prover()).verify()


FEWER = replace(FAST, most_queries=110)  # its statement needs 115


class SaysMore(Profile):
    """Its own number of queries, under the bytes of `fast`."""

    def encode(self) -> bytes:
        return FAST.encode()


def by(profile: Profile) -> Prover:
    made = support.prover([support.seal(support.table(support.ROWS), profile="fast")])
    made.statement = replace(made.statement, profile=profile)
    return made


def test_fast_with_110_queries_for_115() -> None:
    """Said, it is another transcript; not said, openings are missing. The statement has room for neither number."""
    assert len(by(FEWER).statement.encode()) == len(by(FAST).statement.encode())
    honest = support.prove(by(FAST))
    honest.verify()
    assert honest.prover.queries == 115
    said = refused(QuotientMismatch, by(FEWER))
    unsaid = refused((OpeningMismatch, MalformedProof), by(SaysMore(**asdict(FEWER))))
    drawn = Stream.indices
    with without(Stream, "indices", lambda self, bits, count: drawn(self, bits, count - 5)):
        unsaid.verify()  # a verifier that asks so many
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(verify_statement.PROFILES, 2, replace(verify_statement.FAST, most_queries=110))
        patch.setattr(soundness, "judge", lambda shape: soundness.table(soundness.quantities(shape)))
        said.verify()
