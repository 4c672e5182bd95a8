"""A cloud and a chip registry seal and hand over; a lab proves over three keys; what it alone could fake is refused."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import zkcompliance as zk
from tests.kit.command_line import run
from zkcompliance.card import catalogue
from zkcompliance.errors import ZkComplianceError
from zkcompliance.log import keys, received, spent
from zkcompliance.log.cosigner import Cosigner
from zkcompliance.log.merkle import consistency_proof
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer
from zkcompliance.policy.auditing import PAPER
from zkcompliance.prove import policy as proving
from zkcompliance.prove import split
from zkcompliance.prove.parts import Part
from zkcompliance.report import write

DAY = 86400
NOW = int(time.time()) // DAY * DAY
HEAD = """\
format = "zkcompliance-policy/v1"
id = "metered"
version = 1
title = "Jobs that a cloud metered"
jurisdiction = "an example"
sources = ["an example (made up for this test)"]
valid_from = 2026-01-01
valid_until = 2099-01-01
subject = "none"

[freshness]
proof = "14 days"
checkpoint = "30 days"

[cosigners]
quorum = 1
operators = {{ court = ["{court}"] }}

[logs.jobs]
schema = "booking"
keys = ["{cloud}"]
meterer = "Cloud Example"
{own}
[[requirements]]
name = "jobs"
says = "At least three bookings, by the cloud's word."
claim = "log-floor-booking@1"
card = "{card}"
logs = {{ log = "jobs" }}
params.rows = 3
params.sources = "self_declared"
"""
OWN = """
[logs.mine]
schema = "booking"

