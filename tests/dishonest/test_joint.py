"""A joint cap that is not kept: each way of making proofs fit one by one is refused where they are judged together, and
accepted where the check that refuses it is absent."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import zkcompliance as zk
from tests.kit.joint_labs import ALLOWANCES, BEGIN, END, NOW, SPENT, World, known_alone, refused
from zkcompliance import schemas
from zkcompliance.commands.main import cli
from zkcompliance.errors import (
    CheckpointMismatch,
    ClaimDoesNotHold,
    MalformedPolicy,
    ProgramMismatch,
    QuorumUnmet,
    RequirementNotShown,
    SignatureRejected,
    StaleProof,
    StatementMismatch,
)
from zkcompliance.joint import file, judge, telling
from zkcompliance.joint.file import Joint, parse_joint
from zkcompliance.joint.judge import judge_joint
from zkcompliance.joint.verdict import JointVerdict
from zkcompliance.log import cosigned, keys
from zkcompliance.log.cosigner import Cosigner
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.store import SealedLog
from zkcompliance.policy import checkpoints, requirement, slots
from zkcompliance.policy.proofs import File
from zkcompliance.prove import enclose
from zkcompliance.prove.reseal import reseal

GIVEN = {"serial": 1, "giver": "b", "taker": "a", "amount": 3}


class Honest(World):
    """b gives a 3 of its 10, and all three stay within what they then have."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.logs = {lab: self.spend(lab, flop) for lab, flop in SPENT.items()}
        self.ab, self.bc = self.note("a", "b", [GIVEN]), self.note("b", "c", [])
        self.notes = {"a": [self.ab], "b": [self.ab, self.bc], "c": [self.bc]}
        self.proofs = {lab: self.prove_as_asked(lab, log, self.notes[lab]) for lab, log in self.logs.items()}

    def elsewhere(self, name: str) -> Path:
        """The key of a log, without what remembers which log it signs: as a lab has it that cheats."""
        folder = self.folder / f"again-{name}-{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        shutil.copy(self.folder / f"{name}.key", folder / f"{name}.key")
        return folder

    def spend_elsewhere(self, lab: str, flop: int) -> Path:
        """A compute log of the same key in which the lab has spent that much."""
        folder = self.elsewhere(lab)
        row = {"start": "2026-02-01T00:00:00Z", "end": "2026-02-02T00:00:00Z", "run": "r", "phase": "pretraining"}
        with zk.open_log(folder / lab, key=folder / f"{lab}.key", schema=zk.schemas.compute) as log:
            log.append([{**row, "method": "hardware", "flop": flop}])
            log.seal()
        return folder / lab


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Honest]:
    yield Honest(tmp_path_factory.mktemp("joint"))


def test_three_labs_within_their_cap(world: Honest) -> None:
    verdict = world.judge(**world.proofs)
    assert not list(verdict.errors) and verdict.accepted
    assert [(each.size, each.rows_log2) for each in verdict.notes] == [(1, (3,)), (1, (3,))]


def test_a_lab_over_its_allowance_has_no_proof_without_the_note(world: Honest) -> None:
    empty = world.folder / "without"
    with zk.open_log(empty, key=world.elsewhere("ab") / "ab.key", schema=zk.schemas.note) as log:
        log.seal(empty=True)
    with pytest.raises(ClaimDoesNotHold):
        world.prove("a", [world.logs["a"]], [empty])


def test_a_lab_left_out(world: Honest, monkeypatch: pytest.MonkeyPatch) -> None:
    two = {lab: world.proofs[lab] for lab in "ab"}
    refused(world.judge(**two), RequirementNotShown, "labs: c is left out")
    refused(world.judge(**two, again=two["a"]), StatementMismatch, "a.zkp and again.zkp are both of a")
    monkeypatch.setattr(judge, "_left_out", lambda *_: None)
    assert not world.judge(**two).accepted  # what nothing is said of is not shown
    monkeypatch.setattr(JointVerdict, "accepted", property(lambda verdict: not any(verdict.errors)))
    assert world.judge(**two).accepted


