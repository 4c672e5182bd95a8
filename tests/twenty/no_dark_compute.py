"""Almost no time of the registered chips is unaccounted for, in total and of each chip."""

from zkcompliance.claim.language import (
    BookingLog,
    ChipLog,
    ComputeLog,
    Param,
    Ppm,
    Time,
    base,
    claim,
    fails,
    fraction,
    holds,
    larger,
    latest,
    lookup,
    param,
    require,
    smaller,
    within,
)


@claim("twenty-no-dark-compute", version=1)
def no_dark_compute(
    bookings: BookingLog, registry: ChipLog, compute: ComputeLog, begin: Param[Time], end: Param[Time],
    each: Param[Ppm] = param("the least share of its time that each chip is booked", default="95%"),
    total: Param[Ppm] = param("the least share of all chips' time that is booked", default="99%"),
) -> None:  # fmt: skip
    """Between two moments, bookings cover at least a share of the time of each registered chip, and of all chips.

    A booking lies within a tenure of its chip, no two of a chip overlap, and the run of a booked job is in the
    compute log. What a chip did while it was booked, above all as idle, is the booking's word; chips that are not
    registered are not seen; and that the FLOP of a run fit its bookings is another claim.
    """
    there = larger(smaller(registry.until.or_else(Time.largest), end) - larger(registry.from_, begin), 0)
    held = larger(smaller(bookings.end, end) - larger(bookings.start, begin), 0)
    jobs, per = bookings.where(bookings.kind == "job"), (bookings.chip, registry.chip)
    until = registry.until.or_else(Time.largest)
    tenure = latest(until, at=bookings.start, order=registry.from_, per=per, default=0)
    chips, booked = registry.group_by(registry.chip), bookings.group_by(bookings.chip)
    mine = lookup(chips.chip, booked.chip, booked.sum(held), default=0)
    require("some time to account for", there.sum() >= 1)
    require("no chip in two places", registry.no_overlap(registry.from_, until, per=registry.chip))
    require("booked where it stood", bookings.every(tenure >= bookings.end))
    require("not booked twice", bookings.no_overlap(bookings.start, bookings.end, per=bookings.chip))
    require("a job is in the compute log", jobs.every(within(jobs.run.or_else(""), compute.run)))
    require("no chip dark", chips.every(fraction(mine, chips.sum(there)) >= each))
    require("in total", fraction(held.sum(), there.sum()) >= total)


T = 1577836800  # 2020-01-01
chip = base(chip="c1", owner="acme", **{"from": T})
held = base(chip="c1", run="r1", start=T + 1000, end=T + 1980, kind="job")
run = base(start=T, end=T + 9, run="r1", phase="pretraining", method="hardware", flop=5)
period = {"begin": T + 1000, "end": T + 2000, "each": "95%", "total": "97%"}
two = [chip(), chip(chip="c2", until=T + 1500)]

EXAMPLES = (
    holds(
        "exactly 95 % of one, 97 % of both",
        bookings=[held(), held(chip="c2", run="", kind="idle", end=T + 1475)],
        registry=two,
        compute=[run()],
        begin=T + 1000,
        end=T + 2000,
        total="97%",
    ),
    holds("over both ends", bookings=[held(start=T, end=T + 9000)], registry=[chip()], compute=[run()], **period),
    holds(
        "not there any more",
        bookings=[held()],
        registry=[chip(), chip(chip="c2", until=T + 1000)],
        compute=[run()],
        **period,
    ),
    fails(
        "a second of one",
        "no chip dark",
        bookings=[held(end=T + 2000), held(chip="c2", end=T + 1474)],
        registry=two,
        compute=[run()],
        **period,
    ),
    fails(
        "a second in total",
        "in total",
        bookings=[held(end=T + 1979), held(chip="c2", end=T + 1475)],
        registry=two,
        compute=[run()],
        **period,
    ),
    fails(
        "a chip not booked",
        ("no chip dark", "in total"),
        bookings=[held()],
        registry=[chip(), chip(chip="c2")],
        compute=[run()],
        **period,
    ),
    fails(
        "booked twice",
        "not booked twice",
        bookings=[held(), held(start=T + 1979, end=T + 1990)],
        registry=[chip()],
        compute=[run()],
        **period,
    ),
    fails(
        "booked after it left",
        "booked where it stood",
        bookings=[held(), held(chip="c2", start=T + 1010, end=T + 1501)],
        registry=two,
        compute=[run()],
        **period,
    ),
    fails(
        "a chip of two tenures at once",
        "no chip in two places",
        bookings=[held()],
        registry=[chip(until=T + 1990), chip(**{"from": T + 1989, "until": T + 1991})],
        compute=[run()],
        **period,
    ),
    fails(
        "a run that is not in the log",
        "a job is in the compute log",
        bookings=[held(run="r2")],
        registry=[chip()],
        compute=[run()],
        **period,
    ),
    fails("no chip", "some time to account for", bookings=[], registry=[], compute=[run()], **period),
)
