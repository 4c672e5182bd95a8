"""pause-after-breach: each breach is followed in time by a pause that lasts, and by no deployment meanwhile.

Sources: Seoul Frontier AI Safety Commitments, IV (what is done at a threshold, to the point of not developing or
deploying); responsible scaling policies. When the time after a breach is over, its model is paused, or the whole lab is
by a pause that names no model; for so much longer it was not resumed, and from the second of the breach to then nothing
of the model was deployed. A pause is lifted by its like alone: the lab's by a resume that names no model, a model's by
its own; of the two at one second the resume counts. A pause of before the breach that is still on will do. Breaches and
deployments name their model: one of all models is a row for each. A breach whose time is not over at `as_of` need not
be answered yet, how many these are is revealed, and a pause that goes on then is long enough so far; nothing is dated
later. An empty log holds, loudly, with 0 breaches that count. A breach that is not in the register is not seen, nor
what goes on under another model's name. A pause that is added helps: serials without a gap say that it is the
register's. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    EventLog,
    Param,
    Seconds,
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
    never_vacuous,
    param,
    require,
    reveal,
)


@claim("pause-after-breach", version=1)
def pause_after_breach(
    events: EventLog,
    as_of: Param[Time] = param("the moment up to which the register is judged", now=True),
    limit: Param[Seconds] = param("the time in which to pause", default="1 days", clock=True),
    least: Param[Seconds] = param("how long the pause lasts after that time at least", default="7 days"),
) -> None:
    """Each breach's model was paused in `limit`, for `least` after that, and not deployed; or its time still runs."""
    require("serials without a gap", events.serial.is_serial())
    require("no event after the judged moment", events.every(events.at <= as_of))
    named = events.where((events.kind == "breach") | (events.kind == "deploy"))
    require("breaches and deployments name their model", named.every(named.model.is_given()))
    breaches = events.where((events.kind == "breach") & events.model.is_given())
    pauses, resumes = events.where(events.kind == "pause"), events.where(events.kind == "resume")
    deploys = events.where((events.kind == "deploy") & events.model.is_given())
    over = let("the end of its time", breaches.at + limit)
    until = let("the end of its pause", over + least)
    kept = []
    for own in (True, False):
        begun = pauses.where(pauses.model.is_given() if own else ~pauses.model.is_given())
        ended = resumes.where(resumes.model.is_given() if own else ~resumes.model.is_given())
        begin_per, end_per = ((breaches.model, begun.model), (breaches.model, ended.model)) if own else ((), ())
        of = "model" if own else "lab"
        last = let(f"the {of}'s last pause", latest(begun.at, at=over, order=begun.at, per=begin_per, default=0))
        resumed = latest(ended.at, at=until, order=ended.at, per=end_per, default=0)
        kept.append(last > let(f"the {of}'s last resumption", resumed))
    open_ = over >= as_of
    require("paused in time, and for long enough", breaches.every(open_ | kept[0] | kept[1]))
    per = (breaches.model, deploys.model)
    deployed = let("the last deployment by then", latest(deploys.at, at=until, order=deploys.at, per=per, default=0))
    require("no deployment meanwhile", breaches.every(deployed < breaches.at))
    counted("breaches that count", breaches)
    reveal("not paused for yet, time still running", breaches.where(open_).count(), figures=2)
    reveal("first day", day_of(breaches.at.min(empty=0)))
    reveal("last day", day_of(breaches.at.max(empty=0)))


T = 1767225600  # 2026-01-01
DAY = 86400
breach = base(serial=1, model="m1", kind="breach", at=T)
pause = base(serial=2, model="m1", kind="pause", at=T + DAY)
resume = base(serial=3, model="m1", kind="resume", at=T + 8 * DAY + 1)
deploy = base(serial=3, model="m1", kind="deploy", at=T + 8 * DAY + 1)
asked = base(as_of=T + 99 * DAY)
PAUSED, DEPLOYED = "paused in time, and for long enough", "no deployment meanwhile"
NAMED = "breaches and deployments name their model"

EXAMPLES = (
    fails("no more time", PAUSED, events=[breach()], as_of=T + DAY + 1),
    fails("a second late", PAUSED, events=[breach(), pause(at=T + DAY + 1)], **asked()),
    fails("a second too short", PAUSED, events=[breach(), pause(), resume(at=T + 8 * DAY)], **asked()),
    fails("deployed in its pause", DEPLOYED, events=[breach(), pause(), deploy(at=T + 8 * DAY)], **asked()),
    fails("deployed at that second", DEPLOYED, events=[breach(), pause(), deploy(at=T)], **asked()),
    fails("which model?", NAMED, events=[breach(model="")], **asked()),
    fails("still to come", "no event after the judged moment", events=[breach(), pause()], **asked(as_of=T)),
    fails("a breach is missing", "serials without a gap", events=[pause()], **asked()),
    holds("on the last second", events=[breach(), pause(), resume()], **asked()),
    holds("paused before, and deployed after", events=[pause(serial=1, at=T), breach(serial=2), deploy()], **asked()),
    holds("its time still runs", events=[breach()], **asked(as_of=T + DAY)),
    holds("the whole lab, one resumed", events=[breach(), pause(model=""), resume(at=T + 2 * DAY)], **asked()),
    holds("an empty log", events=[], **asked()),
)  # fmt: skip

VACUOUS = (
    implausible("as_of", "no breach was held against anything then", at_most="2024-08-01"),
    implausible("limit", "no breach may go on so long", at_least="365 days"),
    never_vacuous("least", "a pause is asked for, however short"),
)
