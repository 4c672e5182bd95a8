"""The module of these tests on the path, and a release that is made once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import releasing


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> releasing.Release:
    return releasing.make(tmp_path_factory.mktemp("release"), tmp_path_factory.mktemp("programs"))
