"""What training-compute-below asked in its first version: the same relation over the rows of a compute log."""

from zkcompliance.claim.language import (
    COUNTED,
    ComputeLog,
    Flop,
    Param,
    Phase,
    SetOf,
    base,
    claim,
    fails,
    holds,
    require,
)  # fmt: skip


@claim("first-training-compute-below", version=1)
def training_compute_below(compute: ComputeLog, limit: Param[Flop], phases: Param[SetOf[Phase]] = COUNTED) -> None:
    """Total training compute over the log is below `limit`.

    limit: the total must be below this many FLOP
    phases: the phases that count
    """
    counted = compute.where(compute.phase.is_in(phases))
    require("total below the limit", counted.flop.sum() < limit)


job = base(start=0, end=3600, run="r1", phase="pretraining", method="hardware")

EXAMPLES = (
    holds("one FLOP below", compute=[job(flop="6e24"), job(flop="4e24")], limit=10**25 + 1),
    holds("an evaluation is not counted", compute=[job(flop=5), job(flop="1e26", phase="evaluation")], limit="1e25"),
    holds("over two segments", compute=[[job(flop=3)], [job(flop=4)]], limit=8),
    holds("an empty log", compute=[], limit=1),
    fails("exactly at the limit", "total below the limit", compute=[job(flop="1e25")], limit="1e25"),
    fails("in the second segment", "total below the limit", compute=[[job(flop=3)], [job(flop=4)]], limit=7),
    fails("a limit of nothing", "total below the limit", compute=[], limit=0),
)
