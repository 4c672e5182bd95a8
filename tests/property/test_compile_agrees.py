"""Interpreter and compiled circuit agree on random tables: the claim holds exactly if its honest trace is true."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kit.agreeing import agree
from tests.kit.catalogue_claims import MODULES, definition, floor_of
from zkcompliance import schemas
from zkcompliance.schemas import Schema


@pytest.mark.parametrize("module", MODULES)
@settings(max_examples=8, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_a_claim_of_the_catalogue(module: str, seed: int) -> None:
    agree(definition(module), seed)


@pytest.mark.parametrize("schema", schemas.CATALOGUE, ids=lambda schema: schema.name)
@settings(max_examples=8, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_the_floor_of_a_log(schema: Schema, seed: int) -> None:
    agree(floor_of(schema), seed)


def test_some_random_cases_hold() -> None:
    """The agreement is about both outcomes."""
    assert any(agree(definition("training_compute_below"), seed) for seed in range(8))
    assert not all(agree(definition("training_compute_below"), seed) for seed in range(8))
    floors = [agree(floor_of(schemas.compute), seed) for seed in range(40)]
    assert True in floors and False in floors
