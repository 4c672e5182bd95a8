"""Forks and rollbacks: noticed by a reader, a verifier and the log's own folder, and shown in a file to hand on."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from tests.kit.command_line import run
from tests.kit.quick_logs import KEY, SCHEMA, quickly, some_rows
from zkcompliance.errors import CheckpointMismatch, LogCorrupt, LogEvidence, MalformedNote, SignatureRejected
from zkcompliance.log import evidence, leftovers, merkle, open_log
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.evidence import FORK, ROLLBACK, Evidence
from zkcompliance.log.fsck import fsck
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.writer import Writer, create_log

ENTRIES = [f"entry {i}".encode() for i in range(12)]
OTHER = [*ENTRIES[:2], b"other", *ENTRIES[3:]]


def signed(size: int, entries: list[bytes] = ENTRIES) -> str:
    return KEY.sign(Checkpoint(KEY.name, size, merkle.root(entries[:size])).body)


def noticed(before: str, after: str, entries: list[bytes] | None) -> LogEvidence:
    with pytest.raises(LogEvidence) as caught:
        evidence.compare(KEY.verifier, before, after, entries)
    assert caught.value.exit_status == 3 and Evidence.parse(caught.value.document).document == caught.value.document
    return caught.value


def test_honest_histories() -> None:
    for old in range(12):
        for new in range(old, 13):
            evidence.compare(KEY.verifier, signed(old), signed(new), ENTRIES[:new])


def test_every_fork_is_shown() -> None:
    """Two histories that part at entry 2: at the same size, and at every pair of sizes, powers of two among them."""
    for old in range(3, 13):
        error = noticed(signed(old), signed(old, OTHER), None)
        assert error.message.startswith("fork of the log lab.example/x")
        for new in range(old + 1, 13):
            found = Evidence.parse(noticed(signed(old), signed(new, OTHER), OTHER[:new]).document)
            assert (found.kind, found.older, found.newer) == (FORK, signed(old), signed(new, OTHER))
            folded = merkle.fold_prefix(old, new, found.proof)
            assert folded == (merkle.root(OTHER[:old]), merkle.root(OTHER[:new]))


def test_a_rollback_is_shown() -> None:
    error = noticed(signed(9), signed(8), ENTRIES[:8])
    found = Evidence.parse(error.document)
    assert (found.kind, found.older, found.newer, found.proof) == (ROLLBACK, signed(8), signed(9), ())
    assert "it shows 8 segments, and 9 had been seen" in error.message


def test_evidence_is_convincing_or_refused() -> None:
    """Nobody can make up evidence against an honest log, nor alter a file that holds."""
    proof = tuple(merkle.prefix_proof(5, ENTRIES[:9]))
    for made in (
        Evidence(FORK, KEY.verifier, signed(5), signed(9), proof),
        Evidence(FORK, KEY.verifier, signed(5), signed(9)),
        Evidence(FORK, KEY.verifier, signed(5), signed(5)),
        Evidence(FORK, KEY.verifier, signed(5), signed(9), (*proof, bytes(32))),
        Evidence(FORK, KEY.verifier, signed(5), signed(9), (bytes(32), *proof[1:])),
        Evidence(ROLLBACK, KEY.verifier, signed(9), signed(5)),
        Evidence(ROLLBACK, KEY.verifier, signed(5), signed(5, OTHER)),
        Evidence(ROLLBACK, KEY.verifier, signed(5), signed(9), proof),
    ):
        with pytest.raises(CheckpointMismatch):
            Evidence.parse(made.document)
    stranger = SignerKey(KEY.name, bytes([1]) * 32)
    with pytest.raises(SignatureRejected):
        Evidence.parse(Evidence(FORK, stranger.verifier, signed(5), signed(5, OTHER)).document)
    good = Evidence(FORK, KEY.verifier, signed(5), signed(5, OTHER)).document
    for bad in ("", "[]", "{}", good + "\n", good.replace("fork", "spoon"), good.replace('"proof": []', '"proof": [1]'),
                good.replace('"proof": []', '"proof": ["AAAA"]'), "[" * 5000, "x" * 70000):  # fmt: skip
        with pytest.raises(MalformedNote):
            Evidence.parse(bad)


# A log's own folder


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of two segments."""
    quickly(monkeypatch)
    create_log(tmp_path / "log", SCHEMA, KEY)
    with Writer(tmp_path / "log", KEY) as writer:
        writer.seal(some_rows(0, 3))
    shutil.copytree(tmp_path / "log", tmp_path / "copy")
    with Writer(tmp_path / "log", KEY) as writer:
        writer.seal(some_rows(10, 3))
    return tmp_path / "log"


