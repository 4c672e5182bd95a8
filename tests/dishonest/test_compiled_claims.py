"""Under-constraint hunt on compiled claims: each requirement of each program is shown to be needed.

A *lie* is what a dishonest prover fills some columns with, everything after them filled consistently with it. A lie
that breaks one requirement only is a false witness that would pass without that requirement.
"""

from __future__ import annotations

import functools
import itertools
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest

from tests.kit.catalogue_claims import MODULES, compiled, definition, examples, inputs
from tests.kit.compiled_trial import Trial, proof_file
from tests.kit.hunt.base import Hunt, chip
from tests.kit.hunt.by_key import FALSE_SUMMED
from tests.kit.hunt.cases import HUNTS
from tests.kit.hunt.kinds import KINDS
from tests.kit.hunt.lies import crafted, lies
from tests.kit.hunt.more_cases import FALSE as FALSE_OF_TABLES
from tests.kit.hunt.newer import FALSE_NEWER, NEWER
from tests.kit.hunt.over_time import FALSE_OVER_TIME
from tests.kit.hunt.traces import (
    Case,
    Item,
    Lie,
    Tables,
    at,
    breaks_any,
    broken,
    broken_alone,
    items,
    kind_of,
    mutated,
    sums_mod_p,
    without_interactions,
)
from tests.kit.part import one_in
from zkcompliance.claim.language.example import Example
from zkcompliance.claim.meaning import core
from zkcompliance.errors import VerificationError
from zkcompliance.stark.field.babybear import P
from zkcompliance.verify import verifier
from zkcompliance.verify.verifier import verify_bundle

SPARED = {  # what follows from the rest, and is kept for what it says by itself
    "constraint: empty is # or #": "rows with the extreme + [empty] = 1 over the integers",
    "lookup: a key's limb": "a row takes 1 to 2^16 off: of a tuple that none sends that is 0 over 30720 such rows only",
    "lookup: a digit that is added by key": "other constraints say it; what counts on a bus is to be seen by a lookup",
}
FREE = (
    "inverse",  # beside unequal limbs any other solution of one equation will do
    "where the log ends",  # only first and last rows of segments are looked at
)
MOST_LIES = 900
FALSE = {**FALSE_OF_TABLES, **FALSE_OVER_TIME, **FALSE_SUMMED, **FALSE_NEWER}


def told_in(case: Case) -> Iterator[Lie]:
    """The crafted lies, those about unknowns and publics, and in between a fixed sample of all others."""
    every = list(lies(case))
    made = [*crafted(case), *(lie for lie in every if any(table < 0 for table, _ in lie[0]))]
    others = random.Random(1).sample(every, min(len(every), MOST_LIES))
    for pair in itertools.zip_longest(made, others):
        yield from (lie for lie in pair if lie is not None)


@functools.cache
def case_of(name: str) -> Case:
    return Case.of(HUNTS[name])


def authors(case: Case, names: set[str]) -> set[Item]:
    """The requirements that a claim's author wrote, by their names."""

    def own(name: str) -> bool:
        return any(
            name == each or re.fullmatch(re.escape(each) + r"(: no two are equal)?( [(]\d+[)])?", name)
            for each in names
        )

    return {item for item in items(case.compiled.program) if item[0] in ("constraint", "equation") and own(item[2])}


def gadgets(case: Case, names: set[str]) -> set[str]:
    """The kinds of requirement that are not the author's own."""
    own = authors(case, names)
    return {kind_of(case.compiled, item) for item in items(case.compiled.program) - own}


def tried(case: Case, lie: Lie) -> tuple[Trial, set[Item]] | None:
    """The false witness and what it breaks; None where the honest prover's steps cannot go on from the lie."""
    try:
        made = case.trial(*lie)
        return made, broken(made)
    except (ArithmeticError, ValueError, IndexError):
        return None


def tried_for_one(case: Case, lie: Lie) -> tuple[Trial, Item] | None:
    """The false witness and the one thing that it breaks; None where `tried` has another number of them, or None."""
    try:
        made = case.trial(*lie)
        item = broken_alone(made)
    except (ArithmeticError, ValueError, IndexError):
        return None
    return None if item is None else (made, item)


Shown = dict[str, tuple[Case, Item, Trial]]


