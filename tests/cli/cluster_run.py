"""Proves a policy through the command line and through Python on a Dask cluster of its own; a process of its own.

Arguments: the folder of the logs and of policy.toml. The files are cli.zkp and python.zkp.
"""

from __future__ import annotations

import sys
from pathlib import Path

from distributed import Client, LocalCluster

import zkcompliance as zk
from tests.kit.command_line import run
from tests.kit.policies import MODEL
from zkcompliance.log import spent


def main() -> None:
    folder = Path(sys.argv[1])
    spent.state_folder = lambda: folder / "spent"
    policy, logs = folder / "policy.toml", {name: folder / name for name in ("compute", "stated")}
    model = f"{MODEL.name}=sha256:{MODEL.digest.hex()}"
    given = [part for name, path in logs.items() for part in ("--log", f"{name}={path}")]
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        asked = ["prove", "--policy", policy, *given, "--subject", model, "--cluster", cluster.scheduler_address]
        done = run(*asked, "-o", folder / "cli.zkp")
        assert done.exit_code == 0, done.output
        with Client(cluster.scheduler_address) as client:
            zk.prove(policy=policy, logs=logs, subject=model, cluster=client).save(folder / "python.zkp")


if __name__ == "__main__":
    main()
