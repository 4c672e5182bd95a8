"""The one-file verifier and a policy that asks for rows: it has no library to check a draw with, and says so."""

from __future__ import annotations

import json
from pathlib import Path

from tests.kit.agreement import Both
from tests.kit.asking import asking, policy
from tests.kit.command_line import ok
from zkcompliance.openings import kept


def test_it_is_not_met_there(both: Both, tmp_path: Path) -> None:
    lab = asking(tmp_path)
    given, proof = policy(tmp_path / "policy.toml"), tmp_path / "proof.zkp"
    ok("prove", "--policy", given, "--log", f"jobs={lab.folder / 'log'}", "-o", proof)
    asked = [proof, "--policy", given, "--log-key", f"jobs={lab.folder / 'log.key.pub'}", "--json"]
    installed, alone = both.ask(asked)
    assert installed.decision == alone.decision and alone.status == "1"
    (rows, openings) = json.loads(alone.out)["requirements"]
    assert rows["status"] == "met" and openings["status"] == "not shown"
    state = tmp_path / "state"
    kept.remember(state, [lab.request(6)])
    installed, alone = both.ask([*asked, "--state", state])
    assert (installed.status, alone.status) == ("1", "2") and "does not check" in alone.out


def test_opened_rows_are_no_proof_file(both: Both, tmp_path: Path) -> None:
    lab = asking(tmp_path)
    ok("open", "--log", lab.folder / "log", "--rows", "1", "-o", tmp_path / "rows.zkp")
    _, alone = both.ask([tmp_path / "rows.zkp", "--policy", "seoul", "--json"])
    assert alone.status == "2" and "file of opened rows" in alone.out
