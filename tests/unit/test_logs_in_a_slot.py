"""Several logs in one slot: `check` reads them as one, in ascending order of their origins, however they are given."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.kit.exact_rows import exact
from tests.kit.quick_logs import quickly
from zkcompliance import schemas
from zkcompliance.claim import catalogue
from zkcompliance.claim.model import CheckResult
from zkcompliance.log import files, open_log
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.prove.api import Asked, check, columns_of
from zkcompliance.prove.parts import part_of
from zkcompliance.schemas import Schema

DAY = 86400
CADENCE = {
    "model": "m1", "since": 0, "until": 300 * DAY, "gap": "100 days", "flop_before": "1e24", "suites": ("gpqa@2",),
}  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quickly(monkeypatch)
    monkeypatch.setattr(files.os, "fsync", lambda _: None)


def sealed(folder: Path, origin: str, schema: Schema, *segments: Sequence[Mapping[str, object]]) -> SealedLog:
    """A log of that origin; a segment of no rows is one of an empty log."""
    path, key = folder / origin.replace("/", "-"), SignerKey(origin, bytes(range(32)))
    create_log(path, schema, key)
    with Writer(path, key) as writer:
        for rows in segments:
            writer.seal([exact(schema, row) for row in rows], empty=not rows)
    return open_log(path)


def found(claim: str, slots: Mapping[str, Sequence[SealedLog]], params: Mapping[str, object]) -> CheckResult:
    """Also where the slot's mark says that one log fills it, which is refused before anything is proved."""
    made = catalogue.load(claim)
    values = {spec.name: spec.of_text(params[spec.name]) for spec in made.params if spec.name in params}
    logs = [part_of(log) for filled in slots.values() for log in filled]
    return check(Asked(claim, made, slots, values), columns_of(logs))


def event(at: int, flop: str = "1e24") -> dict[str, object]:
    return {"serial": 1, "model": "m1", "kind": "eval", "at": at * DAY, "cumulative_flop": flop}


def sample(at: int) -> dict[str, object]:
    return {"suite": "gpqa@2", "item": "i1", "model": "m1", "score": 0, "at": at * DAY}


def job(flop: int, run: str = "r1") -> dict[str, object]:
    return {"start": 5, "end": 9, "run": run, "phase": "pretraining", "method": "hardware", "flop": flop}


def test_origins_decide_the_order_and_not_how_logs_are_given(tmp_path: Path) -> None:
    """A claim that looks at the row before holds over the logs in one order of their origins, and fails in another."""
    early, late = [event(90), event(100)], [event(190), event(200)]
    rising = [
        sealed(tmp_path, f"lab.example/{name}", schemas.event, *parts)
        for name, parts in (("b", [late]), ("a", [early[:1], early[1:]]))
    ]
    falling = [
        sealed(tmp_path, f"lab.example/{name}", schemas.event, part) for name, part in (("d", early), ("c", late))
    ]
    graded = [sealed(tmp_path, "lab.example/e", schemas.eval_, [sample(at) for at in (90, 100, 190, 200)])]
    for given in itertools.permutations(rising):
        assert found("evals-cadence", {"events": given, "evals": graded}, CADENCE).holds
    for given in itertools.permutations(falling):
        result = found("evals-cadence", {"events": given, "evals": graded}, CADENCE)
        assert (result.holds, result.requirement) == (False, "events in order of time")
    assert rising[0].origin > rising[1].origin


def test_origins_are_compared_as_bytes(tmp_path: Path) -> None:
    """`Z` is before `a`, and a small é, of two bytes, is after `z`."""
    parts = {"Z": [event(90)], "a": [event(100)], "z": [event(190)], "é": [event(200)]}
    logs = [sealed(tmp_path, f"lab.example/{name}", schemas.event, rows) for name, rows in parts.items()]
    graded = [sealed(tmp_path, "lab.example/e", schemas.eval_, [sample(at) for at in (90, 100, 190, 200)])]
    assert found("evals-cadence", {"events": logs[::-1], "evals": graded}, CADENCE).holds


def test_rows_at_fault_are_numbered_through_all_logs(tmp_path: Path) -> None:
    a = sealed(tmp_path, "lab.example/a", schemas.incident, [_incident(1), _incident(2)])
    b = sealed(tmp_path, "lab.example/b", schemas.incident, [_incident(3), _incident(4)])
    told = [_report(1), _report(2), _report(3), _report(4, 50 * DAY)]
    reports = [sealed(tmp_path, "lab.example/r", schemas.incident_report, told)]
    asked = {"as_of": 60 * DAY, "authority": "office"}
    result = found("incidents-reported-in-time", {"incidents": [b, a], "reports": reports}, asked)
    assert not result.holds
    assert result.details["reported in time: rows of incidents"] == "4"
    assert result.details["rows of incidents"] == "4"


@pytest.mark.parametrize("names", list(itertools.permutations("abc")))
def test_a_claim_without_the_mark_finds_the_same_in_any_order(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Logs with several segments, and one without rows; which rows a log has is the same, whatever it is called."""
    parts: list[list[list[dict[str, object]]]] = [[[job(3)], [job(4, "r2")]], [[]], [[job(5), job(6), job(7, "r3")]]]
    logs = [
        sealed(tmp_path, f"lab.example/{name}", schemas.compute, *rows) for name, rows in zip(names, parts, strict=True)
    ]
    for limit, holds in ((26, True), (25, False)):
        result = found("training-compute-below", {"compute": logs}, {"limit": limit})
        assert (result.holds, result.details["rows of compute"]) == (holds, "5")
    band = {"limit": 50, "at_least": "50%", "at_most": "50%"}
    result = found("compute-band", {"compute": logs}, band)
    assert result.holds and (result.reveals["total"], result.details["reveals total"]) == (25, "25 FLOP")


def _incident(serial: int) -> dict[str, object]:
    return {"serial": serial, "category": "cybersecurity", "occurred": 0, "aware": DAY}


def _report(serial: int, at: int = 3 * DAY) -> dict[str, object]:
    return {"serial": serial, "at": at, "kind": "initial", "authority": "office", "receipt": f"r{serial}"}
