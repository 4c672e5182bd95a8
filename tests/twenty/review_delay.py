"""Nineteen of twenty flagged decisions do not wait long for their review."""

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


@claim("twenty-review-delay", version=1)
def review_delay(
    decisions: DecisionLog,
    limit: Param[Seconds] = param("the longest delay that 95 % may have", default="3 days", clock=True),
    least: Param[Risk] = param("the risk from which on a decision counts", default="high"),
    as_of: Param[Time] = param("until when decisions are looked at", now=True),
) -> None:
    """At least 95 % of the decisions of that risk were reviewed in time, or have not waited longer than that so far.

    Whoever has not been reviewed has waited until `as_of`. The delay runs from the flag. That a decision was flagged
    at all, that it was flagged once, and its risk, are the lab's words; who reviewed, a person or a model, is another
    claim (human_review).
    """
    risky = decisions.where(decisions.risk >= least)
    waited = risky.reviewed.or_else(as_of) - risky.at
    require("there is such a decision", risky.count() >= 1)
    require("none of the future", risky.every((risky.at <= as_of) & (risky.reviewed.or_else(as_of) <= as_of)))
    require("no review before the flag", risky.every(risky.reviewed.or_else(as_of) >= risky.at))
    require("95 % in time", waited.quantile("95%") <= limit)


T = 1577836800  # 2020-01-01
DAY = 86400
NOW = T + 1000 * DAY
flag = base(at=T + 10 * DAY, risk="high", reviewed=T + 13 * DAY)

EXAMPLES = (
    holds("19 in exactly three days, and one never", decisions=[flag()] * 19 + [flag(reviewed=0)], as_of=NOW),
    holds("flagged today", decisions=[flag(at=NOW, reviewed=0)], as_of=NOW),
    holds("low risk waits", decisions=[flag(), flag(risk="limited", reviewed=0)], as_of=NOW),
    fails("two of twenty-one", "95 % in time", decisions=[flag()] * 19 + [flag(reviewed=0)] * 2, as_of=NOW),
    fails("a second late", "95 % in time", decisions=[flag(reviewed=T + 13 * DAY + 1)], as_of=NOW),
    fails("reviewed tomorrow", "none of the future", decisions=[flag(at=NOW - 1, reviewed=NOW + 1)], as_of=NOW),
    fails("reviewed first", "no review before the flag", decisions=[flag(reviewed=T + 9 * DAY)], as_of=NOW),
    fails("none", "there is such a decision", decisions=[flag(risk="limited")], as_of=NOW),
)
