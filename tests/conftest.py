"""Shared fixtures: a few small proofs, made once, and the support module on the path."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import support

from zkcompliance.log import spent


@pytest.fixture(scope="session", autouse=True)
def no_state_of_the_users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests prove is not remembered in the home of who runs them (where it is the same process)."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spent, "state_folder", lambda: folder / "spent")
        yield


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
