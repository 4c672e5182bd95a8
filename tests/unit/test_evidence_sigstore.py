"""Sigstore bundles over files, under a key that is given."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from zkcompliance.errors import EvidenceRefused, MalformedEvidence, ZkComplianceError
from zkcompliance.evidence import signing, sigstore

DATA = Path(__file__).parents[1] / "data" / "sigstore"
OWN = ec.generate_private_key(ec.SECP256R1())
FILE = b"a log of an evaluation\n"
DIGEST = hashlib.sha256(FILE).digest()
STATEMENT: dict[str, Any] = {
    "_type": "https://in-toto.io/Statement/v1", "predicateType": "https://example.com/eval",
    "subject": [{"name": "log.eval", "digest": {"sha256": DIGEST.hex()}}], "predicate": {},
}  # fmt: skip


def envelope(statement: object = STATEMENT, kind: str = "application/vnd.in-toto+json", **more: object) -> bytes:
    payload = json.dumps(statement).encode()
    signature = OWN.sign(
        b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload), ec.ECDSA(hashes.SHA256())
    )
    return bundle(
        dsseEnvelope={
            "payload": base64.b64encode(payload).decode(),
            "payloadType": kind,
            "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
        },
        **more,
    )


def bundle(**more: object) -> bytes:
    media = "application/vnd.dev.sigstore.bundle.v0.3+json"
    material = {"publicKey": {"hint": ""}, "tlogEntries": []}
    return json.dumps({"mediaType": media, "verificationMaterial": material, **more}).encode()


def message(digest: bytes, signed: bytes = FILE) -> bytes:
    signature = base64.b64encode(OWN.sign(signed, ec.ECDSA(hashes.SHA256()))).decode()
    stated = {"algorithm": "SHA2_256", "digest": base64.b64encode(digest).decode()}
    return bundle(messageSignature={"messageDigest": stated, "signature": signature})


@pytest.mark.parametrize("name", ["proof.sigstore.json proof.pub.pem", "oms-key.sig.json oms-key.pub.pem"])
def test_bundles_of_others(name: str) -> None:
    """Ed25519 and P-256; each byte of the signature and of the payload counts, and the other's key is another."""
    file, own = name.split()
    data, key = (DATA / file).read_bytes(), signing.public_key((DATA / own).read_bytes(), "it")
    assert len(sigstore.signed_files(data, key)) == 1
    other = "oms-key.pub.pem" if own.startswith("proof") else "proof.pub.pem"
    with pytest.raises(EvidenceRefused, match="not signed"):
        sigstore.signed_files(data, signing.public_key((DATA / other).read_bytes(), "it"))
    document = json.loads(data)
    choose = random.Random(5)
    for holder, member in ((document["dsseEnvelope"], "payload"), (document["dsseEnvelope"]["signatures"][0], "sig")):
        good = holder[member]
        for at in choose.sample(range(len(good)), 40):
            holder[member] = good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :]
            if base64.b64decode(holder[member]) != base64.b64decode(good):
                with pytest.raises(ZkComplianceError):
                    sigstore.signed_files(json.dumps(document).encode(), key)
        holder[member] = good


def test_own_bundles() -> None:
    assert sigstore.signed_files(envelope(), OWN.public_key()) == {DIGEST}
    assert sigstore.signed_files(message(DIGEST), OWN.public_key()) == {DIGEST}


def test_a_message_of_another_file() -> None:
    with pytest.raises(EvidenceRefused, match="not signed"):
        sigstore.signed_files(message(hashlib.sha256(b"other").digest()), OWN.public_key())


@pytest.mark.parametrize(
    "data",
    [
        envelope({**STATEMENT, "_type": "https://example.com/other"}),
        envelope({**STATEMENT, "subject": []}),
        envelope({**STATEMENT, "subject": [{"name": "x", "digest": {"sha1": "00"}}]}),
        envelope({**STATEMENT, "subject": [{"name": "x", "digest": {"sha256": DIGEST.hex().upper()}}]}),
        envelope([]),
        envelope(kind="text/plain"),
        envelope(mediaType="application/json"),
        envelope(verificationMaterial={"certificate": {"rawBytes": "AA=="}}),
        envelope(verificationMaterial={"x509CertificateChain": {"certificates": []}}),
        envelope(messageSignature={}),
        bundle(),
        b"[]",
        message(DIGEST[:16]),
    ],
)
def test_forms_that_are_not_taken(data: bytes) -> None:
    with pytest.raises((EvidenceRefused, MalformedEvidence)):
        sigstore.signed_files(data, OWN.public_key())


def test_keys_that_are_none() -> None:
    curve = ec.generate_private_key(ec.SECP256K1()).public_key()
    with pytest.raises(EvidenceRefused, match="another kind"):
        signing.checked(curve)
    for data in (b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", b"\x30\x00"):
        with pytest.raises(MalformedEvidence):
            signing.public_key(data, "it")
