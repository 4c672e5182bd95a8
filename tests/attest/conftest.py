"""The module of these tests on the path, and a proof that is made once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import attesting


@pytest.fixture(scope="session")
def proof_file() -> bytes:
    return attesting.proof_file()
