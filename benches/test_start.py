"""What `pytest benches/test_start.py` prints: whole processes, from the first instruction to the exit status.

Seal, prove and verify 256 rows on the command line, each the least of several runs, and what the first command on a new
machine takes, which compiles: then nothing is kept yet, in a folder of its own. Seconds are this machine's.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benches.measured import FRESH

RUNS = 5
ROWS = 256


def run(*arguments: object, before: tuple[str, ...] = ("-m", "zkcompliance")) -> tuple[float, float]:
    """(seconds, CPU seconds) of one process and those that it starts."""
    began, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *before, *map(str, arguments)], check=True, capture_output=True)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - began, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def test_whole_processes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, key, log, proof = (tmp_path / name for name in ("rows.jsonl", "key", "log", "proof"))
    with rows.open("w") as file:
        for i in range(ROWS):
            start = 1767571200 + 60 * i
            row = {
                "start": start,
                "end": start + 60,
                "run": f"r{i % 7}",
                "phase": "pretraining",
                "flop": str(10**20 + i),
            }
            file.write(json.dumps({**row, "method": "hardware"}) + "\n")
    run("keygen", "lab.example/start", "-o", key)
    first = run(tmp_path / "kernels", "seal", rows, "--log", log, "--key", key, before=("-c", FRESH))
    figures = {"first command": first}
    seals, proofs, verdicts = [], [], []
    for i in range(RUNS):
        run("keygen", f"lab.example/start-{i}", "-o", tmp_path / f"key-{i}")
        seals.append(run("seal", rows, "--log", tmp_path / f"log-{i}", "--key", tmp_path / f"key-{i}"))
        proof.unlink(missing_ok=True)
        proofs.append(run("prove", "training-compute-below", "--log", log, "-p", "limit=1e25", "-o", proof))
        held = ("--claim", "training-compute-below", "-p", "limit=1e25", "--log-key", f"{key}.pub")
        verdicts.append(run("verify", proof, *held))
    for name, runs in (("seal", seals), ("prove", proofs), ("verify", verdicts)):
        figures[name] = (min(wall for wall, _ in runs), min(cpu for _, cpu in runs))
    with capsys.disabled():
        print(f"\n{ROWS} rows{'seconds':>20}{'CPU seconds':>14}")
        for name, (wall, cpu) in figures.items():
            print(f"{name:<14}{wall:>13.2f}{cpu:>14.2f}")
