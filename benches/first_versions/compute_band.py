"""What compute-band asked and revealed in its first version: the same relation over the rows of a compute log."""

from zkcompliance.claim.language import (
    COUNTED,
    ComputeLog,
    Flop,
    Param,
    Phase,
    Ppm,
    SetOf,
    base,
    claim,
    fails,
    fraction,
    holds,
    param,
    require,
    reveal,
)  # fmt: skip


@claim("first-compute-band", version=1)
def compute_band(
    compute: ComputeLog,
    limit: Param[Flop] = param("what the band is measured against", at_least=1),
    at_least: Param[Ppm] = param("lower edge of the band, as a share of the limit"),
    at_most: Param[Ppm] = param("upper edge of the band, as a share of the limit"),
    phases: Param[SetOf[Phase]] = param("the phases that count", default=COUNTED),
) -> None:
    """Total training compute lies between `at_least` and `at_most` of `limit`, both included."""
    total = compute.where(compute.phase.is_in(phases)).flop.sum()
    require("total at or above the lower edge", fraction(total, limit) >= at_least)
    require("total at or below the upper edge", fraction(total, limit) <= at_most)
    reveal("total", total, figures=2)


job = base(start=0, end=3600, run="r1", phase="pretraining", method="hardware")
band = base(limit="1e25", at_least="50%", at_most="75%")

EXAMPLES = (
    holds("at the lower edge", compute=[job(flop="5e24")], **band()),
    holds("at the upper edge", compute=[job(flop="5e24"), job(flop="2.5e24")], **band()),
    holds("an empty log in a band from 0", compute=[], **band(at_least="0%")),
    fails("one below", "total at or above the lower edge", compute=[job(flop=5 * 10**24 - 1)], **band()),
    fails("one above", "total at or below the upper edge", compute=[job(flop=75 * 10**23 + 1)], **band()),
    fails("an empty log", "total at or above the lower edge", compute=[], **band()),
)