@functools.cache
def hunted() -> Shown:
    """For each kind of requirement of the gadgets a false witness that breaks one such alone."""
    shown: Shown = {}
    wanted = {name: gadgets(case_of(name), hunt.requirements) - set(SPARED) for name, hunt in HUNTS.items()}
    for names in ([name for name in HUNTS if name not in NEWER], NEWER):  # the second of many columns, for what is left
        told = {name: list(told_in(case_of(name))) for name in names if wanted[name] - set(shown)}
        for start in range(0, max(map(len, told.values()), default=0), 100):  # what is hard in one is easy in another
            for name, lies_of in told.items():
                missing = wanted[name] - set(shown)
                for lie in lies_of[start : start + 100]:
                    if not missing:
                        break
                    found = tried_for_one(case_of(name), lie)
                    if found is None:
                        continue
                    made, item = found
                    kind = kind_of(case_of(name).compiled, item)
                    if kind in missing:
                        shown[kind] = case_of(name), item, made
                        missing.remove(kind)
    return shown


@pytest.mark.parametrize("name", HUNTS)
def test_the_honest_witness_is_true(name: str) -> None:
    assert case_of(name).honest.failures() == []
    assert broken(case_of(name).honest) == set()


def test_every_kind_of_requirement_is_needed() -> None:
    """Some false witness breaks it alone, or it follows from the others. A gadget that joins must join KINDS."""
    kinds = set().union(*(gadgets(case_of(name), hunt.requirements) for name, hunt in HUNTS.items()))
    assert kinds == KINDS
    assert kinds - set(hunted()) - set(SPARED) == set()
    assert set(SPARED) <= kinds


def test_a_false_witness_passes_without_the_requirement_and_only_then() -> None:
    """The checker of the whole statement, on one false witness for each kind, buses and wrapping sums included."""
    with sums_mod_p():
        for kind, (_, item, made) in hunted().items():
            assert made.failures(), kind
            assert replace(made, program=mutated(made.program, item)).failures() == [], kind


def proofs_of_lies(kinds: Sequence[str]) -> None:
    """The real prover and verifier: refused under the program, accepted under the one without the requirement.

    Some programs are refused without it for what they could then count, before any proof is read; here it is the proof
    that is asked about, so a verifier looks at the weaker program that does not.
    """
    with sums_mod_p():
        for kind in kinds:
            _, item, made = hunted()[kind]
            weaker = replace(made, program=mutated(made.program, item))
            with mock.patch.object(verifier, "check_multiplicities"):
                verify_bundle(proof_file(weaker), program_digests=[weaker.program.digest])
            with pytest.raises(VerificationError):
                verify_bundle(proof_file(made), program_digests=[made.program.digest])


def test_false_witnesses_are_proved_without_the_requirement_and_only_then() -> None:
    """One lookup, one boolean, one bus, one equation."""
    proofs_of_lies(
        [
            "lookup: mul: high byte", "constraint: used is # or #", "bus: the segment before", "equation: a total",
        ]
    )  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("kind", sorted(KINDS - set(SPARED)))
def test_a_false_witness_of_each_kind_is_proved_without_it_and_only_then(kind: str) -> None:
    proofs_of_lies([kind])


def test_every_interaction_of_a_general_bus_is_noticed() -> None:
    """Without one side of a bus the honest witness is false: no side is there for nothing."""
    every: set[tuple[str, int]] = set()
    noticed: set[tuple[str, int]] = set()
    for name in HUNTS:
        case = case_of(name)
        program = case.compiled.program
        sides = dict.fromkeys(range(1 + len(program.lookups), 1 + len(program.lookups) + len(program.buses)), 0)
        for number, table in enumerate(program.tables):
            for i, interaction in enumerate(table.interactions):
                if interaction.bus not in sides:
                    continue
                side = (case.compiled.names[number, interaction.bus, interaction.nodes], sides[interaction.bus])
                sides[interaction.bus] += 1
                every.add(side)
                weaker = without_interactions(program, {(number, i)})
                if replace(case.honest, program=weaker).failures():
                    noticed.add(side)
        assert all(count >= 2 for count in sides.values())
    assert every == noticed


