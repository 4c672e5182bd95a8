"""A log that is sealed every hour and compacted as it goes: a year of it is one log that proves, and its lineage holds.

By default 120 hours, which are merged twice; the 8,760 of a year with -m long.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from zkcompliance import schemas
from zkcompliance.claim import catalogue
from zkcompliance.log import keys
from zkcompliance.log.fsck import fsck
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.prove import api
from zkcompliance.prove.own_lineage import verify_own
from zkcompliance.prove.reseal import reseal
from zkcompliance.prove.retire import retire
from zkcompliance.verify.verifier import verify_bundle

HOURS, MOST = 120, 58


def row(hour: int) -> dict[str, object]:
    times = {"start": 1736035200 + 3600 * hour, "end": 1736038800 + 3600 * hour}  # a year that is over
    return {**times, "run": "base-1", "phase": "pretraining", "flop": 10**20 + hour, "method": "hardware"}


@pytest.mark.parametrize("hours", [HOURS, pytest.param(8760, marks=pytest.mark.long)])
def test_sealed_every_hour_and_compacted_as_it_goes(tmp_path: Path, hours: int) -> None:
    keys.generate(tmp_path / "key", "lab.example/year")
    key = keys.load_private(tmp_path / "key")
    names = (tmp_path / f"log-{number}" for number in itertools.count(1))
    here = next(names)
    create_log(here, schemas.compute, key, "small")
    done = 0
    while done < hours:
        with Writer(here, key) as writer:
            while done < hours and writer.checkpoint.size < MOST:
                writer.seal([row(done)])
                done += 1
        if done < hours:
            before, here = here, next(names)
            made = reseal(before, here, key, merge=True)
            assert made.proofs <= 2 and len(made.log.segments) <= 31
            retire(before)
    log = SealedLog.open(here)
    found = [r["flop"] for s in log.segments for r in schemas.decode_rows(log.schema, s.load_columns())]
    assert found == [10**20 + hour for hour in range(hours)] and len(log.segments) <= MOST
    assert fsck(here).clean and log.checkpoint.generation >= 1 + (hours - 1) // MOST
    verify_own(Layout(here).lineage, log)
    claim = catalogue.load("training-compute-below")
    bundle = api.prove_claim(claim, {"compute": log}, {**claim.publics({"limit": 10**25})})
    verify_bundle(bundle, program_digests=[claim.program_digest])


def test_what_was_never_compacted_is_compacted_in_one_go(tmp_path: Path) -> None:
    """Seventy segments: past what one proof covers, and out of it in one step with two proofs."""
    keys.generate(tmp_path / "key", "lab.example/many")
    key = keys.load_private(tmp_path / "key")
    create_log(tmp_path / "log", schemas.compute, key, "small")
    with Writer(tmp_path / "log", key) as writer:
        for hour in range(70):
            writer.seal([row(hour)])
    made = reseal(tmp_path / "log", tmp_path / "new", key, merge=True)
    assert (len(made.log.segments), made.proofs, made.carried) == (2, 2, 0)
    verify_own(made.lineage, made.log)
