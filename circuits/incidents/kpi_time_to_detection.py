"""kpi-time-to-detection: how long incidents went on before the lab knew of them, on average and at most.

Sources: performance indicators of accords on AI safety, of which the time to detection is one; none of the laws read
has a number. An incident counts if its category is asked for and the lab knew of it from `since` to `as_of`; one that
was known of at the very second at which it is said to have happened does not, since that is what somebody states who
does not know when it began, and how many these are is disclosed. So no number of them brings the mean down, and nor do
near misses, unless they are asked for. What nobody found is in no log; that all that was found is in it, each incident
once, and when it happened, is the lab's word. The register has no gap. An empty log does not hold: over no incident
there is no mean. Padding is no row.
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
    counted,
    fails,
    holds,
    implausible,
    names,
    never_vacuous,
    param,
    require,
    reveal,
)

SERIOUS = names(
    "critical_infrastructure", "cybersecurity", "death", "serious_harm", "critical_safety", "imminent_danger"
)


@claim("kpi-time-to-detection", version=1)
def kpi_time_to_detection(
    incidents: IncidentLog,
    as_of: Param[Time] = param("the end of the period", now=True),
    since: Param[Time] = param("the beginning of the period: what was known of before does not count", default=0),
    categories: Param[SetOf[IncidentCategory]] = param("the categories that count", default=SERIOUS),
    mean: Param[Seconds] = param("the longest that incidents may go on unknown on average", default="7 days"),
    longest: Param[Seconds] = param("the longest that any may go on unknown", default="90 days"),
) -> None:
    """It took the lab at most `mean` on average, and never over `longest`, to know of incidents that went on."""
    require("serials without a gap", incidents.serial.is_serial())
    require("no incident known only after the period", incidents.every(incidents.aware <= as_of))
    ours = incidents.where(incidents.category.is_in(categories) & (incidents.aware >= since))
    lasting = ours.where(ours.aware > ours.occurred)
    require("there is an incident that went on", lasting.count() >= 1)
    require("soon found on average", (lasting.aware - lasting.occurred).mean() <= mean)
    require("none found too late", lasting.every(lasting.aware - lasting.occurred <= longest))
    counted("incidents that count", lasting)
    reveal("known of at the second that they began", ours.where(ours.aware == ours.occurred).count(), figures=2)
    reveal("incidents of other categories", incidents.where(~incidents.category.is_in(categories)).count(), figures=2)


T, DAY = 1577836800, 86400  # 2020-01-01
NOW = T + 300 * DAY
incident = base(serial=1, category="cybersecurity", occurred=T, aware=T + 7 * DAY)
soon, at_once = incident(serial=2, aware=T + 1), incident(serial=2, aware=T)
asked = base(as_of=NOW)
MEAN, LATE, THERE = "soon found on average", "none found too late", "there is an incident that went on"

EXAMPLES = (
    fails("a second more on average", MEAN, incidents=[incident(aware=T + 7 * DAY + 1)], **asked()),
    fails(
        "one too late among many", LATE, incidents=[incident(aware=T + 3 * DAY + 1), soon], longest="3 days", **asked()
    ),
    fails("known of at once, which does not help", MEAN, incidents=[incident(), at_once], mean="4 days", **asked()),
    fails(
        "nor do near misses",
        MEAN,
        incidents=[incident(), incident(serial=2, aware=T + 1, category="near_miss")],
        mean="4 days",
        **asked(),
    ),
    fails("known of at once alone", THERE, incidents=[incident(aware=T)], **asked()),
    fails("only before the period", THERE, incidents=[incident()], since=T + 7 * DAY + 1, **asked()),
    fails("an empty log", THERE, incidents=[], **asked()),
    fails("the second is missing", "serials without a gap", incidents=[incident(), incident(serial=3)], **asked()),
    fails("of tomorrow", "no incident known only after the period", incidents=[incident()], as_of=T + 7 * DAY - 1),
    holds("a week, exactly", incidents=[incident()], since=T + 7 * DAY, **asked()),
    holds("half a week on average", incidents=[incident(), soon], mean=302401, **asked()),
    holds("near misses asked for", incidents=[incident(category="near_miss")], categories=("near_miss",), **asked()),
)

VACUOUS = (
    never_vacuous("as_of", "an incident up to then has to be there"),
    implausible("since", "no incident was known of by then", at_least="2100-01-01"),
    never_vacuous("categories", "an incident that went on has to be there"),
    implausible("mean", "nothing goes on unknown for so long", at_least="3650 days"),
    implausible("longest", "nothing goes on unknown for so long", at_least="36500 days"),
)
