"""`seal --follow`: a file that is being written is sealed as it grows, and once more when a signal comes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.asking import known_round
from tests.kit.importing import DATA
from zkcompliance.log.store import SealedLog

LOG = DATA / "megatron" / "megatron.log"
SET = ("--from", "megatron", "--set", "parameters=7e9", "--set", "sequence_length=4096")


def begun(folder: Path, *options: str) -> subprocess.Popen[str]:
    where = [str(folder / "run.log"), "--log", str(folder / "log"), "--key", str(folder / "key"), *SET, *options]
    return subprocess.Popen(
        [sys.executable, "-m", "zkcompliance", "seal", *where],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_training_log_that_grows(tmp_path: Path, number: int) -> None:
    """And the round of a beacon that is there when it is sealed."""
    zk.keygen(tmp_path / "key", "lab.example/compute")
    known, file = known_round(), tmp_path / "round.json"
    text = LOG.read_text()
    (tmp_path / "run.log").write_text(text[:900])  # within a line
    with begun(tmp_path, "--follow", "--every", "1 h", "--beacon", str(file)) as process:
        last = time.monotonic() + 300
        while not (tmp_path / "log" / "checkpoint").exists() or not sum(1 for _ in zk.read_rows(tmp_path / "log")):
            assert time.monotonic() < last and process.poll() is None
            time.sleep(0.1)
        (tmp_path / "run.log").write_text(text)
        file.write_text(json.dumps({"round": known.number, "signature": known.signature.hex()}))
        process.send_signal(number)
        assert process.wait(timeout=300) == 0
    each = 6 * 7 * 10**9 * 4096
    assert [row["flop"] for row in zk.read_rows(tmp_path / "log")] == [each * n for n in (128, 128, 128, 256, 256)]
    assert [each.entry.round for each in SealedLog.open(tmp_path / "log").segments] == [0, known.number]


@pytest.mark.parametrize("more", [("--every", "1 h"), ("--follow", "--again"), ("--follow", "--from", "csv")])
def test_what_does_not_go_together(tmp_path: Path, more: tuple[str, ...]) -> None:
    zk.keygen(tmp_path / "key", "lab.example/compute")
    (tmp_path / "run.log").write_text(LOG.read_text())
    with begun(tmp_path, *more) as process:
        assert process.wait(timeout=300) == 2
    assert not (tmp_path / "log").exists()
