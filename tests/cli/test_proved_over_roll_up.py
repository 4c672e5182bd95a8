"""Claims proved over a roll-up and verified under the keys of the log that it stands for; and by policy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.command_line import ok, run
from tests.kit.policy_texts import head, requirement
from tests.kit.rolling import data, roll, seal
from zkcompliance.log import open_log
from zkcompliance.log.layout import Layout

BELOW = "training-compute-below-rolled-up"
BAND = "compute-band-rolled-up"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two logs, one of them rolled up in two pieces, and a proof of each claim over the roll-up."""
    path = tmp_path_factory.mktemp("lab")
    for name in ("key", "rolled.key", "other.key", "other-rolled.key"):
        assert run("keygen", f"lab.example/{name}", "-o", path / name).exit_code == 0
    seal(path, 2)
    roll(path)
    seal(path, 3, 2)
    roll(path)
    done = run("prove", BELOW, "--log", path / "rolled", "--param", "limit=1e26", "-o", path / "below.zkp")
    assert done.exit_code == 0, done.output
    band = ("--param", "limit=1e21", "--param", "at_least=40%", "--param", "at_most=60%")
    done = run("prove", BAND, "--log", path / "rolled", *band, "-o", path / "band.zkp")
    assert done.exit_code == 0, done.output
    return path


def verify(lab: Path, *more: object, key: str = "key", file: str = "below.zkp", claim: str = BELOW) -> Any:
    params = ("--param", "limit=1e26") if claim == BELOW else ("--param", "limit=1e21")
    params = params if claim == BELOW else (*params, "--param", "at_least=40%", "--param", "at_most=60%")
    return run("verify", lab / file, "--claim", claim, *params, "--log-key", lab / f"{key}.pub", *more)


def rolled(lab: Path) -> tuple[object, ...]:
    return "--roll-up", Layout(lab / "rolled").rollup


@pytest.mark.parametrize(("file", "claim"), [("below.zkp", BELOW), ("band.zkp", BAND)])
def test_verified_under_the_logs_own_key(lab: Path, file: str, claim: str) -> None:
    """The verdict says which log the roll-up stands for, and its size and root; rows are those of the log."""
    done = verify(lab, *rolled(lab), "--json", file=file, claim=claim)
    assert done.exit_code == 0, done.output
    (found,) = json.loads(done.stdout)["requirements"]
    root = open_log(lab / "log").checkpoint.root.hex()
    said = "\n".join(map(str, found["warnings"]))
    assert f"stands for the whole of lab.example/key, 2 segments with the root {root}" in said
    stands = {"origin": "lab.example/key", "size": "2", "root": root, "remembered": "0"}
    assert found["logs"][0]["stands_for"] == stands
    values = {each["name"]: each for each in found["values"]}
    assert int(values["rows that count"]["exact"]) == 5


def test_said_on_a_terminal(lab: Path) -> None:
    done = verify(lab, *rolled(lab))
    assert "ROLL-UP: lab.example/rolled.key, 2 segments, stands for the whole of" in " ".join(done.output.split())


def test_without_the_roll_up_file_nothing_is_shown(lab: Path) -> None:
    done = verify(lab, key="rolled.key")
    assert done.exit_code == 1 and "is a roll-up, and nothing shows for which log" in done.output


def test_the_roll_ups_own_key_is_nobodys(lab: Path) -> None:
    """It is the log's checkpoint that has to be signed by a key that is trusted."""
    done = verify(lab, *rolled(lab), key="rolled.key")
    assert done.exit_code == 1 and "signature-rejected" in done.output


def test_a_roll_up_file_of_another_checkpoint_shows_nothing(lab: Path, tmp_path: Path) -> None:
    """The roll-up goes on, and its newer file does not show what it stood for before."""
    seal(lab, 1, log="other", key="other.key")
    ok("roll-up", lab / "other", "--to", lab / "other-rolled", "--key", lab / "other-rolled.key")
    done = verify(lab, "--roll-up", Layout(lab / "other-rolled").rollup)
    assert done.exit_code == 1 and "nothing shows for which log" in done.output


def test_a_damaged_file_is_refused(lab: Path, tmp_path: Path) -> None:
    whole = bytearray(data(lab))
    whole[-200] ^= 1
    (tmp_path / "bad.zkr").write_bytes(whole)
    done = verify(lab, "--roll-up", tmp_path / "bad.zkr")
    assert done.exit_code in (1, 2) and "accepted" not in done.output


def test_the_state_remembers_the_log(lab: Path, tmp_path: Path) -> None:
    """What is remembered is the log that it stands for, and that the roll-up does; the roll-up is no log of its own."""
    state = tmp_path / "state"
    assert verify(lab, *rolled(lab), "--state", state).exit_code == 0
    assert list(json.loads(state.read_text())["logs"]) == ["lab.example/key"]
    assert verify(lab, *rolled(lab), "--state", state).exit_code == 0


def test_by_policy(lab: Path, tmp_path: Path) -> None:
    """A policy asks by the claim over roll-ups, with a floor of rows that are the log's."""
    log = '[logs.compute]\nschema = "compute.rollup"\nrows = 5\n'
    below = requirement("below", "It is below.", BELOW, {"compute": "compute"}, 'params.limit = { at_most = "1e26" }')
    (tmp_path / "policy.toml").write_text(
        head("rolled", "Over a roll-up", subject="none", until="2099-01-01") + log + below
    )
    made = run(
        "prove", "--policy", tmp_path / "policy.toml", "--log", f"compute={lab / 'rolled'}",
        "--param", "below.limit=1e26", "-o", tmp_path / "p.zkp",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    asked = ("verify", tmp_path / "p.zkp", "--policy", tmp_path / "policy.toml", "--log-key", lab / "key.pub")
    done = run(*asked, *rolled(lab))
    assert done.exit_code == 0, done.output
    assert run(*asked).exit_code == 1
