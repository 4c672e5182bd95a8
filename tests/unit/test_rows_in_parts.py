"""The rows of a segment, read a few columns at a time: the same ones, and the same refusals."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from zkcompliance.errors import LogCorrupt
from zkcompliance.log import rows
from zkcompliance.schemas import by_name
from zkcompliance.stark.commit.table import SealedTable, commit
from zkcompliance.stark.profiles import by_name as profile_named

SCHEMA, ROWS, SEED = by_name("compute"), 21, bytes(range(32))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, bytes, np.ndarray]:
    """The file, its SHA-256, and what `load` gives of it, where few columns are read in one piece."""
    monkeypatch.setattr(rows, "ENTRIES_AT_ONCE", 1)
    columns = np.random.default_rng(1).integers(0, 1 << 16, (SCHEMA.width, ROWS), dtype=np.uint32)
    columns[0] = 1
    path = tmp_path / "rows"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    digest = rows.write(descriptor, SCHEMA, columns)
    os.close(descriptor)
    return path, digest, np.pad(columns, ((0, 0), (0, 32 - ROWS)))


def test_parts_are_the_table(file: tuple[Path, bytes, np.ndarray]) -> None:
    path, digest, table = file
    assert np.array_equal(rows.load(path, SCHEMA, digest), table)
    parts = [part.copy() for part in rows.parts(path, SCHEMA, digest)]
    assert len(parts) == -(-SCHEMA.width // rows.COLUMNS_AT_ONCE) and np.array_equal(np.concatenate(parts), table)


def test_a_changed_byte_is_seen_by_whoever_reads_to_the_end(file: tuple[Path, bytes, np.ndarray]) -> None:
    path, digest, _ = file
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    for read in (rows.load, lambda *given: list(rows.parts(*given))):
        with pytest.raises(LogCorrupt, match="has changed since it was sealed"):
            read(path, SCHEMA, digest)


def test_a_cut_file_is_seen_before_the_first_part(file: tuple[Path, bytes, np.ndarray]) -> None:
    path, digest, _ = file
    os.truncate(path, path.stat().st_size - 1)
    with pytest.raises(LogCorrupt, match="is truncated"):
        next(rows.parts(path, SCHEMA, digest))


def test_columns_are_combined_as_they_are_read(file: tuple[Path, bytes, np.ndarray]) -> None:
    """Where the columns were let go of, the sum over chosen ones is that over the whole table."""
    path, digest, table = file

    class Source:
        def load_columns(self) -> np.ndarray:
            return rows.load(path, SCHEMA, digest)

        def parts(self) -> Iterator[np.ndarray]:
            return rows.parts(path, SCHEMA, digest)

    profile = profile_named("standard")
    entry = commit(table, SEED, profile.name, SCHEMA.digest)
    held, read = SealedTable(table, SEED, entry, profile), SealedTable(table, SEED, entry, profile, None, Source())
    read.forget_columns()
    chosen = [0, 3, 8, 40, SCHEMA.width - 1]
    weights = [tuple(range(6 * at, 6 * at + 6)) for at in range(len(chosen))]
    assert np.array_equal(read.combined(chosen, weights), held.combined(chosen, weights))  # type: ignore[arg-type]
    assert np.array_equal(read.columns, table)
