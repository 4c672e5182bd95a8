"""`refresh` and `compact` on real log folders, from the command line: a log goes on in its next generation."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.kit.command_line import run
from zkcompliance import schemas
from zkcompliance.log import merkle, open_log
from zkcompliance.log.fsck import fsck
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog

ROW = {
    "start": 1_767_571_200,
    "end": 1_767_571_260,
    "run": "r",
    "phase": "pretraining",
    "flop": "1e20",
    "method": "hardware",
}
LIMIT = ("training-compute-below", "--param", "limit=1e26")


def seal(folder: Path, log: str, count: int, first: int = 0, key: str = "key") -> Any:
    lines = [json.dumps({**ROW, "flop": str(10**20 + first + i)}) for i in range(count)]
    (folder / "rows.jsonl").write_text("\n".join(lines) + "\n")
    return run("seal", folder / "rows.jsonl", "--log", folder / log, "--key", folder / key)


def reseal(folder: Path, verb: str, old: str, new: str, *more: object) -> Any:
    return run(verb, folder / old, "--to", folder / new, "-o", folder / f"{new}.zkl", "--json", *more)


def rows(log: SealedLog) -> list[int]:
    return [int(row["flop"]) for s in log.segments for row in schemas.decode_rows(log.schema, s.load_columns())]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log of three segments, 2 + 1 + 3 rows, and its key."""
    assert run("keygen", "lab.example/a", "-o", tmp_path / "key").exit_code == 0
    first = 0
    for count in (2, 1, 3):
        done = seal(tmp_path, "old", count, first)
        assert done.exit_code == 0, done.output
        first += count
    return tmp_path


@pytest.mark.parametrize(("verb", "segments"), [("refresh", 3), ("compact", 1)])
def test_the_same_rows_again(folder: Path, verb: str, segments: int) -> None:
    before = open_log(folder / "old")
    done = reseal(folder, verb, "old", "new", "--key", folder / "key")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    after = open_log(folder / "new")
    assert (said["segments"], said["proofs"], said["origin"]) == (segments, 1, "lab.example/a/g2")
    assert len(after.segments) == segments and rows(after) == rows(before)
    assert after.checkpoint.succeeds == before.checkpoint and fsck(folder / "new").findings == ()
    assert (folder / "new.zkl").read_bytes() == Layout(folder / "new").lineage.read_bytes()
    assert not {s.seed for s in before.segments} & {s.seed for s in after.segments}


def test_the_old_folder_is_closed_and_leads_on(folder: Path) -> None:
    assert reseal(folder, "compact", "old", "new", "--key", folder / "key").exit_code == 0
    shutil.copytree(folder / "old", folder / "copy")
    done = seal(folder, "old", 1)
    assert done.exit_code == 2 and "closed" in done.stderr and str(folder / "new") in done.stderr
    done = run("check", *LIMIT, "--log", folder / "old")
    assert done.exit_code == 0 and f"goes on as lab.example/a/g2: {folder / 'new'}" in done.stderr
    assert "1, and one proof covers at most 60 of up to 2^3 rows each" in done.stdout
    assert json.loads(run("check", *LIMIT, "--log", folder / "old", "--json").stdout)["one_proof_covers"] == {
        "compute": 60
    }
    done = reseal(folder, "refresh", "old", "other", "--key", folder / "key")
    assert done.exit_code == 2 and not (folder / "other").exists() and str(folder / "new") in done.stderr
    assert seal(folder, "new", 1).exit_code == 0
    shutil.move(folder / "new", folder / "elsewhere")
    done = run("check", *LIMIT, "--log", folder / "old")
    assert done.exit_code == 2 and "is not there" in done.stderr


def test_a_key_signs_one_log(folder: Path) -> None:
    done = seal(folder, "second", 1)
    assert done.exit_code == 2 and "signs another log" in done.stderr and not (folder / "second").exists()
    shutil.copytree(folder / "old", folder / "backup")
    assert reseal(folder, "refresh", "old", "new", "--key", folder / "key").exit_code == 0
    done = reseal(folder, "refresh", "backup", "fork", "--key", folder / "key")
    assert done.exit_code == 2 and "generation 2" in done.stderr and not (folder / "fork").exists()
    done = seal(folder, "backup", 1)
    assert done.exit_code == 2 and "put back from a backup" in done.stderr


