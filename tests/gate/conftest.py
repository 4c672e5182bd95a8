"""A release that is made once."""

from __future__ import annotations

import pytest

from tests.kit import releasing


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> releasing.Release:
    return releasing.make(tmp_path_factory.mktemp("release"), tmp_path_factory.mktemp("programs"))
