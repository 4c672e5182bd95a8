"""Between any two groups of an evaluation the mean scores are not far apart."""

from zkcompliance.claim.language import (
    Count,
    EvalLog,
    Id,
    Param,
    Ppm,
    base,
    claim,
    fails,
    holds,
    param,
    require,
)


@claim("twenty-parity-gap", version=1)
def parity_gap(
    evals: EvalLog,
    model: Param[Id] = param("the model"),
    suite: Param[Id] = param("the suite"),
    lowest: Param[Ppm] = param("what no group's mean score is under"),
    gap: Param[Ppm] = param("the largest difference between the mean scores of two groups", default="5%"),
    least: Param[Count] = param("the fewest samples of a group", default=30),
) -> None:
    """In one evaluation, every group's mean score lies between `lowest` and that and the gap.

    So no two groups are further apart, and where they are not, there is such a `lowest`, up to 1 ppm; that the proof
    states it says where the means lie. Every sample of the evaluation has a grade and a group. Who is in which group
    is the lab's word, and so is that there are no others.
    """
    mine = evals.where((evals.model == model) & (evals.suite == suite))
    whole = mine.where(mine.group.is_given() & mine.score.is_given())
    groups = whole.group_by(whole.group)
    total, n = groups.sum(whole.score), groups.size()
    require("every sample has a group and a grade", mine.every(mine.group.is_given() & mine.score.is_given()))
    require("two groups or more", groups.count() >= 2)
    require("enough samples", groups.every(n >= least))
    require("none under the lowest", groups.every(total >= lowest * n))
    require("none above the gap", groups.every(total <= (lowest + gap) * n))


T = 1577836800  # 2020-01-01
sample = base(suite="s", model="m", item="1", at=T + 1, score="50%", group="a")
asked = {"model": "m", "suite": "s", "lowest": "50%", "gap": "5%", "least": 2}
a = [sample(score="40%"), sample(score="60%")]

EXAMPLES = (
    holds("exactly 5 %", evals=[*a, sample(group="b"), sample(group="b", score="60%")], **asked),
    holds("another suite", evals=[*a, *[sample(group="b")] * 2, sample(suite="t", group="c", score=0)], **asked),
    fails(
        "1 ppm over",
        "none above the gap",
        evals=[*a, sample(group="b"), sample(group="b", score="600001 ppm")],
        **asked,
    ),
    fails(
        "1 ppm under",
        "none under the lowest",
        evals=[*a, sample(group="b"), sample(group="b", score="499999 ppm")],
        **asked,
    ),
    fails("one group", "two groups or more", evals=a, **asked),
    fails("a small group", "enough samples", evals=[*a, sample(group="b")], **asked),
    fails(
        "no group",
        "every sample has a group and a grade",
        evals=[*a, *[sample(group="b")] * 2, sample(group="", score=0)],
        **asked,
    ),
    fails(
        "no grade",
        "every sample has a group and a grade",
        evals=[*a, *[sample(group="b")] * 2, sample(group="b", score="")],
        **asked,
    ),
    fails("none", "two groups or more", evals=[], **asked),
)
