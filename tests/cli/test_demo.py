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


def test_demo_across_labs(tmp_path: Path) -> None:
    """Three labs, a note, a joint verdict; each way of cheating refused for its own reason."""
    result = CliRunner().invoke(cli, ["demo", "--across", "--json", "--keep", str(tmp_path / "kept")])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["accepted"] and [each["name"] for each in found["labs"]] == ["ash", "birch", "cedar"]
    assert [(each["code"], each["message"].partition(":")[0]) for each in found["refusals"]] == [
        ("does-not-hold", "within-allowance"),
        ("signature-rejected", "the proof is about the log own.example/notes as notes; the keys that are trusted there "
         "are of ash-birch.example/notes"),
        ("statement-mismatch", "cap"),
        ("note-refused", "note 1 of ash-birch.example/notes is of another cap, 0x00000000000000000000000000000001; the "
         f"joint file three-labs is 0x{found['joint']['sha256'][:32]}"),
        ("not-shown", "labs"),
        ("statement-mismatch", "logs"),
        ("statement-mismatch", "allowance"),
        ("malformed-policy", "the joint file"),
        ("program-mismatch", "program"),
        ("statement-mismatch", "reference"),
        ("stale", "the proof of cedar states 2025-03-31 00"),
        ("statement-mismatch", "notes"),
    ]  # fmt: skip
    assert {"cap.toml", "ash.zkp", "birch.zkp", "cedar.zkp"} <= {p.name for p in (tmp_path / "kept").iterdir()}
