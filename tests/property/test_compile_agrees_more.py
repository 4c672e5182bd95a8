"""Interpreter and compiled circuit agree on random tables, for the words that no claim of the catalogue uses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parent))

from test_compile_agrees import agree

from zkcompliance.claim.build import ClaimDefinition
from zkcompliance.claim.language import (
    ChipLog,
    ComputeLog,
    Count,
    EventLog,
    Flop,
    Param,
    Time,
    claim,
    lookup,
    require,
    reveal,
    select,
    within,
)


@claim("absent")
def absent(used: ChipLog, banned: ChipLog) -> None:
    """No chip is in the other list."""
    require("none", used.none(within(used.chip, banned.chip)))


@claim("either")
def either(used: ChipLog, listed: ChipLog, most: Param[Count]) -> None:
    """A chip is listed, or old; how many are not."""
    found = within((used.chip, used.kind), (listed.chip, listed.kind))
    require("listed or old", used.every(found | (used.from_ < 2)))
    require("few are not", used.where(~found).count() <= most)
    require("peak of those", select(found, used.peak, 1).sum() >= 1)
    reveal("listed", used.where(found).count())


@claim("groups-found")
def groups_found(events: EventLog, others: EventLog) -> None:
    """Groups that ask, and groups that are asked."""
    models = events.group_by(events.model)
    theirs = others.where(others.kind == "eval").group_by(others.model, others.serial)
    require("some", models.every(models.model.is_in(others.model) | (models.size() == 1)))
    require("pairs", events.every(~within((events.model, events.serial), (theirs.key(0), theirs.key(1)))))


@claim("itself")
def itself(events: EventLog) -> None:
    """A log asked about itself, in another selection."""
    evals = events.where(events.kind == "eval")
    require("a model that is not evaluated", events.any(~within(events.model, evals.model)))


@claim("defaults")
def defaults(used: ChipLog, registry: ChipLog, otherwise: Param[Flop]) -> None:
    """Values from another table, or their defaults."""
    peak = lookup(used.chip, registry.chip, registry.peak, default=otherwise)
    since = lookup(used.chip, registry.chip, registry.from_, default=7)
    need = registry.from_ - registry.until
    length = lookup(used.chip, registry.chip, need, default=-3)
    require("peak", used.every((peak >= used.peak) | (since > 1)))
    require("length", length.sum() <= 5)
    reveal("peaks", peak.sum())


@claim("matched")
def matched(used: ChipLog, registry: ChipLog) -> None:
    """Several values of one row that must be there."""
    peak = lookup(used.chip, registry.chip, registry.peak)
    need = lookup(used.chip, registry.chip, registry.from_ - registry.until)
    require("peak", used.every(peak >= used.peak))
    require("length", used.every(need <= 0))


@claim("totals-joined")
def totals_joined(compute: ComputeLog, events: EventLog) -> None:
    """A group's total, or 0 where there is no such group."""
    runs = compute.group_by(compute.run)
    total = lookup(events.model, runs.run, runs.sum(compute.flop), default=0)
    require("reached", events.every((total <= events.cumulative_flop) | (events.kind == "eval")))


@claim("public-asks")
def public_asks(events: EventLog, when: Param[Time]) -> None:
    """A parameter that is, or is not, in a log."""
    require("a time", when.is_in(events.at) | (events.count() <= 1))


CLAIMS = (absent, either, groups_found, itself, defaults, matched, totals_joined, public_asks)


@pytest.mark.parametrize("definition", CLAIMS, ids=lambda each: each.id)
@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_the_trace_is_true_exactly_if_the_claim_holds(definition: ClaimDefinition, seed: int) -> None:
    agree(definition, seed)


@pytest.mark.parametrize("definition", CLAIMS, ids=lambda each: each.id)
def test_both_outcomes_are_tried(definition: ClaimDefinition) -> None:
    found = {agree(definition, seed) for seed in range(40)}
    assert found == {True, False}
