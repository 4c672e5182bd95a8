"""What lies in a log's folder in place of its files: links, pipes, snapshots by hard links, ledgers put back."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.kit.quick_logs import KEY, SCHEMA, quickly, some_rows
from zkcompliance.edge import regular
from zkcompliance.errors import LogCorrupt, LogError, ZkComplianceError
from zkcompliance.log import open_log, spent
from zkcompliance.log.fsck import fsck
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.stark.commit.budget import Budget

SEGMENT = "secret/segments/00000000"
SECRETS = [f"{SEGMENT}/{name}" for name in ("rows", "seed", "meta", "budget")]
PUBLIC = ["settings", "schema", "entries", "checkpoint"]
WRITERS = ["secret/writer.lock", "secret/seen", "secret/pending-00000001"]
FOLDERS = ["secret", "secret/segments", SEGMENT]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of one segment of which a proof was made, with rows pending."""
    quickly(monkeypatch)
    monkeypatch.setattr(spent, "state_folder", lambda: tmp_path / "state" / "spent")
    create_log(tmp_path / "log", SCHEMA, KEY)
    with Writer(tmp_path / "log", KEY) as writer:
        writer.seal(some_rows(0, 3))
        writer.append_rows(some_rows(10, 2))
    open_log(tmp_path / "log").segments[0].budget().reserve(86, bytes(32))
    return tmp_path / "log"


def use(log: Path) -> None:
    """All that a prover and a writer read and write, and last the check; the first error is raised."""
    (segment,) = open_log(log).segments
    assert segment.load_columns().shape[1] == 8 and len(segment.seed) == 32 and segment.rows == 3
    segment.budget().reserve(86, os.urandom(32))
    with Writer(log, KEY) as writer:
        writer.append_rows(some_rows(20, 1))
    health = fsck(log)
    assert health.clean, health.findings


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("name", [*SECRETS, *PUBLIC, *WRITERS, *FOLDERS, "secret/spent-00000000"])
def test_nothing_is_followed_through_a_link(log: Path, tmp_path: Path, name: str) -> None:
    use(log)
    (log / name).rename(tmp_path / "elsewhere")
    (log / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ZkComplianceError, match=r"link|folder of the log"):
        use(log)
    try:
        assert not fsck(log).clean
    except LogError as error:
        assert "link" in error.message


@pytest.mark.parametrize("name", [*SECRETS, *PUBLIC, *WRITERS, "secret/spent-00000000"])
@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_nothing_waits_for_a_pipe(log: Path, name: str, kind: str) -> None:
    (log / name).unlink()
    if kind == "fifo":
        os.mkfifo(log / name, 0o600)
    else:
        (log / name).mkdir(mode=0o700)
    with pytest.raises(ZkComplianceError, match="not a regular file"):
        use(log)
    try:
        assert not fsck(log).clean
    except LogError as error:
        assert "not a regular file" in error.message


@pytest.mark.parametrize("name", SECRETS)
def test_a_private_file_is_its_owners_alone(log: Path, name: str) -> None:
    (log / name).chmod(0o640)
    with pytest.raises(LogCorrupt, match="others") as caught:
        use(log)
    assert caught.value.help.startswith("chmod 600 ")
    (log / name).chmod(0o600)
    use(log)
    if os.geteuid() == 0:
        os.chown(log / name, 12345, -1)
        with pytest.raises(LogCorrupt, match="another user"):
            use(log)
        assert any("another user" in finding.what for finding in fsck(log).findings)


def test_a_file_that_is_too_long_is_not_read(log: Path) -> None:
    os.truncate(log / SEGMENT / "rows", 1 << 40)
    with pytest.raises(LogCorrupt, match="longer than"):
        open_log(log).segments[0].load_columns()


def test_a_snapshot_by_hard_links_stays_as_it_was(log: Path, tmp_path: Path) -> None:
    """Also one that is made while a writer has the log open, and in the middle of a batch."""

    def link(name: str) -> tuple[Path, dict[str, bytes]]:
        shutil.copytree(log, tmp_path / name, copy_function=os.link)
        return tmp_path / name, snapshot(tmp_path / name)

    made = [link("before")]
    with Writer(log, KEY) as writer:
        made.append(link("open"))
        writer.append_rows(some_rows(20, 1))
        made.append(link("appended"))
        writer.seal(some_rows(30, 1))
        made.append(link("sealed"))
        open_log(log).segments[0].budget().reserve(86, os.urandom(32))
        made.append(link("proved"))
        writer.append_rows(some_rows(40, 1))
        writer.seal()
    for folder, held in made:
        assert snapshot(folder) == held, folder.name
    assert fsck(log).findings == () and len(open_log(log).segments) == 3
    shutil.rmtree(log)
    made[3][0].rename(log)
    (log / "secret" / "seen").unlink()
    with pytest.raises(LogCorrupt, match="older than what was proved"):
        open_log(log).segments[0].budget().reserve(86, os.urandom(32))


# Ledgers put back


def put_back(log: Path) -> bytes:
    """The ledger cut back to its header, as if nothing had been proved; what it was."""
    ledger = log / SEGMENT / "budget"
    held = ledger.read_bytes()
    ledger.write_bytes(held[:48])
    return held


