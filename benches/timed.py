"""A whole command, timed, and the two commands that a bench runs by turns: this checkout's, and another's."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

RUNS = int(os.environ.get("ZKC_BENCH_RUNS", "3"))
BEFORE = os.environ.get("ZKC_BENCH_BEFORE")
NOW = Path(sys.executable).with_name("zkcompliance")


def run(*arguments: object) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak MiB of a command that must end well."""
    started = time.perf_counter()
    child = subprocess.Popen([str(each) for each in arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    assert child.returncode == 0
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
