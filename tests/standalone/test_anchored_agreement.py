"""Brackets that others back: the installed verifier decides by them, the one file says that it does not, and both agree
on everything else."""

from __future__ import annotations

import json
from pathlib import Path

from tests.kit import policies as kit
from tests.kit.agreement import Both
from tests.kit.anchored import FLOOR_TOO, Lab
from tests.kit.asking import known_round

MINUTE = 60
FIRST = known_round().moment  # of a genuine round of 2023, since the programs run with drand's keys
END = FIRST + 2
ROWS = [{**row, "start": END - 60 * n - 60, "end": END - 60 * n} for n, row in enumerate(kit.rows())]


def test_the_one_file_decides_all_but_what_rests_on_anchors(both: Both, tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.seal(ROWS, known_round())
    lab.stamped(END + 10 * MINUTE)
    lab.cosigned(ada=END + 30 * MINUTE)
    policy = lab.policy("ada", authority=True, quorum=2, also=FLOOR_TOO)
    (tmp_path / "policy.toml").write_bytes(policy.text)
    (tmp_path / "proof.zkp").write_bytes(lab.prove(policy))
    asked = ["--policy", tmp_path / "policy.toml", "--log-key", tmp_path / "compute.key.pub", "--at", str(kit.NOW)]
    installed, alone = both.ask([tmp_path / "proof.zkp", *asked, "--json"])
    assert installed.decision == ("0", "") and alone.decision == ("4", "undecided")
    here, there = json.loads(installed.out), json.loads(alone.out)
    assert (here["outcome"], there["outcome"]) == ("accepted", "not decided")
    for mine, other in zip(here["requirements"], there["requirements"], strict=True):
        assert mine["status"] == "met"
        assert other["status"] == ("undecided" if other["name"] == "promptly" else "met")
        assert mine["logs"][0]["sealed"] == {
            "between": [[str(FIRST), str(END + 30 * MINUTE)]], "by": ["quicknet", "stamps", "ada"], "checked": True,
        }  # fmt: skip
        assert other["logs"][0]["sealed"] == {
            "between": [[str(FIRST), str(END + 30 * MINUTE)]], "by": [], "checked": False,
        }  # fmt: skip
    installed, alone = both.ask([tmp_path / "proof.zkp", *asked])
    assert "by quicknet, stamps and ada" in installed.out
    assert "not checked here" in alone.out and "this program does not check" in alone.out


def test_a_narrower_bracket_is_accepted_by_neither(both: Both, tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.seal(ROWS, known_round())
    lab.cosigned(ada=END + 365 * 86400)
    policy = lab.policy("ada")
    (tmp_path / "policy.toml").write_bytes(policy.text)
    (tmp_path / "proof.zkp").write_bytes(lab.forge(policy, [(FIRST, END + MINUTE)]))
    asked = ["--policy", tmp_path / "policy.toml", "--log-key", tmp_path / "compute.key.pub", "--at", str(kit.NOW)]
    installed, alone = both.ask([tmp_path / "proof.zkp", *asked])
    assert installed.decision == ("1", "bracket-not-backed") and alone.decision == ("4", "undecided")
