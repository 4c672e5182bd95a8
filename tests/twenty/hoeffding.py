"""With stated confidence, the mean score over all that could be asked is under a limit."""

from zkcompliance.claim.language import Count, EvalLog, Param, Ppm, Rate, base, claim, fails, holds, param, require


@claim("twenty-hoeffding", version=1)
def hoeffding(
    evals: EvalLog,
    limit: Param[Ppm] = param("what the true mean score is at most, with that confidence", default="50%"),
    doubt: Param[Rate] = param("ln(1/δ), rounded up: 2.995733 for δ = 5 %", default="2.995733"),
    least: Param[Count] = param("the fewest samples of one model and suite", default=100),
) -> None:
    """For each model and suite, mean + √(ln(1/δ) / 2n) is at most the limit: Hoeffding's bound with confidence 1 − δ.

    A sample without a grade has 100 %. What the bound needs and no log shows: that the samples were drawn
    independently, from what the limit speaks of, and that none was left out. The confidence is of one model and
    suite, not of all at once.
    """
    groups = evals.group_by(evals.model, evals.suite)
    n, total = groups.size(), groups.sum(evals.score.or_else("100%").as_ppm())
    room = n * limit.as_ppm() - total  # n · (limit − mean), in parts per million
    require("there is a sample", evals.count() >= 1)
    require("no item twice", evals.unique(evals.model, evals.suite, evals.item))
    require("enough samples", groups.every(n >= least))
    require("mean under the limit", groups.every(room >= 0))
    require("bound under the limit", groups.every(room * room * 2 >= n * doubt.as_ppm() * 10**6))


T = 1577836800  # 2020-01-01
sample = base(suite="s", model="m", at=T + 1, score="0%")


def asked(n: int, right: int = 0, **more: str | int) -> list[dict[str, str | int]]:
    """n samples, of which the first so many have 100 %."""
    return [sample(item=f"{i}", score="100%" if i < right else "0%", **more) for i in range(n)]


# √(2.995733 / 20) = 38.7 %, so of 10 samples with one right the bound is 48.7 %, and with two 58.7 %.
EXAMPLES = (
    holds("one of ten", evals=asked(10, 1), least=10),
    holds("exactly at the bound", evals=asked(10), least=10, doubt="5.0"),
    holds("two models", evals=asked(10, 1) + asked(10, model="m2"), least=10),
    fails("an ulp more doubt", "bound under the limit", evals=asked(10), least=10, doubt="5.000001"),
    fails("two of ten", "bound under the limit", evals=asked(10, 2), least=10),
    fails("two of ten in one suite", "bound under the limit", evals=asked(10) + asked(10, 2, suite="t"), least=10),
    fails("far above", "mean under the limit", evals=asked(10, 10), least=10),
    fails("not graded", "bound under the limit", evals=[*asked(9, 1), sample(item="x", score="")], least=10),
    fails("the same again", "no item twice", evals=asked(10, 1) + asked(1), least=10),
    fails("nine", "enough samples", evals=asked(9), least=10),
    fails("none", "there is a sample", evals=[]),
)
