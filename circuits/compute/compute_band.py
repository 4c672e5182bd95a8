"""compute-band: a model's counted FLOP lie in a band of the limit, and their total is disclosed to two figures.

Sources: Seoul Ministerial Statement, "how close" a model is to a threshold; EU AI Act, Article 52(1), notification
of a model that meets or will meet 1e25; GPAI guidelines C(2025) 7719, compute stated to two significant figures.
A row that names another model is not of this one. One that names none would fill the band or empty it, so that with a
model each row of a phase that counts has to name its own. FLOP in phases that do not count are at most a share of the
limit. The FLOP of weights that the training began from are in no row: they are the lab's own figure, `before`, and
part of the total. An empty log has a total of `before`, 0 where there is none, which lies in a band from 0 %; of no row
that counts, which is revealed as 0 rows. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    COUNTED,
    Beside,
    ComputeLog,
    Flop,
    Id,
    Param,
    Phase,
    Ppm,
    SetOf,
    base,
    claim,
    counted,
    day_of,
    fails,
    fraction,
    holds,
    implausible,
    let,
    never_vacuous,
    param,
    require,
    reveal,
    vacuous,
)


@claim("compute-band", version=2)
def compute_band(
    compute: ComputeLog,
    limit: Param[Flop] = param("what the band is measured against", at_least=1),
    at_least: Param[Ppm] = param("lower edge of the band, as a share of the limit"),
    at_most: Param[Ppm] = param("upper edge of the band, as a share of the limit"),
    phases: Param[SetOf[Phase]] = param("the phases that count", default=COUNTED),
    model: Param[Id] = param("whose rows count; the empty text: every row", default=""),
    before: Param[Flop] = param("FLOP of the weights that training began from, as the lab states them", default=0),
    outside: Param[Ppm] = param("the most FLOP in phases that do not count, as a share of the limit", default="100%"),
) -> None:
    """A model's training compute lies between `at_least` and `at_most` of `limit`, and is disclosed."""
    named = compute.model.is_given() & (compute.model != model)
    of_the_model = let("of the model", (model == "") | ~named)
    ours = compute.where(of_the_model)
    chosen = ours.where(ours.phase.is_in(phases))
    require("each row that counts names its model", chosen.every((model == "") | chosen.model.is_given()))
    total = chosen.flop.sum() + before
    require("total at or above the lower edge", fraction(total, limit) >= at_least)
    require("total at or below the upper edge", fraction(total, limit) <= at_most)
    aside = ours.where(~ours.phase.is_in(phases))
    require("little in phases that do not count", fraction(aside.flop.sum(), limit) <= outside)
    reveal("total", total, figures=2)
    counts = chosen.where(chosen.flop > 0)
    counted("rows that count", counts)
    reveal("first day", day_of(counts.start.min(empty=0)))
    reveal("last day", day_of(counts.end.max(empty=0)))
    reveal("rows of other models", compute.where(~of_the_model).count(), figures=2)


job = base(start=0, end=3600, run="r1", phase="pretraining", method="hardware", model="m1")
lost = base(**job(phase="failed"))
band = base(limit="1e25", at_least="50%", at_most="75%")
NAMED, ASIDE = "each row that counts names its model", "little in phases that do not count"

EXAMPLES = (
    holds("at the lower edge", compute=[job(flop="5e24")], **band()),
    holds("at the upper edge", compute=[job(flop="5e24"), job(flop="2.5e24")], **band()),
    holds("with the weights it began from", compute=[job(flop="1e24")], before="4e24", **band()),
    fails("one below", "total at or above the lower edge", compute=[job(flop=5 * 10**24 - 1)], **band()),
    fails("one above", "total at or below the upper edge", compute=[job(flop=75 * 10**23 + 1)], **band()),
    fails("an empty log", "total at or above the lower edge", compute=[], **band()),
    fails(
        "filled by another model", "total at or above the lower edge",
        compute=[job(flop="1e24"), job(flop="5e24", model="m2")], model="m1", **band(),
    ),
    fails(
        "filled by a row that names no model", NAMED, compute=[job(flop="1e24"), job(flop="5e24", model="")],
        model="m1", **band(),
    ),
    fails("most of it failed", ASIDE, compute=[job(flop="5e24"), lost(flop=10**25 + 1)], **band()),
    fails("more aside", ASIDE, compute=[job(flop="5e24"), lost(flop=10**24 + 1)], outside="10%", **band()),
    holds(
        "as much aside", compute=[job(flop="5e24"), lost(flop="1e24", model="")], outside="10%", model="m1", **band()
    ),
    holds("an empty log in a band from 0", compute=[], **band(at_least="0%")),
)  # fmt: skip

BESIDE = Beside("total", "limit", low="at_least", high="at_most")
ROLLED = True  # over roll-ups too
VACUOUS = (
    implausible("limit", "no training spends so much", at_least="1e28"),
    vacuous("at_least", "every total reaches 0", at_most="0%"),
    never_vacuous("at_most", "at 100 % the total is still at most the limit"),
    implausible("phases", "no phase of training counts", none_of=COUNTED),
    never_vacuous("model", "without one the total is that of every row"),
    never_vacuous("before", "it is part of the total"),
    never_vacuous("outside", "at 100 % it is still held against the limit"),
)
