"""The log folder: append, seal, read, check; with a quick stand-in for the commitment, and once with the real one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from zkcompliance import schemas
from zkcompliance.errors import BudgetSpent, KeyFileError, LogBusy, LogCorrupt, LogError, SchemaError, UsageError
from zkcompliance.log import keys, note, open_log, rows
from zkcompliance.log.fsck import fsck, raise_if_faulty
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.quantities import Exact

KEY = SignerKey("lab.example/x", bytes(range(32)))


def make_rows(count: int, first: int = 0) -> list[dict[str, object]]:
    return [
        {
            "start": Exact(i),
            "end": Exact(i + 1),
            "run": "canary-7f3a",
            "phase": "pretraining",
            "flop": 10**20 + i,
            "method": "measured",
        }
        for i in range(first, first + count)
    ]


@pytest.fixture
def quick_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deterministic stand-in for `commit`: an entry of the right shape whose root is a hash of table and seed."""
    from zkcompliance.stark.commit import table
    from zkcompliance.stark.commit.entry import Entry
    from zkcompliance.stark.profiles import by_name

    def commit(columns, seed, profile, schema_digest, *, cache=None, progress=None, out=None):
        chosen, k = by_name(profile), columns.shape[1].bit_length() - 1
        assert columns.shape[1] == 1 << k and columns.dtype == np.uint32 and len(seed) == 32
        root = hashlib.sha256(columns.tobytes() + seed).digest()
        return Entry(chosen.id, schema_digest, columns.shape[0], k, chosen.capacity(k), root, (1, 2, 3, 4, 5, 6))

    monkeypatch.setattr(table, "commit", commit)


@pytest.fixture
def log(tmp_path: Path, quick_commit: None) -> Path:
    create_log(tmp_path / "log", schemas.compute, KEY)
    return tmp_path / "log"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_new_log_is_signed_and_empty(log: Path) -> None:
    opened = open_log(log)
    assert (opened.origin, opened.profile, opened.segments, opened.schema) == (
        "lab.example/x",
        "standard",
        (),
        schemas.compute,
    )
    assert note.verify(opened.checkpoint_note, KEY.verifier) == opened.checkpoint_body
    assert opened.checkpoint_body == "lab.example/x\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    with pytest.raises(LogError, match="exists already"):
        create_log(log, schemas.compute, KEY)
    with pytest.raises(LogError, match="not a log"):
        open_log(log.parent)


def test_append_seal_read(log: Path) -> None:
    with Writer(log, KEY) as writer:
        assert writer.append_rows(make_rows(5)) == 5
    with Writer(log, KEY) as writer:
        assert (writer.pending_rows, writer.recovered) == (5, [])
        writer.append_columns([schemas.encode_rows(schemas.compute, make_rows(4, 5))])
        assert writer.seal(make_rows(8, 9)).size == 1
        assert writer.pending_rows == 0
        assert writer.seal(make_rows(1)).size == 2
    opened = open_log(log)
    first, second = opened.segments
    assert [(s.rows, s.load_columns().shape) for s in (first, second)] == [
        (17, (schemas.compute.width, 32)),
        (1, (schemas.compute.width, 8)),
    ]
    columns = first.load_columns()
    assert (columns[:, 17:] == 0).all() and columns[0].sum() == 17
    assert (columns[:, :17] == schemas.encode_rows(schemas.compute, make_rows(17))).all()
    assert first.seed != second.seed and len(first.seed) == 32
    assert opened.proofs_left() == first.budget().proofs_left() >= 64
    health = fsck(log)
    assert (health.clean, health.findings, [s[:2] for s in health.segments]) == (True, (), [(0, 17), (1, 1)])


