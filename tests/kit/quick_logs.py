"""A log of a small schema whose commitment is a hash: what the crash tests work on."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from zkcompliance import schemas
from zkcompliance.log.signer import SignerKey
from zkcompliance.quantities import Exact
from zkcompliance.stark.commit import table
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.profiles import STANDARD

if TYPE_CHECKING:  # workers that are killed at every step start without it
    import pytest

KEY = SignerKey("lab.example/x", bytes(32))
SCHEMA = schemas.parse_text("zkc-schema v2\nsmall@1\nat time\nflop flop\n")


def commit(columns, seed, profile, schema_digest, *, cache=None, progress=None, out=None):
    """An entry of the right shape whose root is a hash of table and seed."""
    k = columns.shape[1].bit_length() - 1
    root = hashlib.sha256(columns.tobytes() + seed).digest()
    return Entry(1, schema_digest, columns.shape[0], k, STANDARD.capacity(k), root, (0,) * 6)


def quicken() -> None:
    """From now on this process commits with the stand-in."""
    table.commit = commit


def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """During a test this process commits with the stand-in."""
    monkeypatch.setattr(table, "commit", commit)


def some_rows(first: int, count: int) -> list[dict[str, object]]:
    return [{"at": Exact(i), "flop": i} for i in range(first, first + count)]
