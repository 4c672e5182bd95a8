"""Where `refresh`, `compact` and `log retire` are interrupted, held up, led through links, or lack something."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit import support
from zkcompliance import Log, schemas
from zkcompliance.errors import LogBusy, LogCorrupt, LogError, UsageError
from zkcompliance.log import keys, moving, restored
from zkcompliance.log.fsck import fsck
from zkcompliance.log.layout import Layout
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.prove import reseal as resealing
from zkcompliance.prove.own_lineage import lineage_findings
from zkcompliance.prove.reseal import OLD_KEY_LOST, reseal
from zkcompliance.prove.retire import retire
from zkcompliance.stark.commit.budget import KEPT_PROOFS

ROW = {"start": 1767571200, "end": 1767574800, "run": "r", "phase": "pretraining", "flop": 10**20, "method": "hardware"}


def row(number: int) -> dict[str, object]:
    return {**ROW, "flop": 10**20 + number}


def new_key(folder: Path, name: str = "key") -> SignerKey:
    keys.generate(folder / name, "lab.example/a")
    return keys.load_private(folder / name)


def log(at: Path, key: SignerKey, segments: int = 2) -> Path:
    create_log(at, schemas.compute, key, "small")
    with Writer(at, key) as writer:
        for number in range(segments):
            writer.seal([row(number)])
    return at


def rows(path: Path) -> list[int]:
    opened = SealedLog.open(path)
    return [
        int(r["flop"]) - 10**20 for s in opened.segments for r in schemas.decode_rows(opened.schema, s.load_columns())
    ]


def newest(path: Path) -> Path:
    return moving.newest(path, lambda sentence: None)


@pytest.mark.parametrize("merge", [False, True])
def test_a_writer_who_holds_the_log_keeps_it(tmp_path: Path, merge: bool) -> None:
    """In another process; afterwards the log is as it was, and grows."""
    key = new_key(tmp_path)
    old = log(tmp_path / "old", key)
    code = (
        "import sys, zkcompliance as zk\nlog = zk.open_log(sys.argv[1], key=sys.argv[2])\nprint('open', flush=True)\n"
        f"sys.stdin.readline()\nlog.append([{row(2)}])\nlog.seal()\nprint(len(log.sealed().segments))"
    )
    holding = subprocess.Popen(
        [sys.executable, "-c", code, str(old), str(tmp_path / "key")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=support.ENVIRONMENT,
    )  # fmt: skip
    assert holding.stdout is not None and holding.stdout.readline() == "open\n"
    with pytest.raises(LogBusy):
        reseal(old, tmp_path / "new", key, merge=merge)
    assert not (tmp_path / "new").exists() and newest(old) == old
    assert holding.communicate("\n", timeout=120)[0] == "3\n"
    made = reseal(old, tmp_path / "new", key, merge=merge)
    assert rows(made.log.path) == [0, 1, 2]


def test_compact_gives_the_log_to_nobody_in_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer who compacts holds the log all the time: nobody takes it before the new generation is there."""
    key = new_key(tmp_path)
    old = log(tmp_path / "old", key)
    planned = resealing._planned

    def meanwhile(*arguments: object, **more: object) -> object:
        with pytest.raises(LogBusy):
            Writer(old, key)
        return planned(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(resealing, "_planned", meanwhile)
    with Log(old, tmp_path / "key") as held:
        held.append(row(2))
        assert held.compact(tmp_path / "new") and held.path == tmp_path / "new" and held.pending_rows == 1
        held.seal()
    assert rows(tmp_path / "new") == [0, 1, 2]


def test_killed_while_it_proves_it_can_be_done_again(tmp_path: Path) -> None:
    """Where only the units that are kept for it are left: what a killed one spent stays spent, and three may be."""
    key = new_key(tmp_path)
    old = log(tmp_path / "old", key)
    budgets = [segment.budget() for segment in SealedLog.open(old).segments]
    for budget in budgets:
        budget.reserve(budget.remaining(), bytes(32))
    for killed in range(1, KEPT_PROOFS):
        child = os.fork()
        if child == 0:
            resealing.make = lambda *_: os._exit(9)  # type: ignore[attr-defined]
            reseal(old, tmp_path / "new", key, merge=False)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        assert {budget.remaining(last=True) for budget in budgets} == {(KEPT_PROOFS - killed) * budgets[0].units}
    made = reseal(old, tmp_path / "new", key, merge=False)
    assert rows(made.log.path) == [0, 1] and fsck(made.log.path).findings == ()


def test_a_link_above_either_folder(tmp_path: Path) -> None:
    """Where OLD lies below a link, `..` leads elsewhere than its name says: NEW is found, by either name of OLD."""
    key = new_key(tmp_path)
    (tmp_path / "disk/logs").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "disk/logs")
    old = log(tmp_path / "link/old", key)
    reseal(old, tmp_path / "new", key, merge=False)
    assert newest(old) == newest(tmp_path / "disk/logs/old") == tmp_path / "new"
    reseal(tmp_path / "new", tmp_path / "link/third", key, merge=False)
    assert newest(old).samefile(tmp_path / "disk/logs/third")
    assert retire(old).path.samefile(tmp_path / "disk/logs/third")