def test_a_key_whose_log_never_appeared_is_free(folder: Path) -> None:
    assert run("keygen", "lab.example/b", "-o", folder / "b").exit_code == 0
    (folder / "rows.jsonl").write_text("not json\n")
    assert run("seal", folder / "rows.jsonl", "--log", folder / "never", "--key", folder / "b").exit_code == 2
    assert not (folder / "never").exists()
    assert seal(folder, "other", 1, key="b").exit_code == 0


def test_another_key_of_the_same_name(folder: Path) -> None:
    for name in ("new.key", "third.key"):
        assert run("keygen", "lab.example/a", "-o", folder / name).exit_code == 0
    done = reseal(folder, "refresh", "old", "new", "--key", folder / "new.key")
    assert done.exit_code == 2 and "--old-key" in done.stderr and not (folder / "new").exists()
    rotating = ("--key", folder / "new.key", "--old-key", folder / "third.key")
    assert reseal(folder, "refresh", "old", "new", *rotating).exit_code == 2
    rotating = ("--key", folder / "new.key", "--old-key", folder / "key")
    done = reseal(folder, "compact", "old", "new", *rotating)
    assert done.exit_code == 0, done.output
    note = open_log(folder / "new").checkpoint_note
    assert note.count("\u2014 lab.example/a ") == 2 and json.loads(done.stdout)["linked"]
    assert seal(folder, "new", 1, key="key").exit_code == 2
    assert seal(folder, "new", 1, key="new.key").exit_code == 0
    assert open_log(folder / "new").checkpoint_note.count("\u2014 lab.example/a ") == 1


def test_a_lost_key_links_nothing_and_says_so(folder: Path) -> None:
    assert run("keygen", "lab.example/a", "-o", folder / "new.key").exit_code == 0
    done = reseal(folder, "refresh", "old", "new", "--key", folder / "new.key", "--old-key-lost")
    assert done.exit_code == 0, done.output
    assert "nothing shows that it goes on" in done.stderr and not json.loads(done.stdout)["linked"]
    assert open_log(folder / "new").checkpoint_note.count("\u2014 lab.example/a ") == 1


def test_a_key_of_another_name(folder: Path) -> None:
    assert run("keygen", "lab.example/b", "-o", folder / "b").exit_code == 0
    done = reseal(folder, "refresh", "old", "new", "--key", folder / "b", "--old-key", folder / "key")
    assert done.exit_code == 2 and "signed under one name" in done.stderr


def test_a_failure_leaves_neither_log_nor_proof(folder: Path) -> None:
    old = open_log(folder / "old")
    budget = old.segments[1].budget()
    budget.reserve(budget.remaining(last=True), bytes(32), last=True)
    done = reseal(folder, "compact", "old", "new", "--key", folder / "key")
    assert done.exit_code == 1 and "budget-spent" in done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["key", "key.log", "key.pub", "old", "rows.jsonl"]
    assert seal(folder, "old", 1, 6).exit_code == 0
    assert fsck(folder / "old").findings == ()


def test_prove_leaves_enough_for_a_refresh(folder: Path) -> None:
    budget = open_log(folder / "old").segments[0].budget()
    budget.reserve(budget.remaining(), bytes(32))
    done = run("prove", *LIMIT, "--log", folder / "old", "-o", folder / "p.zkp")
    assert done.exit_code == 1 and "zkcompliance refresh" in done.stderr and not (folder / "p.zkp").exists()
    unchanged = ("rows-unchanged-compute", "--param", "old_segments=3", "--param", "new_segments=3")
    assert run("keygen", "lab.example/b", "-o", folder / "other.key").exit_code == 0
    for first, count in ((0, 2), (2, 1), (3, 3)):
        assert seal(folder, "others", count, first, "other.key").exit_code == 0
    logs = ("--log", f"old={folder / 'old'}", "--log", f"new={folder / 'others'}")
    done = run("prove", *unchanged, *logs, "-o", folder / "u.zkp")
    assert done.exit_code == 1 and "kept for a refresh" in done.stderr, "only a refresh may use the last units"
    done = reseal(folder, "refresh", "old", "new", "--key", folder / "key")
    assert done.exit_code == 0, done.output