def test_an_older_checkpoint_put_back(log: Path, tmp_path: Path) -> None:
    for name in ("checkpoint", "entries"):
        shutil.copy(tmp_path / "copy" / name, log / name)
    with pytest.raises(LogEvidence, match="rollback"):
        open_log(log)
    for path in (log / "secret").glob("pending*"):
        path.unlink()
    with pytest.raises(LogEvidence, match="rollback"):
        Writer(log, KEY)
    found = run("fsck", log)
    assert found.exit_code == 3 and f"help: zkcompliance fsck {log} --evidence FILE" in found.stderr
    found = run("fsck", log, "--evidence", tmp_path / "e.json", "--json")
    assert found.exit_code == 3 and json.loads(found.stdout)["error"]["code"] == "log-evidence"
    assert Evidence.parse((tmp_path / "e.json").read_bytes()).kind == ROLLBACK


def test_a_fork_by_a_copy_of_the_folder(log: Path, tmp_path: Path) -> None:
    """Two copies go on by themselves: putting the public part of one into the other is seen."""
    with Writer(tmp_path / "copy", KEY) as writer:
        writer.seal(some_rows(20, 3))
        for name in ("checkpoint", "entries"):
            shutil.copy(tmp_path / "copy" / name, log / name)
        with pytest.raises(LogEvidence, match="fork") as caught:
            fsck(log)
        assert not Evidence.parse(caught.value.document).proof
        writer.seal(some_rows(30, 3))
    for name in ("checkpoint", "entries"):
        shutil.copy(tmp_path / "copy" / name, log / name)
    with pytest.raises(LogEvidence, match="fork") as caught:
        fsck(log)
    assert Evidence.parse(caught.value.document).proof


def test_another_key_put_in_is_noticed(log: Path) -> None:
    stranger = SignerKey(KEY.name, bytes([1]) * 32)
    text = (log / "settings").read_text()
    (log / "settings").write_text(text.replace(KEY.verifier.text, stranger.verifier.text))
    (log / "checkpoint").write_text(stranger.sign(open_checkpoint(log)))
    with pytest.raises(LogCorrupt, match="another key"):
        open_log(log)


def open_checkpoint(log: Path) -> str:
    return (log / "checkpoint").read_text().partition("\n\n")[0] + "\n"


def test_readers_remember_and_a_public_copy_need_not(log: Path, tmp_path: Path) -> None:
    (log / "secret" / "seen").unlink()
    assert len(open_log(log).segments) == 2
    assert (log / "secret" / "seen").stat().st_mode & 0o777 == 0o600
    shutil.rmtree(tmp_path / "copy")
    shutil.copytree(log, tmp_path / "copy", ignore=shutil.ignore_patterns("secret"))
    assert len(open_log(tmp_path / "copy").segments) == 2 and not (tmp_path / "copy" / "secret").exists()


def test_cosignatures_stay_on_the_checkpoint(log: Path) -> None:
    from zkcompliance.log.cosignature import ED25519
    from zkcompliance.log.signer import CosignerSigner

    cosigner = CosignerSigner("witness.example/1", ED25519, bytes(32))
    with Writer(log, KEY) as writer:
        writer.add_cosignatures([cosigner.line(open_log(log).checkpoint_body, 5)], [cosigner.verifier])
    assert "— witness.example/1 " in open_log(log).checkpoint_note
    assert fsck(log).findings == ()
    with Writer(log, KEY) as writer:
        writer.seal(some_rows(40, 1))
    assert "witness" not in open_log(log).checkpoint_note and len(open_log(log).segments) == 3


# What killed creations leave


def test_abandoned_creations_are_removed(log: Path, tmp_path: Path) -> None:
    old = time.time() - 3600

    def make(name: str, inside: str = "settings", age: float = old) -> Path:
        folder = tmp_path / name
        (folder / "secret").mkdir(parents=True)
        (folder / inside).write_text("")
        for path in (*folder.rglob("*"), folder):
            os.utime(path, (age, age))
        return folder

    gone = [
        make(".new.0123456789ab.tmp"),
        make(".new.0123456789ac.new"),
        make("..new.0123456789ac.new.00112233aabb.tmp"),
    ]
    kept = [make(".new.0123456789ad.tmp", inside="thesis.doc"), make(".new.0123456789ae.tmp", age=time.time()),
            make(".newer.0123456789ab.tmp"), make(".new.short.tmp"), make(".new.0123456789af.tmp")]  # fmt: skip
    held = leftovers.claim(kept[-1])
    (tmp_path / ".new.0123456789b0.tmp").symlink_to(kept[0])
    create_log(tmp_path / "new", SCHEMA, KEY)
    os.close(held)
    assert [p.exists() for p in gone] == [False] * 3 and [p.exists() for p in kept] == [True] * 5
    (tmp_path / "new").rename(tmp_path / "first")
    create_log(tmp_path / "new", SCHEMA, KEY)
    assert not kept[-1].exists()
