"""What a schema says of a row holds of every row of a log that a claim is proved over, whoever sealed it.

The dishonest sealer uses other software than `seal`: he commits to any table, and asks nothing of its rows.
"""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest

from tests.kit.compiled_trial import padded, proved_by_anyone, trial
from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.claim.card import explain
from zkcompliance.claim.compile import compile_claim
from zkcompliance.claim.language import (
    ChipLog,
    ComputeLog,
    LogTable,
    Time,
    base,
    claim,
    lookup,
    require,
    reveal,
    seconds,
)
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.claim.provable import provable
from zkcompliance.errors import QuotientMismatch, SchemaError
from zkcompliance.schemas import Column, Rule, Schema
from zkcompliance.schemas.cells import Reading
from zkcompliance.schemas.columnar import Encoder, Whole
from zkcompliance.verify.verifier import verify_bundle

SIZE = 1 << 20  # of a cluster
RULES = [(schema, rule) for schema in schemas.CATALOGUE for rule in schema.rules]


@claim("device-seconds")
def device_seconds(compute: ComputeLog) -> None:
    """Pretraining took few device-seconds."""
    jobs = compute.where(compute.phase == "pretraining")
    spent = jobs.devices.or_else(1) * (jobs.end - jobs.start)
    require("few device-seconds", spent.sum() <= seconds(10**6))


RULE = "compute.start is not after compute.end"


def written(table: np.ndarray, schema: Schema, row: int, **cells: int) -> np.ndarray:
    """The table with these integers in a row, whatever they are."""
    made = table.copy()
    for name, value in cells.items():
        for j, limb in enumerate(schema.limbs(name)):
            made[limb, row] = value >> 16 * j & 0xFFFF
    return made


def unruled(definition: ClaimDefinition) -> ClaimDefinition:
    """The claim without what schemas ask for, as it once was."""
    kept = tuple(each for each in definition.requirements if not each.implied)
    return dataclasses.replace(definition, requirements=kept)


job = base(start=0, end=100, run="r", phase="pretraining", method="hardware", flop=1, devices=1)


def erasing(phase: str = "pretraining") -> np.ndarray:
    """1.3e12 device-seconds, a row that takes them off again, and an honest job."""
    rows = [job(end=1_300_000, devices=SIZE), job(phase=phase, devices=SIZE), job()]
    return written(padded(encode_rows(schemas.compute, rows)), schemas.compute, 1, start=1_300_000, end=0)


def test_a_row_that_ends_before_it_starts_takes_nothing_off_a_total() -> None:
    tables = {"compute": [erasing()]}
    found = interpret(device_seconds, tables, {})
    assert found.failing == (RULE,)
    assert found.outcomes[-1].faults == {"compute": (2,)}
    assert interpret(unruled(device_seconds), tables, {}).holds
    without = compile_claim(unruled(device_seconds))
    verify_bundle(proved_by_anyone(without, tables, {}), program_digests=None)
    with pytest.raises(QuotientMismatch):
        verify_bundle(proved_by_anyone(compile_claim(device_seconds), tables, {}), program_digests=None)


def test_rows_that_a_claim_leaves_out_are_held_too() -> None:
    """Otherwise the very rows that break a rule could be left out by the columns that it is about."""

    @claim("of-rows-in-order")
    def dodged(compute: ComputeLog) -> None:
        """Jobs that end when they should are short."""
        require("short", compute.where(compute.end >= compute.start).every(compute.flop <= 9))

    for made, table in ((dodged, erasing()), (device_seconds, erasing(phase="other"))):
        failing = interpret(made, {"compute": [table]}, {}).failing
        assert RULE in failing
        assert trial(compile_claim(made), {"compute": [table]}, {}).failures()


