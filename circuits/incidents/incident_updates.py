"""incident-updates: what was reported of an incident is updated until it is resolved, and then reported in full.

Sources: Code of Practice for general-purpose AI, measure 9.3 (an intermediate report every four weeks after the initial
one while an incident is not resolved, a final one within 60 days of its resolution). Reports that were made to
`authority` and have a receipt count, a row for each; a receipt is no other's. From an incident's first report to its
resolution, or to `as_of` while it is not resolved, the last report is never older than `every`, whatever its kind. An
incident that is resolved has a report of the kind final, not before it was resolved, at most `final` after that, or
after the lab knew of it where that was later; until then it is in order without one. Of an incident without a report
nothing is due before it is resolved, since that the first one is in time is another claim (incidents-reported-in-time):
how many these are is revealed. Every report is of an incident in the register, whose serials have no gap. Nothing is
dated after `as_of`. All times are those that the lab states. An empty log holds, loudly, with 0 incidents that count.
A report that is added helps, with a receipt of its own. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    Id,
    IncidentCategory,
    IncidentLog,
    IncidentReportLog,
    Param,
    Seconds,
    SetOf,
    Time,
    base,
    claim,
    counted,
    day_of,
    fails,
    holds,
    implausible,
    larger,
    let,
    lookup,
    names,
    never_vacuous,
    param,
    require,
    reveal,
    select,
    smaller,
    within,
)

SERIOUS = names("critical_infrastructure", "cybersecurity", "death", "serious_harm")


@claim("incident-updates", version=1)
def incident_updates(
    incidents: IncidentLog,
    reports: IncidentReportLog,
    as_of: Param[Time] = param("the moment up to which the register is judged", now=True),
    authority: Param[Id] = param("to whom incidents have to be reported"),
    reportable: Param[SetOf[IncidentCategory]] = param("the categories that must be reported", default=SERIOUS),
    every: Param[Seconds] = param(
        "the greatest age of the last report while an incident is not resolved", default="28 days", clock=True
    ),
    final: Param[Seconds] = param("clock of the final report, from the resolution", default="60 days", clock=True),
) -> None:
    """Reports of each incident go on until it is resolved, and the final one is in time; by stated times."""
    require("serials without a gap", incidents.serial.is_serial())
    known = incidents.every((incidents.aware <= as_of) & (incidents.resolved.or_else(0) <= as_of))
    require("no incident known or resolved only after the judged moment", known)
    made = reports.where((reports.authority == authority) & reports.receipt.is_given())
    require("no receipt for two reports", made.unique(made.receipt))
    require("no report after the judged moment", made.every(made.at <= as_of))

    resolved = let("when it was resolved", incidents.resolved.or_else(Time.largest))
    counts = incidents.category.is_in(reportable)
    require("every report is of an incident in the register", reports.every(within(reports.serial, incidents.serial)))
    by_serial = incidents.group_by(incidents.serial)  # of one incident each
    ends = lookup(made.serial, by_serial.serial, by_serial.max(select(counts, resolved, 0)), default=0)
    until = let("the end of the updates that are due", smaller(ends, as_of))
    ordered = made.order_by(made.at)
    before = ordered.at.previous(default=Time.largest, per=ordered.serial)
    require("no gap between reports", ordered.every(smaller(ordered.at, until) <= before + every))

    ours = incidents.where(counts)
    of_one = made.group_by(made.serial)
    last = let("its last report", lookup(ours.serial, of_one.serial, of_one.max(made.at), default=Time.largest))
    require(
        "the last report near the end", ours.every(smaller(ours.resolved.or_else(Time.largest), as_of) <= last + every)
    )

    finals = made.where(made.kind == "final")
    its = lookup(finals.serial, by_serial.serial, by_serial.max(resolved), default=Time.largest)
    require("no final report before its incident was resolved", finals.every(its <= finals.at))
    over = ours.where(ours.resolved.is_given())
    of_one = finals.group_by(finals.serial)
    done = let("its final report", lookup(over.serial, of_one.serial, of_one.min(finals.at), default=Time.largest))
    due = let("the final clock's end", larger(over.resolved, over.aware) + final)
    require("final report in time", over.every((done <= due) | ((done > as_of) & (as_of <= due))))
    counted("incidents that count", ours)
    reveal("reports of them, and of others, that count", made.count(), figures=2)
    reveal("not reported", ours.where(last > as_of).count(), figures=2)
    reveal("not resolved", ours.where(~ours.resolved.is_given()).count(), figures=2)
    reveal("no final report yet, clock still running", over.where(done > as_of).count(), figures=2)
    reveal("first day", day_of(ours.aware.min(empty=0)))
    reveal("last day", day_of(ours.aware.max(empty=0)))


T = 1767225600  # 2026-01-01
DAY = 86400
incident = base(serial=1, category="death", occurred=T, aware=T, resolved=T + 70 * DAY)
initial = base(serial=1, at=T + DAY, kind="initial", authority="office", receipt="r1")
second = base(**initial(at=T + 29 * DAY, kind="intermediate", receipt="r2"))
third = base(**second(at=T + 57 * DAY, receipt="r3"))
last = base(**initial(at=T + 130 * DAY, kind="final", receipt="r4"))
OPEN, LATE = incident(resolved=0), T + 130 * DAY + 1
ALL = [initial(), second(), third(), last()]
asked = base(authority="office", as_of=T + 200 * DAY)
GAP, END, FINAL = "no gap between reports", "the last report near the end", "final report in time"
KNOWN = "no incident known or resolved only after the judged moment"
EARLY = "no final report before its incident was resolved"

EXAMPLES = (
    fails("a second late", GAP, incidents=[incident()], reports=[initial(at=T + DAY - 1), *ALL[1:]], **asked()),
    fails("one is left out", GAP, incidents=[incident()], reports=[ALL[0], *ALL[2:]], **asked()),
    fails("a second since the last", END, incidents=[OPEN], reports=ALL[:1], **asked(as_of=T + 29 * DAY + 1)),
    fails("twice", "no receipt for two reports", incidents=[incident()], reports=[*ALL, *ALL[:1]], **asked()),
    fails("final a second late", FINAL, incidents=[incident()], reports=[*ALL[:3], last(at=LATE)], **asked()),
    fails("final at first", EARLY, incidents=[incident()], reports=[initial(kind="final"), *ALL[1:]], **asked()),
    fails("known tomorrow", KNOWN, incidents=[OPEN], reports=[], **asked(as_of=T - 1)),
    fails("resolved tomorrow", KNOWN, incidents=[incident()], reports=ALL[:3], **asked(as_of=T + 69 * DAY)),
    fails("still to come", "no report after the judged moment", incidents=[OPEN], reports=[ALL[0]], **asked(as_of=T)),
    fails(
        "of an incident that the register has not", "every report is of an incident in the register",
        incidents=[incident()], reports=[*ALL, initial(serial=2, receipt="r9")], **asked(),
    ),
    fails("serial 1 is missing", "serials without a gap", incidents=[base(**OPEN)(serial=2)], reports=[], **asked()),
    holds("on the last second, four times", incidents=[incident()], reports=ALL, **asked()),
    holds("its final clock still runs", incidents=[incident()], reports=ALL[:3], **asked(as_of=T + 130 * DAY)),
    holds("not resolved", incidents=[OPEN], reports=ALL[:3], **asked(as_of=T + 85 * DAY)),
    holds("resolved before it was known", incidents=[incident(aware=T + 71 * DAY)], reports=[last()], **asked()),
    holds("a near miss, told once", incidents=[incident(category="near_miss")], reports=ALL[:1], **asked()),
    holds("two empty logs", incidents=[], reports=[], **asked()),
)  # fmt: skip

NEVER = "no clock of any law is so long"

VACUOUS = (
    implausible("as_of", "nothing had to be updated then", at_most="2024-08-01"),
    never_vacuous("authority", "whoever it is, its receipts are asked for"),
    implausible("reportable", "no serious incident is reportable", none_of=SERIOUS),
    implausible("every", NEVER, at_least="365 days"),
    implausible("final", NEVER, at_least="365 days"),
)
