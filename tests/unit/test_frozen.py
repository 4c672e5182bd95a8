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
    "standard": "175b0f9a0f7897ed6986f11b5cc61944f74af20e87a9c82b31ec0c35d98a4927",
    "fast": "249f7fa1279fdfc7a0d7b9d9856c0ae3a61a257b4ec86b2540a3e2589e445aa3",
    "small": "62d132529495f913730d5485b1ff50b47c5ae3c75cde8a76ce62a3d9528e5134",
}
ROWS = {"standard": 7, "fast": 3, "small": 6}
KEY = SignerKey("frozen.example", support.seed("frozen key")).verifier


@pytest.mark.parametrize("profile", ROWS)
def test_frozen_proof(profile: str) -> None:
    data = (PROOFS / f"{profile}.zkp").read_bytes()
    assert sha256(data).hexdigest() == DIGESTS[profile]
    bundle, statement, (program,), report = verify_bundle(data, program_digests=None)
    assert note.verify(bundle.notes[0], KEY).startswith("memory\n1\n")
    assert (program.claim, program.version) == ("frozen-total", 1)
    assert program.logs[0].schema_digest == support.SCHEMA.digest  # of tests/vectors/frozen_schema.txt
    assert statement.claims[0].publics == (10**24, 0b1111) and statement.head == f"frozen {profile}".encode()
    assert statement.logs[0].entries[0].k == ROWS[profile]
    assert report.profile == profile and report.security_bits >= 128


@pytest.mark.parametrize("profile", ROWS)
def test_frozen_proof_changed(profile: str) -> None:
    data = bytearray((PROOFS / f"{profile}.zkp").read_bytes())
    data[len(data) // 2] ^= 1
    with pytest.raises(ZkComplianceError):
        verify_bundle(bytes(data), program_digests=None)
