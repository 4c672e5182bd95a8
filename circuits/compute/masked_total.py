"""masked-total: what a lab spends in a period, disclosed under masks that cancel when all labs of a cap are added up.

Source: proposals for caps over several labs of which the total is told and no lab's share of it. Each two labs share a
note log, in which a note is a mask: an amount drawn uniformly from 0 … 2^96 − 1, given by one and taken by the other.
What is disclosed is (what counts + masks given − masks taken) modulo 2^96, which by itself is as good as any number.
Where the proofs of all labs are judged together (`zkcompliance verify … --joint`) the masks cancel, and what is left is
the total of all labs; one proof by itself shows nothing of it. Since no lab's count is above `most`, which the joint
file sets so that all together stay below 2^96, that sum is exact and has not wrapped.

A mask with each other lab is asked for, since labs that share none could be told apart; that masks are random, known to
nobody else and used once is in no proof. Every note is of this cap, and has this lab on exactly one side.

A row counts whole if it begins in the period, or began before and ends in it or later. FLOP in phases that do not count
are at most a share of the joint cap. All times are those that the rows state. An empty log of compute holds, with 0
rows that count; a row of 0 FLOP is none. Notes without a mask do not. Padding is no row.
"""

from __future__ import annotations

from zkcompliance.claim.language import (
    COUNTED,
    ComputeLog,
    Count,
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
    let,
    never_vacuous,
    param,
    require,
    reveal,
    select,
)


@claim("masked-total", version=1)
def masked_total(
    compute: ComputeLog,
    notes: NoteLog,
    cap: Param[Id] = param("the joint cap that every mask is of"),
    lab: Param[Id] = param("the lab whose logs these are"),
    others: Param[Count] = param("how many other labs share the cap", at_least=1),
    limit: Param[Flop] = param("the joint cap, of which phases that do not count are a share", at_least=1),
    most: Param[Flop] = param("the most that may count, so that all labs together stay below 2^96"),
    begin: Param[Time] = param("beginning of the period"),
    end: Param[Time] = param("end of the period, which is not in it"),
    phases: Param[SetOf[Phase]] = param("the phases that count", default=COUNTED),
    outside: Param[Ppm] = param("the most FLOP in other phases, as a share of the joint cap", default="100%"),
) -> None:
    """What counts from `begin` to `end` is disclosed under masks, which cancel over all labs of a joint cap."""
    require("every mask of this cap", notes.every(notes.cap == cap))
    gives, takes = notes.giver == lab, notes.taker == lab
    require("every mask with this lab", notes.every((gives & ~takes) | (takes & ~gives)))
    other = let("the other lab", select(gives, notes.taker, notes.giver))
    require("a mask with each other lab", other.n_unique() >= others)
    touching = compute.where((compute.start < end) & ((compute.start >= begin) | (compute.end > begin)))
    chosen = touching.where(touching.phase.is_in(phases))
    aside = touching.where(~touching.phase.is_in(phases))
    require("no sum that wraps", chosen.flop.sum() <= most)
    require("little in phases that do not count", fraction(aside.flop.sum(), limit) <= outside)
    given, taken = notes.where(gives).amount.sum(), notes.where(takes).amount.sum()
    reveal("masked total", (chosen.flop.sum() + given - taken) % 2**96)
    counted("rows that count", chosen.where(chosen.flop > 0))


T = 1577836800  # 2020-01-01
TOP = 2**96 - 1
job = base(start=T + 10, end=T + 20, run="r1", phase="pretraining", method="hardware")
given = base(serial=1, cap="c", giver="a", taker="b", amount=TOP)
taken = base(**given(giver="b", taker="a"))
asked = base(cap="c", lab="a", others=1, limit=100, begin=T, end=T + 100)
CAP, SIDE, EACH = "every mask of this cap", "every mask with this lab", "a mask with each other lab"
WRAPS, ASIDE = "no sum that wraps", "little in phases that do not count"

EXAMPLES = (
    fails("one over", WRAPS, compute=[job(flop=8)], notes=[given()], **asked(most=7)),
    fails("in two segments", WRAPS, compute=[[job(flop=4)], [job(flop=4)]], notes=[taken()], **asked(most=7)),
    fails("it began before", WRAPS, compute=[job(flop=8, start=T - 50, end=T + 1)], notes=[given()], **asked(most=7)),
    fails("it ends after", WRAPS, compute=[job(flop=8, start=T + 99, end=T + 500)], notes=[given()], **asked(most=7)),
    fails("no time at all", WRAPS, compute=[job(flop=8, start=T, end=T)], notes=[given()], **asked(most=7)),
    fails("a mask of another cap", CAP, compute=[job(flop=6)], notes=[given(), taken(cap="d")], **asked(most=7)),
    fails(
        "a mask between two others", SIDE, compute=[job(flop=6)], notes=[given(), given(giver="x")], **asked(most=7)
    ),
    fails("a mask with itself", SIDE, compute=[job(flop=6)], notes=[given(), given(taker="a")], **asked(most=7)),
    fails("no mask", EACH, compute=[job(flop=6)], notes=[], **asked(most=7)),
    fails(
        "two masks with one of two", EACH, compute=[job(flop=6)], notes=[given(), taken(serial=2)],
        **asked(most=7, others=2),
    ),
    fails("called failed", ASIDE, compute=[job(flop=101, phase="failed")], notes=[given()], **asked(most=7)),
    fails("more aside", ASIDE, compute=[job(flop=11, phase="other")], notes=[given()],
          **asked(most=7, outside="10%")),
    holds("given, and it wraps", compute=[job(flop=7)], notes=[given()], **asked(most=7)),
    holds("taken, and it is below 0", compute=[job(flop=1)], notes=[taken()], **asked(most=7)),
    holds("with two labs", compute=[job(flop=7)], notes=[given(), taken(giver="x")], **asked(most=7, others=2)),
    holds("two masks", compute=[job(flop=7)], notes=[given(), given(serial=2, amount=1)], **asked(most=TOP)),
    holds("before and after", compute=[job(flop=9, end=T, start=T - 9), job(flop=9, start=T + 100, end=T + 101)],
          notes=[given()], **asked(most=0)),
    holds("an evaluation does not count", compute=[job(flop=9, phase="evaluation")], notes=[given(amount=0)],
          **asked(most=0)),
    holds("an empty log", compute=[], notes=[taken(amount=5)], **asked(most=0)),
)  # fmt: skip

VACUOUS = (
    never_vacuous("cap", "every mask has to be of it"),
    never_vacuous("lab", "what the lab spends counts whichever it is called"),
    never_vacuous("others", "one other lab there always is, and a mask with it is asked for"),
    never_vacuous("limit", "what does not count is held against it"),
    never_vacuous("most", "what counts is disclosed, whatever the bound is"),
    never_vacuous("begin", "the time from it on is counted"),
    never_vacuous("end", "the time up to it is counted"),
    implausible("phases", "no phase of training counts", none_of=COUNTED),
    never_vacuous("outside", "at 100 % it is still held against the cap"),
)
