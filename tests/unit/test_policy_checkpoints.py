"""Whose checkpoints are taken: keys, a quorum of operators, freshness, clocks that are ahead."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from zkcompliance.errors import QuorumUnmet, SignatureRejected, StaleProof, ZkComplianceError
from zkcompliance.limits import MAX_CLOCK_SECONDS
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import ED25519, CosignerSigner
from zkcompliance.log.note import SignerKey
from zkcompliance.log.trust import TrustPolicy
from zkcompliance.policy.checkpoints import Asked, take
from zkcompliance.policy.model import Cosigners, Operator

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
    return dict(take(note, BODY.encode(), "lab.example/a", [key.verifier for key in keys], wanted).cosigned or {})


def refused(note: bytes, wanted: Asked, error: type[ZkComplianceError], match: str) -> None:
    with pytest.raises(error, match=match) as caught:
        taken(note, wanted)
    assert caught.type is error


def test_whose_signature() -> None:
    found = take(signed(), BODY.encode(), "lab.example/a", [OTHER.verifier, TWIN.verifier, LOG.verifier], Asked(NOW))
    assert found.key == LOG.verifier and found.cosigned is None
    for keys, why in (
        ([OTHER], "the key given is of lab.example/b"),
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
    refused(signed((A1, NOW), (A2, NOW)), asked(), QuorumUnmet, "2 of anna, bert, carl to have cosigned; have: anna$")
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
