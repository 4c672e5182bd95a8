"""`prove --joint`: what a joint file asks of a lab, and what is refused before anything is proved or spent."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.command_line import run
from tests.kit.joint_labs import END, NOW, World, refused
from zkcompliance.errors import (
    ProgramMismatch,
    QuorumUnmet,
    RequirementNotShown,
    SignatureRejected,
    StaleProof,
    UsageError,
    ZkComplianceError,
)
from zkcompliance.joint.judge import judge_joint
from zkcompliance.log import keys
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.proofs import File
from zkcompliance.prove.reseal import reseal

Logs = Mapping[str, Sequence[Path]]


class Labs(World):
    """a and b keep what they have; b and c share a log that c has not signed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.cap = folder / "cap.toml"
        self.cap.write_text(self.text())
        self.a, self.b = self.spend("a", 5), self.spend("b", 7)
        self.ab, self.bc = self.note("a", "b", []), self.note("b", "c", [], sign=False)

    def left(self) -> list[int]:
        """Proofs left of each log."""
        return [SealedLog.open(each).proofs_left() for each in (self.a, self.b, self.ab, self.bc)]

    def later(self) -> Path:
        """The log of a and b, sealed anew by a alone."""
        (folder := self.folder / "again").mkdir(exist_ok=True)
        shutil.copy(self.folder / "ab.key", folder / "ab.key")
        key = keys.load_private(folder / "ab.key")
        with zk.open_log(folder / "ab", key=folder / "ab.key", schema=zk.schemas.note) as log:
            log.seal(empty=True)
        return reseal(folder / "ab", folder / "later", key, merge=False).log.path


@pytest.fixture(scope="module")
def labs(tmp_path_factory: pytest.TempPathFactory) -> Labs:
    return Labs(tmp_path_factory.mktemp("before"))


def test_a_lab_proves_what_the_file_asks(labs: Labs, tmp_path: Path) -> None:
    """By the command and from Python: the judge finds nothing wrong with it, and misses the others alone."""
    proof, before = tmp_path / "a.zkp", labs.left()
    logs = ["--log", f"compute={labs.a}", "--log", f"notes={labs.ab}"]
    done = run("prove", "--joint", labs.cap, "--lab", "a", *logs, "-o", proof, "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["claim"] == "within-allowance" and said["joint"] == labs.joint.digest.hex()
    assert said["params"]["allowance"] == "5" and said["params"]["end"] == str(END)
    made = zk.prove(logs={"compute": labs.a, "notes": [labs.ab]}, joint=labs.cap, lab="a", time=NOW)
    for data, clock in ((made.data, NOW), (proof.read_bytes(), int(time.time()))):
        verdict = judge_joint({"a.zkp": File(data)}, labs.joint, clock=clock)
        refused(verdict, RequirementNotShown, "labs: b is left out")
        (a,) = (each for each in verdict.labs if each.name == "a")
        assert a.error is None and a.verdict is not None and a.verdict.accepted
    assert [here - there for here, there in zip(before, labs.left(), strict=True)] == [2, 0, 2, 0]


REFUSED: dict[str, tuple[str, Callable[[Labs], Logs], int, type[ZkComplianceError], str]] = {
    "no lab of the file": (
        "d", lambda it: {"compute": [it.a], "notes": [it.ab]}, NOW, UsageError, "no lab d: there is a, b, c",
    ),
    "the log of another lab": (
        "a", lambda it: {"compute": [it.b], "notes": [it.ab]}, NOW, UsageError, "gives a no log .* a.example/compute",
    ),
    "a note log too many": (
        "a", lambda it: {"compute": [it.a], "notes": [it.ab, it.bc]}, NOW, UsageError, "gives a no log .* ab.example",
    ),
    "a note log too few": (
        "b", lambda it: {"compute": [it.b], "notes": [it.ab]}, NOW, UsageError, "nothing is given for bc.example/notes",
    ),
    "no notes": ("a", lambda it: {"compute": [it.a]}, NOW, UsageError, "compute and notes; given: compute"),
    "not signed by both": (
        "b", lambda it: {"compute": [it.b], "notes": [it.ab, it.bc]}, NOW, SignatureRejected, "not signed by c",
    ),
    "a later generation of a note log": (
        "a", lambda it: {"compute": [it.a], "notes": [it.later()]}, NOW, UsageError, "is a later generation",
    ),
    "within the period": (
        "a", lambda it: {"compute": [it.a], "notes": [it.ab]}, END - 1, StaleProof, "the proof of a states 2026-03-31",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_before_anything_is_spent(labs: Labs, case: str) -> None:
    lab, logs, stated, kind, why = REFUSED[case]
    before = labs.left()
    with pytest.raises(kind, match=why):
        zk.prove(logs=logs(labs), joint=labs.cap, lab=lab, time=stated)
    assert labs.left() == before


def test_a_program_that_is_not_here_and_cosigners_that_are_not_there(labs: Labs, tmp_path: Path) -> None:
    logs = {"compute": labs.a, "notes": labs.ab}
    keys.generate_cosigner(tmp_path / "authority", "authority.example/cosigner")
    public = (tmp_path / "authority.pub").read_text().strip()
    (tmp_path / "cap.toml").write_text(f'{labs.text()}[cosigners]\nquorum = 1\noperators.authority = ["{public}"]\n')
    with pytest.raises(QuorumUnmet, match=r"compute: the checkpoint of .* 1 of authority are to have cosigned"):
        zk.prove(logs=logs, joint=tmp_path / "cap.toml", lab="a", time=NOW)
    (tmp_path / "cap.toml").write_text(labs.text().replace(labs.joint.program.hex(), "00" * 32))
    with pytest.raises(ProgramMismatch, match="the joint file asks for 0000"):
        zk.prove(logs=logs, joint=tmp_path / "cap.toml", lab="a", time=NOW)


def test_the_file_says_all_but_the_lab(labs: Labs, tmp_path: Path) -> None:
    logs = {"compute": labs.a, "notes": labs.ab}
    for other in ({}, {"lab": "a", "allowance": 6}, {"lab": "a", "context": "x"}):
        with pytest.raises(UsageError, match="joint= goes with lab="):
            zk.prove(logs=logs, joint=labs.cap, **other)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="one claim, policy= or joint="):
        zk.prove("within-allowance", logs, joint=labs.cap, lab="a")
    given = ["--log", f"compute={labs.a}", "--log", f"notes={labs.ab}", "-o", tmp_path / "a.zkp"]
    for wrong, why in (
        (["--joint", labs.cap], "--joint and --lab go together"),
        (["--joint", labs.cap, "--lab", "a", "--param", "allowance=6"], "none of --param"),
        (["--joint", labs.cap, "--lab", "a", "--context", "x"], "none of --param, --context"),
        (["--joint", labs.cap, "--lab", "a", "--rehearse", "2026-02-01"], "--rehearse goes with --policy"),
        (["within-allowance", "--joint", labs.cap, "--lab", "a"], "one CLAIM, --policy or --joint"),
        (["within-allowance", "--lab", "a"], "--joint and --lab go together"),
        (["--joint", labs.cap, "--lab", "d"], "has no lab d"),
    ):
        done = run("prove", *wrong, *given)
        assert done.exit_code == 2 and why in " ".join(done.stderr.split()), done.output
    assert not (tmp_path / "a.zkp").exists()
