"""events-followed: each event of some kinds is followed in time by one that names it: published, notified, corrected.

Sources: AI Act, Article 52(1) (a crossing is notified within two weeks); California SB 53, section 22757.12 (a modified
framework is published within 30 days). An answer is an event of
one of the kinds in `answers` that states the other's serial as its `subject`, and has the same model, or none where
that one has none. It answers one event; it is not before it, and not of an event that the register has not. What has no
answer yet is in order while its time still runs at `as_of`: how many these are is revealed. Nothing is dated later than
that. All models' events ask, and those that name none. An empty log holds,
loudly, with 0 events that count. A subject that is missing answers nothing. Padding is no row; adding an answer helps,
and serials without a gap say that it is one of the register. What an answer says, and to whom, is not seen.
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
    let,
    lookup,
    never_vacuous,
    param,
    require,
    reveal,
    within,
)


@claim("events-followed", version=1)
def events_followed(
    events: EventLog,
    as_of: Param[Time] = param("the moment up to which the register is judged", now=True),
    kinds: Param[SetOf[EventKind]] = param("the kinds of event that have to be followed"),
    answers: Param[SetOf[EventKind]] = param("the kinds of event that follow them"),
    limit: Param[Seconds] = param("how long after it at the latest", clock=True),
    since: Param[Time] = param("events before that ask for nothing"),
) -> None:
    """Each event of `kinds` is followed within `limit` by one of `answers` that names it, or its time still runs."""
    require("serials without a gap", events.serial.is_serial())
    require("no event after the judged moment", events.every(events.at <= as_of))
    given = events.where(events.kind.is_in(answers) & events.subject.is_given())
    subject = given.subject
    require("every answer is to another event of the register", given.every(
        within(subject, events.serial) & (subject != given.serial)
    ))  # fmt: skip
    asking = events.where(events.kind.is_in(kinds) & (events.at >= since))
    of_one = given.group_by(subject, given.model.or_else(""))
    mine = (asking.serial, asking.model.or_else(""))
    found = lookup(mine, (of_one.key(0), of_one.key(1)), of_one.min(given.at), default=Time.largest)
    first, due = let("its first answer", found), let("its time's end", asking.at + limit)
    require("no answer before what it answers", asking.every(first >= asking.at))
    open_ = first > as_of  # none yet: an answer is not after the judged moment
    require("followed in time", asking.every((first <= due) | (open_ & (as_of <= due))))
    counted("events that count", asking)
    reveal("not followed yet, time still running", asking.where(open_).count(), figures=2)
    reveal("first day", day_of(asking.at.min(empty=0)))
    reveal("last day", day_of(asking.at.max(empty=0)))


T = 1767225600  # 2026-01-01
DAY = 86400
changed = base(serial=1, at=T, kind="policy_change")
published = base(serial=2, at=T + 30 * DAY, kind="publish", subject=1)
asked = base(kinds=("policy_change",), answers=("publish",), limit="30 days", since=T, as_of=T + 90 * DAY)
AGAIN = published(serial=4, subject=3)
IN_TIME, OTHER = "followed in time", "every answer is to another event of the register"

EXAMPLES = (
    fails("a second late", IN_TIME, events=[changed(), published(at=T + 30 * DAY + 1)], **asked()),
    fails("never", IN_TIME, events=[changed()], **asked(as_of=T + 30 * DAY + 1)),
    fails(
        "before it", "no answer before what it answers",
        events=[changed(), published(at=T - 1), published(serial=3)], **asked(),
    ),
    fails("to what is not there", OTHER, events=[changed(), published(), published(serial=3, subject=9)], **asked()),
    fails("to itself", OTHER, events=[published(serial=1)], **asked(kinds=("publish",))),
    fails("still to come", "no event after the judged moment", events=[changed(), published()], **asked(as_of=T)),
    fails("serial 1 is missing", "serials without a gap", events=[published(serial=2, subject=0)], **asked()),
    holds("on the last second", events=[changed(), published()], **asked()),
    holds("its time still runs", events=[changed()], **asked(as_of=T + 30 * DAY)),
    holds("each its own", events=[changed(), published(), changed(serial=3), AGAIN], **asked()),
    holds("of before", events=[changed(at=T - 1)], **asked()),
    holds("an empty log", events=[], **asked()),
)  # fmt: skip

ALL = next(column.choices for column in schemas.event.columns if column.name == "kind")

VACUOUS = (
    implausible("as_of", "nothing had to follow anything then", at_most="2024-08-01"),
    implausible("kinds", "no event asks for anything", none_of=ALL),
    never_vacuous("answers", "with fewer kinds of answers fewer events are answered"),
    implausible("limit", "no law waits so long", at_least="1100 days"),
    implausible("since", "no event is so late", at_least="2100-01-01"),
)
