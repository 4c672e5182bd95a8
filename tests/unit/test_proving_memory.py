"""A worker that proves one segment after the other needs no more memory for the last than for the first ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import support

FIRST, COUNT = 4, 20
MOST_GROWTH = 0.25  # MiB a proof: logs have more segments, and the allocator's pieces settle


@pytest.mark.skipif(sys.platform != "linux", reason="SKIPPED: kilobytes as Linux says them")
def test_memory_does_not_grow_with_the_proofs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.proving_memory_run", str(tmp_path), str(COUNT)],
        capture_output=True, text=True, env=support.ENVIRONMENT, timeout=900, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    peaks = json.loads(done.stdout)
    assert len(peaks) == COUNT
    assert peaks[-1] - peaks[FIRST] < MOST_GROWTH * (COUNT - FIRST), peaks
