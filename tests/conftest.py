"""Shared fixtures: a few small proofs, made once, and the support module on the path."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import support


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `long` run only when asked for: -m long."""
    if "long" not in config.option.markexpr:
        items[:] = [item for item in items if item.get_closest_marker("long") is None]


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
