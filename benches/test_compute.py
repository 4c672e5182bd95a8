"""What `pytest benches` prints: seal, prove and verify training-compute-below at 2^10, 2^14, 2^17 and 2^20 rows.

Every size runs in a process of its own, so that peak memory is that size's. Seconds are this machine's; the ratios
between sizes and the shares of the stages are what compares. Choose sizes and profile with ZKC_BENCH="10,14" and
ZKC_BENCH_PROFILE=small.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SIZES = [int(k) for k in os.environ.get("ZKC_BENCH", "10,14,17,20").split(",")]
PROFILE = os.environ.get("ZKC_BENCH_PROFILE", "standard")
COLUMNS = ("rows", "seal s", "prove s", "verify s", "proof KiB", "peak MiB", "stages")


@pytest.mark.parametrize("k", SIZES)
def test_compute(k: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = Path(__file__).with_name("one_size.py")
    measured = subprocess.run(
        [sys.executable, str(script), str(k), PROFILE, str(tmp_path)], check=True, capture_output=True, text=True
    )
    found = json.loads(measured.stdout)
    total = sum(found["stages"].values())
    shares = "  ".join(f"{name} {100 * seconds / total:.0f}%" for name, seconds in found["stages"].items())
    with capsys.disabled():
        if k == SIZES[0]:
            print(f"\nprofile {PROFILE}\n{''.join(f'{name:>11}' for name in COLUMNS)}")
        print(
            f"{'2^' + str(k):>11}{found['seal']:>11.2f}{found['prove']:>11.2f}{found['verify']:>11.3f}"
            f"{found['bytes'] / 1024:>11.0f}{found['peak']:>11.0f}     {shares}"
        )