def test_a_note_log_at_two_sizes(world: Honest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """b proves over the log before it gave, and spends all it had; a over the log with the note: 23 of 20."""
    cheats = World(tmp_path)
    a, b, c = cheats.spend("a", 8), cheats.spend("b", 10), cheats.spend("c", 5)
    ab, bc = cheats.note("a", "b", []), cheats.note("b", "c", [])
    before = cheats.prove("b", [b], [ab, bc])
    cheats.note("a", "b", [GIVEN])
    proofs = {"a": cheats.prove("a", [a], [ab]), "b": before, "c": cheats.prove("c", [c], [bc])}
    verdict = cheats.judge(**proofs)
    refused(verdict, StatementMismatch, "a proves over 2 segments", "b over 1")
    assert any(each.help == "ask b to prove again at size 2" for each in verdict.errors)
    monkeypatch.setattr(judge, "_one_checkpoint", lambda *_: None)
    assert cheats.judge(**proofs).accepted


def test_a_note_log_with_two_histories(world: Honest, monkeypatch: pytest.MonkeyPatch) -> None:
    """a, which seals it, has a log of its own making, with the same size and key, in which b gives it more. b's
    signature is missing there too: both checks have to go before it is accepted."""
    folder = world.elsewhere("ab")
    with zk.open_log(folder / "ab", key=folder / "ab.key", schema=zk.schemas.note) as log:
        log.append([{"cap": world.joint.note_id, **GIVEN, "amount": 30}])
        log.seal()
    more = world.spend_elsewhere("a", 35)
    proofs = {**world.proofs, "a": world.prove("a", [more], [folder / "ab"])}
    refused(world.judge(**proofs), CheckpointMismatch, "two histories of ab.example/notes")
    monkeypatch.setattr(judge, "_one_checkpoint", lambda *_: None)
    refused(world.judge(**proofs), SignatureRejected, "not signed by b")
    monkeypatch.setattr(judge, "_both_signed", lambda *_: None)
    assert world.judge(**proofs).accepted


def test_a_note_used_twice(world: Honest, monkeypatch: pytest.MonkeyPatch) -> None:
    """a shows the note a second time, in a log of its own making that the joint file does not name."""
    zk.keygen(world.folder / "own.key", "own.example/notes")
    with zk.open_log(world.folder / "own", key=world.folder / "own.key", schema=zk.schemas.note) as log:
        log.append([{"cap": world.joint.note_id, **GIVEN}])
        log.seal()
    more = world.spend_elsewhere("a", 11)
    proofs = {**world.proofs, "a": world.prove("a", [more], [world.ab, world.folder / "own"])}
    refused(world.judge(**proofs), SignatureRejected, "own.example/notes")
    monkeypatch.setattr(slots, "placed", known_alone)
    assert world.judge(**proofs).accepted


def test_a_segment_in_two_logs(world: Honest, monkeypatch: pytest.MonkeyPatch) -> None:
    """c lays a's segment, whose rows and seed it was given, into its own log: here as the judge finds it in c's proof,
    since no writer of this package takes an entry that it did not make."""
    judged = judge._judge

    def with_the_segment(file, joint, lab, **rest):  # type: ignore[no-untyped-def]
        found = judged(file, joint, lab, **rest)
        if lab != "c":
            return found
        theirs = judged(File(world.proofs["a"]), joint, "a", **rest).places[0].log.entries
        places = tuple(each._replace(log=replace(each.log, entries=theirs)) for each in found.places)
        return replace(found, places=places)

    monkeypatch.setattr(judge, "_judge", with_the_segment)
    refused(world.judge(**world.proofs), StatementMismatch, "entries: the same segment stands in a.example/compute")
    monkeypatch.setattr(judge, "_in_two", lambda *_: None)
    assert world.judge(**world.proofs).accepted


def test_what_is_spent_in_other_phases_is_said(world: Honest) -> None:
    """b spends 1 FLOP in a phase that does not count, which the file allows: 21 in all, under a cap of 20."""
    folder = world.elsewhere("b")
    for phase, flop in (("pretraining", SPENT["b"]), ("other", 1)):
        with zk.open_log(folder / "log", key=folder / "b.key", schema=schemas.compute) as log:
            row = {"start": "2026-02-01T00:00:00Z", "end": "2026-02-02T00:00:00Z", "run": "r", "phase": phase}
            log.append([{**row, "method": "hardware", "flop": flop}])
            log.seal()
    verdict = world.judge(**{**world.proofs, "b": world.prove("b", [folder / "log"], world.notes["b"])})
    said, found = telling.sentences(verdict), json.loads(telling.document(verdict))
    assert verdict.accepted and found["joint"]["outside"] == "10%"
    phases = "pretraining, fine_tuning, reinforcement, synthetic_data"
    assert said.startswith("ACCEPTED: a, b and c together spent at most 20 FLOP that count from ")
    assert f"counts      {phases}\n" in said and found["joint"]["phases"] == phases
    beside = f"What was spent in other phases than {phases}: that does not count, and of each lab it is at most 10% of "
    assert f"{beside}its allowance and the notes that it received." in said
    assert any(each.startswith(beside) for each in found["not_shown"])


def test_what_people_and_programs_read(world: Honest, tmp_path: Path) -> None:
    """Of an accepted cap and of one with a lab left out: text, JSON, exit status, and the same from Python."""
    cap = tmp_path / "cap.toml"
    cap.write_text(world.text())
    files = []
    for lab, data in world.proofs.items():
        (tmp_path / f"{lab}.zkp").write_bytes(data)
        files.append(str(tmp_path / f"{lab}.zkp"))
    at = ["--joint", str(cap), "--at", "2026-04-02"]
    said = CliRunner().invoke(cli, ["verify", *files, *at])
    assert said.exit_code == 0 and said.output.startswith(
        "ACCEPTED: a, b and c together spent at most 20 FLOP that count"
    )
    assert "notes of a and b: ab.example/notes, 1 segment" in said.output
    assert all(words in said.output for words in ("Who sees what", "This does not show"))
    assert "it sees     the notes in ab.example/notes, bc.example/notes, and nothing more" in said.output
    assert "a lab may have sealed more since" in said.output
    left = CliRunner().invoke(cli, ["verify", *files[:2], *at, "--json"])
    found = json.loads(left.stdout)
    assert left.exit_code == 1 and found["accepted"] is False
    assert [(each["name"], each["accepted"]) for each in found["labs"]] == [("a", True), ("b", True), ("c", False)]
    assert found["labs"][2]["error"]["code"] == "not-shown"
    assert found["labs"][0]["sees_notes_of"] == ["ab.example/notes"]
    assert zk.verify_joint(files, cap, at=NOW).accepted
    with pytest.raises(RequirementNotShown, match="c is left out"):
        zk.verify_joint(files[:2], cap, at=NOW)
    assert CliRunner().invoke(cli, ["verify", *files]).exit_code == 2
    assert CliRunner().invoke(cli, ["verify", *files, *at, "--log-key", "x.pub"]).exit_code == 2


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"allowance": 8}, "allowance"),
        ({"begin": "2026-03-01"}, "begin"),
        ({"cap": "0x" + "00" * 16}, "cap"),
        ({"lab": "b"}, "lab"),
        ({"outside": "100%"}, "outside"),
    ],
    ids=["an allowance too many", "another time", "another cap", "another lab", "another parameter"],
)
def test_another_parameter(
    world: Honest, change: dict[str, object], word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """c proves with a parameter that is not the joint file's, over logs with which that holds."""
    proof = world.prove("c", [world.logs["c"]], [world.bc], **change)
    proofs = {**world.proofs, "c": proof}
    refused(world.judge(**proofs), StatementMismatch, f"{word}: the proof is about")
    monkeypatch.setattr(requirement, "check_values", lambda *_: None)
    assert world.judge(**proofs).accepted


class Even(World):
    """Each lab stays within its own allowance, and no note names a joint file: they prove under any of these keys."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.logs = {lab: self.spend(lab, flop) for lab, flop in ALLOWANCES.items()}
        ab, bc = self.note("a", "b", []), self.note("b", "c", [])
        self.notes = {"a": [ab], "b": [ab, bc], "c": [bc]}

    def under(self, joint: Joint, **other: object) -> dict[str, bytes]:
        """The proofs of all three."""
        return {lab: self.prove(lab, [log], self.notes[lab], joint, **other) for lab, log in self.logs.items()}


@pytest.fixture(scope="module")
def even(tmp_path_factory: pytest.TempPathFactory) -> Even:
    return Even(tmp_path_factory.mktemp("even"))


def test_another_joint_file(world: Honest, even: Even, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proofs were made for a cap of 20: nobody holds them against one of 21. Without notes, which name the file,
    that they are bound to it is all that tells them apart."""
    other = parse_joint(world.text(cap="21").encode())
    refused(world.judge(other, **world.proofs), StatementMismatch, "reference")
    other = parse_joint(even.text(cap="21").encode())
    proofs = even.under(other, context=even.joint.digest)
    refused(even.judge(other, **proofs), StatementMismatch, "reference")
    monkeypatch.setattr(requirement, "check_binding", lambda *_: None)
    assert even.judge(other, **proofs).accepted


def test_another_program(even: Even, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever set the cap asks for a program that is not the one by which these labs prove."""
    program = even.joint.program.hex()
    another = parse_joint(even.text().replace(program, "00" * 32).encode())
    proofs = even.under(another)
    refused(even.judge(another, **proofs), ProgramMismatch, "program: the joint file asks for 0000")
    monkeypatch.setattr(Joint, "other_program", lambda _: None)
    assert even.judge(another, **proofs).accepted


def test_a_proof_from_within_the_period(world: Honest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that come later are in no proof that was made before them."""
    proofs = {**world.proofs, "c": world.prove("c", [world.logs["c"]], [world.bc], time=END - 86400)}
    refused(world.judge(**proofs), StaleProof, "the proof of c states", "the period ends")
    monkeypatch.setattr(judge, "_after_the_end", lambda *_: None)
    assert world.judge(**proofs).accepted


def test_a_log_proved_by_two_labs(world: Honest, monkeypatch: pytest.MonkeyPatch) -> None:
    """c says that another's log is its own: beside its own, or in its place, where it has spent more than it had. What
    is over a log is of the lab that has it; then that log is none of c's: both checks have to go."""
    both = world.prove("c", [world.logs["c"], world.logs["a"]], [world.bc], allowance=13)
    verdict = world.judge(**{**world.proofs, "c": both})
    refused(verdict, StatementMismatch, "c.zkp is over compute logs of a and c")
    refused(verdict, RequirementNotShown, "labs: c is left out")
    instead = world.prove("c", [world.logs["a"]], [world.bc], allowance=8)
    refused(world.judge(**{**world.proofs, "c": instead}), StatementMismatch, "a.zkp and c.zkp are both of a")
    little = world.spend_elsewhere("b", 4)
    theirs = {
        "b": world.prove("b", [little], world.notes["b"]),
        "c": world.prove("c", [little], [world.bc]),
    }  # fmt: skip
    proofs = {**world.proofs, **theirs}
    refused(world.judge(**proofs), StatementMismatch, "b.zkp and c.zkp are both of b")
    monkeypatch.setattr(judge, "_sorted", lambda files, _: ([], {lab: files[f"{lab}.zkp"] for lab in proofs}))
    refused(world.judge(**proofs), SignatureRejected, "the proof is about the log b.example/compute")
    monkeypatch.setattr(slots, "placed", known_alone)
    assert world.judge(**proofs).accepted


def test_a_later_generation_of_a_log(world: Honest, monkeypatch: pytest.MonkeyPatch) -> None:
    """c seals its rows anew: taken with the lineage that shows that they are the same, and without it refused."""
    first = world.spend_elsewhere("c", 5)
    key = keys.load_private(first.parent / "c.key")
    later = reseal(first, first.with_name("later"), key, merge=False).log.path
    assert world.judge(**{**world.proofs, "c": world.prove("c", [later], [world.bc])}).accepted
    with monkeypatch.context() as patched:
        patched.setattr(enclose, "lineages_of", lambda _: {})
        alone = {**world.proofs, "c": world.prove("c", [later], [world.bc])}
    refused(world.judge(**alone), StatementMismatch, "c.example/compute/g2 is a later generation", "nothing shows")
    monkeypatch.setattr(judge, "_goes_on", lambda *_: None)
    assert world.judge(**alone).accepted


def test_a_later_generation_of_a_note_log(world: Honest, monkeypatch: pytest.MonkeyPatch) -> None:
    """b, which seals the log that it shares with c, seals it anew, alone: that it is another checkpoint than c's, which
    c did not sign, is seen too."""
    folder = world.elsewhere("bc")
    with zk.open_log(folder / "bc", key=folder / "bc.key", schema=zk.schemas.note) as log:
        log.seal(empty=True)
    later = reseal(folder / "bc", folder / "later", keys.load_private(folder / "bc.key"), merge=False).log.path
    proofs = {**world.proofs, "b": world.prove("b", [world.logs["b"]], [world.ab, later])}
    refused(world.judge(**proofs), StatementMismatch, "a note log stays in its first one")
    monkeypatch.setattr(judge, "_goes_on", lambda *_: None)
    refused(world.judge(**proofs), CheckpointMismatch, "two histories of bc.example/notes")
    monkeypatch.setattr(judge, "_one_checkpoint", lambda *_: None)
    refused(world.judge(**proofs), SignatureRejected, "not signed by c")
    monkeypatch.setattr(judge, "_both_signed", lambda *_: None)
    assert world.judge(**proofs).accepted


class Dated(World):
    """The joint file asks that an authority has cosigned every checkpoint lately, and that proofs are new."""

    def __init__(self, folder: Path) -> None:
        keys.generate_cosigner(folder / "authority", "authority.example/cosigner")
        super().__init__(folder)
        self.logs = {lab: self.spend(lab, flop) for lab, flop in {**SPENT, "a": 5}.items()}
        self.notes = {"ab": self.note("a", "b", []), "bc": self.note("b", "c", [])}
        for each in (self.logs["a"], self.logs["b"], *self.notes.values()):
            self.cosign(each)

    def text(self, cap: str = "20", end: str = "2026-04-01", **allowances: str) -> str:
        public = (self.folder / "authority.pub").read_text().strip()
        asked = '[freshness]\nproof = "30 days"\ncheckpoint = "2 days"\n[cosigners]\nquorum = 1\n'
        return f'{super().text(cap, end, **allowances)}{asked}operators.authority = ["{public}"]\n'

    def cosign(self, place: Path) -> None:
        layout, signer = Layout(place), keys.load_cosigner(self.folder / "authority")
        settings, log = Settings.load(layout), SealedLog.open(place)
        line = Cosigner(signer, self.folder / "signed").cosign(log.checkpoint_note, settings.key, now=NOW)
        cosigned.add(layout, settings, log.checkpoint, [line], [signer.verifier])

    def proof(self, lab: str) -> bytes:
        held = [place for name, place in self.notes.items() if lab in name]
        return self.prove(lab, [self.logs[lab]], held)


def test_cosigners_and_how_fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """c shows a checkpoint that nobody but itself has signed; then all do, and wait with it."""
    labs = Dated(tmp_path)
    proofs = {lab: labs.proof(lab) for lab in "abc"}
    refused(labs.judge(**proofs), QuorumUnmet, "1 of authority are to have cosigned; have: nobody")
    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "_cosigned", lambda *_: {"authority": NOW})
        assert labs.judge(**proofs).accepted
    labs.cosign(labs.logs["c"])
    proofs["c"] = labs.proof("c")
    assert labs.judge(**proofs).accepted
    files = {lab: File(proof) for lab, proof in proofs.items()}
    in_time, late, later = (judge_joint(files, labs.joint, clock=NOW + days * 86400) for days in (2, 3, 31))
    assert in_time.accepted
    told = telling.sentences(in_time)
    assert told.count("cosigned by authority on 2026-04-02") == 7 and "but by the word of those who cosigned it" in told
    refused(late, StaleProof, "log a.example/compute: a quorum last cosigned its checkpoint on 2026-04-02")
    refused(later, StaleProof, "the proof was made on 2026-04-02", "more than 30 days")
    monkeypatch.setattr(checkpoints, "_fresh", lambda *_: None)
    assert judge_joint(files, labs.joint, clock=NOW + 3 * 86400).accepted


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ('[freshness]\ncheckpoint = "1 day"\n', r"freshness\.checkpoint: needs \[cosigners\]"),
        ('[cosigners]\nquorum = 2\noperators.x = ["{signer}"]\n', r"operators\.x\[1\]: is the same public key as"),
        ('[cosigners]\nquorum = 1\noperators.x = ["no key"]\n', r"cosigners\.operators\.x\[1\]"),
    ],
    ids=["undated", "a lab's own", "no key"],
)
def test_who_cosigns_is_nobody_of_the_labs(world: Honest, lines: str, why: str) -> None:
    signer = (world.folder / "b.cosigner.pub").read_text().strip()
    with pytest.raises(MalformedPolicy, match=why):
        parse_joint((world.text() + lines.replace("{signer}", signer)).encode())


def test_allowances_beyond_the_cap(world: Honest, even: Even, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three labs that keep their allowances spend 20 together, under a cap of 16."""
    with pytest.raises(
        MalformedPolicy, match="allowances of 21 FLOP between them, which is more than the cap of 20 FLOP"
    ):
        parse_joint(world.text(c="6").encode())
    assert BEGIN < END < NOW
    monkeypatch.setattr(file, "_refuse_beyond", lambda *_: None)
    beyond = parse_joint(even.text(cap="16").encode())
    assert even.judge(beyond, **even.under(beyond)).accepted
