"""More claims of the under-constraint hunt: rows that are brought together in private tables, each with a case."""

from __future__ import annotations

from tests.kit.hunt.base import Hunt, chip, event, job
from zkcompliance.claim.language import (
    ChipLog,
    ComputeLog,
    Count,
    EventLog,
    Flop,
    Id,
    Param,
    Seconds,
    SetOf,
    Time,
    claim,
    day_of,
    lookup,
    not_ahead,
    param,
    require,
    reveal,
    sealed_within,
    select,
    within,
)


@claim("hunt-order")
def ordered(used: ChipLog) -> None:
    """Uniqueness and intervals that do not overlap."""
    require("unique", used.unique(used.site.or_else("")))
    require("apart", used.no_overlap(used.from_, used.until.or_else(Time.largest), per=used.kind))


@claim("hunt-chosen")
def chosen(compute: ComputeLog, limit: Param[Flop]) -> None:
    """A value chosen by two conditions at once."""
    both = (compute.phase == "pretraining") & (compute.method == "hardware")
    require("below", select(both, compute.flop, 0).sum() < limit)


@claim("hunt-revealed")
def revealed(compute: ComputeLog) -> None:
    """What is revealed as it is: a number of rows, and a day."""
    jobs = compute.where(compute.phase != "other")
    require("some", jobs.count() >= 1)
    reveal("rows", jobs.count())
    reveal("first day", day_of(jobs.start.min(empty=0)))


@claim("hunt-absent")
def absent(used: ChipLog, banned: ChipLog) -> None:
    """Absence from another table, and its opposite."""
    require("absent", used.every(~within(used.chip, banned.chip)))


@claim("hunt-present")
def present(events: EventLog, others: EventLog) -> None:
    """Membership where it need not be."""
    require("some", events.every(within(events.serial, others.serial) | (events.at < 70_000)))


@claim("hunt-defaults")
def defaults(used: ChipLog, registry: ChipLog) -> None:
    """A value from another table, or its default."""
    until = lookup(used.chip, registry.chip, registry.until.or_else(Time.largest), default=5)
    require("kind", used.every(used.kind == lookup(used.chip, registry.chip, registry.kind, default="other")))
    require("begun", used.every(used.from_ <= until))


@claim("hunt-listed")
def listed(used: ChipLog, banned: Param[SetOf[Id]] = param(places=3)) -> None:
    """A public set of ids, two of its places unused; and many constants."""
    require("not banned", used.none(used.chip.is_in(banned)))
    require("begun then", used.every(used.from_.is_in((0, 5, 70_000, *range(300, 310)))))


@claim("hunt-in-order")
def in_order(events: EventLog) -> None:
    """The row before and the one after in another order, over segments; among rows with the same key."""
    by_time = events.order_by(events.at)
    evals = by_time.where(by_time.kind == "eval")
    require("before", events.every(by_time.serial.previous(default=0) <= 70_100))
    require("after", events.every(evals.at.next(default=Time.largest) >= events.at))
    require("same", events.every(events.serial.previous(default=0, per=events.model.or_else("")) <= 70_100))


@claim("hunt-group-extremes")
def group_extremes(compute: ComputeLog) -> None:
    """Two values' extremes in a group; extremes of values that may be negative."""
    runs = compute.group_by(compute.run)
    require("span", runs.every(runs.max(compute.end) - runs.min(compute.start) <= 100_000))
    change = compute.devices.or_else(0) - 5
    require("negative", (change.max(empty=-70_000) <= 70_000) & (change.min(empty=-70_000) >= -9))


@claim("hunt-totals")
def totals(compute: ComputeLog) -> None:
    """A total beside each row, and beside each group; intervals of unequal width."""
    runs = compute.group_by(compute.run)
    require("not half", compute.every(compute.devices.or_else(0) * 2 <= compute.devices.or_else(0).sum() + 70_000))
    require("not all", runs.every(runs.size() < compute.count()))
    require(
        "apart",
        compute.no_overlap(compute.devices.or_else(0) - 9, compute.devices.or_else(0) * compute.devices.or_else(0)),
    )


@claim("hunt-beside")
def beside(compute: ComputeLog) -> None:
    """Every row unequal to a total: limb by limb, so that digits of another form would be unequal to all."""
    require("unequal", compute.every(compute.devices.or_else(0) != compute.devices.or_else(0).sum() + 70_000))


@claim("hunt-brackets")
def bracketed(events: EventLog, delay: Param[Seconds]) -> None:
    """Times that are held against both ends of the brackets of their segments."""
    soon = sealed_within(events.at, delay)
    require("soon", events.every(soon | (events.kind == "deploy")))
    require("not ahead", events.where(~not_ahead(events.at, delay)).count() <= 1)


@claim("hunt-public-ends")
def public_ends(compute: ComputeLog, end: Param[Count]) -> None:
    """Intervals and keys with a part that is public: the same on all rows."""
    require("apart", compute.no_overlap(compute.devices.or_else(0), compute.devices.or_else(0) * 0 + end))
    require("unique", compute.unique(compute.devices.or_else(0) * 0 + end, compute.run))


