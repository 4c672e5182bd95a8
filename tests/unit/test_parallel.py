"""Calls in threads: results in order, errors, calls within calls."""

from __future__ import annotations

import threading
import time

import pytest

from zkcompliance.stark.field import parallel
from zkcompliance.stark.field.parallel import run


@pytest.fixture(autouse=True)
def _several_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "cores", lambda: 3)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 50])
def test_results_are_in_order(count: int) -> None:
    assert run(lambda x, y: (x, y), [(i, -i) for i in range(count)]) == [(i, -i) for i in range(count)]


def test_threads_work_at_once() -> None:
    both = threading.Barrier(2, timeout=20)
    run(both.wait, [(), ()])


def test_an_error_is_raised_and_ends_the_work() -> None:
    done = []

    def work(i: int) -> None:
        if i == 3:
            raise ValueError("three")
        time.sleep(0.001)
        done.append(i)

    with pytest.raises(ValueError, match="three"):
        run(work, [(i,) for i in range(500)])
    assert len(done) < 499
    before = len(done)
    time.sleep(0.02)
    assert len(done) == before  # nothing goes on behind the caller's back


def test_calls_within_calls_end() -> None:
    """Where every thread of the pool waits, the one that asks does the work itself."""

    def outer(i: int) -> list[int]:
        return run(lambda j: 10 * i + j, [(j,) for j in range(4)])

    assert run(outer, [(i,) for i in range(8)]) == [[10 * i + j for j in range(4)] for i in range(8)]
