"""The state of a model at the start of each job, as its events say it: what an as-of join costs."""

from zkcompliance.claim.language import ComputeLog, EventLog, claim, latest, require


@claim("paused-models-wait", version=1)
def paused_models_wait(compute: ComputeLog, events: EventLog) -> None:
    """No run was started while its model was paused."""
    jobs = compute.where(compute.model.is_given())
    turns = events.where(((events.kind == "pause") | (events.kind == "resume")) & events.model.is_given())
    state = latest(turns.kind, at=jobs.start, order=turns.at, per=(jobs.model, turns.model), default="resume")
    require("no start while paused", jobs.none(state == "pause"))
