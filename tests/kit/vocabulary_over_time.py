"""Claims of the words that look back in time: the state at a time, running sums, sums in a window."""

from __future__ import annotations

from zkcompliance.claim.language import (
    ComputeLog,
    Count,
    EventLog,
    Flop,
    Param,
    Seconds,
    Time,
    claim,
    days,
    latest,
    param,
    require,
    reveal,
    seconds,
)


@claim("paused")
def paused(compute: ComputeLog, events: EventLog) -> None:
    """No job began while its model was paused; strictly before, another state; both of one row."""
    stops = events.where((events.kind == "pause") | (events.kind == "eval"))
    per = (compute.model.or_else(""), stops.model.or_else(""))
    state = latest(stops.kind, at=compute.start, order=stops.at, per=per, default="eval")
    serial = latest(stops.serial - 3, at=compute.start, order=stops.at, per=per, default=7)
    require("running", compute.none((state == "pause") & (serial >= 0)))
    before = latest(events.model.or_else(""), at=compute.start - seconds(1), order=events.at, default="m")
    require("another model", compute.any(before != compute.model.or_else("")) | (compute.count() <= 1))


@claim("states")
def states(events: EventLog, when: Param[Time], most: Param[Flop]) -> None:
    """Of a log asked about itself, by two keys; of a single time; of values that follow from the keys."""
    evals = events.where(events.kind == "eval")
    per = ((events.model.or_else(""), events.serial), (evals.model.or_else(""), evals.serial + 1))
    earlier = latest(evals.cumulative_flop.or_else(0), at=events.at, order=evals.at, per=per, default=most)
    require("grows", events.every((earlier <= events.cumulative_flop.or_else(0) + 100) | (events.serial <= 2)))
    require("then", latest(events.serial, at=when, order=events.at, default=2) <= 3)
    gap = events.at + days(1) - latest(evals.at, at=events.at + days(1), order=evals.at, default=when)
    require("gap", events.every((gap <= 86400) | (gap == 86402)) | (events.count() >= 8))
    nothing = latest(events.at >= 2, at=events.serial - 2, order=events.serial, default=True)
    require("by number", events.every(nothing | (events.at <= 1) | (events.serial != 3)))


@claim("states-unique")
def states_unique(compute: ComputeLog, events: EventLog) -> None:
    """Of rows no two of which are equally late; of groups; asked by groups, and a state at a state."""
    require("unique", events.unique(events.model.or_else(""), events.at))
    per = (compute.run, events.model.or_else(""))
    at = latest(events.at, at=compute.end, order=events.at, per=per, default=0)
    serial = latest(events.serial, at=at, order=events.at, per=per, default=9)
    require("same", compute.every((serial >= 2) | (compute.flop <= 2)))
    runs = compute.group_by(compute.run, compute.start)
    total = latest(
        runs.sum(compute.flop), at=events.at, order=runs.start, per=(events.model.or_else(""), runs.run), default=0
    )
    require("totals", events.every((total <= 2) | (events.serial >= 2)))
    kind = latest(
        events.kind, at=runs.max(compute.end), order=events.at, per=(runs.run, events.model.or_else("")), default="eval"
    )
    require("kinds", runs.any(kind == "eval") | (runs.count() == 0))


@claim("running-sums")
def running_sums(compute: ComputeLog, limit: Param[Flop], most: Param[Count]) -> None:
    """In the log's own order, of some rows, of what may be negative, and with the same key in another order."""
    counted = compute.where(compute.phase != "pretraining")
    require("so far", compute.every((counted.flop.running() <= limit) | (compute.end >= 1)))
    change = (compute.devices.or_else(0) - 2).running()
    require("change", compute.every((change <= 2**33) & (change >= -3)))
    late = counted.order_by(counted.end)
    own = late.flop.running(per=late.run)
    require("of a run", late.every((own <= 2**96) | (late.start <= 1)))
    require("and back", late.every(late.devices.or_else(0).running() - late.devices.or_else(0) <= 2**33))
    require("few", compute.where((compute.flop > 1).as_count().running(per=compute.run) >= 3).count() <= most)
    reveal("over", compute.where(counted.flop.running() > limit).count())


@claim("running-sums-of-groups")
def running_sums_of_groups(compute: ComputeLog, events: EventLog) -> None:
    """Of groups in order of a total, and the sum as of a time of another log."""
    runs = compute.group_by(compute.run)
    ordered = runs.order_by(runs.max(compute.end), runs.run)
    require("groups", ordered.every(ordered.sum(compute.flop).running() <= 2**97))
    require("sizes", ordered.every((ordered.size() - 2).running() <= 3))
    late = compute.order_by(compute.end)
    spent = latest(
        late.flop.running(per=late.run), at=events.at, order=compute.end,
        per=(events.model.or_else(""), compute.run), default=0,
    )  # fmt: skip
    require("spent", events.every((spent <= events.cumulative_flop.or_else(0)) | (events.kind == "eval")))


@claim("windows")
def windows(compute: ComputeLog, limit: Param[Flop], length: Param[Seconds] = param(at_least=1)) -> None:
    """Sums over a window of time: of all rows, of some with the same key, of what may be negative."""
    require("in a day", compute.every(compute.flop.sum_within("1 days", at=compute.end) <= limit))
    some = compute.where(compute.phase != "pretraining")
    own = some.devices.or_else(0).sum_within(length, at=some.start, per=some.run)
    require("of a run", compute.every((own <= 2**33) | (compute.flop <= 1)))
    change = (compute.devices.or_else(0) - 2).sum_within(seconds(2), at=compute.end, per=(compute.run, compute.phase))
    require("change", compute.every((change >= -9) & (change <= 2**34)))


@claim("windows-by-number")
def windows_by_number(events: EventLog, most: Param[Count]) -> None:
    """Over a window of numbers that may be negative; over groups."""
    number = events.serial - 3
    near = (events.kind == "eval").as_count().sum_within(2, at=number)
    require("near", events.every((near <= most) | (events.at <= 1)))
    models = events.group_by(events.model.or_else(""))
    total = models.size().sum_within("1 days", at=models.max(events.at))
    require("models", models.every(total <= 2 * models.size() + 4))


CLAIMS = (
    paused, states, states_unique, running_sums, running_sums_of_groups, windows, windows_by_number,
)  # fmt: skip
