"""Sixty segments, as many as a proof covers, are proved for real: two claims over one log, and verified."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.kit import support
from zkcompliance.claim import catalogue
from zkcompliance.limits import MAX_SEGMENTS
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.prove.api import Asked, get_ready, make
from zkcompliance.verify.verifier import verify_bundle


@pytest.mark.parametrize("k", [8, pytest.param(14, marks=pytest.mark.long)])
def test_sixty_segments_are_proved(k: int, tmp_path: Path) -> None:
    """Of 2^k rows each."""
    below = catalogue.load("training-compute-below")
    floor = catalogue.floor(below.slots["compute"])
    schema = below.slots["compute"]
    rng = np.random.default_rng(60)
    signer = SignerKey("lab.example/sixty", support.seed("sixty"))
    create_log(tmp_path / "log", schema, signer)
    first, total = schema.limbs("flop")[0], 0
    with Writer(tmp_path / "log", signer) as writer:
        for _ in range(MAX_SEGMENTS):
            table = np.zeros((schema.width, 1 << k), np.uint32)
            table[0] = 1
            for place in range(4):
                table[first + place] = rng.integers(0, 1 << 16, 1 << k)
                total += int(table[first + place].astype(np.int64).sum()) << 16 * place
            writer.seal_columns([table], empty=False)
    log = SealedLog.open(tmp_path / "log")
    rows = MAX_SEGMENTS << k
    asked = [
        Asked("below", below, {"compute": [log]}, below.publics({"limit": total + 1})),
        Asked("floor", floor, {"log": [log]}, floor.publics({"rows": rows, "sources": 15})),
    ]
    bundle = make(get_ready(asked, b""))
    _, statement, _, report = verify_bundle(bundle, program_digests=[below.program_digest, floor.program_digest])
    assert len(statement.logs[0].entries) == MAX_SEGMENTS and report.security_bits >= 128
