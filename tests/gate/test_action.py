"""The GitHub Action: its scripts are run as the runner runs them, on a real proof."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.action_steps import ACTION, EXPRESSION, INSTALL, VERIFY, run_step
from tests.kit.releasing import POLICY, REFERENCE, Release


@pytest.fixture
def runner(tmp_path: Path, release: Release) -> Path:
    """The runner's temporary folder after the step that installs."""
    (tmp_path / "zkcompliance").mkdir()
    (tmp_path / "zkcompliance" / "bin").symlink_to(release.programs)
    for name in ("summary", "output"):
        (tmp_path / name).touch()
    return tmp_path


Gate = Callable[..., tuple[subprocess.CompletedProcess[str], dict[str, str], str]]


@pytest.fixture
def gate(runner: Path, release: Release) -> Gate:
    def run(**changed: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str], str]:
        inputs = {
            "proof": "release.zkp", "policy": POLICY, "log-keys": "compute=lab.key.pub\n",
            "subject": "lab/model=model", **{name.replace("_", "-"): value for name, value in changed.items()},
        }  # fmt: skip
        done = run_step(VERIFY, inputs, release.folder, runner)
        lines = [line.partition("=") for line in (runner / "output").read_text().splitlines()]
        return done, {name: value for name, _, value in lines}, (runner / "summary").read_text()

    return run


