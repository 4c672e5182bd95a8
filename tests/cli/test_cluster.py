"""`prove --cluster` and `zk.prove(cluster=)`: the workers of a Dask scheduler make the proofs of a policy."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.kit import support
from tests.kit.command_line import run
from tests.kit.policies import MODEL
from tests.kit.split_world import World
from zkcompliance.errors import UsageError
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy.judge import judge_policy
from zkcompliance.prove.cluster import connected


def test_what_goes_with_a_cluster(tmp_path: Path) -> None:
    done = run("prove", "training-compute-below", "--log", tmp_path, "-o", tmp_path / "x", "--cluster", "tcp://x:1")
    assert done.exit_code == 2 and "--cluster goes with --policy" in done.output


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "x://y", "tcp://127.0.0.1", ""])
def test_where_nobody_answers(address: str) -> None:
    pytest.importorskip("distributed", reason="SKIPPED: no cluster is tried, pip install 'zkcompliance[cluster]'")
    with pytest.raises(UsageError, match="no Dask scheduler answers at"), connected(address):
        pass


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match="not installed"), connected("tcp://127.0.0.1:1"):
        pass


def test_both_ways_to_a_cluster(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="SKIPPED: no cluster is tried, pip install 'zkcompliance[cluster]'")
    world = World(tmp_path)
    (tmp_path / "policy.toml").write_bytes(world.policy.text)
    before = world.left()
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.cluster_run", str(tmp_path)], capture_output=True, text=True,
        env=support.ENVIRONMENT, timeout=500, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    keys = {name: VerifierKey.parse(log.vkey) for name, log in world.logs.items()}
    for name in ("cli.zkp", "python.zkp"):
        data = (tmp_path / name).read_bytes()
        assert judge_policy(data, world.policy, now=int(time.time()), keys=keys, subject=MODEL).accepted
    assert world.left() == {name: left - 2 for name, left in before.items()}
