"""The total of the last 30 days of the same model beside each job: what a rolling sum with a key costs."""

from zkcompliance.claim.language import ComputeLog, Flop, Param, claim, require


@claim("rolling-compute-of-models", version=1)
def rolling_compute_of_models(compute: ComputeLog, limit: Param[Flop]) -> None:
    """The FLOP of one model in no 30 days, up to the end of any of its jobs, are above a limit."""
    jobs = compute.where(compute.model.is_given())
    own = jobs.flop.sum_within("30 days", at=jobs.end, per=jobs.model)
    require("any 30 days of a model", jobs.every(own <= limit))
