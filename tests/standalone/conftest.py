"""Both verifiers, which the tests of a file ask side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.agreement import Both


@pytest.fixture(scope="module")
def both(pyz: Path) -> Iterator[Both]:
    made = Both(pyz)
    yield made
    made.close()
