"""compute-band: the counted FLOP lie in a band of the limit, and their total is disclosed to two significant figures.

Sources: Seoul Ministerial Statement, "how close" a model is to a threshold; EU AI Act, Article 52(1), notification
of a model that meets or will meet 1e25; GPAI guidelines C(2025) 7719, compute stated to two significant figures.
An empty log has a total of 0, which lies in a band from 0 %. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    COUNTED,
    Beside,
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
    implausible,
    never_vacuous,
    param,
    require,
    reveal,
    vacuous,
)


@claim("compute-band", version=1)
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

BESIDE = Beside("total", "limit", low="at_least", high="at_most")
VACUOUS = (
    implausible("limit", "no training spends so much", at_least="1e28"),
    vacuous("at_least", "every total reaches 0", at_most="0%"),
    never_vacuous("at_most", "at 100 % the total is still at most the limit"),
    implausible("phases", "no phase of training counts", none_of=COUNTED),
)
