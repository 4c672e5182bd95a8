"""Whose checkpoints are taken: keys, a quorum of operators, freshness, clocks that are ahead."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from zkcompliance.errors import QuorumUnmet, SignatureRejected, StaleProof, ZkComplianceError
from zkcompliance.limits import MAX_CLOCK_SECONDS
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import ED25519
from zkcompliance.log.signer import CosignerSigner, SignerKey
from zkcompliance.log.trust import TrustPolicy
from zkcompliance.policy.checkpoints import Asked, Taken, take
from zkcompliance.policy.model import Cosigners, LogKey, Operator

LOG = SignerKey("lab.example/a", bytes(31) + b"\1")
TWIN = SignerKey("lab.example/a", bytes(31) + b"\2")
OTHER = SignerKey("lab.example/b", bytes(31) + b"\3")
BODY = Checkpoint("lab.example/a", 2, bytes(32)).body
A1, A2, B, C = (CosignerSigner(f"witness.example/{i}", ED25519, bytes(31) + bytes([i])) for i in range(4, 8))
OPERATORS = tuple(
    Operator(name, tuple(signer.verifier for signer in signers))
    for name, signers in (("anna", (A1, A2)), ("bert", (B,)), ("carl", (C,)))
)
NOW, DAY = 1_767_614_400, 86400


def signed(*cosigned: tuple[CosignerSigner, int], by: SignerKey = LOG) -> bytes:
    return (by.sign(BODY) + "".join(signer.line(BODY, at) for signer, at in cosigned)).encode()


def asked(quorum: int = 2, age: int | None = None, now: int = NOW) -> Asked:
    return Asked(now, Cosigners(quorum, OPERATORS), age)


def taken(note: bytes, wanted: Asked, keys: Sequence[SignerKey] = (LOG,)) -> dict[str, int]:
    return dict(by(note, wanted, *(LogKey(key.verifier) for key in keys)).cosigned or {})


def by(note: bytes, wanted: Asked, *keys: LogKey, stated: int = NOW) -> Taken:
    return take(note, BODY.encode(), "lab.example/a", keys, wanted, stated=stated)


def refused(note: bytes, wanted: Asked, error: type[ZkComplianceError], match: str) -> None:
    with pytest.raises(error, match=match) as caught:
        taken(note, wanted)
    assert caught.type is error


def test_whose_signature() -> None:
    found = by(signed(), Asked(NOW), *(LogKey(key.verifier) for key in (OTHER, TWIN, LOG)))
    assert found.key == LOG.verifier and found.cosigned is None
    for keys, why in (
        ([OTHER], "the key that is trusted is of lab.example/b"),
        ([TWIN], "not signed by"),
        ([OTHER, TWIN], "not"),
    ):
        with pytest.raises(SignatureRejected, match=why):
            taken(signed(), Asked(NOW), keys)
    longer = LOG.sign(BODY + "more\n").encode()
    refused(longer, Asked(NOW), SignatureRejected, "signs more than its checkpoint")


def test_an_operator_counts_once() -> None:
    """Two keys of one operator are one cosigner (G6)."""
    assert taken(signed((A1, NOW), (B, NOW - 5)), asked()) == {"anna": NOW, "bert": NOW - 5}
    refused(
        signed((A1, NOW), (A2, NOW)), asked(), QuorumUnmet, "2 of anna, bert, carl are to have cosigned; have: anna$"
    )
    refused(signed(), asked(1), QuorumUnmet, "have: nobody")
    assert taken(signed((A1, NOW - 9), (A2, NOW - 3)), asked(1)) == {"anna": NOW - 3}
    assert len(taken(signed((A2, NOW), (B, NOW), (C, NOW)), asked(3))) == 3


def test_a_cosignature_that_does_not_verify() -> None:
    lie = B.line(BODY, NOW).replace("witness.example/6", "witness.example/5")
    other = LOG.sign(BODY) + A1.line(BODY, NOW) + B.line(Checkpoint("lab.example/a", 3, bytes(32)).body, NOW)
    refused(other.encode(), asked(), SignatureRejected, "does not match the checkpoint")
    refused((LOG.sign(BODY) + A1.line(BODY, NOW) + lie).encode(), asked(), QuorumUnmet, "have: anna$")


def test_freshness_is_when_a_quorum_had_cosigned() -> None:
    """Fewer than a quorum who sign an old checkpoint again do not make it fresh."""
    old, fresh = NOW - 30 * DAY, NOW - 30 * DAY + 1
    note = signed((A1, fresh), (B, fresh), (C, old))
    assert taken(note, asked(2, 30 * DAY)) and taken(note, asked(2, 30 * DAY, NOW + 1))
    refused(note, asked(2, 30 * DAY, NOW + 2), StaleProof, "a quorum last cosigned its checkpoint on 2025-12-06")
    colluding = signed((A1, NOW), (A2, NOW), (B, old - 1), (C, old - 1))
    refused(colluding, asked(2, 30 * DAY), StaleProof, "log lab.example/a")
    assert taken(colluding, asked(1, 30 * DAY))


def test_clocks_that_are_ahead() -> None:
    for ahead in (0, MAX_CLOCK_SECONDS):
        assert taken(signed((A1, NOW + ahead)), asked(1))
    refused(signed((A1, NOW + MAX_CLOCK_SECONDS + 1)), asked(1), SignatureRejected, "anna is dated in the future")
    refused(signed((A1, NOW), (C, NOW + DAY)), asked(1), SignatureRejected, "carl is dated in the future")


def test_a_trust_policy_besides() -> None:
    text = f"log {LOG.verifier.text}\nwitness w {C.verifier.text}\nquorum w\n"
    both = Asked(NOW, Cosigners(1, OPERATORS[:2]), None, TrustPolicy.parse(text))
    assert taken(signed((A1, NOW), (C, NOW)), both) == {"w": NOW, "anna": NOW}
    refused(signed((A1, NOW)), both, QuorumUnmet, "w; cosigned by nobody")
    refused(signed((C, NOW)), both, QuorumUnmet, "1 of anna, bert")
    refused(signed((A1, NOW), (C, NOW + MAX_CLOCK_SECONDS + 1)), both, SignatureRejected, "in the future")


# Keys that change (G15)

JUNE, JULY = 1_780_272_000, 1_782_864_000  # 2026-06-01, 2026-07-01
OLD, NEW = LogKey(LOG.verifier, until=JULY), LogKey(TWIN.verifier, since=JUNE)  # trusted together in June


def not_in_time(note: bytes, wanted: Asked, *keys: LogKey, stated: int = NOW, why: str) -> None:
    with pytest.raises(SignatureRejected, match=why):
        by(note, wanted, *keys, stated=stated)


def test_a_key_counts_for_what_a_quorum_had_cosigned_by_its_day() -> None:
    late = asked(now=JULY + 90 * DAY)
    for at in (0, JUNE, JULY - 1):
        assert by(signed((A1, at), (B, at)), late, OLD, NEW).key == LOG.verifier
    for at in (JULY, JULY + 1, JULY + 90 * DAY):
        why = rf"key {re.escape(LOG.verifier.text)} is trusted before 2026-07-01 .*, and its checkpoint is of 2026-"
        not_in_time(signed((A1, at), (B, at)), late, OLD, NEW, why=why)
    assert by(signed((A1, JULY), (B, JULY)), late, LogKey(LOG.verifier)).key == LOG.verifier


def test_a_key_counts_from_its_day() -> None:
    late = asked(now=JULY + 90 * DAY)
    for at in (JUNE, JULY, JULY + 90 * DAY):
        assert by(signed((A1, at), (B, at), by=TWIN), late, OLD, NEW).key == TWIN.verifier
    why = "is trusted from 2026-06-01 .*, and its checkpoint is of 2026-05-31 23:59:59"
    not_in_time(signed((A1, JUNE - 1), (B, JUNE - 1), by=TWIN), late, OLD, NEW, why=why)
    window = LogKey(TWIN.verifier, JUNE, JULY)
    assert by(signed((A1, JUNE), (B, JULY - 1), by=TWIN), late, window).key == TWIN.verifier
    not_in_time(signed((A1, JULY), (B, JULY), by=TWIN), late, window, why="before 2026-07-01")


def test_fewer_than_a_quorum_cannot_date_a_checkpoint() -> None:
    """The thief of an old key finds one operator who dates it back, and has the others' honest word for its date."""
    late, before, after = asked(now=JULY + 90 * DAY), JULY - DAY, JULY + DAY
    for times in (((A1, before), (B, after)), ((A1, before), (A2, before), (B, after), (C, after))):
        not_in_time(signed(*times), late, OLD, why="of 2026-07-02")
    assert by(signed((A1, before), (B, before), (C, after)), late, OLD).key == LOG.verifier
    early = asked(now=JUNE + 90 * DAY)
    for times in (((A1, JUNE + DAY), (B, JUNE - DAY)), ((A1, JUNE + DAY), (B, JUNE - DAY), (C, JUNE - DAY))):
        not_in_time(signed(*times, by=TWIN), early, NEW, why="from 2026-06-01 .* of 2026-05-31")
    assert by(signed((A1, JUNE + DAY), (B, JUNE), (C, JUNE - DAY), by=TWIN), early, NEW).key == TWIN.verifier


