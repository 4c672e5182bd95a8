"""Memory that proofs leave to each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from zkcompliance.stark.field import workspace


@pytest.fixture(autouse=True)
def emptied(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    workspace.release()
    monkeypatch.setattr(workspace, "FEW_ENTRIES", 1)
    yield
    workspace.release()


def test_memory_is_used_again_and_never_by_two() -> None:
    first = workspace.take(2, 3, 4)
    first[:] = 7
    address = first.ctypes.data
    del first
    again, other = workspace.take(4, 5), workspace.take(4, 5)
    assert again.ctypes.data == address and again.shape == (4, 5) and again.dtype == np.uint32
    assert again.flags.c_contiguous and again.flags.writeable and again.flags.aligned
    assert not np.shares_memory(again, other) and len(workspace._blocks) == 1


@pytest.mark.parametrize("view", [lambda a: a[1], lambda a: a[:, 2:][::2].T, lambda a: a.reshape(-1).data])
def test_a_view_keeps_the_memory(view) -> None:  # type: ignore[no-untyped-def]
    """However far a view is from the array that was taken."""
    kept = view(workspace.take(4, 5000))
    others = [workspace.take(1000) for _ in range(8)]
    assert not any(np.shares_memory(np.asarray(kept), other) for other in others)
    address = np.asarray(kept).ctypes.data
    del kept
    assert 0 <= address - workspace.take(4, 5000).ctypes.data < 4 * 4 * 5000


def test_the_lowest_gap_that_fits() -> None:
    arrays = [workspace.take(n << 10) for n in (4, 2, 3, 1)]
    places = [array.ctypes.data for array in arrays]
    del arrays[1:3]
    assert workspace.take(6 << 10).ctypes.data == places[3] + (4 << 10)  # the gap has five pages
    both = workspace.take(5 << 10)
    assert both.ctypes.data == places[1]


def test_arrays_begin_on_pages_and_fill_their_block() -> None:
    odd = [workspace.take(1000) for _ in range(3)]
    assert {b.ctypes.data - a.ctypes.data for a, b in pairwise(odd)} == {4096}
    workspace.take(workspace.LEAST_ENTRIES + 1)
    assert [block.memory.size for block in workspace._blocks] == [workspace.LEAST_ENTRIES, workspace.LEAST_ENTRIES + 1]


def test_what_nobody_uses_goes_and_a_release_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "LEAST_ENTRIES", 1)
    monkeypatch.setattr(workspace, "MOST_BYTES", 4 * 2500)
    held = [workspace.take(1000 + i) for i in range(4)]
    workspace.shrink()
    assert len(workspace._blocks) == 4  # all are used
    del held[1:]
    workspace.shrink()
    assert [block.memory.size for block in workspace._blocks] == [1000, 1003]
    workspace.release()
    assert workspace._blocks == [] and held[0].sum() >= 0


def test_zeros_in_memory_that_was_used() -> None:
    workspace.take(3, 4)[:] = 9
    assert not workspace.zeros(3, 4).any()


def test_little_has_memory_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert workspace.take(0, 7).shape == (0, 7)
    monkeypatch.undo()
    assert workspace.take(3, 7).shape == (3, 7) and workspace._blocks == []
