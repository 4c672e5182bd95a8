"""No run starts while its model, or the lab, is paused."""

from zkcompliance.claim.language import (
    COUNTED,
    ComputeLog,
    EventLog,
    Param,
    Phase,
    SetOf,
    base,
    claim,
    fails,
    holds,
    latest,
    param,
    require,
)


@claim("twenty-no-start-while-paused", version=1)
def no_start_while_paused(
    compute: ComputeLog,
    events: EventLog,
    phases: Param[SetOf[Phase]] = param("the phases in which nothing may start", default=COUNTED),
) -> None:
    """No row of those phases starts while its model is paused, or while a pause that names no model is on.

    That holds for every row, so that a run which goes on in further rows does not begin anew in a pause either; one
    long row that began before the pause is no start. Of a pause and a resume at one second the later row counts.
    What is made from a paused model is another model.
    """
    counts = compute.phase.is_in(phases)
    turns = events.where((events.kind == "pause") | (events.kind == "resume"))
    of_one, of_all = turns.where(turns.model.is_given()), turns.where(~turns.model.is_given())
    per = (compute.model.or_else(""), of_one.model)
    its = latest(of_one.kind, at=compute.start, order=of_one.at, per=per, default="resume")
    everyones = latest(of_all.kind, at=compute.start, order=of_all.at, default="resume")
    require("every job names its model", compute.every(~counts | compute.model.is_given()))
    require("not while its model is paused", compute.none(counts & (its == "pause")))
    require("not while all are paused", compute.none(counts & (everyones == "pause")))


T = 1577836800  # 2020-01-01
job = base(start=T + 100, end=T + 900, run="r1", phase="pretraining", method="hardware", flop=5, model="m1")
pause = base(serial=1, model="m1", kind="pause", at=T + 50)
resume = base(serial=2, model="m1", kind="resume", at=T + 100)

EXAMPLES = (
    holds("resumed at that second", compute=[job()], events=[pause(), resume()]),
    holds("paused later, or another", compute=[job()], events=[pause(at=T + 101), pause(model="m2")]),
    holds("an evaluation", compute=[job(phase="evaluation")], events=[pause()]),
    holds("all resumed", compute=[job()], events=[pause(model=""), resume(model="")]),
    fails("paused at that second", "not while its model is paused", compute=[job()], events=[pause(at=T + 100)]),
    fails("resumed too late", "not while its model is paused", compute=[job(start=T + 99)], events=[pause(), resume()]),
    fails("all are paused", "not while all are paused", compute=[job()], events=[pause(model="")]),
    fails("resumed for one model", "not while all are paused", compute=[job()], events=[pause(model=""), resume()]),
    fails("paused last of two", "not while its model is paused", compute=[job()], events=[resume(), pause(at=T + 100)]),
    fails("a second part", "not while its model is paused", compute=[job(start=T), job()], events=[pause()]),
    fails("which model?", "every job names its model", compute=[job(model="")], events=[]),
)