def test_what_is_spared_follows_from_the_rest() -> None:
    """No lie about these columns breaks only what is spared, however many rows are said to have the extreme."""
    for name in ("extremes", "nothing"):
        case = case_of(name)
        kinds = {item: kind_of(case.compiled, item) for item in items(case.compiled.program)}
        for table in case.compiled.board.tables:
            for c, what in enumerate(table.columns):
                for value in (
                    (2, 3, P - 1, P - 2, P // 2, 1 << 16, 1 << 20) if what in ("is empty", "max", "min") else ()
                ):
                    for hits in (None, 0, 1 - value):
                        lie = {(table.number, c): lambda v, value=value: 0 * v + value}
                        if hits is not None:
                            lie |= {
                                (table.number, h): lambda v, hits=hits: np.append([hits], 0 * v[1:])
                                for h, other in enumerate(table.columns)
                                if other == "has it"
                            }
                        found = tried(case, (lie, None))
                        assert found is not None
                        assert {kinds[item] for item in found[1]} - set(SPARED), (what, value)


def test_a_key_is_one_of_a_row_and_a_digit_is_short_though_neither_is_looked_up() -> None:
    """No lie about a limb of a key, or about a flag that is summed, breaks only what is spared."""
    case = case_of("sums by key")
    kinds = {item: kind_of(case.compiled, item) for item in items(case.compiled.program)}
    seen = set()
    for table in case.compiled.board.tables:
        for c, what in enumerate(table.columns):
            if what not in ("a key's limb", "compare: equal"):
                continue
            seen.add(what)
            for row, value in itertools.product((*range(5), -1), (2, 1 << 16, (1 << 16) + 20, P // 2, P - 1)):
                found = tried(case, ({(table.number, c): at(row, to=(value,))}, None))
                assert found is not None
                assert {kinds[item] for item in found[1]} - set(SPARED), (what, row, value)
    assert seen == {"a key's limb", "compare: equal"}


@pytest.mark.parametrize("name", ("extremes", "nothing", "group extremes"))
def test_an_extreme_has_the_digits_of_a_row_though_its_limbs_are_not_looked_up(name: str) -> None:
    """The same value with 2^16 more in one limb and 1 less in the next, or the other way, on every row."""
    case = case_of(name)
    seen = 0
    for table in case.compiled.board.tables:
        for c, (what, after) in enumerate(itertools.pairwise(table.columns)):
            if what != after or what not in ("max", "min", "max of the group", "min of the group"):
                continue
            rows = np.flatnonzero(case.columns[table.number, table.columns.index("used")]) if table.log is None else []
            for sign in (1, -1):
                found = tried(
                    case,
                    ({(table.number, c): at(*rows, by=sign << 16), (table.number, c + 1): at(*rows, by=-sign)}, None),
                )
                assert found is not None
                assert {kind_of(case.compiled, item) for item in found[1]} & {
                    "constraint: the extreme is had", "constraint: empty has its value",
                    "constraint: the extreme of the group is had",
                }  # fmt: skip
                seen += 1
    assert seen >= 4


# The catalogue


def failing_examples(module: str) -> list[Example]:
    return [each for each in examples(module) if each.failing]


def catalogue_cases(module: str, holding: bool) -> list[Case]:
    chosen = [each for each in examples(module) if not each.failing] if holding else failing_examples(module)
    return [Case(compiled(module), *inputs(module, example)) for example in chosen]


def requirements_of(module: str) -> set[str]:
    return {each.name for each in definition(module).requirements}


@pytest.mark.parametrize("module", MODULES)
def test_every_requirement_of_a_claim_is_of_a_kind_that_is_hunted(module: str) -> None:
    """A gadget that joins the catalogue without its hunt fails here."""
    case = catalogue_cases(module, holding=True)[0]
    assert gadgets(case, requirements_of(module)) - set(hunted()) - set(SPARED) == set()


def edited(module: str, case: Case) -> Iterator[Tables]:
    """The logs with one cell that the program reads changed: to another row's, to 0, to 1, to the largest there is."""
    program = case.compiled.program
    for slot, log in enumerate(definition(module).logs):
        read = {c for table in program.tables if table.log == slot for c in table.log_columns}
        for column in log.schema.columns:
            limbs = list(log.schema.limbs(column.name))
            if not read & set(limbs):
                continue
            honest = case.tables[log.name]
            for row in range(4):
                known = {tuple(honest[0][limbs, other].tolist()) for other in range(4)}
                known |= {(0,) * len(limbs), (1, *([0] * (len(limbs) - 1)))}
                known.add(tuple(column.largest >> 16 * j & 0xFFFF for j in range(len(limbs))))
                for value in sorted(known - {tuple(honest[0][limbs, row].tolist())}):
                    made = [part.copy() for part in honest]
                    made[0][limbs, row] = value
                    yield {**case.tables, log.name: made}


@pytest.mark.parametrize("module", one_in(3, MODULES))
def test_every_requirement_of_an_author_is_needed(module: str) -> None:
    """Each is all that the honest prover's witness breaks on a failing example, or on one with a cell changed."""
    cases = [*catalogue_cases(module, holding=True), *catalogue_cases(module, holding=False)]
    missing = authors(cases[0], requirements_of(module))
    false: list[tuple[Item, Trial]] = []

    def seen(found: tuple[Trial, Item] | None) -> None:
        if found is not None and found[1] in missing:
            missing.remove(found[1])
            false.append((found[1], found[0]))

    for case in cases:
        seen(tried_for_one(case, ({}, None)))
    for case in cases:
        for tables in edited(module, case):
            if missing:
                seen(tried_for_one(case, ({}, tables)))
    assert missing == set()
    with sums_mod_p():
        for item, made in false:
            assert made.failures(), item
            assert replace(made, program=mutated(made.program, item)).failures() == [], item


def passes(case: Case, lie: Lie) -> bool | None:
    """Whether the false witness breaks nothing; None where the honest prover's steps cannot go on from the lie."""
    try:
        return not breaks_any(case.trial(*lie))
    except (ArithmeticError, ValueError, IndexError):
        return None


def nothing_false_passes(cases: Sequence[Case], count: int) -> None:
    for number, case in enumerate(cases):
        chance = random.Random(number)
        assert passes(case, ({}, None)) is not True, number
        every = [*crafted(case), *lies(case)]
        for one in chance.sample(every, min(count, len(every))):
            other = chance.choice(every)
            both = ({**other[0], **one[0]}, one[1] or other[1]) if chance.random() < 0.3 else one
            if both[1] is None:  # a log that is spoiled is another log, over which the claim may hold
                assert passes(case, both) is not True, (number, list(both[0]))


@pytest.mark.long
@pytest.mark.parametrize("module", MODULES)
def test_nothing_false_passes(module: str) -> None:
    """Over an example that fails no lie, and no two together, make a witness that breaks nothing.

    The honest prover's witness is tried over every example that fails, lies over one for each requirement: over all of
    them, and many more, with -m long.
    """
    failing = catalogue_cases(module, holding=False)
    assert not any(passes(case, ({}, None)) for case in failing)
    one_each = {each.failing: case for each, case in zip(failing_examples(module), failing, strict=True)}
    nothing_false_passes(list(one_each.values()), 30)


@pytest.mark.parametrize("name", one_in(2, FALSE))
def test_nothing_false_passes_in_other_words(name: str) -> None:
    nothing_false_passes([Case.of(FALSE[name])], 30)


@pytest.mark.parametrize("name", FALSE_NEWER)
def test_what_is_false_in_newer_words_passes_without_its_requirement_and_only_then(name: str) -> None:
    """The honest prover's witness breaks what the author wrote, and nothing else."""
    case = Case.of(FALSE_NEWER[name])
    found = broken(case.honest)
    assert found and found <= authors(case, FALSE_NEWER[name].requirements)
    weaker = case.honest.program
    for number, item in enumerate(sorted(found)):
        with sums_mod_p():
            assert replace(case.honest, program=weaker).failures(), (number, item)
        weaker = mutated(weaker, item)
    with sums_mod_p():
        assert replace(case.honest, program=weaker).failures() == []


@pytest.mark.long
@pytest.mark.parametrize("module", MODULES)
def test_nothing_false_passes_of_many(module: str) -> None:
    nothing_false_passes(catalogue_cases(module, holding=False), 1500)


@pytest.mark.long
@pytest.mark.parametrize("name", FALSE)
def test_nothing_false_passes_of_many_in_other_words(name: str) -> None:
    nothing_false_passes([Case.of(FALSE[name])], 1500)


def test_a_limb_beyond_16_bits_is_caught_though_only_one_side_of_a_multiset_is_checked() -> None:
    """In b alone the tuples differ; in both a's own check fails; without that check the two would agree."""
    case = case_of("multiset")
    serial = case.compiled.program.tables[0].log_columns[1]
    wide = {name: [segment.copy() for segment in case.tables[name]] for name in ("a", "b")}
    wide["a"][0][serial, 0] = wide["b"][0][serial, 1] = 1 << 16
    assert wide["a"][0][serial, 1] == wide["b"][0][serial, 0]
    assert {what for what, _, _ in broken(case.trial(tables={"a": case.tables["a"], "b": wide["b"]}))} == {"bus"}
    both = case.trial(tables=wide)
    (item,) = broken(both)
    assert item[:2] == ("short", 0)
    assert replace(both, program=mutated(both.program, item)).failures() == []


def test_a_forged_absence_does_not_verify() -> None:
    """The chip that asks stands before the same chip in the list, as if none were."""
    absent = HUNTS["absent"].claim
    forged = Case.of(Hunt(absent, {"used": [chip(chip="c4")], "banned": [chip(chip="c4")]}))
    (merged,) = (table for table in forged.compiled.board.tables if "of the set" in table.columns)
    made = forged.trial({(merged.number, merged.columns.index("of the set")): at(0, 1, to=(0, 1))})
    assert {item[2] for item in broken(made)} == {"the set comes first"}
    with pytest.raises(VerificationError):
        verify_bundle(proof_file(made), program_digests=[made.program.digest])
    true = Case.of(Hunt(absent, {"used": [chip(chip="c4")], "banned": [chip(chip="c5")]})).honest
    verify_bundle(proof_file(true), program_digests=[made.program.digest])


def test_every_node_of_the_core_is_hunted() -> None:
    """A new node, comparison or aggregate that joins the compiler must join the hunt."""

    def names(value: core.Value) -> set[str]:
        found = {type(value).__name__}
        if isinstance(value, core.Compare):
            found.add(f"Compare {value.op}")
        if isinstance(value, core.Aggregate):
            found.add(f"{value.kind} {'by group' if value.by is not None else 'of all'}")
        if isinstance(value, core.Neighbour):
            found.add(f"Neighbour {value.step}")
        return found

    there: set[str] = set()
    for each in HUNTS.values():
        values = [r.value for r in each.claim.requirements]
        values += [r.value for r in each.claim.reveals]
        for part in core.walk(*values):
            if isinstance(part, core.Value):
                there |= names(part)
    wanted = {kind.__name__ for kind in vars(core).values() if isinstance(kind, type) and issubclass(kind, core.Value)}
    wanted |= {f"Compare {op}" for op in ("<", "<=", "==", "!=")} | {"Neighbour 1", "Neighbour -1"}
    wanted |= {f"{kind} {of}" for kind in ("sum", "count", "min", "max") for of in ("of all", "by group")}
    assert wanted - {"Value"} <= there


def corrupted(case: Case, count: int) -> None:
    """Single cells of the honest witness, changed at random after it was made: the checker reports nearly all."""
    if not any(part.size for part in case.honest.private):
        return
    chance = random.Random(7)
    missed = []
    for _ in range(count):
        made = replace(case.honest, private=[part.copy() for part in case.honest.private])
        number = chance.choice([i for i, part in enumerate(made.private) if part.size])
        column, row = chance.randrange(made.private[number].shape[0]), chance.randrange(made.private[number].shape[1])
        before = int(made.private[number][column, row])
        made.private[number][column, row] = chance.choice([(before + 1) % P, (before + P - 1) % P, chance.randrange(P)])
        if int(made.private[number][column, row]) != before and not breaks_any(made):
            missed.append((number, column, row))
    logs, segments = [table.log for table in case.honest.program.tables], case.honest.segments
    tables = [i for i, log in enumerate(logs) for _ in range(1 if log is None else segments[log])]  # of each part
    for number, column, row in missed:
        table = case.compiled.board.tables[tables[number]]
        if table.log is None and "used" not in table.columns and row > 0:
            continue  # of the table of single values only the first row is looked at
        assert any(free in table.columns[column] for free in FREE), (table.columns[column], row)


@pytest.mark.parametrize("name", HUNTS)
def test_a_corrupt_cell_is_noticed(name: str) -> None:
    corrupted(case_of(name), 40)


@pytest.mark.parametrize("module", MODULES)
def test_a_corrupt_cell_of_a_claim_is_noticed(module: str) -> None:
    corrupted(catalogue_cases(module, holding=True)[0], 40)


@pytest.mark.long
@pytest.mark.parametrize("module", MODULES)
def test_many_corrupt_cells_of_a_claim_are_noticed(module: str) -> None:
    for case in catalogue_cases(module, holding=True):
        corrupted(case, 300)
