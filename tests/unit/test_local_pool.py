"""Processes of this machine: one that is killed costs its own piece a try, and ends with whoever started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from tests.kit import support
from tests.unit.local_pieces import Piece, do
from zkcompliance.errors import WorkersLost
from zkcompliance.prove import local, memory
from zkcompliance.prove.local import TRIES, LocalPool
from zkcompliance.spread import Handed, each


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)


def test_a_killed_process_costs_its_own_piece(tmp_path: Path) -> None:
    """Six pieces by two processes, of which two are killed: only the pieces that they had are begun again."""
    deaths = {"b": 1, "e": 2}
    pieces = [Piece(tmp_path, name, deaths.get(name, 0)) for name in "abcdef"]
    steps: list[int] = []
    with LocalPool(2) as pool:
        assert each(pool, do, pieces, steps.append) == list("abcdef")
    assert steps == list(range(7))
    assert {piece.name: piece.begun() for piece in pieces} == {**dict.fromkeys("abcdef", 1), "b": 2, "e": 3}


def test_without_another_try_the_work_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "TRIES", 1)
    with LocalPool(1) as pool, pytest.raises(WorkersLost):
        each(pool, do, [Piece(tmp_path, "a", 1)])


def test_a_piece_that_kills_every_process_is_given_up(tmp_path: Path) -> None:
    pieces = [Piece(tmp_path, "a", 99), Piece(tmp_path, "b")]
    with LocalPool(1) as pool, Handed(pool, do, pieces) as handed:
        with pytest.raises(WorkersLost):
            handed.result(0)
        assert handed.result(1) == "b"
    assert [piece.begun() for piece in pieces] == [TRIES, 1]


def test_what_a_piece_raises_is_raised_and_not_tried_again(tmp_path: Path) -> None:
    pieces = [Piece(tmp_path, "a", fault=True), Piece(tmp_path, "b")]
    with LocalPool(1) as pool, pytest.raises(ValueError, match="a"):
        each(pool, do, pieces)
    assert pieces[0].begun() == 1


def test_nothing_is_begun_again_when_the_work_is_given_up(tmp_path: Path) -> None:
    """As after Control-C, which ends processes too."""
    pool, piece = LocalPool(1), Piece(tmp_path, "a", 1)
    pool.shutdown()
    with pytest.raises(BrokenExecutor):
        pool._tried(local._Process(), lambda process: process.submit(do, piece))
    assert piece.begun() == 1
    with pytest.raises(RuntimeError):
        pool.submit(do, piece)


def test_processes_end_with_whoever_started_them(tmp_path: Path) -> None:
    """Killed, it tells nobody; without the watch its process would wait for a next piece for ever."""
    command = [sys.executable, "-m", "tests.unit.local_pieces", str(tmp_path)]
    parent = subprocess.Popen(command, env=support.ENVIRONMENT, cwd=Path(__file__).parents[2])
    wait_for(lambda: bool(Piece(tmp_path, "long").begun()))
    (mark,) = tmp_path.glob("long-*")
    child = int(mark.name.split("-")[1])
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_for(lambda: not _lives(child))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")  # one that nobody has waited for is no more
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_each_process_has_its_part_of_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker may fill half of what it has, this process a quarter of the machine."""
    monkeypatch.setattr(memory, "there_is", lambda: 800)
    with LocalPool(4) as pool:
        assert (pool.memory_each, memory.room(pool), memory.room(None)) == (200, 100, 200)
