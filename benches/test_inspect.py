"""What `pytest benches/test_inspect.py` prints: the command `zkcompliance seal` over an Inspect log of 50,000 samples.

The log is a genuine one whose first sample is repeated, each with an id of its own. CPU and wall seconds are minima of
ZKC_BENCH_RUNS (3) runs. ZKC_BENCH_BEFORE names another checkout's `zkcompliance` command: the two are run by turns.
ZKC_BENCH_SAMPLES is another number of samples.
"""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from benches.timed import BEFORE, NOW, RUNS, run
from tests.kit.importing import DATA
from zkcompliance.importers import archive

SAMPLES = int(os.environ.get("ZKC_BENCH_SAMPLES", "50000"))
GENUINE = DATA / "inspect" / "arithmetic-match.eval"


def log_of(path: Path, samples: int) -> Path:
    """An archive of that many samples, all of them right."""
    with GENUINE.open("rb") as file:
        listed = archive.members(file)
        head = json.loads(archive.Member(file, listed["header.json"], "header.json").whole())
        name = next(name for name in listed if name.startswith("samples/"))
        sample = json.loads(archive.Member(file, listed[name], name).whole())
    (scored,) = head["results"]["scores"]
    head["results"] |= {"total_samples": samples, "completed_samples": samples}
    scored["scored_samples"], scored["metrics"]["accuracy"]["value"] = samples, 1.0
    sample["scores"][scored["name"]] |= {"value": "C", "history": []}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for number in range(samples):
            target.writestr(f"samples/{number}_epoch_1.json", json.dumps({**sample, "id": number, "epoch": 1}))
        target.writestr("header.json", json.dumps(head))
    return path


def seal(program: Path, rows: Path, folder: Path) -> tuple[float, float, float]:
    """Seal the log in a new folder, which is deleted again."""
    folder.mkdir()
    run(program, "keygen", "lab.example/bench", "-o", folder / "key")
    measured = run(program, "seal", rows, "--schema", "eval", "--log", folder / "log", "--key", folder / "key")
    subprocess.run(["rm", "-r", folder], check=True)
    return measured


def test_an_inspect_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    programs = {"now": NOW, **({"before": Path(BEFORE)} if BEFORE else {})}
    path = log_of(tmp_path / "log.eval", SAMPLES)
    few = log_of(tmp_path / "few.eval", 10)
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in programs}
    for program in programs.values():  # compiles where nothing is kept
        seal(program, few, tmp_path / "first")
    for _ in range(RUNS):
        for name, program in programs.items():
            found[name].append(seal(program, path, tmp_path / "one"))
    least = {name: [min(each) for each in zip(*runs, strict=True)] for name, runs in found.items()}
    with capsys.disabled():
        print(f"\n{SAMPLES} samples{'wall s':>10}{'CPU s':>9}{'peak MiB':>10}")
        for name, (wall, cpu, peak) in least.items():
            print(f"{name:>8}{wall:>16.2f}{cpu:>9.2f}{peak:>10.0f}")
        if BEFORE:
            print(f"now / before: wall {least['now'][0] / least['before'][0]:.2f}", end=", ")
            print(f"CPU {least['now'][1] / least['before'][1]:.2f}")
