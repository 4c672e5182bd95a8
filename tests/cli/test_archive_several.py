"""`archive` of several labs under a cap, of a streak, and with signed verdicts: each comes out the same, or says what
was changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.kit import attesting
from tests.kit.command_line import run
from tests.kit.joint_labs import ALLOWANCES, SPENT, World
from tests.kit.streaks import Months
from zkcompliance.archive import box, judging
from zkcompliance.errors import ArchiveChanged, MalformedArchive, SignatureRejected, StatementMismatch

WHO = "https://alpha.example/verifier/1"


def again(files: Mapping[str, bytes]) -> judging.Again:
    return judging.again(box.pack(files), b"", clock=0)


@pytest.fixture(scope="module")
def cap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three labs' proofs, and the joint file."""
    world = World(tmp_path_factory.mktemp("cap"))
    computes = {lab: world.spend(lab, SPENT[lab]) for lab in ALLOWANCES}
    ab = world.note("a", "b", [{"serial": 1, "giver": "b", "taker": "a", "amount": 3}])
    bc = world.note("b", "c", [])
    (world.folder / "cap.toml").write_text(world.text())
    for lab, notes in (("a", [ab]), ("b", [ab, bc]), ("c", [bc])):
        (world.folder / f"{lab}.zkp").write_bytes(world.prove(lab, [computes[lab]], notes))
    return world.folder


def test_a_cap_over_several_labs(cap: Path, tmp_path: Path) -> None:
    proofs, case = [cap / f"{lab}.zkp" for lab in ALLOWANCES], tmp_path / "case.zip"
    done = run("archive", *proofs, "--joint", cap / "cap.toml", "-o", case)
    assert done.exit_code == 0 and "ACCEPTED: a, b and c together spent at most 20 FLOP that count" in done.output, (
        done.output
    )
    told = run("archive", "verify", case)
    assert told.exit_code == 0 and "The same verdict: ACCEPTED" in told.output, told.output
    files = box.unpack(case.read_bytes())
    assert {"joint.toml", "verdict.txt", "proofs/1.zkp", "proofs/3.zkp"} <= set(files)
    command = "zkcompliance verify proofs/1.zkp proofs/2.zkp proofs/3.zkp --joint joint.toml --at"
    assert command in files["README.txt"].decode()
    with pytest.raises(ArchiveChanged, match="differs"):
        again({**files, "joint.toml": files["joint.toml"] + b"# another\n"})
    with pytest.raises(ArchiveChanged, match="differs"):
        again({**files, "proofs/2.zkp": files["proofs/1.zkp"]})
    document = json.loads(files["case.json"])
    for name, given in (
        ("options", ["--joint", "/etc/passwd", "--at", "2026-04-02"]), ("options", document["options"][:2]),
        ("options", [*document["options"], "--log-key", "x"]), ("proofs", ["proofs/1.zkp", "/etc/passwd"]),
        ("proofs", ["proof.zkp"]), ("proofs", 1), ("proofs", []), ("options", document["options"][2:]),
    ):  # fmt: skip
        with pytest.raises((MalformedArchive, ArchiveChanged)):
            again({**files, "case.json": json.dumps({**document, name: given}).encode()})


def test_a_cap_that_is_broken_is_filed_too(cap: Path, tmp_path: Path) -> None:
    case = tmp_path / "case.zip"
    assert run("archive", cap / "a.zkp", cap / "b.zkp", "--joint", cap / "cap.toml", "-o", case).exit_code == 1
    told = run("archive", "verify", case)
    assert told.exit_code == 1 and "The same verdict: NOT ACCEPTED" in told.output
    assert "labs: c is left out" in told.output


def test_a_streak_and_who_signed_it(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    months = Months(tmp_path_factory.mktemp("months"), 2)
    asked = ("--policy", months.policy_file, "--log-key", months.key)
    key = attesting.signing_key(tmp_path, "ed25519")
    (tmp_path / "pub.pem").write_text(key.public.pem)
    signing = ("--sign", tmp_path / "ed25519-1.pem", "--verifier", WHO, "-o")
    assert run("streak", *months.files, *asked, *signing, tmp_path / "streak.json").exit_code == 0
    kept = ("--signed", tmp_path / "streak.json", "--signed-key", tmp_path / "pub.pem")
    case, one = tmp_path / "case.zip", tmp_path / "one.zip"
    done = run("archive", *months.files, "--streak", *asked, *kept, "-o", case)
    assert done.exit_code == 0 and "Accepted: 2 periods" in done.output, done.output
    told = run("archive", "verify", case)
    assert told.exit_code == 0 and "1 signed verdict, by a key in it, on these files" in told.output, told.output
    files = box.unpack(case.read_bytes())
    assert files["verdict.html"].startswith(b"<!doctype html>") and "signed/1.pub.pem" in files
    with pytest.raises(SignatureRejected):
        other = attesting.signing_key(tmp_path, "ecdsa", 2)
        again({**files, "signed/1.pub.pem": other.public.pem.encode()})
    with pytest.raises(MalformedArchive, match="numbered from 1"):
        again({**files, "signed/9.json": files["signed/1.json"]})
    with pytest.raises(ArchiveChanged):
        again({**files, "proofs/2.zkp": files["proofs/1.zkp"]})

    stated = ("--at", "2026-01-12")  # one proof and its verdict, which is no verdict on the other
    where = tmp_path / "january.json"
    assert run("verify", months.files[0], *asked, *stated, *signing, where).exit_code == 0
    single = ("--signed", where, "--signed-key", tmp_path / "pub.pem")
    assert run("archive", months.files[0], *asked, *stated, *single, "-o", one).exit_code == 0
    assert again(box.unpack(one.read_bytes())).signed == 1
    wrong = run("archive", months.files[1], *asked, "--at", "2026-02-12", *single, "-o", tmp_path / "wrong.zip")
    assert wrong.exit_code == 1 and "is a signed verdict of other files" in wrong.output
    assert not (tmp_path / "wrong.zip").exists()
    with pytest.raises(StatementMismatch):
        again({**files, "signed/1.json": where.read_bytes()})
    joint = ("--streak", "--joint", months.policy_file)
    for many in ((), joint, ("--streak", "--context", "x"), ("--streak", *kept[:2])):
        assert run("archive", *months.files, *many, *asked, "-o", tmp_path / "no.zip").exit_code == 2
