"""Shared fixtures: a few small proofs, a regulated lab's files and the one-file verifier, each made once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit import regulated_lab, support, verdict_schema
from zkcompliance.log import spent
from zkcompliance.policy.verdict import Verdict
from zkcompliance.report import json_document
from zkcompliance.standalone import build


@pytest.fixture(scope="session", autouse=True)
def no_state_of_the_users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests prove is not remembered in the home of who runs them (where it is the same process)."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spent, "state_folder", lambda: folder / "spent")
        yield


@pytest.fixture(scope="session", autouse=True)
def every_verdict_fits_its_schema() -> Iterator[None]:
    """Whatever test writes a verdict as JSON in this process, the document is held against docs/spec."""
    written = json_document.document

    def held(verdict: Verdict) -> dict[str, Any]:
        made = written(verdict)
        verdict_schema.fits(made)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_document, "document", held)
        yield


@pytest.fixture(autouse=True)
def recursion_as_in_a_fresh_python() -> None:
    """py_ecc, which tests import, raises the limit for all that comes after."""
    sys.setrecursionlimit(1000)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `long` run only when asked for (-m long). Files of few and long tests begin first."""
    if "long" not in config.option.markexpr:
        items[:] = [item for item in items if item.get_closest_marker("long") is None]
    items.sort(key=lambda item: item.path.parent.name not in {"cli", "crash", "gate", "standalone", "story"})


@pytest.fixture(scope="session")
def honest() -> support.Proved:
    """A true proof over eight rows, profile standard."""
    return support.prove(support.prover([support.seal(support.table(support.ROWS))]))


@pytest.fixture(scope="session")
def two_segments() -> support.Proved:
    """A true proof over a log of two segments of eight and sixteen rows, profile standard."""
    tables = [support.seal(support.table(support.ROWS)), support.seal(support.table(support.ROWS[:3], 4), "second")]
    return support.prove(support.prover(tables))


@pytest.fixture(scope="session")
def by_profile(honest: support.Proved) -> dict[str, support.Proved]:
    """A true proof of each profile."""
    others = {
        name: support.prove(support.prover([support.seal(support.table(support.ROWS), profile=name)]))
        for name in ("fast", "small")
    }
    return {"standard": honest, **others}


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> regulated_lab.Lab:
    """A lab's small sealed logs and its proofs."""
    return regulated_lab.make(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="session")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one-file verifier."""
    path = tmp_path_factory.mktemp("pyz") / "zkcompliance-verify.pyz"
    path.write_bytes(build.archive())
    return path
