"""What a lab has to log for a policy is what the programs read, and what the policy and its claims state."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from tests.kit import anchored
from tests.kit import policies as kit
from tests.kit.command_line import run
from zkcompliance.claim import catalogue as claims
from zkcompliance.claim.meaning import core
from zkcompliance.policy import catalogue
from zkcompliance.policy.catalogue import asked
from zkcompliance.policy.load import parse_policy
from zkcompliance.prove.beside import beside
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


def test_what_is_asked_beside_rows(tmp_path: Path) -> None:
    """Each table of the policy, in what a person and a program get of `needs`, and of `check`."""
    lab = anchored.Lab(tmp_path)
    lab.seal(kit.rows(4, 10**20))
    log = {"--log": f"compute={tmp_path / 'compute'}"}
    tables = """
[cosigners]
quorum = 1
operators = { court = ["COURT"] }

[devices]
at_least = 8
root = "ROOT"

[openings]
rows = 300
""".replace("COURT", anchored.WITNESSES["bob"].verifier.text).replace("ROOT", "10" * 32)
    policy = lab.policy("ada", authority=True, beacons='"quicknet"', also=tables)
    path = tmp_path / "policy.toml"
    path.write_bytes(policy.text)
    asked_for = [
        ("cosigners", "at least 1 of court", "cosign LOG"),
        ("anchors", "at least 1 of ada, stamps", "cosign LOG or timestamp LOG"),
        ("anchors", "a round of quicknet", "seal --beacon FILE"),
        ("devices", "at least 8 distinct devices", "devices LOG"),
        ("openings", "At least 300 rows of every log", "open --log LOG --request FILE"),
    ]
    needed = json.loads(run("policies", "needs", path, "--json").stdout)["beside"]
    checked = json.loads(run("check", "--policy", path, *itertools.chain(*log.items()), "--json").stdout)["beside"]
    assert checked == {policy.label: needed}
    for each, (of, says, how) in zip(needed, asked_for, strict=True):
        assert (each["of"], each["how"]) == (of, how) and says in each["says"]
    for words in (["policies", "needs", path], ["check", "--policy", path, *itertools.chain(*log.items())]):
        shown = " ".join(run(*words).stdout.split())
        assert all(f"[{of}]" in shown and f"# zkcompliance {how}" in shown for of, _, how in asked_for), shown
    assert beside(catalogue.load("eu-ai-act")) == ()
