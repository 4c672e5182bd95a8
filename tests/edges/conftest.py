"""A lab's proofs and the two command lines that verify them, each as a process of its own is started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "standalone"))
sys.path.insert(0, str(Path(__file__).parent))

import regulated_lab
from starting import Started, installed, one_file

from zkcompliance.standalone import build


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> regulated_lab.Lab:
    return regulated_lab.make(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="session")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pyz") / "zkcompliance-verify.pyz"
    path.write_bytes(build.archive())
    return path


@pytest.fixture(params=["installed", "one file"])
def verify(request: pytest.FixtureRequest, pyz: Path) -> Started:
    """`verify` of either."""
    return installed("verify") if request.param == "installed" else one_file(pyz)
