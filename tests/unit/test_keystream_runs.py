"""The same words of a stream, however they are asked for."""

from __future__ import annotations

import numpy as np
import pytest

from zkcompliance.stark.commit.keystream import Keystream

STREAM = Keystream(bytes(range(32)))


@pytest.mark.parametrize("start", [0, 4, 400, 1 << 34])
@pytest.mark.parametrize("shape", [(1,), (5,), (3, 40_000)])
def test_filled(start: int, shape: tuple[int, ...]) -> None:
    out = np.empty(shape, np.uint32)
    STREAM.fill("a", start, out)
    assert (out.reshape(-1) == STREAM.words("a", out.size, start)).all()


@pytest.mark.parametrize("rows", [1, 4, 8])
@pytest.mark.parametrize("size", [8, 64, 1 << 20])
def test_runs(rows: int, size: int) -> None:
    """Of several blocks, in any order; each is what `columns` gives."""
    starts = [0, size, 3 * size - 8, 8 * (size // 16), (1 << 26) // size * size]
    found = STREAM.runs("b", rows, size, starts, 8)
    assert found.shape == (len(starts), rows, 8)
    for start, values in zip(starts, found, strict=True):
        assert (values == STREAM.columns("b", rows, size, start, 8)).all()
    assert STREAM.runs("b", rows, size, [], 8).shape == (0, rows, 8)


def test_refusals() -> None:
    with pytest.raises(ValueError):
        STREAM.fill("a", 3, np.empty(4, np.uint32))
    with pytest.raises(ValueError):
        STREAM.fill("a", 0, np.empty((4, 4), np.uint32)[:, ::2])
    with pytest.raises(ValueError):
        STREAM.runs("a", 4, 64, [2], 8)
