"""The claims of the under-constraint hunt, one for each gadget, each with a case in which it holds."""

from __future__ import annotations

from tests.kit.hunt.base import Hunt, chip, event, job, sample
from tests.kit.hunt.by_key import SUMMED
from tests.kit.hunt.more_cases import MORE
from tests.kit.hunt.newer import NEWER
from tests.kit.hunt.over_time import OVER_TIME
from zkcompliance.claim.language import (
    Bool,
    ChipLog,
    ComputeLog,
    Count,
    DatasetLog,
    EvalLog,
    EventLog,
    Flop,
    IncidentLog,
    Param,
    Phase,
    SetOf,
    Time,
    base,
    claim,
    lookup,
    require,
    reveal,
    same_rows,
    seconds,
    select,
)


@claim("hunt-filter")
def filtered(compute: ComputeLog, limit: Param[Flop], phases: Param[SetOf[Phase]]) -> None:
    """A selection by a set of choices, a total, a limit."""
    require("below", compute.where(compute.phase.is_in(phases)).flop.sum() < limit)


@claim("hunt-selections")
def selections(compute: ComputeLog, limit: Param[Flop], phases: Param[SetOf[Phase]]) -> None:
    """A selection of selected rows."""
    counted = compute.where(compute.phase.is_in(phases))
    require(
        "below", counted.where((counted.method == "hardware") | (counted.devices.or_else(0) == 1)).flop.sum() < limit
    )


@claim("hunt-compare")
def compared(compute: ComputeLog) -> None:
    """Comparisons of wide numbers, in a disjunction."""
    either = (compute.start <= compute.end) | (compute.flop < 2**89 + 7)
    require("one of them", compute.every(either))


@claim("hunt-equal")
def equalled(compute: ComputeLog) -> None:
    """Equality of ids and of an enum."""
    require("same", compute.every((compute.run == compute.owner.or_else("")) | (compute.phase == "other")))


@claim("hunt-columns")
def columns(data: DatasetLog, compute: ComputeLog) -> None:
    """Columns of every type that are used as they are."""
    require("public", data.every(data.public | data.synthetic))
    require("share", compute.every((compute.utilisation.or_else(0) <= 999_999) | (compute.method == "hardware")))
    require("phase", compute.every(compute.phase == compute.phase.previous(default="pretraining")))


@claim("hunt-arithmetic")
def arithmetic(compute: ComputeLog, factor: Param[Count]) -> None:
    """A product, a quotient, a difference, a choice."""
    hours = (compute.end - compute.start) // 100_000
    work = compute.flop * factor
    require("product", compute.every((work <= compute.flop * 2**20) | (compute.method == "hardware")))
    require("choice", select(compute.phase == "other", hours + 1, compute.end - compute.start).sum() <= 10**6)


@claim("hunt-pick")
def picked(incidents: IncidentLog, short: Param[Time]) -> None:
    """One of several values by an enum, and whether a value is given."""
    due = incidents.category.pick({"death": short, "other": incidents.aware, "near_miss": 2**40}, otherwise=short)
    require("in time", incidents.every(~incidents.reported.is_given() | (incidents.reported <= due)))


@claim("hunt-digits")
def doubled(compute: ComputeLog) -> None:
    """A product of a value whose limbs are no digits yet, a quotient by a divisor of one limb."""
    devices = compute.devices.or_else(0) + compute.devices.or_else(0)
    require("work", compute.every((devices * compute.flop <= compute.flop * 10**9) | (compute.method == "hardware")))
    hours = (compute.end - compute.start) // seconds(3600)
    require("hours", compute.every((hours <= 2**24) | (compute.method == "hardware")))


@claim("hunt-neighbours")
def neighbours(events: EventLog) -> None:
    """The row before and the row after, over segments."""
    evals = events.where(events.kind == "eval")
    require("before", events.every(evals.at.previous(default=0) <= events.at))
    require("after", events.every(events.at <= evals.at.next(default=Time.largest)))


@claim("hunt-joins")
def joined(used: ChipLog, registry: ChipLog) -> None:
    """Membership and a value from another table."""
    require("kind", used.every(used.kind == lookup(used.chip, registry.chip, registry.kind)))


@claim("hunt-multiset")
def multisets(a: EventLog, b: EventLog) -> None:
    """Equality of multisets."""
    require("same", same_rows((a.serial, a.kind), (b.serial, b.kind)))


@claim("hunt-groups")
def grouped(evals: EvalLog) -> None:
    """Groups: number, totals, least and largest."""
    groups = evals.group_by(evals.model)
    least, most = groups.min(evals.attempt), groups.max(evals.attempt)
    require("numbered", groups.every((least == 1) & (most == groups.size())))
    require("mean", groups.every(groups.mean(evals.score.or_else(1_000_001)) <= 500_000))
    require("not this one", groups.every(groups.model != "m9"))
    require("first", groups.every(groups.size(evals.epoch == 1) >= 1))


