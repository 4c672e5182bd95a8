"""Incidents are reported in time, soon found, and found by the lab itself, as often as stated."""

from zkcompliance.claim.language import (
    IncidentLog,
    Param,
    Ppm,
    Seconds,
    Time,
    base,
    claim,
    fails,
    holds,
    param,
    require,
    select,
)


@claim("twenty-incident-kpis", version=1)
def incident_kpis(
    incidents: IncidentLog,
    as_of: Param[Time] = param("until when the log is looked at", now=True),
    limit: Param[Seconds] = param("the time to report in, from being aware", default="15 days", clock=True),
    adherence: Param[Ppm] = param("the least share reported in time", default="90%"),
    mean: Param[Seconds] = param("the largest mean time from occurrence to being aware", default="7 days"),
    internal: Param[Ppm] = param("the least share found by the lab itself", default="50%"),
) -> None:
    """Of incidents but near misses and others: the shares reported in time and found inside, and how soon found.

    One whose time to report is not over and that is not reported yet counts neither way in the first share. A report
    before the lab was aware is none. Incidents that nobody found are in no log; the category is the lab's word.
    """
    serious = incidents.where(~incidents.category.is_in(("near_miss", "other")))
    done = incidents.reported.is_given() & (incidents.reported >= incidents.aware)
    waited = select(done, incidents.reported, as_of) - incidents.aware
    judged = serious.where(~(~done & (waited <= limit)))  # all but those that still have time
    require("there is one", serious.count() >= 1)
    require("serials without a gap", incidents.serial.is_serial())
    past = (incidents.aware <= as_of) & (incidents.reported.or_else(0) <= as_of)
    require("none of the future", incidents.every(past))
    require("adherence", judged.share(waited <= limit) >= adherence)
    require("time to detection", (serious.aware - serious.occurred).mean() <= mean)
    require("found inside", serious.share(serious.detected_by == "internal") >= internal)


T = 1577836800  # 2020-01-01
DAY = 86400
NOW = T + 1000 * DAY
found = base(serial=1, category="cybersecurity", occurred=T + 10 * DAY, aware=T + 17 * DAY, reported=T + 32 * DAY,
             detected_by="internal")  # fmt: skip


def many(*each: dict[str, str | int]) -> list[dict[str, str | int]]:
    """These incidents, numbered."""
    return [row | {"serial": i} for i, row in enumerate(each, 1)]


late = found(reported=T + 32 * DAY + 1)
EXAMPLES = (
    holds("exactly as late as may be, nine of ten", incidents=many(*[found()] * 9, late), as_of=NOW),
    holds("half by others", incidents=many(found(), found(detected_by="user")), as_of=NOW),
    holds("there is time to report", incidents=many(found(aware=NOW, occurred=NOW, reported=0)), as_of=NOW),
    holds("near misses do not count", incidents=many(found(), found(category="near_miss", reported=0)), as_of=NOW),
    fails("one of nine late", "adherence", incidents=many(*[found()] * 8, late), as_of=NOW),
    fails("never reported", "adherence", incidents=many(found(reported=0)), as_of=NOW),
    fails("reported before", "adherence", incidents=many(found(reported=T + 17 * DAY - 1)), as_of=NOW),
    fails("a second on the mean", "time to detection", incidents=many(found(occurred=T + 10 * DAY - 1)), as_of=NOW),
    fails("not known who found it", "found inside", incidents=many(found(detected_by="unknown")), as_of=NOW),
    fails("the second is missing", "serials without a gap", incidents=[found(), found(serial=3)], as_of=NOW),
    fails("of tomorrow", "none of the future", incidents=many(found()), as_of=T + 32 * DAY - 1),
    fails("near misses alone", "there is one", incidents=many(found(category="near_miss")), as_of=NOW),
)
