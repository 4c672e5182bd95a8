"""Claims of the newer words in the under-constraint hunt: each with logs over which it holds, and some where it fails.

Distinct values, the first and the last, orders that descend, ranked choices, differences of means, the calendar, casts,
rates, and answers that are made of answers.
"""

from __future__ import annotations

from tests.kit.hunt.base import Hunt, event, job
from tests.kit.vocabulary_more import CASES as MORE
from tests.kit.vocabulary_nested import CASES as NESTED
from zkcompliance.claim.language import EvalLog, Param, Ppm, base, claim, require


@claim("hunt-differences")
def differences(evals: EvalLog, gap: Param[Ppm]) -> None:
    """How far two means are apart, and two shares, either way."""
    graded = evals.where(evals.score.is_given())
    first, later = graded.where(graded.epoch == 1), graded.where(graded.epoch != 1)
    require("scores", first.score.mean() - later.score.mean() <= gap)
    apart = abs(evals.share(evals.status == "error") - graded.share(graded.status == "error"))
    require("errors", apart < "60%")


sample = {"suite": "s@1", "item": "i1", "model": "m1", "at": 0, "score": "90%"}
again = {**sample, "epoch": 2, "score": "41%"}
lost = {**sample, "score": "", "status": "error"}
HOLDING = {  # what holds of a claim
    **{name: case for name, case in MORE.items() if name != "differences"},  # which is of many columns
    "differences": (differences, {"evals": [[sample, again], [again, lost]], "gap": "49%"}),
    **NESTED,
}
NEWER: dict[str, Hunt] = {f"newer {name}": Hunt(of, dict(given)) for name, (of, given) in HOLDING.items()}
risk = {"at": 5, "risk": "minimal"}
about = base(**event(subject=1))


def _with(name: str, **given: object) -> Hunt:
    """The claim of that name over these logs; what is not given is as where it holds."""
    of, holding = HOLDING[name]
    return Hunt(of, {**holding, **given})


FALSE_NEWER: dict[str, Hunt] = {
    "three sites": _with("distinct", compute=[job(site="a"), job(site="b"), job(site="c")], most=2),
    "one phase, four rows": _with("distinct", compute=[[job(), job()], [job(), job()]], most=9),
    "another first phase": _with("ends", compute=[job(phase="evaluation", site="a"), job(end=9)]),
    "falls at its last": _with("ends", compute=[job(start=1), job(start=2, end=9, devices=200, flop=0)]),
    "numbers fall back": _with("ends-in-order", events=[event(serial=1, at=10), event(serial=2, at=9)]),
    "one month": _with("calendar", events=[event(at=86_400 * day) for day in range(8)], incidents=[]),
    "grown too much": _with("casts", growth="0%"),
    "eight days": _with("casts", compute=[job(end=7 * 86_400 - 1)], evals=[], whole_days=5),
    "more than half a share": _with("differences", gap="48.9999%"),
    "most of them lost": _with("differences", evals=[sample, lost, lost]),
    "worse than before": _with("ranked", decisions=[risk, {**risk, "risk": "limited"}]),
    "later than its origin": _with(
        "ancestors", events=[about(serial=1, at=100), about(serial=2, at=5), about(serial=3, at=200, subject=2)]
    ),
    "about none": _with("ancestors-matched", events=[about(), about(serial=2, subject=9)]),
    "before its origin": _with(
        "ancestors-matched", events=[about(serial=3), about(serial=1, subject=2), about(serial=2, subject=0)]
    ),
    "more in its turn": _with(
        "in-turns",
        events=[event(serial=1, source="signed"), event(serial=1), event(serial=100, kind="pause")],
    ),
    "three of a run": _with("of-its-own-groups", compute=[job(), job(), job()]),
    "over the most": _with("of-its-own-groups", most=2**90 - 1),
    "a state of a state": _with("states-of-states", events=[event(serial=5)], most=4),
}
