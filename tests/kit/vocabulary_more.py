"""More claims of the words that no claim of the catalogue uses: `MORE`, and in `CASES` logs over which each holds."""

from __future__ import annotations

from zkcompliance.claim.language import (
    AuditLog,
    ComputeLog,
    Count,
    DecisionLog,
    EvalLog,
    EventLog,
    Flop,
    IncidentLog,
    Int,
    Month,
    Outcome,
    Param,
    Ppm,
    Rate,
    Risk,
    Time,
    claim,
    day_of,
    days,
    descending,
    fraction,
    month_of,
    percent,
    require,
    reveal,
    whole,
    year_of,
)
from zkcompliance.claim.language.build import ClaimDefinition

event = {"serial": 1, "model": "m1", "kind": "eval", "at": 5, "cumulative_flop": 7}
job = {"start": 0, "end": 9, "run": "m1", "phase": "pretraining", "method": "hardware", "flop": 7}
decision = {"at": 5, "risk": "limited"}
incident = {"serial": 1, "category": "other", "occurred": 0, "aware": 2**32}
sample = {"suite": "s@1", "item": "i1", "model": "0x01" + "00" * 15, "at": 0}
audit = {"layer": "model", "auditor": "a", "at": 5, "valid_until": 9, "outcome": "conditional"}


@claim("distinct")
def distinct(compute: ComputeLog, most: Param[Count]) -> None:
    """How many sites there are, of how many phases each run is, of how many differences."""
    runs = compute.group_by(compute.run)
    jobs = compute.where(compute.phase != "failed")
    require("sites", (jobs.site.or_else("").n_unique() <= most) | (compute.flop.n_unique() == compute.count()))
    require("phases", runs.every((runs.n_unique(compute.phase) >= 2) | (runs.size() <= 3)))
    require("steps", runs.where(runs.n_unique(compute.devices.or_else(0) - 5) > 1).count() <= 2)
    reveal("runs", compute.run.n_unique())


@claim("ends")
def ends(compute: ComputeLog) -> None:
    """What is on the first and on the last row of each run: a choice, ids, a time, what may be negative."""
    jobs = compute.where(compute.phase != "failed")
    runs = jobs.group_by(jobs.run)
    began = runs.first(jobs.phase, order=jobs.start)
    ended = runs.last(jobs.site.or_else("x"), order=(descending(jobs.end), jobs.flop))
    require("phase", runs.every(began.is_in(("pretraining", "other")) | (ended == runs.first(jobs.site.or_else("y")))))
    change = runs.last(jobs.devices.or_else(0) - 7, order=jobs.start) - runs.first(jobs.devices.or_else(0) - 7)
    require("change", runs.every((change <= 100) | runs.last(jobs.flop > 1)))
    require("span", runs.any(runs.first(jobs.start, order=jobs.end) < 100) | (jobs.count() == 0))


@claim("ends-in-order")
def ends_in_order(events: EventLog) -> None:
    """The last row; descending orders, of rows and of groups."""
    late = events.order_by(descending(events.at), events.kind)
    require(
        "latest", late.every(late.at <= late.at.previous(default=Time.largest)) & (late.is_last | late.is_first).any()
    )
    require("serials", late.every((late.serial >= late.serial.next(default=0)) | (late.at <= 2)))
    require("last", events.where(events.is_last).at.max(empty=0) >= events.where(events.is_first).at.min(empty=0))
    kinds = events.group_by(events.kind)
    down = kinds.order_by(descending(kinds.kind))
    require("kinds", down.every(down.size().previous(default=9) + 2 >= down.size()))


@claim("ranked")
def ranked(decisions: DecisionLog, audits: AuditLog, most: Param[Risk], least: Param[Outcome]) -> None:
    """Choices that ascend: beside a literal, a parameter, another row; the largest of all and of groups."""
    high = decisions.where(decisions.risk >= "high")
    require("high", high.every(high.decided.is_given() | (high.risk <= most)))
    require("not worse", decisions.every(decisions.risk <= decisions.risk.previous(default="unacceptable")))
    require("all", (decisions.risk.max(empty="minimal") < "unacceptable") | (decisions.count() >= 3))
    layers = audits.group_by(audits.layer)
    require("passed", layers.every((layers.min(audits.outcome) >= least) | (layers.max(audits.outcome) > "failed")))
    require("most", audits.outcome.quantile("50%") >= "conditional")