@claim("hunt-extremes")
def extremes(incidents: IncidentLog, until: Param[Time]) -> None:
    """The largest and the least of a column."""
    deaths = incidents.where(incidents.category == "death")
    require("late", deaths.aware.max(empty=until) <= until)
    require("early", incidents.aware.min(empty=until) >= 1)


@claim("hunt-single")
def singles(compute: ComputeLog, limit: Param[Count], hard: Param[Bool]) -> None:
    """Single values in a disjunction and in a product, and one revealed in two figures."""
    total = compute.devices.or_else(0).sum()
    require("either", (total < 100) | (compute.count() * 7 < total) | ~hard)
    require("product", total * limit <= 10**12)
    reveal("devices", total, figures=2)


# a quotient whose lowest digit is 0 (it is counted from the least that it can be), and a remainder over 2^16
ROUND = 3 * 2**16 + (-(2**48 - 1) // 100_000) % 2**16
ROUND_HOURS = 3 * 2**16 + (-(2**48 - 1) // 3600) % 2**16
DIGITS = base(phase="other", start=0, end=100_000 * ROUND)
DAY = base(start=0, end=250_000, flop=2**90, peak=2**40, devices=70_000, utilisation="100%")
HUNTS: dict[str, Hunt] = {
    "filter": Hunt(
        filtered, {"compute": [job(flop=2**90), job(flop=3, phase="evaluation")], "limit": 2**100, "phases": 3}
    ),
    "selections": Hunt(
        selections, {"compute": [job(flop=2**90), job(flop=3, phase="evaluation")], "limit": 2**100, "phases": 3}
    ),
    "compare": Hunt(
        compared,
        {
            "compute": [
                job(start=0x1111_5555_9999, end=0x3333_4444_AAAA, flop=2**88 + 2**70 + 2**50),
                job(start=9, end=9, flop=2**90),
            ]
        },
    ),
    "equal": Hunt(equalled, {"compute": [job(owner="r1"), job(phase="other", owner="x")]}),
    "pick": Hunt(
        picked,
        {
            "incidents": [
                {"serial": 1, "category": "death", "occurred": 0, "aware": 5, "reported": 70_000},
                {"serial": 2, "category": "other", "occurred": 0, "aware": 2**40 + 9, "reported": 2**40 + 9},
                {"serial": 3, "category": "near_miss", "occurred": 0, "aware": 9},
                {"serial": 4, "category": "cybersecurity", "occurred": 0, "aware": 9, "reported": 8},
            ],
            "short": 70_000,
        },
    ),
    "neighbours": Hunt(
        neighbours,
        {"events": [[event(at=7), event(at=8, kind="deploy")], [event(at=9, kind="deploy"), event(at=70_000)]]},
    ),
    "columns": Hunt(
        columns,
        {
            "data": [{"digest": "d", "licence": "mit", "tokens": 1, "synthetic": True, "public": False}],
            "compute": [[job(utilisation=999_999)], [job(utilisation=5)]],
        },
    ),
    "doubled": Hunt(
        doubled,
        {
            "compute": [
                job(devices=2**15, end=3600 * ROUND_HOURS),
                job(devices=2**31 + 2**15, flop=2**96 - 1, start=3600, end=3600 * ROUND_HOURS + 3600),
            ]
        },
    ),
    "digits": Hunt(
        arithmetic,
        {
            "compute": [
                job(**DIGITS()),
                job(**DIGITS(flop=2**48 - 1, end=100_000 * ROUND + 2**16 + 5)),
                job(**DIGITS(end=100_000 * (ROUND + 1000))),
            ],
            "factor": 2**20 + 0x305,
        },
    ),
    "arithmetic": Hunt(arithmetic, {"compute": [job(**DAY()), job(**DAY(phase="other"))], "factor": 2**20 + 5}),
    "multiset": Hunt(multisets, {"a": [event(), event(serial=2)], "b": [event(serial=2), event()]}),
    "joins": Hunt(
        joined, {"used": [chip(), chip(chip="c2", kind="b200")], "registry": [chip(chip="c2", kind="b200"), chip()]}
    ),
    "groups": Hunt(
        grouped,
        {
            "evals": [
                sample(attempt=1),
                sample(attempt=2),
                sample(model="m2", attempt=1, score="50%"),
                sample(attempt=3),
            ]
        },
    ),
    "nothing": Hunt(extremes, {"incidents": [], "until": 80_000}),
    "extremes": Hunt(
        extremes,
        {
            "incidents": [
                [
                    {"serial": 1, "category": "other", "occurred": 0, "aware": 70_002},
                    {"serial": 1, "category": "death", "occurred": 0, "aware": 70_005},
                    {"serial": 1, "category": "other", "occurred": 0, "aware": 70_010},
                    {"serial": 1, "category": "death", "occurred": 0, "aware": 70_005},
                ],
                [{"serial": 2, "category": "death", "occurred": 0, "aware": 70_000}],
            ],
            "until": 80_000,
        },
    ),
    "single": Hunt(singles, {"compute": [job(devices=123_456, start=1, flop=2**60)], "limit": 1000, "hard": True}),
    **MORE,
    **OVER_TIME,
    **SUMMED,
    **NEWER,
}
