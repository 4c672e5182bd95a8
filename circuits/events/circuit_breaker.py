"""circuit-breaker: each trigger is acted on in time, and nothing is started again before somebody reviewed it.

Sources: Seoul Frontier AI Safety Commitments, IV (explicit processes at a threshold); responsible scaling policies. A
trigger is a breach or a crossing, or what `kinds` has besides. It is acted on by a throttle, a pause or a rollback, or
what `actions` has, and closed by a review: both state the trigger's serial as their `subject` and its model, and
neither is before it. From the trigger to its review the model is neither resumed nor deployed, by a row that names it
or by one that names none; without a review it stays so up to `as_of`, and a start at the very second of the trigger is
one after it. Of two triggers each needs its own review. Triggers name their model. A trigger that is not acted on yet
is in order while its time still runs at `as_of`, how many these are is revealed; nothing is dated later. An empty log
holds, loudly, with 0 triggers that count. How far a throttle goes, who reviewed and with what result is not seen. An
action or a review that is added helps: serials without a gap say that it is the register's. Padding is no row.
"""

from __future__ import annotations

from zkcompliance import schemas
from zkcompliance.claim.language import (
    EventKind,
    EventLog,
    Expr,
    Param,
    Seconds,
    SetOf,
    Time,
    base,
    claim,
    counted,
    day_of,
    fails,
    holds,
    implausible,
    latest,
    let,
    lookup,
    names,
    never_vacuous,
    param,
    require,
    reveal,
    seconds,
    smaller,
)

TRIGGERS = names("breach", "crossing")
ACTIONS = names("throttle", "pause", "rollback")


@claim("circuit-breaker", version=1)
def circuit_breaker(
    events: EventLog,
    as_of: Param[Time] = param("the moment up to which the register is judged", now=True),
    kinds: Param[SetOf[EventKind]] = param("the kinds of event that are a trigger", default=TRIGGERS),
    actions: Param[SetOf[EventKind]] = param("the kinds of event that act on it", default=ACTIONS),
    limit: Param[Seconds] = param("the time in which to act", default="1 hours", clock=True),
) -> None:
    """Each trigger was acted on in time, and its model neither resumed nor deployed before the trigger's review."""
    require("serials without a gap", events.serial.is_serial())
    require("no event after the judged moment", events.every(events.at <= as_of))
    asking = events.where(events.kind.is_in(kinds))
    require("every trigger names its model", asking.every(asking.model.is_given()))
    key = (asking.serial, asking.model.or_else(""))

    def first(answers: EventLog) -> Expr:
        """When the first of these rows answers the trigger; the end of time where none does."""
        of_one = answers.group_by(answers.subject, answers.model.or_else(""))
        return lookup(key, (of_one.key(0), of_one.key(1)), of_one.min(answers.at), default=Time.largest)

    answering = events.where(events.subject.is_given())
    acted = let("its first action", first(answering.where(answering.kind.is_in(actions))))
    reviewed = let("its first review", first(answering.where(answering.kind == "review")))
    due = let("its time's end", asking.at + limit)
    require("no answer before its trigger", asking.every((acted >= asking.at) & (reviewed >= asking.at)))
    open_ = acted > as_of  # none yet: an action is not after the judged moment
    require("acted on in time", asking.every((acted <= due) | (open_ & (as_of <= due))))
    started = events.where((events.kind == "resume") | (events.kind == "deploy"))
    own, all_ = started.where(started.model.is_given()), started.where(~started.model.is_given())
    before = let("until the review", smaller(reviewed - seconds(1), as_of))
    per = (asking.model.or_else(""), own.model)
    last = let("the model's last start by then", latest(own.at, at=before, order=own.at, per=per, default=0))
    every = let("the lab's last start by then", latest(all_.at, at=before, order=all_.at, default=0))
    require("not started again before the review", asking.every((last < asking.at) & (every < asking.at)))
    counted("triggers that count", asking)
    reveal("not acted on yet, time still running", asking.where(open_).count(), figures=2)
    reveal("not reviewed yet", asking.where(reviewed > as_of).count(), figures=2)
    reveal("first day", day_of(asking.at.min(empty=0)))
    reveal("last day", day_of(asking.at.max(empty=0)))


T = 1767225600  # 2026-01-01
HOUR = 3600
breach = base(serial=1, model="m1", kind="breach", at=T)
throttle = base(serial=2, model="m1", kind="throttle", at=T + HOUR, subject=1)
review = base(serial=3, model="m1", kind="review", at=T + 9 * HOUR, subject=1)
resume = base(serial=4, model="m1", kind="resume", at=T + 9 * HOUR)
STOPPED = [breach(), throttle(), review()]
asked = base(as_of=T + 99 * HOUR)
IN_TIME, BEFORE, AGAIN = "acted on in time", "no answer before its trigger", "not started again before the review"

EXAMPLES = (
    fails("a second late", IN_TIME, events=[breach(), throttle(at=T + HOUR + 1)], **asked()),
    fails("never", IN_TIME, events=[breach()], **asked(as_of=T + HOUR + 1)),
    fails("resumed a second before", AGAIN, events=[*STOPPED, resume(at=T + 9 * HOUR - 1)], **asked()),
    fails("resumed at that second", AGAIN, events=[*STOPPED, resume(at=T)], **asked()),
    fails(
        "one review for two", AGAIN,
        events=[*STOPPED, breach(serial=4), throttle(serial=5, subject=4), resume(serial=6)], **asked(),
    ),
    fails("all are resumed", AGAIN, events=[*STOPPED, resume(model="", at=T + 1)], **asked()),
    fails("acted on before it", BEFORE, events=[breach(), throttle(at=T - 1)], **asked()),
    fails("reviewed before it", BEFORE, events=[breach(), throttle(), review(at=T - 1)], **asked()),
    fails("which model?", "every trigger names its model", events=[breach(model="")], **asked(as_of=T)),
    fails("still to come", "no event after the judged moment", events=[breach(), throttle()], **asked(as_of=T)),
    fails("a breach is missing", "serials without a gap", events=[throttle()], **asked()),
    holds("resumed with its review", events=[*STOPPED, resume()], **asked()),
    holds("its time still runs", events=[breach()], **asked(as_of=T + HOUR)),
    holds("not reviewed, and not resumed", events=[breach(), throttle(), resume(serial=3, model="m2")], **asked()),
    holds("an empty log", events=[], **asked()),
)  # fmt: skip

KINDS = next(column.choices for column in schemas.event.columns if column.name == "kind")

VACUOUS = (
    implausible("as_of", "nothing was held against anything then", at_most="2024-08-01"),
    implausible("kinds", "nothing is a trigger", none_of=KINDS),
    never_vacuous("actions", "with fewer kinds of action fewer triggers are acted on"),
    implausible("limit", "no circuit breaker waits so long", at_least="365 days"),
)
