"""Command lines and terminals that are read or written in more than one way: both verifiers decide the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import regulated_lab, support
from tests.kit.agreement import Both
from tests.kit.regulated_lab import CLAIM, Lab
from zkcompliance.version import VERSION

PARAM = ["-p", "limit=1e20"]


@pytest.mark.parametrize(
    ("param", "status"),
    [
        (["-p=limit=1e20"], "2"),
        (["-p", "=limit=1e20"], "2"),
        (["-plimit=1e20"], "0"),
        (["--param=limit=1e20"], "0"),
        (["--param==limit=1e20"], "2"),
        ([*PARAM, "--"], "0"),
        ([*PARAM, "--", "--json"], "2"),
        ([*PARAM, "--context", "-ref"], "1"),
        ([*PARAM, "--context", "--json"], "1"),
        ([*PARAM, "--context", "\udcff"], "1"),  # a byte that is not UTF-8
        ([*PARAM, "--par", "limit=1e20"], "2"),
        ([*PARAM, "-"], "2"),
        (["-p"], "2"),
    ],
)
def test_what_an_option_and_its_value_are(both: Both, lab: Lab, param: list[str], status: str) -> None:
    installed, alone = both.ask([lab.single, "--claim", CLAIM, "--log-key", lab.key, *param])
    assert installed.decision == alone.decision and alone.status == status, (installed, alone)


def test_files_after_a_dash(both: Both, lab: Lab) -> None:
    asked = ["--claim", CLAIM, "--log-key", lab.key, *PARAM]
    for order, status in (([*asked, "--", lab.single], "0"), (["--", lab.single, *asked], "2")):
        installed, alone = both.ask(order)
        assert installed.decision == alone.decision and alone.status == status, (installed, alone)


def test_letters_that_an_encoding_lacks(tmp_path: Path, pyz: Path) -> None:
    """The log's name is the lab's to choose, and no way to keep a verdict from being said: it is printed as UTF-8."""
    (tmp_path / "in.csv").write_text(regulated_lab.CSV)
    log, proof, key = tmp_path / "log", tmp_path / "proof", tmp_path / "key"
    regulated_lab.zk("keygen", "lab.example/\u2603", "-o", key)
    regulated_lab.zk("seal", tmp_path / "in.csv", "--log", log, "--key", key, "--profile", "small")
    regulated_lab.zk("prove", CLAIM, "--log", log, *PARAM, "-o", proof)
    asked = [proof, "--claim", CLAIM, "--log-key", f"{key}.pub", *PARAM]
    installed = [sys.executable, "-c", "from zkcompliance.commands.main import main; main()", "verify"]
    told = [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}]
    for program in (installed, [sys.executable, pyz]):
        for encoding in told:
            done = subprocess.run(
                [str(each) for each in (*program, *asked)], capture_output=True,
                env={**support.ENVIRONMENT, **encoding},
            )  # fmt: skip
            assert done.returncode == 0 and "\u2603".encode() in done.stdout, done


def test_which_version_it_is(tmp_path: Path, pyz: Path) -> None:
    """Of the code that runs, also where nothing is installed; it is asked alone, and it decides nothing."""
    installed = [sys.executable, "-c", "from zkcompliance.commands.main import main; main()"]
    for program, name in ((installed, "zkcompliance"), ([sys.executable, pyz], pyz.name)):
        words = [str(each) for each in (*program, "--version")]
        done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env=support.ENVIRONMENT)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{name}, version {VERSION}\n", "")
