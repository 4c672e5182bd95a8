"""A hand-over, or the taking of one, that is killed anywhere never lets two parties spend the same units."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import support


@pytest.mark.parametrize("step", [31, pytest.param(1, marks=pytest.mark.long)])
def test_killed_before_a_file_operation(tmp_path: Path, step: int) -> None:
    """Every thirty-first place and the last ones by default, every one with -m long."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.handed", str(tmp_path), str(step)],
        capture_output=True,
        text=True,
        env=support.ENVIRONMENT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout) > (200 if step > 1 else 1500)
