"""Whoever crosses a threshold tells the authority within two weeks, for every model at once."""

from zkcompliance.claim.language import (
    ComputeLog,
    EventLog,
    Flop,
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


@claim("twenty-crossing-notified", version=1)
def crossing_notified(
    compute: ComputeLog,
    events: EventLog,
    threshold: Param[Flop],
    as_of: Param[Time] = param("until when the logs are looked at", now=True),
    limit: Param[Seconds] = param("the time to notify in", default="14 days", clock=True),
    longest: Param[Seconds] = param("the longest that one row of compute may be", default="1 days"),
) -> None:
    """Of every model whose FLOP reached the threshold, the authority was notified from then on and in time.

    All FLOP that name the model count. It was reached when the row ended that reached it; since no row is longer than
    stated, that is at most so much too late. A notice before then is none, and whoever still has time need not have
    given one. What a model's base was trained with is not counted.
    """
    jobs = compute.where(compute.model.is_given()).order_by(compute.end)
    notices = events.where((events.kind == "notify_authority") & events.model.is_given())
    total = jobs.flop.running(per=jobs.model)
    due = jobs.where((total >= threshold) & (total - jobs.flop < threshold) & (jobs.end + limit < as_of))
    per = (jobs.model, notices.model)
    notified = latest(notices.at, at=jobs.end + limit, order=notices.at, per=per, default=0)
    require("every job names its model", compute.every(compute.model.is_given()))
    require("no row too long", compute.every(compute.end - compute.start <= longest))
    require("notified in time", due.every((notified >= due.end) & (notified > 0)))


T = 1577836800  # 2020-01-01
DAY = 86400
job = base(start=T, end=T + DAY, run="r1", phase="pretraining", method="hardware", flop=5, model="m1")
notice = base(serial=1, model="m1", kind="notify_authority", at=T + 15 * DAY)
late = {"as_of": T + 15 * DAY + 1, "threshold": 5}

EXAMPLES = (
    holds("on the last day", compute=[job(), job(model="m2", flop=4)], events=[notice()], **late),
    holds("nobody gets there", compute=[job(), job(model="m2")], events=[], as_of=T + 99 * DAY, threshold=6),
    holds("there is time", compute=[job()], events=[], as_of=T + 15 * DAY, threshold=5),
    holds("two rows at once", compute=[job(), job()], events=[notice()], as_of=T + 99 * DAY, threshold=6),
    fails("no more time", "notified in time", compute=[job()], events=[], **late),
    fails("a second late", "notified in time", compute=[job()], events=[notice(at=T + 15 * DAY + 1)], **late),
    fails("one of two models", "notified in time", compute=[job(), job(model="m2")], events=[notice()], **late),
    fails("before it was so", "notified in time", compute=[job()], events=[notice(at=T + DAY - 1)], **late),
    fails("at the first second of 1970", "notified in time", compute=[job(start=0, end=0)], events=[], **late),
    fails("which model?", "every job names its model", compute=[job(model="")], events=[], **late),
    fails("a second too long", "no row too long", compute=[job(end=T + DAY + 1, flop=1)], events=[], **late),
)
