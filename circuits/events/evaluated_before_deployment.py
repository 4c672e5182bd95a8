"""evaluated-before-deployment: each deployment of a model names its gate, a suite that was graded before it.

Sources: Code of Practice for general-purpose AI, measures 1.2 and 7.1 (a model is evaluated before it is placed on the
market); Seoul Frontier AI Safety Commitments, I and IV; responsible scaling policies. A deployment's gate is one of the
suites that are asked for. A suite counts with the items of the model that have a score, and so many of them there are;
each was graded for the first time before the deployment, by the times that the rows state, which may be long before
it. An item that is added to a suite after a deployment is therefore one too many: a later set of items is another
suite. A deployment that names no model is taken to be of this one; one of another model is passed over. An empty log of
events holds, loudly, with 0 deployments that count. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    Count,
    EvalLog,
    EventLog,
    Id,
    Param,
    SetOf,
    Time,
    base,
    claim,
    counted,
    fails,
    holds,
    let,
    lookup,
    never_vacuous,
    param,
    require,
)


@claim("evaluated-before-deployment", version=1)
def evaluated_before_deployment(
    events: EventLog,
    evals: EvalLog,
    model: Param[Id] = param("the model whose deployments and samples count"),
    suites: Param[SetOf[Id]] = param("the suites that a deployment may have for its gate"),
    items: Param[Count] = param("the least number of items of a suite that are graded", default=1),
) -> None:
    """Before each deployment of `model`, by stated times, every item of its gate had been graded."""
    deployed = events.where((events.kind == "deploy") & (~events.model.is_given() | (events.model == model)))
    gate = deployed.gate.or_else("")
    require("every gate is one of the suites", deployed.every(gate.is_in(suites)))
    graded = evals.where((evals.model == model) & evals.score.is_given())
    each = graded.group_by(graded.suite, graded.item)
    by_suite = each.group_by(each.suite)
    enough = by_suite.where(by_suite.size() >= items)
    begun = let("an item's first grading", each.min(graded.at))
    last = let("the last item's", enough.max(begun))
    done = lookup(gate, enough.key(0), last, default=Time.largest)
    require("graded before the deployment", deployed.every(done < deployed.at))
    counted("deployments that count", deployed)
    counted("samples that count", graded)


deploy = base(serial=1, at=100, kind="deploy", model="m1", gate="wmdp@1")
sample = base(suite="wmdp@1", item="i1", model="m1", score="0%", at=99)
asked = base(model="m1", suites=("wmdp@1", "cyber@2"), items=2)
GRADED = [sample(), sample(item="i2", at=50)]
BEFORE, ONE = "graded before the deployment", "every gate is one of the suites"

EXAMPLES = (
    fails("never graded", BEFORE, events=[deploy()], evals=[], **asked()),
    fails("graded as it was deployed", BEFORE, events=[deploy()], evals=[sample(at=100), GRADED[1]], **asked()),
    fails("one item too few, graded twice", BEFORE, events=[deploy()], evals=[sample(), sample(epoch=2)], **asked()),
    fails("another model was graded", BEFORE, events=[deploy()], evals=[sample(model="m2"), GRADED[1]], **asked()),
    fails("another suite was graded", BEFORE, events=[deploy(gate="cyber@2")], evals=GRADED, **asked()),
    fails("deployed twice, once too early", BEFORE, events=[deploy(), deploy(at=60)], evals=GRADED, **asked()),
    fails("a deployment of no model in particular", BEFORE, events=[deploy(model="", at=60)], evals=GRADED, **asked()),
    fails(
        "an easy gate", ONE, events=[deploy(gate="easy@1")],
        evals=[sample(suite="easy@1"), sample(suite="easy@1", item="i2")], **asked(),
    ),
    holds("graded a second before", events=[deploy()], evals=GRADED, **asked()),
    holds("graded again later", events=[deploy()], evals=[*GRADED, sample(epoch=2, at=500)], **asked()),
    holds("another model's deployment", events=[deploy(model="m2")], evals=[], **asked()),
    holds("an evaluation is no deployment", events=[deploy(kind="eval", gate="")], evals=[], **asked()),
    holds("two empty logs", events=[], evals=[], **asked()),
)  # fmt: skip

VACUOUS = (
    never_vacuous("model", "whichever it is, deployments that name no model are judged"),
    never_vacuous("suites", "a gate that is none of them is refused"),
    never_vacuous("items", "a suite without a graded item is none"),
)
