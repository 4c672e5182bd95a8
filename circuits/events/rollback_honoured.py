"""rollback-honoured: each breach is answered in time by a rollback of its model, which stays rolled back for a while.

Sources: Seoul Frontier AI Safety Commitments, IV (explicit processes at a threshold); responsible scaling policies. A
rollback answers the event whose serial is its `subject`, of the same model, and is not before it; one that names no
event, as where an authority asked for it, is honoured all the same. Nothing of the model is deployed from what has to
be answered until the rollback or the end of its time, nor for so long after any rollback of the model. A deployment of
the very second counts as one after it. These events name their model. What has no rollback yet is in order while its
time still runs at `as_of`, how many these are is revealed; nothing is dated later. An empty log holds, loudly, with 0
events that count. What a model was rolled back to is not seen, nor a deployment under another name. A rollback that is
added helps: serials without a gap say that it is the register's. Padding is no row.
"""

from __future__ import annotations

from zkcompliance import schemas
from zkcompliance.claim.language import (
    EventKind,
    EventLog,
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
    param,
    require,
    reveal,
    seconds,
    smaller,
    within,
)

ANSWERED = names("breach")


@claim("rollback-honoured", version=1)
def rollback_honoured(
    events: EventLog,
    as_of: Param[Time] = param("the moment up to which the register is judged", now=True),
    kinds: Param[SetOf[EventKind]] = param("the kinds of event that ask for a rollback", default=ANSWERED),
    limit: Param[Seconds] = param("the time in which to roll back", default="3 days", clock=True),
    least: Param[Seconds] = param("how long after a rollback the model is not deployed at least", default="14 days"),
) -> None:
    """Each event of `kinds` was answered by a rollback in time, and no deployment came before or soon after one."""
    require("serials without a gap", events.serial.is_serial())
    require("no event after the judged moment", events.every(events.at <= as_of))
    about = events.where(events.kind.is_in(kinds) | (events.kind == "deploy") | (events.kind == "rollback"))
    require("all that counts names its model", about.every(about.model.is_given()))
    asking = events.where(events.kind.is_in(kinds) & events.model.is_given())
    rolled = events.where((events.kind == "rollback") & events.model.is_given())
    deploys = events.where((events.kind == "deploy") & events.model.is_given())
    answers = rolled.where(rolled.subject.is_given())
    known = within((answers.subject, answers.model), (events.serial, events.model.or_else("")))
    require("every answer is to an event of its model", answers.every(known))
    of_one = answers.group_by(answers.subject, answers.model)
    keys = (of_one.key(0), of_one.key(1))
    found = lookup((asking.serial, asking.model), keys, of_one.min(answers.at), default=Time.largest)
    first, due = let("its first rollback", found), let("its time's end", asking.at + limit)
    require("no rollback before what it answers", asking.every(first >= asking.at))
    open_ = first > as_of  # none yet: a rollback is not after the judged moment
    require("rolled back in time", asking.every((first <= due) | (open_ & (as_of <= due))))
    per = (asking.model, deploys.model)
    meanwhile = latest(deploys.at, at=smaller(first - seconds(1), due), order=deploys.at, per=per, default=0)
    meanwhile = let("the last deployment before that", meanwhile)
    require("no deployment before the rollback", asking.every(meanwhile < asking.at))
    per = (rolled.model, deploys.model)
    after = latest(deploys.at, at=rolled.at + least, order=deploys.at, per=per, default=0)
    after = let("the last deployment by then", after)
    require("no deployment soon after a rollback", rolled.every(after < rolled.at))
    counted("events that count", asking)
    reveal("not rolled back yet, time still running", asking.where(open_).count(), figures=2)
    reveal("first day", day_of(asking.at.min(empty=0)))
    reveal("last day", day_of(asking.at.max(empty=0)))


T = 1767225600  # 2026-01-01
DAY = 86400
breach = base(serial=1, model="m1", kind="breach", at=T)
rollback = base(serial=2, model="m1", kind="rollback", at=T + 3 * DAY, subject=1)
deploy = base(serial=3, model="m1", kind="deploy", at=T + 17 * DAY + 1)
asked = base(as_of=T + 99 * DAY)
IN_TIME, KNOWN = "rolled back in time", "every answer is to an event of its model"
SOON, NAMED = "no deployment soon after a rollback", "all that counts names its model"

EXAMPLES = (
    fails("a second late", IN_TIME, events=[breach(), rollback(at=T + 3 * DAY + 1)], **asked()),
    fails("deployed again", SOON, events=[breach(), rollback(), deploy(at=T + 17 * DAY)], **asked()),
    fails(
        "deployed in between", "no deployment before the rollback",
        events=[breach(), deploy(serial=2, at=T + 3 * DAY - 1), rollback(serial=3)], **asked(),
    ),
    fails("at that second", SOON, events=[rollback(serial=1, subject=0), deploy(serial=2, at=T + 3 * DAY)], **asked()),
    fails(
        "before it", "no rollback before what it answers",
        events=[breach(), rollback(at=T - 1), rollback(serial=3)], **asked(),
    ),
    fails("of another model", KNOWN, events=[breach(), rollback(), rollback(serial=3, model="m2")], **asked()),
    fails("which model?", NAMED, events=[breach(model="")], **asked(as_of=T)),
    fails("still to come", "no event after the judged moment", events=[breach(), rollback()], **asked(as_of=T)),
    fails("serial 2 is missing", "serials without a gap", events=[breach(), rollback(serial=3)], **asked()),
    holds("on the last second", events=[breach(), rollback(), deploy()], **asked()),
    holds("its time still runs", events=[breach()], **asked(as_of=T + 3 * DAY)),
    holds("another model goes on", events=[breach(), rollback(), deploy(model="m2", at=T + DAY)], **asked()),
    holds("an empty log", events=[], **asked()),
)  # fmt: skip

KINDS = next(column.choices for column in schemas.event.columns if column.name == "kind")

VACUOUS = (
    implausible("as_of", "nothing was held against anything then", at_most="2024-08-01"),
    implausible("kinds", "no event asks for a rollback", none_of=KINDS),
    implausible("limit", "nothing that is rolled back may go on so long", at_least="365 days"),
    implausible("least", "a rollback that lasts no longer is none", at_most="1 hours"),
)
