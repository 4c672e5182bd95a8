"""More claims of the under-constraint hunt: what looks back in time, each with cases in which it holds or does not."""

from __future__ import annotations

from tests.kit.hunt.base import Hunt, event, job
from zkcompliance.claim.language import (
    ComputeLog,
    Count,
    EventLog,
    Flop,
    Param,
    base,
    claim,
    days,
    latest,
    require,
    seconds,
)


@claim("hunt-states")
def states(compute: ComputeLog, events: EventLog) -> None:
    """The state of a run when a job began, and strictly before; of several events at once the last."""
    at = {"at": compute.start, "order": events.at, "per": (compute.run, events.model.or_else("none"))}
    require("not paused", compute.none(latest(events.kind, **at, default="resume") == "pause"))
    require("numbered", compute.every(latest(events.serial - 5, **at, default=-1) <= 70_000))
    before = latest(events.cumulative_flop.or_else(0), at=compute.end - seconds(1), order=events.at, default=9)
    require("little", compute.every(before <= 2**64))


@claim("hunt-states-unique")
def states_unique(events: EventLog, least: Param[Count]) -> None:
    """Of a log asked about itself, no two rows of which are equally late; and of a single time."""
    require("unique", events.unique(events.at))
    evals = events.where(events.kind == "eval")
    require("rising", events.every(latest(evals.serial, at=events.at, order=evals.at, default=least) <= events.serial))
    require("last", latest(evals.serial, at=evals.at.max(empty=7), order=evals.at, default=0) >= least)


@claim("hunt-running")
def running(compute: ComputeLog, limit: Param[Flop]) -> None:
    """Running sums along the log, over segments, of wide values and of bits."""
    counted = compute.where(compute.phase != "other")
    require("below", compute.every(counted.flop.running() <= limit))
    require("few", compute.where((compute.phase == "other").as_count().running() >= 3).count() <= 4)


@claim("hunt-running-in-order")
def running_in_order(compute: ComputeLog, limit: Param[Flop]) -> None:
    """Running sums of each run in order of a column, of wide values and of what may be negative."""
    late = compute.order_by(compute.end)
    counted = late.where(late.phase != "other")
    require("below", late.every(counted.flop.running(per=late.run) <= limit))
    require("change", late.every((late.devices.or_else(0) - 5).running(per=late.run) <= 70_000))


@claim("hunt-windows")
def windows(compute: ComputeLog, limit: Param[Flop]) -> None:
    """Sums in a window, of wide values and of what may be negative."""
    counted = compute.where(compute.phase != "other")
    require("below", compute.every(counted.flop.sum_within(days(1), at=counted.end, per=counted.run) <= limit))
    require("change", compute.every((compute.devices.or_else(0) - 5).sum_within(days(1), at=compute.start) <= 70_000))
    require("few", compute.every((compute.flop > 2).as_count().sum_within(days(1), at=compute.start) <= 4))


DAY = 86_400
later = base(**event(kind="resume", model="r1", at=70_000, cumulative_flop=2**40))
OVER_TIME: dict[str, Hunt] = {
    "states": Hunt(
        states,
        {
            "compute": [
                [job(start=70_000, end=70_001), job(start=69_999, end=140_000), job(run="r2", start=3, end=3)],
                [job(start=2**40, end=2**40), job(run="r3", start=0, end=5 * 2**16)],
            ],
            "events": [
                [later(kind="pause", serial=2), later(), later(at=5, serial=70_000)],
                [later(model="r2", kind="pause", at=4), later(model="r0", at=4), later(at=70_000, serial=9)],
            ],
        },
    ),
    "states, none": Hunt(states, {"compute": [job(), job()], "events": []}),
    "states, unique": Hunt(
        states_unique,
        {
            "events": [
                [event(at=70_000), event(at=9, kind="pause"), event(at=2**33, serial=3)],
                [event(at=70_001, kind="pause", serial=2)],
            ],
            "least": 1,
        },
    ),
    "running": Hunt(
        running,
        {
            "compute": [
                [job(flop=2**90 + 0xFFFF), job(flop=1), job(phase="other", flop=2**95), job(flop=0xFFFF_FFFF)],
                [job(flop=5), job(phase="other"), job(flop=2**16)],
            ],
            "limit": 2**91,
        },
    ),
    "running in order": Hunt(
        running_in_order,
        {
            "compute": [
                [job(flop=2**90 + 0xFFFF, end=9, devices=9), job(flop=0xFFFF, end=9, devices=2**16)],
                [job(phase="other", flop=2**95, end=8), job(run="r2", flop=2**40, end=8), job(run="r2", end=2**33)],
            ],
            "limit": 2**91,
        },
    ),
    "windows": Hunt(
        windows,
        {
            "compute": [
                [job(flop=2**90 + 0xFFFF, start=9, end=9), job(flop=0xFFFF, start=9, end=9, devices=2**16)],
                [job(phase="other", flop=2**95, end=9), job(run="r2", flop=2**40, end=DAY + 8)],
                [job(flop=2, end=DAY + 8), job(flop=2**90, start=2**47, end=2**48 - 1)],
            ],
            "limit": 2**91,
        },
    ),
}

FALSE_OVER_TIME: dict[str, Hunt] = {
    "paused at that moment": Hunt(
        states, {"compute": [job(start=70_000, end=70_000)], "events": [later(kind="pause", serial=1)]}
    ),
    "paused last of two at once": Hunt(
        states,
        {
            "compute": [[job(start=70_000, end=70_000)], [job(run="r2")]],
            "events": [[later(), later()], [later(kind="pause"), later(model="r0")]],
        },
    ),
    "paused before": Hunt(
        states, {"compute": [job(start=70_000, end=70_000)], "events": [later(at=3, kind="pause"), later(at=70_001)]}
    ),
    "another run's state": Hunt(
        states, {"compute": [job(start=9, end=9)], "events": [later(at=3, kind="pause"), later(model="r2", at=4)]}
    ),
    "much before": Hunt(
        states, {"compute": [job(start=9, end=9)], "events": [later(at=8, cumulative_flop=2**65), later(at=9)]}
    ),
    "falling": Hunt(states_unique, {"events": [event(at=70_000, kind="deploy"), event(at=9, serial=2)], "least": 0}),
    "too much so far": Hunt(
        running, {"compute": [[job(flop=2**90)], [job(), job(flop=2**90 - 1)]], "limit": 2**91 - 1}
    ),
    "too much of a run": Hunt(
        running_in_order,
        {"compute": [[job(flop=2**90, end=7)], [job(end=3), job(flop=2**90 - 1, end=7)]], "limit": 2**91 - 1},
    ),
    "too many": Hunt(running_in_order, {"compute": [job(devices=70_000), job(devices=11)], "limit": 2**91}),
    "too much in a day": Hunt(
        windows,
        {"compute": [[job(flop=2**90, end=7)], [job(flop=2**90, end=DAY + 6), job(run="r2")]], "limit": 2**91 - 1},
    ),
    "too many in a day": Hunt(windows, {"compute": [job(devices=70_006), job(devices=6)], "limit": 2**91}),
}
