"""Under-constraint hunt on the gadgets of the words that no claim of the catalogue uses (see test_compiled_claims)."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from compiled_proof import prove_and_verify
from compiled_trial import Trial

sys.path.append(str(Path(__file__).parent))

import test_compiled_claims as first
from test_compiled_claims import (
    FREE,
    SEVERAL,
    WRAPPED,
    Case,
    Hunt,
    Item,
    at,
    broken,
    chip,
    event,
    items,
    job,
    kind_of,
    mutated,
    told_in,
)

from zkcompliance.claim.language import (
    ChipLog,
    ComputeLog,
    EventLog,
    Id,
    Param,
    SetOf,
    Time,
    claim,
    lookup,
    param,
    require,
    within,
)
from zkcompliance.errors import VerificationError
from zkcompliance.field.babybear import P

SPARED = {"lookup: add": SEVERAL, "lookup: digits": SEVERAL}


@claim("hunt-absent")
def absent(used: ChipLog, banned: ChipLog) -> None:
    """Absence from another table, and its opposite."""
    require("absent", used.every(~within(used.chip, banned.chip)))


@claim("hunt-present")
def present(events: EventLog, others: EventLog) -> None:
    """Membership where it need not be."""
    require("some", events.every(within(events.serial, others.serial) | (events.at < 70_000)))


@claim("hunt-defaults")
def defaults(used: ChipLog, registry: ChipLog) -> None:
    """A value from another table, or its default."""
    until = lookup(used.chip, registry.chip, registry.until, default=5)
    require("kind", used.every(used.kind == lookup(used.chip, registry.chip, registry.kind, default="other")))
    require("begun", used.every(used.from_ <= until))


@claim("hunt-listed")
def listed(used: ChipLog, banned: Param[SetOf[Id]] = param(places=3)) -> None:
    """A public set of ids, two of its places unused; and many constants."""
    require("not banned", used.none(used.chip.is_in(banned)))
    require("begun then", used.every(used.from_.is_in((0, 5, 70_000, *range(300, 310)))))


@claim("hunt-in-order")
def in_order(events: EventLog) -> None:
    """The row before and the one after in another order, over segments; among rows with the same key."""
    by_time = events.order_by(events.at)
    evals = by_time.where(by_time.kind == "eval")
    require("before", events.every(by_time.serial.previous(default=0) <= 70_100))
    require("after", events.every(evals.at.next(default=Time.largest) >= events.at))
    require("same", events.every(events.serial.previous(default=0, per=events.model) <= 70_100))


@claim("hunt-extremes")
def extremes(compute: ComputeLog) -> None:
    """Two values' extremes in a group; extremes of values that may be negative."""
    runs = compute.group_by(compute.run)
    require("span", runs.every(runs.max(compute.end) - runs.min(compute.start) <= 100_000))
    change = compute.devices - 5
    require("negative", (change.max(empty=-70_000) <= 70_000) & (change.min(empty=-70_000) >= -9))


@claim("hunt-totals")
def totals(compute: ComputeLog) -> None:
    """A total beside each row, and beside each group; intervals of unequal width."""
    runs = compute.group_by(compute.run)
    require("not half", compute.every(compute.devices * 2 <= compute.devices.sum() + 70_000))
    require("not all", runs.every(runs.size() < compute.count()))
    require("apart", compute.no_overlap(compute.devices - 9, compute.devices * compute.devices))


