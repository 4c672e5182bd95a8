"""Several claims over several logs in folders, in one proof: opened once, paid for once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.kit import support
from zkcompliance import schemas
from zkcompliance.claim import catalogue
from zkcompliance.errors import ClaimDoesNotHold, UsageError
from zkcompliance.log.reservation import reserving
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.prove import api
from zkcompliance.prove.api import Asked
from zkcompliance.stark.profiles import STANDARD
from zkcompliance.verify.verifier import verify_bundle

BELOW, FLOOR = catalogue.load("training-compute-below"), catalogue.load("log-floor-compute")
ROWS = [[(0, 10**18), (1, 3)], [(2, 7)]]


def sealed(path: Path, origin: str) -> SealedLog:
    signer = SignerKey(origin, support.seed(origin))
    create_log(path, schemas.compute, signer)
    with Writer(path, signer) as writer:
        for rows in ROWS:
            writer.seal_columns([support.table(rows, schema=schemas.compute)[:, : len(rows)]])
    return SealedLog.open(path)


@pytest.fixture
def logs(tmp_path: Path) -> dict[str, SealedLog]:
    return {name: sealed(tmp_path / name, f"lab.example/{name}") for name in ("b", "a")}


def spent(log: SealedLog) -> list[int]:
    return [segment.budget().spent() for segment in log.segments]


def test_two_claims_over_one_log_spend_once(logs: dict[str, SealedLog]) -> None:
    log = logs["a"]
    asked = [
        Asked("the floor", FLOOR, {"log": [log]}, {"rows": 3, "sources": 2**4 - 1}),
        Asked("a limit", BELOW, {"compute": [log]}, {"limit": 10**25}),
    ]
    before = spent(log)
    ready = api.get_ready(asked, b"head")
    assert [claim.requirement for claim in ready.statement.claims] == ["a limit", "the floor"]
    with reserving(ready.units()) as reservation:
        bundle = api.make(ready)
        reservation.keep()
    assert np.subtract(spent(log), before).tolist() == [STANDARD.units] * 2
    _, statement, programs, _ = verify_bundle(bundle, program_digests=[BELOW.program_digest, FLOOR.program_digest])
    assert statement.head == b"head" and len(statement.logs) == 1 and len(programs) == 2


def test_one_claim_over_two_logs(logs: dict[str, SealedLog]) -> None:
    """Given in any order, they stand in that of their origins."""
    bundle = api.prove_claim(BELOW, {"compute": [logs["b"], logs["a"]]}, {"limit": 2 * 10**18 + 100})
    _, statement, _, _ = verify_bundle(bundle, program_digests=[BELOW.program_digest])
    assert [log.origin for log in statement.logs] == ["lab.example/a", "lab.example/b"]
    assert statement.claims[0].slots == ((0, 1),) and statement.claims[0].requirement == BELOW.id
    with pytest.raises(ClaimDoesNotHold):
        api.prove_claim(BELOW, {"compute": [logs["b"], logs["a"]]}, {"limit": 2 * 10**18})


def test_what_cannot_be_one_proof(logs: dict[str, SealedLog]) -> None:
    a, limit = logs["a"], {"limit": 10**25}
    for given in (
        [],
        [Asked("x", BELOW, {"compute": [a]}, limit)] * 2,
        [Asked("x", BELOW, {"compute": [a, a]}, limit)],
        [Asked("x", BELOW, {"compute": []}, limit)],
        [Asked("x", BELOW, {"other": [a]}, limit)],
        [Asked("x", BELOW, {"compute": [a]}, limit), Asked("y", BELOW, {"compute": [api.Part(a, 0, 0)]}, limit)],
    ):
        with pytest.raises(UsageError):
            api.get_ready(given, b"")
