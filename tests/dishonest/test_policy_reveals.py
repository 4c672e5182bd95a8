"""A bound of a revealed value asks what it says: of what is disclosed, in its unit, met by rows that are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit import policies as kit
from tests.kit.policy_texts import head, requirement
from zkcompliance.errors import MalformedPolicy, ProofRefused
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.bounds import meets
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Bound, Policy
from zkcompliance.prove.policy import prove_policies

LAST = 'reveals."last day"'


def policy(*lines: str) -> Policy:
    asked = requirement(
        "below", "Said here.", kit.CLAIM, {"compute": "compute"}, 'params.limit = "1e26"',
        'params.phases = { includes = "pretraining" }', *lines,
    )  # fmt: skip
    text = head("example", "A title", subject="none") + '[freshness]\nproof = "7 days"\n[logs.compute]\n'
    return parse_policy((text + 'schema = "compute"\n' + asked).encode())


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (
            "reveals.total = { at_most = \"1e20\" }",
            "the claim has rows that count, first day, last day, rows of other models, and not this",
        ),
        ("reveals.\"Last day\" = { at_least = \"2026-01-01\" }", "and not this"),
        ("reveals.\"last day \" = { at_least = \"2026-01-01\" }", "and not this"),
        ("reveals.limit = { at_most = \"1e20\" }", "and not this"),
        (f"{LAST} = {{ at_least = 20454 }}", "is a text, in quotes"),
        (f"{LAST} = {{ at_least = \"20454\" }}", ""),
        (f"{LAST} = {{ at_least = \"3 days\" }}", ""),
        (f"{LAST} = {{ within = \"1 hour\" }}", "within is for a time, and this is a Day"),
        (f"{LAST} = {{ free = true }}", "a revealed value is bounded or left out"),
        (f"{LAST} = {{ at_least = \"2027-01-01\", at_most = \"2026-01-01\" }}", "at_least is below at_most"),
        (f"{LAST} = {{ at_least = \"1970-01-01\" }}", "admits every value that there is"),
        ('reveals."rows that count" = { at_least = "10%" }', ""),
        ('reveals."rows that count" = 10', "rounded down to 2 significant figures, and has no one value"),
        ('reveals."rows that count" = { one_of = [10, 11] }', "and has no one value"),
        ('reveals."rows that count" = { includes = "a" }', "includes is for a set"),
        ('reveals."rows that count" = { at_most = 5 }\nrows = 10', "is what `rows` is asked of too"),
        ('reveals."rows that count" = { at_least = 5 }\nrows = 10', "is what `rows` is asked of too"),
    ],
)  # fmt: skip
def test_half_understood(line: str, why: str) -> None:
    with pytest.raises(
        MalformedPolicy, match=r"^requirements\.below\.re(veals|quires)?|^requirements\.below\.rows"
    ) as caught:
        policy(line)
    assert why in caught.value.message


@pytest.mark.parametrize(
    "bound", ['{ at_most = "2026-06-01" }', '"1970-01-01"', '{ one_of = ["1970-01-01", "2026-01-01"] }']
)
def test_a_day_that_a_log_of_nothing_meets(bound: str) -> None:
    with pytest.raises(MalformedPolicy, match="is met where no row counts, of which 1970-01-01 is disclosed") as caught:
        policy(f"{LAST} = {bound}")
    assert "write at_least too" in caught.value.message
    policy(f'{LAST} = {{ at_least = "2026-01-01", at_most = "2026-06-01" }}')


def judged(log: SealedLog, asked: Policy) -> bool:
    binding, keys = Binding(None, None, kit.NOW), {"compute": VerifierKey.parse(log.vkey)}
    made = prove_policies([asked], {"compute": log}, {}, binding=binding)
    return judge_policy(made, asked, now=kit.NOW, keys=keys).accepted


def test_a_bounded_day_is_shown_of_rows_that_are_there(tmp_path: Path) -> None:
    """Proved: the rows are of 2026-01-05. Rows of a phase that does not count leave the day of nothing, and fail."""
    asked = policy(f'{LAST} = {{ at_least = "2026-01-01", at_most = "2026-06-01" }}')
    log = kit.make_log(tmp_path, "log", "lab.example/c", kit.rows())
    assert judged(log, asked)
    (tmp_path / "aside").mkdir()
    aside = [{**row, "phase": "evaluation"} for row in kit.rows()]
    hollow = kit.make_log(tmp_path / "aside", "log", "lab.example/c", aside)
    with pytest.raises(ProofRefused, match="it would reveal last day as something else than not before 2026-01-01"):
        judged(hollow, asked)
    with pytest.raises(ProofRefused, match="last day"):
        judged(log, policy(f'{LAST} = {{ at_least = "2026-01-06" }}'))


def test_what_was_rounded_down_is_within_as_a_whole() -> None:
    """A moment that rounding may have taken 99 s from lies before the proof only if 99 s later does too."""
    bound = Bound(within=3600)
    assert meets(bound, kit.NOW - 99, time=kit.NOW, subject_name=None, rounded=99)
    assert not meets(bound, kit.NOW - 98, time=kit.NOW, subject_name=None, rounded=99)
    assert meets(bound, kit.NOW - 3600, time=kit.NOW, subject_name=None, rounded=99)
    assert not meets(bound, kit.NOW - 3601, time=kit.NOW, subject_name=None, rounded=99)
