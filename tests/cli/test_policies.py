"""`policies`, `explain` of a policy, and shell completion of names."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from tests.kit.command_line import run
from tests.kit.doc_blocks import shell
from zkcompliance import schemas
from zkcompliance.claim import catalogue as claims
from zkcompliance.claim.card import card_of
from zkcompliance.commands.main import cli
from zkcompliance.errors import MalformedPolicy
from zkcompliance.policy import catalogue
from zkcompliance.policy.load import parse_policy


def test_list() -> None:
    shown = run("policies")
    assert shown.exit_code == 0
    labels = [f"{name}@{catalogue.load(name).version}" for name in catalogue.names()]
    assert all(label in shown.stdout for label in labels)
    found = json.loads(run("policies", "--json").stdout)["policies"]
    assert [each["policy"] for each in found] == labels
    now = time.time()
    for each, name in zip(found, catalogue.names(), strict=True):
        policy = catalogue.load(name)
        assert each["sha256"] == policy.digest.hex()
        assert each["checked"] == (None if name in ("raise-recurrence", "us-frontier-threshold") else "2026-11-29")
        assert each["in_force"] is (policy.valid_from <= now < policy.valid_until)


@pytest.mark.parametrize("verb", ["policies", "explain"])
def test_show_one(verb: str, tmp_path: Path) -> None:
    shown = run(verb, "eu-ai-act")
    assert shown.exit_code == 0, shown.output
    for line in (
        f"Policy eu-ai-act@2: {catalogue.load('eu-ai-act').title}",
        f"For European Union; SHA-256 {catalogue.load('eu-ai-act').digest.hex()}",
        "In force from 2025-08-02 to 2027-12-31, both days included: as this file says, not a law.",
        "  These sentences were last held against the texts of these sources on 2026-11-29.",
        "  compute: schema compute; at least 1 row; whoever judges gives the key that is trusted",
        "     outside is exactly 25%",
        "     limit is exactly 1e25 FLOP",
        "     phases is a set that includes pretraining, fine_tuning, reinforcement, synthetic_data",
        "  2. rows of the log compute: The log compute has at least 1 row.",
        "Does not show:",
        "  - that every job is in the log: what was never entered is not there",
    ):
        assert line in shown.stdout.splitlines(), line
    found = json.loads(run(verb, "eu-ai-act@2", "--json").stdout)
    assert [each["name"] for each in found["requirements"]] == ["below-presumption", "floor: compute"]
    assert found["requirements"][0]["params"]["limit"] == "exactly 1e25 FLOP"
    path = tmp_path / "mine.toml"
    path.write_bytes(catalogue.load("eu-ai-act").text)
    assert run(verb, path).stdout == shown.stdout


def test_what_is_not_in_force_says_so(tmp_path: Path) -> None:
    path = tmp_path / "old.toml"
    text = catalogue.load("eu-ai-act").text.replace(b'id = "eu-ai-act"', b'id = "old"')
    path.write_bytes(text.replace(b"2028-01-01", b"2025-08-03"))
    shown = run("policies", path)
    assert shown.exit_code == 0
    assert "NOT IN FORCE now: old@2 was valid until the end of 2025-08-02, and" in shown.stdout
    assert json.loads(run("policies", path, "--json").stdout)["in_force"] is False


def test_source_is_the_file() -> None:
    shown = run("policies", "seoul", "--source")
    assert shown.stdout.encode() == catalogue.load("seoul").text


def test_what_is_wrong() -> None:
    for args, code in (
        (("policies", "nothing"), "usage"),
        (("policies", "nothing.toml"), "usage"),
        (("policies", "--source"), "usage"),
        (("explain", "eu-ai-act@9"), "usage"),
    ):
        result = run(*args)
        assert result.exit_code == 2 and f"error[{code}]" in result.stderr and not result.stdout, args


def test_a_faulty_policy_names_its_key(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(catalogue.load("eu-ai-act").text.replace(b'limit = "1e25"', b'limit = "1e30"'))
    result = run("explain", path)
    assert result.exit_code == 2 and not result.stdout
    assert "error[malformed-policy]: requirements.below-presumption.params.limit: admits 1e28 FLOP" in result.stderr
    assert "help: zkcompliance explain training-compute-below\n" in result.stderr
    assert run("explain", "training-compute-below").exit_code == 0


DOC = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)


def test_the_commands_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (script,) = blocks("sh")
    for line in script.splitlines():
        command, _, target = line.partition("#")[0].partition(">")
        result = run(*command.split()[1:])
        assert result.exit_code == 0, line
        if target:
            Path(target.strip()).write_text(result.stdout)


def test_promptness_is_added_to_a_ready_made_policy_as_the_page_says(tmp_path: Path) -> None:
    (script,) = blocks("sh promptness")
    status, said = shell("sh", script, tmp_path)
    assert status == 0, said
    policy = catalogue.load(str(tmp_path / "slow.toml"))
    assert policy.anchors is not None and [each.name for each in policy.anchors.operators] == ["watch"]
    added = [(each.claim, *each.logs["log"]) for each in policy.requirements if each.name.startswith("promptly-")]
    assert added == [(f"rows-sealed-promptly-{log}", name) for log, name in (
        ("compute", "compute"), ("event", "events"), ("booking", "bookings"),
    )]  # fmt: skip
    assert policy.id == "slowdown-promptly" and policy.checked is None and policy.anchors.beacons == ("quicknet",)


def test_the_rehearsal_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a register with an incident that was reported in time."""
    monkeypatch.chdir(tmp_path)
    Path("incident.csv").write_text(
        "serial,category,occurred,aware\n1,critical_safety,2026-05-01T00:00:00Z,2026-05-01T01:00:00Z\n"
    )
    Path("report.csv").write_text(
        "serial,at,kind,authority,receipt\n1,2026-05-02T00:00:00Z,initial,New York office,r1\n"
    )
    for table, schema in (("incident", "incident"), ("report", "incident_report")):
        assert run("keygen", f"lab.example/{table}s", "-o", f"{table}s.key").exit_code == 0
        to = ("--log", f"{table}-log", "--key", f"{table}s.key")
        sealed = run("seal", f"{table}.csv", "--schema", schema, *to)
        assert sealed.exit_code == 0, sealed.output
    (script,) = blocks("sh rehearsal")
    for line in script.replace("\\\n", "").splitlines():
        result = run(*line.split()[1:])
        assert result.exit_code == 0, (line, result.output)
    assert result.stdout.startswith("REHEARSAL")
    assert run(*line.replace(" --rehearsal", "").split()[1:]).exit_code == 1


