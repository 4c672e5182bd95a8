"""kpi-adherence: of the incidents that had to be reported, at least a share was, in time.

Sources: performance indicators of accords on AI safety, of which adherence is one; none of the laws read has a share,
and incidents-reported-in-time asks for all. One clock and one authority: where categories have several, each is asked
by itself. A report is the first to `authority` with a receipt of its own, and not from before the lab knew of the
incident. An incident that has no report, and whose clock still runs at `as_of`, counts neither way; how many these are
is disclosed. Incidents of other categories count neither way, so that near misses do not dilute the share; how many
these are is disclosed too. The register has no gap, and nothing is later than `as_of`. That an incident was registered,
once, and in its category, is the lab's word; all times are those that it states. An empty log does not hold: over no
incident there is no share. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    Id,
    IncidentCategory,
    IncidentLog,
    IncidentReportLog,
    Param,
    Ppm,
    Seconds,
    SetOf,
    Time,
    base,
    claim,
    counted,
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
    vacuous,
    within,
)

SERIOUS = names(
    "critical_infrastructure", "cybersecurity", "death", "serious_harm", "critical_safety", "imminent_danger"
)


@claim("kpi-adherence", version=1)
def kpi_adherence(
    incidents: IncidentLog,
    reports: IncidentReportLog,
    as_of: Param[Time] = param("the moment up to which the register is judged", now=True),
    authority: Param[Id] = param("to whom incidents have to be reported"),
    categories: Param[SetOf[IncidentCategory]] = param("the categories that must be reported", default=SERIOUS),
    limit: Param[Seconds] = param("the time to report in, from awareness", default="15 days", clock=True),
    share: Param[Ppm] = param("the least share of incidents reported in time", default="90%"),
) -> None:
    """Of the incidents whose clock has run out or that were reported, at least `share` were reported in time."""
    require("serials without a gap", incidents.serial.is_serial())
    require("no incident known only after the judged moment", incidents.every(incidents.aware <= as_of))
    initial = reports.where((reports.authority == authority) & (reports.kind == "initial") & reports.receipt.is_given())
    require("every report is of an incident in the register", reports.every(within(reports.serial, incidents.serial)))
    require("no receipt for two reports", initial.unique(initial.receipt))
    require("no report after the judged moment", initial.every(initial.at <= as_of))
    ours = incidents.where(incidents.category.is_in(categories))
    of_one = initial.group_by(initial.serial)
    found = lookup(ours.serial, of_one.serial, of_one.min(initial.at), default=Time.largest)
    first = let("its first report", found)
    open_ = let("its clock still runs", (first > as_of) & (as_of - ours.aware <= limit))
    judged = ours.where(~open_)
    require("there is an incident to judge", judged.count() >= 1)
    in_time = (first >= judged.aware) & (first - judged.aware <= limit)
    require("enough reported in time", judged.share(in_time) >= share)
    counted("incidents that count", judged)
    reveal("not reported yet, clock still running", ours.where(open_).count(), figures=2)
    reveal("incidents of other categories", incidents.where(~incidents.category.is_in(categories)).count(), figures=2)


DAY = 86400
incident = base(serial=1, category="cybersecurity", occurred=0, aware=100)
report = base(serial=1, at=100 + 15 * DAY, kind="initial", authority="office", receipt="r1")
asked = base(authority="office", as_of=30 * DAY)
two = [incident(), incident(serial=2)]
late = report(serial=2, at=101 + 15 * DAY, receipt="r2")
ENOUGH, JUDGED = "enough reported in time", "there is an incident to judge"

EXAMPLES = (
    fails("one of two late", ENOUGH, incidents=two, reports=[report(), late], **asked()),
    fails("never reported", ENOUGH, incidents=[incident()], reports=[], **asked(as_of=101 + 15 * DAY)),
    fails("without a receipt", ENOUGH, incidents=[incident()], reports=[report(receipt="")], **asked()),
    fails("to another authority", ENOUGH, incidents=[incident()], reports=[report(authority="police")], **asked()),
    fails("filed in advance", ENOUGH, incidents=[incident()], reports=[report(at=99), report(receipt="r2")], **asked()),
    fails(
        "near misses do not dilute",
        ENOUGH,
        reports=[report(at=50 + 15 * DAY)],
        share="50%",
        **asked(),
        incidents=[incident(category="near_miss"), incident(serial=2)],
    ),
    fails(
        "a report of an incident that the register has not",
        "every report is of an incident in the register",
        incidents=[incident()],
        reports=[report(), late],
        **asked(),
    ),
    fails("there is time for the only one", JUDGED, incidents=[incident()], reports=[], **asked(as_of=100 + 15 * DAY)),
    fails("two empty logs", JUDGED, incidents=[], reports=[], **asked()),
    fails(
        "one receipt for two",
        "no receipt for two reports",
        incidents=two,
        reports=[report(), report(serial=2)],
        **asked(),
    ),
    fails(
        "the second is missing",
        "serials without a gap",
        incidents=[incident(), incident(serial=3)],
        reports=[report()],
        share="50%",
        **asked(),
    ),
    fails(
        "reported tomorrow",
        "no report after the judged moment",
        incidents=two,
        reports=[report(), late],
        share="50%",
        **asked(as_of=100 + 15 * DAY),
    ),
    fails(
        "known tomorrow",
        "no incident known only after the judged moment",
        share="50%",
        **asked(),
        incidents=[incident(), incident(serial=2, aware=31 * DAY)],
        reports=[report()],
    ),
    holds("on the last second, and half of them", incidents=two, reports=[report(), late], share="50%", **asked()),
    holds(
        "another one has time",
        incidents=[incident(), incident(serial=2, aware=20 * DAY)],
        reports=[report()],
        **asked(),
    ),
    holds(
        "a near miss needs none",
        incidents=[incident(), incident(serial=2, category="near_miss")],
        reports=[report()],
        **asked(),
    ),
)

VACUOUS = (
    never_vacuous("as_of", "an incident to judge by then has to be there"),
    never_vacuous("authority", "whoever it is, its receipts are asked for"),
    never_vacuous("categories", "an incident to judge has to be there"),
    implausible("limit", "no law leaves a clock standing so long", at_least="365 days"),
    vacuous("share", "every share reaches 0 %", at_most="0%"),
)
