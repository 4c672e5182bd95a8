"""eval-score-under: the mean over items of each item's highest score stays at or under a limit, group by group.

Sources: Seoul Frontier AI Safety Commitments, outcomes II to IV: thresholds for dangerous capabilities and evidence
that they are not passed. A group is what one model scored in one suite and domain by one grader. An item counts once,
with the highest score of all its attempts and epochs, so that trying it again lowers nothing; and it is of one domain.
With `worst` each attempt is held against the limit instead. Nobody knows what a row without a score would have had: it
counts as 100 %. An item of which no attempt ran to its end (success, within every limit) has a score that means little:
their share of a group's items is bounded. No sample stands twice. With a model the rows of others are passed over.
An empty log has no groups and holds, loudly, with 0 rows that count; `items` asks for a least number of items in each
group that exists, not for a group to exist: eval-coverage does that. Padding is no row; a missing domain is a domain of
its own, and a missing grader a grader.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    Bool,
    Count,
    EvalLog,
    Id,
    Param,
    Ppm,
    base,
    claim,
    counted,
    day_of,
    fails,
    holds,
    let,
    never_vacuous,
    param,
    require,
    reveal,
    vacuous,
)


@claim("eval-score-under", version=2)
def eval_score_under(
    evals: EvalLog,
    limit: Param[Ppm] = param("the highest score that is allowed"),
    worst: Param[Bool] = param("whether each attempt is held against the limit, instead of the mean", default=False),
    items: Param[Count] = param("the least number of items of a group", default=1),
    unfinished: Param[Ppm] = param("the largest share of a group's items without a finished attempt", default="10%"),
    model: Param[Id] = param("whose samples count; the empty text: every model's", default=""),
) -> None:
    """A model's mean over items of each one's highest score is at most `limit`, by suite, domain and grader."""
    of_the_model = let("of the model", (model == "") | (evals.model == model))
    ours = evals.where(of_the_model)
    grader = ours.grader.or_else("")
    require("no sample twice", ours.unique(ours.model, ours.suite, ours.item, ours.epoch, ours.attempt, grader))
    score = let("score", ours.score.or_else("100%"))
    each = ours.group_by(ours.model, ours.suite, ours.domain.or_else(""), grader, ours.item)
    of_any_domain = each.group_by(each.model, each.suite, each.key(3), each.item)
    require("each item of one domain", of_any_domain.every(of_any_domain.size() == 1))
    highest = let("an item's highest score", each.max(score))
    finished = let("an item's finished attempts", each.size((ours.status == "success") & (ours.limit == "none")))
    groups = each.group_by(each.model, each.suite, each.key(2), each.key(3))
    require("enough items in each group", groups.every(groups.size() >= items))
    require("each group's mean at or under the limit", groups.every(worst | (groups.mean(highest) <= limit)))
    require("each attempt at or under the limit", ours.every(~worst | (score <= limit)))
    require("few items without a finished attempt", groups.every(groups.share_of(finished == 0) <= unfinished))
    counted("rows that count", ours)
    reveal("items that count", each.count(), figures=2)
    reveal("first day", day_of(ours.at.min(empty=0)))
    reveal("last day", day_of(ours.at.max(empty=0)))
    reveal("rows of other models", evals.where(~of_the_model).count(), figures=2)


sample = base(suite="wmdp@1", item="i1", model="m1", domain="bio", grader="exact", at=0)
attempts = [sample(score="20%"), sample(score="40%", attempt=2), sample(score="20%", item="i2")]
cut = base(**sample(status="limit", limit="tokens", score="0%"))
again = [sample(item="i2", score="0%", epoch=n) for n in range(2, 9)]
easy = [sample(item=f"e{n}", score="0%") for n in range(1, 10)]
unscored = sample(item="i3")
MEAN, EACH = "each group's mean at or under the limit", "each attempt at or under the limit"
FEW, TWICE, ONE = "few items without a finished attempt", "no sample twice", "each item of one domain"

EXAMPLES = (
    fails("a mean over", MEAN, evals=attempts, limit=299_999),
    fails("low scores, tried again, lower nothing", MEAN, evals=[*attempts, *again], limit=299_999),
    fails("three graders of one run", MEAN, evals=[*attempts, sample(score="99%", grader="strict")], limit="30%"),
    fails(
        "a low domain does not hide a high one", MEAN,
        evals=[*attempts, *easy, sample(item="c1", score="50%", domain="chem")], limit="30%",
    ),
    fails("a row without a score is the worst", MEAN, evals=[*attempts, unscored], limit="46%"),
    fails("one attempt over", EACH, evals=attempts, limit="39%", worst=True),
    fails("one without a score", EACH, evals=[*attempts, unscored], limit="99%", worst=True),
    fails("a file sealed twice", TWICE, evals=[[*attempts], [*attempts]], limit="30%"),
    fails("half of them cut short", FEW, evals=[attempts[2], cut()], limit="30%", unfinished="49%"),
    fails("a tenth cut short", FEW, evals=[*easy, cut(), cut(attempt=2, score="1%")], limit="30%", unfinished="9%"),
    fails(
        "an item with a low try in an easy domain", ONE, evals=[*attempts, sample(domain="law", epoch=2)], limit="100%"
    ),
    fails("a group of one", "enough items in each group", evals=[sample(score="1%")], limit="30%", items=2),
    holds("a mean of exactly 30 %", evals=attempts, limit="30%"),
    holds("two domains, each under", evals=[*attempts, sample(item="c1", score="10%", domain="chem")], limit="30%"),
    holds("another grader, under too", evals=[*attempts, sample(score="10%", grader="strict")], limit="30%"),
    holds("a missing score as 100 %", evals=[*attempts, *easy, unscored], limit="14%"),
    holds("the worst attempt at the limit", evals=attempts, limit="40%", worst=True),
    holds("a tenth cut short", evals=[*easy, cut()], limit="30%"),
    holds("cut short once, then finished", evals=[cut(), sample(score="30%", attempt=2)], limit="30%"),
    holds("another model's scores", evals=[*attempts, sample(score="99%", model="m2")], limit="30%", model="m1"),
    holds("an empty log", evals=[], limit="0%"),
)  # fmt: skip

VACUOUS = (
    vacuous("limit", "no score is over 100 %", at_least="100%"),
    never_vacuous("worst", "either the mean or each attempt is held against the limit"),
    vacuous("items", "a group that exists has an item", at_most=1),
    vacuous("unfinished", "no share is over 100 %", at_least="100%"),
    never_vacuous("model", "without one every model's samples count"),
)
