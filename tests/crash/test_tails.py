"""Every file of a log cut at every byte, and tails filled with zeros: recovered where nothing was acknowledged, noticed
where something was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.kit.quick_logs import KEY, SCHEMA, quickly, some_rows
from zkcompliance.errors import ZkComplianceError
from zkcompliance.log import files, open_log, rows, sealing
from zkcompliance.log.fsck import fsck
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.stark.commit.entry import ENTRY_BYTES


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of one segment, with rows pending."""
    quickly(monkeypatch)
    monkeypatch.setattr(rows, "MAX_ROWS", 8)
    monkeypatch.setattr(files.os, "fsync", lambda _: None)
    create_log(tmp_path / "log", SCHEMA, KEY)
    with Writer(tmp_path / "log", KEY) as writer:
        writer.seal(some_rows(0, 3))
        writer.append_rows(some_rows(100, 10))
    return tmp_path / "log"


@pytest.fixture
def interrupted(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, stopped in a seal of the pending rows as two segments, just before the checkpoint is replaced."""
    snapshot = tmp_path / "interrupted"
    create = files.create

    def copying(path: Path, data: bytes, mode: int = files.PRIVATE) -> None:
        if path.name.startswith(".checkpoint"):
            shutil.copytree(log, snapshot)
        create(path, data, mode)

    with monkeypatch.context() as patch:
        patch.setattr(sealing.files, "create", copying)
        with Writer(log, KEY) as writer:
            writer.seal()
    return snapshot


def recovered(folder: Path) -> tuple[int, int]:
    """(sealed rows, pending rows) after a writer has opened it; there must be no remark, and it can go on."""
    with Writer(folder, KEY) as writer:
        waiting = writer.pending_rows
    assert fsck(folder).findings == ()
    sealed = sum(segment.rows for segment in open_log(folder).segments)
    with Writer(folder, KEY) as writer:
        writer.seal(some_rows(200, 1))
    assert fsck(folder).findings == ()
    return sealed, waiting


@pytest.mark.parametrize("step", [67, pytest.param(1, marks=pytest.mark.long)])
def test_an_interrupted_seal_cut_at_every_byte(interrupted: Path, tmp_path: Path, step: int) -> None:
    """Its files may end anywhere: the seal is finished or dropped, its rows are never lost and never there twice.

    Some bytes and all of the last ones by default, every byte with -m long.
    """
    outcomes = set()
    staged = interrupted / "secret" / "segments"
    for name in ["entries", *(f"secret/segments/{n}/{f}" for n in ("00000001", "00000002") for f in
                              ("rows", "seed", "meta", "budget"))]:  # fmt: skip
        data = (interrupted / name).read_bytes()
        start = ENTRY_BYTES if name == "entries" else 0
        for size in [*range(start, len(data) - 5, step), *range(max(start, len(data) - 5), len(data) + 1)]:
            # A seed of zeros cannot be told from a drawn one; it is durable before the entry, so no crash makes one.
            for filled in (b"",) if name.endswith("seed") else (b"", bytes(len(data) - size)):
                copy = tmp_path / "copy"
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(interrupted, copy)
                (copy / name).write_bytes(data[:size] + filled)
                outcome = recovered(copy)
                assert outcome in ((3, 10), (13, 0)), (name, size)
                outcomes.add(outcome)
    assert outcomes == {(3, 10), (13, 0)} and staged.is_dir()


def test_leftovers_of_every_kind_are_tidied(interrupted: Path) -> None:
    for name in (".checkpoint.00.tmp", "secret/.pending-00000001.00.tmp", "secret/.seen.00.tmp"):
        (interrupted / name).write_bytes(b"x")
        (interrupted / name).chmod(0o600)
    assert recovered(interrupted) == (13, 0)


def test_an_acknowledged_file_cut_at_every_byte_is_noticed(log: Path) -> None:
    """Reading, checking or writing says so; never are fewer rows given as if they were all."""
    for path in sorted(log.rglob("*")):
        if not path.is_file() or path.name == "writer.lock" or path.name.startswith("pending"):
            continue
        data = path.read_bytes()
        for size in [*range(0, len(data) - 48, 11), *range(max(0, len(data) - 48), len(data))]:
            path.write_bytes(data[:size])
            try:
                health = fsck(log)
            except ZkComplianceError as error:
                assert error.exit_status == 2, (path.name, size)
                continue
            assert not health.clean, (path.name, size)
        path.write_bytes(data)
    assert fsck(log).findings == ()


def test_short_writes_are_continued(tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = files.os.write
    with monkeypatch.context() as patch:
        patch.setattr(files.os, "write", lambda descriptor, data: write(descriptor, bytes(data)[:7]))
        with Writer(log, KEY) as writer:
            writer.seal(some_rows(110, 3))
            writer.append_rows(some_rows(120, 2))
    assert recovered(log) == (16, 2)


@pytest.mark.parametrize("error", [28, 122, 30, 5])
def test_a_full_or_read_only_disk_changes_nothing(log: Path, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    """No space, over quota, read-only, input/output error: refused, state as it was, and a retry works."""

    def fail(*_: object) -> None:
        raise OSError(error, "no")

    def contents() -> dict[Path, bytes]:
        return {p: p.read_bytes() for p in log.rglob("*") if p.is_file()}

    before = contents()
    for name in ("write", "fsync"):
        for call in ("append_rows", "seal"):
            with Writer(log, KEY) as writer:
                with monkeypatch.context() as patch, pytest.raises(ZkComplianceError, match="no"):
                    patch.setattr(files.os, name, fail)
                    getattr(writer, call)(some_rows(110, 1))
                assert contents() == before
                if name == "write":  # the same writer goes on
                    assert writer.pending_rows == 10
            assert contents() == before
    with Writer(log, KEY) as writer:
        assert writer.append_rows(some_rows(110, 1)) == 1
    assert recovered(log) == (3, 11)


def test_a_checkpoint_that_may_stand_is_not_signed_twice(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last fsync of a seal fails: the writer closes, so that no second history of that size can come from it."""
    sync, calls = files.sync_dir, []

    def failing(path: Path) -> None:
        calls.append(path)
        if path == log and (log / "checkpoint").read_text().split("\n")[1] == "3":
            raise OSError(5, "Input/output error")
        sync(path)

    writer = Writer(log, KEY)
    with monkeypatch.context() as patch:
        patch.setattr(files, "sync_dir", failing)
        with pytest.raises(ZkComplianceError):
            writer.seal()
    signed = (log / "checkpoint").read_bytes()
    with pytest.raises(ZkComplianceError, match="closed; open the log again"):
        writer.seal(some_rows(110, 1))
    with Writer(log, KEY):
        assert (log / "checkpoint").read_bytes() == signed
    assert recovered(log) == (13, 0)


def test_a_checkpoint_is_signed_when_everything_is_durable(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, seed, ledger, meta, their folders and the entries are fsynced before the key is used; then the note is."""
    events: list[str] = []

    def fsync(descriptor: int) -> None:
        events.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)

    def sign(self: SignerKey, text: str) -> str:
        events.append("SIGN")
        return signing(self, text)

    def replace(self: Path, target: Path) -> Path:
        events.append(f"RENAME {target.name}")
        return renaming(self, target)

    signing, renaming = SignerKey.sign, Path.replace
    with Writer(log, KEY) as writer:
        monkeypatch.setattr(files.os, "fsync", fsync)
        monkeypatch.setattr(SignerKey, "sign", sign)
        monkeypatch.setattr(Path, "replace", replace)
        writer.seal()
    at = events.index("SIGN")
    durable = events[:at]
    for name in ("rows", "seed", "budget", "meta", "00000001", "00000002", "segments", "entries", "log"):
        assert name in durable, (name, events)
    assert durable.index("segments") < durable.index("entries") < at == events.index("RENAME checkpoint") - 2
    assert events[at + 1].startswith(".checkpoint.") and events[at + 3] == "log"
    assert events.count("SIGN") == 1 and not any(event.startswith("RENAME") for event in durable)