@claim("differences")
def differences(evals: EvalLog, compute: ComputeLog, gap: Param[Ppm], most: Param[Flop]) -> None:
    """How far means and shares are apart: of a log, of selections of it, of groups and of all."""
    graded = evals.where(evals.score.is_given())
    of_a, of_b = graded.where(graded.model == "0x01" + "00" * 15), graded.where(graded.model != "0x01" + "00" * 15)
    require("scores", (of_a.score.mean() - of_b.score.mean() <= gap) | (of_a.count() > 2))
    apart = abs(evals.share(evals.status == "error") - graded.share(graded.status == "error"))
    require("errors", apart < "60%")
    late = compute.where(compute.start > 1)
    require("flop", (late.flop.mean() - compute.flop.mean() >= most) | (compute.flop.mean() - late.flop.mean() < 2**80))
    runs = compute.group_by(compute.run)
    require("runs", runs.every(runs.mean(compute.flop - 5) - compute.flop.mean() <= most))
    require("same", (late.flop.mean() - compute.flop.mean() == 0) | (compute.count() != 2))


@claim("calendar")
def calendar(events: EventLog, incidents: IncidentLog, first: Param[Month], since: Param[Time]) -> None:
    """Days, months and years: of rows, of a parameter, of totals; their differences; groups by month."""
    month = month_of(events.at)
    require("months", (month.n_unique() >= 2) | (events.count() <= 6))
    require("after", events.every((month >= first) | (month - "1970-01" <= 12 * 60 * 1000) | (events.serial <= 2)))
    require("within", events.every(month < month_of(since) + 30_000_000) | (year_of(since) - "1970" >= 5))
    days = events.group_by(day_of(events.at))
    require("days", days.where(days.size() > 3).count() <= 1)
    grown = year_of(events.at.max(empty=0)) - year_of(events.at.min(empty=0))
    require("years", grown <= 8_000_000)
    reported = incidents.where(incidents.reported.is_given())
    late = day_of(reported.reported) - day_of(reported.aware)
    require("reported", reported.every((late <= 1) | (month_of(reported.reported) == month_of(reported.aware))))
    reveal("last year", year_of(events.at.max(empty=0)))


@claim("casts")
def casts(compute: ComputeLog, evals: EvalLog, growth: Param[Rate], whole_days: Param[Int]) -> None:
    """Quotients by a unit, shares as numbers, rates above 100 %."""
    long = (compute.end - compute.start) // days(1)
    require("days", compute.every((long <= whole_days) | ((compute.end - compute.start) % days(7) <= days(3))))
    require("parts", compute.utilisation.or_else(0).as_ppm().max(empty=0) * 3 <= 2_999_999)
    require("percent", compute.every(compute.utilisation.or_else(0) // percent(1) <= 99))
    late = compute.where(compute.start > 1)
    require("growth", fraction(late.flop.sum(), compute.flop.sum() + 1) <= growth)
    graded = evals.where(evals.score.is_given())
    require("rate", (graded.score.mean() <= growth) & (fraction(evals.count(), graded.count()) < "400%"))
    require("of it", compute.every(compute.flop * percent(250) // whole() >= compute.flop))
    require("rates", (growth <= "250%") | (growth - "5%" >= "100000%") | (compute.count() <= 3))


MORE = {each.id: each for each in (distinct, ends, ends_in_order, ranked, differences, calendar, casts)}
CASES: dict[str, tuple[ClaimDefinition, dict[str, object]]] = {
    "distinct": (
        distinct,
        {"compute": [job] * 5 + [{**job, "site": "s", "phase": "other"}, {**job, "run": "m2"}], "most": 2},
    ),
    "ends": (
        ends,
        {"compute": [{**job, "devices": 2**32 - 1}, {**job, "start": 5, "phase": "other", "site": "s", "flop": 2}]},
    ),
    "ends-in-order": (ends_in_order, {"events": [{**event, "serial": i, "at": 10 + i} for i in range(9)]}),
    "calendar": (
        calendar,
        {
            "events": [{**event, "at": at} for at in (0, 2**47, 86399, 951782400, 951868799, 951868800, 2**40)],
            "incidents": [{**incident, "reported": 2**32 + 9}, incident],
            "first": "2026-03",
            "since": "2026-01-05",
        },
    ),
    "casts": (
        casts,
        {
            "compute": [{**job, "start": 5, "end": 2**40}, {**job, "utilisation": "99.9999%"}],
            "evals": [{**sample, "score": "100%"}, sample],
            "growth": "250%",
            "whole_days": 2**24,
        },
    ),
    "differences": (
        differences,
        {
            "evals": [{**sample, "model": "m", "score": "50%"}, {**sample, "score": "41%"}, sample],
            "compute": [{**job, "flop": 2**96 - 1}] * 3,
            "gap": "9%",
            "most": 0,
        },
    ),
    "ranked": (
        ranked,
        {
            "decisions": [{**decision, "risk": "high"}, decision, {**decision, "risk": "minimal"}],
            "audits": [audit, {**audit, "outcome": "passed"}],
            "most": "high",
            "least": "conditional",
        },
    ),
}
