"""graded-by-match: a score is 100 % exactly where the sealed answer is the benchmark owner's target, and 0 % elsewhere.

Source: ours: evidence for whoever relies on scores, as the Code of Practice for general-purpose AI, Safety and
Security, Appendix 3.1, asks that evaluations be valid and reproducible. The log `answers` has what the model answered,
one row for each attempt, and `targets` the right answer to each item, sealed by the benchmark's owner under that one's
key. Rows of a suite that is asked for and of the grader that grades by equality count, each once; every one has its
answer, and every answer its row, so that no attempt is graded and left out; every item that the owner has for these
suites was answered. An empty answer is no answer and is right nowhere; a missing score fails. Two texts are equal if
their digests are, to the letter: what the grader normalises, it has to normalise before it is sealed. A target has no
time: that it was sealed before is shown by the owner's checkpoint, not here. It fails where no row counts, so that an
empty log does. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    AnswerLog,
    EvalLog,
    Id,
    Param,
    SetOf,
    TargetLog,
    base,
    claim,
    counted,
    day_of,
    fails,
    holds,
    let,
    lookup,
    never_vacuous,
    param,
    percent,
    require,
    reveal,
    same_rows,
    select,
    within,
)


@claim("graded-by-match", version=1)
def graded_by_match(
    evals: EvalLog,
    answers: AnswerLog,
    targets: TargetLog,
    model: Param[Id] = param("whose samples count"),
    suites: Param[SetOf[Id]] = param("the suites whose samples count"),
    grader: Param[Id] = param("the grader that grades by equality; the empty text: rows that name none", default=""),
) -> None:
    """Each score of `model` is 100 % where its answer is the target of the benchmark's owner, and 0 % elsewhere."""
    ours = evals.where(
        (evals.model == model) & evals.suite.is_in(suites) & (evals.grader.or_else("") == grader)
    )  # fmt: skip
    given = answers.where((answers.model == model) & answers.suite.is_in(suites))
    asked = targets.where(targets.suite.is_in(suites))
    require("something was graded", ours.count() >= 1)
    sample = (ours.suite, ours.item, ours.epoch, ours.attempt)
    require(
        "graded exactly what was answered, each once",
        same_rows(sample, (given.suite, given.item, given.epoch, given.attempt)),
    )
    require(
        "every item of the owner was answered",
        asked.every(within((asked.suite, asked.item), (given.suite, given.item))),
    )
    key = (given.suite, given.item, given.epoch, given.attempt)
    answer = let("its answer", lookup(sample, key, given.answer.or_else(""), default=""))
    target = lookup((ours.suite, ours.item), (asked.suite, asked.item), asked.target)
    right = (answer == target) & (answer != "")
    score = ours.score.or_else("50%")
    require("100 % where it is right, and 0 % elsewhere", ours.every(score == select(right, percent(100), percent(0))))
    counted("rows that count", ours)
    counted("targets", asked)
    reveal("first day", day_of(ours.at.min(empty=0)))
    reveal("last day", day_of(ours.at.max(empty=0)))


sample = base(suite="s", item="1", model="m", at=0)
answer = base(suite="s", item="1", model="m", answer="C")
target = base(suite="s", item="1", target="C")
asked = base(model="m", suites=("s",))
one = base(answers=[answer()], targets=[target()], **asked())
RIGHT, EXACTLY = "100 % where it is right, and 0 % elsewhere", "graded exactly what was answered, each once"
MATCH, TARGETS = "evals.suite and evals.item has a match", "targets.suite and targets.item is unique"
ANSWERS = "answers.suite and answers.item and answers.epoch and answers.attempt is unique"
well = [sample(score="100%")]
LEFT = "every item of the owner was answered"

EXAMPLES = (
    fails("wrong, and graded as right", RIGHT, evals=[sample(score="100%")], **one(answers=[answer(answer="D")])),
    fails("right, and graded as wrong", RIGHT, evals=[sample(score=0)], **one()),
    fails("nearly right", RIGHT, evals=[sample(score="99%")], **one()),
    fails("no answer is right nowhere", RIGHT, evals=[sample(score="100%")], **one(answers=[answer(answer="")])),
    fails("no score", RIGHT, evals=[sample()], **one()),
    fails("an attempt left out", EXACTLY, evals=well, **one(answers=[answer(), answer(attempt=2)])),
    fails("an item left out", LEFT, evals=well, **one(targets=[target(), target(item="2")])),
    fails("an item that the owner has not", MATCH, evals=[sample(score="0%")], **one(targets=[])),
    fails("two targets", TARGETS, evals=well, **one(targets=[target(), target()])),
    fails("two answers", ANSWERS, evals=[sample(score="100%")] * 2, **one(answers=[answer()] * 2)),
    fails("nothing", "something was graded", evals=[], **one(answers=[], targets=[])),
    holds(
        "one right, one wrong, and what another grader says",
        evals=[sample(score="100%"), sample(item="2", score=0), sample(grader="judge", score="70%")],
        **one(answers=[answer(), answer(item="2", answer="A")], targets=[target(), target(item="2")]),
    ),
    holds(
        "wrong, then right; another suite and another model",
        evals=[sample(score=0), sample(score="100%", attempt=2), sample(suite="t"), sample(model="x")],
        **one(answers=[answer(answer="A"), answer(attempt=2)], targets=[target(), target(suite="t")]),
    ),
)  # fmt: skip

VACUOUS = (
    never_vacuous("model", "one without samples fails"),
    never_vacuous("suites", "without one of them no sample counts, and that fails"),
    never_vacuous("grader", "one without rows fails"),
)
