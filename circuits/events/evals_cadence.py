"""evals-cadence: from one evaluation of a model to the next neither too much time passes nor too much compute is spent.

Sources: the conditional treaty, step 4; responsible scaling policies (evaluation at 4 times the effective compute and
every 6 months). An event says that an evaluation took place, and the eval log has to bear it out: an event counts if on
its day (of 24 hours, counted from `since`) so many items of the suites were graded. The period runs from `since`, when
an evaluation is taken to have happened at `flop_before`, to `until`. Every evaluation states its cumulative FLOP; other
events are held against it where they do (0 says nothing), and what was spent after the last event is not seen. All
times are those that the rows state. Of several evaluations on a day the first is what compute is held against, so that
nobody walks up in steps of one day; no event is later than `until`. Events of another model, or of none in particular,
are passed over. With no event in the log the period itself must be no longer than `gap`. An attempt without a score
grades nothing, one that scored 0 does. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    Count,
    EvalLog,
    EventLog,
    Flop,
    Id,
    Param,
    Seconds,
    SetOf,
    Time,
    base,
    claim,
    counted,
    day_of,
    days,
    fails,
    holds,
    implausible,
    let,
    never_vacuous,
    param,
    require,
    reveal,
    vacuous,
    within,
)


@claim("evals-cadence", version=2)
def evals_cadence(
    events: EventLog,
    evals: EvalLog,
    model: Param[Id] = param("the model whose events and samples count"),
    since: Param[Time] = param("beginning of the period"),
    until: Param[Time] = param("end of the period", now=True),
    suites: Param[SetOf[Id]] = param("the suites whose items count"),
    items: Param[Count] = param("the least number of items that are graded on the day of an evaluation", default=1),
    gap: Param[Seconds] = param("the longest time between evaluations", default="180 days", clock=True),
    growth: Param[Count] = param(
        "how many times cumulative FLOP may grow between evaluations", default=4, at_least=1, at_most=1000
    ),
    flop_before: Param[Flop] = param("cumulative FLOP at the last evaluation before the period", at_most="1e28"),
) -> None:
    """Evaluations of `model`, borne out by its graded items, follow each other within `gap` and `growth`."""
    graded = evals.where((evals.model == model) & evals.suite.is_in(suites) & evals.score.is_given())
    each = graded.group_by(let("day of the sample", (graded.at - since) // days(1)), graded.suite, graded.item)
    graded_days = each.group_by(each.key(0))
    full = graded_days.where(graded_days.size() >= items)
    ours = events.where(events.model.is_given() & (events.model == model))
    require("events in order of time", ours.at.is_sorted())
    require("no event after the period", ours.every(ours.at <= until))
    day = let("day of the event", (ours.at - since) // days(1))
    borne_out = within(day, full.key(0))
    done = ours.where((ours.kind == "eval") & borne_out)
    require("no gap between evaluations", done.every(done.at - done.at.previous(default=since) <= gap))
    require("last evaluation near the end", until - done.at.max(empty=since) <= gap)
    require("every evaluation states its compute", done.every(done.cumulative_flop.is_given()))
    last_day = let("day of the one before", (done.at.previous(default=since) - since) // days(1))
    first = done.where((done.at - since) // days(1) > last_day)
    stated = first.where(first.cumulative_flop.is_given())
    allowed = stated.cumulative_flop.previous(default=flop_before) * growth
    require("no jump in compute between evaluations", ours.every(ours.cumulative_flop.or_else(0) <= allowed))
    counted("evaluations that count", done)
    counted("samples that count", graded)
    reveal("first day", day_of(done.at.min(empty=since)))
    reveal("last day", day_of(done.at.max(empty=since)))


DAY = 86400
event = base(model="m1", kind="eval", cumulative_flop=0)
sample = base(suite="gpqa@2", item="i1", model="m1", score="0%")
period = base(model="m1", since=0, until=300 * DAY, suites=("gpqa@2",), gap="100 days", flop_before="1e24")
MOMENTS = (90 * DAY, 190 * DAY, 200 * DAY)
GOOD = [
    event(serial=1, at=MOMENTS[0], cumulative_flop="4e24"), event(serial=2, at=100 * DAY, kind="deploy"),
    event(serial=3, at=MOMENTS[1], cumulative_flop="16e24"), event(serial=4, at=MOMENTS[2], cumulative_flop="16e24"),
]  # fmt: skip
GRADED = [sample(at=at) for at in MOMENTS]
JUMP = event(serial=5, at=201 * DAY, kind="deploy", cumulative_flop=64 * 10**24 + 1)
UNSTATED, BESIDE_IT = event(serial=5, at=201 * DAY), sample(at=202 * DAY - 1)
EARLY = event(serial=5, at=50 * DAY, cumulative_flop=1)
OTHER_SUITE = [sample(at=at, suite="easy@1") for at in MOMENTS]
OTHER_MODEL = [sample(at=at, model="m2") for at in MOMENTS]
UNSCORED = [{name: cell for name, cell in row.items() if name != "score"} for row in GRADED]
TWO = [*GRADED, *(sample(item="i2", at=at) for at in MOMENTS)]
WALK = [
    event(serial=1, at=MOMENTS[0], cumulative_flop="4e24"),
    *(event(serial=2 + n, at=MOMENTS[1] + n, cumulative_flop=4**n * 16 * 10**24) for n in range(3)),
    event(serial=5, at=MOMENTS[2], cumulative_flop="256e24"),
]
TO_COME = event(serial=9, at=301 * DAY, cumulative_flop="16e24")
LATER = "no event after the period"
GAP, END = "no gap between evaluations", "last evaluation near the end"
JUMPED, UNSAID = "no jump in compute between evaluations", "every evaluation states its compute"
wide = base(**period(growth=16))

EXAMPLES = (
    fails("a gap of 101 days", GAP, events=GOOD, evals=GRADED, **period(gap="99 days", until=290 * DAY)),
    fails("no event in a long period", END, events=[], evals=GRADED, **period()),
    fails("nothing was graded", END, events=GOOD, evals=[], **wide()),
    fails(
        "graded the day before the event", GAP,
        events=GOOD, evals=[GRADED[0], sample(at=MOMENTS[1] - 1), GRADED[2]], **wide(),
    ),
    fails("too few items, one of them twice", END, events=GOOD, evals=[*GRADED, *GRADED], items=2, **wide()),
    fails("another suite", END, events=GOOD, evals=OTHER_SUITE, **wide()),
    fails("another model", END, events=GOOD, evals=OTHER_MODEL, **wide()),
    fails("nothing has a score", END, events=GOOD, evals=UNSCORED, **wide()),
    fails("no compute", UNSAID, events=[*GOOD, UNSTATED], evals=[*GRADED, BESIDE_IT], **period()),
    fails("a late end", END, events=GOOD, evals=GRADED, **period(until=301 * DAY)),
    fails("a jump over 4 times", JUMPED, events=[*GOOD, JUMP], evals=GRADED, **period()),
    fails("one day, and each four times the one before", JUMPED, events=WALK, evals=GRADED, **period()),
    fails("an evaluation that is still to come", LATER, events=[*GOOD, TO_COME], evals=GRADED, **period()),
    fails("out of order", "events in order of time", events=[*GOOD, EARLY], evals=GRADED, **period()),
    holds("three evaluations in 300 days", events=GOOD, evals=GRADED, **period()),
    holds("at the end of the day", events=GOOD, evals=[sample(at=at + DAY - 1) for at in MOMENTS], **period()),
    holds("two items each", events=GOOD, evals=TWO, items=2, **period()),
    holds("an event that nothing bears out does not count", events=[*GOOD, UNSTATED], evals=GRADED, **period()),
    holds(
        "another model's events do not count",
        events=[*GOOD, event(serial=9, at=5, model="m2")], evals=GRADED, **period(),
    ),
    holds("no event in a short period", events=[], evals=[], **period(until=100 * DAY)),
)  # fmt: skip

VACUOUS = (
    never_vacuous("model", "a model without events is held against the period itself"),
    never_vacuous("since", "the period is held against gap"),
    never_vacuous("until", "the period is held against gap"),
    never_vacuous("suites", "without an item of one of them no evaluation counts"),
    never_vacuous("items", "a day without an item counts for no evaluation"),
    vacuous("gap", "the period is over before an evaluation is due", between=("since", "until")),
    implausible("growth", "no training grows so much without a new model", at_least=100),
    implausible("flop_before", "no training spends so much", at_least="1e28"),
)
