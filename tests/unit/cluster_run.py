"""Proves a policy on a Dask cluster of its own, where a worker may be killed; a process of its own.

Arguments: the folder of the logs, how many workers, whether one is killed while it makes a proof. stdout: JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster

from tests.kit.split_up import split_up
from tests.kit.split_world import BINDING, policy
from zkcompliance.log import spent
from zkcompliance.log.store import SealedLog
from zkcompliance.prove.cluster import connected
from zkcompliance.prove.policy import prove_policies


def kill_one(address: str, killed: list[int]) -> None:
    """Kills the first worker that is seen to make a proof."""
    with Client(address, set_as_default=False) as client:
        pids: dict[str, int] = client.run(os.getpid)
        while not killed:
            for worker, tasks in client.processing().items():
                if tasks and worker in pids:
                    time.sleep(0.3)
                    os.kill(pids[worker], signal.SIGKILL)
                    killed.append(pids[worker])
                    break
            time.sleep(0.01)


def main() -> None:
    folder, workers, kill = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "kill"
    spent.state_folder = lambda: folder / "spent"
    logs = {name: SealedLog.open(folder / name) for name in ("compute", "stated")}
    killed: list[int] = []
    steps: list[tuple[str, int, int]] = []
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        connected(cluster.scheduler_address) as executor,
        split_up(),
    ):
        killer = threading.Thread(target=kill_one, args=(cluster.scheduler_address, killed), daemon=True)
        if kill:
            killer.start()
        report: Any = lambda *step: steps.append(step)  # noqa: E731
        data = prove_policies([policy()], logs, binding=BINDING, executor=executor, progress=report)
        if kill:
            killer.join(30)
    (folder / "made.zkp").write_bytes(data)
    left = {name: SealedLog.open(folder / name).proofs_left() for name in logs}
    print(json.dumps({"left": left, "killed": len(killed), "steps": steps}))


if __name__ == "__main__":
    main()
