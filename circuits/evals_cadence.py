"""evals-cadence: from one evaluation of a model to the next neither too much time passes nor too much compute is spent.

Sources: the conditional treaty, step 4; responsible scaling policies (evaluation at 4 times the effective compute and
every 6 months). The period runs from `since`, when an evaluation is taken to have happened at `flop_before`, to
`until`. Every evaluation states its cumulative FLOP; other events are held against it where they do (0 says nothing),
and what was spent after the last event is not seen. With no event in the log the period itself must be no longer than
`gap`. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    Count,
    EventLog,
    Flop,
    Id,
    Param,
    Seconds,
    Time,
    base,
    claim,
    fails,
    holds,
    implausible,
    never_vacuous,
    param,
    require,
    vacuous,
)


@claim("evals-cadence", version=1)
def evals_cadence(
    events: EventLog,
    model: Param[Id] = param("the model whose events count"),
    since: Param[Time] = param("beginning of the period"),
    until: Param[Time] = param("end of the period", now=True),
    gap: Param[Seconds] = param("the longest time between evaluations", default="180 days", clock=True),
    growth: Param[Count] = param(
        "how many times cumulative FLOP may grow between evaluations", default=4, at_least=1, at_most=1000
    ),
    flop_before: Param[Flop] = param("cumulative FLOP at the last evaluation before the period", at_most="1e28"),
) -> None:
    """Evaluations of `model` follow each other within `gap` and within `growth` times the cumulative compute."""
    ours = events.where(events.model.is_given() & (events.model == model))
    require("events in order of time", ours.at.is_sorted())
    evals = ours.where(ours.kind == "eval")
    require("no gap between evaluations", evals.every(evals.at - evals.at.previous(default=since) <= gap))
    require("last evaluation near the end", until - evals.at.max(empty=since) <= gap)
    require("every evaluation states its compute", evals.every(evals.cumulative_flop.is_given()))
    stated = evals.where(evals.cumulative_flop.is_given())
    allowed = stated.cumulative_flop.previous(default=flop_before) * growth
    require("no jump in compute between evaluations", ours.every(ours.cumulative_flop.or_else(0) <= allowed))


DAY = 86400
event = base(model="m1", kind="eval", cumulative_flop=0)
period = base(model="m1", since=0, until=300 * DAY, gap="100 days", flop_before="1e24")
GOOD = [
    event(serial=1, at=90 * DAY, cumulative_flop="4e24"), event(serial=2, at=100 * DAY, kind="deploy"),
    event(serial=3, at=190 * DAY, cumulative_flop="16e24"), event(serial=4, at=200 * DAY, cumulative_flop="16e24"),
]  # fmt: skip
JUMP = event(serial=5, at=201 * DAY, kind="deploy", cumulative_flop=64 * 10**24 + 1)
UNSTATED = event(serial=5, at=201 * DAY)
EARLY = event(serial=5, at=50 * DAY, cumulative_flop=1)

EXAMPLES = (
    holds("three evaluations in 300 days", events=GOOD, **period()),
    holds("another model's events do not count", events=[*GOOD, event(serial=9, at=5, model="m2")], **period()),
    holds("no event in a short period", events=[], **period(until=100 * DAY)),
    fails("no event in a long period", "last evaluation near the end", events=[], **period()),
    fails("a gap of 101 days", "no gap between evaluations", events=GOOD, **period(gap="99 days", until=290 * DAY)),
    fails("no compute", "every evaluation states its compute", events=[*GOOD, UNSTATED], **period()),
    fails("a late end", "last evaluation near the end", events=GOOD, **period(until=301 * DAY)),
    fails("a jump over 4 times", "no jump in compute between evaluations", events=[*GOOD, JUMP], **period()),
    fails("out of order", "events in order of time", events=[*GOOD, EARLY], **period()),
)

VACUOUS = (
    never_vacuous("model", "a model without events is held against the period itself"),
    never_vacuous("since", "the period is held against gap"),
    never_vacuous("until", "the period is held against gap"),
    vacuous("gap", "the period is over before an evaluation is due", between=("since", "until")),
    implausible("growth", "no training grows so much without a new model", at_least=100),
    implausible("flop_before", "no training spends so much", at_least="1e28"),
)