def test_padding_is_no_row_and_is_not_held() -> None:
    honest = padded(encode_rows(schemas.compute, [job()]))
    table = written(honest, schemas.compute, 5, start=9, end=3)
    assert interpret(device_seconds, {"compute": [table]}, {}).holds
    assert trial(compile_claim(device_seconds), {"compute": [table]}, {}).failures() == []


def both(schema: Schema, rule: Rule) -> ClaimDefinition:
    """A claim that reads both columns, and asks nothing of them."""

    class Sealed(LogTable, schema=schema):
        """Rows of the schema."""

    def body(log: LogTable) -> None:
        low, high = (
            log[each.name] if each.missing is None else log[each.name].or_else(each.missing)
            for each in (rule.low, rule.high)
        )
        require("anything", log.none((low == 1) & (high == 1)))

    body.__doc__ = "No row has two ones."
    body.__annotations__["log"] = Sealed
    return claim("both-columns")(body)


def rows_of(schema: Schema, **cells: int) -> np.ndarray:
    """A table of one row with these cells and otherwise zeros, padded."""
    table = np.zeros((schema.width, 8), np.uint32)
    table[0, 0] = 1
    return written(table, schema, 0, **cells)


@pytest.mark.parametrize(("schema", "rule"), RULES, ids=[f"{schema.name} {rule}" for schema, rule in RULES])
def test_every_rule_of_the_catalogue(schema: Schema, rule: Rule) -> None:
    """What `seal` refuses no proof is made of, and what it takes is held: by one second, and over all limbs."""
    definition = both(schema, rule)
    low, high = rule.low.name, rule.high.name
    name = f"log.{low} is not after log.{high}"
    assert [each.name for each in definition.requirements] == ["anything", name]
    said = f"For every row of log, the {rule.low.spoken} is not after the {rule.high.spoken}."
    assert f"2. {name} (implied): {said}" in explain(provable(definition))
    made = compile_claim(definition)
    largest = rule.high.largest
    for a, b in ((0, 0), (7, 7), (7, 8), (0, largest), (largest, largest), (1 << 32, (1 << 32) + 5)):
        assert trial(made, {"log": [rows_of(schema, **{low: a, high: b})]}, {}).failures() == []
    for a, b in ((7, 6), (1, 0), (largest, 0), (largest, largest - 1), ((1 << 32) + 5, 1 << 32), (1 << 16, 65535)):
        tables = {"log": [rows_of(schema, **{low: a, high: b})]}
        assert interpret(definition, tables, {}).failing == (name,)
        failures = trial(made, tables, {}).failures()
        assert failures and all("16 bits" in str(each) or name in str(each) for each in failures), failures[0]


def test_a_rule_is_asked_where_both_columns_are_read_however() -> None:
    @claim("one-column")
    def one(compute: ComputeLog) -> None:
        """Nothing ends late."""
        require("late", compute.every(compute.end <= "2100-01-01"))

    @claim("some-ways")
    def ways(compute: ComputeLog, used: ChipLog, other: ChipLog) -> None:
        """Columns in a key, in a lookup, in what is revealed."""
        require("few", compute.group_by(compute.start).count() <= 10**6)
        reveal("end", compute.end.max(empty=0))
        begun = lookup(used.chip, other.chip, other.from_, default=0)
        require("ends", used.every(begun <= used.until.or_else(Time.largest)))
        require("another", used.every(lookup(used.chip, other.chip, other.until.or_else(0), default=0) != 9))

    @claim("written-out")
    def out(compute: ComputeLog) -> None:
        """Every row ends after it starts."""
        require("in order", compute.every(compute.start <= compute.end))

    def implied(made: ClaimDefinition) -> list[str]:
        return [each.name for each in made.requirements if each.implied]

    assert implied(one) == []
    assert implied(ways) == [
        "other.chip is unique", RULE, "other.from is not after other.until",
    ]  # fmt: skip
    assert implied(out) == []


