"""The total of the last 30 days beside each job: what a rolling sum costs."""

from zkcompliance.claim.language import ComputeLog, Flop, Param, claim, require


@claim("rolling-compute", version=1)
def rolling_compute(compute: ComputeLog, limit: Param[Flop]) -> None:
    """The FLOP of no 30 days, up to the end of any job, are above a limit."""
    require("any 30 days", compute.every(compute.flop.sum_within("30 days", at=compute.end) <= limit))
