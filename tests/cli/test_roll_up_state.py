"""`--state` and roll-ups: what was verified once is not verified again, and what the state's word is not taken for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.kit.command_line import ok, run
from tests.kit.rolling import data, parts, roll, seal, whole
from zkcompliance.lineage import rollup

CLAIM = "training-compute-below-rolled-up"
LOG = "lab.example/key"


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Of one log, at 2 and at 3 segments: its proof, its roll-up file and its key, in a folder each."""
    path = tmp_path_factory.mktemp("lab")
    for name in ("key", "rolled.key"):
        assert run("keygen", f"lab.example/{name}", "-o", path / name).exit_code == 0
    found = []
    seal(path, 2)
    roll(path)
    for stage in range(2):
        seal(path, 2, 2 * (stage + 1))
        roll(path)
        at = path / str(stage)
        at.mkdir()
        done = run("prove", CLAIM, "--log", path / "rolled", "--param", "limit=1e26", "-o", at / "p.zkp")
        assert done.exit_code == 0, done.output
        (at / "rolled.zkr").write_bytes(data(path))
        shutil.copy(path / "key.pub", at / "key.pub")
        found.append(at)
    return found


class Counted:
    """How many proofs of roll-up files are verified."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.count = 0
        verify = rollup.verify_decoded

        def counting(*given: Any, **more: Any) -> Any:
            self.count += 1
            return verify(*given, **more)

        patch.setattr(rollup, "verify_decoded", counting)

    def taken(self) -> int:
        found, self.count = self.count, 0
        return found


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


def verify(at: Path, *more: object, limit: str = "1e26") -> Any:
    asked = ("verify", at / "p.zkp", "--claim", CLAIM, "--param", f"limit={limit}", "--log-key", at / "key.pub")
    return run(*asked, "--roll-up", at / "rolled.zkr", *more)


def shown(at: Path, *more: object) -> dict[str, Any]:
    done = verify(at, *more, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)["requirements"][0]
    return found


def test_verified_once(stages: list[Path], tmp_path: Path, counted: Counted) -> None:
    """The same again verifies no proof of the roll-up; where it goes on, the new ones; and the verdict says so."""
    state = tmp_path / "state"
    assert shown(stages[0], "--state", state)["logs"][0]["stands_for"]["remembered"] == "0" and counted.taken() == 2
    again = shown(stages[0], "--state", state)
    assert again["logs"][0]["stands_for"]["remembered"] == "2" and counted.taken() == 0
    assert any("2 of the 2 proofs that show it were verified with this state before" in w for w in again["warnings"])
    assert shown(stages[1], "--state", state)["logs"][0]["stands_for"]["remembered"] == "2" and counted.taken() == 1
    assert shown(stages[1], "--state", state)["logs"][0]["stands_for"]["remembered"] == "3" and counted.taken() == 0
    (kept,) = json.loads(state.read_text())["logs"][LOG]["rolled"]
    assert set(kept) == {"note", "key", "rolled", "program"}


def test_without_a_state_every_proof_is_verified(stages: list[Path], counted: Counted) -> None:
    assert "remembered" in shown(stages[0])["logs"][0]["stands_for"] and counted.taken() == 2
    assert shown(stages[0])["logs"][0]["stands_for"]["remembered"] == "0" and counted.taken() == 2


def test_an_earlier_file_is_verified_anew(stages: list[Path], tmp_path: Path, counted: Counted) -> None:
    """The state has the longer one alone, and no root of it is that of the file: nothing is passed over."""
    state = tmp_path / "state"
    shown(stages[0], "--state", state)
    shown(stages[1], "--state", state)
    counted.taken()
    found = shown(stages[0], "--state", state)
    assert counted.taken() == 2 and any(warning.startswith("OLD") for warning in found["warnings"])
    shown(stages[1], "--state", state)
    assert counted.taken() == 0


def test_what_is_not_met_is_not_remembered(stages: list[Path], tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert verify(stages[0], "--state", state, limit="1e25").exit_code == 1
    assert not state.exists()


def test_it_is_of_this_log_and_this_roll_up(stages: list[Path], tmp_path: Path, counted: Counted) -> None:
    """Another log under another key, with the memory of this one written to its name, is verified whole: its root is
    another. So is one whose roll-up is another, and one of a program that nobody registered."""
    state, other = tmp_path / "state", tmp_path / "other"
    other.mkdir()
    shown(stages[0], "--state", state)
    for name in ("key", "rolled.key"):
        assert run("keygen", f"lab.example/{name}", "-o", other / name).exit_code == 0
    seal(other, 1)
    roll(other)
    seal(other, 1, 1)
    roll(other)
    shutil.copy(Path(ok("roll-up", other / "log", "--to", other / "rolled", "--key", other / "rolled.key")["rollup"]),
                other / "rolled.zkr")  # fmt: skip
    done = run("prove", CLAIM, "--log", other / "rolled", "--param", "limit=1e26", "-o", other / "p.zkp")
    assert done.exit_code == 0, done.output
    counted.taken()
    assert verify(other, "--state", state).exit_code == 1  # a key that is new to the state
    assert counted.taken() == 2
    remembered = json.loads(state.read_text())
    remembered["logs"][LOG]["rolled"][0]["program"] = "00" * 32
    state.write_text(json.dumps(remembered, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    assert shown(stages[0], "--state", state)["logs"][0]["stands_for"]["remembered"] == "0" and counted.taken() == 2


def test_a_note_that_is_not_signed_is_damage(stages: list[Path], tmp_path: Path) -> None:
    """What the state says of a log is signed by it, also of roll-ups."""
    state = tmp_path / "state"
    shown(stages[0], "--state", state)
    remembered = json.loads(state.read_text())
    kept = remembered["logs"][LOG]["rolled"][0]
    text, _, signature = kept["note"].partition("\n\n")
    other = text.replace("\n2\n", "\n1\n")
    for changed in (
        {"note": f"{other}\n\n{signature}"}, {"program": "00"}, {"key": kept["key"][:-2]}, {"rolled": "nothing"}
    ):  # fmt: skip
        remembered["logs"][LOG]["rolled"] = [kept | changed]
        state.write_text(json.dumps(remembered, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
        done = verify(stages[0], "--state", state)
        assert done.exit_code == 2 and "log-corrupt" in done.output, (changed, done.output)


def test_what_a_state_is_not_to_be_trusted_for(stages: list[Path], tmp_path: Path) -> None:
    """That proofs were verified is its own word: a file whose known proofs were changed since is taken with it, and by
    nobody who has none, or another's."""
    state, at = tmp_path / "state", tmp_path / "changed"
    shown(stages[0], "--state", state)
    shutil.copytree(stages[0], at)
    notes, leaves, proofs = parts((at / "rolled.zkr").read_bytes())
    bad = proofs[0][:-40] + bytes([proofs[0][-40] ^ 1]) + proofs[0][-39:]
    (at / "rolled.zkr").write_bytes(whole(notes, leaves, [bad, *proofs[1:]]))
    assert verify(at, "--state", state).exit_code == 0
    for elsewhere in ((), ("--state", tmp_path / "new")):
        assert verify(at, *elsewhere).exit_code in (1, 2)


def test_what_is_new_is_not_taken_on_the_states_word(stages: list[Path], tmp_path: Path) -> None:
    """With the first proofs known, a new one that is damaged, missing or of known segments is refused."""
    state, at = tmp_path / "state", tmp_path / "changed"
    shown(stages[0], "--state", state)
    shutil.copytree(stages[1], at)
    notes, leaves, proofs = parts((at / "rolled.zkr").read_bytes())
    bad = proofs[2][:-40] + bytes([proofs[2][-40] ^ 1]) + proofs[2][-39:]
    for last in ([bad], [], [proofs[1]], [proofs[2], proofs[2]]):
        (at / "rolled.zkr").write_bytes(whole(notes, leaves, [*proofs[:2], *last]))
        done = verify(at, "--state", state)
        assert done.exit_code in (1, 2) and "accepted" not in done.output, last
