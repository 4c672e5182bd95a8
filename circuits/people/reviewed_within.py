"""reviewed-within: every flagged decision of a risk was reviewed by a named person in time.

Sources: EU AI Act, Article 14 (high-risk systems can be overseen by people); pledges that staff review decisions of
high risk. Neither has a number: the time is for whoever asks. A review counts that a named person made, from the flag
on: one by a model, by nobody named or from before the flag is none. A decision that still has time at `as_of` is in
order without one, and how many these are is disclosed, as is how many were taken before they were reviewed. The
register numbers its decisions from 1 without a gap, and none is flagged or reviewed later than `as_of`. A decision that
names another model is passed over; one that names none counts. That every decision was flagged, with its risk, and that
somebody looked, is the lab's word: how many rows have a lower risk, or name another model, is disclosed. Times are
those that rows state. An empty log holds, loudly, with 0 decisions that count. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    DecisionLog,
    Id,
    Param,
    Risk,
    Seconds,
    Time,
    base,
    claim,
    counted,
    day_of,
    fails,
    holds,
    implausible,
    let,
    never_vacuous,
    param,
    require,
    reveal,
    select,
)


@claim("reviewed-within", version=1)
def reviewed_within(
    decisions: DecisionLog,
    as_of: Param[Time] = param("the moment up to which the register is judged", now=True),
    model: Param[Id] = param("whose decisions count, with those that name no model"),
    limit: Param[Seconds] = param("the time to review in, from the flag", default="2 days", clock=True),
    least: Param[Risk] = param("the risk from which on a decision counts", default="high"),
) -> None:
    """Each decision of that risk was reviewed by a named person within `limit` of its flag, or still has time."""
    require("serials without a gap", decisions.serial.or_else(0).is_serial())
    seen = let("reviewed", decisions.reviewed.or_else(0))
    require("none of the future", decisions.every((decisions.at <= as_of) & (seen <= as_of)))
    risky = decisions.where(
        (~decisions.model.is_given() | (decisions.model == model)) & (decisions.risk >= least)
    )  # fmt: skip
    by_person = (risky.reviewer_kind == "human") & risky.reviewer.is_given() & (seen >= risky.at)
    done = let("a person's review", select(by_person, seen, Time.largest))
    open_ = let("not reviewed", done == Time.largest)
    require("reviewed in time", risky.every((done - risky.at <= limit) | (open_ & (as_of - risky.at <= limit))))
    counted("decisions that count", risky)
    reveal("not reviewed yet, clock still running", risky.where(open_).count(), figures=2)
    early = risky.where(risky.decided.is_given() & (risky.decided.or_else(0) < done))
    reveal("taken before they were reviewed", early.count(), figures=2)
    reveal("decisions of lower risk", decisions.where(decisions.risk < least).count(), figures=2)
    others = decisions.where(decisions.model.is_given() & (decisions.model != model))
    reveal("decisions of other models", others.count(), figures=2)
    reveal("first day", day_of(risky.at.min(empty=0)))
    reveal("last day", day_of(risky.at.max(empty=0)))


T, DAY = 1767225600, 86400  # 2026-01-01
NOW = T + 300 * DAY
flag = base(serial=1, at=T, risk="high", reviewed=T + 2 * DAY, reviewer="ann", reviewer_kind="human", model="m1")
waits = base(**{key: cell for key, cell in flag(at=NOW - 2 * DAY).items() if not key.startswith("review")})
IN_TIME, FUTURE, SERIAL = "reviewed in time", "none of the future", "serials without a gap"
asked = base(model="m1", as_of=NOW)

EXAMPLES = (
    fails("a second late", IN_TIME, decisions=[flag(reviewed=T + 2 * DAY + 1)], **asked()),
    fails("waits a second too long", IN_TIME, decisions=[waits(at=NOW - 2 * DAY - 1)], **asked()),
    fails("by a model", IN_TIME, decisions=[flag(reviewer_kind="model")], **asked()),
    fails("by nobody named", IN_TIME, decisions=[flag(reviewer="")], **asked()),
    fails("before the flag", IN_TIME, decisions=[flag(reviewed=T - 1)], **asked()),
    fails("of no model in particular", IN_TIME, decisions=[waits(at=T, model="")], **asked()),
    fails("reviewed tomorrow", FUTURE, decisions=[waits(reviewed=NOW + 1)], **asked()),
    fails("flagged tomorrow", FUTURE, decisions=[waits(at=NOW + 1)], **asked()),
    fails("the second is missing", SERIAL, decisions=[flag(), flag(serial=3)], **asked()),
    fails("one without a number", SERIAL, decisions=[flag(), flag(serial=0)], **asked()),
    holds("in exactly two days", decisions=[flag(), flag(serial=2, risk="unacceptable")], **asked()),
    holds("there is time", decisions=[waits()], **asked()),
    holds(
        "low risk waits, and another model's",
        decisions=[waits(at=T, risk="limited"), waits(serial=2, at=T, model="m2")],
        **asked(),
    ),
    holds("an empty log", decisions=[], **asked(as_of=0)),
)

VACUOUS = (
    implausible("as_of", "no review was asked for then, and what has none is in order", at_most="2024-08-01"),
    never_vacuous("model", "decisions that name no model count whichever it is"),
    implausible("limit", "nobody waits so long for a review", at_least="365 days"),
    never_vacuous("least", "decisions of the highest risk count whichever it is"),
)
