"""incidents-received: what a lab says that it reported to an authority is what the authority says that it received.

Sources: Code of Practice for general-purpose AI, measure 9.3; AI Act, Articles 55(1) and 73; California SB 53, section
22757.13; New York RAISE, section 1422: reports go to an authority, whose word on them is worth more than the lab's. The
log `received` is the authority's own, of this lab's reports: a row for each, with the number that the lab's register
gives the incident, the kind and the receipt, at the time when it came in. Each report that the lab states to this
authority with a receipt is found there, and came in at most `transit` after the time that the lab states, and not
before it by more than that. Each that came in is found at the lab, so that a report that was received is neither
forgotten nor another's, and of an incident that the register has, whose serials have no gap. What is stated or came in
within `transit` of `as_of` may not be at the other yet: how many of these there are is revealed; nothing is dated after
`as_of`. How soon after an incident a report came in, incidents-reported-in-time says, with `received` for its reports.
Reports without a receipt, or to others, are passed over, and how many is revealed. Three logs without rows hold,
loudly, with 0 reports that count. Rows that adding to one log alone puts there have to be in the other. Padding is no
row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    Id,
    IncidentLog,
    IncidentReportLog,
    Param,
    Seconds,
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
    never_vacuous,
    param,
    require,
    reveal,
    within,
)


@claim("incidents-received", version=1)
def incidents_received(
    incidents: IncidentLog,
    reports: IncidentReportLog,
    received: IncidentReportLog,
    as_of: Param[Time] = param("the moment up to which the logs are compared", now=True),
    authority: Param[Id] = param("whose log `received` is"),
    transit: Param[Seconds] = param("how far apart the two may date one report", default="1 hours"),
) -> None:
    """The lab's reports to `authority` that have a receipt, and those that it received, are the same."""
    require("serials without a gap", incidents.serial.is_serial())
    require("nothing is dated after the judged moment", received.every(received.at <= as_of))
    require("nothing is stated after the judged moment", reports.every(reports.at <= as_of))
    noted = received.receipt.is_given() & (received.authority == authority)
    require("every report received has a receipt of this authority", received.every(noted))
    stated = reports.where((reports.authority == authority) & reports.receipt.is_given())
    require("no receipt for two reports stated", stated.unique(stated.receipt))
    theirs = (received.serial, received.kind, received.receipt.or_else(""))
    ours = (stated.serial, stated.kind, stated.receipt)
    just = stated.at + transit >= as_of
    require("every report stated was received", stated.every(just | within(ours, theirs)))
    came = let("when it came in", lookup(stated.receipt, received.receipt.or_else(""), received.at, default=0))
    near = (came <= stated.at + transit) & (stated.at <= came + transit)
    require("it came in when it was stated to be made", stated.every((came == 0) | near))
    late = received.at + transit >= as_of
    require("every report received was stated", received.every(late | within(theirs, ours)))
    known = late | within(received.serial, incidents.serial)
    require("every report received is of an incident in the register", received.every(known))
    counted("reports that count", received)
    counted("reports that the lab states", stated)
    reveal("stated just now, and not yet received", stated.where(just & (came == 0)).count(), figures=2)
    reveal("came in just now", received.where(late).count(), figures=2)
    passed = reports.where((reports.authority != authority) | ~reports.receipt.is_given())
    reveal("to others, or without a receipt", passed.count(), figures=2)
    reveal("first day", day_of(received.at.min(empty=0)))
    reveal("last day", day_of(received.at.max(empty=0)))


T = 1767225600  # 2026-01-01
HOUR = 3600
incident = base(serial=1, category="death", occurred=T, aware=T)
report = base(serial=1, at=T + 50 * HOUR, kind="initial", authority="office", receipt="r1")
came_in = base(**report(at=T + 51 * HOUR))
update = report(at=T + 60 * HOUR, kind="intermediate", receipt="r2")
others = report(authority="police", receipt="p1")
asked = base(authority="office", as_of=T + 99 * HOUR, incidents=[incident()])
WAS, WHEN, STATED = (
    "every report stated was received", "it came in when it was stated to be made", "every report received was stated"
)  # fmt: skip
NOTED, KNOWN = (
    "every report received has a receipt of this authority",
    "every report received is of an incident in the register",
)

EXAMPLES = (
    fails("a second apart", WHEN, reports=[report()], received=[came_in(at=T + 51 * HOUR + 1)], **asked()),
    fails("never received", WAS, reports=[report(), update], received=[came_in()], **asked()),
    fails("kept to itself", STATED, reports=[report()], received=[came_in(), update], **asked()),
    fails("stated twice", "no receipt for two reports stated", reports=[report()] * 2, received=[came_in()], **asked()),
    fails("received twice", "received.receipt is unique", reports=[report()], received=[came_in()] * 2, **asked()),
    fails("nobody's receipt", NOTED, reports=[], received=[came_in(receipt="")], **asked(as_of=T + 51 * HOUR)),
    fails("the log of others", NOTED, reports=[], received=[others], **asked(as_of=T + 51 * HOUR)),
    fails("dropped from the register", KNOWN, reports=[report()], received=[came_in()], **asked(incidents=[])),
    fails(
        "still to come", "nothing is dated after the judged moment",
        reports=[report()], received=[came_in()], **asked(as_of=T + 51 * HOUR - 1),
    ),
    fails("stated for tomorrow", "nothing is stated after the judged moment",
          reports=[report()], received=[], **asked(as_of=T)),
    fails(
        "serial 2 is missing", "serials without a gap",
        reports=[report()], received=[came_in()], **asked(incidents=[incident(), incident(serial=3)]),
    ),
    holds("an hour apart, and one to others", reports=[report(), others], received=[came_in()], **asked()),
    holds("it came in just now", reports=[], received=[came_in()], **asked(as_of=T + 52 * HOUR)),
    holds("on its way", reports=[report()], received=[], **asked(as_of=T + 51 * HOUR)),
    holds("three empty logs", reports=[], received=[], **asked(incidents=[])),
)  # fmt: skip

VACUOUS = (
    implausible("as_of", "nothing had to be reported then", at_most="2024-08-01"),
    never_vacuous("authority", "whoever it is, all that it received is asked for"),
    implausible("transit", "no report is on its way so long", at_least="7 days"),
)
