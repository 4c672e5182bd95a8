"""What evals-cadence asked in its first version, of the register of events alone.

Cumulative FLOP and a model that a row does not state are the 0 that the first version read.
"""

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
    param,
    require,
)  # fmt: skip


@claim("first-evals-cadence", version=1)
def evals_cadence(
    events: EventLog,
    model: Param[Id] = param("the model whose events count"),
    since: Param[Time] = param("beginning of the period"),
    until: Param[Time] = param("end of the period"),
    gap: Param[Seconds] = param("the longest time between evaluations", default="180 days"),
    growth: Param[Count] = param(
        "how many times cumulative FLOP may grow between evaluations", default=4, at_least=1, at_most=1000
    ),
    flop_before: Param[Flop] = param("cumulative FLOP at the last evaluation before the period", at_most="1e28"),
) -> None:
    """Evaluations of `model` follow each other within `gap` and within `growth` times the cumulative compute."""
    ours = events.where(events.model.or_else("") == model)
    require("events in order of time", ours.at.is_sorted())
    evals = ours.where(ours.kind == "eval")
    require("no gap between evaluations", evals.every(evals.at - evals.at.previous(default=since) <= gap))
    require("last evaluation near the end", until - evals.at.max(empty=since) <= gap)
    require("every evaluation states its compute", evals.every(evals.cumulative_flop.is_given()))
    allowed = evals.cumulative_flop.or_else(0).previous(default=flop_before) * growth
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
