"""What incidents-reported-in-time asked in its first version, of the register alone, whose rows say when each was
reported: not yet is the 0 that the first version read.
"""

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
    names,
    param,
    require,
)  # fmt: skip

CLOCKED = names(
    "critical_infrastructure", "cybersecurity", "death", "serious_harm", "critical_safety", "imminent_danger"
)


@claim("first-incidents-reported-in-time", version=1)
def incidents_reported_in_time(
    incidents: IncidentLog,
    as_of: Param[Time] = param("the moment up to which the register is judged"),
    reportable: Param[SetOf[IncidentCategory]] = param("the categories that must be reported", default=CLOCKED),
    infrastructure: Param[Seconds] = param("clock of critical infrastructure", default="2 days"),
    cybersecurity: Param[Seconds] = param("clock of cybersecurity", default="5 days"),
    death: Param[Seconds] = param("clock of a death", default="10 days"),
    harm: Param[Seconds] = param("clock of serious harm, and of what has no clock of its own", default="15 days"),
    safety: Param[Seconds] = param("clock of a critical safety incident", default="15 days"),
    danger: Param[Seconds] = param("clock of imminent danger", default="24 hours"),
) -> None:
    """Every reportable incident was reported in time, and the register has no gap."""
    require("serials without a gap", incidents.serial.is_serial())
    known = (incidents.aware <= as_of) & (incidents.reported.or_else(0) <= as_of)
    require("nothing after the judged moment", incidents.every(known))
    due = incidents.aware + incidents.category.pick(
        {
            "critical_infrastructure": infrastructure, "cybersecurity": cybersecurity, "death": death,
            "critical_safety": safety, "imminent_danger": danger,
        },
        otherwise=harm,
    )  # fmt: skip
    ours = incidents.where(incidents.category.is_in(reportable))
    reported = ours.reported.is_given()
    in_time = (reported & (ours.reported.or_else(0) <= due)) | (~reported & (as_of <= due))
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
