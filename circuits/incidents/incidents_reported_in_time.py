"""incidents-reported-in-time: every reportable incident was reported to an authority within its category's clock.

Sources: Code of Practice for general-purpose AI, measure 9.3 (critical infrastructure 2 days, cybersecurity 5, death
10, serious harm 15; from awareness that the model was involved); California SB 53 (critical safety incident 15 days,
imminent danger 24 hours); New York RAISE (72 hours to the office, 24 hours of imminent danger to the police: two
authorities, two proofs). An initial report counts that was made to `authority` and has its receipt, which is no
other's: the first of an incident, not before the lab knew of it. No report is of an incident that the register has not.
The clock runs from when the lab knew that its model was involved, but at the latest from `unclear` after it became
aware: with 0, from awareness. An incident that is not reported yet is in order while its clock still runs at `as_of`,
and how many these are is revealed; nothing may be reported, or known of, only later than that. All times are those that
the lab states. An empty log holds, loudly, with 0 incidents that count. Padding is no row.
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
    let,
    lookup,
    names,
    never_vacuous,
    param,
    require,
    reveal,
    smaller,
    within,
)

CLOCKED = names(
    "critical_infrastructure", "cybersecurity", "death", "serious_harm", "critical_safety", "imminent_danger"
)


@claim("incidents-reported-in-time", version=2)
def incidents_reported_in_time(
    incidents: IncidentLog,
    reports: IncidentReportLog,
    as_of: Param[Time] = param("the moment up to which the register is judged", now=True),
    authority: Param[Id] = param("to whom incidents have to be reported"),
    reportable: Param[SetOf[IncidentCategory]] = param("the categories that must be reported", default=CLOCKED),
    unclear: Param[Seconds] = param(
        "how long after awareness the model's involvement may stay open, before the clock runs", default="0 days"
    ),
    infrastructure: Param[Seconds] = param("clock of critical infrastructure", default="2 days", clock=True),
    cybersecurity: Param[Seconds] = param("clock of cybersecurity", default="5 days", clock=True),
    death: Param[Seconds] = param("clock of a death", default="10 days", clock=True),
    harm: Param[Seconds] = param(
        "clock of serious harm, and of what has no clock of its own", default="15 days", clock=True
    ),
    safety: Param[Seconds] = param("clock of a critical safety incident", default="15 days", clock=True),
    danger: Param[Seconds] = param("clock of imminent danger", default="24 hours", clock=True),
) -> None:
    """Every reportable incident was reported to `authority` in time, or its clock still runs; by stated times."""
    require("serials without a gap", incidents.serial.is_serial())
    require("no incident known only after the judged moment", incidents.every(incidents.aware <= as_of))
    initial = reports.where((reports.authority == authority) & (reports.kind == "initial") & reports.receipt.is_given())
    require("every report is of an incident in the register", reports.every(within(reports.serial, incidents.serial)))
    require("no receipt for two reports", initial.unique(initial.receipt))
    require("no report after the judged moment", initial.every(initial.at <= as_of))
    known = incidents.involved.or_else(Time.largest)
    begin = let("the clock's beginning", smaller(known, incidents.aware + unclear))
    due = let("the clock's end", begin + incidents.category.pick(
        {
            "critical_infrastructure": infrastructure, "cybersecurity": cybersecurity, "death": death,
            "critical_safety": safety, "imminent_danger": danger,
        },
        otherwise=harm,
    ))  # fmt: skip
    ours = incidents.where(incidents.category.is_in(reportable))
    of_one = initial.group_by(initial.serial)
    found = lookup(ours.serial, of_one.serial, of_one.min(initial.at), default=Time.largest)
    first = let("its first report", found)
    require("no report before the lab knew", ours.every(first >= ours.aware))
    open_ = first > as_of  # none yet: a report is not after the judged moment
    require("reported in time", ours.every((first <= due) | (open_ & (as_of <= due))))
    counted("incidents that count", ours)
    reveal("not reported yet, clock still running", ours.where(open_).count(), figures=2)
    reveal("first day", day_of(ours.aware.min(empty=0)))
    reveal("last day", day_of(ours.aware.max(empty=0)))
    reveal("incidents of other categories", incidents.where(~incidents.category.is_in(reportable)).count(), figures=2)


DAY = 86400
incident = base(serial=1, category="cybersecurity", occurred=0, aware=100, involved=0)
report = base(serial=1, at=100 + 5 * DAY, kind="initial", authority="office", receipt="r1")
told = [report()]
asked = base(authority="office", as_of=20 * DAY)
late = [report(at=100 + 5 * DAY + 3600)]
IN_TIME, BEFORE = "reported in time", "no report before the lab knew"
UNKNOWN = "every report is of an incident in the register"

EXAMPLES = (
    fails("an hour late", IN_TIME, incidents=[incident()], reports=late, **asked()),
    fails("never reported", IN_TIME, incidents=[incident()], reports=[], **asked(as_of=101 + 5 * DAY)),
    fails("danger: 24 hours", IN_TIME, incidents=[incident(category="imminent_danger")], reports=told, **asked()),
    fails("to another authority", IN_TIME, incidents=[incident()], reports=[report(authority="police")], **asked()),
    fails("without a receipt", IN_TIME, incidents=[incident()], reports=[report(receipt="")], **asked()),
    fails("no initial report", IN_TIME, incidents=[incident()], reports=[report(kind="final")], **asked()),
    fails(
        "late, and again", IN_TIME, incidents=[incident()], reports=[*late, report(at=9 * DAY, receipt="r2")], **asked()
    ),
    fails("involvement never clear", IN_TIME, incidents=[incident()], reports=[], unclear="10 days", **asked()),
    fails(
        "involvement clear sooner than that", IN_TIME, incidents=[incident(involved=200)],
        reports=[report(at=201 + 5 * DAY)], unclear="10 days", **asked(),
    ),
    fails(
        "one receipt for two incidents", "no receipt for two reports",
        incidents=[incident(), incident(serial=2)], reports=[report(), report(serial=2)], **asked(),
    ),
    fails("reported before it was", BEFORE, incidents=[incident(occurred=99)], reports=[report(at=98)], **asked()),
    fails("reported before it was known", BEFORE, incidents=[incident()], reports=[report(at=99)], **asked()),
    fails(
        "a report of an incident that the register has not", UNKNOWN,
        incidents=[incident()], reports=[*told, report(serial=2, receipt="r2")], **asked(),
    ),
    fails(
        "serial 2 is missing", "serials without a gap",
        incidents=[incident(), incident(serial=3)], reports=[report(), report(serial=3, receipt="r3")], **asked(),
    ),
    fails(
        "a report of tomorrow", "no report after the judged moment",
        incidents=[incident()], reports=told, **asked(as_of=5 * DAY),
    ),
    fails(
        "aware only tomorrow, so that no clock runs", "no incident known only after the judged moment",
        incidents=[incident(aware=30 * DAY)], reports=[], **asked(),
    ),
    holds("on the last second", incidents=[incident()], reports=told, **asked()),
    holds("not reported, the clock still runs", incidents=[incident()], reports=[], **asked(as_of=100 + 5 * DAY)),
    holds("a near miss has no clock", incidents=[incident(category="near_miss")], reports=[], **asked()),
    holds("a longer clock by law", incidents=[incident()], reports=late, cybersecurity="6 days", **asked()),
    holds(
        "from when involvement was known", incidents=[incident(involved=3700)], reports=late,
        unclear="1 days", **asked(),
    ),
    holds("from awareness and a day", incidents=[incident()], reports=late, unclear="1 days", **asked()),
    holds(
        "an earlier report with its receipt, another one later", incidents=[incident()],
        reports=[report(at=9 * DAY, receipt="r2"), report()], **asked(),
    ),
    holds("two empty logs", incidents=[], reports=[], **asked(as_of=0)),
)  # fmt: skip

YEAR, LATE = "365 days", "no clock of any law is so long"

VACUOUS = (
    implausible("as_of", "no register was owed then, and what is not reported is in order", at_most="2024-08-01"),
    never_vacuous("authority", "whoever it is, its receipts are asked for"),
    implausible("reportable", "no incident with a clock is reportable", none_of=CLOCKED),
    implausible("unclear", "no law leaves a clock standing so long", at_least=YEAR),
    implausible("infrastructure", LATE, at_least=YEAR),
    implausible("cybersecurity", LATE, at_least=YEAR),
    implausible("death", LATE, at_least=YEAR),
    implausible("harm", LATE, at_least=YEAR),
    implausible("safety", LATE, at_least=YEAR),
    implausible("danger", LATE, at_least=YEAR),
)