def test_a_move_that_was_interrupted_under_another_name_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    old = log(tmp_path / "old", key)
    with monkeypatch.context() as patch:
        patch.setattr(moving, "complete", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            reseal(tmp_path / "link/old", tmp_path / "new", key, merge=False)
    assert newest(old) == tmp_path / "new"


def test_retire_asks_for_the_newest_generation(tmp_path: Path) -> None:
    """Not for the next one, whose own rows may be gone already; nothing is removed where the newest is not whole."""
    key = new_key(tmp_path)
    old = log(tmp_path / "old", key)
    for before, after in (("old", "second"), ("second", "third")):
        reseal(tmp_path / before, tmp_path / after, key, merge=False)
    assert retire(tmp_path / "second").path == tmp_path / "third"
    (tmp_path / "third").rename(tmp_path / "gone")
    with pytest.raises(LogError, match="not there"):
        retire(old)
    (tmp_path / "gone").rename(tmp_path / "third")
    seeds = [segment.paths.seed for segment in SealedLog.open(tmp_path / "third").segments]
    kept = seeds[0].read_bytes()
    seeds[0].write_bytes(bytes(32))
    assert fsck(tmp_path / "third").clean, "only a new commitment shows it"
    with pytest.raises(LogCorrupt, match="do not give its commitment"):
        retire(old)
    assert rows(old) == [0, 1]
    seeds[0].write_bytes(kept)
    assert retire(old).path == tmp_path / "third" and not Layout(old).segments.exists()
    assert fsck(old).clean and retire(old).path == tmp_path / "third"


def test_a_key_lost_in_a_later_generation(tmp_path: Path) -> None:
    """Its lineage verifies up to the step that nothing links, and its predecessors can be retired."""
    key, other = new_key(tmp_path), new_key(tmp_path, "other")
    log(tmp_path / "one", key)
    reseal(tmp_path / "one", tmp_path / "two", key, merge=False)
    reseal(tmp_path / "two", tmp_path / "three", other, merge=False, old_key=OLD_KEY_LOST)
    (said,) = lineage_findings(tmp_path / "three")
    assert not said.fault and said.where == "unlinked" and "2 steps" in said.what
    reseal(tmp_path / "three", tmp_path / "four", other, merge=False)
    for name in ("two", "one", "three"):
        assert retire(tmp_path / name).path == tmp_path / "four"


def test_without_its_lineage_a_log_makes_no_further_generation(tmp_path: Path) -> None:
    """A new file would lead from nowhere; the one that the last refresh wrote is put back."""
    key = new_key(tmp_path)
    reseal(log(tmp_path / "one", key), tmp_path / "two", key, merge=False)
    lineage = Layout(tmp_path / "two").lineage
    lineage.rename(tmp_path / "line.zkl")
    with pytest.raises(LogError, match="is missing"):
        reseal(tmp_path / "two", tmp_path / "three", key, merge=False)
    shutil.copy(tmp_path / "line.zkl", lineage)
    reseal(tmp_path / "two", tmp_path / "three", key, merge=False)
    (said,) = lineage_findings(tmp_path / "three")
    assert not said.fault and "2 steps" in said.what


def test_a_deep_check_verifies_the_lineage(tmp_path: Path) -> None:
    key = new_key(tmp_path)
    reseal(log(tmp_path / "one", key), tmp_path / "two", key, merge=False)
    assert lineage_findings(tmp_path / "one") == []
    (said,) = lineage_findings(tmp_path / "two")
    assert not said.fault and said.what.startswith("verifies: 1 step")
    lineage = Layout(tmp_path / "two").lineage
    data = lineage.read_bytes()
    for spoilt in (data[:-1], data + b"x", data[:-40] + bytes(40), b"zkcl\1\0"):
        lineage.write_bytes(spoilt)
        (said,) = lineage_findings(tmp_path / "two")
        assert said.fault and "does not verify" in said.what


def test_nothing_is_spent_beside_a_lineage_that_was_changed(tmp_path: Path) -> None:
    """A verifier would refuse what `prove` made, and every later generation: both stop, and `fsck` says so."""
    key = new_key(tmp_path)
    made = reseal(log(tmp_path / "one", key), tmp_path / "two", key, merge=False)
    spent = [segment.budget().spent() for segment in made.log.segments]
    data = made.lineage.read_bytes()
    made.lineage.write_bytes(data[:-40] + bytes(40))
    with pytest.raises(LogCorrupt, match="not the lineage that was written"):
        zk.prove("training-compute-below", {"compute": made.log}, limit=10**26)
    with pytest.raises(LogCorrupt, match="not the lineage that was written"):
        reseal(made.log.path, tmp_path / "three", key, merge=False)
    assert [segment.budget().spent() for segment in made.log.segments] == spent
    assert [found.where for found in fsck(made.log.path).findings if found.fault] == ["lineage"]
    made.lineage.write_bytes(data)
    proof = zk.prove("training-compute-below", {"compute": made.log}, limit=10**26)
    asked = {"claim": "training-compute-below", "params": {"limit": 10**26}}
    zk.verify(proof, **asked, log_keys={"compute": key.verifier})  # type: ignore[arg-type]


def test_a_log_is_not_marked_as_restored_while_somebody_writes_it(tmp_path: Path) -> None:
    """Who holds it would seal on in it."""
    key = new_key(tmp_path)
    old = log(tmp_path / "old", key)
    with Writer(old, key) as writer:
        with pytest.raises(LogBusy):
            restored.mark(old)
        writer.seal([row(2)])
    restored.mark(old)
    with pytest.raises(LogError, match="put back from a backup"):
        Writer(old, key)


def test_a_removal_that_was_interrupted_is_not_said_to_be_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = new_key(tmp_path)
    old = log(tmp_path / "old", key)
    reseal(old, tmp_path / "new", key, merge=False)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            retire(old)
    assert any("still here" in found.what and "log retire" in found.what for found in fsck(old).findings)
    retire(old)
    assert [found.what for found in fsck(old).findings if found.where == "secret/retired"]


def test_the_new_folder_is_not_in_the_old_one_by_any_name(tmp_path: Path) -> None:
    key = new_key(tmp_path)
    old = log(tmp_path / "old", key)
    (tmp_path / "link").symlink_to(old)
    for inside in (old / "new", tmp_path / "link/new", tmp_path / "link/secret/new"):
        with pytest.raises(UsageError, match="inside the log"):
            reseal(old, inside, key, merge=False)
