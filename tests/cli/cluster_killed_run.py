"""Seals and rolls up by workers of its own, of which one, or the coordinator, is killed; a process of its own.

Arguments: where (`dask`, `local`), and a folder with one for each case, in which are rows.jsonl and the keys. A case is
called WORK-WHO: which work is disturbed (`seal`, `group`, `prove`, `nothing`), and who is killed while it does a piece
(`worker`, `coordinator` or `nobody`). stdout: JSON by case.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from zkcompliance.log import spent
from zkcompliance.log.store import SealedLog

KIND = {"seal": "commit", "group": "group", "prove": "proof"}
COMMAND = {"seal": "seal", "group": "roll-up", "prove": "roll-up"}


def marked(marks: Path, kind: str) -> list[Path]:
    """The pieces that were begun, in their order."""
    return sorted(marks.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime)


def run(command: list[str], folder: Path, marks: Path, kind: str, who: str) -> int:
    """How often the command had to be run; the first time, somebody is killed when two more pieces were begun."""
    times, killed, before = 0, not kind, len(marked(marks, kind))
    while True:
        times += 1
        child = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        while not killed and child.poll() is None:
            begun = marked(marks, kind)[before:]
            if len(begun) >= 2:
                os.kill(child.pid if who == "coordinator" else int(begun[-1].name.split("-")[1]), signal.SIGKILL)
                killed = True
            time.sleep(0.02)
        said, _ = child.communicate(timeout=300)
        if child.returncode == 0:
            return times
        if child.returncode != -signal.SIGKILL or times > 3:
            raise SystemExit(said)


def case(folder: Path, address: str, marks: Path) -> dict[str, Any]:
    """times: how often each command was run; made: how many pieces were begun; left: proofs left of each segment."""
    disturbed, _, who = folder.name.rpartition("-")
    python = [sys.executable, "-m", "tests.cli.cluster_command", str(folder.parent / "spent")]
    where = ["--cluster", address]
    seal = ["seal", "rows.jsonl", "--schema", "compute", "--log", "log", "--key", "key", *where]
    roll = ["roll-up", "log", "--to", "rolled", "--key", "rolled.key", *where]
    times = {}
    before = {kind: len(marked(marks, kind)) for kind in KIND.values()}
    for name, command in (("seal", seal), ("roll-up", roll)):
        kind = KIND[disturbed] if COMMAND.get(disturbed) == name else ""
        times[name] = run([*python, *command], folder, marks, kind, who)
    logs = {name: SealedLog.open(folder / name) for name in ("log", "rolled")}
    return {
        "times": times,
        "made": {kind: len(marked(marks, kind)) - before[kind] for kind in KIND.values()},
        "left": {name: [each.budget().proofs_left() for each in log.segments] for name, log in logs.items()},
    }


def main() -> None:
    where, folder = sys.argv[1], Path(sys.argv[2])
    marks = folder / "marks"
    marks.mkdir()
    os.environ["ZKC_TEST_MARKS"] = str(marks)
    spent.state_folder = lambda: folder / "spent"
    cases = sorted(path.parent for path in folder.glob("*-*/rows.jsonl"))
    with workers(folder) if where == "dask" else nullcontext("local:2") as address:
        print(json.dumps({path.name: case(path, address, marks) for path in cases}))


@contextmanager
def workers(folder: Path) -> Iterator[str]:
    """The address of a Dask scheduler with two."""
    from distributed import LocalCluster

    pauses = Path(__file__).with_name("cluster_pauses.py")
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=str(folder / "dask"),
        preload=[str(pauses)],
    ) as cluster:  # fmt: skip
        yield cluster.scheduler_address


if __name__ == "__main__":
    main()
