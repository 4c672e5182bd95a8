"""A lab's small sealed log, its proofs, and the one-file verifier, made once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import regulated_lab

from zkcompliance.standalone import build


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> regulated_lab.Lab:
    return regulated_lab.make(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="session")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pyz") / "zkcompliance-verify.pyz"
    path.write_bytes(build.archive())
    return path
