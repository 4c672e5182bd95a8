"""Threads for kernels that have released the GIL.

Plain threads rather than numba's parallel=True: such kernels compile several times faster, and calls from several
threads of the program at once are safe under every threading layer.
"""

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any


@cache
def cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), thread_name_prefix="field")


if hasattr(os, "register_at_fork"):  # a forked child has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


def run(function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> list[Any]:
    """[function(*arguments) for arguments in calls], in threads; the first exception raised is raised here.

    This thread works too, and a thread takes one call after another: to wake one costs as much as a small call.
    """
    if len(calls) < 2 or cores() < 2:
        return [function(*arguments) for arguments in calls]
    results: list[Any] = [None] * len(calls)
    waiting = deque(enumerate(calls))
    errors: list[BaseException] = []

    def work() -> None:
        while not errors:
            try:
                at, arguments = waiting.popleft()
            except IndexError:
                return
            try:
                results[at] = function(*arguments)
            except BaseException as error:  # raised again below, by the thread that asked
                errors.append(error)

    helpers = [_pool().submit(work) for _ in range(min(cores(), len(calls)) - 1)]
    try:
        work()
    finally:
        for helper in helpers:
            if not helper.cancel():
                helper.result()
    if errors:
        raise errors[0]
    return results


def split(n: int, least: int = 1, multiple: int = 1, parts: int = 0) -> list[tuple[int, int]]:
    """range(n) in at most `parts` (default: two per core) ranges (lo, hi), in order.

    Each range but the last has a multiple of `multiple` entries and at least `least`; n = 0 gives no range.
    """
    parts = max(1, min(parts or 2 * cores(), n // max(least, 1)))
    step = -(-n // (parts * multiple)) * multiple
    return [(lo, min(lo + step, n)) for lo in range(0, n, max(step, 1))]
