"""Twelve calendar months in a row each have an evaluation."""

from zkcompliance.claim.language import (
    Count,
    EvalLog,
    Id,
    Month,
    Param,
    base,
    claim,
    fails,
    holds,
    month_of,
    param,
    require,
)


@claim("twenty-monthly-evaluation", version=1)
def monthly_evaluation(
    evals: EvalLog,
    model: Param[Id] = param("the model"),
    first: Param[Month] = param("the first of the twelve months"),
    least: Param[Count] = param("the fewest graded samples that are an evaluation", default=100),
) -> None:
    """In each of twelve calendar months (UTC) from the first on, so many items of one suite were graded for the model.

    An item counts once a month, however often it was tried, and only where it has a grade and the attempt ended well.
    Which suite it is is not asked, and may be another every month.
    """
    mine = evals.where((evals.model == model) & (evals.status == "success") & evals.score.is_given())
    year = mine.where((month_of(mine.at) >= first) & (month_of(mine.at) < first + 12))
    tests = year.group_by(month_of(year.at), year.suite)
    whole = tests.where(tests.n_unique(year.item) >= least)
    require("twelve months", whole.min(month_of(year.at)).n_unique() >= 12)


sample = base(suite="s", item="1", model="m", score="40%", at="2026-01-01T00:00:00Z")
asked = {"model": "m", "first": "2025-03", "least": 2}
months = [f"{2025 + m // 12}-{m % 12 + 1:02}" for m in range(2, 14)]


def on(day: str, **more: str | int) -> list[dict[str, str | int]]:
    """An evaluation of two items on that day."""
    return [sample(at=f"{day}T00:00:00Z", item=item, **more) for item in "12"]


year = [row for month in months for row in on(f"{month}-01")]
most = [row for month in months[1:] for row in on(f"{month}-28")]

EXAMPLES = (
    holds("every first of the month", evals=year, **asked),
    holds("up to the last second", evals=[*most, *on("2025-03-31", suite="t")], **asked),
    fails("a day too early", "twelve months", evals=[*most, *on("2025-02-28")], **asked),
    fails("the thirteenth instead of the first", "twelve months", evals=[*most, *on("2026-03-01")], **asked),
    fails("one item, twice", "twelve months", evals=[*most, *[sample(at="2025-03-01T00:00:00Z")] * 2], **asked),
    fails(
        "one of each of two suites",
        "twelve months",
        evals=[*most, on("2025-03-01")[0], on("2025-03-01", suite="t")[1]],
        **asked,
    ),
    fails("another model", "twelve months", evals=[*most, *on("2025-03-01", model="x")], **asked),
    fails("not graded", "twelve months", evals=[*most, *on("2025-03-01", score="")], **asked),
    fails("errors", "twelve months", evals=[*most, *on("2025-03-01", status="error")], **asked),
    fails("none", "twelve months", evals=[], **asked),
)
