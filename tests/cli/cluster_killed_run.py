"""Seals and rolls up on a Dask cluster of its own, whose workers or whose coordinator are killed; a process of its own.

Arguments: the folder with rows.jsonl and the keys; which work is disturbed (`seal`, `roll-up` or `nothing`); who is
killed while it does a piece of it (`worker` or `coordinator`). stdout: JSON.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from distributed import LocalCluster

from zkcompliance.log import spent
from zkcompliance.log.store import SealedLog

KIND = {"seal": "commit", "roll-up": "proof"}


def marked(marks: Path, kind: str) -> list[Path]:
    return sorted(marks.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime)


def run(command: list[str], marks: Path, kind: str, who: str, after: int) -> int:
    """How often the command had to be run; the first time, somebody is killed when `after` pieces were begun."""
    times, killed = 0, not who
    before = len(marked(marks, kind)) if kind else 0
    while True:
        times += 1
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        while not killed and child.poll() is None:
            begun = marked(marks, kind)[before:]
            if len(begun) >= after:
                os.kill(child.pid if who == "coordinator" else int(begun[-1].name.split("-")[1]), signal.SIGKILL)
                killed = True
            time.sleep(0.02)
        said, _ = child.communicate(timeout=300)
        if child.returncode == 0:
            return times
        if child.returncode != -signal.SIGKILL or times > 3:
            raise SystemExit(said)


def main() -> None:
    folder, disturbed, who = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    marks = folder / "marks"
    marks.mkdir()
    os.environ["ZKC_TEST_MARKS"] = str(marks)
    spent.state_folder = lambda: folder / "spent"
    pauses = Path(__file__).parents[1] / "kit" / "cluster_pauses.py"
    python = [sys.executable, "-m", "tests.cli.cluster_command", str(folder / "spent")]
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=str(folder / "dask"),
        preload=[str(pauses)],
    ) as cluster:  # fmt: skip
        where = ["--cluster", cluster.scheduler_address]
        seal = ["seal", "rows.jsonl", "--schema", "compute", "--log", "log", "--key", "key"]
        roll = ["roll-up", "log", "--to", "rolled", "--key", "rolled.key"]
        os.chdir(folder)
        times = {}
        for name, command in (("seal", seal), ("roll-up", roll)):
            hit = name == disturbed
            times[name] = run([*python, *command, *where], marks, KIND[name] if hit else "", who if hit else "", 2)
            if hit and name == "seal":
                time.sleep(2)  # whoever works on for a coordinator that is gone comes too late
    logs = {name: SealedLog.open(folder / name) for name in ("log", "rolled")}
    print(
        json.dumps(
            {
                "times": times,
                "made": {kind: len(marked(marks, kind)) for kind in ("commit", "proof")},
                "left": {name: [each.budget().proofs_left() for each in log.segments] for name, log in logs.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