def test_the_refusal_of_the_page_is_what_is_said(tmp_path: Path) -> None:
    (said,) = blocks("text")
    path = tmp_path / "mine.toml"
    text = catalogue.load("seoul").text.decode().replace('"scores-under-threshold"', '"scores"')
    path.write_text(re.sub(r'(?<=params\.limit = )\{ at_most = "[0-9]+%" \}', '"100%"', text))
    assert run("policies", path).stderr.startswith(said)


def test_the_declarations_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end of the claim that docs/claims.md builds: a policy can then name it."""
    monkeypatch.chdir(tmp_path)
    (declarations,) = blocks("python")
    page = (Path(__file__).parents[2] / "docs" / "claims.md").read_text()
    (claim_file,) = re.findall(r"^```python file=my_claim.py\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    path = tmp_path / "my_claim.py"
    path.write_text(claim_file + declarations)
    claim = claims.load(str(path))
    limits = {"longest": "30 days", "stated": "95%", "phases": "pretraining"}
    requirement = {
        "name": "n", "says": "s", "claim": f"{claim.id}@1", "card": card_of(claim).digest.hex(),
    }  # fmt: skip
    head = catalogue.load("eu-ai-act").text.decode()
    head = head[: head.index("[[requirements]]")] + '[logs.registry]\nschema = "chip"\n[[requirements]]\n'
    body = (
        "".join(f"{key} = {json.dumps(value)}\n" for key, value in requirement.items())
        + 'logs = { compute = "compute", registry = "registry" }\n'
    )
    for changed, value, taken in (("stated", "95%", True), ("stated", "0%", False), ("longest", "400 days", False)):
        params = "".join(f'params.{name} = "{text}"\n' for name, text in (limits | {changed: value}).items())
        data = (head + body + params).encode()
        if taken:
            Path("mine.toml").write_bytes(data)
            policy = catalogue.load("mine.toml", ["my_claim.py"])
            assert policy.requirements[0].program == claim.program_digest and list(policy.cards) == [claim.id]
            (script,) = blocks("sh policy")
            for line in script.splitlines():
                result = run(*line.partition("#")[0].split()[1:])
                assert result.exit_code == 0 and claim.program_digest.hex() in result.stdout, result.output
            without = run("explain", "mine.toml")
            assert without.exit_code == 2 and "--claim-file FILE" in without.stderr
        else:
            with pytest.raises(MalformedPolicy, match=f"requirements.n.params.{changed}: admits "):
                parse_policy(data, {claim.id: card_of(claim)})


def completed(args: list[str], incomplete: str) -> list[str]:
    completed = ShellComplete(cli, {}, "zkcompliance", "_ZKCOMPLIANCE_COMPLETE")
    return [item.value for item in completed.get_completions(args, incomplete) if item.type == "plain"]


def test_completion() -> None:
    assert completed(["policies"], "eu-a") == ["eu-ai-act", "eu-article-52"]
    assert completed(["explain"], "compute-m") == ["compute-methods-agree"]
    assert completed(["explain"], "malformed-pol") == ["malformed-policy"]
    assert completed(["explain"], "sb") == ["sb-53", "sb-53-recurrence"]
    assert completed(["schemas"], "") == schemas.names()
    assert completed(["seal", "--schema"], "incident_") == ["incident_report"]
    assert (
        completed(["check"], "")
        == claims.names()
        == completed(["prove"], "")
        == completed(["verify", "p", "--claim"], "")
    )
    assert completed(["verify", "p", "--policy"], "") == catalogue.names() == completed(["prove", "--policy"], "")
    assert "policies" in completed([], "pol")
