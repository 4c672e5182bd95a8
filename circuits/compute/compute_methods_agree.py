"""compute-methods-agree: each run's compute by hardware and by architecture differs by no more than a tolerance.

Source: the Commission's GPAI guidelines C(2025) 7719, annex: C = N*L*H*U by hardware, C = 6*P*D by architecture, stated
within 30 %. Each run is held by itself: one run's difference makes up for no other's. A run that is not stated both
ways cannot be compared: the share of all FLOP that lies in such runs is bounded, and with 0 % there is none. A row of 0
FLOP states nothing. Rows with the method `measured` are not compared, and do not count: how many they are is revealed.
A run that has nothing else is not stated both ways. Rows that name another model are not of this one, those that name
none are. An empty log has no run and holds, with 0 runs compared, which is revealed. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    COUNTED,
    ComputeLog,
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
    percent,
    require,
    reveal,
    select,
    vacuous,
)


@claim("compute-methods-agree", version=2)
def compute_methods_agree(
    compute: ComputeLog,
    tolerance: Param[Ppm] = param("how far a run's one total may exceed its other", default="30%"),
    phases: Param[SetOf[Phase]] = param("the phases that count", default=COUNTED),
    model: Param[Id] = param("whose rows count, with those that name no model; the empty text: every row", default=""),
    alone: Param[Ppm] = param("the largest share of all FLOP in runs that are not stated both ways", default="0%"),
) -> None:
    """Each run's training compute by hardware and by architecture agrees within `tolerance`."""
    named = compute.model.is_given() & (compute.model != model)
    of_the_model = let("of the model", (model == "") | ~named)
    ours = compute.where(of_the_model)
    stated = ours.where(ours.phase.is_in(phases) & (ours.flop > 0))
    runs = stated.group_by(stated.run)
    hardware = let("by hardware", runs.sum(select(stated.method == "hardware", stated.flop, 0)))
    architecture = let("by architecture", runs.sum(select(stated.method == "architecture", stated.flop, 0)))
    both = runs.where((hardware > 0) & (architecture > 0))
    near = both.every(fraction(hardware, architecture) <= percent(100) + tolerance)
    require("no run's hardware far above its architecture", near)
    near = both.every(fraction(architecture, hardware) <= percent(100) + tolerance)
    require("no run's architecture far above its hardware", near)
    single = runs.where(~((hardware > 0) & (architecture > 0)))
    apart = let("flop of the run", single.sum(stated.flop))
    require("little in runs not stated both ways", fraction(apart.sum(), stated.flop.sum()) <= alone)
    compared = stated.where(stated.method != "measured")
    counted("rows that count", compared)
    reveal("runs compared", both.count(), figures=2)
    reveal("first day", day_of(compared.start.min(empty=0)))
    reveal("last day", day_of(compared.end.max(empty=0)))
    reveal("rows that were measured", stated.where(stated.method == "measured").count(), figures=2)
    reveal("rows of other models", compute.where(~of_the_model).count(), figures=2)


job = base(start=0, end=3600, run="r1", phase="pretraining", method="hardware", model="m1")
six_pd = base(**job(method="architecture"))
other, other_pd = base(**job(run="r2")), base(**six_pd(run="r2"))
ABOVE, BELOW = "no run's hardware far above its architecture", "no run's architecture far above its hardware"
ALONE = "little in runs not stated both ways"

EXAMPLES = (
    holds("30 % apart", compute=[job(flop=1300), six_pd(flop=1000)]),
    holds("two runs", compute=[job(flop=5), six_pd(flop=5), other(flop=9), other_pd(flop=9)]),
    holds("measured rows take no part", compute=[job(flop=5), six_pd(flop=5), job(flop=99, method="measured")]),
    holds("a run of nothing", compute=[job(flop=5), six_pd(flop=5), other(flop=0)]),
    holds("a tenth in a run stated once", compute=[job(flop=9), six_pd(flop=9), other(flop=2)], alone="10%"),
    holds("another model's run", compute=[job(flop=5), six_pd(flop=5), other(flop=9, model="m2")], model="m1"),
    holds("an empty log", compute=[]),
    fails("hardware 31 % above", ABOVE, compute=[job(flop=131), six_pd(flop=100)]),
    fails("hardware too small", BELOW, compute=[job(flop=100), six_pd(flop=131)]),
    fails(
        "a run that another one makes up for", ABOVE,
        compute=[job(flop=140), six_pd(flop=100), other(flop=100), other_pd(flop=130)],
    ),
    fails("two runs, each stated one way", ALONE, compute=[job(flop=7), other_pd(flop=7)]),
    fails(
        "two runs, each of them 0 the other way", ALONE,
        compute=[job(flop=7), six_pd(flop=0), other(flop=0), other_pd(flop=7)],
    ),
    fails("a run only measured", ALONE, compute=[job(flop=5), six_pd(flop=5), other(flop=1, method="measured")]),
    fails("over a tenth", ALONE, compute=[job(flop=9), six_pd(flop=9), other(flop=3)], alone="10%"),
    fails("of no model, once", ALONE, compute=[job(flop=5), six_pd(flop=5), other(flop=9, model="")], model="m1"),
)  # fmt: skip

VACUOUS = (
    never_vacuous("tolerance", "at 100 % one total is still at most twice the other"),
    implausible("phases", "no phase of training counts", none_of=COUNTED),
    never_vacuous("model", "rows that name no model are compared whichever it is"),
    vacuous("alone", "all FLOP may lie in runs that cannot be compared", at_least="100%"),
)
