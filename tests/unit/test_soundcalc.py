"""docs/spec/soundcalc is what its command writes, and the figures of it are those of the specification."""

from __future__ import annotations

import tomllib

import pytest

from tests.kit.soundcalc import KAPPA, OUTPUT, text
from tests.kit.soundness_calc import SETTINGS, error, folds, usual


@pytest.mark.parametrize("name", SETTINGS)
def test_it_is_what_is_written(name: str) -> None:
    assert (OUTPUT / f"{name}.toml").read_text() == text(name)


@pytest.mark.parametrize("name", SETTINGS)
def test_it_says_what_the_specification_says(name: str) -> None:
    """Rate, domain and folds by the reader's own rules: n = dimension/rate, and after all folds the early stop."""
    setting, document = SETTINGS[name], tomllib.loads(text(name))
    (circuit,) = document["circuits"]
    domain = circuit["trace_length"] / circuit["rho"]
    assert domain == 1 << KAPPA + setting.b
    for factor in circuit["fri_folding_factors"]:
        domain //= factor
    assert domain == circuit["fri_early_stop_degree"]
    assert len(circuit["fri_folding_factors"]) == len(list(folds(frozenset((KAPPA,)))))
    assert circuit["grinding_query_phase"] == setting.grinding
    assert circuit["num_queries"] == error(usual(name, KAPPA, 1)).queries < setting.q