def test_rows_that_are_not_sealed_yet_go_along(folder: Path) -> None:
    """Also out of a folder that was put back from a backup, in which nothing may be sealed."""
    from zkcompliance.log import keys
    from zkcompliance.log.writer import Writer

    with Writer(folder / "old", keys.load_private(folder / "key")) as writer:
        writer.append_rows([ROW])
    done = reseal(folder, "compact", "old", "new", "--key", folder / "key")
    assert done.exit_code == 0 and json.loads(done.stdout)["waiting"] == 1, done.output
    assert run("log", "restored", folder / "new").exit_code == 0
    done = run("refresh", folder / "new", "--to", folder / "third", "-o", folder / "third.zkl", "--key", folder / "key")
    assert done.exit_code == 0 and "1 row, as before" in done.output, done.output
    assert seal(folder, "third", 1, 6).exit_code == 0
    assert rows(open_log(folder / "third")) == [10**20 + i for i in (*range(6), 0, 6)]


def test_what_is_whole_is_carried_with_its_budget(folder: Path) -> None:
    """`compact` puts the newer segments together and leaves the one that it made before as it is."""
    assert reseal(folder, "compact", "old", "new", "--key", folder / "key").exit_code == 0
    merged = open_log(folder / "new").segments[0]
    merged.budget().reserve(merged.profile.units, bytes([5] * 32))
    for number in range(2):
        assert seal(folder, "new", 1, 6 + number).exit_code == 0
    done = reseal(folder, "compact", "new", "third", "--key", folder / "key")
    assert done.exit_code == 0, done.output
    said, third = json.loads(done.stdout), open_log(folder / "third")
    assert (said["segments"], said["carried"], said["proofs"], said["origin"]) == (2, 1, 1, "lab.example/a/g3")
    assert third.segments[0].entry == merged.entry and third.segments[0].seed == merged.seed
    assert third.segments[0].budget().spent() == 6 + 2 * merged.profile.units
    assert rows(third) == [10**20 + i for i in range(8)] and fsck(folder / "third").findings == ()
    assert merged.budget().remaining(last=True) == 0
    assert merkle.root([s.entry.encode() for s in third.segments]) == third.checkpoint.root
    done = reseal(folder, "compact", "third", "fourth", "--key", folder / "key")
    assert done.exit_code == 2 and "no segments to put together" in done.stderr


def verify(folder: Path, proof: str, *more: object) -> Any:
    return run("verify", folder / proof, "--claim", *LIMIT, "--log-key", folder / "key.pub", *more)


def test_a_proof_over_a_later_generation_carries_the_lineage(folder: Path) -> None:
    """Whoever trusts the first generation needs nothing else: the lineage is in the proof file."""
    prove = ("prove", *LIMIT, "--log", folder / "old")
    assert run(*prove, "-o", folder / "first.zkp").exit_code == 0
    assert verify(folder, "first.zkp", "--state", folder / "state").exit_code == 0
    assert reseal(folder, "compact", "old", "new", "--key", folder / "key").exit_code == 0
    assert seal(folder, "new", 1, 6).exit_code == 0
    done = run(*prove, "-o", folder / "second.zkp")
    assert done.exit_code == 0 and "goes on as lab.example/a/g2" in done.stderr, done.output
    assert (folder / "new.zkl").read_bytes() in (folder / "second.zkp").read_bytes()
    done = verify(folder, "second.zkp", "--state", folder / "state")
    assert done.exit_code == 0, done.output


