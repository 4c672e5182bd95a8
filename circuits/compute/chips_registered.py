"""chips-registered: every booking of an accelerator lies within its registration, none overlap, and not too many exist.

Source: the conditional treaty, section 1.4.4: a registry of accelerators and a cap on their number. The log `used` has
the lab's bookings, for one run after another, for inference, idle or in maintenance; the log `registry` has one row
for each accelerator that is or was registered, from when until when. A chip is found by its serial number. It may be
booked from its registration on and not after it was retired, by the times that the rows state: that a row of the
registry was there by then is not shown. Bookings that ended before `since` are passed over, and chips retired before it
are not held against the cap. An empty `used` holds, loudly, with 0 bookings that count: nothing is used. Padding is no
row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    BookingLog,
    ChipLog,
    Count,
    Param,
    Time,
    base,
    claim,
    counted,
    day_of,
    fails,
    holds,
    implausible,
    let,
    lookup,
    param,
    require,
    reveal,
    vacuous,
)


@claim("chips-registered", version=2)
def chips_registered(
    used: BookingLog,
    registry: ChipLog,
    cap: Param[Count] = param("the largest number of registered accelerators"),
    since: Param[Time] = param("what ended before it is passed over: bookings, and registrations", default=0),
) -> None:
    """Every accelerator booked is registered by then and not retired, none twice at once; at most `cap` are."""
    ours = used.where(used.end >= since)
    until = registry.until.or_else(Time.largest)
    begin = let("the registration's beginning", lookup(ours.chip, registry.chip, registry.from_, default=Time.largest))
    end = let("the registration's end", lookup(ours.chip, registry.chip, until, default=0))
    require("every booking within its chip's registration", ours.every((begin <= ours.start) & (ours.end <= end)))
    require("no chip in two bookings at once", ours.no_overlap(ours.start, ours.end, per=ours.chip))
    standing = registry.where(until >= since)
    require("number of registered chips within the cap", standing.count() <= cap)
    counted("bookings that count", ours)
    counted("chips registered", standing)
    reveal("first day", day_of(ours.start.min(empty=0)))
    reveal("last day", day_of(ours.end.max(empty=0)))
    reveal("bookings passed over", used.where(used.end < since).count(), figures=2)


booking = base(chip="c1", run="r1", start=10, end=20, kind="job")
chip = base(chip="c1", kind="h100_sxm", owner="acme", site="s1", **{"from": 10})
registered = [chip(), chip(chip="c2", until=20)]
runs = [booking(), booking(run="r2", start=20, end=30), booking(chip="c2")]
WITHIN, TWICE, CAP = (
    "every booking within its chip's registration", "no chip in two bookings at once",
    "number of registered chips within the cap",
)  # fmt: skip

EXAMPLES = (
    fails("over the cap", CAP, used=[], registry=registered, cap=1),
    fails("not registered", WITHIN, used=[booking(chip="c3")], registry=registered, cap=2),
    fails("used before it was registered", WITHIN, used=[booking(start=9)], registry=registered, cap=2),
    fails("used after it was retired", WITHIN, used=[booking(chip="c2", end=21)], registry=registered, cap=2),
    fails("inference counts too", WITHIN, used=[booking(chip="c3", kind="inference")], registry=registered, cap=2),
    fails("registered twice", "registry.chip is unique", used=[], registry=[*registered, chip(site="s9")], cap=3),
    fails("two runs at once", TWICE, used=[booking(), booking(run="r2", start=19)], registry=registered, cap=2),
    fails("a booking sealed twice", TWICE, used=[[booking()], [booking()]], registry=registered, cap=2),
    holds("two runs one after the other, and a chip to its end", used=runs, registry=registered, cap=2),
    holds("a retired chip", used=[booking(end=50)], registry=registered, cap=1, since=21),
    holds("what ended before", used=[booking(chip="c3")], registry=registered, cap=1, since=21),
    holds("nothing used", used=[], registry=[], cap=0),
)

VACUOUS = (
    vacuous("cap", "no log has so many rows", at_least=60 << 21),
    implausible("since", "no booking has ended by then", at_least="2100-01-01"),
)
