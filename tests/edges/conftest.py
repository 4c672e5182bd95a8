"""The two command lines that verify, each as a process of its own is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.starting import Started, installed, one_file


@pytest.fixture(params=["installed", "one file"])
def verify(request: pytest.FixtureRequest, pyz: Path) -> Started:
    """`verify` of either."""
    return installed("verify") if request.param == "installed" else one_file(pyz)