def test_without_cosigners_the_stated_time_counts() -> None:
    alone = Asked(JULY + DAY)
    assert by(signed(), alone, OLD, stated=JULY - 1).key == LOG.verifier
    not_in_time(signed(), alone, OLD, NEW, stated=JULY, why="before 2026-07-01")
    assert by(signed(by=TWIN), alone, NEW, stated=JUNE).key == TWIN.verifier
    not_in_time(signed(by=TWIN), alone, OLD, NEW, stated=JUNE - 1, why="from 2026-06-01")
    assert by(signed((A1, 0), (B, 0)), asked(), OLD, stated=JULY).key == LOG.verifier  # cosigners' word, where asked


def test_a_checkpoint_under_both_keys_needs_one_that_is_trusted() -> None:
    both = (LOG.sign(BODY) + "".join(TWIN.sign(BODY).splitlines(keepends=True)[-1:])).encode()
    alone = Asked(JULY + DAY)
    assert by(both, alone, OLD, NEW, stated=JULY).key == TWIN.verifier
    assert by(both, alone, OLD, NEW, stated=JUNE - 1).key == LOG.verifier
    gap = LogKey(TWIN.verifier, since=JULY + DAY)
    not_in_time(both, alone, OLD, gap, stated=JULY, why="before 2026-07-01 .*; the key .* from 2026-07-02")
