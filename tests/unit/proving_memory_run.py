"""Makes the proofs of a roll-up as one worker does, one after the other; a process of its own.

Arguments: a folder, how many. stdout: JSON, MiB that the operating system saw at most, after each proof.
"""

from __future__ import annotations

import json
import pickle
import resource
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from tests.kit.command_line import ok
from tests.kit.rolling import seal
from zkcompliance.log import keys, rows, spent
from zkcompliance.prove import rolling, rollup


class Here(Executor):
    """This process is the worker: a piece comes as bytes."""

    def __init__(self) -> None:
        self.peaks: list[float] = []

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(work(*pickle.loads(pickle.dumps(args))))  # noqa: S301 (its own)
        if work is rolling.make_proving:
            self.peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return future


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    spent.state_folder = lambda: folder / "spent"
    rows.MAX_ROWS, rollup.MOST_AT_ONCE = 64, 1
    for name in ("key", "rolled.key"):
        ok("keygen", f"lab.example/memory/{name}", "-o", folder / name)
    seal(folder, 64 * count)
    here = Here()
    rollup.roll_up(folder / "log", folder / "rolled", keys.load_private(folder / "rolled.key"), executor=here)
    print(json.dumps(here.peaks))


if __name__ == "__main__":
    main()