def test_intervals_that_do_not_overlap_keep_the_rule_by_themselves() -> None:
    """Of all rows: then nothing is added to the circuit. Of some rows: the others are held to it beside them."""

    @claim("some-do-not-overlap")
    def some(used: ChipLog) -> None:
        """Chips in Oslo are in one place."""
        there = used.where(used.site.is_given() & (used.site == "oslo"))
        require("once", there.no_overlap(there.from_, there.until.or_else(Time.largest), per=there.chip))

    @claim("none-overlap")
    def everywhere(used: ChipLog) -> None:
        """Chips are in one place."""
        require("once", used.no_overlap(used.from_, used.until.or_else(Time.largest), per=used.chip))

    assert [each.name for each in everywhere.requirements][-1] == "used.from is not after used.until"
    assert compile_claim(everywhere).program == compile_claim(unruled(everywhere)).program
    chip = base(chip="c1", kind="h100_sxm", owner="acme", site="s1", **{"from": 0}, until=100)
    honest = padded(encode_rows(schemas.chip, [chip(), chip(chip="c2")]))
    broken = written(honest, schemas.chip, 1, **{"from": 9, "until": 8})
    for table, holds in ((honest, True), (broken, False)):
        assert (trial(compile_claim(everywhere), {"used": [table]}, {}).failures() == []) is holds
        assert (trial(compile_claim(some), {"used": [table]}, {}).failures() == []) is holds
    assert trial(compile_claim(unruled(some)), {"used": [broken]}, {}).failures() == []


REPORTS = Schema(
    "reports",
    (
        Column("seen", "time", default=(1 << 48) - 1, doc="when it was seen; missing: not yet"),
        Column("told", "time", default=0, doc="when it was told; 0: not yet"),
        Column("least", "count", default=0),
        Column("most", "count"),
    ),
    ordered=(("seen", "told"), ("least", "most")),
)


def test_a_missing_value_breaks_no_rule() -> None:
    """Where 0 is at most everything, or the largest value at least, the rule says so itself; elsewhere it says more."""
    first, second = REPORTS.rules
    assert str(first) == "seen ≤ told (where both are given)"
    assert str(second) == "least ≤ most"
    definition = both(REPORTS, first)
    assert "log.seen is not after log.told (implied): For every row of log, " in explain(provable(definition))
    made, chance = compile_claim(definition), random.Random(1)
    missing = (1 << 48) - 1
    cases = [(missing, 0), (missing, 5), (5, 0), (6, 5), (5, 5), (5, 6), (missing, missing), (0, 0), (1 << 40, 7)]
    cases += [(chance.randrange(1 << 48), chance.randrange(1 << 48)) for _ in range(5)]
    for seen, told in cases:
        kept = seen <= told or seen == missing or told == 0
        tables = {"log": [rows_of(REPORTS, seen=seen, told=told)]}
        assert interpret(definition, tables, {}).holds is kept
        assert (trial(made, tables, {}).failures() == []) is kept
        row = {"seen": seen, "told": told, "most": 0}
        columns = {name: Whole(np.array([n], np.uint64), np.zeros(1, np.uint64), exact=True) for name, n in row.items()}
        assert (Encoder(REPORTS, Reading.of(REPORTS)).encode(1, columns) is not None) is kept
        if kept:
            assert np.array_equal(encode_rows(REPORTS, [row])[:, 0], tables["log"][0][:, 0])
        else:
            with pytest.raises(SchemaError, match="row 1, column told: is less than seen"):
                encode_rows(REPORTS, [row])


@pytest.mark.parametrize(
    "ordered", [("seen", "seen"), ("seen", "least"), ("run", "run"), ("run", "other"), ("seen", "nothing")]
)
def test_a_rule_is_about_two_numbers_or_two_times(ordered: tuple[str, str]) -> None:
    columns = (*REPORTS.columns, Column("run", "id"), Column("other", "id"))
    with pytest.raises(SchemaError):
        Schema("bad", columns, ordered=(ordered,))
