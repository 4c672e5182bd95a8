"""Running sums of each model, and the notice that follows: what a running sum and a state cost together."""

from zkcompliance.claim.language import ComputeLog, EventLog, Flop, Param, Seconds, claim, latest, param, require


@claim("crossings-notified", version=1)
def crossings_notified(
    compute: ComputeLog,
    events: EventLog,
    threshold: Param[Flop],
    within: Param[Seconds] = param("the time to notify in", default="14 days"),
) -> None:
    """Whenever a model's compute reached the threshold, the authority was notified in time."""
    jobs = compute.where(compute.model.is_given()).order_by(compute.end)
    notices = events.where((events.kind == "notify_authority") & events.model.is_given())
    total = jobs.flop.running(per=jobs.model)
    crossing = jobs.where((total >= threshold) & (total - jobs.flop < threshold))
    per = (jobs.model, notices.model)
    notified = latest(notices.at, at=jobs.end + within, order=notices.at, per=per, default=0)
    require("notified in time", crossing.every(notified >= crossing.end))
