"""A file that is read twice gives the bytes that were hashed, or is refused; bytes in memory are its plain twin."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from zkcompliance.edge import steady
from zkcompliance.edge.steady import InMemory, OnDisk, Span
from zkcompliance.errors import MalformedBundle, UsageError
from zkcompliance.limits import MAX_POLICY_BUNDLE_BYTES
from zkcompliance.policy.proofs import open_proof

BLOCK = 16


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "BLOCK", BLOCK)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Path, OnDisk]]:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(3 * BLOCK + 5)))
    source = OnDisk(path, 1000)
    yield path, source
    source.close()


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 4 * BLOCK, 5 * BLOCK + 3])
def test_a_file_and_its_bytes_are_read_alike(tmp_path: Path, size: int) -> None:
    rng = random.Random(size)
    data = rng.randbytes(size)
    (tmp_path / "file").write_bytes(data)
    kept, plain = OnDisk(tmp_path / "file", 1000), InMemory(data)
    assert (kept.size, kept.digest) == (plain.size, plain.digest) == (size, sha256(data).digest())
    for _ in range(200):
        start, count = rng.randrange(size + 3), rng.randrange(size + 3)
        assert kept.read(start, count) == plain.read(start, count) == data[start : start + count]
        start = min(start, size)
        count = min(count, size - start)
        for source in (kept, plain):
            span = Span(source, start, count)
            assert span.read() == span.stream().read() == data[start : start + count]
            assert span.read(5) == data[start : start + min(5, count)]
    kept.close()


@pytest.mark.parametrize("most", [0, 1, BLOCK - 1, BLOCK, 2 * BLOCK, 52, 53, 54])
def test_no_more_is_read_than_shows_that_a_file_is_too_long(opened: tuple[Path, OnDisk], most: int) -> None:
    source = OnDisk(opened[0], most)
    assert source.size == min(most + 1, 3 * BLOCK + 5)
    source.close()


@pytest.mark.parametrize("at", [0, BLOCK - 1, BLOCK, 3 * BLOCK + 4])
def test_a_byte_that_changed_is_seen_where_it_is_read(opened: tuple[Path, OnDisk], at: int) -> None:
    path, source = opened
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xff")
    with pytest.raises(UsageError, match="was changed while it was read"):
        source.read(at, 1)
    with pytest.raises(UsageError, match="was changed while it was read"):
        Span(source, 0, source.size).stream().read()


def test_a_file_cut_short_is_refused_and_what_is_added_to_one_is_never_seen(opened: tuple[Path, OnDisk]) -> None:
    path, source = opened
    with path.open("ab") as file:
        file.write(bytes(100))
    assert source.read(0, 1000) == bytes(range(3 * BLOCK + 5)) and source.size == 3 * BLOCK + 5
    os.truncate(path, 2 * BLOCK)
    assert source.read(0, 2 * BLOCK) == bytes(range(2 * BLOCK))
    with pytest.raises(UsageError, match="was changed while it was read"):
        source.read(2 * BLOCK, 1)


def test_another_file_in_its_place_does_not_matter(opened: tuple[Path, OnDisk]) -> None:
    path, source = opened
    path.with_name("other").write_bytes(bytes(3 * BLOCK + 5))
    path.with_name("other").replace(path)
    assert source.read(0, 1000) == bytes(range(3 * BLOCK + 5))


def test_a_size_that_lies_is_not_asked(tmp_path: Path) -> None:
    """The system says that such a file has 0 bytes."""
    path = Path("/proc/version")
    if not path.is_file():
        pytest.skip("no /proc")
    source = OnDisk(path, 1000)
    assert path.stat().st_size == 0 < source.size and source.read(0, 1000) == path.read_bytes()
    source.close()


def test_no_pipe_no_folder_and_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "none", "."):
        with pytest.raises(UsageError):
            OnDisk(tmp_path / name, 1000)


@pytest.mark.parametrize("past", [0, 1])
def test_a_proof_file_at_its_longest_and_one_byte_past(
    tmp_path: Path, past: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steady, "BLOCK", 1 << 20)
    (tmp_path / "file").touch()
    os.truncate(tmp_path / "file", MAX_POLICY_BUNDLE_BYTES + past)
    if past:
        with pytest.raises(MalformedBundle, match="longer than any proof file"):
            open_proof(tmp_path / "file")
    else:
        with open_proof(tmp_path / "file") as file:
            assert file.size == MAX_POLICY_BUNDLE_BYTES