def test_every_secret_is_private_whatever_the_umask(tmp_path: Path, quick_commit: None) -> None:
    old = os.umask(0)
    try:
        create_log(tmp_path / "log", schemas.compute, KEY)
        with Writer(tmp_path / "log", KEY) as writer:
            writer.append_rows(make_rows(3))
            writer.seal()
            writer.append_rows(make_rows(3))
    finally:
        os.umask(old)
    secret = tmp_path / "log" / "secret"
    for path in (secret, *secret.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    for path in (tmp_path / "log").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o022 == 0, path
    (secret / "segments" / "00000000" / "seed").chmod(0o640)
    with pytest.raises(LogCorrupt, match="others"):
        _ = open_log(tmp_path / "log").segments[0].seed
    assert any("others have access" in f.what for f in fsck(tmp_path / "log").findings)


def test_nothing_private_is_public(log: Path) -> None:
    with Writer(log, KEY) as writer:
        writer.seal(make_rows(17))
    digest = hashlib.sha256(b"canary-7f3a").digest()[:16]
    for name, data in contents(log).items():
        if not name.startswith("secret"):
            assert b"canary" not in data and digest not in data


def test_a_refused_row_changes_nothing(log: Path) -> None:
    with Writer(log, KEY) as writer:
        writer.append_rows(make_rows(2))
        before = contents(log)
        for call in (writer.append_rows, writer.seal):
            with pytest.raises(SchemaError, match="row 9003, column flop: is negative"):
                call([*make_rows(9002), {**make_rows(1)[0], "flop": -1}])
            assert contents(log) == before
        with pytest.raises(SchemaError):
            writer.append_columns([np.zeros((schemas.compute.width, 4), np.uint32)])
        assert (contents(log), writer.pending_rows) == (before, 2)


def test_a_seal_that_fails_changes_nothing(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from zkcompliance.stark.commit import table

    with Writer(log, KEY) as writer:
        writer.append_rows(make_rows(2))
        before = contents(log)

        def fail(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        good = table.commit
        monkeypatch.setattr(table, "commit", fail)
        with pytest.raises(LogError, match="No space left"):
            writer.seal(make_rows(3))
        assert contents(log) == before
        monkeypatch.setattr(table, "commit", good)
        assert writer.seal(make_rows(3)).size == 1
    assert open_log(log).segments[0].rows == 5


def test_nothing_to_seal(log: Path) -> None:
    with Writer(log, KEY) as writer, pytest.raises(UsageError, match="nothing to seal"):
        writer.seal()
    with pytest.raises(LogError, match="closed"):
        writer.append_rows(make_rows(1))


def test_more_rows_than_a_segment_holds(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROWS", 16)
    with Writer(log, KEY) as writer:
        writer.append_rows(make_rows(9))
        assert writer.seal(make_rows(30, 9)).size == 3
    opened = open_log(log)
    assert [s.rows for s in opened.segments] == [16, 16, 7]
    back = [row["start"] for s in opened.segments for row in schemas.decode_rows(schemas.compute, s.load_columns())]
    assert back == list(range(39))


def test_one_writer_at_a_time(log: Path) -> None:
    code = (
        "import sys; from zkcompliance.log.writer import Writer; from zkcompliance.log.signer import SignerKey\n"
        f"Writer({str(log)!r}, SignerKey('lab.example/x', bytes(range(32))))"
    )
    with Writer(log, KEY):
        with pytest.raises(LogBusy):
            Writer(log, KEY)
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert "LogBusy" in other.stderr
        assert open_log(log).checkpoint.size == 0
    Writer(log, KEY).close()
    with pytest.raises(KeyFileError, match="another key"):
        Writer(log, SignerKey("lab.example/x", bytes(32)))


def test_damage_is_found(log: Path) -> None:
    with Writer(log, KEY) as writer:
        writer.seal(make_rows(9))
        writer.seal(make_rows(9))
    good = contents(log)
    for name, data in good.items():
        if "pending" in name or "lock" in name:
            continue
        for position in {0, len(data) // 3, len(data) // 2, len(data) - 1}:
            altered = bytearray(data)
            altered[position] ^= 1
            (log / name).write_bytes(altered)
            if name.endswith("seed"):
                continue  # only `deep` can tell
            with contextlib.suppress(LogError, SchemaError):
                assert not fsck(log).clean, (name, position)
        (log / name).write_bytes(data)
    (log / "secret/segments/00000001/rows").unlink()
    with pytest.raises(LogCorrupt, match="segment 1"):
        raise_if_faulty(fsck(log))


def test_a_public_copy_reads_but_cannot_prove(log: Path, tmp_path: Path) -> None:
    with Writer(log, KEY) as writer:
        writer.seal(make_rows(9))
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("settings", "schema", "entries", "checkpoint"):
        (copy / name).write_bytes((log / name).read_bytes())
    assert open_log(copy).segments[0].entry == open_log(log).segments[0].entry
    with pytest.raises(LogError):
        open_log(copy).segments[0].load_columns()
    assert not fsck(copy).clean


def test_another_segments_files_are_noticed(log: Path) -> None:
    with Writer(log, KEY) as writer:
        writer.seal(make_rows(9))
        writer.seal(make_rows(9))
    folder = log / "secret" / "segments"
    (folder / "00000000").rename(folder / "x")
    (folder / "00000001").rename(folder / "00000000")
    (folder / "x").rename(folder / "00000001")
    with pytest.raises(LogCorrupt):
        open_log(log).segments[0].load_columns()
    with pytest.raises(LogCorrupt):
        open_log(log).segments[0].budget().reserve(86, bytes(32))


@pytest.mark.parametrize("profile", ["standard", "fast", "small"])
def test_with_the_real_commitment(tmp_path: Path, profile: str) -> None:
    key_path = tmp_path / "k"
    keys.generate(key_path, "lab.example/y")
    key = keys.load_private(key_path)
    create_log(tmp_path / "log", schemas.compute, key, profile)
    with Writer(tmp_path / "log", key) as writer:
        writer.seal(make_rows(20))
    assert fsck(tmp_path / "log", deep=True).clean
    segment = open_log(tmp_path / "log").segments[0]
    for cache in segment.cache.parent.glob("cache.*"):
        assert stat.S_IMODE(cache.stat().st_mode) == 0o600
    budget = segment.budget()
    for i in range(budget.proofs_left()):
        budget.reserve(budget.units, bytes([i]) * 32)
    with pytest.raises(BudgetSpent, match="segment 0"):
        budget.reserve(budget.units, b"\xff" * 32)
    seed = bytearray(segment.paths.seed.read_bytes())
    seed[0] ^= 1
    segment.paths.seed.write_bytes(seed)
    assert fsck(tmp_path / "log").clean and not fsck(tmp_path / "log", deep=True).clean
