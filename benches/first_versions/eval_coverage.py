"""What eval-coverage asked in its first version, which read neither scores nor graders."""

from zkcompliance.claim.language import EvalLog, Time, base, claim, fails, holds, require, same_rows


@claim("first-eval-coverage", version=1)
def eval_coverage(evals: EvalLog, registered: EvalLog) -> None:
    """Every registered item was graded in its epoch, nothing else was, and no attempt is left out."""
    require("no attempt twice", evals.unique(evals.model, evals.suite, evals.item, evals.epoch, evals.attempt))
    samples = evals.group_by(evals.model, evals.suite, evals.item, evals.epoch)
    first, last = samples.min(evals.attempt), samples.max(evals.attempt)
    require("attempts numbered from 1 without a gap", samples.every((first == 1) & (last == samples.size())))
    graded = (samples.model, samples.suite, samples.item, samples.epoch)
    promised = (registered.model, registered.suite, registered.item, registered.epoch)
    require("graded exactly what was registered", same_rows(graded, promised))
    before = registered.at.max(empty=0) <= evals.at.min(empty=Time.largest)
    require("registered before anything was graded", before)


plan = base(suite="gpqa@2", item="i1", model="m1", score=0, at=100)
sample = base(**plan(at=200))
PLAN = [plan(), plan(item="i2"), plan(epoch=2), plan(item="i2", epoch=2)]
DONE = [sample(score="50%"), sample(item="i2"), sample(epoch=2), sample(item="i2", epoch=2), sample(attempt=2)]
EXACTLY, NUMBERED = "graded exactly what was registered", "attempts numbered from 1 without a gap"

EXAMPLES = (
    holds("two items, two epochs, one retry", evals=DONE, registered=PLAN),
    holds("two empty logs", evals=[], registered=[]),
    fails("an item left out", EXACTLY, evals=[*DONE[:1], *DONE[2:]], registered=PLAN),
    fails("an item that was not registered", EXACTLY, evals=[*DONE, sample(item="i3")], registered=PLAN),
    fails("an item registered twice", EXACTLY, evals=DONE, registered=[*PLAN, plan()]),
    fails("a first attempt left out", NUMBERED, evals=DONE[1:], registered=PLAN),
    fails("an attempt skipped", NUMBERED, evals=[*DONE, sample(attempt=4)], registered=PLAN),
    fails("graded too early", "registered before anything was graded", evals=[sample(at=99)], registered=[plan()]),
    fails(
        "one attempt logged twice, another not at all", "no attempt twice",
        evals=[sample(), sample(attempt=3), sample(attempt=3)], registered=[plan()],
    ),
)  # fmt: skip
