"""Auditors rotate: nobody audits one layer for long without having been away."""

from zkcompliance.claim.language import (
    AuditLog,
    Count,
    Param,
    Seconds,
    base,
    claim,
    days,
    fails,
    holds,
    latest,
    let,
    param,
    require,
    seconds,
    select,
)


@claim("twenty-auditor-rotation", version=1)
def auditor_rotation(
    audits: AuditLog,
    longest: Param[Seconds] = param("the longest that one auditor may go on", default="1096 days"),
    times: Param[Count] = param("the most audits in a row by one auditor", default=3),
    away: Param[Seconds] = param("how long an auditor has to be away before it may begin anew", default="730 days"),
) -> None:
    """Nobody audited one layer of one model, or of the lab, for longer or more often than stated, without a break.

    Audits by others in between are no break. An auditor under another name is another auditor here.
    """
    who = (audits.layer, audits.auditor, audits.model.or_else(""))
    before = latest(audits.at, at=audits.at - seconds(1), order=audits.at, per=(who, who), default=0)
    fresh = audits.where(let("since this auditor's audit before", audits.at - before) > away)
    per = (who, (fresh.layer, fresh.auditor, fresh.model.or_else("")))
    began = let("the tenure's begin", latest(fresh.at, at=audits.at, order=fresh.at, per=per, default=0))
    nth = let("audits so far", select(audits.accredited == "yes", 1, 1).sum_within(days(2**32), at=audits.at, per=who))
    earlier = latest(nth, at=began - seconds(1), order=audits.at, per=(who, who), default=0)
    require("not for too long", audits.every(audits.at - began <= longest))
    require("not too often", audits.every(nth - earlier <= times))


YEAR = 366 * 86400
T = 978307200  # 2001-01-01; the eleventh such year is in 2011
audit = base(layer="security", auditor="a", at=T, valid_until=T + YEAR, outcome="passed")


def at(year: int, auditor: str = "a", **more: str | int) -> dict[str, str | int]:
    """An audit at the beginning of that year of 366 days."""
    return audit(at=T + year * YEAR, valid_until=T + (year + 1) * YEAR, auditor=auditor, **more)


EXAMPLES = (
    holds("three times", audits=[at(10), at(11), at(12)], longest=2 * YEAR),
    holds("away for over two years", audits=[at(10), at(11), at(12), at(15), at(16), at(17)], longest=2 * YEAR),
    holds("another layer", audits=[at(10), at(11), at(12), at(13, layer="model")], longest=2 * YEAR),
    fails("four times", "not too often", audits=[at(10), at(11), at(12), at(13)], longest=3 * YEAR),
    fails("a second too long", "not for too long", audits=[at(10), at(11)], longest=YEAR - 1),
    fails(
        "another in between",
        "not too often",
        longest=9 * YEAR,
        away=2 * YEAR,
        audits=[at(10), at(11, "b"), at(12), at(12, "b"), at(13), at(14)],
    ),
    holds("away for over two years", longest=9 * YEAR, audits=[at(10), at(11), at(12), at(15), at(16), at(17)]),
    fails(
        "away for exactly two years",
        "not too often",
        longest=9 * YEAR,
        away=2 * YEAR,
        audits=[at(10), at(11), at(12), at(14)],
    ),
)
