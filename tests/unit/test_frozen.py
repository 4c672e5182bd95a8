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
    "standard": "28ab0761da8c2e95f2f2d5b8ce1f5c1a6742e20d3674d9ca5426e1051d6d7519",
    "fast": "e15d016dd491187c5db51ab0f372a4be7d35e2cab3f5437fcf5ab9c270d7a49a",
    "small": "f9ca3ff71c341daa922c910505123301561d25797a482c180f14f7742d147607",
}
ROWS = {"standard": 7, "fast": 3, "small": 6}
KEY = SignerKey("frozen.example", support.seed("frozen key")).verifier


@pytest.mark.parametrize("profile", ROWS)
def test_frozen_proof(profile: str) -> None:
    data = (PROOFS / f"{profile}.zkp").read_bytes()
    assert sha256(data).hexdigest() == DIGESTS[profile]
    bundle, statement, program, report = verify_bundle(data, program_digests=None)
    assert note.verify(bundle.notes[0], KEY).startswith("memory\n1\n")
    assert (program.claim, program.version) == ("frozen-total", 1)
    assert program.logs[0].schema_digest == support.SCHEMA.digest  # of tests/vectors/frozen_schema.txt
    assert statement.publics == (10**24, 0b1111) and statement.context == f"frozen {profile}".encode()
    assert statement.logs[0].entries[0].k == ROWS[profile]
    assert report.profile == profile and report.security_bits >= 128


@pytest.mark.parametrize("profile", ROWS)
def test_frozen_proof_changed(profile: str) -> None:
    data = bytearray((PROOFS / f"{profile}.zkp").read_bytes())
    data[len(data) // 2] ^= 1
    with pytest.raises(ZkComplianceError):
        verify_bundle(bytes(data), program_digests=None)
