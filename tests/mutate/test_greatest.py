"""The dearest proofs that can be asked for, of one claim and of 64: verified in two seconds of one core and 256 MiB."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import support
from zkcompliance import limits

MEMORY = 256 << 20
WORK = 3_000  # pieces


def verified(worker: str, profile: int) -> list[float]:
    """What the worker met of the limits: instances, heights, cells, and what it says beyond; in little memory."""
    command = [sys.executable, str(Path(__file__).with_name(worker)), str(profile), str(MEMORY)]
    done = subprocess.run(command, capture_output=True, text=True, env=support.ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    work, peak, read, *met = map(float, done.stdout.split())
    assert 3 << 20 < read < limits.MAX_BUNDLE_BYTES
    assert work < WORK and peak < MEMORY, (work, peak)
    return met


@pytest.mark.parametrize("profile", [2, *(pytest.param(other, marks=pytest.mark.long) for other in (1, 3))])
def test_the_dearest_proof(profile: int) -> None:
    """Of the profiles `fast` is the dearest: it has the most queries."""
    instances, heights, cells, program = verified("greatest.py", profile)
    assert instances > limits.MAX_SEGMENTS + 1 and heights >= 9  # near every limit
    assert cells > limits.MAX_CELLS * 7 // 8 and program > limits.MAX_PROGRAM_BYTES * 7 // 8


@pytest.mark.parametrize("profile", [2, *(pytest.param(other, marks=pytest.mark.long) for other in (1, 3))])
def test_the_dearest_union(profile: int) -> None:
    """As many claims, logs, instances and bytes of programs as there may be, and nearly as much of all else."""
    instances, heights, cells, steps, columns, programs = verified("greatest_union.py", profile)
    assert instances == limits.MAX_INSTANCES + 1 and heights >= 9
    assert cells > limits.MAX_CELLS * 7 // 8 and programs > limits.MAX_PROGRAM_BYTES * 7 // 8
    assert steps > limits.MAX_EVALUATIONS * 7 // 8 and columns > limits.MAX_COLUMNS * 7 // 8
