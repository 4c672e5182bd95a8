"""A weaker policy under the name of a ready-made one, handed to whoever judges, is not taken for it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.kit.command_line import run
from tests.kit.policies import DAY, make_log, rows
from zkcompliance.errors import MalformedBundle, PolicyNotInForce
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy import catalogue
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.prove.policy import prove_policies

KEYS = {"compute": VerifierKey("lab.example/log", bytes(32))}


@pytest.mark.parametrize("name", catalogue.names())
def test_another_text_under_a_ready_made_name(name: str) -> None:
    ready = catalogue.load(name)
    mine = parse_policy(ready.text + b"# the lab's own\n")
    now = ready.valid_from + DAY
    with pytest.raises(PolicyNotInForce, match=f"^{ready.label} is a ready-made policy, and this is another text"):
        judge_policy(b"", mine, now=now)
    logs: dict[str, Any] = {log: SimpleNamespace(vkey=log, origin=log) for log in mine.logs}
    with pytest.raises(PolicyNotInForce, match="another text, with SHA-256 "):
        prove_policies([mine], logs, binding=Binding(time=now))


@pytest.mark.parametrize("version", [1, 2, 3, 4_000_000_000])
@pytest.mark.parametrize("name", catalogue.names())
def test_a_version_that_nobody_made_ready(name: str, version: int) -> None:
    """An earlier or a later version of one's own, or of somebody else's: it would be read as the ready-made policy."""
    ready = catalogue.load(name)
    if version == ready.version:
        version = 4
    mine = parse_policy(ready.text.replace(b"version = %d\n" % ready.version, b"version = %d\n" % version))
    now, said = ready.valid_from + DAY, f"^{name}@{version} is not one of the ready-made policies of that name, which"
    assert mine.version == version
    with pytest.raises(PolicyNotInForce, match=said) as caught:
        judge_policy(b"", mine, now=now)
    assert mine.digest.hex() in caught.value.message
    logs: dict[str, Any] = {log: SimpleNamespace(vkey=log, origin=log) for log in mine.logs}
    with pytest.raises(PolicyNotInForce, match=said):
        prove_policies([mine], logs, binding=Binding(time=now))


def test_an_id_of_ones_own_is_no_ready_made_policy(tmp_path: Path) -> None:
    """Also one that is easily taken for one, with its title: what is printed says so, and names the digest."""
    ready = catalogue.load("eu-ai-act")
    mine = tmp_path / "mine.toml"
    mine.write_bytes(ready.text.replace(b'id = "eu-ai-act"', b'id = "eu-ai-act-2"'))
    log = make_log(tmp_path, "log", "lab.example/c", rows())
    (tmp_path / "model").write_bytes(b"weights")
    made = run(
        "prove", "--policy", mine, "--log", f"compute={log.path}", "--subject", f"m={tmp_path / 'model'}",
        "-o", tmp_path / "proof",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    digest = parse_policy(mine.read_bytes()).digest.hex()
    said = f"eu-ai-act-2@2 (no ready-made policy; its SHA-256 begins {digest[:16]})"
    asked = ("verify", tmp_path / "proof", "--policy", mine, "--log-key", tmp_path / "log.key.pub")
    verdict = run(*asked)
    assert verdict.exit_code == 0 and verdict.stdout.startswith(f"Accepted: all 2 requirements of {said} are met")
    for form, word in (
        ("junit", 'name="policy-ready-made" value="no"'), ("sarif", '"ready_made": false'), ("oscal", said),
    ):  # fmt: skip
        shown = run(*asked, "--format", form).stdout
        assert digest in shown and word in shown.encode().decode("unicode_escape"), form
    found = json.loads(run(*asked, "--json").stdout)["policy"]
    assert found["ready_made"] is False and found["sha256"] == digest
    assert "No ready-made policy of zkcompliance" in run("policies", mine).stdout
    assert "No ready-made" not in run("policies", "eu-ai-act").stdout


@pytest.mark.parametrize("id", [b"eu-ai-act", b"eu-ai-act-keyed"])
def test_the_ready_made_text_itself_and_an_id_of_ones_own(id: bytes) -> None:
    ready = catalogue.load("eu-ai-act")
    mine = parse_policy(ready.text.replace(b'id = "eu-ai-act"', b'id = "' + id + b'"'))
    with pytest.raises(MalformedBundle):  # the file of proofs is looked at
        judge_policy(b"", mine, now=ready.valid_from, keys=KEYS)
