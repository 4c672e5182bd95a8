"""The two commands that a bench runs by turns: this checkout's, and another's; each a whole process, timed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benches import measured

RUNS = int(os.environ.get("ZKC_BENCH_RUNS", "3"))
BEFORE = os.environ.get("ZKC_BENCH_BEFORE")
NOW = Path(sys.executable).with_name("zkcompliance")


def run(*arguments: object) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak MiB of a command that must end well."""
    figures, _ = measured.run(arguments)
    return figures.seconds, figures.cpu, figures.memory
