"""A disclosed value that is rounded down stands for every value that it may have been rounded from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit import policies as kit
from tests.kit.policies import MODEL, NOW
from tests.kit.policy_texts import head, requirement
from zkcompliance.claim import catalogue
from zkcompliance.errors import MalformedPolicy, ProofRefused, StatementMismatch
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy.binding import Binding, ForPolicy
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.prove.api import prove_claim
from zkcompliance.prove.policy import prove_policies

TOTAL = 8_990_000_000_000_000_000  # disclosed as 8.9e18, which 8.9e18 … 8.9999…e18 are
GIVEN = {"band.at_least": "100 ppm", "band.at_most": "100%", "band.phases": "pretraining"}


def policy(bound: str):  # type: ignore[no-untyped-def]
    """bound: on the disclosed total, in TOML."""
    text = head("band", "A disclosed total", subject="required") + '[logs.compute]\nschema = "compute"\n'
    text += requirement(
        "band", "The counted compute is disclosed, and at most this.", "compute-band", {"compute": "compute"},
        'params.limit = "1e20"', 'params.at_least = { at_least = "0.01%" }', "params.at_most = { free = true }",
        'params.phases = { includes = "pretraining" }', f"reveals.total = {bound}",
    )  # fmt: skip
    return parse_policy(text.encode())


@pytest.mark.parametrize(
    ("bound", "met"),
    [
        ('{ at_most = "8.9e18" }', False),  # the total is over it
        ('{ at_most = "8.95e18" }', False),
        ('{ at_most = "8999999999999999998" }', False),  # one that is rounded to the same is over it
        ('{ at_most = "8999999999999999999" }', True),
        ('{ at_most = "9e18" }', True),
        ('{ at_least = "8.9e18" }', True),
        ('{ at_least = "8.91e18" }', False),
        ('{ at_least = "8e18", at_most = "9e18" }', True),
    ],
)
def test_bounds_hold_of_what_was_rounded(tmp_path: Path, bound: str, met: bool) -> None:
    log = kit.make_log(tmp_path, "log", "lab.example/a", kit.rows(1, TOTAL))
    asked = policy(bound)
    head = Binding(ForPolicy(asked.digest, asked.id, asked.version), MODEL, NOW).encode()
    publics = {"limit": 10**20, "at_least": 100, "at_most": 10**6, "phases": 1}
    shown = prove_claim(catalogue.load("compute-band"), {"compute": log}, publics, head=head, requirement="band")
    verdict = judge_policy(shown, asked, now=NOW, keys={"compute": VerifierKey.parse(log.vkey)})
    assert verdict.accepted is met, verdict
    if met:
        assert prove_policies([asked], {"compute": log}, GIVEN, binding=Binding(None, MODEL, NOW))
        return
    assert isinstance(verdict.findings[0].error, StatementMismatch)
    with pytest.raises(ProofRefused, match="would reveal total"):
        prove_policies([asked], {"compute": log}, GIVEN, binding=Binding(None, MODEL, NOW))


@pytest.mark.parametrize("bound", ['"8.9e18"', '{ one_of = ["8.9e18", "9e18"] }'])
def test_what_is_rounded_is_no_one_value(bound: str) -> None:
    with pytest.raises(MalformedPolicy, match=r"reveals\.total: is disclosed rounded down to 2 significant figures"):
        policy(bound)
