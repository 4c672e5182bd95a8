"""In no suite does the model score above a reference model."""

from zkcompliance.claim.language import EvalLog, Id, Param, base, claim, fails, holds, lookup, param, require, same_rows


@claim("twenty-reference-model", version=1)
def reference_model(
    evals: EvalLog,
    reference: EvalLog,
    model: Param[Id] = param("the model that is claimed about"),
    other: Param[Id] = param("the reference model"),
) -> None:
    """In each suite the model's mean score is at most the reference model's, on the same items, each as often.

    A sample of the model without a grade counts 100 %, one of the reference 0 %. Whoever seals `reference` chooses
    the suites; that the two were asked and graded in the same way is not shown.
    """
    mine, theirs = evals.where(evals.model == model), reference.where(reference.model == other)
    ours, its = mine.group_by(mine.suite), theirs.group_by(theirs.suite)
    most = lookup(ours.suite, its.suite, its.sum(theirs.score.or_else(0)))
    require("there is a sample", theirs.count() >= 1)
    require("the same items", same_rows((mine.suite, mine.item), (theirs.suite, theirs.item)))
    require("in no suite above", ours.every(ours.sum(mine.score.or_else("100%")) <= most))


T = 1577836800  # 2020-01-01
sample = base(suite="s", item="1", model="m", at=T + 1, score="40%")
given = base(suite="s", item="1", model="ref", at=T + 1, score="40%")
names = {"model": "m", "other": "ref"}

EXAMPLES = (
    holds("equal", evals=[sample()], reference=[given()], **names),
    holds(
        "above in an item, not in the mean",
        evals=[sample(), sample(item="2", score="60%")],
        reference=[given(item="2", score="30%"), given(score="70%")],
        **names,
    ),
    holds("another model is above", evals=[sample(), sample(model="x", score="100%")], reference=[given()], **names),
    fails("1 ppm above", "in no suite above", evals=[sample(score="400001 ppm")], reference=[given()], **names),
    fails(
        "above in one of two suites",
        "in no suite above",
        evals=[sample(), sample(suite="t", score="41%")],
        reference=[given(score="90%"), given(suite="t")],
        **names,
    ),
    fails("not graded", "in no suite above", evals=[sample(score="")], reference=[given(score="99%")], **names),
    fails("a suite left out", "the same items", evals=[sample()], reference=[given(), given(suite="t")], **names),
    fails("an item more", "the same items", evals=[sample(), sample(item="2", score=0)], reference=[given()], **names),
    fails("none", "there is a sample", evals=[], reference=[given(model="x")], **names),
)
