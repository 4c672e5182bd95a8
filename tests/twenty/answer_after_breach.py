"""After a breach the model is rolled back or throttled in time, and nothing is deployed before."""

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


@claim("twenty-answer-after-breach", version=1)
def answer_after_breach(
    events: EventLog,
    as_of: Param[Time] = param("until when the log is looked at", now=True),
    limit: Param[Seconds] = param("the time in which to answer", default="3 days", clock=True),
    least: Param[Seconds] = param("how long the model is not deployed anew after the breach", default="14 days"),
) -> None:
    """Each breach was answered in time by a rollback or a throttle of its model, and that was not deployed for a while.

    An answer names the breach's serial and its model, and is not before it. How far a throttle throttles, and when
    one is lifted, no column says; a breach that is not in the register is not seen.
    """
    breaches = events.where(events.kind == "breach")
    due = breaches.where(breaches.at + limit < as_of)
    answers = events.where((events.kind == "rollback") | (events.kind == "throttle"))
    deploys = events.where(events.kind == "deploy")
    names = ((events.serial, events.model.or_else("")), (answers.subject.or_else(0), answers.model.or_else("")))
    answered = latest(answers.at, at=events.at + limit, order=answers.at, per=names, default=0)
    models = (events.model.or_else(""), deploys.model.or_else(""))
    deployed = latest(deploys.at, at=events.at + least, order=deploys.at, per=models, default=0)
    named = ~events.kind.is_in(("breach", "deploy")) | events.model.is_given()
    require("breaches and deployments name a model", events.every(named))
    require("serials without a gap", events.serial.is_serial())
    require("answered in time", due.every((answered >= due.at) & (answered > 0)))
    require("not deployed for a while", breaches.every(deployed <= breaches.at))


T = 1577836800  # 2020-01-01
DAY = 86400
breach = base(serial=1, model="m1", kind="breach", at=T + 10 * DAY)
throttle = base(serial=2, model="m1", kind="throttle", at=T + 13 * DAY, subject=1)
deploy = base(serial=3, model="m1", kind="deploy", at=T + 24 * DAY + 1)

EXAMPLES = (
    holds("on the last second", events=[breach(), throttle(), deploy()], as_of=T + 99 * DAY),
    holds(
        "rolled back, and throttled too late",
        events=[breach(), throttle(kind="rollback"), throttle(serial=3, at=T + 15 * DAY)],
        as_of=T + 99 * DAY,
    ),
    holds("there is time", events=[breach()], as_of=T + 13 * DAY),
    fails("no more time", "answered in time", events=[breach()], as_of=T + 13 * DAY + 1),
    fails("a second late", "answered in time", events=[breach(), throttle(at=T + 13 * DAY + 1)], as_of=T + 99 * DAY),
    fails(
        "before the breach", "answered in time", events=[breach(), throttle(at=T + 10 * DAY - 1)], as_of=T + 99 * DAY
    ),
    fails(
        "the answer to another",
        "answered in time",
        events=[breach(), breach(serial=2), throttle(serial=3)],
        as_of=T + 99 * DAY,
    ),
    fails("another model", "answered in time", events=[breach(), throttle(model="m2")], as_of=T + 99 * DAY),
    fails("a pause", "answered in time", events=[breach(), throttle(kind="pause")], as_of=T + 99 * DAY),
    fails(
        "deployed at once",
        "not deployed for a while",
        events=[breach(), throttle(), deploy(at=T + 24 * DAY)],
        as_of=T + 99 * DAY,
    ),
    fails("at the first second of 1970", "answered in time", events=[breach(at=0)], as_of=99 * DAY),
    fails("which model?", "breaches and deployments name a model", events=[breach(model="")], as_of=T + DAY),
    fails("a breach left out", "serials without a gap", events=[throttle(serial=2)], as_of=T + DAY),
)
