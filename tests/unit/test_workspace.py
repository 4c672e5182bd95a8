"""Memory that proofs leave to each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from zkcompliance.stark.prover import workspace


@pytest.fixture(autouse=True)
def emptied() -> Iterator[None]:
    workspace.release()
    yield
    workspace.release()


def test_memory_is_used_again_and_never_by_two() -> None:
    first = workspace.take((2, 3, 4))
    first[:] = 7
    address = first.ctypes.data
    workspace.give_back(first)
    again, other = workspace.take((4, 5)), workspace.take((4, 5))
    assert again.ctypes.data == address and again.shape == (4, 5) and again.dtype == np.uint32
    assert not np.shares_memory(again, other)


def test_what_does_not_fit_is_not_taken() -> None:
    workspace.give_back(workspace.take((100,)))
    assert workspace.take((101,)).size == 101  # too small
    assert len(workspace._kept) == 1
    workspace.take((49,))  # more than twice as large as needed
    assert len(workspace._kept) == 1
    workspace.take((50,))
    assert workspace._kept == []


def test_the_oldest_goes_first_and_a_release_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "MOST_BYTES", 4 * 250)
    held = [workspace.take((100 + i,)) for i in range(3)]
    for array in held:
        workspace.give_back(array)
    assert [spare.size for spare in workspace._kept] == [101, 102]
    workspace.release()
    assert workspace._kept == []
