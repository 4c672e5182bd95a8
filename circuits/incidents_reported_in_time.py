"""incidents-reported-in-time: every reportable incident was reported within its category's clock; none is missing.

Sources: Code of Practice for general-purpose AI, measure 9.3 (critical infrastructure 2 days, cybersecurity 5, death
10, serious harm 15); California SB 53 (critical safety incident 15 days, imminent danger 24 hours); New York RAISE
(72 hours: set `safety`). The clock runs from when the lab became aware. An incident that is not reported yet (0) is in
order while its clock still runs at `as_of`; nothing may be reported, or known of, only later than that. An empty log
holds, loudly. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    IncidentCategory,
    IncidentLog,
    Param,
    Seconds,
    SetOf,
    Time,
    base,
    claim,
    fails,
    holds,
    implausible,
    names,
    param,
    require,
)

CLOCKED = names(
    "critical_infrastructure", "cybersecurity", "death", "serious_harm", "critical_safety", "imminent_danger"
)


@claim("incidents-reported-in-time", version=1)
def incidents_reported_in_time(
    incidents: IncidentLog,
    as_of: Param[Time] = param("the moment up to which the register is judged", now=True),
    reportable: Param[SetOf[IncidentCategory]] = param("the categories that must be reported", default=CLOCKED),
    infrastructure: Param[Seconds] = param("clock of critical infrastructure", default="2 days", clock=True),
    cybersecurity: Param[Seconds] = param("clock of cybersecurity", default="5 days", clock=True),
    death: Param[Seconds] = param("clock of a death", default="10 days", clock=True),
    harm: Param[Seconds] = param(
        "clock of serious harm, and of what has no clock of its own", default="15 days", clock=True
    ),
    safety: Param[Seconds] = param("clock of a critical safety incident", default="15 days", clock=True),
    danger: Param[Seconds] = param("clock of imminent danger", default="24 hours", clock=True),
) -> None:
    """Every reportable incident was reported in time, and the register has no gap."""
    require("serials without a gap", incidents.serial.is_serial())
    before = ~incidents.reported.is_given() | (incidents.reported <= as_of)
    require("nothing after the judged moment", incidents.every((incidents.aware <= as_of) & before))
    due = incidents.aware + incidents.category.pick(
        {
            "critical_infrastructure": infrastructure, "cybersecurity": cybersecurity, "death": death,
            "critical_safety": safety, "imminent_danger": danger,
        },
        otherwise=harm,
    )  # fmt: skip
    ours = incidents.where(incidents.category.is_in(reportable))
    reported = ours.reported.is_given()
    in_time = (reported & (ours.reported <= due)) | (~reported & (as_of <= due))
    require("reported in time", ours.every(in_time))


DAY = 86400
incident = base(serial=1, category="cybersecurity", occurred=0, aware=100, reported=100 + 5 * DAY)
hour_late = incident(reported=100 + 5 * DAY + 3600)

EXAMPLES = (
    holds("on the last second", incidents=[incident()], as_of=20 * DAY),
    holds("not reported, the clock still runs", incidents=[incident(reported=0)], as_of=100 + 5 * DAY),
    holds("a near miss has no clock", incidents=[incident(category="near_miss", reported=0)], as_of=99 * DAY),
    holds("a longer clock by law", incidents=[hour_late], cybersecurity="6 days", as_of=20 * DAY),
    holds("an empty log", incidents=[], as_of=0),
    fails("an hour late", "reported in time", incidents=[hour_late], as_of=20 * DAY),
    fails("never reported", "reported in time", incidents=[incident(reported=0)], as_of=101 + 5 * DAY),
    fails("danger: 24 hours", "reported in time", incidents=[incident(category="imminent_danger")], as_of=20 * DAY),
    fails("serial 2 is missing", "serials without a gap", incidents=[incident(), incident(serial=3)], as_of=20 * DAY),
    fails("a report of tomorrow", "nothing after the judged moment", incidents=[incident()], as_of=5 * DAY),
    fails(
        "aware only tomorrow, so that no clock runs", "nothing after the judged moment",
        incidents=[incident(aware=30 * DAY, reported=0)], as_of=20 * DAY,
    ),
)  # fmt: skip

YEAR, LATE = "365 days", "no clock of any law is so long"

VACUOUS = (
    implausible("as_of", "no register was owed then, and what is not reported is in order", at_most="2024-08-01"),
    implausible("reportable", "no incident with a clock is reportable", none_of=CLOCKED),
    implausible("infrastructure", LATE, at_least=YEAR),
    implausible("cybersecurity", LATE, at_least=YEAR),
    implausible("death", LATE, at_least=YEAR),
    implausible("harm", LATE, at_least=YEAR),
    implausible("safety", LATE, at_least=YEAR),
    implausible("danger", LATE, at_least=YEAR),
)
