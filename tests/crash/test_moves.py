"""A `refresh` or `compact` that is killed anywhere leaves one whole log: the old generation, or the new one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import support


@pytest.mark.parametrize("verb", ["compact", "refresh"])
@pytest.mark.parametrize("kills", [12, pytest.param(1000, marks=pytest.mark.long)])
def test_killed_before_a_file_operation(tmp_path: Path, verb: str, kills: int) -> None:
    """Twelve places drawn at random by default, every one with -m long."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.moves", str(tmp_path), verb, str(kills)],
        capture_output=True,
        text=True,
        env=support.ENVIRONMENT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "'appeared'" in done.stdout and "'never tried'" in done.stdout
