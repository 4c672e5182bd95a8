"""What eval-score-under asked in its first version, when no score could be missing.

Today one can, so that this asks more: that each row has a score, and of a score's cell that it is one. It is not the
same relation.
"""

from zkcompliance.claim.language import Bool, Count, EvalLog, Param, Ppm, base, claim, fails, holds, param, require


@claim("first-eval-score-under", version=1)
def eval_score_under(
    evals: EvalLog,
    limit: Param[Ppm] = param("the highest score that is allowed"),
    worst: Param[Bool] = param("whether the worst single attempt counts, instead of the mean", default=False),
    samples: Param[Count] = param("the least number of graded samples of a group", default=1),
) -> None:
    """No model scores above `limit` in any suite and domain."""
    require("every row has a score", evals.every(evals.score.is_given()))
    score = evals.score.or_else("100%")
    groups = evals.group_by(evals.model, evals.suite, evals.domain.or_else(""))
    require("enough samples in each group", groups.every(groups.size() >= samples))
    require("each group's mean at or under the limit", groups.every(worst | (groups.mean(score) <= limit)))
    require("each attempt at or under the limit", evals.every(~worst | (score <= limit)))


sample = base(suite="wmdp@1", item="i1", model="m1", domain="bio", at=0)
attempts = [sample(score="20%"), sample(score="40%", attempt=2), sample(score="30%", item="i2")]

EXAMPLES = (
    holds("a mean of exactly 30 %", evals=attempts, limit="30%"),
    holds("two domains, each under", evals=[*attempts, sample(score="10%", domain="chem")], limit="30%"),
    holds("the worst attempt at the limit", evals=attempts, limit="40%", worst=True),
    holds("an empty log", evals=[], limit="0%"),
    fails("a mean over", "each group's mean at or under the limit", evals=attempts, limit=299_999),
    fails(
        "a low domain does not hide a high one", "each group's mean at or under the limit",
        evals=[*attempts, sample(score="50%", domain="chem"), sample(score="0%", domain="law")], limit="30%",
    ),
    fails("one attempt over", "each attempt at or under the limit", evals=attempts, limit="39%", worst=True),
    fails("a group of one", "enough samples in each group", evals=[sample(score="1%")], limit="30%", samples=2),
)  # fmt: skip