@pytest.mark.parametrize("left", ["both", "folder", "user"])
def test_a_ledger_put_back_is_noticed_by_any_record(log: Path, tmp_path: Path, left: str) -> None:
    if left == "user":
        (log / "secret" / "spent-00000000").unlink()
    if left == "folder":
        shutil.rmtree(tmp_path / "state")
    held = put_back(log)
    budget = open_log(log).segments[0].budget()
    for attempt in (lambda: budget.reserve(86, bytes(32)), lambda: budget.check(86)):
        with pytest.raises(LogCorrupt, match="6 units as ever spent") as caught:
            attempt()
        assert caught.value.help == f"zkcompliance fsck {log} --count-spent"
    assert (log / SEGMENT / "budget").read_bytes() == held[:48]
    assert any("put back to an older state" in f.what and f.fault for f in fsck(log).findings)
    assert budget.catch_up() == 86 and budget.catch_up() == 0
    budget.reserve(86, bytes(32))
    assert budget.spent() == 6 + 2 * 86 and fsck(log).clean


def test_without_any_record_nothing_can_be_noticed(log: Path, tmp_path: Path) -> None:
    (log / "secret" / "spent-00000000").unlink()
    shutil.rmtree(tmp_path / "state")
    put_back(log)
    open_log(log).segments[0].budget().reserve(86, bytes(32))


def test_a_copy_shares_the_budget_through_the_users_record(log: Path, tmp_path: Path) -> None:
    shutil.copytree(log, tmp_path / "copy")
    open_log(log).segments[0].budget().reserve(86, os.urandom(32))
    with pytest.raises(LogCorrupt, match="another copy of this log"):
        open_log(tmp_path / "copy").segments[0].budget().reserve(86, os.urandom(32))


def test_two_copies_never_prove_at_the_same_moment(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither looks at the record while the other is between its look and its word."""
    shutil.copytree(log, tmp_path / "copy")
    begin, append = threading.Barrier(2), Budget._append
    monkeypatch.setattr(Budget, "_append", staticmethod(lambda *given: (time.sleep(0.2), append(*given))[1]))
    said: list[str] = []

    def run(folder: Path) -> None:
        budget = open_log(folder).segments[0].budget()
        begin.wait()
        try:
            budget.reserve(86, os.urandom(32))
            said.append("reserved")
        except LogCorrupt:
            said.append("refused")

    threads = [threading.Thread(target=run, args=(folder,)) for folder in (log, tmp_path / "copy")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["refused", "reserved"]


def test_a_damaged_record_is_said(log: Path, tmp_path: Path) -> None:
    (user,) = [p for p in (tmp_path / "state" / "spent").iterdir() if len(p.name) == 64]
    for record in (log / "secret" / "spent-00000000", user):
        data = record.read_bytes()
        for position in range(len(data)):
            record.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
            with pytest.raises(LogCorrupt, match="damaged"):
                open_log(log).segments[0].budget().check(86)
        record.write_bytes(data)


def test_records_do_not_grow(log: Path, tmp_path: Path) -> None:
    def sizes() -> list[int]:
        files = [log / "secret" / "spent-00000000", *(tmp_path / "state" / "spent").iterdir()]
        return sorted(file.stat().st_size for file in files)

    before = sizes()
    for _ in range(20):
        open_log(log).segments[0].budget().reserve(86, os.urandom(32))
    assert len(sizes()) == len(before) and sum(sizes()) - sum(before) <= 4


def test_a_home_that_cannot_be_written_is_said_and_no_obstacle(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "spent", None):
        monkeypatch.setattr(spent, "state_folder", lambda folder=folder: folder)
        caplog.clear()
        open_log(log).segments[0].budget().reserve(86, os.urandom(32))
        assert "is not remembered in" in caplog.text


def test_the_users_folder_is_the_accounts_and_no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    import importlib
    import pwd

    fresh = importlib.util.module_from_spec(importlib.util.find_spec("zkcompliance.log.spent"))
    sys.modules.setdefault("fresh_spent", fresh)
    monkeypatch.setitem(sys.modules, fresh.__name__, fresh)
    fresh.__spec__.loader.exec_module(fresh)
    for name in ("HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, "/nowhere")
    home = Path(pwd.getpwuid(os.geteuid()).pw_dir)
    assert fresh.state_folder() == home / ".local" / "state" / "zkcompliance" / "spent"


def test_a_log_that_cannot_be_written_is_read(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a file system mounted read-only: whatever would write fails, and reading does not."""
    use(log)
    opened = regular.os.open

    def refusing(path, flags, *rest, **named):  # type: ignore[no-untyped-def]
        if flags & (os.O_RDWR | os.O_WRONLY | os.O_CREAT):
            raise OSError(30, "Read-only file system", str(path))
        return opened(path, flags, *rest, **named)

    monkeypatch.setattr(regular.os, "open", refusing)
    (segment,) = open_log(log).segments
    assert segment.load_columns().shape[1] == 8 and segment.budget().proofs_left() > 0 and fsck(log).clean
    with pytest.raises(LogError, match="Read-only file system"):
        segment.budget().reserve(86, os.urandom(32))
    with pytest.raises(LogError, match="Read-only file system"):
        Writer(log, KEY)
