"""training-compute-below: the counted FLOP of a compute log stay below a limit.

Sources: EU AI Act, Article 51(2) (1e25) and the Commission's GPAI guidelines C(2025) 7719 (1e23; what is counted);
California SB 53 and New York RAISE (1e26); the conditional treaty (1e21 to 1e26). An empty log has a total of 0 and
holds. Padding is no row. A row counts with the FLOP that it states, however they were arrived at: a log that states
the same work twice (by hardware and by architecture) counts it twice.
"""

from __future__ import annotations

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
    implausible,
    require,
)


@claim("training-compute-below", version=1)
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
    holds("nor is inference", compute=[job(flop=9, phase="inference"), job(flop=9, phase="idle")], limit=1),
    holds("over two segments", compute=[[job(flop=3)], [job(flop=4)]], limit=8),
    holds("an empty log", compute=[], limit=1),
    fails("exactly at the limit", "total below the limit", compute=[job(flop="1e25")], limit="1e25"),
    fails("in the second segment", "total below the limit", compute=[[job(flop=3)], [job(flop=4)]], limit=7),
    fails("a limit of nothing", "total below the limit", compute=[], limit=0),
)

VACUOUS = (
    implausible("limit", "no training spends so much", at_least="1e28"),
    implausible("phases", "no phase of training counts", none_of=COUNTED),
)
