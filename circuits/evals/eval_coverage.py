"""eval-coverage: what was graded is what was registered, item by item and epoch by epoch, with every attempt counted.

Source: a rule against cherry-picking, which is ours: the Seoul commitments do not have it. The log `registered` has a
row for each model, suite, item, epoch and grader that is going to be run, once (its score is not read, and may be
missing). The log `evals` has a row for each attempt and grader, numbered from 1 for each sample: of the last ones that
were never logged there is no trace. An attempt without a score (an error, a limit) is counted and grades nothing: each
sample needs one that has a score, which may be 0. Registered first means by the times that the rows state, and a lab
states them itself. With a model the rows of others are passed over in both logs. Two empty logs agree and hold, loudly,
with 0 rows that count. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    EvalLog,
    Id,
    Param,
    Time,
    base,
    claim,
    counted,
    day_of,
    fails,
    holds,
    never_vacuous,
    param,
    require,
    reveal,
    same_rows,
)


@claim("eval-coverage", version=2)
def eval_coverage(
    evals: EvalLog,
    registered: EvalLog,
    model: Param[Id] = param("whose rows are compared; the empty text: every model's", default=""),
) -> None:
    """Every registered sample was graded, nothing else was, and no attempt is left out; registered by stated times."""
    of_the_model = (model == "") | (evals.model == model)
    ours = evals.where(of_the_model)
    plan = registered.where((model == "") | (registered.model == model))
    grader = ours.grader.or_else("")
    require("no attempt twice", ours.unique(ours.model, ours.suite, ours.item, ours.epoch, ours.attempt, grader))
    samples = ours.group_by(ours.model, ours.suite, ours.item, ours.epoch, grader)
    first, last = samples.min(ours.attempt), samples.max(ours.attempt)
    require("every sample has a score", samples.every(samples.size(ours.score.is_given()) >= 1))
    require("attempts numbered from 1 without a gap", samples.every((first == 1) & (last == samples.size())))
    graded = (samples.model, samples.suite, samples.item, samples.epoch, samples.key(4))
    promised = (plan.model, plan.suite, plan.item, plan.epoch, plan.grader.or_else(""))
    require("graded exactly what was registered, each once", same_rows(graded, promised))
    before = plan.at.max(empty=0) < ours.at.min(empty=Time.largest)
    require("registered, by stated times, before anything was graded", before)
    counted("rows that count", ours)
    counted("rows registered", plan)
    reveal("samples graded", samples.count(), figures=2)
    reveal("first day", day_of(ours.at.min(empty=0)))
    reveal("last day", day_of(ours.at.max(empty=0)))
    reveal("rows of other models", evals.where(~of_the_model).count(), figures=2)


plan = base(suite="gpqa@2", item="i1", model="m1", grader="exact", at=100)
sample = base(**plan(at=200, score=0))
failed = base(**plan(at=200, status="error"))
PLAN = [plan(), plan(item="i2"), plan(epoch=2), plan(item="i2", epoch=2)]
DONE = [sample(score="50%"), sample(item="i2"), sample(epoch=2), sample(item="i2", epoch=2), sample(attempt=2)]
EXACTLY, NUMBERED = "graded exactly what was registered, each once", "attempts numbered from 1 without a gap"
SCORED, FIRST = "every sample has a score", "registered, by stated times, before anything was graded"
OTHERS = [plan(model="m2"), plan(model="m2", item="i2")]

EXAMPLES = (
    holds("two items, two epochs, one retry", evals=DONE, registered=PLAN),
    holds("an attempt that failed, then a score of 0", evals=[failed(), sample(attempt=2)], registered=PLAN[:1]),
    holds(
        "two graders, both registered", evals=[sample(), sample(grader="strict")],
        registered=[plan(), plan(grader="strict")],
    ),
    holds("another model's evaluation was cut short", evals=DONE, registered=[*PLAN, *OTHERS], model="m1"),
    holds("two empty logs", evals=[], registered=[]),
    fails("an item left out", EXACTLY, evals=[*DONE[:1], *DONE[2:]], registered=PLAN),
    fails("an item that was not registered", EXACTLY, evals=[*DONE, sample(item="i3")], registered=PLAN),
    fails("an item registered twice", EXACTLY, evals=DONE, registered=[*PLAN, plan()]),
    fails("a grader that was not registered", EXACTLY, evals=[*DONE, sample(grader="mild")], registered=PLAN),
    fails("graded by a milder one", EXACTLY, evals=[sample(grader="mild")], registered=[plan()]),
    fails("nothing graded of the model", EXACTLY, evals=[sample(model="m2")], registered=PLAN, model="m1"),
    fails("a first attempt left out", NUMBERED, evals=DONE[1:], registered=PLAN),
    fails("an attempt skipped", NUMBERED, evals=[*DONE, sample(attempt=4)], registered=PLAN),
    fails("no attempt has a score", SCORED, evals=[failed(), failed(attempt=2)], registered=PLAN[:1]),
    fails("one sample of two has no score", SCORED, evals=[sample(), failed(item="i2")], registered=PLAN[:2]),
    fails("graded too early", FIRST, evals=[sample(at=99)], registered=[plan()]),
    fails("registered while it was graded", FIRST, evals=[sample(at=100)], registered=[plan()]),
    fails(
        "one attempt logged twice, another not at all", "no attempt twice",
        evals=[sample(), sample(attempt=3), sample(attempt=3)], registered=[plan()],
    ),
)  # fmt: skip

VACUOUS = (never_vacuous("model", "without one every model's rows are compared"),)
