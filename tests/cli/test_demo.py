"""The demo: accepted once, and every tampered case refused for the reason that it should be."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from zkcompliance.commands.main import cli


def test_demo(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["demo", "--json", "--keep", str(tmp_path / "kept")])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["outcome"], found["rows"]) == ("accepted", "1480")
    assert found["requirements"][0]["values"][0]["exact"] == str(10**20)
    codes = [refusal["code"] for refusal in found["refusals"]]
    assert len(codes) == 8
    assert [codes[i] for i in (1, 3, 5, 7)] == [
        "statement-mismatch",
        "signature-rejected",
        "does-not-hold",
        "budget-spent",
    ]
    cryptographic = {"opening-mismatch", "quotient-mismatch", "balance-mismatch", "grinding-rejected", "fold-mismatch"}
    assert {codes[i] for i in (0, 2, 4, 6)} <= cryptographic
    assert {"lab.key", "lab.key.pub", "log", "proof.zkc"} <= {p.name for p in (tmp_path / "kept").iterdir()}
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0


def test_demo_tells_its_story() -> None:
    result = CliRunner().invoke(cli, ["demo"])
    assert result.exit_code == 0, result.output
    for words in ("seal", "prove", "ACCEPTED", "error[budget-spent]", "8 tampered cases refused"):
        assert words in result.stdout
