"""The pre-commit hook, and the gates that docs/release-gate.md shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kit.releasing import POLICY, Release

ROOT = Path(__file__).parents[2]
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
PAGE = (ROOT / "docs" / "release-gate.md").read_text()
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())


def shown(name: str) -> Any:
    found = re.search(rf"<!-- {name} -->\n```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found, name
    return yaml.safe_load(found[1])


def test_what_the_hook_is() -> None:
    assert HOOK["id"] == "zkcompliance-verify" and HOOK["language"] == "python"
    assert (
        HOOK["always_run"] is True and HOOK["pass_filenames"] is False
    )  # a changed model is gated like a changed proof
    assert {"pre-commit", "pre-push"} <= set(HOOK["stages"])


@pytest.mark.parametrize(("subject", "status"), [("lab/model=model", 0), ("lab/model=run.jsonl", 1)])
def test_the_hook_gates(subject: str, status: int, release: Release) -> None:
    """pre-commit splits the entry like a shell and appends args."""
    args = ["release.zkp", f"--policy={POLICY}", "--log-key=compute=lab.key.pub", f"--subject={subject}"]
    assert release.run(*shlex.split(HOOK["entry"]), *args).returncode == status


def test_the_examples_use_what_there_is(release: Release) -> None:
    """Inputs of the action that exist, and commands that pass on this release."""
    steps = shown("workflow")["jobs"]["gate"]["steps"]
    (step,) = [step for step in steps if step.get("id") == "gate"]
    assert set(step["with"]) <= set(ACTION["inputs"])
    assert {name for name, one in ACTION["inputs"].items() if one.get("required")} <= set(step["with"])
    (repo,) = shown("hook")["repos"]
    assert repo["hooks"][0]["id"] == HOOK["id"] and set(repo["hooks"][0]["stages"]) <= set(HOOK["stages"])
    commands = [line for line in shown("gitlab")["release-gate"]["script"] if "zkcompliance verify" in line]
    for words in (
        [*shlex.split(HOOK["entry"]), *repo["hooks"][0]["args"]],
        shlex.split(commands[0].partition(" > ")[0]),
    ):
        text = " ".join(words).replace("release/model", "model").replace("release/release", "release")
        command = shlex.split(text.replace("keys/lab-compute.pub", "lab.key.pub").replace("lab/model-7b", "lab/model"))
        done = release.run(*command)
        assert done.returncode == 0, done.stderr