def test_a_release_that_meets_the_policy_passes(gate: Gate, runner: Path) -> None:
    sarif = runner / "verdict.sarif"
    done, output, summary = gate(
        attestation="release.intoto.json", attestation_key="attest.pub.pem", sarif=str(sarif)
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert output == {"accepted": "true", "exit-status": "0", "sarif": str(sarif)}
    assert "below-frontier" in summary and "exit status 0" in summary
    assert json.loads(sarif.read_text())["version"] == "2.1.0"


@pytest.mark.parametrize(
    ("changed", "status", "word"),
    [
        ({"subject": "lab/model=sha256:" + "0" * 64}, 1, "statement-mismatch"),
        ({"subject": "lab/other=model"}, 1, "statement-mismatch"),
        ({"subject": ""}, 2, "subject is not given"),
        ({"policy": "eu-ai-act"}, 1, "statement-mismatch"),
        ({"log_keys": "compute=other.key.pub"}, 1, "signature-rejected"),
        ({"log_keys": ""}, 4, "undecided"),
        ({"claim_files": "\nnone.py\n"}, 2, "usage"),
        ({"context": "case 8"}, 1, "statement-mismatch"),
        ({"context": REFERENCE, "drawn": "2099-01-01"}, 2, "the reference was drawn on"),
        ({"context": REFERENCE, "drawn": "yesterday"}, 2, "error[usage]"),
        ({"drawn": "2026-01-01"}, 2, "--context"),
        ({"proof": "run.jsonl"}, 2, "malformed"),
        ({"proof": "missing.zkp"}, 2, "missing.zkp"),
        ({"policy": "missing.toml"}, 2, "missing.toml"),
        ({"attestation": "release.intoto.json"}, 2, "--attestation-key"),
        ({"attestation": "release.zkp", "attestation_key": "attest.pub.pem"}, 2, "malformed-attestation"),
        ({"attestation": "release.intoto.json", "attestation_key": "other.pem"}, 1, "signature-rejected"),
    ],
)
def test_anything_else_fails_the_job(
    changed: dict[str, str], status: int, word: str, gate: Gate, release: Release, runner: Path
) -> None:
    if changed.get("attestation_key") == "other.pem":
        made = release.must("openssl", "genpkey", "-algorithm", "ed25519")
        (runner / "key").write_text(made)
        changed = {**changed, "attestation_key": str(runner / "other.pem")}
        release.must("openssl", "pkey", "-in", str(runner / "key"), "-pubout", "-out", changed["attestation_key"])
    sarif = runner / "verdict.sarif"
    done, output, summary = gate(**changed, sarif=str(sarif))
    assert done.returncode == status, done.stdout + done.stderr
    assert word in summary and word in done.stdout
    assert output["accepted"] == "false" and output["exit-status"] == str(status)
    assert output["sarif"] == str(sarif)
    (found,) = json.loads(sarif.read_text())["runs"]
    assert found["results"] and found["properties"]["outcome"] != "accepted"


def test_a_proof_from_before_its_reference_was_drawn(
    gate: Gate, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job runs two hours after the proof was made; a reference drawn in between was not known then."""
    programs, now = tmp_path_factory.mktemp("programs"), int(time.time())
    (programs / "date").write_text(f"#!/bin/sh\necho {now + 7200}\n")
    (programs / "date").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    done, output, summary = gate(context=REFERENCE, drawn=str(now + 3600))
    assert done.returncode == 1 and output["accepted"] == "false", done.stdout
    assert "stale" in summary and "its reference was drawn on" in summary
    done, output, _ = gate(context=REFERENCE, drawn=str(now - 86400))
    assert done.returncode == 0 and output["accepted"] == "true", done.stdout


def test_sarif_takes_the_place_of_no_other_file(gate: Gate, release: Release) -> None:
    before = (release.folder / "release.zkp").read_bytes()
    done, _, _ = gate(sarif="release.zkp")
    assert done.returncode == 70 and (release.folder / "release.zkp").read_bytes() == before


def test_whoever_does_not_compare_the_model_says_so(gate: Gate) -> None:
    done, output, summary = gate(subject="none")
    assert done.returncode == 0 and output["accepted"] == "true"
    assert "was not compared with its files" in summary


HOSTILE = '"; touch pwned; echo "$(touch pwned)`touch pwned` ${{ secrets.X }} \' --policy=x\n'


@pytest.mark.parametrize("name", sorted(set(ACTION["inputs"]) - {"package", "python", "index-url", "sarif"}))
def test_no_text_in_an_input_is_run(name: str, gate: Gate, release: Release) -> None:
    done, output, _ = gate(**{name: HOSTILE})
    assert done.returncode not in (0, 126, 127)
    assert output["accepted"] == "false"
    assert not (release.folder / "pwned").exists()


@pytest.mark.parametrize(
    "name", ["proof", "policy", "subject", "context", "drawn", "trust", "attestation", "attestation-key"]
)
def test_no_input_is_an_option(name: str, gate: Gate) -> None:
    done, _, summary = gate(**{name: "--help"})
    assert done.returncode != 0
    assert "Usage:" not in summary.split("\n\n", 1)[1].splitlines()[0]


def test_expressions_stand_in_env_and_outputs_only() -> None:
    for step in ACTION["runs"]["steps"]:
        assert set(step) <= {"name", "id", "shell", "env", "run"}
        assert "${{" not in step["run"] and "eval" not in step["run"]
        for text in step["env"].values():
            assert EXPRESSION.fullmatch(text)
    used = {
        found for step in ACTION["runs"]["steps"] for text in step["env"].values() for found in EXPRESSION.findall(text)
    }
    assert used == {f"inputs.{name}" for name in ACTION["inputs"]} | {"github.action_path"}
    for one in ACTION["outputs"].values():
        assert one["value"].startswith("${{ steps.verify.outputs.")


def test_what_a_proof_says_is_no_command_of_the_runner(gate: Gate, release: Release, runner: Path) -> None:
    """The verdict stands between stop-commands and its token; in the summary every line of it is indented."""
    done, _, summary = gate(subject="::set-output name=x::y=model")
    first, *inside, last = done.stdout.splitlines()
    assert first.startswith("::stop-commands::") and last == f"::{first.removeprefix('::stop-commands::')}::"
    assert len(last) == 36 and last not in inside
    assert all(line.startswith("    ") for line in summary.splitlines()[2:])


def test_the_step_that_installs(tmp_path: Path) -> None:
    """From a wheel made here, which needs no network; a package that looks like an option is none."""
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    record = "tiny-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("tiny.py", "print('tiny')\n")
        file.writestr(f"{record}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        file.writestr(f"{record}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{record}/RECORD", f"tiny.py,,\n{record}/METADATA,,\n{record}/WHEEL,,\n{record}/RECORD,,\n")
    done = run_step(INSTALL, {"package": str(wheel), "python": sys.executable}, tmp_path, tmp_path)
    assert done.returncode == 0, done.stderr
    python = tmp_path / "zkcompliance" / "bin" / "python"
    assert subprocess.run([python, "-m", "tiny"], capture_output=True, text=True, check=True).stdout == "tiny\n"
    for package in ("--version", "-r requirements.txt", "$(touch pwned)"):
        done = run_step(INSTALL, {"package": package, "python": sys.executable}, tmp_path, tmp_path)
        assert done.returncode != 0 and not (tmp_path / "pwned").exists()


def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    for step in ACTION["runs"]["steps"]:
        script = tmp_path / "step.sh"
        script.write_text("#!/bin/bash\n" + step["run"])
        done = subprocess.run(["shellcheck", str(script)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
