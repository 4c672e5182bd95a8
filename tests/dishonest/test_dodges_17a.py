"""Logs that earlier drafts of claims accepted against their titles, each beside an honest one of tests/data/claims.

An honest log is a realistic one, over which the claim holds. What a dodge adds to it, or puts in its place, is what a
draft let pass: the claim as it is refuses it, by the requirement that is named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.kit.catalogue_claims import definition
from zkcompliance.claim.language.example import Example

LOGS = Path(__file__).parents[1] / "data" / "claims"

Row = dict[str, Any]
Tables = dict[str, list[Row]]

PARAMS: Mapping[str, Mapping[str, Any]] = {
    "modification-under-third": {"model": "clinic/med-8"},
}


def chained(logs: Tables) -> None:
    """A modification that goes on from another one, each under a third, and names the first original as its base."""
    (first, *_) = logs["compute"]
    logs["compute"] += [{**first, "model": f"clinic/step-{n}", "flop": "2.3e23"} for n in (1, 2)]
    logs["models"] += [{"model": f"clinic/step-{n}", "base_model": "open/base-8b"} for n in (1, 2)]


def called_failed(logs: Tables) -> None:
    """Training that is logged as failed, of a modification."""
    logs["compute"].append({**logs["compute"][0], "phase": "failed", "flop": "5e23"})


DODGES: list[tuple[str, Callable[[Tables], None], str]] = [
    ("modification-under-third", chained, "under a third of the original"),
    ("modification-under-third", called_failed, "little in phases that do not count"),
]


def honest(claim: str) -> Tables:
    """The sample logs of a claim, by slot."""
    names = [log.name for log in definition(claim.replace("-", "_")).logs]
    texts = {name: (LOGS / f"{claim}-{name}.jsonl").read_text(encoding="utf-8") for name in names}
    return {name: [json.loads(line) for line in text.splitlines()] for name, text in texts.items()}


@pytest.mark.parametrize("claim", PARAMS)
def test_an_honest_log(claim: str) -> None:
    given = {**honest(claim), **PARAMS[claim]}
    assert Example("honest", (), given).complaint(definition(claim.replace("-", "_"))) == ""


@pytest.mark.parametrize(("claim", "dodge", "why"), DODGES, ids=[dodge.__name__ for _, dodge, _ in DODGES])
def test_a_dodge(claim: str, dodge: Callable[[Tables], None], why: str) -> None:
    logs = honest(claim)
    dodge(logs)
    given = {**logs, **PARAMS[claim]}
    assert Example(str(dodge.__doc__), (why,), given).complaint(definition(claim.replace("-", "_"))) == ""
