"""An attestation says what its proof file shows, is held against that very file, and verifies elsewhere."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.kit import attesting, support
from tests.kit.attesting import document, securesystemslib_accepts
from tests.kit.bundles import framed, restated, statement_of
from zkcompliance import limits, strict_json
from zkcompliance.attest import dsse
from zkcompliance.attest.api import attest, check
from zkcompliance.attest.dsse import Envelope
from zkcompliance.attest.keys import PublicKey
from zkcompliance.attest.signing import SigningKey
from zkcompliance.attest.statement import derive
from zkcompliance.errors import (
    KeyFileError,
    MalformedAttestation,
    MalformedBundle,
    SignatureRejected,
    StatementMismatch,
    VerificationError,
)
from zkcompliance.policy.binding import Binding

KINDS = ("ed25519", "ecdsa")


def test_the_statement_says_what_the_file_says(proof_file: bytes) -> None:
    statement = json.loads(derive(proof_file))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"] == [{"name": "lab/model-7b", "digest": {"sha256": attesting.SUBJECT.digest.hex()}}]
    predicate = statement["predicate"]
    assert predicate["proof"] == {"bytes": str(len(proof_file)), "digest": {"sha256": sha256(proof_file).hexdigest()}}
    assert (predicate["time"], predicate["reference"]) == ("1767571200", b"case 7".hex())
    (requirement,) = predicate["requirements"]
    digest = {"sha256": attesting.POLICY.digest.hex()}
    policy = {"id": "example", "version": "3", "digest": digest, "requirement": "training-compute"}
    assert requirement["policy"] == policy
    assert requirement["claim"] == f"{support.CLAIM.id}@{support.CLAIM.version}"
    assert requirement["program"] == {"sha256": support.CLAIM.program_digest.hex()}
    assert requirement["parameters"] == {name: str(value) for name, value in support.PUBLICS.items()}
    assert requirement["reveals"] == {}
    (log,) = requirement["logs"]
    assert (log["origin"], log["size"]) == ("memory", "1")


def test_every_value_in_it_is_public(proof_file: bytes) -> None:
    """Nothing but what the file says in the clear: no row, no total, no size of a segment, nothing of the machine."""

    def leaves(value: object) -> set[str]:
        if isinstance(value, dict):
            return {leaf for inner in value.values() for leaf in leaves(inner)}
        return {leaf for inner in value for leaf in leaves(inner)} if isinstance(value, list) else {str(value)}

    found = leaves(json.loads(derive(proof_file)))
    log = json.loads(derive(proof_file))["predicate"]["requirements"][0]["logs"][0]
    assert found == {
        "https://in-toto.io/Statement/v1", "https://zkcompliance/proof/v1", "lab/model-7b",
        attesting.SUBJECT.digest.hex(), str(len(proof_file)), sha256(proof_file).hexdigest(), "1767571200",
        b"case 7".hex(), f"{support.CLAIM.id}@{support.CLAIM.version}", support.CLAIM.program_digest.hex(),
        *map(str, support.PUBLICS.values()), "compute", "memory", "1", log["root"], "training-compute", "example", "3",
        attesting.POLICY.digest.hex(),
    }  # fmt: skip


@pytest.mark.parametrize("sigstore", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_attested_is_accepted_for_that_file_and_key(
    kind: str, sigstore: bool, proof_file: bytes, tmp_path: Path
) -> None:
    key, other = attesting.signing_key(tmp_path, kind), attesting.signing_key(tmp_path, kind, 2)
    made = attest(proof_file, key, sigstore=sigstore)
    check(made, proof_file, key.public)
    with pytest.raises(SignatureRejected):
        check(made, proof_file, other.public)
    with pytest.raises(SignatureRejected):
        check(made, proof_file, attesting.signing_key(tmp_path, KINDS[kind == "ed25519"]).public)
    changed = Envelope.decode(made)
    payload = changed.payload.replace(b"1767571200", b"1767571201")
    assert payload != changed.payload
    with pytest.raises(SignatureRejected):
        check(replace(changed, payload=payload).encode(), proof_file, key.public)


def test_another_proof_of_the_same_claim_and_model_is_another_file(proof_file: bytes, tmp_path: Path) -> None:
    """The digest of the file is what is attested, not only what it says: proofs are made anew with fresh masks."""
    key = attesting.signing_key(tmp_path, "ed25519")
    other = attesting.proof_file(name="made anew")
    assert other != proof_file
    with pytest.raises(StatementMismatch, match=r"proof\.digest\.sha256"):
        check(attest(proof_file, key), other, key.public)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("subject", replace(attesting.SUBJECT, digest=bytes(32)), "subject"),
        ("subject", replace(attesting.SUBJECT, name="lab/model-8b"), "subject"),
        ("policy", replace(attesting.POLICY, version=4), r"policy\.version"),
        ("policy", None, "policy"),
        ("time", 1, "time"),
        ("reference", b"case 8", "reference"),
    ],
)
def test_the_binding_is_attested_by_itself(
    field: str, value: object, words: str, proof_file: bytes, tmp_path: Path
) -> None:
    """A signer who lies in one field, about the right file: each is named."""
    key = attesting.signing_key(tmp_path, "ed25519")
    lie = json.loads(derive(attesting_head(proof_file, replace(attesting.BINDING, **{field: value}))))
    lie["predicate"]["proof"] = json.loads(derive(proof_file))["predicate"]["proof"]
    unsigned = Envelope(strict_json.canonical(lie), b"", key.public.keyid)
    made = replace(unsigned, signature=key.sign(unsigned.signed)).encode()
    with pytest.raises(StatementMismatch, match=words):
        check(made, proof_file, key.public)


def attesting_head(data: bytes, binding: Binding) -> bytes:
    """The same file with another head in its statement: it decodes, and its proof is of the first."""
    return restated(data, lambda statement: replace(statement, head=binding.encode()))


def test_only_what_verifies_is_attested(proof_file: bytes, tmp_path: Path) -> None:
    key = attesting.signing_key(tmp_path, "ed25519")
    with pytest.raises(VerificationError):
        attest(attesting_head(proof_file, replace(attesting.BINDING, time=5)), key)
    with pytest.raises(VerificationError):
        attest(proof_file[:-1] + bytes([proof_file[-1] ^ 1]), key)
    with pytest.raises(MalformedBundle):
        attest(b"", key)


@pytest.mark.parametrize("binding", [None, replace(attesting.BINDING, subject=None)], ids=["unbound", "no subject"])
def test_a_proof_that_names_no_model_is_refused(binding: object, tmp_path: Path) -> None:
    with pytest.raises(StatementMismatch, match="names no model") as caught:
        attest(attesting.proof_file(binding), attesting.signing_key(tmp_path, "ed25519"))  # type: ignore[arg-type]
    assert "--subject" in caught.value.help


def test_a_bundle_is_attested_as_a_whole(proof_file: bytes, tmp_path: Path) -> None:
    key = attesting.signing_key(tmp_path, "ed25519")
    second = attesting.proof_file(requirement="zz")
    files = (proof_file, second)
    whole = framed(*files)
    made = attest(whole, key)
    check(made, whole, key.public)
    names = {r["policy"]["requirement"] for r in json.loads(Envelope.decode(made).payload)["predicate"]["requirements"]}
    assert names == {"training-compute", "zz"}
    for part in files:
        with pytest.raises(StatementMismatch, match=r"proof\.digest"):
            check(made, part, key.public)
    for field, value in (("subject", replace(attesting.SUBJECT, name="x")), ("time", 9), ("reference", b"")):
        other = attesting_head(second, replace(attesting.BINDING, **{field: value}))
        with pytest.raises(StatementMismatch, match=field):
            derive(framed(*sorted((proof_file, other), key=lambda data: statement_of(data).head)))


# Keys


def test_keys_that_others_can_read_are_not_read(tmp_path: Path) -> None:
    path = attesting.key_file(tmp_path / "k.pem", attesting.private("ecdsa"))
    SigningKey.load(path)
    for mode in (0o640, 0o604, 0o620, 0o666):
        path.chmod(mode)
        with pytest.raises(KeyFileError, match="others"):
            SigningKey.load(path)
    with pytest.raises(KeyFileError, match="directory"):
        SigningKey.load(tmp_path)
    with pytest.raises(KeyFileError):
        SigningKey.load(tmp_path / "none.pem")


def spki(key: Any) -> bytes:
    found: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return found


OTHERS = {
    "P-384": ec.derive_private_key(5, ec.SECP384R1()),
    "secp256k1": ec.derive_private_key(5, ec.SECP256K1()),
    "RSA": rsa.generate_private_key(65537, 2048),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_curves_and_kinds_are_refused(name: str, tmp_path: Path) -> None:
    path = attesting.key_file(tmp_path / "k.pem", OTHERS[name])
    with pytest.raises(KeyFileError, match="Ed25519"):
        SigningKey.load(path)
    with pytest.raises(KeyFileError, match="Ed25519"):
        PublicKey.parse(spki(OTHERS[name]), "it")


def test_other_files_are_no_keys(tmp_path: Path) -> None:
    key = attesting.private("ecdsa")
    path = attesting.key_file(tmp_path / "k.pem", key)
    forms = [
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        spki(key), b"", b"x" * 9000, attesting.pem(key)[:80],
    ]  # fmt: skip
    for data in forms:
        path.write_bytes(data)
        with pytest.raises(KeyFileError):
            SigningKey.load(path)
    with pytest.raises(KeyFileError, match="private key"):
        PublicKey.parse(attesting.pem(key), "it")
    good = spki(key)
    for data in (b"", good + b"x", good[:60], good.replace(b"M", b"N", 1), b"\xff" + good, good + good):
        with pytest.raises(KeyFileError):
            PublicKey.parse(data, "it")
    for same in (good, good.replace(b"\n", b"\r\n"), good + b"\n"):
        assert PublicKey.parse(same, "it").pem.encode() == good


def test_a_private_key_is_not_shown(tmp_path: Path) -> None:
    key = attesting.signing_key(tmp_path, "ed25519")
    secret = attesting.private("ed25519").private_bytes_raw()  # type: ignore[union-attr]
    assert secret.hex() not in repr(key) and repr(secret)[2:-1] not in repr(key)


# Limits


def test_a_long_attestation_is_not_parsed(proof_file: bytes, tmp_path: Path) -> None:
    key = attesting.signing_key(tmp_path, "ed25519")
    for data in (b" " * (limits.MAX_ATTESTATION_BYTES + 1), b"[" * limits.MAX_ATTESTATION_BYTES,
                 b'{"payload":' * 90_000):  # fmt: skip
        with pytest.raises(MalformedAttestation):
            check(data, proof_file, key.public)


# What others say of it

Change = Callable[[dict[str, Any]], None]


def flip(envelope: dict[str, Any], name: str) -> None:
    data = bytearray(base64.b64decode(envelope[name]))
    data[20] ^= 1
    envelope[name] = base64.b64encode(bytes(data)).decode()


FAULTS: dict[str, Change] = {
    "payload": lambda e: flip(e, "payload"),
    "type": lambda e: e.update(payloadType="application/vnd.in-toto+jsonx"),
    "signature": lambda e: flip(e["signatures"][0], "sig"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_securesystemslib_agrees(kind: str, proof_file: bytes, tmp_path: Path) -> None:
    key, other = attesting.signing_key(tmp_path, kind), attesting.signing_key(tmp_path, kind, 2)
    envelope = document(attest(proof_file, key))
    assert securesystemslib_accepts(envelope, key.public.pem)  # it looks the key up by its keyid: ours is theirs
    envelope["signatures"][0]["keyid"] = other.public.keyid
    assert not securesystemslib_accepts(envelope, other.public.pem)
    for fault in FAULTS.values():
        changed = document(attest(proof_file, key))
        fault(changed)
        assert not securesystemslib_accepts(changed, key.public.pem)


def test_in_toto_reads_the_statement(proof_file: bytes) -> None:
    """The reference types of in-toto: one member too many is an error there."""
    from google.protobuf import json_format
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement

    made = json_format.Parse(derive(proof_file), statement_pb2.Statement())
    Statement.copy_from_pb(made).validate()
    assert made.subject[0].digest["sha256"] == attesting.SUBJECT.digest.hex()


@pytest.mark.parametrize("kind", KINDS)
def test_sigstore_verify_agrees(kind: str, proof_file: bytes, tmp_path: Path, npm: Path) -> None:
    key, other = attesting.signing_key(tmp_path, kind), attesting.signing_key(tmp_path, kind, 2)
    bundle = tmp_path / "it.sigstore.json"

    def accepted(data: bytes, pem: str) -> bool:
        bundle.write_bytes(data)
        (tmp_path / "key.pem").write_text(pem)
        command = ["node", "verify.js", str(bundle), str(tmp_path / "key.pem")]
        done = subprocess.run(command, cwd=npm, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout[:8]) in ((0, "verified"), (1, "refused:")), done.stderr
        return done.returncode == 0

    made = attest(proof_file, key, sigstore=True)
    assert accepted(made, key.public.pem)
    assert not accepted(made, other.public.pem)
    for fault in FAULTS.values():
        whole = json.loads(made)
        fault(whole["dsseEnvelope"])
        assert not accepted(json.dumps(whole).encode(), key.public.pem)


NPM = Path(__file__).parent / "npm"


def test_the_lock_names_no_host() -> None:
    lock = json.loads((NPM / "package-lock.json").read_text())
    assert "http" not in json.dumps(lock)
    packages = [value for name, value in lock["packages"].items() if name]
    assert packages and all("integrity" in value and "resolved" not in value for value in packages)


def test_the_encoding_that_is_signed() -> None:
    """Of the DSSE specification's own example."""
    example = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert dsse.pae("http://example.com/HelloWorld", b"hello world") == example
