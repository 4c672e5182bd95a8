"""Interpreter and compiled circuit agree on random tables: the claim holds exactly if its honest trace is true."""

from __future__ import annotations

import functools
import importlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kit.agreeing import agree
from zkcompliance import schemas
from zkcompliance.circuits import log_floor
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.schemas import Schema

MODULES = (
    "training_compute_below", "compute_band", "compute_methods_agree", "incidents_reported_in_time", "evals_cadence",
    "chips_registered", "eval_score_under", "eval_coverage",
)  # fmt: skip


def definition(module: str) -> ClaimDefinition:
    (found,) = (
        each
        for each in vars(importlib.import_module(f"zkcompliance.circuits.{module}")).values()
        if isinstance(each, ClaimDefinition)
    )
    return found


@pytest.mark.parametrize("module", MODULES)
@settings(max_examples=12, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_a_claim_of_the_catalogue(module: str, seed: int) -> None:
    agree(definition(module), seed)


@pytest.mark.parametrize("schema", schemas.CATALOGUE, ids=lambda schema: schema.name)
@settings(max_examples=8, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_the_floor_of_a_log(schema: Schema, seed: int) -> None:
    agree(floor_of(schema), seed)


@functools.cache
def floor_of(schema: Schema) -> ClaimDefinition:
    made: ClaimDefinition = log_floor.family(schema)
    return made


def test_some_random_cases_hold() -> None:
    """The agreement is about both outcomes."""
    assert any(agree(definition("training_compute_below"), seed) for seed in range(8))
    assert not all(agree(definition("training_compute_below"), seed) for seed in range(8))
    floors = [agree(floor_of(schemas.compute), seed) for seed in range(40)]
    assert True in floors and False in floors
