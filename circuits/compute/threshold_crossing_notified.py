"""threshold-crossing-notified: an authority was told of every model within a time of its reaching a threshold.

Source: EU AI Act, Article 52(1): notification without delay and in any event within two weeks after the compute of
Article 51(2) is reached or it becomes known that it will be. A model's compute at a time is all that its rows have that
began by then, whole, and all that is logged of its base and of that one's base, as a register of models says: so it is
never less than what was spent, and the clock runs from the beginning of the row by which the threshold is reached,
sooner than from the true moment. Short rows tell it more exactly. Compute of weights that somebody else trained is in
the log if the lab states it there, in a row of their name. A register of events has the crossing, also one that is
expected, with cumulative FLOP of the threshold or more, and a notice to the authority whose subject is the crossing's
serial: a notice of something else, or of a lower threshold, is none. What is expected runs from the event. A clock that
still runs at `as_of` is in order, and of how many models it does is revealed; no row begins and no event is only later
than that. Every row of some FLOP names its model, and what a model has in phases that do not count is at most a share
of the threshold. All times are those that the rows state. Three logs without rows hold, loudly, with 0 rows that count;
a row of 0 FLOP is none, and padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    COUNTED,
    ComputeLog,
    EventLog,
    Flop,
    ModelLog,
    Param,
    Phase,
    Ppm,
    Seconds,
    SetOf,
    Time,
    base,
    claim,
    counted,
    day_of,
    fails,
    fraction,
    holds,
    implausible,
    latest,
    let,
    lookup,
    never_vacuous,
    param,
    require,
    reveal,
    select,
    within,
)


@claim("threshold-crossing-notified", version=1)
def threshold_crossing_notified(
    compute: ComputeLog,
    models: ModelLog,
    events: EventLog,
    threshold: Param[Flop] = param("compute of which an authority has to be told", at_least=1),
    as_of: Param[Time] = param("the moment up to which the logs are judged", now=True),
    clock: Param[Seconds] = param("how long after it is reached or expected", default="14 days", clock=True),
    phases: Param[SetOf[Phase]] = param("the phases that count", default=COUNTED),
    outside: Param[Ppm] = param("the most FLOP of a model in other phases, as a share of the threshold", default="25%"),
) -> None:
    """Of every model that reached `threshold`, an authority was notified within `clock`, or has still time to be."""
    spent = compute.where(compute.flop > 0)
    require("each row names its model", spent.every(spent.model.is_given()))
    require("no row begins after the judged moment", spent.every(spent.start <= as_of))
    require("serials of events without a gap", events.serial.is_serial())
    require("no event after the judged moment", events.every(events.at <= as_of))
    named = spent.where(spent.model.is_given())
    each = named.group_by(named.model)
    aside = each.sum(select(named.phase.is_in(phases), 0, named.flop))
    require("little in phases that do not count", each.every(fraction(aside, threshold) <= outside))
    jobs = named.where(named.phase.is_in(phases)).order_by(named.start)
    of_model = jobs.group_by(jobs.model)
    parent = models.base_model.or_else("")
    base_ = let("the model's base", lookup(jobs.model, models.model, parent))
    second = let("its base's base", lookup(base_, models.model, parent, default=""))
    third = lookup(second, models.model, parent, default="")
    require("no longer chain of bases", jobs.every(third == ""))
    spent_on = of_model.sum(jobs.flop)
    of_base = let("compute of its base", lookup(base_, of_model.model, spent_on, default=0))
    of_second = let("compute of its base's base", lookup(second, of_model.model, spent_on, default=0))
    before = of_base + of_second
    own = let("its own compute by then", jobs.flop.running(per=jobs.model))
    total = let("compute of the model by then", own + before)
    first = (total - jobs.flop < threshold) | (own == jobs.flop)
    reached = jobs.where((total >= threshold) & first)
    far = (events.kind == "crossing") & (events.cumulative_flop.or_else(0) >= threshold)
    crossings = events.where(far & events.model.is_given())
    notices = events.where((events.kind == "notify_authority") & events.model.is_given() & events.subject.is_given())
    valid = notices.where(within((notices.subject, notices.model), (crossings.serial, crossings.model)))
    told = latest(valid.serial, at=reached.start + clock, order=valid.at, per=(reached.model, valid.model), default=0)
    told = let("the last notice by the end of its time", told)
    open_ = reached.start + clock >= as_of
    require("notified in time of what was reached", reached.every((told > 0) | open_))
    answered = valid.group_by(valid.subject, valid.model)
    answer = lookup(
        (crossings.serial, crossings.model), (answered.key(0), answered.model), answered.min(valid.at),
        default=Time.largest,
    )  # fmt: skip
    answer = let("its first notice", answer)
    waiting = crossings.at + clock >= as_of
    require("notified in time of what was expected", crossings.every((answer <= crossings.at + clock) | waiting))
    counted("rows that count", jobs)
    unstated = ((base_ != "") & (of_base == 0)) | ((second != "") & (of_second == 0))
    reveal("rows of models with a base that has no compute here", jobs.where(unstated).count(), figures=2)
    reveal("models that reached it", reached.count(), figures=2)
    reveal("not notified yet, clock still running", reached.where((told == 0) & open_).count(), figures=2)
    reveal("first day", day_of(jobs.start.min(empty=0)))
    reveal("last day", day_of(jobs.end.max(empty=0)))


DAY = 86400
job = base(start=0, end=DAY, run="r1", phase="pretraining", method="hardware", flop=5, model="m1")
m1, tuned = base(model="m1"), base(model="m2", base_model="m1")
crossing = base(serial=1, kind="crossing", model="m1", at=0, cumulative_flop=9)
notice = base(serial=2, kind="notify_authority", model="m1", subject=1, at=14 * DAY)
told = [crossing(), notice()]
TWO = [job(), job(model="m2", flop=2, start=DAY, phase="fine_tuning")]
asked = base(models=[m1()], threshold=5, as_of=14 * DAY + 1)
related = base(models=[m1(), tuned()], threshold=7, as_of=16 * DAY)
REACHED, EXPECTED = "notified in time of what was reached", "notified in time of what was expected"
AHEAD = "no row begins after the judged moment"

EXAMPLES = (
    fails("never", REACHED, compute=[job()], events=[], **asked()),
    fails("a second late", REACHED, compute=[job()], events=[crossing(at=1), notice(at=14 * DAY + 1)], **asked()),
    fails("of something else", REACHED, compute=[job()], events=[notice(serial=1, subject=0)], **asked()),
    fails("of less", REACHED, compute=[job()], events=[crossing(cumulative_flop=4), notice()], **asked()),
    fails("one left out", "serials of events without a gap", compute=[], events=[notice()], **asked()),
    fails("by the one tuned, with its base's", REACHED, compute=TWO, events=[], **related()),
    fails("a first row that is over by its base's", REACHED, compute=TWO, events=told, **related(threshold=5)),
    fails("expected, and not told", EXPECTED, compute=[job(flop=4)], events=[crossing()], **asked()),
    fails("which model?", "each row names its model", compute=[job(model="")], events=[], **asked(threshold=6)),
    fails("not in the register", "compute.model has a match", compute=[job(model="x", flop=1)], events=[], **asked()),
    fails("aside", "little in phases that do not count", compute=[job(phase="failed")], events=[], **asked()),
    fails("to come", AHEAD, compute=[job(start=9, flop=1)], events=[], **asked(as_of=8)),
    fails("told tomorrow", "no event after the judged moment", compute=[], events=[crossing(at=9)], **asked(as_of=8)),
    fails("registered twice", "models.model is unique", compute=[], events=[], **asked(models=[m1(), m1()])),
    fails(
        "a base of a base of a base", "no longer chain of bases", compute=[job(model="m4", flop=1)], events=[],
        **asked(models=[m1(), tuned(), tuned(model="m3", base_model="m2"), tuned(model="m4", base_model="m3")]),
    ),
    holds("on the last second", compute=[job(), job(flop=1)], events=told, **asked()),
    holds("there is time", compute=[job()], events=[], **asked(as_of=14 * DAY)),
    holds("nobody gets there", compute=TWO, events=[], **related(threshold=8)),
    holds("empty logs", compute=[], events=[], models=[], threshold=1, as_of=0),
)  # fmt: skip

VACUOUS = (
    implausible("threshold", "no training spends so much", at_least="1e28"),
    implausible("as_of", "nothing had to be notified then", at_most="2024-08-01"),
    implausible("clock", "no clock of any law is so long", at_least="365 days"),
    implausible("phases", "no phase of training counts", none_of=COUNTED),
    never_vacuous("outside", "at 100 % it is still held against the threshold"),
)
