"""eval-score-under: graded scores stay at or under a limit, for each model, suite and domain.

Sources: Seoul Frontier AI Safety Commitments, outcomes II to IV: thresholds for dangerous capabilities and evidence
that they are not passed. With `worst` the highest single score counts, otherwise the mean over a group's rows; every
attempt and epoch is a row, so that items with a low score, tried again, lower the mean and count as samples: where that
matters, ask for `worst`. Nobody knows what a row without a score would have had, so that a log with one is refused. An
empty log has no groups and holds, loudly; `samples` asks for a least number of rows in each group that exists, not for
a group to exist: eval-coverage does that. Padding is no row; a missing domain is a domain of its own.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    Bool,
    Count,
    EvalLog,
    Param,
    Ppm,
    base,
    claim,
    fails,
    holds,
    never_vacuous,
    param,
    require,
    vacuous,
)


@claim("eval-score-under", version=1)
def eval_score_under(
    evals: EvalLog,
    limit: Param[Ppm] = param("the highest score that is allowed"),
    worst: Param[Bool] = param("whether the worst single attempt counts, instead of the mean", default=False),
    samples: Param[Count] = param("the least number of graded samples of a group", default=1),
) -> None:
    """No model scores above `limit` in any suite and domain."""
    graded = evals.where(evals.score.is_given())
    groups = graded.group_by(graded.model, graded.suite, graded.domain.or_else(""))
    require("enough samples in each group", groups.every(groups.size() >= samples))
    require("each group's mean at or under the limit", groups.every(worst | (groups.mean(graded.score) <= limit)))
    require("each attempt at or under the limit", graded.every(~worst | (graded.score <= limit)))
    require("every attempt has a score", evals.every(evals.score.is_given()))


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
    fails("an attempt without a score", "every attempt has a score", evals=[*attempts, sample(item="i3")], limit="50%"),
    fails("a group of one", "enough samples in each group", evals=[sample(score="1%")], limit="30%", samples=2),
)  # fmt: skip

VACUOUS = (
    vacuous("limit", "no score is over 100 %", at_least="100%"),
    never_vacuous("worst", "either the mean or the worst attempt is held against the limit"),
    vacuous("samples", "a group that exists has a row", at_most=1),
)