MORE: dict[str, Hunt] = {
    "no rows": Hunt(ordered, {"used": []}),
    "order": Hunt(
        ordered, {"used": [chip(), chip(site="s2", **{"from": 100, "until": 70_000}), chip(site="s3", kind="b200")]}
    ),
    "beside": Hunt(beside, {"compute": [job(devices=1), job(devices=70_000)]}),
    "public ends": Hunt(
        public_ends, {"compute": [job(devices=5), job(devices=3 * 2**16 + 9, run="r2")], "end": 3 * 2**16 + 9}
    ),
    "intervals": Hunt(
        ordered,
        {
            "used": [
                chip(kind="other", until=5),
                chip(kind="other", site="s2", **{"from": 3 * 2**16 + 9}, until=4 * 2**16),
                chip(site="s3", **{"from": 5 * 2**16}, until=6 * 2**16),
            ]
        },
    ),
    "listed, every place": Hunt(
        listed, {"used": [chip(**{"from": 5}), chip(chip="c5", **{"from": 5})], "banned": ["c2", "c4", "c9"]}
    ),
    "group extremes": Hunt(
        group_extremes,
        {
            "compute": [
                [job(start=5, end=70_005), job(start=9, end=70_001), job(start=6, end=6, run="r2", devices=2)],
                [job(start=5, end=70_005), job(start=10, end=70_002, run="r2", devices=9)],
            ]
        },
    ),
    "totals": Hunt(
        totals, {"compute": [[job(devices=1), job(devices=11_890, run="r2")], [job(devices=109), job(devices=10)]]}
    ),
    "in order, a full table": Hunt(in_order, {"events": [event(serial=i + 1, at=9 - i) for i in range(8)]}),
    "in order": Hunt(
        in_order,
        {
            "events": [
                [event(serial=3, at=70_000), event(serial=70_009, at=70_000, kind="deploy"), event(serial=5, at=7)],
                [event(serial=6, at=70_000, model="m2"), event(serial=70_009, at=9)],
            ]
        },
    ),
    "listed": Hunt(
        listed, {"used": [chip(), chip(chip="c2"), chip(chip="c3", **{"from": 70_000}, until=80_000)], "banned": "c9"}
    ),
    "absent": Hunt(
        absent,
        {"used": [[chip(), chip(chip="c2"), chip()], [chip(chip="c3")]], "banned": [chip(chip="c4"), chip(chip="c5")]},
    ),
    "present": Hunt(
        present,
        {
            "events": [event(serial=5), event(serial=2), event(serial=5), event(serial=3, at=80_000)],
            "others": [event(serial=3), event(serial=2), event(serial=3)],
        },
    ),
    "revealed": Hunt(
        revealed, {"compute": [job(start=2**40, end=2**40), job(phase="other"), job(start=2**20, end=2**30)]}
    ),
    "chosen": Hunt(chosen, {"compute": [job(flop=2**90), job(flop=3, phase="evaluation")], "limit": 2**90 + 1}),
    "brackets": Hunt(
        bracketed,
        {
            "events": [
                [event(at=2**32 - 1), event(at=2**32 - 70_000, kind="deploy")],
                [event(at=2**47), event(at=2**47 + 70_006)],
            ],
            "delay": 70_000,
        },
        {"events": [(2**32 - 70_001, 2**32 + 69_999), (2**47 + 5, 2**47 + 70_000)]},
    ),
    "defaults": Hunt(
        defaults,
        {
            "used": [chip(chip="c9", kind="other"), chip(), chip(), chip(chip="c2", kind="b200")],
            "registry": [chip(chip="c2", kind="b200"), chip(), chip(chip="c7")],
        },
    ),
}

# Cases in which the same claims do not hold

FALSE: dict[str, Hunt] = {
    "sealed late": Hunt(
        bracketed, {"events": [event(at=2**32 - 1)], "delay": 70_000}, {"events": [(2**32 - 1, 2**32 + 70_000)]}
    ),
    "too far ahead": Hunt(
        bracketed,
        {"events": [[event(at=2**47 + 2**17)], [event(at=2**33), event(at=2**33)]], "delay": 2**16},
        {"events": [(2**47, 2**47 + 2**17), (2**33 - 2**16 - 1, 2**33 + 2**16)]},
    ),
    "an open bracket": Hunt(bracketed, {"events": [event(at=2**31)], "delay": 2**40 - 1}),
    "chosen too much": Hunt(chosen, {"compute": [job(flop=2**90), job(flop=3)], "limit": 2**90 + 3}),
    "a banned chip": Hunt(absent, {"used": [chip(), chip(chip="c4")], "banned": [chip(chip="c4"), chip(chip="c5")]}),
    "no such row": Hunt(
        present, {"events": [event(serial=4, at=80_000)], "others": [event(serial=3), event(serial=5)]}
    ),
    "another kind by default": Hunt(defaults, {"used": [chip(chip="c9")], "registry": [chip(), chip(chip="c7")]}),
    "too late": Hunt(defaults, {"used": [chip(**{"from": 300}, until=400)], "registry": [chip()]}),
    "a banned id": Hunt(listed, {"used": [chip(), chip(chip="c9")], "banned": ["c9", "c5"]}),
    "begun at no such time": Hunt(listed, {"used": [chip(**{"from": 6})], "banned": "c9"}),
    "the row before": Hunt(in_order, {"events": [[event(serial=3, at=9)], [event(serial=70_200, at=7)]]}),
    "the same model": Hunt(in_order, {"events": [event(serial=70_200, at=9), event(serial=3, at=9)]}),
    "a long run": Hunt(group_extremes, {"compute": [job(start=5, end=70_005), job(start=2, end=100_003)]}),
    "a change": Hunt(group_extremes, {"compute": [job(devices=70_006), job(devices=3, run="r2")]}),
    "more than half": Hunt(totals, {"compute": [job(devices=70_002), job(devices=1, run="r2")]}),
    "all of them": Hunt(totals, {"compute": [job(devices=10)]}),
    "intervals overlap": Hunt(
        ordered, {"used": [chip(until=70_000), chip(site="s2", **{"from": 69_999}, until=80_000)]}
    ),
    "intervals overlap at a public end": Hunt(
        public_ends, {"compute": [job(devices=5), job(devices=70_000, run="r2")], "end": 80_000}
    ),
}
