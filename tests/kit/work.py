"""What a block takes, as a ratio to a fixed piece of work in the same process: no test asserts a time.

A machine that is slow, or has other work on the same core, is slow at both.
"""

from __future__ import annotations

import functools
import hashlib
import time


def _piece() -> float:
    """The CPU seconds of a piece like a verifier's work: integers of Python, tuples, hashes."""
    began, total, state = time.thread_time(), 1, b""
    for number in range(4000):
        total = (total * 48271 + number) % 2147483647
        pair = (total, number)
        if pair[0] & 3 == 0:
            state = hashlib.sha256(state + pair[0].to_bytes(4, "little")).digest()
    return time.thread_time() - began


def _weighed(times: int) -> float:
    """The middle one of so many pieces."""
    return sorted(_piece() for _ in range(times))[times // 2]


@functools.cache
def _at_first() -> float:
    return _weighed(9)


class Work:
    """`with Work() as work: …`, and then `work.pieces`: how many pieces the CPU time of the block is worth.

    A piece is about a thousandth of a second of a machine of 2025 that does nothing else.
    """

    pieces = float("inf")

    def __enter__(self) -> Work:
        _at_first()
        self._began = time.process_time()
        return self

    def __exit__(self, *raised: object) -> None:
        took = time.process_time() - self._began
        self.pieces = took / max(_at_first(), _weighed(9 if took > 0.1 else 1))
