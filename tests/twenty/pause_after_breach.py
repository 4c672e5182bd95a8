"""After a breach the model is paused in time, and for some time."""

from zkcompliance.claim.language import (
    EventLog,
    Param,
    Seconds,
    Time,
    base,
    claim,
    fails,
    holds,
    latest,
    param,
    require,
)


@claim("twenty-pause-after-breach", version=1)
def pause_after_breach(
    events: EventLog,
    as_of: Param[Time] = param("until when the log is looked at", now=True),
    limit: Param[Seconds] = param("the time in which to pause", default="1 days", clock=True),
    least: Param[Seconds] = param("how long the pause lasts after that time at least", default="7 days"),
) -> None:
    """When the time to pause after a breach was over, the model was paused, and it was not resumed for some time more.

    A breach whose time is not over asks for nothing yet, and a pause that still goes on is long enough so far. A pause
    of before the breach will do; one of the whole lab has to be a row for each model. A breach that is not in the
    register is not seen.
    """
    turns = events.where(((events.kind == "pause") | (events.kind == "resume")) & events.model.is_given())
    ends, named = turns.where(turns.kind == "resume"), events.model.or_else("")
    due, over = events.where((events.kind == "breach") & (events.at + limit < as_of)), events.at + limit
    state = latest(turns.kind, at=over, order=turns.at, per=(named, turns.model.or_else("")), default="resume")
    resumed = latest(ends.at, at=over + least, order=ends.at, per=(named, ends.model.or_else("")), default=0)
    clear = ~events.kind.is_in(("breach", "pause", "resume")) | events.model.is_given()
    require("breaches and turns name a model", events.every(clear))
    require("paused in time", due.every(state == "pause"))
    require("and for some time", due.every(resumed <= over))


T = 1577836800  # 2020-01-01
DAY = 86400
breach = base(serial=1, model="m1", kind="breach", at=T + 10 * DAY)
pause = base(serial=2, model="m1", kind="pause", at=T + 11 * DAY)
resume = base(serial=3, model="m1", kind="resume", at=T + 18 * DAY + 1)

EXAMPLES = (
    holds("on the last second", events=[breach(), pause(), resume()], as_of=T + 99 * DAY),
    holds("paused before", events=[pause(at=T + DAY), breach(), resume()], as_of=T + 99 * DAY),
    holds("there is time", events=[breach()], as_of=T + 11 * DAY),
    holds("of two models", events=[breach(), pause(), breach(model="m2"), pause(model="m2")], as_of=T + 99 * DAY),
    fails("no more time", "paused in time", events=[breach()], as_of=T + 11 * DAY + 1),
    fails("a second late", "paused in time", events=[breach(), pause(at=T + 11 * DAY + 1)], as_of=T + 99 * DAY),
    fails("another model", "paused in time", events=[breach(), pause(model="m2")], as_of=T + 99 * DAY),
    fails(
        "for a second",
        "paused in time",
        events=[breach(), pause(at=T + 10 * DAY + 1), resume(at=T + 10 * DAY + 2)],
        as_of=T + 99 * DAY,
    ),
    fails(
        "a second too short",
        "and for some time",
        events=[breach(), pause(), resume(at=T + 18 * DAY)],
        as_of=T + 99 * DAY,
    ),
    fails(
        "resumed and paused again",
        "and for some time",
        events=[breach(), pause(), resume(at=T + 12 * DAY), pause(at=T + 12 * DAY)],
        as_of=T + 99 * DAY,
    ),
    fails("which model?", "breaches and turns name a model", events=[breach(model="")], as_of=T + DAY),
)
