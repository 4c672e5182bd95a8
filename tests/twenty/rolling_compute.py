"""In any 30 days in a row, the FLOP that can have been spent are limited."""

from zkcompliance.claim.language import ComputeLog, Flop, Param, base, claim, days, fails, holds, param, require


@claim("twenty-rolling-compute", version=1)
def rolling_compute(compute: ComputeLog, limit: Param[Flop] = param("the most FLOP of any 30 days in a row")) -> None:
    """In any 30 days, however a row's FLOP are spread over its time, at most so many FLOP were spent.

    No row is longer than a day. A row that has any second of some 30 days ends in the 31 days that begin with them,
    so the limit holds for what ended in any 31 days: a log over the limit there is refused though its 30 days may
    have had less, which a row cannot tell. All phases count.
    """
    require("no row too long", compute.every(compute.end - compute.start <= days(1)))
    require("any 30 days", compute.every(compute.flop.sum_within("31 days", at=compute.end) <= limit))


T = 1577836800  # 2020-01-01
DAY = 86400
job = base(start=T, end=T + DAY, run="r1", phase="pretraining", method="hardware", flop=5)
later = job(start=T + 31 * DAY, end=T + 32 * DAY)

EXAMPLES = (
    holds("exactly 31 days apart", compute=[job(), later], limit=5),
    holds("exactly the limit", compute=[job(), job(start=T + 30 * DAY, end=T + 31 * DAY)], limit=10),
    holds("none", compute=[], limit=0),
    fails(
        "a second less apart", "any 30 days", compute=[job(), job(start=T + 31 * DAY, end=T + 32 * DAY - 1)], limit=9
    ),
    fails(
        "partly in the same 30 days", "any 30 days", compute=[job(), job(start=T + 30 * DAY, end=T + 31 * DAY)], limit=9
    ),
    fails("two at once", "any 30 days", compute=[job(), job(run="r2")], limit=9),
    fails("a second too long", "no row too long", compute=[job(end=T + DAY + 1)], limit=9),
)
