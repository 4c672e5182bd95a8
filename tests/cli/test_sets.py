"""A public set of values on the command line: read, checked, proved, shown, and held against a proof."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLAIM = '''"""Nothing was trained on a banned site."""

from zkcompliance.claim.language import ComputeLog, Id, Param, SetOf, claim, fails, holds, param, require


@claim("no-banned-site", version=1)
def no_banned_site(
    compute: ComputeLog, banned: Param[SetOf[Id]] = param("sites that are banned", places=4)
) -> None:
    """No job ran on a banned site."""
    require("no banned site", compute.none(compute.site.or_else("").is_in(banned)))
'''
ROW = (
    '{"start": "2026-01-05T00:00:00Z", "end": "2026-01-25T00:00:00Z", "run": "a", "phase": "other", "flop": 1,'
    ' "method": "hardware", "site": "%s"}\n'
)


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    program = "import sys; from zkcompliance.commands.main import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed log of three jobs and a proof that none is on turin or rome."""
    made = tmp_path_factory.mktemp("sets")
    (made / "sites.py").write_text(CLAIM, encoding="utf-8")
    (made / "jobs.jsonl").write_text("".join(ROW % site for site in ("oslo", "", "oslo")), encoding="utf-8")
    for arguments in (
        ("keygen", "example.com/lab", "-o", "lab.key"),
        ("seal", "jobs.jsonl", "--schema", "compute", "--log", "log", "--key", "lab.key", "--equal-rows"),
        ("prove", "sites.py", "--log", "log", "--param", "banned=turin,rome", "-o", "sites.zkp"),
    ):
        status, printed = run(made, *arguments)
        assert status == 0, printed
    return made


def test_explain_names_the_set(folder: Path) -> None:
    status, printed = run(folder, "explain", "sites.py")
    assert status == 0
    assert "banned (Set of Id, at most 4): sites that are banned" in printed


def test_check_reads_it(folder: Path) -> None:
    assert run(folder, "check", "sites.py", "--log", "log", "--param", "banned=")[0] == 0
    status, printed = run(folder, "check", "sites.py", "--log", "log", "--param", "banned=turin, oslo")
    assert (status, "FAILS: 2 rows at fault" in printed) == (1, True)
    status, printed = run(folder, "check", "sites.py", "--log", "log", "--param", "banned=a,b,c,d,e")
    assert (status, "5 members in a set of at most 4" in printed) == (2, True)


def test_a_proof_is_about_one_set(folder: Path) -> None:
    key = ("--log-key", "lab.key.pub")
    status, printed = run(folder, "verify", "sites.zkp", "--claim", "sites.py", "--param", "banned=rome, turin", *key)
    assert status == 0, printed
    assert "rome" in printed and "turin" in printed and "0x" not in printed.partition("banned")[2].partition("\n")[0]
    for other in ("rome", "", "rome,turin,paris"):
        status, printed = run(folder, "verify", "sites.zkp", "--claim", "sites.py", "--param", f"banned={other}", *key)
        assert (status, "error[statement-mismatch]: banned: the proof is about 0x" in printed) == (1, True), printed
