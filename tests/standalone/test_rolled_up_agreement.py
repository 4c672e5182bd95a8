"""Both verifiers on proofs over roll-ups: what is accepted, with a state and without, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.agreement import Answer, Both
from tests.kit.command_line import run
from tests.kit.policy_texts import head, requirement
from tests.kit.rolling import data, parts, roll, seal, whole
from zkcompliance.lineage.rollup import MAGIC

CLAIM = "training-compute-below-rolled-up"
AT = "2099-01-01"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log rolled up in two pieces, its proofs of one claim and of a policy, and the roll-up file from before."""
    path = tmp_path_factory.mktemp("lab")
    for name in ("key", "rolled.key"):
        assert run("keygen", f"lab.example/{name}", "-o", path / name).exit_code == 0
    seal(path, 2)
    roll(path)
    (path / "before.zkr").write_bytes(data(path))
    seal(path, 3, 2)
    roll(path)
    (path / "rolled.zkr").write_bytes(data(path))
    text = head("rolled", "Over a roll-up", subject="none", until="2100-01-01")
    text += '[logs.compute]\nschema = "compute.rollup"\n'
    text += requirement("below", "It is below.", CLAIM, {"compute": "compute"}, 'params.limit = { at_most = "1e26" }')
    (path / "policy.toml").write_text(text)
    given = ("--param", "limit=1e26", "-o", path / "p.zkp")
    for done in (
        run("prove", CLAIM, "--log", path / "rolled", *given),
        run("prove", "--policy", path / "policy.toml", "--log", f"compute={path / 'rolled'}",
            "--param", "below.limit=1e26", "-o", path / "by.zkp"),
    ):  # fmt: skip
        assert done.exit_code == 0, done.output
    return path


def by_claim(lab: Path, *more: str | Path, key: str = "key") -> list[str | Path]:
    return [lab / "p.zkp", "--claim", CLAIM, "--param", "limit=1e26", "--log-key", lab / f"{key}.pub", *more]


def by_policy(lab: Path, *more: str | Path, key: str = "key") -> list[str | Path]:
    return [lab / "by.zkp", "--policy", lab / "policy.toml", "--log-key", lab / f"{key}.pub", *more]


def agreed(both: Both, asked: list[str | Path]) -> Answer:
    installed, alone = both.ask([*asked, "--at", AT, "--json"])
    assert (installed.decision, installed.err) == (alone.decision, alone.err), (installed, alone)
    assert installed.out == alone.out and len(alone.out) > 200
    return alone


@pytest.mark.parametrize("asked", [by_claim, by_policy])
def test_both_say_the_same(both: Both, lab: Path, asked, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    rolled = ("--roll-up", lab / "rolled.zkr")
    accepted = agreed(both, asked(lab, *rolled))
    assert accepted.status == "0" and "stands for the whole of lab.example/key, 2 segments" in accepted.out
    assert agreed(both, asked(lab)).decision == ("1", "not-shown")
    assert agreed(both, asked(lab, "--roll-up", lab / "before.zkr")).decision == ("1", "not-shown")
    assert agreed(both, asked(lab, *rolled, key="rolled.key")).decision == ("1", "signature-rejected")


def test_both_remember_the_same(both: Both, lab: Path, tmp_path: Path) -> None:
    """Both write and read one state at once: what the one verified the other does not verify again."""
    asked = [*by_claim(lab, "--roll-up", lab / "rolled.zkr", "--at", AT), "--json", "--state", tmp_path / "state"]
    assert [each.status for each in both.ask(asked)] == ["0", "0"]
    installed, alone = both.ask(asked)
    assert installed.status == "0" and installed == Answer(alone.status, alone.out, alone.err, installed.work)
    assert '"remembered": "2"' in alone.out and '"program"' in (tmp_path / "state").read_text()


def test_both_refuse_the_same(both: Both, lab: Path, tmp_path: Path) -> None:
    """Files that are cut, changed, mixed up or hostile: one error, in the same words."""
    good = (lab / "rolled.zkr").read_bytes()
    notes, leaves, proofs = parts(good)
    flipped = proofs[0][:-40] + bytes([proofs[0][-40] ^ 1]) + proofs[0][-39:]
    no_number = b"\xff\xff\xff\xff"
    bad = {
        "empty": b"", "cut": good[:-1], "long": good + b"\x00", "other": b"zkcl" + good[4:], "head": MAGIC,
        "swapped": whole(notes, leaves, proofs[::-1]), "twice": whole(notes, leaves, [proofs[0]] * 2),
        "one": whole(notes, leaves, proofs[:1]), "three": whole(notes, leaves, [*proofs, proofs[1]]),
        "flipped": whole(notes, leaves, [flipped, proofs[1]]), "notes": whole(notes[::-1], leaves, proofs),
        "leaves": whole(notes, leaves[::-1], proofs), "length": whole(notes, leaves, [no_number, proofs[1]]),
        "entries": whole(notes, [no_number, leaves[1]], proofs),
    }  # fmt: skip
    for name, file in bad.items():
        (tmp_path / name).write_bytes(file)
        installed, alone = both.ask(by_claim(lab, "--roll-up", tmp_path / name))
        assert (installed.decision, installed.err) == (alone.decision, alone.err), (name, installed, alone)
        assert alone.status in ("1", "2") and alone.work < 5_000, (name, alone)
