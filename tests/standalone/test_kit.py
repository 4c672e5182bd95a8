"""The conformance kit: both verifiers agree with it, and one that lacks a check fails where that check is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import conformance as kit
from tests.kit import support
from tests.kit.doc_blocks import ROOT, run_in_order
from tests.kit.taken_out import CHECKS, cases, ran, without

SAMPLE = ("claim: honest", "dishonest prover", "note: its signature", "policy: 31 days", "key file: empty")
BROKEN = ("grinding", "signature")  # the others: -m long


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kit.write(tmp_path_factory.mktemp("kit"))


def installed(made: Path, only: str) -> tuple[int, list[str]]:
    """As `ran`, against the installed verifier."""
    command = [sys.executable, made / "run.py", "--only", only, "--", sys.executable, "-m", "zkcompliance", "verify"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=support.ENVIRONMENT)
    return done.returncode, done.stdout.splitlines()


def test_the_same_bytes(made: Path, tmp_path: Path) -> None:
    again = kit.write(tmp_path)
    names = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert all((made / name).read_bytes() == (again / name).read_bytes() for name in names)


@pytest.mark.parametrize("only", [*SAMPLE, pytest.param("", marks=pytest.mark.long)])
def test_the_one_file_agrees(made: Path, pyz: Path, only: str) -> None:
    status, lines = ran(made, pyz, only)
    assert status == 0, lines


@pytest.mark.parametrize("only", [*SAMPLE[:2], pytest.param("", marks=pytest.mark.long)])
def test_the_installed_one_agrees(made: Path, only: str) -> None:
    status, lines = installed(made, only)
    assert status == 0, lines


@pytest.mark.parametrize(
    "name", [name if name in BROKEN else pytest.param(name, marks=pytest.mark.long) for name in CHECKS]
)
def test_a_verifier_that_lacks_a_check(made: Path, tmp_path: Path, name: str) -> None:
    """What the check refuses is accepted, and nothing else of its kind."""
    check, verifier = CHECKS[name], tmp_path / "verifier.pyz"
    verifier.write_bytes(without(check))
    (case,) = [each for each in cases(made) if each["name"] == check.case]
    status, lines = ran(made, verifier, check.case.partition(":")[0] + ":")
    assert status == 1
    found = [line for line in lines[:-1] if "0 accepted, not" in line]
    assert f"{check.case}: 0 accepted, not {case['status']} {case['code']}" in found
    assert len(found) == 1 or name in ("fold", "signature", "opening"), found


def test_the_page_for_reviewers(tmp_path: Path) -> None:
    """It names every check where it stands, and its commands run."""
    text = (ROOT / "REVIEWERS.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| `")]
    assert [row[0].strip("| `") for row in rows] == list(CHECKS)
    for row, check in zip(rows, CHECKS.values(), strict=True):
        assert row[1].startswith(f"`{check.place}`, ") and row[3].removesuffix(" |") == check.case, row
    assert run_in_order("REVIEWERS.md", tmp_path) == {"sh", "text"}
