"""no-start-while-paused: no training starts, and none goes on, while its model or the whole lab is paused.

Sources: Seoul Frontier AI Safety Commitments, IV (not to develop or deploy a model at all at a threshold); the
conditional treaty (a power to pause). A pause or a resume that names a model is of that one; one that names none is of
the whole lab, and a resume of one model does not end it. No row of the phases that stop starts from the second of a
pause on until a resume, and none that began before goes on for longer than `stop` after it, so that a long row cannot
lie across a pause: a log has a row for each side of it. Of the two at one second the pause counts. Each row names its
model. Rows of other phases are not held, and how many of them there are is revealed; compute that is in no row, or that
names another model, is not seen. Two empty logs hold, loudly, with 0 rows that count. A resume that is added helps, and
serials without a gap say that it is the register's. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    ComputeLog,
    EventLog,
    Param,
    Phase,
    Seconds,
    SetOf,
    base,
    claim,
    counted,
    day_of,
    fails,
    holds,
    implausible,
    latest,
    let,
    names,
    param,
    require,
    reveal,
    seconds,
)

STOPPED = names("pretraining", "fine_tuning", "reinforcement", "synthetic_data", "failed", "other")


@claim("no-start-while-paused", version=1)
def no_start_while_paused(
    compute: ComputeLog,
    events: EventLog,
    phases: Param[SetOf[Phase]] = param("the phases that a pause stops", default=STOPPED),
    stop: Param[Seconds] = param("how long a row may go on after a pause begins", default="1 hours"),
) -> None:
    """No row of `phases` starts while its model or the whole lab is paused, or goes on over `stop` into a pause."""
    require("serials without a gap", events.serial.is_serial())
    counts = compute.phase.is_in(phases)
    require("every row names its model", compute.every(~counts | compute.model.is_given()))
    jobs = compute.where(counts & compute.model.is_given())
    turns = events.where((events.kind == "pause") | (events.kind == "resume"))
    for what in ("its model is paused", "the whole lab is paused"):
        own = what == "its model is paused"
        these = turns.where(turns.model.is_given() if own else ~turns.model.is_given())
        pauses, resumes = these.where(these.kind == "pause"), these.where(these.kind == "resume")
        asked, ended = ((jobs.model, pauses.model), (jobs.model, resumes.model)) if own else ((), ())
        paused = latest(pauses.at, at=jobs.start, order=pauses.at, per=asked, default=0)
        resumed = latest(resumes.at, at=jobs.start, order=resumes.at, per=ended, default=0)
        of = "model" if own else "lab"
        paused, resumed = let(f"the {of}'s last pause", paused), let(f"the {of}'s last resumption", resumed)
        require(f"no start while {what}", jobs.every((paused < resumed) | (paused == 0)))
        last = latest(pauses.at, at=jobs.end - stop - seconds(1), order=pauses.at, per=asked, default=0)
        last = let(f"the {of}'s last pause that it could see", last)
        require(f"none goes on while {what}", jobs.every(last <= jobs.start))
    counted("rows that count", jobs)
    reveal("first day", day_of(jobs.start.min(empty=0)))
    reveal("last day", day_of(jobs.end.max(empty=0)))
    reveal("rows of other phases", compute.where(~counts).count(), figures=2)


T = 1767225600  # 2026-01-01
HOUR = 3600
job = base(start=T, end=T + 5 * HOUR, run="r1", phase="pretraining", method="hardware", flop=5, model="m1")
pause = base(serial=1, model="m1", kind="pause", at=T - HOUR)
resume = base(serial=2, model="m1", kind="resume", at=T)
STARTED, GOES_ON = "no start while its model is paused", "none goes on while its model is paused"
ALL_STARTED, ALL_GO_ON = "no start while the whole lab is paused", "none goes on while the whole lab is paused"

EXAMPLES = (
    fails("paused at that second", STARTED, compute=[job()], events=[pause(at=T)]),
    fails("resumed too late", STARTED, compute=[job(start=T - 1)], events=[pause(), resume()]),
    fails("a row across a pause", GOES_ON, compute=[job()], events=[pause(at=T + 4 * HOUR - 1)]),
    fails("all are paused", ALL_STARTED, compute=[job()], events=[pause(model="")]),
    fails("a row across a pause of all", ALL_GO_ON, compute=[job()], events=[pause(model="", at=T + 1)]),
    fails("which model?", "every row names its model", compute=[job(model="")], events=[]),
    fails("a pause is missing", "serials without a gap", compute=[job()], events=[resume()]),
    holds("resumed at that second", compute=[job()], events=[pause(), resume()]),
    holds("stopped in an hour", compute=[job()], events=[pause(at=T + 4 * HOUR)]),
    holds("another is paused, an evaluation runs", compute=[job(), job(phase="evaluation", model="m2")],
          events=[pause(model="m2")]),
    holds("two empty logs", compute=[], events=[]),
)  # fmt: skip

VACUOUS = (
    implausible("phases", "no phase of training is stopped", none_of=STOPPED),
    implausible("stop", "nothing that is paused goes on for so long", at_least="30 days"),
)
