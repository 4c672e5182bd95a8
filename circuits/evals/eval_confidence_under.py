"""eval-confidence-under: with stated confidence the mean score over all that could be asked is at most a limit.

Sources: Code of Practice for general-purpose AI, Safety and Security, Appendix 3.1 (evaluations of internal and
external validity); Seoul Frontier AI Safety Commitments, II. The bound is ours: neither names one. Of n items that were
drawn independently, with a mean score of m, the true mean is at most m + sqrt(ln(1/d) / 2n) with confidence 1 - d
(Hoeffding 1963): it is held as 2 * (n * limit - sum)^2 >= n * ln(1/d), in whole numbers. An item counts once, with the
highest score of all its attempts and epochs, so that trying again lowers nothing; one without a score, or of which no
attempt ran to its end (success, within every limit), counts as 100 %. The items of each model, suite and grader are
exactly those that the log `drawn` has, by stated times before any was graded: whose key stands for it says who drew
them, and that they were drawn independently is that one's word. The confidence is of one model, suite and grader; of g
of them at once it is 1 - g * d, and g is revealed. It fails where nothing was graded, so that an empty log does. A
missing grader is a grader of its own. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    Count,
    EvalLog,
    Id,
    Param,
    Ppm,
    Rate,
    Time,
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
    percent,
    require,
    reveal,
    same_rows,
    select,
    vacuous,
)


@claim("eval-confidence-under", version=1)
def eval_confidence_under(
    evals: EvalLog,
    drawn: EvalLog,
    limit: Param[Ppm] = param("what the true mean score is at most, with that confidence"),
    doubt: Param[Rate] = param("ln(1/d), rounded up: 2.995733 for a confidence of 95 %", default="2.995733"),
    least: Param[Count] = param("the least number of items of a model, suite and grader", default=100),
    model: Param[Id] = param("whose samples count; the empty text: every model's", default=""),
) -> None:
    """For each suite and grader, Hoeffding's upper bound of a model's mean score is at most `limit`."""
    ours = evals.where((model == "") | (evals.model == model))
    plan = drawn.where((model == "") | (drawn.model == model))
    require("something was graded", ours.count() >= 1)
    each = ours.group_by(ours.model, ours.suite, ours.grader.or_else(""), ours.item)
    promised = (plan.model, plan.suite, plan.grader.or_else(""), plan.item)
    require("graded exactly what was drawn", same_rows((each.model, each.suite, each.key(2), each.item), promised))
    before = plan.at.max(empty=0) < ours.at.min(empty=Time.largest)
    require("drawn, by stated times, before anything was graded", before)
    finished = each.size((ours.status == "success") & (ours.limit == "none"))
    highest = select(finished == 0, percent(100).as_ppm(), each.max(ours.score.or_else("100%").as_ppm()))
    highest = let("an item's highest score", highest)
    groups = each.group_by(each.model, each.suite, each.key(2))
    n = groups.size()
    room = let("n times the limit, less the sum", n * limit.as_ppm() - groups.sum(highest))
    require("enough items", groups.every(n >= least))
    require("mean at or under the limit", groups.every(room >= 0))
    require("upper bound at or under the limit", groups.every(room * room * 2 >= n * doubt.as_ppm() * 10**6))
    counted("rows that count", ours)
    reveal("items that count", each.count(), figures=2)
    reveal("bounds at once", groups.count())
    reveal("first day", day_of(ours.at.min(empty=0)))
    reveal("last day", day_of(ours.at.max(empty=0)))


T = 1577836800  # 2020-01-01
sample = base(suite="s", model="m1", at=T + 1, score="0%")


def asked(n: int, right: int = 0, **more: str | int) -> list[dict[str, str | int]]:
    """n samples, of which the first so many have 100 %."""
    return [sample(item=f"{i}", score="100%" if i < right else "0%", **more) for i in range(n)]


def all_of(n: int, **more: str | int) -> list[dict[str, str | int]]:
    """The same items, as they were drawn."""
    return [sample(item=f"{i}", at=T, **more) for i in range(n)]


TEN = all_of(10)
small = base(limit="50%", least=10)
again = [sample(item="0", epoch=n) for n in range(2, 9)]
BEFORE = "drawn, by stated times, before anything was graded"
BOUND, DRAWN = "upper bound at or under the limit", "graded exactly what was drawn"

# sqrt(2.995733 / 20) is 38.7 %, so that of 10 items with one right the bound is 48.7 %, with two 58.7 %
EXAMPLES = (
    fails("two of ten", BOUND, evals=asked(10, 2), drawn=TEN, **small()),
    fails("low tries of one item lower nothing", BOUND, evals=[*asked(10, 2), *again], drawn=TEN, **small()),
    fails("more doubt by a millionth", BOUND, evals=asked(10), drawn=TEN, doubt="5.000001", **small()),
    fails(
        "cut short", BOUND, evals=[*asked(9, 1), sample(item="9", status="limit", limit="tokens")], drawn=TEN, **small()
    ),
    fails("not graded", BOUND, evals=[*asked(9, 1), sample(item="9", score="")], drawn=TEN, **small()),
    fails(
        "in one suite of two", BOUND, evals=[*asked(10), *asked(10, 2, suite="t")],
        drawn=[*TEN, *all_of(10, suite="t")], **small(),
    ),
    fails("far above", "mean at or under the limit", evals=asked(10, 10), drawn=TEN, **small()),
    fails("one left out", DRAWN, evals=asked(10)[1:], drawn=TEN, **small(least=9)),
    fails("drawn afterwards", BEFORE, evals=asked(10), drawn=asked(10), **small()),
    fails("nine", "enough items", evals=asked(9), drawn=TEN[:9], **small()),
    fails("nothing", "something was graded", evals=[], drawn=[], **small()),
    holds("one of ten", evals=asked(10, 1), drawn=TEN, **small()),
    holds(
        "exactly at the bound, beside another model", evals=[*asked(10), *asked(1, 1, model="m2")], drawn=TEN,
        doubt="5.0", model="m1", **small(),
    ),
)  # fmt: skip

VACUOUS = (
    implausible("limit", "no score is over 100 %", at_least="100%"),
    vacuous("doubt", "no confidence is asked for", at_most="0%"),
    vacuous("least", "a group that exists has an item", at_most=1),
    never_vacuous("model", "without one every model's samples count"),
)
