"""Interpreter and compiled circuit agree on random tables, for the words that no claim of the catalogue uses."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kit.agreeing import agree
from tests.kit.part import one_in
from tests.kit.vocabulary import CLAIMS


@pytest.mark.parametrize("name", one_in(2, CLAIMS))
@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_the_trace_is_true_exactly_if_the_claim_holds(name: str, seed: int) -> None:
    agree(CLAIMS[name], seed)


@pytest.mark.parametrize("name", one_in(3, CLAIMS, first=1))
def test_both_outcomes_are_tried(name: str) -> None:
    assert {agree(CLAIMS[name], seed) for seed in range(40)} == {True, False}
