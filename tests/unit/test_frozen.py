"""Proof files that must verify for ever (tests/vectors/README.md)."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from tests.kit import support
from zkcompliance.errors import ZkComplianceError
from zkcompliance.log import note
from zkcompliance.log.signer import SignerKey
from zkcompliance.verify.verifier import verify_bundle

PROOFS = Path(__file__).parents[1] / "vectors" / "proofs"
DIGESTS = {
    "standard": "6b81bb3d29db9c25fb5ec1fd0fd4fec0466ca7ffc1a613c73fd9f6a57004e82c",
    "fast": "f041289b9a15e5f37b35c7d182e5aab78a0a836ab5bc7ee4244b21463f28e6ae",
    "small": "a91a1afb983c80d34c8383a4f9f52f3eefbf385a0421c277b10e29b6d85d5dde",
}
ROWS = {"standard": 7, "fast": 3, "small": 6}
KEY = SignerKey("frozen.example", support.seed("frozen key")).verifier


@pytest.mark.parametrize("profile", ROWS)
def test_frozen_proof(profile: str) -> None:
    data = (PROOFS / f"{profile}.zkp").read_bytes()
    assert sha256(data).hexdigest() == DIGESTS[profile]
    bundle, statement, program, report = verify_bundle(data, program_digest=None)
    assert note.verify(bundle.notes[0], KEY).startswith("memory\n1\n")
    assert (program.claim, program.version) == ("frozen-total", 1)
    headed = support.SCHEMA.text.replace(
        "zkc-schema v2\ncompute@1\n", "zkc-schema v1\ncompute\n"
    )  # when they were made
    assert program.logs[0].schema_digest == sha256(headed.encode()).digest()  # of tests/vectors/frozen_schema.txt
    assert statement.publics == (10**24, 0b1111) and statement.context == f"frozen {profile}".encode()
    assert statement.logs[0].entries[0].k == ROWS[profile]
    assert report.profile == profile and report.security_bits >= 128


@pytest.mark.parametrize("profile", ROWS)
def test_frozen_proof_changed(profile: str) -> None:
    data = bytearray((PROOFS / f"{profile}.zkp").read_bytes())
    data[len(data) // 2] ^= 1
    with pytest.raises(ZkComplianceError):
        verify_bundle(bytes(data), program_digest=None)
