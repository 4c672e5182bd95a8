"""kpi-detected-internally: of the incidents of a period, at least a share was found by the lab itself.

Sources: performance indicators of accords on AI safety, of which who found an incident is one; none of the laws read
has a share. An incident counts if its category is asked for and the lab knew of it from `since` to `as_of`. Who found
it has to be stated as `internal`: an unknown finder is not the lab. Near misses do not dilute the share unless they are
asked for; how many incidents have another category is disclosed. What nobody found is in no log; that all that was
found is in it once, and by whom, is the lab's word. The register has no gap. An empty log does not hold: over no
incident there is no share. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    IncidentCategory,
    IncidentLog,
    Param,
    Ppm,
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
    vacuous,
)

SERIOUS = names(
    "critical_infrastructure", "cybersecurity", "death", "serious_harm", "critical_safety", "imminent_danger"
)


@claim("kpi-detected-internally", version=1)
def kpi_detected_internally(
    incidents: IncidentLog,
    as_of: Param[Time] = param("the end of the period", now=True),
    since: Param[Time] = param("the beginning of the period: what was known of before does not count", default=0),
    categories: Param[SetOf[IncidentCategory]] = param("the categories that count", default=SERIOUS),
    share: Param[Ppm] = param("the least share of incidents that the lab found itself", default="50%"),
) -> None:
    """Of the incidents of those categories that the lab knew of in the period it found at least `share` itself."""
    require("serials without a gap", incidents.serial.is_serial())
    require("no incident known only after the period", incidents.every(incidents.aware <= as_of))
    ours = incidents.where(incidents.category.is_in(categories) & (incidents.aware >= since))
    require("there is an incident", ours.count() >= 1)
    require("enough found by the lab itself", ours.share(ours.detected_by == "internal") >= share)
    counted("incidents that count", ours)
    reveal("incidents of other categories", incidents.where(~incidents.category.is_in(categories)).count(), figures=2)


T, DAY = 1577836800, 86400  # 2020-01-01
found = base(serial=1, category="cybersecurity", occurred=T, aware=T + DAY, detected_by="internal")
by_user = found(serial=2, detected_by="user")
asked = base(as_of=T + 300 * DAY)
ENOUGH, THERE = "enough found by the lab itself", "there is an incident"

EXAMPLES = (
    fails("one of two, of which more are asked", ENOUGH, incidents=[found(), by_user], share="51%", **asked()),
    fails("nobody knows who found it", ENOUGH, incidents=[found(detected_by="unknown")], **asked()),
    fails(
        "near misses do not help",
        ENOUGH,
        incidents=[found(category="near_miss"), by_user, found(serial=3, category="near_miss")],
        **asked(),
    ),
    fails(
        "found by the lab before the period",
        ENOUGH,
        incidents=[found(), found(serial=2, aware=T + 2 * DAY, detected_by="regulator")],
        since=T + 2 * DAY,
        **asked(),
    ),
    fails("an empty log", THERE, incidents=[], **asked()),
    fails("the second is missing", "serials without a gap", incidents=[found(), found(serial=3)], **asked()),
    fails("of tomorrow", "no incident known only after the period", incidents=[found()], as_of=T + DAY - 1),
    holds("half of them", incidents=[found(), by_user], **asked()),
    holds("near misses asked for", incidents=[found(category="near_miss")], categories=("near_miss",), **asked()),
    holds(
        "another's was before the period",
        incidents=[found(serial=1, detected_by="user"), found(serial=2, aware=T + 2 * DAY)],
        since=T + 2 * DAY,
        share="100%",
        **asked(),
    ),
)

VACUOUS = (
    never_vacuous("as_of", "an incident up to then has to be there"),
    implausible("since", "no incident was known of by then", at_least="2100-01-01"),
    never_vacuous("categories", "an incident of one of them has to be there"),
    vacuous("share", "every share reaches 0 %", at_most="0%"),
)
