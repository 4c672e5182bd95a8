"""Requests for proofs: made, answered, and held against what comes; and what is refused of them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit import requesting
from tests.kit.command_line import ok, run
from tests.kit.requesting import ask, prove
from zkcompliance import errors
from zkcompliance.log.keys import load_private
from zkcompliance.request.proof import ProofRequest, draw


@dataclass(frozen=True)
class Desk:
    """folder: a policy, a log `north` with its key, an asker's key, a signed request for it, and its answer."""

    folder: Path
    request: ProofRequest

    @property
    def policy(self) -> Path:
        return self.folder / "policy.toml"

    @property
    def file(self) -> Path:
        return self.folder / "r.toml"

    @property
    def proof(self) -> Path:
        return self.folder / "r.zkp"

    @property
    def north(self) -> Path:
        return self.folder / "north"

    @property
    def key(self) -> Path:
        return self.folder / "asker.key"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("desk")
    policy = requesting.policy(folder / "policy.toml")
    north = requesting.log(folder, "north")
    ok("keygen", "regulator.example/ask", "-o", folder / "asker.key")
    keys = ("--log-key", f"jobs={folder}/north.key.pub", "--key", folder / "asker.key")
    made = ask(folder / "r.toml", policy, *keys, "--context", "FILE-7")
    prove(folder / "r.zkp", policy, north, "--request", folder / "r.toml", "--asker", folder / "asker.key.pub")
    return Desk(folder, made)


def test_a_request_is_made(desk: Desk) -> None:
    made = desk.request
    assert made.reference.startswith("FILE-7-") and len(made.reference) == 7 + 32
    assert made.asker == load_private(desk.key).verifier and made.lab == "north" and made.policy == "yearly@1"
    assert abs(made.made - time.time()) < 600 and made.answer_by - made.made in (14 * 86400, 14 * 86400 - 1)
    assert [key.name for key in made.keys["jobs"]] == ["north.example/compute"]


def test_a_proof_against_it_is_verified_with_it(desk: Desk) -> None:
    """Nothing else is given: reference, the moment of drawing and keys are the request's, and the policy needs them."""
    met = run("verify", desk.proof, "--policy", desk.policy, "--request", desk.file, "--json")
    assert met.exit_code == 0, met.output
    assert json.loads(met.stdout)["reference"] == desk.request.reference.encode().hex()
    bare = run("verify", desk.proof, "--policy", desk.policy, "--log-key", f"jobs={desk.folder}/north.key.pub")
    assert bare.exit_code == 4 and "requires a reference that you drew" in " ".join(bare.stderr.split())
    same = ("--context", desk.request.reference, "--log-key", f"jobs={desk.folder}/north.key.pub")
    assert run("verify", desk.proof, "--policy", desk.policy, "--request", desk.file, *same).exit_code == 0
    other = run("verify", desk.proof, "--policy", desk.policy, "--request", desk.file, "--context", "another")
    assert other.exit_code == 2 and "--context is another" in " ".join(other.stderr.split())
    early = run(
        "verify", desk.proof, "--policy", desk.policy, "--request", desk.file, *same[:2], "--drawn", "2026-01-01"
    )
    assert early.exit_code == 2 and "--drawn is another" in " ".join(early.stderr.split())


def test_in_python(desk: Desk, tmp_path: Path) -> None:
    made = zk.prove(policy=desk.policy, logs={"jobs": desk.north}, request=desk.file)
    assert zk.verify(made, policy=desk.policy, requests=[desk.file]).accepted
    with pytest.raises(errors.UsageError, match="neither with context="):
        zk.prove(policy=desk.policy, logs={"jobs": desk.north}, request=desk.file, context="mine")
    with pytest.raises(errors.UsageError, match="two requests for a proof"):
        zk.verify(made, policy=desk.policy, requests=[desk.file, desk.file])


def test_an_archive_keeps_it(desk: Desk, tmp_path: Path) -> None:
    case = tmp_path / "case.zip"
    made = run("archive", desk.proof, "--policy", desk.policy, "--request", desk.file, "-o", case)
    assert made.exit_code == 0, made.output
    assert run("archive", "verify", case).exit_code == 0


def test_a_request_changed_on_the_way(desk: Desk, tmp_path: Path) -> None:
    """Signed, every change is refused; an unsigned one is found out by the asker, who has the genuine one."""
    path, no, text = tmp_path / "r.toml", tmp_path / "no", desk.file.read_text()
    for old, new in (
        ('lab = "north"', 'lab = "south"'), (desk.request.reference[-4:], "0000"), ("yearly@1", "yearly@2"),
        (desk.request.policy_digest.hex(), "00" * 32), ("north.example", "norht.example"),
    ):  # fmt: skip
        assert old in text
        path.write_text(text.replace(old, new))
        refused = run("prove", "--policy", desk.policy, "--log", f"jobs={desk.north}", "--request", path, "-o", no)
        assert refused.exit_code in (1, 2) and not no.exists()
        assert "signature-rejected" in refused.stderr or "malformed-request" in refused.stderr, refused.stderr
    unsigned = replace(desk.request, asker=None, signature=b"", reference=draw("FILE-7"))
    path.write_bytes(unsigned.encode())
    refused = run(
        "prove", "--policy", desk.policy, "--log", f"jobs={desk.north}", "--request", path, "-o", tmp_path / "no",
        "--asker", f"{desk.key}.pub",
    )  # fmt: skip
    assert refused.exit_code == 1 and "signed by nobody" in " ".join(refused.stderr.split())
    taken = prove(tmp_path / "p.zkp", desk.policy, desk.north, "--request", path)  # who does not ask who signed
    judged = run("verify", taken, "--policy", desk.policy, "--request", desk.file)
    assert judged.exit_code == 1 and "you asked for" in " ".join(judged.stdout.split())