HUNTS: dict[str, Hunt] = {
    "extremes": Hunt(
        extremes,
        {
            "compute": [
                [job(start=5, end=70_005), job(start=9, end=70_001), job(start=6, end=6, run="r2", devices=2)],
                [job(start=5, end=70_005), job(start=10, end=70_002, run="r2", devices=9)],
            ]
        },
    ),
    "totals": Hunt(
        totals, {"compute": [[job(devices=1), job(devices=11_890, run="r2")], [job(devices=109), job(devices=10)]]}
    ),
    "in order, a full table": Hunt(in_order, {"events": [event(serial=i + 1, at=9 - i) for i in range(8)]}),
    "in order": Hunt(
        in_order,
        {
            "events": [
                [event(serial=3, at=70_000), event(serial=70_009, at=70_000, kind="deploy"), event(serial=5, at=7)],
                [event(serial=6, at=70_000, model="m2"), event(serial=70_009, at=9)],
            ]
        },
    ),
    "listed": Hunt(
        listed, {"used": [chip(), chip(chip="c2"), chip(chip="c3", **{"from": 70_000}, until=80_000)], "banned": "c9"}
    ),
    "absent": Hunt(
        absent,
        {"used": [[chip(), chip(chip="c2"), chip()], [chip(chip="c3")]], "banned": [chip(chip="c4"), chip(chip="c5")]},
    ),
    "present": Hunt(
        present,
        {
            "events": [event(serial=5), event(serial=2), event(serial=5), event(serial=3, at=80_000)],
            "others": [event(serial=3), event(serial=2), event(serial=3)],
        },
    ),
    "defaults": Hunt(
        defaults,
        {
            "used": [chip(chip="c9", kind="other"), chip(), chip(), chip(chip="c2", kind="b200")],
            "registry": [chip(chip="c2", kind="b200"), chip(), chip(chip="c7")],
        },
    ),
}


def crafted(case: Case) -> Iterator[tuple[dict, dict | None]]:  # type: ignore[type-arg]
    """Lies of several rows at once."""
    for table in case.compiled.board.tables:
        places = [column for column, name in enumerate(table.columns) if name == "place"]
        for low, high in zip(places[::2], places[1::2], strict=True):
            for row in (2, 7):
                yield {(table.number, low): at(row, by=-(1 << 16)), (table.number, high): at(row, by=1)}, None
                yield {(table.number, low): at(row, by=1 << 16), (table.number, high): at(row, by=-1)}, None
        yield from crafted_extremes(table.number, table.columns)
        for a, b in itertools.pairwise(range(table.witness)):
            if table.columns[a] == table.columns[b] and table.columns[a] in ("digits", "add", "aggregate"):
                for rows in ((7,), ()):
                    for amount in (1 << 16, -(1 << 16)):
                        low, high = at(*rows, by=amount), at(*rows, by=-amount >> 16)
                        yield {(table.number, a): low, (table.number, b): high}, None
        for column, name in enumerate(table.columns):
            if name in ("add", "aggregate"):
                yield {(table.number, column): at(by=1)}, None
            for row in range(6 if table.log is None else 0):
                if name in ("of the set", "in the set"):
                    yield {(table.number, column): at(row, row + 1, to=(0, 1))}, None
                    yield {(table.number, column): at(row, row + 1, to=(1, P - 1))}, None
                    yield {(table.number, column): at(row, row + 1, to=(1, 1))}, None


def crafted_extremes(table: int, columns: list[str]) -> Iterator[tuple[dict, dict | None]]:  # type: ignore[type-arg]
    """A group's largest or least that no row has, that some row passes, or that two rows have a part of."""
    for kind in ("max", "min"):
        limbs = [c for c, name in enumerate(columns) if name == f"{kind} of the group"]
        slack = [c for c, name in enumerate(columns) if name == f"{kind} of the group bounds each row: slack"]
        for hit in (c for c, name in enumerate(columns) if name == "attains it" and limbs):
            for first_row, size in itertools.product(range(5), (1, 2, 3)):
                rows = range(first_row, first_row + size)
                for amount in (4, -4, 1, -1):
                    moved = {(table, limbs[0]): at(*rows, by=amount)}
                    yield moved, None
                    yield {**moved, (table, hit): at(*rows, to=(0,) * size)}, None
                    for row in rows:
                        below = {(table, c): at(row, to=(P - 4 if c == slack[0] else 0,)) for c in slack}
                        yield {**moved, **below}, None
                if size == 2:
                    for parts in ((2, P - 1), (P - 1, 2)):
                        yield {(table, hit): at(*rows, to=parts)}, None


def every_lie(case: Case) -> list[tuple[dict, dict | None]]:  # type: ignore[type-arg]
    return [*crafted(case), *told_in(case)]