def test_retire_removes_secrets_once_the_lineage_verifies(folder: Path) -> None:
    done = run("log", "retire", folder / "old")
    assert done.exit_code == 2 and "newest generation" in done.stderr
    assert reseal(folder, "compact", "old", "new", "--key", folder / "key").exit_code == 0
    kept = rows(open_log(folder / "new"))
    shutil.copytree(folder / "new", folder / "spare")
    path = Layout(folder / "new").lineage
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    done = run("log", "retire", folder / "old")
    assert done.exit_code == 2 and "does not verify" in done.stderr and Layout(folder / "old").segments.is_dir()
    shutil.copyfile(Layout(folder / "spare").lineage, path)
    done = run("log", "retire", folder / "old")
    assert done.exit_code == 0 and str(folder / "new") in done.stdout, done.output
    assert not Layout(folder / "old").segments.exists() and rows(open_log(folder / "new")) == kept
    assert run("log", "retire", folder / "old").exit_code == 0
    assert fsck(folder / "old").clean and fsck(folder / "new").clean
    done = run("fsck", folder / "old")
    assert done.exit_code == 0 and "the rows are gone from here" in done.stdout, done.output
    assert run("check", *LIMIT, "--log", folder / "old").exit_code == 0


def test_a_restored_log_proves_after_a_refresh_only(folder: Path) -> None:
    assert run("log", "restored", folder / "old").exit_code == 0
    prove = ("prove", *LIMIT, "-o", folder / "p.zkp", "--log")
    for done in (run(*prove, folder / "old"), seal(folder, "old", 1, 6)):
        assert done.exit_code == 2 and "put back from a backup" in done.stderr and "refresh" in done.stderr
    done = reseal(folder, "compact", "old", "new", "--key", folder / "key")
    assert done.exit_code == 2 and not (folder / "new").exists(), "what is carried would keep its stale ledger"
    assert reseal(folder, "refresh", "old", "new", "--key", folder / "key").exit_code == 0
    assert run(*prove, folder / "new").exit_code == 0
    assert run("log", "restored", folder / "old").exit_code == 2


def test_a_new_key_is_reached_from_the_old_one_by_the_lineage(folder: Path) -> None:
    """Whoever trusts the old key alone accepts a proof under a new one that the old one introduced, and no other."""
    assert run("keygen", "lab.example/a", "-o", folder / "new.key").exit_code == 0
    shutil.copytree(folder / "old", folder / "spare")
    shutil.copy(folder / "new.key", folder / "lost.key")
    rotating = ("--key", folder / "new.key", "--old-key", folder / "key")
    assert reseal(folder, "compact", "old", "new", *rotating).exit_code == 0
    assert run("prove", *LIMIT, "--log", folder / "new", "-o", folder / "new.zkp").exit_code == 0
    done = verify(folder, "new.zkp")
    assert done.exit_code == 0 and "began with the same rows" in " ".join(done.stdout.split()), done.output
    asked = ("--claim", *LIMIT, "--log-key", folder / "new.key.pub")
    done = run("verify", folder / "new.zkp", *asked)  # who was told of the new key alone is shown what it signed
    assert done.exit_code == 0 and "nothing here shows that its rows" in " ".join(done.stdout.split()), done.output
    done = run("verify", folder / "new.zkp", *asked, "--lineage", folder / "new.zkl")
    assert done.exit_code == 1 and "the lineage leads from it to the newer ones" in done.stderr
    (folder / "model").write_text("weights")
    policy = ("--policy", "eu-ai-act", "--log", folder / "new", "--subject", f"lab/m={folder / 'model'}")
    done = run("prove", *policy, "-o", folder / "policy.zkp")
    assert done.exit_code == 0, done.output
    assert run("fsck", folder / "spare", "--count-spent").exit_code == 0  # a copy knows that its budget was used
    lost = ("--key", folder / "lost.key", "--old-key-lost")
    assert run("log", "restored", folder / "spare").exit_code == 0  # since the refresh above has left
    assert reseal(folder, "refresh", "spare", "other", *lost).exit_code == 0
    assert run("prove", *LIMIT, "--log", folder / "other", "-o", folder / "other.zkp").exit_code == 0
    assert verify(folder, "other.zkp").exit_code == 1
