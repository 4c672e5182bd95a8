"""What a lab has to log for a policy is what the programs read, and what the policy and its claims state."""

from __future__ import annotations

import pytest

from tests.kit import policies as kit
from zkcompliance.claim import catalogue as claims
from zkcompliance.claim.meaning import core
from zkcompliance.policy import catalogue
from zkcompliance.policy.catalogue import asked
from zkcompliance.policy.load import parse_policy
from zkcompliance.prove.needs import cadence, columns_read, needs

WRITTEN = [name for name in claims.names(families=False) if claims.load(name).requirements]


@pytest.mark.parametrize("name", WRITTEN)
def test_the_program_reads_what_the_sentences_are_about(name: str) -> None:
    """Of a compiled claim: the columns in the nodes of its meaning, and no other."""
    claim = claims.load(name)
    values = [each.value for each in (*claim.requirements, *claim.reveals)]
    named = {(part.log.name, part.name) for part in core.walk(*values) if isinstance(part, core.Column)}
    assert {(slot, each) for slot, columns in columns_read(claim).items() for each in columns} == named


@pytest.mark.parametrize("name", catalogue.names())
def test_every_log_every_reader_and_every_column_that_a_row_must_state(name: str) -> None:
    policy = catalogue.load(name)
    found = {each.rule.name: each for each in needs(policy)}
    assert list(found) == list(policy.logs)
    for requirement in asked(policy):
        claim = claims.load(requirement.claim)
        for slot, logs in requirement.logs.items():
            for log in logs:
                assert found[log].schema == claim.slots[slot] and not found[log].further
                by = {need.column.name for need in found[log].columns if requirement.name in need.read_by}
                assert by == set(columns_read(claim)[slot])
    for each in found.values():
        shown = {need.column.name for need in each.columns}
        assert {column.name for column in each.schema.columns if column.default is None} <= shown
        assert all(need.read_by or need.stated for need in each.columns)


def test_rows_that_count_and_logs_that_may_be_left_out() -> None:
    (evals,) = [each for each in needs(catalogue.load("conditional-treaty")) if each.rule.name == "evals"]
    assert evals.counted == {"evaluated-at-a-cadence": 20} and evals.rule.rows == 20
    text = kit.text(keys='\n[logs.more]\nschema = "compute"\n').replace(
        'logs = { compute = "compute" }', 'logs = { compute = { all = ["compute"], further = ["more"] } }'
    )
    first, more = needs(parse_policy(text.encode()))
    assert not first.further and more.further
    assert first.columns[:-1] == more.columns and first.columns[-1].read_by == ("floor: compute",)


def test_how_often() -> None:
    said = {each.of: each.says for each in cadence(catalogue.load("gpai-code-incidents"))}
    assert said["proof"] == "A proof is taken for 1 day: prove anew for each later verdict."
    assert said["initial-reports-in-time.death"].startswith("death is exactly 10 days (clock of a death): it runs out")
    assert "within 1 hour before the proof" in said["initial-reports-in-time.as_of"]
    assert "evaluated-at-a-cadence.gap" in {each.of for each in cadence(catalogue.load("conditional-treaty"))}
    assert [each.of for each in cadence(catalogue.load("eu-ai-act"))] == ["proof"]
