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
    "standard": "e23495826a7de5351575cb73e454729e45ee366b7922187352763d00451a9a06",
    "fast": "9ea1effe668794117530ce21920f90c4606a6e3b7b3a9b2c972d7d6583f83641",
    "small": "e5754ea2ba68e13faa3f9c470bd0a1ca57e26d2b5a02a429eea9b1ab8194d2c2",
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
