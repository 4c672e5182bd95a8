"""A proof that is made once."""

from __future__ import annotations

import pytest

from tests.kit import attesting


@pytest.fixture(scope="session")
def proof_file() -> bytes:
    return attesting.proof_file()
