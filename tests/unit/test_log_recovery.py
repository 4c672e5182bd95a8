"""A writer that is killed, and tails that are torn: nothing acknowledged is lost, nothing is sealed twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import log_crash, support
from zkcompliance import schemas
from zkcompliance.errors import LogCorrupt
from zkcompliance.log import files
from zkcompliance.log.pending import Pending
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.quantities import Exact

KEY = SignerKey("lab.example/x", bytes(32))
ROW = {"start": Exact(1), "end": Exact(2), "run": "r", "phase": "other", "flop": 3, "method": "measured"}


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.long)])
def test_killed_before_every_file_operation(tmp_path: Path, step: int) -> None:
    """Every third by default, all of them with -m long."""
    done = subprocess.run(
        [sys.executable, "-m", log_crash.__name__, str(tmp_path), str(step)],
        capture_output=True,
        text=True,
        env=support.ENVIRONMENT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    kills, outcomes = done.stdout.split(" ", 1)
    assert int(kills) > 150 // step
    for outcome in ("B:5+3", "B:48+0", "C:48+0", "D:48+2"):
        assert outcome in outcomes


def test_pending_rows_cut_at_every_byte(tmp_path: Path) -> None:
    """What was acknowledged stays.

    An open batch goes; cut into the acknowledged part, the file says so or shows less, never wrong rows.
    """
    path = tmp_path / "pending-00000000"
    pending = Pending(path, schemas.compute)
    pending.add(schemas.encode_rows(schemas.compute, [ROW, ROW]))
    pending.commit()
    acknowledged = path.stat().st_size
    pending.add(schemas.encode_rows(schemas.compute, [ROW]))
    pending.close()
    data = path.read_bytes()
    for size in range(acknowledged, len(data) + 1):
        path.write_bytes(data[:size])
        reopened = Pending(path, schemas.compute)
        assert (reopened.rows, path.stat().st_size, sum(c.shape[1] for c in reopened.chunks())) == (2, acknowledged, 2)
        reopened.close()
    for position in range(acknowledged):
        altered = bytearray(data[:acknowledged])
        altered[position] ^= 1
        path.write_bytes(altered)
        try:
            reopened = Pending(path, schemas.compute)
        except LogCorrupt:
            continue
        assert reopened.rows == 0 and position >= acknowledged - 28
        reopened.close()


def test_an_older_checkpoint_put_back_is_not_built_upon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_log(tmp_path / "log", schemas.compute, KEY)
    old = (tmp_path / "log" / "checkpoint").read_bytes()
    with Writer(tmp_path / "log", KEY) as writer:
        writer.seal([ROW])
        newest = (tmp_path / "log" / "checkpoint").read_bytes()
    (tmp_path / "log" / "checkpoint").write_bytes(old)
    with Writer(tmp_path / "log", KEY) as writer:
        assert writer.recovered and writer.checkpoint.size == 1
    assert (tmp_path / "log" / "checkpoint").read_bytes() == newest
    (tmp_path / "log" / "checkpoint").write_bytes(old)
    (tmp_path / "log" / "entries").write_bytes(b"")
    with pytest.raises(LogCorrupt, match="ahead of the checkpoint"):
        Writer(tmp_path / "log", KEY)


def test_replace_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "f"
    files.replace(target, b"one")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_all", fail)
        with pytest.raises(OSError, match="No space"):
            files.replace(target, b"two")
    assert (target.read_bytes(), [p.name for p in tmp_path.iterdir()]) == (b"one", ["f"])