def test_an_old_proof_for_a_new_request(desk: Desk, tmp_path: Path) -> None:
    """It is bound to the earlier reference, which it cannot get rid of. By the keys and the policy alone it is met."""
    new = ask(tmp_path / "new.toml", desk.policy, "--log-key", f"jobs={desk.folder}/north.key.pub")
    assert new.reference != desk.request.reference and new.asker is None
    judged = run("verify", desk.proof, "--policy", desk.policy, "--request", tmp_path / "new.toml")
    assert judged.exit_code == 1 and new.reference in judged.stdout.replace("\n", "").replace(" ", "")
    assert run("verify", desk.proof, "--policy", desk.policy, "--request", desk.file).exit_code == 0


def test_a_request_of_somebody_else(desk: Desk, tmp_path: Path) -> None:
    """Their signature is genuine, and theirs: who names the asker takes none of it."""
    ok("keygen", "other.example/ask", "-o", tmp_path / "other.key")
    ask(tmp_path / "r.toml", desk.policy, "--key", tmp_path / "other.key")
    options = ("prove", "--policy", desk.policy, "--log", f"jobs={desk.north}", "--request", tmp_path / "r.toml")
    refused = run(*options, "-o", tmp_path / "no", "--asker", f"{desk.key}.pub")
    assert refused.exit_code == 1 and "signature-rejected" in refused.stderr and not (tmp_path / "no").exists()
    text = (tmp_path / "r.toml").read_text()
    ours = text.replace(load_private(tmp_path / "other.key").verifier.text, load_private(desk.key).verifier.text)
    (tmp_path / "r.toml").write_text(ours)
    assert run(*options, "-o", tmp_path / "no").exit_code == 1  # their signature under our name


def test_what_does_not_fit_is_refused(desk: Desk, tmp_path: Path) -> None:
    """Another policy's text, logs of other keys, what makes no sense together."""
    other = requesting.policy(tmp_path / "other.toml", rows=2)
    requesting.log(tmp_path, "south")
    proving = ("prove", "--request", desk.file, "-o", tmp_path / "no")
    for options, why in (
        (("--policy", other, "--log", f"jobs={desk.north}"), "take the very file"),
        (("--policy", desk.policy, "--log", f"jobs={tmp_path}/south"), "names north.example/compute"),
        (("--policy", desk.policy, "--log", f"jobs={desk.north}", "--context", "x"), "neither --context"),
        (("log-floor-compute", "--log", desk.north), "--request goes with --policy"),
    ):
        refused = run(*proving, *options)
        assert refused.exit_code == 2 and why in " ".join(refused.stderr.split()), refused.output
    for options, why in (
        (("--policy", other), "take the very file"),
        (("--policy", desk.policy, "--log-key", f"jobs={tmp_path}/south.key.pub"), "names north.example/compute"),
    ):
        refused = run("verify", desk.proof, "--request", desk.file, *options)
        assert refused.exit_code == 2 and why in " ".join(refused.stderr.split()), refused.output
    rehearsed = run("verify", desk.proof, "--policy", desk.policy, "--request", desk.file, "--rehearsal")
    assert rehearsed.exit_code == 2 and "no request is answered by a rehearsal" in " ".join(rehearsed.stderr.split())
    asking = ("request", "new", "-o", tmp_path / "no", "--due", "1 day")
    for options in (
        (), ("--policy", desk.policy), ("--policy", desk.policy, "--lab", "x", "--open", "3"), ("--open", "3"),
        ("--policy", desk.policy, "--lab", "x", "--state", tmp_path / "s"), ("--policy", desk.policy, "--lab", ""),
    ):  # fmt: skip
        assert run(*asking, *options).exit_code == 2, options
    assert not (tmp_path / "no").exists()


def test_a_day_that_is_over_is_said(desk: Desk, tmp_path: Path) -> None:
    late = replace(desk.request, made=1_700_000_000, answer_by=1_700_000_001).signed_by(load_private(desk.key))
    (tmp_path / "r.toml").write_bytes(late.encode())
    options = ("prove", "--policy", desk.policy, "--log", f"jobs={desk.north}", "--request", tmp_path / "r.toml")
    said = run(*options, "-o", tmp_path / "p.zkp")
    assert said.exit_code == 0 and "which is over" in " ".join(said.stderr.split())


def test_one_form(desk: Desk) -> None:
    """Every other text of the same request is refused, and none ends in anything but a typed error."""
    data = desk.request.encode()
    assert ProofRequest.decode(data) == desk.request
    for place in range(len(data)):
        for other in (data[:place], data[:place] + data[place + 1 :], data[:place] + b"\n" + data[place:]):
            with pytest.raises((errors.MalformedRequest, errors.SignatureRejected)):
                ProofRequest.decode(other)
        flipped = bytearray(data)
        flipped[place] ^= 1
        with pytest.raises((errors.MalformedRequest, errors.SignatureRejected)):
            ProofRequest.decode(bytes(flipped))
    guessable = replace(desk.request, asker=None, signature=b"", reference="FILE-7")
    with pytest.raises(errors.MalformedRequest, match="that were drawn"):
        ProofRequest.decode(guessable.encode())


def test_no_two_requests_draw_the_same() -> None:
    assert len({draw() for _ in range(1000)}) == 1000
