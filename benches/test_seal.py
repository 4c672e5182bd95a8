"""What `pytest benches/test_seal.py` prints: the whole command `zkcompliance seal` over 2^20 rows of each format.

Wall and CPU seconds are minima of ZKC_BENCH_RUNS (3) runs, memory is the most that the operating system saw of the
process. ZKC_BENCH_BEFORE names another checkout's `zkcompliance` command: the two are run by turns, and the ratios say
what changed whatever else the machine does. ZKC_BENCH_ROWS is another number of rows.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from benches import sealed_rows
from benches.timed import BEFORE, NOW, RUNS, run

ROWS = int(os.environ.get("ZKC_BENCH_ROWS", 1 << 20))


def seal(program: object, rows: Path, folder: Path) -> tuple[float, float, float]:
    """Seal a file in a new log, which is deleted again."""
    folder.mkdir()
    key, log = folder / "key", folder / "log"
    run(program, "keygen", "lab.example/bench", "-o", key)
    measured = run(program, "seal", rows, "--log", log, "--key", key)
    subprocess.run(["rm", "-r", folder], check=True)
    return measured


def test_seal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    programs = {"now": NOW, **({"before": Path(BEFORE)} if BEFORE else {})}
    paths = sealed_rows.write(tmp_path, ROWS)
    (tmp_path / "few").mkdir()
    few = sealed_rows.write(tmp_path / "few", 100)
    for program in programs.values():  # compiles where nothing is kept
        seal(program, few["csv"], tmp_path / "first")
    with capsys.disabled():
        print(f"\n{ROWS} rows{'':>4}{'format':>10}{'MiB':>8}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}")
        for form, path in paths.items():
            found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in programs}
            for _ in range(RUNS):
                for name, program in programs.items():
                    found[name].append(seal(program, path, tmp_path / "one"))
            least = {name: [min(each) for each in zip(*runs, strict=True)] for name, runs in found.items()}
            for name, runs in found.items():
                wall, used, _ = least[name]
                most = max(peak for _, _, peak in runs)
                print(f"{name:>12}{form:>12}{path.stat().st_size >> 20:>8}{wall:>9.2f}{used:>9.2f}{most:>10.0f}")
            if BEFORE:
                ratios = [now / before for now, before in zip(least["now"], least["before"], strict=True)]
                print(f"{'now / before':>12}{form:>12}{'':>8}{ratios[0]:>9.2f}{ratios[1]:>9.2f}")
