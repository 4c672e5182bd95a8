"""compute-in-window: in no window of so much time does a lab spend more compute than a cap.

Source: proposals to slow AI development down or to pause it, as conditional treaties name them; the number and the
window are the policy's. A row counts whole in every window that it touches, however long it is, at its beginning too
(one that ends at the second at which a window begins is before it): what was spent in a window is never more than what
its rows have. A log of long rows is therefore held more strictly than one of short rows, and a lab that is within the
cap by days logs days. Every row counts, whatever model it names, if its phase does; in phases that do not count, in any
such window, at most a share of the cap was spent. All times are those that the rows state. An empty log holds, loudly,
with 0 rows that count; a row of 0 FLOP is none, and padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    COUNTED,
    ComputeLog,
    Flop,
    Param,
    Phase,
    Ppm,
    Seconds,
    SetOf,
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
    never_vacuous,
    param,
    require,
    reveal,
)


@claim("compute-in-window", version=1)
def compute_in_window(
    compute: ComputeLog,
    cap: Param[Flop] = param("the most FLOP of any window", at_least=1),
    window: Param[Seconds] = param("how long a window is", default="30 days"),
    phases: Param[SetOf[Phase]] = param("the phases that count", default=COUNTED),
    outside: Param[Ppm] = param("the most FLOP of any window in other phases, as a share of the cap", default="100%"),
) -> None:
    """In any `window`, rows that lie in it or touch it have at most `cap` FLOP."""
    spent = compute.where(compute.flop > 0)
    chosen, others = spent.where(spent.phase.is_in(phases)), spent.where(~spent.phase.is_in(phases))
    for which, rows, share in (("over the cap", chosen, "100%"), ("with more aside", others, outside)):
        kind = "" if rows is chosen else ", aside"
        # what began by the beginning of a row, less what had ended a window before it: all that lies in between
        by_start = rows.order_by(rows.start)
        ended = let(f"FLOP of rows that ended by then{kind}", rows.flop.sum_within("36500 days", at=rows.end))
        gone = latest(ended, at=by_start.start - window, order=rows.end, default=0)
        gone = let(f"FLOP that ended a window before{kind}", gone)
        begun = let(f"FLOP of rows that began by then{kind}", by_start.flop.running())
        require(f"no window {which}", by_start.every(fraction(begun - gone, cap) <= share))
    counted("rows that count", chosen)
    reveal("first day", day_of(chosen.start.min(empty=0)))
    reveal("last day", day_of(chosen.end.max(empty=0)))


DAY = 86400
job = base(start=40 * DAY, end=41 * DAY, run="r1", phase="pretraining", method="hardware", flop=5)
later = base(**job(start=71 * DAY, end=72 * DAY))
lost = base(**job(phase="failed"))
OVER, ASIDE = "no window over the cap", "no window with more aside"

EXAMPLES = (
    fails("a second less apart", OVER, compute=[job(end=41 * DAY + 1), later()], cap=9),
    fails("two at once", OVER, compute=[job(), job(run="r2")], cap=9),
    fails("of two models, in two segments", OVER, compute=[[job(model="m1")], [job(model="m2")]], cap=9),
    fails("a row of a year counts whole", OVER, compute=[job(end=405 * DAY), later(end=406 * DAY)], cap=9),
    fails("one that began before and goes on", OVER, compute=[job(start=0, end=73 * DAY), later()], cap=9),
    fails("called failed", ASIDE, compute=[lost(), lost(start=70 * DAY, end=72 * DAY)], cap=18, outside="50%"),
    holds("exactly 30 days apart, each at the cap", compute=[job(), later(), lost(flop=1)], cap=5, outside="20%"),
    holds("at the cap together, in a shorter window", compute=[job(), later()], cap=5, window="10 days"),
    holds("an empty log", compute=[], cap=1),
)  # fmt: skip

VACUOUS = (
    implausible("cap", "no training spends so much", at_least="1e28"),
    implausible("window", "a run may stop in between and go on", at_most="1 days"),
    implausible("phases", "no phase of training counts", none_of=COUNTED),
    never_vacuous("outside", "at 100 % it is still held against the cap"),
)