@pytest.fixture(scope="module")
def hunted() -> dict[str, tuple[Case, dict[str, tuple[Item, Trial]], set[str]]]:
    """Of each hunt: the case, for each kind that a lie singles out one false witness, and all kinds there are."""
    found = {}
    for name, given in HUNTS.items():
        case = Case(given)
        shown: dict[str, tuple[Item, Trial]] = {}
        for told, tables in every_lie(case):
            try:
                made = case.trial(told, tables)
                failing = broken(made)
            except (ArithmeticError, ValueError, IndexError):
                continue  # the honest prover's steps cannot go on from that lie
            if len(failing) == 1:
                shown.setdefault(kind_of(case, next(iter(failing))), (next(iter(failing)), made))
        found[name] = (case, shown, {kind_of(case, item) for item in items(case.compiled.program)})
    return found


@pytest.mark.parametrize("name", HUNTS)
def test_the_honest_witness_is_true(name: str) -> None:
    case = Case(HUNTS[name])
    assert case.trial().failures() == []
    assert broken(case.trial()) == set()


def test_every_kind_of_requirement_is_needed(hunted) -> None:  # type: ignore[no-untyped-def]
    """Some false witness passes without it, or the reason why no simple one does is written down."""
    known: set[str] = set()
    for hunt in first.HUNTS.values():
        case = Case(hunt)
        known |= {kind_of(case, item) for item in items(case.compiled.program)}
    kinds = set().union(*(kinds for _, _, kinds in hunted.values()))
    shown = set().union(*(set(shown) for _, shown, _ in hunted.values()))
    authors = {f"constraint: {r.name}" for h in HUNTS.values() for r in h.claim.requirements}  # type: ignore[attr-defined]
    own = {kind for kind in kinds if any(kind.startswith(author) for author in authors)}
    assert kinds - shown - own - known - set(SPARED) == set()
    assert set(SPARED) <= kinds


def test_a_false_witness_passes_without_the_requirement_and_only_then(hunted) -> None:  # type: ignore[no-untyped-def]
    """The checker of the whole statement, on one false witness for each kind."""
    done: set[str] = set()
    for _, shown, _ in hunted.values():
        for kind, (item, made) in shown.items():
            if kind in done:
                continue
            done.add(kind)
            assert made.failures(), kind
            weaker = mutated(made.program, item)
            if item[0] == "bus" or any(word in kind for word in WRAPPED):
                continue
            assert replace(made, program=weaker).failures() == [], kind


@pytest.mark.parametrize("name", HUNTS)
def test_a_corrupt_cell_is_noticed(name: str) -> None:
    """Single cells of the honest witness, changed at random after it was made: the checker reports nearly all."""
    case = Case(HUNTS[name])
    chance = random.Random(7)
    missed = []
    for _ in range(60):
        made = case.trial()
        number = chance.choice([i for i, part in enumerate(made.private) if part.size])
        column, row = chance.randrange(made.private[number].shape[0]), chance.randrange(made.private[number].shape[1])
        before = int(made.private[number][column, row])
        made.private[number][column, row] = chance.choice([(before + 1) % P, (before + P - 1) % P, chance.randrange(P)])
        if int(made.private[number][column, row]) != before and not broken(made):
            missed.append((number, column, row))
    instances = case.trial().layout().instances
    for number, column, row in missed:
        table = case.compiled.board.tables[instances[number].table or 0]
        if table.log is None and "used" not in table.columns and row > 0:
            continue  # of the table of single values only the first row is looked at
        assert any(free in table.columns[column] for free in FREE), (table.columns[column], row)


def test_a_forged_absence_does_not_verify() -> None:
    """The whole prover with one lie: the chip that asks stands before the same chip in the list, as if none were."""
    given = {"used": [chip(chip="c4")], "banned": [chip(chip="c4")]}
    compiled = Case(Hunt(absent, given)).compiled
    (merged,) = (table for table in compiled.board.tables if "of the set" in table.columns)
    lie = {(merged.number, merged.columns.index("of the set")): at(0, 1, to=(0, 1))}
    made = Case(Hunt(absent, given)).trial(lie)
    assert {item[2] for item in broken(made)} == {"the set comes first"}
    with pytest.raises(VerificationError):
        prove_and_verify(absent, given, lie)
    assert prove_and_verify(absent, {**given, "banned": [chip(chip="c5")]}) > 0
