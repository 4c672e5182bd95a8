"""The interpreter's findings: margins, rows at fault by number, loud emptiness, reveals, values only when asked."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.claim.language import (
    ChipLog,
    ComputeLog,
    Count,
    EventLog,
    Flop,
    Param,
    band_of,
    base,
    claim,
    day_of,
    lookup,
    require,
    reveal,
    within,
)
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.evaluate import Evaluator
from zkcompliance.claim.meaning.interpret import MAX_FAULTS, Finding, interpret
from zkcompliance.errors import SchemaError, UsageError

job = base(start=0, end=3600, run="r1", phase="pretraining", method="hardware", flop=0)
chip = base(chip="c1", kind="h100_sxm", owner="acme", **{"from": 0})


def run(
    definition: ClaimDefinition, *, values: bool = False, publics: dict[str, Any] | None = None, **rows: Any
) -> Finding:
    """Over logs whose rows are given in segments, each padded with rows that are none."""
    tables = {}
    for log in definition.logs:
        tables[log.name] = []
        for segment in rows[log.name]:
            encoded = encode_rows(log.schema, segment) if segment else np.zeros((log.schema.width, 0), np.uint32)
            padding = np.full((log.schema.width, 3), 65535, np.uint32)
            padding[0] = 0
            tables[log.name].append(np.concatenate([padding[:, :1], encoded, padding], axis=1))
    return interpret(definition, tables, publics or {}, values=values)


@claim("below")
def below(compute: ComputeLog, limit: Param[Flop]) -> None:
    """The total is below the limit, and no row is large."""
    require("below", compute.flop.sum() < limit)
    require("no large row", compute.every(compute.flop <= 10**28))
    reveal("total", compute.flop.sum(), figures=2)
    reveal("band", band_of(compute.flop.sum(), 10, 1000))
    reveal("rows", compute.count())


def test_margin_and_reveals() -> None:
    found = run(below, compute=[[job(flop=994)], [job(flop=5)]], publics={"limit": 1000})
    assert (found.holds, found.requirement, found.margin) == (True, "below", "1 FLOP below the bound")
    assert found.reveals == {"total": 990, "band": 1, "rows": 2}
    assert found.warnings == ()
    found = run(below, compute=[[job(flop=994)], [job(flop=6)]], publics={"limit": 1000})
    assert (found.holds, found.failing, found.margin) == (False, ("below",), "exactly at the bound")
    assert found.reveals == {"total": 1000, "band": 2, "rows": 2}


def test_a_person_reads_what_is_disclosed_as_the_verdict_says_it() -> None:
    @claim("days")
    def days(compute: ComputeLog) -> None:
        """Some row is there."""
        require("a row", compute.count() >= 1)
        require("not for long", compute.every(compute.end - compute.start <= 7200))
        reveal("first day", day_of(compute.start.min(empty=0)))
        reveal("total", compute.flop.sum(), figures=2)
        reveal("exactly", compute.flop.sum())

    said = run(days, compute=[[job(start=86400, end=88000, flop=1234567)]]).details
    assert {name: text for name, text in said.items() if name.startswith("reveals")} == {
        "reveals first day": "1970-01-02",
        "reveals total": "1.2e6 FLOP, rounded down",
        "reveals exactly": "≈1.23e6 FLOP (1234567)",
    }
    assert said["not for long"] == "holds: no row at fault, the nearest 5,600 seconds below its bound"


def test_a_margin_is_on_the_side_of_its_bound() -> None:
    @claim("sides")
    def sides(compute: ComputeLog) -> None:
        """A floor, a limit, and a total beside another."""
        require("floor", compute.count() >= 3)
        require("limit", compute.flop.sum() <= 100)
        require("both", compute.flop.sum() >= compute.flop.max(empty=0) * 2)

    def margins(*flops: int) -> list[str]:
        return [each.margin for each in run(sides, compute=[[job(flop=flop) for flop in flops]]).outcomes]

    assert margins(10, 20, 30, 40, 10) == ["2 above the bound", "10 FLOP over the bound", "30 FLOP within the bound"]
    assert margins(50) == ["2 short of the bound", "50 FLOP below the bound", "50 FLOP past the bound"]
    assert margins(20, 20, 0) == ["exactly at the bound", "60 FLOP below the bound", "exactly at the bound"]


@pytest.mark.parametrize(
    ("value", "shown"), [(0, 0), (9, 9), (99, 99), (100, 100), (109, 100), (999, 990), (10**25 - 1, 99 * 10**23)]
)
def test_reveals_are_rounded_down(value: int, shown: int) -> None:
    found = run(below, compute=[[job(flop=value)]], publics={"limit": 10**30})
    assert found.reveals["total"] == shown


def test_rows_at_fault_are_numbered_over_segments_and_padding() -> None:
    large = 10**28 + 1
    rows = [[job(), job(flop=large)], [], [job(), job(), job(flop=large)]]
    found = run(below, compute=rows, publics={"limit": 10**33})
    (outcome,) = [each for each in found.outcomes if not each.holds]
    assert (outcome.name, outcome.faults, outcome.fault_count) == ("no large row", {"compute": (2, 5)}, 2)
    assert outcome.margin == "2 rows at fault"
    assert found.details["no large row: rows of compute"] == "2, 5"
    many = run(below, compute=[[job(flop=large)] * 30], publics={"limit": 10**33}).outcomes[1]
    assert (len(many.faults["compute"]), many.fault_count) == (MAX_FAULTS, 30)


def test_values_only_when_asked() -> None:
    rows = [[job(flop=123456789 * 10**20)]]
    quiet = run(below, compute=rows, publics={"limit": 10**33})
    assert "123" not in "".join(f"{o.margin}{o.values}" for o in quiet.outcomes if not o.holds)
    assert quiet.outcomes[1].values == ()
    told = run(below, compute=rows, publics={"limit": 10**33}, values=True)
    assert told.outcomes[1].values == ("compute row 1: flop=≈1.23e28 FLOP",)


def test_emptiness_is_loud() -> None:
    found = run(below, compute=[[]], publics={"limit": 1})
    assert found.holds
    assert found.warnings[0] == "log compute has no rows"
    assert "'no large row' holds over zero rows: compute" in found.warnings
    assert found.details["WARNING 1"] == "log compute has no rows"
    assert run(below, compute=[], publics={"limit": 1}).rows == {"compute": 0}

    @claim("some-phase")
    def some(compute: ComputeLog) -> None:
        """Evaluation is small."""
        evaluation = compute.where(compute.phase == "evaluation")
        require("small", evaluation.every(evaluation.flop < 5))
        require("total", evaluation.flop.sum() < 5)

    warnings = run(some, compute=[[job()]]).warnings
    assert [text.split(":")[0] for text in warnings] == ["'small' holds over zero rows", "'total' holds over zero rows"]


def test_joins_ask_for_uniqueness_and_a_match() -> None:
    @claim("kinds")
    def kinds(used: ChipLog, registry: ChipLog) -> None:
        """Kinds are as registered."""
        require("kind", used.every(lookup(used.chip, registry.chip, registry.kind) == used.kind))

    def failing(used: Any, registry: Any) -> tuple[str, ...]:
        return run(kinds, used=[used], registry=[registry]).failing

    assert failing([chip(), chip()], [chip()]) == ()
    assert failing([chip(kind="b200")], [chip()]) == ("kind",)
    assert failing([chip(), chip(chip="c2")], [chip()]) == ("kind", "used.chip has a match")
    assert failing([chip()], [chip(), chip(kind="b200")]) == ("registry.chip is unique",)
    assert failing([], [chip(), chip()]) == ("registry.chip is unique",)


def test_joins_into_two_selections_of_a_table_ask_for_uniqueness_in_each() -> None:
    @claim("two-sites")
    def two_sites(used: ChipLog, registry: ChipLog) -> None:
        """A chip is registered at both sites, of one kind."""
        placed = registry.where(registry.site.is_given())
        here, there = placed.where(placed.site == "s1"), placed.where(placed.site == "s2")
        kind = lookup(used.chip, here.chip, here.kind)
        require("kind", used.every(kind == lookup(used.chip, there.chip, there.kind)))

    both = [chip(site="s1"), chip(site="s2")]
    assert run(two_sites, used=[[chip()]], registry=[both]).failing == ()
    assert run(two_sites, used=[[chip()]], registry=[[*both, chip(site="s2")]]).failing == (
        "registry.chip is unique (2)",
    )


def test_groups_stand_for_their_rows() -> None:
    @claim("runs")
    def runs(compute: ComputeLog, most: Param[Count]) -> None:
        """No run has too many rows."""
        counted = compute.where(compute.phase == "pretraining")
        groups = counted.group_by(counted.run)
        require("few", groups.every(groups.size() <= most))

    rows = [[job(), job(run="b"), job(phase="other")], [job(), job(run="b", phase="other")]]
    found = run(runs, compute=rows, publics={"most": 1})
    assert found.outcomes[0].faults == {"compute": (1, 4)}


def test_ordered_neighbours_and_extremes() -> None:
    event = base(kind="eval", model="m")

    @claim("gaps")
    def gaps(events: EventLog) -> None:
        """Events are close, in order of time."""
        ordered = events.order_by(events.at)
        require("close", ordered.every(ordered.at - ordered.at.previous(default=0) <= 10))
        require("early", events.at.max(empty=0) <= 25)

    rows = [[event(serial=1, at=20)], [event(serial=2, at=10), event(serial=3, at=31)]]
    found = run(gaps, events=rows)
    assert [each.faults for each in found.outcomes] == [{"events": (3,)}, {"events": (3,)}]
    assert found.outcomes[1].margin == "6 seconds over the bound"


def test_membership_in_an_empty_log_is_false() -> None:
    @claim("there")
    def there(used: ChipLog, registry: ChipLog) -> None:
        """Registered."""
        require("there", used.every(within(used.chip, registry.chip)))

    assert run(there, used=[[chip()]], registry=[]).failing == ("there",)
    assert run(there, used=[], registry=[]).failing == ()


def test_outside_input_is_checked() -> None:
    with pytest.raises(UsageError, match="no log 'compute'"):
        interpret(below, {}, {"limit": 5})
    with pytest.raises(UsageError, match="needs the parameter limit"):
        run(below, compute=[])
    with pytest.raises(SchemaError, match="not of schema compute"):
        interpret(below, {"compute": [np.zeros((3, 8), np.uint32)]}, {"limit": 5})

    @claim("use")
    def use(compute: ComputeLog) -> None:
        """Utilisation."""
        require("use", compute.every(compute.utilisation.or_else(0) > 5))

    table = encode_rows(schemas.compute, [job()])
    table[schemas.compute.limbs("utilisation")[1]] = 16
    with pytest.raises(SchemaError, match="utilisation holds a value outside its type"):
        interpret(use, {"compute": [table]}, {})


def test_totals_past_64_bits_are_exact() -> None:
    top = 2**96 - 1
    found = run(below, compute=[[job(flop=top)] * 50], publics={"limit": 50 * top})
    assert (found.failing, found.margin) == (("below", "no large row"), "exactly at the bound")
    assert run(below, compute=[[job(flop=top)] * 50], publics={"limit": 50 * top + 1}).outcomes[0].holds


def test_order_of_large_numbers() -> None:
    @claim("rising")
    def rising(compute: ComputeLog) -> None:
        """In order of FLOP, devices never fall."""
        ordered = compute.order_by(compute.flop)
        require("rising", ordered.devices.or_else(0).is_sorted())

    rows = [job(flop=2**64, devices=3), job(flop=3, devices=1), job(flop=2**64 - 1, devices=2), job(flop=0)]
    assert run(rising, compute=[rows]).holds
    assert run(rising, compute=[[*rows, job(flop=2**64 + 1, devices=2)]]).outcomes[0].faults == {"compute": (5,)}


def test_strict_chain() -> None:
    def chain(strict: bool) -> core.Chain:
        def body(compute: ComputeLog) -> None:
            """Intervals."""
            require("apart", compute.no_overlap(compute.start, compute.end))

        each, _ = claim("apart")(body).requirements
        assert isinstance(each.value, core.Chain)
        return dataclasses.replace(each.value, strict=strict)

    table = encode_rows(schemas.compute, [job(start=5, end=9), job(start=0, end=5)])
    evaluator = Evaluator({"compute": [table]}, {})
    assert [evaluator.value(chain(strict)) for strict in (False, True)] == [1, 0]


def test_the_row_that_is_nearest_to_failing() -> None:
    """Of a condition on every row, also of some rows, or with another way to hold; nothing where it is no distance."""

    @claim("nearest")
    def nearest(compute: ComputeLog, limit: Param[Flop]) -> None:
        """Rows under a limit."""
        require("all", compute.every(compute.flop < limit))
        require("some", compute.where(compute.phase == "pretraining").every(compute.flop <= limit))
        require("or", compute.every((compute.phase == "failed") | (compute.end <= compute.start + 7200)))
        require("equal", compute.every(compute.start == compute.start.min(empty=0)))

    rows = [job(flop=3), job(flop=8, phase="failed", end=900_000), job(flop=5, end=7000)]
    found = {each.name: each for each in run(nearest, publics={"limit": 10}, compute=[rows]).outcomes}
    assert found["all"].nearest == "the nearest 2 FLOP below its bound"
    assert found["some"].nearest == "the nearest 5 FLOP below its bound"
    assert found["or"].nearest == "the nearest 200 seconds within its bound"
    assert found["equal"].nearest == "" and found["all"].margin == "no row at fault"
    none = {each.name: each.nearest for each in run(nearest, publics={"limit": 10}, compute=[[]]).outcomes}
    assert set(none.values()) == {""}
    failing = {each.name: each.nearest for each in run(nearest, publics={"limit": 8}, compute=[rows]).outcomes}
    assert failing["all"] == "" and failing["some"] == "the nearest 3 FLOP below its bound"
