"""Proof files that must verify for ever (tests/vectors/README.md)."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
import support

from zkcompliance.errors import ZkComplianceError
from zkcompliance.log import note
from zkcompliance.verify import verify_bundle

PROOFS = Path(__file__).parents[1] / "vectors" / "proofs"
DIGESTS = {
    "standard": "bf96432f272500bc7e03738b4830f0b9a6767d527329fa443671213fb6e845a7",
    "fast": "3fe65098b955d1ff2fbfc2554b753ec2276ea7fea9e8fcd90a1daeefe680f4f4",
    "small": "4139b2f0dfce66487d8c71f611c71aa08040b0e6e80ae54c604bada919df831a",
}
ROWS = {"standard": 7, "fast": 3, "small": 6}
KEY = note.SignerKey("frozen.example", support.seed("frozen key")).verifier


@pytest.mark.parametrize("profile", ROWS)
def test_frozen_proof(profile: str) -> None:
    data = (PROOFS / f"{profile}.zkp").read_bytes()
    assert sha256(data).hexdigest() == DIGESTS[profile]
    bundle, statement, program, report = verify_bundle(data, program_digest=None)
    assert note.verify(bundle.notes[0], KEY).startswith("memory\n1\n")
    assert (program.claim, program.version) == ("training-compute-below", 1)
    assert statement.publics == (10**24, 0b1111) and statement.context == f"frozen {profile}".encode()
    assert statement.logs[0].entries[0].k == ROWS[profile]
    assert report.profile == profile and report.security_bits >= 128


@pytest.mark.parametrize("profile", ROWS)
def test_frozen_proof_changed(profile: str) -> None:
    data = bytearray((PROOFS / f"{profile}.zkp").read_bytes())
    data[len(data) // 2] ^= 1
    with pytest.raises(ZkComplianceError):
        verify_bundle(bytes(data), program_digest=None)
