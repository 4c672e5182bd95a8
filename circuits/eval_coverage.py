"""eval-coverage: what was graded is what was registered, item by item and epoch by epoch, with every attempt counted.

Source: the Seoul pact's rule against cherry-picking. The log `registered` is sealed before the evaluation: a row for
each model, suite, item and epoch that is going to be run (its score is not read, and may be missing). The log `evals`
has the attempts, numbered from 1 for each of these: of the last ones that were never logged there is no trace. An
attempt without a score (an error, a limit) is counted and grades nothing: each sample needs one that has a score, which
may be 0. Two empty logs agree and hold, loudly. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import EvalLog, Time, base, claim, fails, holds, require, same_rows


@claim("eval-coverage", version=1)
def eval_coverage(evals: EvalLog, registered: EvalLog) -> None:
    """Every registered item was graded in its epoch, nothing else was, and no attempt is left out."""
    require("no attempt twice", evals.unique(evals.model, evals.suite, evals.item, evals.epoch, evals.attempt))
    samples = evals.group_by(evals.model, evals.suite, evals.item, evals.epoch)
    first, last = samples.min(evals.attempt), samples.max(evals.attempt)
    require("every sample has a score", samples.every(samples.size(evals.score.is_given()) >= 1))
    require("attempts numbered from 1 without a gap", samples.every((first == 1) & (last == samples.size())))
    graded = (samples.model, samples.suite, samples.item, samples.epoch)
    promised = (registered.model, registered.suite, registered.item, registered.epoch)
    require("graded exactly what was registered", same_rows(graded, promised))
    before = registered.at.max(empty=0) <= evals.at.min(empty=Time.largest)
    require("registered before anything was graded", before)


plan = base(suite="gpqa@2", item="i1", model="m1", at=100)
sample = base(**plan(at=200, score=0))
failed = base(**plan(at=200, status="error"))
PLAN = [plan(), plan(item="i2"), plan(epoch=2), plan(item="i2", epoch=2)]
DONE = [sample(score="50%"), sample(item="i2"), sample(epoch=2), sample(item="i2", epoch=2), sample(attempt=2)]
EXACTLY, NUMBERED = "graded exactly what was registered", "attempts numbered from 1 without a gap"
SCORED = "every sample has a score"

EXAMPLES = (
    holds("two items, two epochs, one retry", evals=DONE, registered=PLAN),
    holds("an attempt that failed, then a score of 0", evals=[failed(), sample(attempt=2)], registered=PLAN[:1]),
    holds("two empty logs", evals=[], registered=[]),
    fails("an item left out", EXACTLY, evals=[*DONE[:1], *DONE[2:]], registered=PLAN),
    fails("an item that was not registered", EXACTLY, evals=[*DONE, sample(item="i3")], registered=PLAN),
    fails("an item registered twice", EXACTLY, evals=DONE, registered=[*PLAN, plan()]),
    fails("a first attempt left out", NUMBERED, evals=DONE[1:], registered=PLAN),
    fails("an attempt skipped", NUMBERED, evals=[*DONE, sample(attempt=4)], registered=PLAN),
    fails("no attempt has a score", SCORED, evals=[failed(), failed(attempt=2)], registered=PLAN[:1]),
    fails("one sample of two has no score", SCORED, evals=[sample(), failed(item="i2")], registered=PLAN[:2]),
    fails("graded too early", "registered before anything was graded", evals=[sample(at=99)], registered=[plan()]),
    fails(
        "one attempt logged twice, another not at all", "no attempt twice",
        evals=[sample(), sample(attempt=3), sample(attempt=3)], registered=[plan()],
    ),
)  # fmt: skip

VACUOUS = ()  # no parameter
