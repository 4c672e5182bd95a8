"""Claims in which answers are made of answers, to the same question too: in `CASES` logs over which each holds."""

from __future__ import annotations

from zkcompliance.claim.language import (
    ComputeLog,
    Count,
    EventLog,
    Flop,
    Param,
    claim,
    latest,
    lookup,
    require,
    reveal,
    select,
    within,
)
from zkcompliance.claim.language.build import ClaimDefinition

event = {"serial": 1, "model": "m1", "kind": "eval", "at": 5, "cumulative_flop": 7, "subject": 1}
job = {"start": 0, "end": 9, "run": "m1", "phase": "pretraining", "method": "hardware", "flop": 7}


@claim("ancestors")
def ancestors(events: EventLog) -> None:
    """What a row is about, what that is about, and so on: the same question three times, with defaults."""
    about = events.subject.or_else(0)
    first = lookup(about, events.serial, events.at, default=7)
    second = lookup(about, events.serial, first, default=9)
    third = lookup(about, events.serial, second, default=11)
    known = select(within(about, events.serial), events.serial - 3, -5)
    require("later", events.every((events.at >= second) | (first <= 2) | (third > first)))
    require("numbers", events.every(lookup(about, events.serial, known, default=-9) <= 2**31))
    reveal("without", events.where(third == 11).count())


@claim("ancestors-matched")
def ancestors_matched(events: EventLog) -> None:
    """The same where every row is about one that there is: no default is ever seen."""
    about = events.subject.or_else(1)
    first = lookup(about, events.serial, events.serial)
    second = lookup(about, events.serial, first)
    third = lookup(about, events.serial, second - 3)
    require("own", events.every((second <= first) | (third >= -1)))


@claim("in-turns")
def in_turns(events: EventLog, most: Param[Count]) -> None:
    """Two questions, some of whose values are made of answers to the other."""
    kinds, sources = events.group_by(events.kind), events.group_by(events.source)
    of_kind = lookup(events.kind, kinds.kind, kinds.sum(events.serial), default=1)
    of_source = lookup(events.source, sources.source, sources.max(events.serial), default=2)
    then_source = lookup(events.source, sources.source, sources.sum(of_kind), default=3)
    then_kind = lookup(events.kind, kinds.kind, kinds.max(of_source), default=4)
    require("kinds", events.every((then_kind <= then_source) | (of_kind > most)))


@claim("of-its-own-groups")
def of_its_own_groups(compute: ComputeLog, most: Param[Flop]) -> None:
    """The largest and the least, in a group, of what is brought over from that group."""
    runs = compute.group_by(compute.run)
    number = lookup(compute.run, runs.run, runs.size(), default=5)
    total = lookup(compute.run, runs.run, runs.max(compute.flop), default=0)
    require("sizes", runs.every((runs.max(number) <= 2) | (runs.min(number - 7) >= -3)))
    require("largest", runs.every((runs.min(total) == runs.max(compute.flop)) & (runs.max(total) <= most)))


@claim("states-of-states")
def states_of_states(events: EventLog, most: Param[Count]) -> None:
    """States at a time that are made of such states: of the same question, and of two in turns."""
    by_time, by_number = {"at": events.at, "order": events.at}, {"at": events.serial, "order": events.serial}
    seen = latest(events.serial, **by_time, default=0)
    again = latest(seen - 1, **by_time, default=3)
    stated = latest(events.cumulative_flop.or_else(0), **by_number, default=1)
    require("again", events.every((again <= seen) | (events.serial >= 2)))
    require("in turns", events.every((latest(stated, **by_time, default=2) >= 1) | (events.at < 3)))
    require("and back", events.every(latest(seen, **by_number, default=4) <= most) | (events.count() >= 3))


CLAIMS = {each.id: each for each in (ancestors, ancestors_matched, in_turns, of_its_own_groups, states_of_states)}
CASES: dict[str, tuple[ClaimDefinition, dict[str, object]]] = {
    "ancestors": (ancestors, {"events": [{**event, "serial": i + 1, "subject": i, "at": 10 * i} for i in range(9)]}),
    "ancestors-matched": (
        ancestors_matched,
        {"events": [{**event, "serial": i, "subject": max(1, i // 2)} for i in (3, 1, 2, 5, 4)]},
    ),
    "in-turns": (
        in_turns,
        {"events": [{**event, "serial": i, "kind": kind} for i, kind in enumerate(("eval", "pause", "eval"), 1)]}
        | {"most": 9},
    ),
    "of-its-own-groups": (
        of_its_own_groups,
        {"compute": [job, job, {**job, "run": "m2", "flop": 2**90}], "most": 2**90},
    ),
    "states-of-states": (
        states_of_states,
        {"events": [{**event, "serial": 2**32 - 1 - i, "at": i} for i in range(4)], "most": 2**32 - 1},
    ),
}
