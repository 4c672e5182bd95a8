"""`prove --cluster` and `zk.prove(cluster=)`: the workers of a Dask scheduler make the proofs of a policy."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit import support
from tests.kit.command_line import run
from tests.kit.inline import Inline
from tests.kit.policies import MODEL
from tests.kit.rolling import ROW
from tests.kit.split_world import World
from zkcompliance.errors import UsageError, WorkersLost
from zkcompliance.lineage.rollup import read_rollup
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


def test_the_recipe_for_slurm_makes_a_job_script(tmp_path: Path) -> None:
    """What the page says, and nothing is submitted: a worker of one thread, with its memory and its time."""
    pytest.importorskip("dask_jobqueue", reason="SKIPPED: the job script is not tried, pip install dask-jobqueue")
    page = (Path(__file__).parents[2] / "docs" / "cluster.md").read_text("utf-8")
    (line,) = [each.strip() for each in page.split("\n") if "SLURMCluster(" in each]
    printed = (
        "from dask_jobqueue import SLURMCluster as Real\n"
        "quiet = {'dashboard_address': None, 'host': '127.0.0.1'}\n"
        "def SLURMCluster(**given):\n    return Real(scheduler_options=quiet, **given)\n"
        f"{line}\nprint(cluster.job_script())\ncluster.close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", printed], capture_output=True, text=True, timeout=120, check=True, cwd=tmp_path,
        env=support.ENVIRONMENT,
    )  # fmt: skip
    for part in ("#SBATCH --cpus-per-task=1", "#SBATCH --mem=30G", "#SBATCH -t 04:00:00", "--nthreads 1"):
        assert part in done.stdout
    assert f"{sys.executable} -m distributed.cli.dask_worker" in done.stdout


def test_sealed_and_rolled_up_from_python(tmp_path: Path) -> None:
    executor = Inline()
    zk.keygen(tmp_path / "key", "lab.example/compute")
    zk.keygen(tmp_path / "rolled.key", "lab.example/rolled")
    with zk.open_log(tmp_path / "log", schema=zk.schemas.compute, key=tmp_path / "key") as log:
        log.append([{**ROW, "flop": 7}, {**ROW, "flop": 8}])
        log.seal(cluster=executor)
        file = zk.roll_up(log, tmp_path / "rolled", key=tmp_path / "rolled.key", cluster=executor)
    assert executor.labels == ["seal segment 1 of 1", "roll up segment 1 of 1", "prove segment 1 of 1"]
    with file.open("rb") as source:
        assert read_rollup(source).proofs == 1
    assert zk.roll_up(tmp_path / "log", tmp_path / "rolled", key=tmp_path / "rolled.key") == file


@pytest.mark.parametrize("when", ["handed out", "waited for"])
def test_where_nobody_is_left(tmp_path: Path, when: str) -> None:
    """A pool of which a process was killed is no pool any more; the next run goes on."""

    class Gone(Executor):
        def submit(self, *_: object, **__: object) -> Future[None]:  # type: ignore[override]
            if when == "handed out":
                raise BrokenProcessPool("gone")
            future: Future[None] = Future()
            future.set_exception(BrokenProcessPool("gone"))
            return future

    zk.keygen(tmp_path / "key", "lab.example/compute")
    with zk.open_log(tmp_path / "log", schema=zk.schemas.compute, key=tmp_path / "key") as log:
        log.append([{**ROW, "flop": 7}])
        with pytest.raises(WorkersLost, match="the processes that did the work are gone"):
            log.seal(cluster=Gone())
        log.seal(cluster=Inline())
        assert log.sealed().checkpoint.size == 1


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
