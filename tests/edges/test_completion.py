"""Shells complete words by a verb, and the environment asks for nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.kit.starting import CLEAN, installed
from zkcompliance.commands.completion import SCRIPTS
from zkcompliance.commands.group import cli


def asked(*words: str) -> list[list[str]]:
    done = CliRunner().invoke(cli, ["complete", "--", *words], prog_name="zkcompliance")
    assert done.exit_code == 0, done.output
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_what_can_follow() -> None:
    assert [fields[1] for fields in asked("verify", "p", "--policy", "eu-a")] == ["eu-ai-act", "eu-article-52", "eu-a"]
    assert ["file", "eu-a", ""] in asked("verify", "p", "--policy", "eu-a")
    assert [fields[1] for fields in asked("pol")] == ["policies"]
    assert [fields[1] for fields in asked("report", "x", "--out")] == ["--output"]
    assert "complete" not in [fields[1] for fields in asked("")] and "completion" in [fields[1] for fields in asked("")]


@pytest.mark.parametrize("words", [("verify", "--help", ""), ("verify", "--json", "--json", ""), ("nothing", ""), ()])
def test_nothing_is_run_and_nothing_refused(words: tuple[str, ...]) -> None:
    asked(*words)


def program(folder: Path) -> None:
    script = folder / "zkcompliance"
    script.write_text(f"#!{sys.executable} -I\n"
                      "from zkcompliance.commands.main import main; main()\n")  # fmt: skip
    script.chmod(0o755)


def test_in_bash(tmp_path: Path) -> None:
    program(tmp_path)
    (tmp_path / "eu-mine.toml").touch()
    code = (
        'eval "$(zkcompliance completion bash)"; compopt() { echo "compopt $*"; }\n'
        "COMP_WORDS=(zkcompliance verify p --policy eu-a); COMP_CWORD=4\n"
        '_zkcompliance_completion; printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    path = f"{tmp_path}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "--norc", "-c", code], env={"PATH": path}, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["compopt -o default", "eu-ai-act", "eu-article-52"], done.stderr


@pytest.mark.parametrize("shell", list(SCRIPTS))
def test_each_script_can_be_read_by_its_shell(shell: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["completion", shell], prog_name="zkcompliance")
    assert done.exit_code == 0 and " complete -- " in done.stdout and "_COMPLETE" not in done.stdout
    assert json.loads(CliRunner().invoke(cli, ["completion", shell, "--json"]).stdout)["script"] == done.stdout
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(done.stdout)
    assert subprocess.run([shell, "-n", tmp_path / "script"], env=CLEAN).returncode == 0


@pytest.mark.parametrize("ask", ["bash_source", "zsh_source", "fish_source", "bash_complete", "fish_complete"])
def test_the_environment_asks_for_nothing(ask: str) -> None:
    environment = {"_ZKCOMPLIANCE_COMPLETE": ask, "COMP_WORDS": "zkcompliance verify", "COMP_CWORD": "1"}
    done = installed("verify").run(__file__, env=environment)
    assert done.returncode == 2 and b"error[malformed-bundle]" in done.stderr and not done.stdout
    inside = CliRunner(env=environment).invoke(cli, ["verify", __file__], prog_name="zkcompliance")
    assert inside.exit_code == 2 and not inside.stdout
