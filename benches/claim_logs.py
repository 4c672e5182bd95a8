"""Logs in which the catalogue's claims hold, of any number of varied rows, the same ones each time.

`make(claim, rows)` gives the columns of each slot (width, rows) and the claim's parameters: a text as people write it,
or the value as an integer. Of a claim in `MAKERS` no two rows are alike, values spread over the limbs that real ones
use, and rows of one group, model or chip are scattered over the log; any other has an example's rows, repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import zkcompliance as zk
from zkcompliance import schemas
from zkcompliance.claim import catalogue
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.claim.model import Claim
from zkcompliance.log.keys import load_private
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.schemas import Schema

Columns = np.ndarray
Made = tuple[dict[str, Columns], dict[str, Any]]

DAY = 86_400
BEGIN = 1_700_000_000  # UTC seconds


def publics(claim: Claim, params: Mapping[str, Any]) -> dict[str, int]:
    """The claim's publics for those of the parameters that `make` gives which are its own."""
    readers = {each.name: each.parse for each in claim.params if each.name in params}
    values = {name: params[name] for name in readers}
    return claim.publics({name: readers[name](v) if isinstance(v, str) else v for name, v in values.items()})


def seal(claim: Claim, made: Mapping[str, Columns], folder: Path) -> dict[str, SealedLog]:
    """A log of one segment for each slot, in folders of their names."""
    logs = {}
    for slot, columns in made.items():
        zk.keygen(folder / f"{slot}.key", f"bench-{slot}")
        key = load_private(folder / f"{slot}.key")
        create_log(folder / slot, claim.slots[slot], key)
        with Writer(folder / slot, key) as writer:
            writer.seal_columns([columns])
        logs[slot] = SealedLog.open(folder / slot)
    return logs


def rng(name: str) -> np.random.Generator:
    return np.random.default_rng(list(name.encode()))


def ids(draw: np.random.Generator, count: int) -> np.ndarray:
    """(count, 8) limbs of as many ids."""
    return draw.integers(0, 1 << 16, (count, 8), dtype=np.uint32)


def text(one: np.ndarray) -> str:
    """The (8,) limbs of an id as it is given for a parameter."""
    return "0x" + one.astype("<u2").tobytes().hex()


def cells(schema: Schema, rows: int, **values: Any) -> Columns:
    """The log's columns. Values: numbers or int64 arrays; (rows, limbs) for ids and wide ones; 0 if none is given."""
    found = np.zeros((schema.width, rows), np.uint32)
    found[0] = 1
    for name, value in values.items():
        limbs = schema.limbs(name.rstrip("_"))
        if isinstance(value, np.ndarray) and value.ndim == 2:
            found[limbs.start : limbs.start + value.shape[1]] = value.T
            continue
        for j, limb in enumerate(limbs):
            found[limb] = np.asarray(value, np.int64) >> 16 * min(j, 3) & 0xFFFF if j < 4 else 0
    return found


