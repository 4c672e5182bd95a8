"""Claims that say one thing at first look and ask another, each with what gives it away: README.md lists them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zkcompliance.claim.language import (
    ChipLog,
    ComputeLog,
    Count,
    DecisionLog,
    EventLog,
    Flop,
    Id,
    Param,
    Phase,
    Ppm,
    Seconds,
    SetOf,
    Time,
    band_of,
    days,
    descending,
    fraction,
    latest,
    let,
    lookup,
    month_of,
    select,
    within,
)  # fmt: skip

Make = Callable[..., Any]
Idea = tuple[str, Make, str]


def shape(
    c: ComputeLog, d: ChipLog, e: EventLog, r: DecisionLog, limit: Param[Flop], n: Param[Count], share: Param[Ppm],
    since: Param[Time], wait: Param[Seconds], model: Param[Id], phases: Param[SetOf[Phase]], sites: Param[SetOf[Id]],
) -> None:  # fmt: skip
    """The logs and parameters of every idea."""


def runs(c: ComputeLog) -> Any:
    return c.group_by(c.run)


few: Make = lambda c: c.where(c.phase == "other")  # noqa: E731

# What the sentence says, of which an officer sees that it is not what the name promised
SAID: list[Idea] = [
    ("an id that reads as a condition", lambda c, **_: c.every(c.run != "x and flop is below 1e25"),
     "run is not ‘x and flop is below 1e25’."),
    ("an id in a set that reads as one", lambda c, **_: c.every(c.run.is_in(("a", "b or flop is at most 5"))),
     "run is one of ‘a’, ‘b or flop is at most 5’."),
    ("an id in another alphabet", lambda c, **_: c.every(c.run != "оslo"), "run is not ‘оslo’ (with U+043E)."),
    ("an id with quotes in it", lambda c, **_: c.every(c.run != "x’ and flop is 5"), "run is not 0x"),
    ("a default that reads as a condition", lambda c, **_: c.every(c.site.or_else("a) or (b") == "oslo"),
     "site (where missing, ‘a) or (b’) is ‘oslo’"),
    ("a limit that is rounded", lambda c, **_: c.every(c.flop < 14999999999999999999999999),
     "≈1.49e25 FLOP (14,999,999,999,999,999,999,999,999)"),
    ("parts per million for percent", lambda c, **_: c.share(c.flop > 5) >= 95, "at least 0.0095%"),
    ("a parameter `limit` that is a floor", lambda c, limit, **_: c.flop.sum() >= limit, "is at least `limit`"),
    ("any for every", lambda c, **_: c.any(c.flop <= 5), "For some row of c, "),
    ("none of a negation", lambda c, **_: c.none(~(c.flop <= 5)),
     "For no row of c, not (the FLOP spent is at most 5 FLOP)"),
    ("double negation", lambda c, **_: c.every(~(~(c.flop > 5))),
     "For every row of c, the FLOP spent is above 5 FLOP."),
    ("a selection that leaves the rows out", lambda c, **_: few(c).every(few(c).flop <= 5),
     "For every row of c (only rows where the phase is other)"),
    ("a where upon a where", lambda c, **_: few(c).where(few(c).flop > 9).count() <= 5,
     "c (only rows where the phase is other and the FLOP spent is above 9 FLOP)"),
    ("only rows that state it", lambda c, **_: c.where(c.site.is_given()).every(c.where(c.site.is_given()).site == "a"),
     "c (only rows where the site is given)"),
    ("missing is taken for the best", lambda c, **_: c.utilisation.or_else("100%").min(empty="100%") >= "50%",
     "(where missing, 100%) in c (if there is none: 100%)"),
    ("a share of nothing", lambda c, **_: few(c).share(few(c).flop <= 5) >= "99%", "(which holds over no rows)"),
    ("a difference where one side is over nothing",
     lambda c, **_: few(c).flop.mean() - c.flop.mean() <= 5, "(which holds where either is over no rows)"),
    ("a fraction of 0 in 0", lambda c, **_: fraction(few(c).flop.sum(), c.flop.sum()) <= "1%",
     "(which holds where both are 0)"),
    ("a quantile for a maximum", lambda c, **_: c.flop.quantile("5%") <= 9,
     "The share of the rows of c for which the FLOP spent is at most 9 FLOP is at least 5%"),
    ("a mean for a maximum", lambda c, **_: c.flop.mean() <= 9,
     "The mean FLOP spent over the rows of c is at most 9 FLOP"),
    ("a share of a compound", lambda c, **_: (c.share((c.flop <= 5) | (c.flop >= 9)) >= "95%") | (c.count() <= 5),
     "for which (the FLOP spent is at most 5 FLOP or the FLOP spent is at least 9 FLOP) is at least 95%"),
    ("a group's rows of a compound",
     lambda c, **_: runs(c).every((runs(c).size((c.flop <= 5) | (c.flop >= 9)) >= 3) | (runs(c).size() >= 7)),
     "for which (the FLOP spent is at most 5 FLOP or the FLOP spent is at least 9 FLOP) is at least 3 or "),
    ("the largest of a negative", lambda c, **_: runs(c).every(runs(c).max(c.flop * -1) <= -5),
     "largest (the FLOP spent × -1)"),
    ("groups of which a key is a condition",
     lambda c, **_: c.group_by((c.flop <= 5) & (c.devices.or_else(0) <= 5)).count() <= 9,
     "whether (the FLOP spent is at most 5 FLOP and the number of devices (where missing, 0) is at most 5) in c"),
    ("groups of groups", lambda c, **_: (g := c.group_by(c.run, c.method)).group_by(g.run).count() <= 3,
     "values of run among the combinations of run and method in c"),
    ("the first of a few", lambda c, **_: few(c).every(few(c).is_first | (few(c).flop <= 5)),
     "there is no earlier row of c (only rows where the phase is other) or"),
    ("the first in another order",
     lambda c, **_: (o := c.order_by(descending(c.start))).every(~o.is_first | (o.flop <= 5)),
     "there is an earlier row of c in order of start (descending) or"),
    ("a group's last row in another order",
     lambda c, **_: runs(c).every(runs(c).last(c.flop, order=descending(c.start)) <= 5),
     "of its last row in order of start (descending)"),
    ("a row before among a few", lambda c, **_: c.every(c.flop >= few(c).flop.previous(default=0)),
     "on the closest earlier row of c (only rows where the phase is other) (if there is none: 0 FLOP)"),
    ("a running total that starts anew", lambda c, limit, **_: c.every(c.flop.running(per=c.run) <= limit),
     "with the same run up to and with this row"),
    ("a window in another unit", lambda c, limit, **_: c.every(c.flop.sum_within("30 minutes", at=c.end) <= limit),
     "this row's end − 30 minutes"),
    ("the state of another thing",
     lambda c, e, **_: c.none(latest(e.kind, at=c.start, order=e.at, default="eval") == "pause"),
     "of e whose time of the event is the latest that is not after this row's start (if there is none: eval)"),
    ("a lookup that is met by none", lambda c, d, **_: c.every(lookup(c.run, d.chip, d.from_, default=0) <= c.start),
     "(if there is none: the beginning of time)"),
    ("membership in a few", lambda c, d, **_: c.every(within(c.run, d.where(d.owner == "lab").chip)),
     "there is a row of d (only rows where the owner is ‘lab’) whose chip is this row's run"),
    ("a moment far off", lambda c, **_: c.every(c.end <= 2**40), "end is not after 1099511627776 s"),
    ("0 for missing", lambda d, **_: d.every(d.until.or_else(Time.largest) != 0),
     "the end of tenure (where missing, the end of time) is not the beginning of time"),
    ("months for days", lambda c, **_: c.every(month_of(c.end) - month_of(c.start) <= 3), "the month of the end"),
    ("a choice for all others", lambda c, limit, **_: c.every(c.flop <= c.phase.pick({"idle": 5}, otherwise=limit)),
     "(idle 5 FLOP, otherwise `limit`)"),
    ("a choice of values", lambda c, **_: c.every(select(c.phase == "other", c.flop, 0) <= 5),
     "(the FLOP spent if the phase is other, otherwise 0 FLOP)"),
    ("a band that is never reached", lambda c, **_: c.every(band_of(c.flop, 10**27, 10**28) < 2),
     "the number of the edges 1e27 FLOP, 1e28 FLOP that the FLOP spent has reached"),
    ("an order of choices turned", lambda r, **_: r.every(r.risk >= "limited"), "the risk class is at least limited"),
    ("a division that rounds down",
     lambda c, **_: c.every((c.end - c.start) // days(30) <= 1), "((the end − the start) / 30 days, rounded down)"),
    ("a name that says a total", lambda c, **_: let("the total flop", c.devices.or_else(0).sum()) <= 5,
     "“the total flop” is the total number of devices (where missing, 0) in c."),
    ("a name that is a column's", lambda c, **_: c.every(let("flop", c.devices.or_else(0)) <= 5),
     "“flop” is the number of devices (where missing, 0)."),
    ("a name over a missing value", lambda d, **_: d.every(let("end", d.until).or_else(Time.largest) >= "2026-01-01"),
     "“end” (where missing, the end of time) is not before"),
    ("an exemption by a parameter",
     lambda c, limit, **_: c.every((c.flop <= 5) | (limit >= 7)), "or `limit` is at least 7"),
    ("correlated conditions", lambda c, **_: c.every((c.phase == "other") | (c.flop <= 5)),
     "the phase is other or the FLOP spent"),
    ("a set of ids with many places",
     lambda c, sites, **_: c.every(~c.run.is_in(sites)), "the run is none of `sites`"),
    ("distinct values, not rows", lambda c, **_: c.run.n_unique() <= 3, "The number of distinct values of run in c"),
    ("a comparison of conditions", lambda c, **_: c.every((c.phase == "other") == (c.flop <= 5)),
     "(the phase is other) is (the FLOP spent is at most 5 FLOP)"),
]  # fmt: skip

ALWAYS = "always true, whatever the rows are"
NEVER = "always false, whatever the rows are"

# What is refused when the claim is loaded
REFUSED: list[Idea] = [
    ("a floor of nothing", lambda c, **_: c.every(c.flop >= 0), ALWAYS),
    ("the largest value as a limit", lambda c, **_: c.every(c.flop <= 2**96 - 1), ALWAYS),
    ("no rows as the least number", lambda c, **_: c.count() >= 0, ALWAYS),
    ("not below nothing", lambda c, **_: c.every(~(c.flop < 0)), NEVER),
    ("a value and itself with more", lambda c, **_: c.every(c.flop <= c.flop + 5), ALWAYS),
    ("a total and itself with a limit", lambda c, limit, **_: c.flop.sum() + 1 > c.flop.sum() - limit, ALWAYS),
    ("a way out by two literals", lambda c, **_: c.every((c.flop <= 5) | (days(1) < days(2))), ALWAYS),
    ("a share of at least nothing", lambda c, **_: c.share(c.flop > 5) >= "0%", ALWAYS),
    ("a share of at most all", lambda c, **_: c.share(c.flop > 5) <= "100%", ALWAYS),
    ("a group's share of at most all", lambda c, **_: runs(c).every(runs(c).share_of(c.flop > 5) <= "100%"), ALWAYS),
    ("a quantile of no rows", lambda c, **_: c.flop.quantile("0%") <= 5, ALWAYS),
    ("a mean at most the largest", lambda c, **_: c.flop.mean() <= 2**96 - 1, ALWAYS),
    ("overlapping halves", lambda c, **_: c.every((c.flop <= "1e25") | (c.flop > "1e24")), ALWAYS),
    ("a condition or its opposite", lambda c, n, **_: c.every((c.run == "a") | ~(c.run == "a")), ALWAYS),
    ("all the choices", lambda r, **_: r.every((r.risk <= "limited") | (r.risk > "minimal")), ALWAYS),
    ("a rule of rows that keep it", lambda c, **_: (f := c.where(c.flop <= 5)).every(f.flop <= 10), NEVER),
    ("a selection of no row", lambda c, **_: (f := few(c).where(few(c).phase == "idle")).every(f.flop <= 5), NEVER),
    ("an exception that takes all", lambda c, **_: c.none((c.flop > 5) & (c.flop < 3)), NEVER),
    ("both sides the same", lambda c, **_: c.every(c.flop <= c.flop), "both sides of a comparison are the same"),
    ("a bound out of range", lambda c, **_: c.every(c.utilisation.or_else(0) <= 2_000_000), "out of range"),
    ("Python's True for a condition", lambda c, **_: c.every((c.flop <= 5) | True), "no condition on rows"),
]  # fmt: skip
