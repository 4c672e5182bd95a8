"""Interpreter and compiled circuit agree where logs have no rows: every claim, each set of its logs empty."""

from __future__ import annotations

import itertools

import pytest

from tests.kit.agreeing import agree
from tests.kit.catalogue_claims import MODULES, definition
from zkcompliance import schemas
from zkcompliance.circuits import log_floor
from zkcompliance.claim import catalogue
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.schemas import Schema

SEEDS = range(4)


def every_way(claim: ClaimDefinition) -> list[frozenset[str]]:
    """The sets of logs that may be empty, of at least one log."""
    names = [log.name for log in claim.logs]
    return [frozenset(each) for n in range(1, len(names) + 1) for each in itertools.combinations(names, n)]


@pytest.mark.parametrize("module", MODULES)
def test_a_claim_of_the_catalogue(module: str) -> None:
    for empty in every_way(definition(module)):
        for seed in SEEDS:
            agree(definition(module), seed, empty)


@pytest.mark.parametrize("schema", [schemas.incident, schemas.event, schemas.eval_], ids=lambda schema: schema.name)
def test_the_floor_of_an_empty_log_is_0_rows(schema: Schema) -> None:
    """It holds where no row is asked for, whatever the sources, and of no other number."""
    floor, interpreted = log_floor.family(schema), catalogue.floor(schema)
    outcomes = {seed: agree(floor, seed, frozenset({"log"})) for seed in range(24)}
    assert set(outcomes.values()) == {True, False}
    nothing = {"log": [_padding(schema)]}
    for rows in (0, 1, 2, 1 << 20):
        assert interpreted.check(nothing, interpreted.publics({"rows": rows, "sources": 0})).holds is (rows == 0)


def _padding(schema: Schema):  # type: ignore[no-untyped-def]
    """One segment without rows."""
    import numpy as np

    return np.zeros((schema.width, 8), np.uint32)
