"""cadence-of-kind: at every moment of a period the last event of a kind is no older than a given time.

Sources: Code of Practice for general-purpose AI, measure 1.3 (the framework is assessed every 12 months from placing on
the market) and measure 7.6 (a model report is updated every six months); California SB 53, section 22757.12 (a
framework is reviewed once a year, summaries every three months). One kind is asked about: `framework`, `report`,
`summary` and so on. With a model, events that name it count; with `the lab` those that name none, since what is of one
model is no review of the whole. The period runs to `until` from `since`, or from the first event of the kinds in
`begin` where that is later (a deployment; or the kind itself: from the first one on); with `the lab` such an event may
be of any model. An event before the period counts for its beginning. Without an event of the kind, in an empty log too,
the claim fails, whatever the period; without one of `begin` the period runs from `since`. A kind is the lab's word:
what was reviewed or reported is not seen. An event after `until` is refused. That adding rows of the kind helps is what
serials without a gap are asked for: each is of one register. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    EventKind,
    EventLog,
    Id,
    Param,
    Seconds,
    SetOf,
    Time,
    base,
    claim,
    counted,
    day_of,
    fails,
    holds,
    implausible,
    let,
    names,
    never_vacuous,
    param,
    require,
    reveal,
)

FROM_SINCE = names()
LAB = "the lab"


@claim("cadence-of-kind", version=1)
def cadence_of_kind(
    events: EventLog,
    kind: Param[EventKind] = param("the kind of event that has to recur"),
    model: Param[Id] = param("the model that its events name; `the lab`: those that name none", default=LAB),
    since: Param[Time] = param("beginning of the period at the earliest"),
    begin: Param[SetOf[EventKind]] = param(
        "the kinds of which the first event begins the period; none: it begins with `since`", default=FROM_SINCE
    ),
    until: Param[Time] = param("end of the period", now=True),
    gap: Param[Seconds] = param("the greatest age of the last event", clock=True),
) -> None:
    """From `since`, or the first event of `begin`, to `until` the last event of `kind` is never older than `gap`."""
    require("serials without a gap", events.serial.is_serial())
    require("no event after the period", events.every(events.at <= until))
    named = events.model.or_else(LAB)
    opening = events.where(events.kind.is_in(begin) & ((model == LAB) | (named == model)))
    opened = let("when the period is opened", opening.at.min(empty=0))
    done = events.where((events.kind == kind) & (named == model)).order_by(events.at)
    before = done.at.previous(default=0)
    require(
        "no gap within the period", done.every((done.at <= since) | (done.at <= opened) | (done.at - before <= gap))
    )
    require("the last one near the end", (done.count() >= 1) & (until - done.at.max(empty=0) <= gap))
    counted("events that count", done)
    reveal("first day", day_of(done.at.min(empty=0)))
    reveal("last day", day_of(done.at.max(empty=0)))
    reveal("first day of `begin`", day_of(opened))


T = 1767225600  # 2026-01-01
DAY = 86400
framework = base(serial=1, at=T - 10 * DAY, kind="framework")
again = base(**framework(serial=2, at=T + 355 * DAY))
yearly = base(kind="framework", since=T, gap="365 days", until=T + 400 * DAY)
deploy = base(serial=1, at=T + 30 * DAY, kind="deploy", model="m1")
report = base(serial=2, at=T + 30 * DAY, kind="report", model="m1")
half = base(kind="report", model="m1", since=T, begin=("deploy",), gap="181 days", until=T + 211 * DAY)
GAP, END = "no gap within the period", "the last one near the end"

EXAMPLES = (
    fails("none at the beginning", GAP, events=[framework(at=T + 1)], **yearly(until=T + DAY)),
    fails("a second too late", GAP, events=[framework(), again(at=T + 355 * DAY + 1)], **yearly()),
    fails("none for a year", END, events=[framework()], **yearly(until=T + 355 * DAY + 1)),
    fails("an empty log", END, events=[], **yearly(until=T + DAY)),
    fails("an empty log, however long the gap", END, events=[], **yearly(gap="36500 days")),
    fails("one is still to come", "no event after the period", events=[framework()], **yearly(until=T - 11 * DAY)),
    fails("serial 1 is missing", "serials without a gap", events=[framework(serial=2)], **yearly(until=T + DAY)),
    fails("deployed before its report", GAP, events=[deploy(), report(at=T + 31 * DAY)], **half()),
    holds("on the last second, twice", events=[framework(), again()], **yearly()),
    holds("in another order", events=[again(serial=1), framework(serial=2)], **yearly()),
    holds("a report with its deployment", events=[deploy(), report()], **half()),
    holds("from the first one on", events=[framework(at=T + 9)], **yearly(begin=("framework",), until=T + 9)),
)  # fmt: skip

VACUOUS = (
    never_vacuous("kind", "without an event of it nothing holds"),
    never_vacuous("model", "without an event of it nothing holds"),
    implausible("since", "no period begins so late", at_least="2100-01-01"),
    never_vacuous("begin", "whenever the period begins, its end asks for an event"),
    implausible("until", "nothing had to recur then", at_most="2024-08-01"),
    implausible("gap", "nothing that has to recur may wait so long", at_least="1100 days"),
)
