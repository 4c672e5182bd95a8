"""A proof file that names a model, and keys, for the tests of attestations."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.kit import support
from zkcompliance.attest.signing import SigningKey
from zkcompliance.policy.binding import Binding, ForPolicy, Subject

SUBJECT = Subject("lab/model-7b", support.seed("model"))
POLICY = ForPolicy(support.seed("policy"), "example", 3)
REQUIREMENT = "training-compute"
BINDING = Binding(POLICY, SUBJECT, 1_767_571_200, b"case 7")


def proof_file(binding: Binding | None = BINDING, name: str = "attested", requirement: str = REQUIREMENT) -> bytes:
    """A true proof of the compute claim over six rows, bound to that."""
    head = b"" if binding is None else binding.encode()
    made = support.prover([support.seal(support.table(support.ROWS))], head=head, name=name)
    made.statement = support.with_claim(made.statement, requirement=requirement)
    return support.prove(made).bundle()


def private(kind: str, number: int = 1) -> ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey:
    """The same key for the same words."""
    seed = support.seed(f"attestation key {number}")
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    return ec.derive_private_key(int.from_bytes(seed, "big") >> 1, ec.SECP256R1())


def pem(key: object) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # type: ignore[attr-defined, no-any-return]


def key_file(path: Path, key: object) -> Path:
    path.touch(0o600)
    path.write_bytes(pem(key))
    return path


def signing_key(folder: Path, kind: str, number: int = 1) -> SigningKey:
    return SigningKey.load(key_file(folder / f"{kind}-{number}.pem", private(kind, number)))


def document(attestation: bytes) -> dict[str, Any]:
    """The envelope in either file."""
    whole = json.loads(attestation)
    found: dict[str, Any] = whole.get("dsseEnvelope", whole)
    return found


def securesystemslib_accepts(envelope: dict[str, Any], pem: str) -> bool:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.dsse import Envelope as Theirs
    from securesystemslib.exceptions import VerificationError as TheirError
    from securesystemslib.signer import SSlibKey

    key = SSlibKey.from_crypto(load_pem_public_key(pem.encode()))  # type: ignore[arg-type]
    try:
        Theirs.from_dict(copy.deepcopy(envelope)).verify([key], 1)
    except TheirError:
        return False
    return True
