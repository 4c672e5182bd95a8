"""Logs without rows: interpreter and compiled circuit agree, and what a claim says then is what docs/logs.md says."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.kit.agreeing import agree, parameters
from tests.kit.catalogue_claims import MODULES, definition
from tests.kit.part import one_in
from zkcompliance import schemas
from zkcompliance.circuits.logs import log_floor
from zkcompliance.claim import catalogue
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.commands.main import cli
from zkcompliance.schemas import Schema

SEEDS = range(4)


def every_way(claim: ClaimDefinition) -> list[frozenset[str]]:
    """The sets of logs that may be empty, of at least one log."""
    names = [log.name for log in claim.logs]
    return [frozenset(each) for n in range(1, len(names) + 1) for each in itertools.combinations(names, n)]


@pytest.mark.parametrize("module", one_in(2, MODULES))
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


def _interval(publics: Mapping[str, int]) -> int:
    return publics["until"] - publics["since"]


def _in_band(publics: Mapping[str, int]) -> bool:
    low, high = (publics[edge] * publics["limit"] for edge in ("at_least", "at_most"))
    return low <= 10**6 * publics["before"] <= high


# Whether a claim holds when no log of it has rows: docs/logs.md has each as words
HOLDS: dict[str, Callable[[Mapping[str, int]], bool]] = {
    "auditor-rotation": lambda publics: True,
    "audits-current": lambda publics: True,
    "cadence-of-kind": lambda publics: False,
    "chips-registered": lambda publics: True,
    "circuit-breaker": lambda publics: True,
    "compute-band": _in_band,
    "compute-in-window": lambda publics: True,
    "compute-methods-agree": lambda publics: True,
    "customers-verified": lambda publics: True,
    "data-licensed": lambda publics: True,
    "data-not-from": lambda publics: True,
    "eval-confidence-under": lambda publics: False,
    "eval-coverage": lambda publics: True,
    "eval-score-under": lambda publics: True,
    "evals-cadence": lambda publics: _interval(publics) <= publics["gap"],
    "evaluated-before-deployment": lambda publics: True,
    "events-followed": lambda publics: True,
    "graded-by-match": lambda publics: False,
    "incident-updates": lambda publics: True,
    "incidents-received": lambda publics: True,
    "incidents-reported-in-time": lambda publics: True,
    "index-value": lambda publics: False,
    "kpi-adherence": lambda publics: False,
    "kpi-detected-internally": lambda publics: False,
    "kpi-time-to-detection": lambda publics: False,
    "masked-total": lambda publics: False,
    "modification-under-third": lambda publics: publics["model"] == 0,
    "no-dark-compute": lambda publics: False,
    "no-start-while-paused": lambda publics: True,
    "opted-out-honoured": lambda publics: True,
    "parity-gap": lambda publics: False,
    "pause-after-breach": lambda publics: True,
    "reviewed-within": lambda publics: True,
    "rollback-honoured": lambda publics: True,
    "scores-not-above-reference": lambda publics: False,
    "staged-release": lambda publics: True,
    "threshold-crossing-notified": lambda publics: True,
    "training-compute-below": lambda publics: publics["before"] < publics["limit"],
    "within-allowance": lambda publics: True,
}


@pytest.mark.parametrize("module", MODULES)
def test_what_no_rows_mean_is_what_the_page_says(module: str) -> None:
    made = definition(module)
    nothing = {log.name: [_padding(log.schema)] for log in made.logs}
    for seed in range(60):
        publics = parameters(made, random.Random(seed), seed % 2 == 0)
        assert interpret(made, nothing, publics).holds is HOLDS[made.id](publics), publics


def test_the_page_has_every_claim() -> None:
    page = (Path(__file__).parents[2] / "docs" / "logs.md").read_text("utf-8")
    table = page.partition("| claim | over logs without rows |\n")[2].partition("\n\n")[0]
    named = [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines()[1:]]
    assert named == [*sorted(HOLDS), "log-floor-SCHEMA", "rows-sealed-promptly-SCHEMA", "rows-unchanged-SCHEMA"]
    assert set(HOLDS) == set(catalogue.names(families=False))


@pytest.mark.parametrize("name", catalogue.names())
def test_explain_says_what_it_means_too(name: str) -> None:
    """It prints what the claim's file says, and there each says it."""
    said = " ".join(catalogue.about(name).split())
    assert re.search(r"[Aa]n empty (log|`used`)|[Tt]wo empty logs|no event in the log|without rows holds?\b", said)
    shown = CliRunner().invoke(cli, ["explain", name]).stdout
    assert said in " ".join(shown.split())


def _padding(schema: Schema) -> np.ndarray:
    """One segment without rows."""
    return np.zeros((schema.width, 8), np.uint32)
