"""within-allowance: what a lab spends in a period, and gives to others, stays within its allowance and what it gets.

Source: proposals for caps over several labs, under which a lab gives a part of its allowance to another. Each part is
a note: a row of a note log that both labs hold and both sign. A lab proves over all its compute logs and all its note
logs; what it gives is added to what it spends, what it is given to its allowance. That every note counts for both, and
that no lab is left out, is seen where the proofs of all labs are judged together (`zkcompliance verify … --joint`): one
proof by itself shows nothing of a joint cap. Every note is of this cap, and has this lab on exactly one side.

A row counts whole if it begins in the period, or began before and ends in it or later: rows that touch two periods
count in both. What phases that do not count have spent is at most a share of allowance and notes received. All times
are those that the rows state. An empty log of compute holds, with 0 rows that count; a row of 0 FLOP is none. A note
log without notes gives and takes nothing. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    COUNTED,
    ComputeLog,
    Flop,
    Id,
    NoteLog,
    Param,
    Phase,
    Ppm,
    SetOf,
    Time,
    base,
    claim,
    counted,
    fails,
    fraction,
    holds,
    implausible,
    never_vacuous,
    param,
    require,
)


@claim("within-allowance", version=1)
def within_allowance(
    compute: ComputeLog,
    notes: NoteLog,
    cap: Param[Id] = param("the joint cap that every note is of"),
    lab: Param[Id] = param("the lab whose logs these are"),
    allowance: Param[Flop] = param("FLOP that the lab has of the cap, before any note"),
    begin: Param[Time] = param("beginning of the period"),
    end: Param[Time] = param("end of the period, which is not in it"),
    phases: Param[SetOf[Phase]] = param("the phases that count", default=COUNTED),
    outside: Param[Ppm] = param("the most FLOP in other phases, as a share of what the lab may spend", default="100%"),
) -> None:
    """What counts from `begin` to `end`, and what is given, is at most `allowance` and what is received."""
    require("every note of this cap", notes.every(notes.cap == cap))
    gives, takes = notes.giver == lab, notes.taker == lab
    require("every note from or to this lab", notes.every((gives & ~takes) | (takes & ~gives)))
    touching = compute.where((compute.start < end) & ((compute.start >= begin) | (compute.end > begin)))
    chosen = touching.where(touching.phase.is_in(phases))
    aside = touching.where(~touching.phase.is_in(phases))
    given, received = notes.where(gives).amount.sum(), notes.where(takes).amount.sum()
    require("within the allowance", chosen.flop.sum() + given <= received + allowance)
    require("little in phases that do not count", fraction(aside.flop.sum(), received + allowance) <= outside)
    counted("rows that count", chosen.where(chosen.flop > 0))


T = 1577836800  # 2020-01-01
job = base(start=T + 10, end=T + 20, run="r1", phase="pretraining", method="hardware")
to_us = base(serial=1, cap="c", giver="b", taker="a")
by_us = base(**to_us(giver="a", taker="b"))
asked = base(cap="c", lab="a", begin=T, end=T + 100)
OVER, ASIDE = "within the allowance", "little in phases that do not count"
CAP, SIDE = "every note of this cap", "every note from or to this lab"

EXAMPLES = (
    fails("one over", OVER, compute=[job(flop=8)], notes=[], **asked(allowance=7)),
    fails("one over what it was given", OVER, compute=[job(flop=8)], notes=[to_us(amount=2)], **asked(allowance=5)),
    fails("what it gave is spent too", OVER, compute=[job(flop=5)], notes=[by_us(amount=3)], **asked(allowance=7)),
    fails(
        "in two logs' segments", OVER, compute=[[job(flop=4)], [job(flop=4)]], notes=[to_us(amount=1)],
        **asked(allowance=6),
    ),
    fails("it began before", OVER, compute=[job(flop=8, start=T - 50, end=T + 1)], notes=[], **asked(allowance=7)),
    fails("it ends after", OVER, compute=[job(flop=8, start=T + 99, end=T + 500)], notes=[], **asked(allowance=7)),
    fails("no time at all, as it begins", OVER, compute=[job(flop=8, start=T, end=T)], notes=[], **asked(allowance=7)),
    fails(
        "a note of another cap", CAP, compute=[job(flop=6)], notes=[to_us(amount=5), to_us(cap="d", amount=5)],
        **asked(allowance=7),
    ),
    fails(
        "a note between two others", SIDE, compute=[job(flop=6)], notes=[to_us(amount=5, taker="x")],
        **asked(allowance=7),
    ),
    fails("a note to itself", SIDE, compute=[job(flop=6)], notes=[to_us(amount=5, giver="a")], **asked(allowance=7)),
    fails("called failed", ASIDE, compute=[job(flop=8, phase="failed")], notes=[], **asked(allowance=7)),
    fails(
        "more aside than is allowed", ASIDE, compute=[job(flop=5, phase="other")], notes=[to_us(amount=33)],
        **asked(allowance=7, outside="10%"),
    ),
    holds("at the allowance", compute=[job(flop=7)], notes=[], **asked(allowance=7)),
    holds("with a note", compute=[job(flop=8)], notes=[to_us(amount=1)], **asked(allowance=7)),
    holds("given and taken", compute=[job(flop=8)], notes=[to_us(amount=5), by_us(amount=4)], **asked(allowance=7)),
    holds("before and after", compute=[job(flop=9, end=T, start=T - 9), job(flop=9, start=T + 100, end=T + 101)],
          notes=[], **asked(allowance=0)),
    holds("an evaluation is not counted", compute=[job(flop=7, phase="evaluation")], notes=[], **asked(allowance=7)),
    holds("empty logs", compute=[], notes=[], **asked(allowance=0)),
)  # fmt: skip

VACUOUS = (
    never_vacuous("cap", "every note has to be of it"),
    never_vacuous("lab", "what the lab spends counts whichever it is called"),
    implausible("allowance", "no training spends so much", at_least="1e28"),
    never_vacuous("begin", "the time from it on is counted"),
    never_vacuous("end", "the time up to it is counted"),
    implausible("phases", "no phase of training counts", none_of=COUNTED),
    never_vacuous("outside", "at 100 % it is still held against what the lab may spend"),
)
