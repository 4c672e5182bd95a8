"""training-compute-below: the counted FLOP of a model's training stay below a limit, and little lies outside the count.

Sources: EU AI Act, Article 51(2) (1e25) and the Commission's GPAI guidelines C(2025) 7719 (1e23; what is counted);
California SB 53 and New York RAISE (1e26); the conditional treaty (1e21 to 1e26). A row that names another model is
not of this one; a row that names none is. What such a log could be emptied by is bounded: FLOP in phases that do not
count are at most a share of the limit, whatever the log's total is. The FLOP of weights that the training began from
are in no row: they are the lab's own figure, `before`. An empty log has a total of `before` and of no row that counts,
which is revealed as 0 rows. A row of 0 FLOP is no row that counts. Padding is no row. A row counts with the FLOP that
it states, however they were arrived at: a log that states the same work twice (by hardware and by architecture) counts
it twice.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    COUNTED,
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
)


@claim("training-compute-below", version=2)
def training_compute_below(
    compute: ComputeLog,
    limit: Param[Flop] = param("the total must be below this many FLOP"),
    phases: Param[SetOf[Phase]] = param("the phases that count", default=COUNTED),
    model: Param[Id] = param("whose rows count, with those that name no model; the empty text: every row", default=""),
    before: Param[Flop] = param("FLOP of the weights that training began from, as the lab states them", default=0),
    outside: Param[Ppm] = param("the most FLOP in phases that do not count, as a share of the limit", default="100%"),
) -> None:
    """Total training compute of a model is below `limit`, and that in phases that do not count is bounded."""
    named = compute.model.is_given() & (compute.model != model)
    of_the_model = let("of the model", (model == "") | ~named)
    ours = compute.where(of_the_model)
    chosen = ours.where(ours.phase.is_in(phases))
    require("total below the limit", chosen.flop.sum() + before < limit)
    aside = ours.where(~ours.phase.is_in(phases))
    require("little in phases that do not count", fraction(aside.flop.sum(), limit) <= outside)
    counts = chosen.where(chosen.flop > 0)
    counted("rows that count", counts)
    reveal("first day", day_of(counts.start.min(empty=0)))
    reveal("last day", day_of(counts.end.max(empty=0)))
    reveal("rows of other models", compute.where(~of_the_model).count(), figures=2)


job = base(start=0, end=3600, run="r1", phase="pretraining", method="hardware", model="m1")
tested, lost = base(**job(phase="evaluation")), base(**job(phase="failed"))

EXAMPLES = (
    fails("exactly at the limit", "total below the limit", compute=[job(flop="1e25")], limit="1e25"),
    fails("in the second segment", "total below the limit", compute=[[job(flop=3)], [job(flop=4)]], limit=7),
    fails(
        "a row that names no model is counted", "total below the limit",
        compute=[job(flop=3), job(flop=4, model="")], limit=7, model="m1",
    ),
    fails("with the weights it began from", "total below the limit", compute=[job(flop=3)], limit=7, before=4),
    fails("a limit of nothing", "total below the limit", compute=[], limit=0),
    fails(
        "nearly all of it failed, or was something else", "little in phases that do not count",
        compute=[job(flop="1e22"), lost(flop="3e26"), job(flop="25e25", phase="other")], limit="1e26",
    ),
    fails(
        "more aside than is allowed", "little in phases that do not count",
        compute=[job(flop=5), tested(flop=101)], limit=1000, outside="10%",
    ),
    fails(
        "aside in a row that names no model", "little in phases that do not count",
        compute=[job(flop=5), lost(flop=101, model="")], limit=1000, outside="10%", model="m1",
    ),
    holds("one FLOP below", compute=[job(flop="6e24"), job(flop="4e24")], limit=10**25 + 1),
    holds("an evaluation is not counted", compute=[job(flop=5), tested(flop="1e24")], limit="1e25", outside="10%"),
    holds("nor is inference", compute=[job(flop=9, phase="inference"), job(flop=9, phase="idle")], limit=18),
    holds("another model is not counted", compute=[job(flop=5), job(flop=9, model="m2")], limit=6, model="m1"),
    holds("nor what it did aside", compute=[job(flop=5), lost(flop=9, model="m2")], limit=6, model="m1", outside="0%"),
    holds("one below with the weights it began from", compute=[job(flop=3)], limit=8, before=4),
    holds("over two segments", compute=[[job(flop=3)], [job(flop=4)]], limit=8),
    holds("a row of nothing", compute=[tested(flop=0)], limit=1),
    holds("an empty log", compute=[], limit=1),
)  # fmt: skip

ROLLED = True  # over roll-ups too
VACUOUS = (
    implausible("limit", "no training spends so much", at_least="1e28"),
    implausible("phases", "no phase of training counts", none_of=COUNTED),
    never_vacuous("model", "rows that name no model count whichever it is"),
    never_vacuous("before", "it is added to the total"),
    never_vacuous("outside", "at 100 % it is still held against the limit"),
)
