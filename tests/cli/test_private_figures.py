"""What `prove` says of a claim that fails may stand in a build's public log: no figure of the rows is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.kit import policies as kit
from tests.kit.command_line import run
from zkcompliance.card import catalogue as cards

TOTAL = 4_440_000_000_000_000_000
SHOWN = re.compile("4440000|4[.]44|4[.]4e|44[.]4|3[.]44|4[.]34")  # the total, and how far it is from the limits below
BAND = """
[[requirements]]
name = "band"
says = "The total is disclosed."
claim = "compute-band@2"
card = "@BAND"
logs = { compute = "compute" }
params.limit = "1e20"
params.at_least = { at_least = "0.01%" }
params.at_most = { free = true }
params.phases = { includes = "pretraining" }
params.model = { free = true }
params.before = "0"
params.outside = "100%"
reveals.total = { at_most = "1e17" }
"""


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    kit.make_log(tmp_path, "log", "lab.example/c", kit.rows(4, TOTAL // 4))
    digest = cards.load("compute-band").digest.hex()
    (tmp_path / "policy.toml").write_text(kit.text() + BAND.replace("@BAND", digest))
    return tmp_path


def test_of_one_claim(lab: Path) -> None:
    asked = (kit.CLAIM, "-l", lab / "log", "-p", "limit=1e18")
    for more in ((), ("--json",)):
        failed = run("prove", *asked, "-o", lab / "proof", *more)
        assert failed.exit_code == 1 and "total below the limit does not hold" in failed.stderr
        assert not SHOWN.search(failed.output), failed.output
    assert SHOWN.search(run("check", *asked).stdout)


def test_of_a_policy(lab: Path) -> None:
    asked = (
        "--policy", lab / "policy.toml", "-l", lab / "log", "--subject", "m=sha256:" + "00" * 32,
        "-p", "below.limit=1e18", "-p", "band.at_least=0.01%", "-p", "band.at_most=100%",
    )  # fmt: skip
    for more in ((), ("--json",)):
        failed = run("prove", *asked, "-o", lab / "proof", *more)
        assert failed.exit_code == 1 and "it would reveal total as something else than at most 1e17" in failed.stderr
        assert not SHOWN.search(failed.output), failed.output
    shown = run("check", *asked).stdout
    assert len(SHOWN.findall(shown)) >= 2, shown
