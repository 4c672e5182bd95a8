"""`policies new`: a first policy file from questions, at a terminal and from answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.kit.command_line import run
from zkcompliance.card import catalogue as cards
from zkcompliance.commands.main import cli
from zkcompliance.policy import catalogue
from zkcompliance.policy.load import parse_policy

PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()
HEAD = {"id": "mine", "title": "A title", "jurisdiction": "an example", "sources": "An act, section 1"}
LIMIT = "requirements.training-compute-below.params.limit"
BY_HAND = ("log-floor-", "rows-unchanged-", "rows-extended-")


def answers(claims: str, **more: str) -> list[str]:
    given = {**HEAD, "claims": claims, **more}
    return [part for key, value in given.items() for part in ("--answer", f"{key}={value}")]


def test_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (given,) = re.findall(r"^```toml answers\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (script,) = re.findall(r"^```sh new\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    Path("answers.toml").write_text(given)
    before, *_ = re.findall(r"^zkcompliance policies .* > (\S+)$", PAGE, re.MULTILINE)
    Path(before).write_text("of the block before, which is not written over")
    for line in script.splitlines():
        shown = run(*line.split()[1:])
        assert shown.exit_code == 0, shown.output
    policy = catalogue.load("register.toml")
    assert policy.id == "national-register" and policy.checked is None and policy.logs["compute"].rows == 1
    (asked,) = policy.requirements
    assert asked.card == cards.load("training-compute-below").digest
    assert (
        asked.params["limit"].exact == 3 * 10**24 and asked.params["model"].subject and not asked.params["model"].free
    )
    assert catalogue.load("stricter.toml").logs["compute"].rows == 10
    assert "No day is stated on which these sentences were held" in run("policies", "register.toml").stdout
    assert "checked" in Path("register.toml").read_text().splitlines()[0]


def test_what_is_written_explains_itself(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    made = run("policies", "new", "-o", path, *answers("training-compute-below", **{LIMIT: "at most 1e25"}))
    assert made.exit_code == 0, made.output
    assert made.stdout == run("explain", path).stdout and "limit is at most 1e25 FLOP" in made.stdout
    assert "No day is stated on which these sentences were held" in made.stderr
    again = run("policies", "new", "-o", path, *answers("training-compute-below", **{LIMIT: "at most 1e25"}))
    assert again.exit_code == 2 and "none takes the place of another" in again.stderr


VALUES = {  # of parameters that a claim leaves to whoever asks, values that are no extremes
    "Flop": "1e24", "Ppm": "40%", "Seconds": "30 days", "Time": "2026-02-01", "Count": "3", "Bool": "true",
    "Id": "a name", "Int": "3",
}  # fmt: skip


@pytest.mark.parametrize("name", [each for each in cards.names() if not each.startswith(BY_HAND)])
def test_of_every_claim(name: str, tmp_path: Path) -> None:
    """With what is offered, and an ordinary value where nothing is: it loads, or is refused by name and reason."""
    card, path = cards.load(name), tmp_path / "mine.toml"
    given = {f"requirements.{name}.params.{param.name}": VALUES.get(param.kind, "a") for param in card.params}
    offered = {"model", *(param.name for param in card.params if param.default is not None or param.role == "now")}
    left = {key: value for key, value in given.items() if key.rpartition(".")[2] not in offered}
    made = run("policies", "new", "-o", path, *answers(name, **left))
    if made.exit_code:
        assert made.exit_code == 2 and not path.exists()
        assert re.match(
            rf"error\[(malformed-policy|usage)\]: requirements\.{name}\.(params\.\w+|claim: .*\[anchors\])", made.stderr
        ), made.stderr
        return
    policy = parse_policy(path.read_bytes())
    assert [each.claim for each in policy.requirements] == [name]
    assert {slot for each in policy.requirements for slot in each.logs} == {slot.name for slot in card.slots}


def test_a_clock_bounds_how_old_a_proof_may_be(tmp_path: Path) -> None:
    name, path = "incidents-reported-in-time", tmp_path / "mine.toml"
    made = run("policies", "new", "-o", path, *answers(name, subject="no", **{
        f"requirements.{name}.params.{key}": value for key, value in (
            ("authority", "an office"), ("infrastructure", "2 days"), ("unclear", "0 seconds"))
    }))  # fmt: skip
    assert made.exit_code == 0, made.output
    policy = parse_policy(path.read_bytes())
    (asked,) = policy.requirements
    assert asked.params["as_of"].within == 3600 and policy.proof_age is not None and not policy.subject
    assert policy.proof_age <= 2 * 86400


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, f"{LIMIT} has no answer: training-compute-below: limit, the total must be below"),
        ({LIMIT: "1e30"}, f"{LIMIT}: "),
        ({LIMIT: "1e25 apples"}, f"{LIMIT}: "),
        ({LIMIT: "1e25", "id": "eu-ai-act"}, "eu-ai-act is a ready-made policy's"),
        ({LIMIT: "1e25", "colour": "red"}, "nothing asks for colour"),
        ({LIMIT: "1e25", "valid_from": "yesterday"}, "is no date such as 2026-01-31"),
        ({LIMIT: "1e25", "claims": "nothing"}, "no claim 'nothing'"),
        ({LIMIT: "1e25", "title": "a\u200bb"}, "title: "),
    ],
)
def test_what_is_refused(more: dict[str, str], said: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    result = run("policies", "new", "-o", path, *answers(**{"claims": "training-compute-below", **more}))
    assert result.exit_code == 2 and said in result.stderr and not path.exists(), result.output


def test_at_a_terminal_what_would_be_refused_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    typed = [
        "seoul", "mine", "", "A title", "an example", "An act, section 1; another act", "", "",
        "nothing", "training-compute-below", "", "", "1e25 apples", "1e30", "", "", "", "", "", "", "",
        "at most 1e24",  # 1e30 was no value under which the claim asks anything
    ]  # fmt: skip
    result = CliRunner().invoke(cli, ["policies", "new", "-o", str(path), "--json"], input="\n".join(typed) + "\n")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["policy"] == "mine@1"
    policy = parse_policy(path.read_bytes())
    assert (
        policy.sources == ("An act, section 1", "another act") and policy.requirements[0].params["limit"].high == 10**24
    )
    for said in ("is a ready-made policy's", "no claim 'nothing'", "under which training-compute-below asks nothing"):
        assert said in result.stderr, result.stderr
