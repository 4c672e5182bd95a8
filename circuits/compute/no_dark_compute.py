"""no-dark-compute: hardly any time of registered accelerators is unaccounted for, and jobs have FLOP to show for it.

Sources: Y. Shavit, What does it take to catch a Chinchilla? (accounting for the use of accelerators), and proposals to
verify that others have stopped or slowed. Within a period each registered accelerator is booked, as a job, for
inference, idle or in maintenance, for all but `dark` of the time that it was registered, and all of them together for
all but a share. No booking is outside a registration and no accelerator in two at once. The run of a booked job is in
the compute log, with at least a share of the FLOP that its accelerators could have done in the time that it had them,
by the peak that the registry has of each, and with no more; but for inference it has no FLOP of another run. For the
time of each booking the run's rows that touch it have that share of what this one accelerator could do in it, so that
no accelerator runs on for a run whose rows end; whatever is above that share may be stated at another time of the run.
Idle and maintenance together are at most a share of all that there was; what is booked so and is not so is not shown,
nor is inference that was training: chip-hours of each kind are revealed. Accelerators that are not in the registry are
not seen: whose key stands for it says whose list it is. All times are those that the rows state. Without a registered
accelerator it fails; an empty log of bookings does where one was registered and `total` is over 0 %. Padding is no
row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    BookingLog,
    ChipLog,
    ComputeLog,
    Param,
    Ppm,
    Seconds,
    Time,
    base,
    claim,
    counted,
    fails,
    fraction,
    holds,
    implausible,
    larger,
    latest,
    let,
    lookup,
    never_vacuous,
    param,
    require,
    reveal,
    seconds,
    select,
    smaller,
    vacuous,
)

ALL_TIME = seconds(1 << 48)


@claim("no-dark-compute", version=1)
def no_dark_compute(
    bookings: BookingLog,
    registry: ChipLog,
    compute: ComputeLog,
    begin: Param[Time] = param("beginning of the period"),
    end: Param[Time] = param("end of the period", now=True),
    dark: Param[Seconds] = param("the most time of an accelerator that is not accounted for", default="24 hours"),
    total: Param[Ppm] = param("the least share of all accelerators' time that is accounted for", default="99%"),
    idle: Param[Ppm] = param("the largest share of their time that is idle or maintenance", default="50%"),
    yielded: Param[Ppm] = param("the least share of what a job's accelerators could do that it states", default="10%"),
) -> None:
    """From `begin` to `end` registered accelerators are accounted for, and jobs state FLOP that fit their bookings."""
    until = registry.until.or_else(Time.largest)
    require("no accelerator registered twice at once", registry.no_overlap(registry.from_, until, per=registry.chip))
    # no length is below 0 or above all time: said by a remainder, sums of it are known not to be below 0 either
    there = larger(smaller(until, end) - larger(registry.from_, begin), 0) % ALL_TIME
    there = let("its time in the period", there)
    require("some time to account for", there.sum() >= 1)
    tenure = latest(
        until, at=bookings.start, order=registry.from_, per=(bookings.chip, registry.chip), default=0
    )  # fmt: skip
    require("every booking within a registration", bookings.every(tenure >= bookings.end))
    require(
        "no accelerator in two bookings at once", bookings.no_overlap(bookings.start, bookings.end, per=bookings.chip)
    )
    ours = bookings.where((bookings.end > begin) & (bookings.start < end))
    held = let("time booked in the period", larger(smaller(ours.end, end) - larger(ours.start, begin), 0) % ALL_TIME)
    chips, booked = registry.group_by(registry.chip), ours.group_by(ours.chip)
    mine = lookup(chips.chip, booked.chip, booked.sum(held), default=0)
    require("no accelerator dark", chips.every(chips.sum(there) <= mine + dark))
    require("little dark in all", fraction(held.sum(), there.sum()) >= total)
    spared = select((ours.kind == "idle") | (ours.kind == "maintenance"), held, 0)
    require("not too much idle", fraction(spared.sum(), there.sum()) <= idle)
    jobs = bookings.where(bookings.kind == "job")
    require("every job names its run", jobs.every(jobs.run.is_given()))
    able = jobs.where(jobs.run.is_given())
    per = (able.chip, registry.chip)
    peak = latest(registry.peak.or_else(0), at=able.start, order=registry.from_, per=per, default=0)
    peak = let("the peak of its accelerator", peak)
    require("the peak of every booked accelerator is registered", able.every(peak > 0))
    spent = compute.where((compute.flop > 0) & ~compute.phase.is_in(("inference", "idle")))
    runs, logged = able.group_by(able.run), spent.group_by(spent.run)
    able_to = let("what its accelerator could do", larger(able.end - able.start, 0) % ALL_TIME * peak)
    could = let("what its accelerators could do", runs.sum(able_to))
    stated = lookup(runs.run, logged.run, logged.sum(spent.flop), default=0)
    enough = stated * 10**6 >= could * yielded.as_ppm()
    require("every job states FLOP that fit its bookings", runs.every(enough))
    most = lookup(logged.run, runs.run, could, default=0)
    require("no FLOP that no booking could do", logged.every(logged.sum(spent.flop) <= most))
    # FLOP of rows of its run that begin before a booking ends, less those of rows that end by its beginning
    begun = let("FLOP of the run that had begun", spent.flop.sum_within("36500 days", at=spent.start, per=spent.run))
    over = let("FLOP of the run that had ended", spent.flop.sum_within("36500 days", at=spent.end, per=spent.run))
    per = (able.run, spent.run)
    by = latest(begun, at=larger(able.end - seconds(1), able.start), order=spent.start, per=per, default=0)
    gone = latest(over, at=able.start, order=spent.end, per=per, default=0)
    meanwhile = let("FLOP that its run states for its time", by - gone)
    require("every job states FLOP for its time", able.every(meanwhile * 10**6 >= able_to * yielded.as_ppm()))
    counted("bookings that count", ours)
    for kind in ("job", "inference", "idle", "maintenance"):
        hours = select(ours.kind == kind, held, 0).sum() // seconds(3600)
        reveal(f"chip-hours, {kind}", hours, figures=2)
    reveal("accelerators registered", chips.count(), figures=2)


T = 1577836800  # 2020-01-01
chip = base(chip="c1", owner="acme", peak=10, **{"from": T})
held = base(chip="c1", run="r1", start=T + 1000, end=T + 1980, kind="job")
job = base(start=T + 1000, end=T + 1980, run="r1", phase="pretraining", method="hardware", flop=980)
asked = base(registry=[chip()], compute=[job()], begin=T + 1000, end=T + 2000, dark=50, total="97%")
TWO = [chip(), chip(chip="c2", until=T + 1500)]
other = base(**held(chip="c2", kind="idle", end=T + 1475))
BOTH = [held(), held(chip="c2")]
DARK, LITTLE, FIT = "no accelerator dark", "little dark in all", "every job states FLOP that fit its bookings"
TIME = "every job states FLOP for its time"
WITHIN, TWICE = "every booking within a registration", "no accelerator in two bookings at once"

EXAMPLES = (
    fails("a second more", DARK, bookings=[held(), other(end=T + 1449)], **asked(registry=TWO, total="1%")),
    fails("a second in all", LITTLE, bookings=[held(end=T + 1979), other()], **asked(registry=TWO)),
    fails("one that nobody booked", DARK, bookings=[held()], **asked(registry=TWO, total="1%")),
    fails("outside the registry", WITHIN, bookings=[held(), other(chip="c3")], **asked()),
    fails("twice", TWICE, bookings=[held(), held(start=T + 1979, end=T + 1990, kind="idle")], **asked()),
    fails("all idle", "not too much idle", bookings=[held(kind="idle")], **asked(compute=[])),
    fails("which run?", "every job names its run", bookings=[held(run="")], **asked(compute=[])),
    fails(
        "a run that states little", FIT, bookings=BOTH,
        **asked(registry=[chip(), chip(chip="c2")], compute=[job(flop=1959)]),
    ),
    fails("a run whose rows end before", TIME, bookings=[held()], **asked(compute=[job(start=T, end=T + 1000)])),
    fails("a run whose rows begin after", TIME, bookings=[held()], **asked(compute=[job(start=T + 1980)])),
    fails(
        "spent on none of them", "no FLOP that no booking could do", bookings=[held()],
        **asked(compute=[job(), job(run="r2", flop=1)]),
    ),
    fails(
        "a peak of 0", "the peak of every booked accelerator is registered",
        bookings=[held()], **asked(registry=[chip(peak=0)], compute=[]),
    ),
    fails(
        "two tenures at once", "no accelerator registered twice at once", bookings=[held()],
        **asked(registry=[chip(until=T + 1990), chip(**{"from": T + 1989, "until": T + 1991})]),
    ),
    holds(
        "a row of nothing, which begins as it ends",
        bookings=[held()], **asked(compute=[job(), job(run="r9", start=T + 1500, end=T + 1500, flop=0)]),
    ),
    fails("no accelerator", "some time to account for", bookings=[], **asked(registry=[], compute=[])),
    holds("to the second, and a job of a tenth", bookings=[held(), other()], **asked(registry=TWO)),
    holds("over both ends, inference", bookings=[held(start=T, end=T + 9000, kind="inference")], **asked(compute=[])),
)  # fmt: skip

VACUOUS = (
    never_vacuous("begin", "the time from it on is accounted for"),
    never_vacuous("end", "the time up to it is accounted for"),
    implausible("dark", "a month is long enough to train", at_least="30 days"),
    vacuous("total", "every share reaches 0 %", at_most="0%"),
    implausible("idle", "all that there is may be idle", at_least="100%"),
    vacuous("yielded", "every share reaches 0 %", at_most="0%"),
)
