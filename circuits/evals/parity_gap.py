"""parity-gap: between any two groups of people or inputs the mean scores of a model are not far apart.

Source: ours, for commitments to fairness that name no measure, such as those of the AI Action Summit. Every group's
mean lies between `lowest` and that and the gap, so that no two groups are further apart; where they are not, there is
such a number, to a part per million, and stating it tells where the means lie. The groups are those that are listed,
each of them, and no other. Every sample has a group and a score and ran to its end (success, within every limit), an
item is of one group, and each has exactly so many samples, one for each epoch: no attempt is left out or made twice,
and no easy item counts more than another. Who is in which group is the word of whoever seals the rows, and so is that a
group has all its items: so many each has at least. An empty log fails, since the groups are not there. A missing grader
is a grader: rows of one grader count. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    Count,
    EvalLog,
    Id,
    Param,
    Ppm,
    SetOf,
    base,
    claim,
    counted,
    day_of,
    fails,
    holds,
    implausible,
    let,
    never_vacuous,
    param,
    require,
    reveal,
)


@claim("parity-gap", version=1)
def parity_gap(
    evals: EvalLog,
    model: Param[Id] = param("the model whose samples count"),
    suite: Param[Id] = param("the suite whose samples count"),
    grader: Param[Id] = param("the grader whose rows count; the empty text: rows that name none", default=""),
    groups: Param[SetOf[Id]] = param("the groups"),
    number: Param[Count] = param("how many groups that are", at_least=2),
    lowest: Param[Ppm] = param("what no group's mean score is under"),
    gap: Param[Ppm] = param("the largest difference between the mean scores of two groups", default="5%"),
    items: Param[Count] = param("the least number of items of a group", default=30),
    epochs: Param[Count] = param("how many samples each item has, one for each epoch", default=1, at_least=1),
) -> None:
    """In `suite` no two groups' mean scores of `model` are further apart than `gap`."""
    mine = evals.where((evals.model == model) & (evals.suite == suite) & (evals.grader.or_else("") == grader))
    require("every sample has a group and a score", mine.every(mine.group.is_given() & mine.score.is_given()))
    require("every sample of one of the groups", mine.every(mine.group.or_else("").is_in(groups)))
    require("no attempt but the first", mine.every(mine.attempt == 1))
    require("every attempt ran to its end", mine.every((mine.status == "success") & (mine.limit == "none")))
    whole = mine.where(mine.group.is_given() & mine.score.is_given())
    require("no sample twice", whole.unique(whole.item, whole.epoch))
    each = whole.group_by(whole.group, whole.item)
    require("an item of one group", each.unique(each.item))
    require("every item as often", each.every(each.size() == epochs))
    by = each.group_by(each.group)
    require("every group is there", by.count() == number)
    require("enough items", by.every(by.size() >= items))
    total = let("sum of the group's scores", by.sum(each.sum(whole.score.as_ppm())))
    n = let("samples of the group", by.sum(each.size()))
    require("none under the lowest", by.every(total >= lowest.as_ppm() * n))
    require("none above the gap", by.every(total <= (lowest.as_ppm() + gap.as_ppm()) * n))
    counted("rows that count", mine)
    reveal("items that count", each.count(), figures=2)
    reveal("first day", day_of(mine.at.min(empty=0)))
    reveal("last day", day_of(mine.at.max(empty=0)))


sample = base(suite="s", model="m", at=0, score="50%", group="a", item="1")
given = base(model="m", suite="s", lowest="50%", gap="5%", items=2, groups=("a", "b"), number=2)
a = [sample(score="40%"), sample(score="60%", item="2")]
b = base(group="b", item="3", **{k: v for k, v in sample().items() if k not in ("group", "item")})
both = [b(), b(item="4")]
AMONG, THERE, OFTEN = "every sample of one of the groups", "every group is there", "every item as often"
OVER, UNDER, WHOLE = "none above the gap", "none under the lowest", "every sample has a group and a score"

EXAMPLES = (
    fails("a millionth over", OVER, evals=[*a, b(), b(item="4", score="600001 ppm")], **given()),
    fails("a millionth under", UNDER, evals=[*a, b(), b(item="4", score="499999 ppm")], **given()),
    fails("no score", WHOLE, evals=[*a, b(), b(item="4"), b(item="5", score="")], **given()),
    fails("no group, with it among the groups", WHOLE, evals=[*a, *both, b(item="5", group="")],
          **given(groups=("a", "b", ""))),
    fails("another group", AMONG, evals=[*a, b(group="c"), b(item="4", group="c")], **given()),
    fails("a group left out", THERE, evals=a, **given()),
    fails("a small group", "enough items", evals=[*a, b()], **given()),
    fails("cut short", "every attempt ran to its end", evals=[*a, b(), b(item="4", limit="time")], **given()),
    fails("tried again", "no attempt but the first", evals=[*a, b(), b(item="4", attempt=2)], **given()),
    fails("an easy item asked more often", OFTEN, evals=[*a, *both, b(item="4", epoch=2)], **given()),
    fails(
        "one sample twice", "no sample twice", evals=[*a, *[{**row, "epoch": 2} for row in a], *both, *both],
        **given(epochs=2),
    ),
    fails("in both groups", "an item of one group", evals=[*a, *both, b(item="1", epoch=2)], **given()),
    holds("exactly 5 %", evals=[*a, b(), b(item="4", score="60%")], **given()),
    holds(
        "two epochs, another suite, another grader", evals=[
            *a, b(), b(item="4"), *[b(item=f"{n}", group=g, epoch=2) for n, g in enumerate("aabb", 1)],
            b(suite="t", group="c"), b(grader="judge"),
        ], **given(epochs=2),
    ),
)  # fmt: skip

VACUOUS = (
    never_vacuous("model", "one without samples has no groups, and fails"),
    never_vacuous("suite", "one without samples has no groups, and fails"),
    never_vacuous("grader", "one without rows has no groups, and fails"),
    never_vacuous("groups", "the groups that are there are these"),
    never_vacuous("number", "so many groups there are"),
    never_vacuous("lowest", "the means lie above it by no more than the gap"),
    implausible("gap", "no score is more than 100 % above another", at_least="100%"),
    implausible("items", "a group that exists has an item", at_most=1),
    never_vacuous("epochs", "every item has so many samples"),
)
