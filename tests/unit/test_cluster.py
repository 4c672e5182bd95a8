"""Proofs that other processes make: the file is the one that is asked for, and costs the budget as much as one."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.kit import support
from tests.kit.split_up import split_up
from tests.kit.split_world import BINDING, World
from zkcompliance.errors import UsageError
from zkcompliance.policy.proofs import proofs_in
from zkcompliance.prove import pieces
from zkcompliance.prove.policy import prove_policies

RUN = Path(__file__).with_name("cluster_run.py")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_pool_of_processes_makes_the_file(world: World) -> None:
    """Four proofs by two processes; every segment is spent as by one process."""
    before, steps = world.left(), []
    with split_up(), ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        data = prove_policies(
            [world.policy], world.logs, binding=BINDING, executor=pool,
            progress=lambda stage, done, total: steps.append((stage, done, total)),
        )  # fmt: skip
    assert len(proofs_in(data)) == 4 and world.accepted(data)
    assert world.left() == {name: left - 2 for name, left in before.items()}
    assert steps == [("proofs", done, 4) for done in range(5)]


def test_a_piece_is_data_and_names_what_it_is_of(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    piece = pieces.piece_of([world.tasks[0].asked], b"")
    assert pickle.loads(pickle.dumps(piece)) == piece  # noqa: S301 (its own)
    (wanted,) = piece.wanted
    with pytest.raises(UsageError, match="is another claim where the proof is made"):
        replace(wanted, program=bytes(32)).asked()
    (slot,) = wanted.logs
    (log,) = wanted.logs[slot]
    with pytest.raises(UsageError, match="is at another checkpoint where the proof is made"):
        replace(wanted, logs={slot: (replace(log, body="x"),)}).asked()
    monkeypatch.setattr(pieces.catalogue, "has", lambda name: False)
    with pytest.raises(UsageError, match="is no claim of the catalogue"):
        pieces.piece_of([world.tasks[0].asked], b"")


class Broken(Executor):
    """Nothing that is asked of it is ever done."""

    def submit(self, *_: object, **__: object) -> None:  # type: ignore[override]
        raise OSError("no worker")


def test_what_was_reserved_for_others_is_not_given_back(world: World) -> None:
    """A worker may have made the proof, so it counts as if it had left."""
    before = world.left()
    with pytest.raises(OSError, match="no worker"):
        prove_policies([world.policy], world.logs, binding=BINDING, executor=Broken())
    assert world.left() == {name: left - 1 for name, left in before.items()}


@pytest.mark.parametrize(("workers", "kill"), [(2, "keep"), (2, "kill"), (4, "kill")])
def test_a_dask_cluster_makes_the_file_and_a_worker_that_is_killed_costs_its_piece(
    world: World, tmp_path: Path, workers: int, kill: str
) -> None:
    pytest.importorskip("distributed", reason="SKIPPED: no cluster is tried, pip install 'zkcompliance[cluster]'")
    before = world.left()
    command = [sys.executable, "-m", "tests.unit.cluster_run", str(tmp_path), str(workers), kill]
    done = subprocess.run(
        command, capture_output=True, text=True, env=support.ENVIRONMENT, timeout=500, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["left"] == {name: left - 2 for name, left in before.items()}
    assert found["killed"] == (kill == "kill")
    assert found["steps"] == [["proofs", count, 4] for count in range(5)]
    data = (tmp_path / "made.zkp").read_bytes()
    assert len(proofs_in(data)) == 4 and world.accepted(data)
