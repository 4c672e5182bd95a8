"""modification-under-third: what a lab spent on modifying others' models is under a third of what each original took.

Source: Commission guidelines on general-purpose AI models, section 3.2: who modifies a model becomes its provider where
the modification took more than a third of the original's training compute; where that cannot be known, a third of 1e25
FLOP if the original has systemic risk, of 1e23 otherwise. A register of models says of each what it was made from. What
is made from one original counts together, so that nothing is gained by a chain of modifications that each name the
original, or one name; one that names another modification as its base is refused. That is stricter than the guidelines
for several modifications of which none was made from another. The log `originals` has the training compute of
originals, as their providers state it; of work that is stated by several methods (hardware, architecture, measured) the
method that comes to most counts, so that nothing is counted twice. Whatever phases are chosen, of an original only
training counts: pre-training, fine-tuning, reinforcement learning and the making of synthetic data. An original without
a FLOP there is taken to have had `unknown`, or `systemic` if it is one of those that are `listed`. Every row of some
FLOP names a model of the register; a model without a base is an original, and how many of its rows were passed over is
revealed. FLOP of modifications in phases that do not count are at most a share of the original's. Three
logs without rows hold unless `model` names one, loudly, with 0 rows that count; a row of 0 FLOP is no row that counts,
and padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    COUNTED,
    ComputeLog,
    Flop,
    Id,
    ModelLog,
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
    larger,
    let,
    lookup,
    never_vacuous,
    param,
    require,
    reveal,
    select,
    within,
)

METHODS = ("hardware", "architecture", "measured")


@claim("modification-under-third", version=1)
def modification_under_third(
    compute: ComputeLog,
    models: ModelLog,
    originals: ComputeLog,
    phases: Param[SetOf[Phase]] = param("the phases that count", default=COUNTED),
    model: Param[Id] = param("a modification that there has to be; the empty text: none has to be", default=""),
    unknown: Param[Flop] = param("compute of an original of which nobody states it", default="1e23", at_least=1),
    systemic: Param[Flop] = param("the same of an original that is listed", default="1e25", at_least=1),
    listed: Param[SetOf[Id]] = param("the originals that are listed as of systemic risk", default=()),
    outside: Param[Ppm] = param(
        "the most FLOP in phases that do not count, as a share of the original's", default="10%"
    ),
) -> None:
    """All that was spent on modifications of one original is under a third of its training compute."""
    made, spent = models.where(models.base_model.is_given()), compute.where(compute.flop > 0)
    require("no modification of a modification", made.none(within(made.base_model, made.model)))
    require("each row names its model", spent.every(spent.model.is_given()))
    named = spent.where(spent.model.is_given())
    origin = let("the original", lookup(named.model, models.model, models.base_model.or_else("")))
    ours = named.where(origin != "")
    require(
        "the model is a modification with rows that count",
        (model == "") | ours.any((ours.model == model) & ours.phase.is_in(phases)),
    )
    trained = originals.phase.is_in(phases) & originals.phase.is_in(COUNTED)  # more phases raise no limit
    known = originals.where(originals.model.is_given() & trained)
    theirs, each = known.group_by(known.model), ours.group_by(origin)
    one, two, three = (theirs.sum(select(known.method == how, known.flop, 0)) for how in METHODS)
    most = larger(larger(one, two), three)
    stated = let("FLOP stated of the original", lookup(each.key(0), theirs.model, most, default=0))
    guess = select(each.key(0).is_in(listed), systemic, unknown)
    whole = let("FLOP of the original", select(stated > 0, stated, guess))
    chosen = let("FLOP of its modifications", each.sum(select(ours.phase.is_in(phases), ours.flop, 0)))
    aside = let("FLOP aside", each.sum(select(ours.phase.is_in(phases), 0, ours.flop)))
    require("under a third of the original", each.every(chosen * 3 < whole))
    require("little in phases that do not count", each.every(fraction(aside, whole) <= outside))
    counts = ours.where(ours.phase.is_in(phases) & ((model == "") | (ours.model == model)))
    counted("rows that count", counts)
    reveal("first day", day_of(counts.start.min(empty=0)))
    reveal("last day", day_of(counts.end.max(empty=0)))
    reveal("originals of which nobody states the compute", each.where(stated == 0).count(), figures=2)
    reveal("rows of models that are none", named.where(origin == "").count(), figures=2)


job = base(start=0, end=3600, run="r1", phase="fine_tuning", method="hardware", model="ours")
first = base(**job(phase="pretraining", model="llm", flop=30))
ours = base(model="ours", base_model="llm")
chain = [ours(), ours(model="next", base_model="ours")]
tested = base(**job(phase="evaluation"))
asked = base(originals=[first()])
THIRD, ASIDE = "under a third of the original", "little in phases that do not count"
CHAIN, NAMED = "no modification of a modification", "each row names its model"
MATCH, ITS = "compute.model has a match", base(originals=[first()], model="ours")
THERE = "the model is a modification with rows that count"

EXAMPLES = (
    fails("exactly a third", THIRD, compute=[job(flop=9), job(flop=1)], models=[ours()], **asked()),
    fails(
        "a chain whose second part names the original", THIRD,
        compute=[job(flop=5), job(flop=5, model="next")], models=[ours(), ours(model="next")], **asked(),
    ),
    fails("an original that nobody states", THIRD, compute=[job(flop=9)], models=[ours()], originals=[], unknown=27),
    fails(
        "stated of a phase that does not count", THIRD, compute=[job(flop=9)], models=[ours()],
        originals=[first(phase="inference")], unknown=27,
    ),
    fails(
        "an original's inference, where inference counts", THIRD, compute=[job(flop=10)], models=[ours()],
        originals=[first(), first(phase="inference", flop=1000)], phases=(*COUNTED, "inference"),
    ),
    fails(
        "an original that is stated twice, by two methods", THIRD, compute=[job(flop=10)], models=[ours()],
        originals=[first(), first(method="architecture")],
    ),
    fails("a chain", CHAIN, compute=[job(flop=1), job(flop=1, model="next")], models=chain, **asked(outside="100%")),
    fails("which model?", NAMED, compute=[job(flop=9), tested(flop=1, model="")], models=[ours()], **asked()),
    fails("not in the register", MATCH, compute=[job(flop=1, model="x")], models=[ours()], **asked()),
    fails("registered twice", "models.model is unique", compute=[], models=[ours(), ours()], **asked()),
    fails("called an evaluation", ASIDE, compute=[job(flop=9), tested(flop=4)], models=[ours()], **asked()),
    fails("registered as made from none", THERE, compute=[job(flop=9)], models=[ours(base_model="")], **ITS()),
    fails("another one's rows", THERE, compute=[job(flop=9)], models=[ours()], **asked(model="m2")),
    holds("nine of thirty, and as much aside", compute=[job(flop=9), tested(flop=3)], models=[ours()], **ITS()),
    holds(
        "two originals, each with its own third", models=[ours(), ours(model="m2", base_model="big")],
        compute=[job(flop=9), job(flop=33, model="m2")], originals=[first(), first(model="big", flop=100)],
    ),
    holds("a third of 1e25", compute=[job(flop="3e24")], models=[ours()], originals=[], listed=("llm",)),
    holds("what is made from none", compute=[job(flop="1e24")], models=[ours(base_model="")], originals=[]),
    holds("three empty logs", compute=[], models=[], originals=[]),
)  # fmt: skip

VACUOUS = (
    implausible("phases", "no phase of training counts", none_of=COUNTED),
    never_vacuous("model", "without one every modification is held all the same"),
    implausible("unknown", "no training spends so much", at_least="1e28"),
    implausible("systemic", "no training spends so much", at_least="1e28"),
    never_vacuous("listed", "an original that is listed has a third of `systemic`"),
    never_vacuous("outside", "at 100 % it is still held against the original's compute"),
)
