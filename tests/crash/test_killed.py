"""Killed at any step or at any moment, and repeated: no row twice, none lost, and no proof without its budget."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.kit import support
from zkcompliance import schemas
from zkcompliance.log import open_log

ZK = [sys.executable, "-c", "from zkcompliance.commands.main import main; main()"]
DAY = 1_767_571_200
ROW = {"run": "r", "phase": "pretraining", "flop": "7", "method": "measured"}


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.long)])
def test_killed_before_every_step_and_repeated(tmp_path: Path, step: int) -> None:
    """Sealing an input or nothing, taking in a spool, spooling: every fifth step by default, all with -m long."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.killed_steps", str(tmp_path), str(step)],
        capture_output=True,
        text=True,
        env=support.ENVIRONMENT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout) > 200 // step


def run(*arguments: object, kill_after: float | None = None) -> tuple[int, str]:
    """(exit status, stderr); killed after so many seconds where that is given."""
    process = subprocess.Popen(
        [*ZK, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=support.ENVIRONMENT, text=True
    )
    try:
        _, said = process.communicate(timeout=kill_after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        _, said = process.communicate()
    return process.returncode, said


def write(path: Path, first: int, count: int) -> None:
    path.write_text(
        "".join(json.dumps({**ROW, "start": DAY + i, "end": DAY + i + 1}) + "\n" for i in range(first, first + count))
    )


@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.long)])
def test_killed_at_any_moment(tmp_path: Path, kills: int) -> None:
    """Seals and proofs, killed after a random time and repeated until they say that all is done; then fsck."""
    log, key = tmp_path / "log", tmp_path / "key"
    assert run("keygen", "lab.example/killed", "-o", key)[0] == 0
    write(tmp_path / "0.jsonl", 0, 3)
    took = -time.monotonic()
    assert run("seal", tmp_path / "0.jsonl", "--log", log, "--key", key)[0] == 0
    took += time.monotonic()
    chance = random.Random(7)
    for number in range(1, kills + 1):
        write(tmp_path / "in.jsonl", 10 * number, 3)
        seal = ("seal", tmp_path / "in.jsonl", "--log", log, "--key", key)
        status, said = run(*seal, kill_after=chance.uniform(0.4, 1.1) * took)
        if status:
            status, said = run(*seal)
        assert status == 0 or "error[already-sealed]" in said, said
        if number % 10 == 0:  # a proof is over 60 segments at most
            assert run("fsck", log)[0] == 0
    rows = [r["start"] - DAY for s in open_log(log).segments for r in schemas.decode_rows(s.schema, s.load_columns())]
    assert sorted(rows) == [10 * n + i for n in range(kills + 1) for i in range(3)]
    assert run("fsck", log)[0] == 0
    left, made = open_log(log).proofs_left(), 0
    for number in range(max(1, kills // 5)):
        proof = tmp_path / f"{number}.zkp"
        prove = ("prove", "training-compute-below", "--log", log, "--param", "limit=1e9", "-o", proof)
        status, said = run(*prove, kill_after=chance.uniform(0.5, 4) * took)
        made += 1
        if status:
            assert run(*prove)[0] == 0, said
            made += 1
        assert proof.is_file() and run("fsck", log)[0] == 0
    now = open_log(log).proofs_left()
    assert left is not None and now is not None and left - made <= now <= left - max(1, kills // 5)