[[requirements]]
name = "mine"
says = "A booking of the lab's own."
claim = "log-floor-booking@1"
card = "{card}"
logs = {{ log = "mine" }}
params.rows = 1
params.sources = "self_declared"
"""


class World:
    """The cloud's log, a court that cosigns, and what the lab holds: each in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        zk.keygen(folder / "cloud.key", "cloud.example/jobs")
        zk.keygen(folder / "lab.key", "lab.example/jobs")
        self.court = keys.generate_cosigner(folder / "court.key", "court.example/1")
        self.jobs("cloud", "c1", "c2", "c3")
        self.cosign(40)

    def jobs(self, whose: str, *chips: str) -> None:
        with zk.open_log(
            self.folder / whose, key=self.folder / f"{whose}.key", schema=zk.schemas.booking, profile="small",
            meterer=True,
        ) as log:  # fmt: skip
            log.append([{"chip": c, "run": "r1", "start": NOW - 9 * DAY, "end": NOW, "kind": "job"} for c in chips])
            log.seal()

    def cosign(self, days: int, whose: str = "cloud") -> None:
        """The court signs a checkpoint, so many days ago."""
        log, key = SealedLog.open(self.folder / whose), keys.load_public(self.folder / f"{whose}.key.pub")
        court = Cosigner(keys.load_cosigner(self.folder / "court.key"), self.folder / "court.state")
        signed = court.newest(key)
        proof = consistency_proof(signed, [s.entry.encode() for s in log.segments]) if signed else []
        line = court.cosign(log.checkpoint_note, key, proof, now=NOW - days * DAY)
        with Writer(self.folder / whose, keys.load_private(self.folder / f"{whose}.key")) as writer:
            writer.add_cosignatures([line], [self.court])

    def policy(self, own: bool = False) -> Path:
        card = catalogue.load("log-floor-booking").digest.hex()
        path = self.folder / "policy.toml"
        path.write_text(
            HEAD.format(
                court=self.court.text, cloud=(self.folder / "cloud.key.pub").read_text().strip(), card=card, own=""
            )
            + (OWN.format(card=card) if own else "")
        )
        return path

    def prove(self, *, own: Path | None = None, **logs: Any) -> Path:
        given = logs if own is None else {**logs, "mine": own}
        proof = zk.prove(logs=given, policy=str(self.policy(own is not None)))
        proof.save(self.folder / "proof.zkp")
        return self.folder / "proof.zkp"

    def verdict(self, *more: object) -> tuple[int, dict[str, Any]]:
        done = run("verify", self.folder / "proof.zkp", "--policy", self.folder / "policy.toml", *more, "--json")
        return done.exit_code, json.loads(done.stdout)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def unjudged(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on proofs are made with software that looks neither at what it makes nor at what others remember."""
    monkeypatch.setattr(spent, "state_folder", lambda: None)
    monkeypatch.setattr(received, "require_checked", lambda log: None)
    monkeypatch.setattr(proving, "_judge", lambda *given: None)
    monkeypatch.setattr(proving, "_check", _unlooked)
    for room in (proving, proving.api, split):
        monkeypatch.setattr(room, "refuse_early", lambda *given: 0)
    monkeypatch.setattr(proving.api, "verify_bundle", lambda *given, **more: None)


def _unlooked(task, columns, checked, when):  # type: ignore[no-untyped-def]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proving.checkpoints, "take", lambda *given, **more: None)
        patch.setattr(proving, "check_claim", lambda *given, **more: ())
        return CHECK(task, columns, checked, when)


CHECK = proving._check


def test_told(world: World) -> None:
    """Both prove over the cloud's log; every format says who metered it and what it can serve at most."""
    world.jobs("cloud", "c4")
    world.cosign(3)
    copy = zk.hand_over(world.folder / "cloud", world.folder / "copy", share="1/2")
    with pytest.raises(zk.errors.LogError, match="not checked yet"):
        world.prove(jobs=copy)
    zk.receive(copy, key=world.folder / "cloud.key.pub")
    world.jobs("lab", "c9")
    world.cosign(1, "lab")
    world.prove(own=world.folder / "lab", jobs=copy)
    own = ("--log-key", f"mine={world.folder / 'lab.key.pub'}")
    status, said = world.verdict(*own)
    assert status == 0, said
    jobs, mine = said["requirements"]
    assert (jobs["logs"][0]["meterer"], mine["logs"][0]["meterer"]) == ("Cloud Example", None)
    assert jobs["audit_level"]["at_most"] == "AAL-3" and mine["audit_level"]["at_most"] == "AAL-1"
    verdict = zk.verify(
        zk.Proof.load(world.folder / "proof.zkp"), policy=str(world.folder / "policy.toml"),
        log_keys={"mine": world.folder / "lab.key.pub"},
    )  # fmt: skip
    for form in ("html", "oscal", "sarif", "junit", "json"):
        text = write(verdict, form)
        assert "Cloud Example" in text and "AAL-3" in text and "AAL-1" in text, form
    shown = " ".join(
        run("verify", world.folder / "proof.zkp", "--policy", world.folder / "policy.toml", *own).stdout.split()
    )
    assert "who seals this log and is not the lab" in shown and "under the key cloud.example/jobs" in shown
    assert PAPER in shown
    left = [SealedLog.open(world.folder / name).proofs_left() for name in ("cloud", "copy")]
    world.prove(jobs=world.folder / "cloud")
    assert [SealedLog.open(world.folder / name).proofs_left() for name in ("cloud", "copy")] == [left[0] - 1, left[1]]
    assert world.verdict()[0] == 0


def test_jobs_of_the_labs_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a key of the cloud's name, in the place of the cloud's."""
    (world.folder / "fake").mkdir()
    zk.keygen(world.folder / "fake" / "cloud.key", "cloud.example/jobs")
    fake = world.folder / "fake" / "log"
    with zk.open_log(
        fake, key=world.folder / "fake" / "cloud.key", schema=zk.schemas.booking, profile="small", meterer=True
    ) as log:
        log.append([{"chip": f"c{i}", "run": "r1", "start": NOW - DAY, "end": NOW, "kind": "idle"} for i in range(3)])
        log.seal()
    with pytest.raises(ZkComplianceError):
        world.prove(jobs=fake)
    unjudged(monkeypatch)
    world.prove(jobs=fake)
    status, said = world.verdict()
    error = said["requirements"][0]["error"]
    assert status == 1 and error["code"] == "signature-rejected", said
    assert said["requirements"][0]["audit_level"] is None


def test_an_older_checkpoint(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of before the cloud sealed a job that the lab does not show: cosigned too long ago, or seen to be older."""
    old = zk.hand_over(world.folder / "cloud", world.folder / "copy", share="1/2")
    zk.receive(old, key=world.folder / "cloud.key.pub")
    shutil.copytree(old, world.folder / "old")
    world.jobs("cloud", "dark")
    world.cosign(1)
    zk.hand_over(world.folder / "cloud", old, share="1/2")
    zk.receive(old, key=world.folder / "cloud.key.pub")
    unjudged(monkeypatch)
    world.prove(jobs=world.folder / "old")
    status, said = world.verdict()
    assert status == 1 and said["requirements"][0]["error"]["code"] == "stale", said
    world.prove(jobs=old)
    assert world.verdict("--state", world.folder / "state")[0] == 0
    loose = (world.folder / "policy.toml").read_text().replace('checkpoint = "30 days"\n', "")
    (world.folder / "policy.toml").write_text(loose)
    monkeypatch.setattr(World, "policy", lambda self, own=False: self.folder / "policy.toml")
    world.prove(jobs=world.folder / "old")
    assert world.verdict()[0] == 0  # by a policy that does not ask how old, and a judge who has seen nothing
    done = run(
        "verify", world.folder / "proof.zkp", "--policy", world.folder / "policy.toml", "--state",
        world.folder / "state",
    )  # fmt: skip
    assert done.exit_code == 3, done.output


def test_segments_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.jobs("cloud", "dark")
    world.cosign(1)
    copy = zk.hand_over(world.folder / "cloud", world.folder / "copy", share="1/2")
    zk.receive(copy, key=world.folder / "cloud.key.pub")
    log = SealedLog.open(copy)
    unjudged(monkeypatch)
    with pytest.raises(ZkComplianceError):
        world.prove(jobs=replace(log, segments=log.segments[:1]))
    monkeypatch.setattr(proving.api, "part_of", lambda given: Part(log, 0, 0))  # as a claim of a range states it
    world.prove(jobs=log)
    with pytest.raises(ZkComplianceError) as refused:
        zk.verify(zk.Proof.load(world.folder / "proof.zkp"), policy=str(world.folder / "policy.toml"))
    assert refused.value.code == "statement-mismatch", refused.value
    shutil.rmtree(copy / "secret" / "segments" / "00000001")
    (copy / "entries").write_bytes((copy / "entries").read_bytes()[:171])
    with pytest.raises(zk.errors.LogCorrupt):
        SealedLog.open(copy)


def test_the_clouds_key_as_the_labs(world: World) -> None:
    """One log does not stand for two."""
    world.cosign(1)
    world.jobs("lab", "c9")
    world.cosign(1, "lab")
    world.prove(own=world.folder / "lab", jobs=world.folder / "cloud")
    done = run(
        "verify", world.folder / "proof.zkp", "--policy", world.folder / "policy.toml", "--log-key",
        f"mine={world.folder / 'cloud.key.pub'}", "--json",
    )  # fmt: skip
    assert done.exit_code != 0 and json.loads(done.stdout)["accepted"] is False