def wide(mantissa: np.ndarray, shift: int) -> np.ndarray:
    """(rows, 6) limbs of mantissa·2^shift; mantissa int64 below 2^47, shift a multiple of 16."""
    found = np.zeros((len(mantissa), 6), np.uint32)
    for j in range(3):
        found[:, shift // 16 + j] = mantissa >> 16 * j & 0xFFFF
    return found


def compute(rows: int) -> tuple[Columns, int]:
    """Steps of runs, stated by hardware and by architecture within 20 %, some measured or not counted; the total."""
    schema, draw = schemas.compute, rng("compute")
    pairs = -(-rows // 2)
    runs = ids(draw, max(1, pairs // 64))
    run = runs[np.arange(pairs) % len(runs)]
    hardware = draw.integers(1 << 44, 1 << 46, pairs)  # times 2^32: about 2e23 FLOP
    architecture = hardware + (hardware // 1000) * draw.integers(-200, 200, pairs)
    phase = np.where(draw.random(pairs) < 0.85, draw.integers(0, 4, pairs), draw.integers(4, 7, pairs))
    start = BEGIN + np.sort(draw.integers(0, 300 * DAY, pairs))
    method = np.where(draw.random(2 * pairs) < 0.02, 2, np.arange(2 * pairs) % 2)
    method[: 2 * len(runs)] %= 2  # every run is stated both ways
    method[: 2 * len(runs)] = np.arange(2 * len(runs)) % 2
    phase[: len(runs)] = 0
    flop = np.stack([hardware, architecture], axis=1).reshape(-1)
    low = draw.integers(0, 1 << 16, (2 * pairs, 2), dtype=np.uint32)
    amounts = wide(flop, 32)
    amounts[:, :2] = low
    both = {
        "start": np.repeat(start, 2), "end": np.repeat(start, 2) + 3600, "run": np.repeat(run, 2, axis=0),
        "phase": np.repeat(phase, 2), "device_kind": 5, "devices": draw.integers(8, 4096, 2 * pairs), "flop": amounts,
        "method": method, "utilisation": draw.integers(200_000, 600_000, 2 * pairs),
    }  # fmt: skip
    made = cells(schema, 2 * pairs, **both)[:, :rows]
    counted = made[schema.limbs("phase")[0]] < 4
    total = sum(
        int(made[limb, counted].astype(np.int64).sum()) << 16 * j for j, limb in enumerate(schema.limbs("flop"))
    )
    return np.ascontiguousarray(made), total


def training_compute_below(rows: int) -> Made:
    made, total = compute(rows)
    return {"compute": made}, {"limit": total + total // 10}


def compute_band(rows: int) -> Made:
    made, total = compute(rows)
    return {"compute": made}, {"limit": total * 8 // 5, "at_least": "50%", "at_most": "75%"}


def compute_methods_agree(rows: int) -> Made:
    return {"compute": compute(rows)[0]}, {}


def graded(rows: int, samples: int) -> tuple[Columns, dict[str, np.ndarray]]:
    """Graded attempts at `samples` samples, in the order of grading: four models, eight suites, two epochs."""
    schema, draw = schemas.eval_, rng("eval")
    suites, models, domains = ids(draw, 8), ids(draw, 4), ids(draw, 20)
    items = ids(draw, max(1, samples // 8))
    number = np.arange(samples)
    item, rest = number // 8, number % 8
    key = {
        "suite": suites[item % 8], "item": items[np.minimum(item, len(items) - 1)], "epoch": 1 + rest % 2,
        "model": models[rest // 2], "domain": domains[item % 20], "grader": suites[:1].repeat(samples, axis=0),
    }  # fmt: skip
    late = samples - samples // 8 * 8  # what is over has items of its own
    if late:
        key["item"][-late:] = ids(draw, late)
    retried = draw.permutation(samples)[: rows - samples]
    which = np.concatenate([number, retried])
    attempt = np.concatenate([np.full(samples, 1), np.full(rows - samples, 2)])
    order = draw.permutation(rows)
    which, attempt = which[order], attempt[order]
    made = cells(
        schema, rows, **{name: value[which] for name, value in key.items()}, attempt=attempt,
        score=draw.integers(1, 400_000, rows), at=BEGIN + 100 * DAY + np.sort(draw.integers(0, 60 * DAY, rows)),
    )  # fmt: skip
    return made, key


def eval_score_under(rows: int) -> Made:
    return {"evals": graded(rows, rows * 4 // 5)[0]}, {"limit": "50%"}


def eval_coverage(rows: int) -> Made:
    samples = rows * 4 // 5
    made, key = graded(rows, samples)
    order = rng("plan").permutation(samples)
    plan = cells(
        schemas.eval_, samples, **{name: value[order] for name, value in key.items()}, attempt=1, score=0,
        at=BEGIN + np.sort(rng("at").integers(0, 90 * DAY, samples)),
    )  # fmt: skip
    return {"evals": made, "registered": plan}, {}


def evals_cadence(rows: int) -> Made:
    """The register of five models over five years, in which compute grows a thousandfold; as many graded samples."""
    schema, draw = schemas.event, rng("event")
    models = ids(draw, 5)
    at = BEGIN + np.sort(draw.integers(0, 1800 * DAY, rows))
    which = draw.integers(0, 5, rows)
    passed = (at - BEGIN) / (1800 * DAY)
    mantissa = (2.0**37 * 1000.0**passed).astype(np.int64) + draw.integers(0, 1 << 30, rows)
    kind = np.where(draw.random(rows) < 0.4, 0, draw.integers(1, 11, rows))
    stated = (draw.random(rows) < 0.9) | (kind == 0)
    flop = wide(np.where(stated, mantissa, 0), 32)  # from 6e20 FLOP to 6e23
    flop[:, 0] = np.where(stated, draw.integers(0, 1 << 16, rows), 0)
    made = cells(
        schema, rows, serial=1 + np.arange(rows), at=at, kind=kind, model=models[which], cumulative_flop=flop
    )  # fmt: skip
    suites, items = ids(draw, 2), ids(draw, max(1, rows // 100))
    graded = cells(
        schemas.eval_, rows, suite=suites[draw.integers(0, 2, rows)], item=items[np.arange(rows) % len(items)], epoch=1,
        attempt=1, model=models[draw.integers(0, 5, rows)], score=draw.integers(1, 400_000, rows),
        at=BEGIN + np.sort(draw.integers(0, 1800 * DAY, rows)),
    )  # fmt: skip
    params = {
        "model": text(models[0]),
        "suites": ",".join(map(text, suites)),
        "since": BEGIN,
        "until": BEGIN + 1800 * DAY,
        "gap": "90 days",
        "flop_before": 1 << 70,
    }
    return {"events": made, "evals": graded}, params


def incidents(rows: int, draw: np.random.Generator) -> tuple[Columns, np.ndarray]:
    """Incidents of every category, and when each was reported: 0 where it was not."""
    occurred = BEGIN + np.sort(draw.integers(0, 1000 * DAY, rows))
    category = draw.integers(0, 8, rows)
    aware = occurred + draw.integers(0, 30 * DAY, rows)
    clock = np.array([2, 5, 10, 15, 15, 1, 1, 1])[category] * DAY
    reported = aware + (clock * draw.random(rows)).astype(np.int64)
    reported[(category > 5) & (draw.random(rows) < 0.5)] = 0
    made = cells(
        schemas.incident, rows, serial=1 + np.arange(rows), category=category, occurred=occurred, aware=aware,
        reported=reported, last_update=np.where(reported > 0, reported + DAY, 0),
    )  # fmt: skip
    return made, reported


def incidents_reported_in_time(rows: int) -> Made:
    """Incidents, and a report of each that must be reported or was, in another order."""
    draw = rng("incident")
    made, reported = incidents(rows, draw)
    told = draw.permutation(np.flatnonzero(reported))
    authorities = ids(draw, 1)
    reports = cells(
        schemas.incident_report, len(told), serial=1 + told, at=reported[told], kind=0,
        authority=authorities.repeat(len(told), axis=0), receipt=ids(draw, len(told)),
    )  # fmt: skip
    return (
        {"incidents": made, "reports": reports},
        {"as_of": BEGIN + 1100 * DAY, "authority": text(authorities[0])},
    )


def chips_registered(rows: int) -> Made:
    """Chips that were booked one to three times and more, one booking after the other."""
    schema, draw = schemas.chip, rng("chip")
    count = max(1, rows * 3 // 5)
    chips, runs, sites, owners = ids(draw, count), ids(draw, max(1, rows // 64)), ids(draw, 12), ids(draw, 3)
    kind = draw.integers(1, 32, count)
    which = np.concatenate([np.arange(count), draw.integers(0, count, rows - count)])[:rows]
    order = np.argsort(which, kind="stable")
    first = np.searchsorted(which[order], which[order])
    turn = np.empty(rows, np.int64)
    turn[order] = np.arange(rows) - first  # the how-manieth booking of its chip
    since = BEGIN + turn * 100 * DAY + draw.integers(0, 10 * DAY, rows)
    scattered = draw.permutation(rows)
    which, since = which[scattered], since[scattered]
    used = cells(
        schemas.booking, rows, chip=chips[which], run=runs[draw.integers(0, len(runs), rows)],
        start=since, end=since + draw.integers(1, 89 * DAY, rows), kind=draw.integers(0, 4, rows),
    )  # fmt: skip
    listed = draw.permutation(count)
    registry = cells(
        schema, count, chip=chips[listed], kind=kind[listed], owner=owners[listed % 3],
        site=sites[draw.integers(0, 12, count)], from_=BEGIN, until=(1 << 48) - 1,
    )  # fmt: skip
    return {"used": used, "registry": registry}, {"cap": count}


def jobs_of_models(rows: int) -> tuple[Columns, np.ndarray]:
    """Jobs of fifty models in the order in which they began, a tenth of them at a second at which others end too; the
    ids of the models."""
    draw = rng("jobs")
    models, runs = ids(draw, 50), ids(draw, max(1, rows // 64))
    start = BEGIN + np.sort(draw.integers(0, 300 * DAY, rows))
    end = start + draw.integers(3600, 20 * DAY, rows)
    end = np.where(draw.random(rows) < 0.1, end // DAY * DAY + DAY, end)
    flop = wide(draw.integers(1 << 44, 1 << 46, rows), 32)
    flop[:, :2] = draw.integers(0, 1 << 16, (rows, 2))
    made = cells(
        schemas.compute, rows, start=start, end=end, run=runs[np.arange(rows) % len(runs)], method=0, flop=flop,
        model=models[draw.integers(0, 50, rows)],
    )  # fmt: skip
    return made, models


def events_of_models(rows: int, models: np.ndarray, kinds: tuple[str, ...]) -> Columns:
    """Events of these kinds, one after the other for each model."""
    draw = rng("events")
    number = np.arange(rows) // len(models)
    kind = np.array([schemas.event.column("kind").choices.index(each) for each in kinds])[number % len(kinds)]
    at = BEGIN + np.sort(draw.integers(0, 300 * DAY, rows))
    return cells(
        schemas.event, rows, serial=1 + np.arange(rows), at=at, kind=kind, model=models[np.arange(rows) % len(models)]
    )


def paused_models_wait(rows: int) -> Made:
    """As many events as jobs; what began while its model was paused is given to a model that never is."""
    made, models = jobs_of_models(rows)
    events = events_of_models(rows, models, ("pause", "resume"))
    limbs = schemas.compute.limbs("model")
    stays = ids(rng("stays"), 1)[0]
    state = np.zeros(rows, np.int64)
    paused = schemas.event.column("kind").choices.index("pause")
    at = moments(events, schemas.event, "at")
    for model in models:
        mine = (model == events[schemas.event.limbs("model")].T).all(axis=1)
        jobs = (model == made[limbs].T).all(axis=1)
        place = np.searchsorted(at[mine], moments(made, schemas.compute, "start")[jobs], side="right") - 1
        kinds = events[schemas.event.limbs("kind")[0]][mine]
        state[jobs] = (place >= 0) & (kinds[np.maximum(place, 0)] == paused)
    made[limbs.start : limbs.stop, state == 1] = stays[:, None]
    return {"compute": made, "events": events}, {}


def moments(columns: Columns, schema: Schema, name: str) -> np.ndarray:
    return sum(columns[limb].astype(np.int64) << 16 * j for j, limb in enumerate(schema.limbs(name)))  # type: ignore[return-value]


def rolling_compute(rows: int) -> Made:
    return {"compute": jobs_of_models(rows)[0]}, {"limit": (1 << 78) * rows}


def crossings_notified(rows: int) -> Made:
    """A threshold that every model reaches, and a notice of each in every hour or so."""
    made, models = jobs_of_models(rows)
    notices = events_of_models(rows, models, ("notify_authority",))
    return {"compute": made, "events": notices}, {"threshold": (1 << 77) * max(1, rows // 100)}


MAKERS: dict[str, Callable[[int], Made]] = {
    maker.__name__.replace("_", "-"): maker
    for maker in (
        training_compute_below, compute_band, compute_methods_agree, eval_score_under, eval_coverage, evals_cadence,
        incidents_reported_in_time, chips_registered, paused_models_wait, rolling_compute, crossings_notified,
    )
}  # fmt: skip
MAKERS["rolling-compute-of-models"] = rolling_compute


def make(claim: str, rows: int) -> Made:
    return MAKERS[claim](rows) if claim in MAKERS else repeated(claim, rows)


def repeated(claim: str, rows: int) -> Made:
    """The rows of the claim's first example that holds over as many: each log's, over and over.

    SystemExit where there is none, as of a claim under which no two rows are alike: it needs a maker.
    """
    module = catalogue.files()[claim.replace("-", "_")]
    (definition,) = {each for each in vars(module).values() if isinstance(each, ClaimDefinition)}
    for example in module.EXAMPLES:
        tables, given = example.inputs(definition)
        once = {slot: np.concatenate(segments, axis=1) for slot, segments in tables.items()}
        if example.failing or not all(columns.shape[1] for columns in once.values()):
            continue
        made = {
            slot: np.ascontiguousarray(np.tile(columns, -(-rows // columns.shape[1]))[:, :rows])
            for slot, columns in once.items()
        }
        params = definition.publics(given)
        if interpret(definition, {slot: [columns] for slot, columns in made.items()}, params).holds:
            return made, {name: params[name] for name in given}
    raise SystemExit(f"{claim}: no example holds over {rows} rows of its own; MAKERS in claim_logs.py needs a maker")
