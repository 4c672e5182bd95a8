"""A person reviews every decision of high risk in time."""

from zkcompliance.claim.language import (
    DecisionLog,
    Param,
    Risk,
    Seconds,
    Time,
    base,
    claim,
    fails,
    holds,
    param,
    require,
)


@claim("twenty-human-review", version=1)
def human_review(
    decisions: DecisionLog,
    limit: Param[Seconds] = param("the time to review in", default="2 days", clock=True),
    least: Param[Risk] = param("the risk from which on a decision counts", default="high"),
    as_of: Param[Time] = param("until when decisions are looked at", now=True),
) -> None:
    """Every decision of that risk was reviewed by a named person in time, from its flag, or still has time.

    A decision may have been taken before its review. That all decisions were flagged, and with their risk, and that
    the person did look, are the lab's words.
    """
    risky = decisions.where(decisions.risk >= least)
    seen = risky.where(risky.reviewed.is_given())
    require("none of the future", risky.every(risky.at <= as_of) & seen.every(seen.reviewed <= as_of))
    require("no review before the flag", seen.every(seen.reviewed >= seen.at))
    require("in time", risky.every(risky.reviewed.or_else(as_of) - risky.at <= limit))
    require("by a named person", seen.every((seen.reviewer_kind == "human") & seen.reviewer.is_given()))


T = 1577836800  # 2020-01-01
DAY = 86400
NOW = T + 1000 * DAY
flag = base(at=T + 10 * DAY, risk="high", reviewed=T + 12 * DAY, reviewer="ann", reviewer_kind="human")
waits = {"reviewed": 0, "reviewer": "", "reviewer_kind": "none"}

EXAMPLES = (
    holds("in exactly two days", decisions=[flag(), flag(risk="unacceptable")], as_of=NOW),
    holds("there is time", decisions=[flag(at=NOW - 2 * DAY, **waits)], as_of=NOW),
    holds("low risk waits", decisions=[flag(), flag(risk="limited", **waits)], as_of=NOW),
    fails("a second late", "in time", decisions=[flag(), flag(reviewed=T + 12 * DAY + 1)], as_of=NOW),
    fails("waits a second too long", "in time", decisions=[flag(at=NOW - 2 * DAY - 1, **waits)], as_of=NOW),
    fails("by a model", "by a named person", decisions=[flag(reviewer_kind="model")], as_of=NOW),
    fails("by nobody", "by a named person", decisions=[flag(reviewer="")], as_of=NOW),
    fails("before the flag", "no review before the flag", decisions=[flag(reviewed=T + 10 * DAY - 1)], as_of=NOW),
    fails("tomorrow", "none of the future", decisions=[flag(at=NOW - 1, reviewed=NOW + 1)], as_of=NOW),
)
