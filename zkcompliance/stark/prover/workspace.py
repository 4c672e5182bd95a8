"""Memory for extended columns that one proof leaves to the next.

The first touch of a fresh page costs about as much as filling it with a transform: with pages that are there already, a
second proof of the same shapes takes a fifth less time. At most MOST_BYTES are kept; a release gives them back.
"""

from __future__ import annotations

import math
import threading

import numpy as np

MOST_BYTES = 2 << 30

_kept: list[np.ndarray] = []  # flat uint32 arrays that nothing else refers to
_lock = threading.Lock()


def take(shape: tuple[int, ...]) -> np.ndarray:
    """A uint32 array of this shape with any content, from what was given back or fresh."""
    entries = math.prod(shape)
    with _lock:
        fits = [i for i, spare in enumerate(_kept) if entries <= spare.size <= 2 * entries]
        spare = _kept.pop(min(fits, key=lambda i: _kept[i].size)) if fits else None
    flat = np.empty(entries, np.uint32) if spare is None else spare
    return flat[:entries].reshape(shape)


def give_back(array: np.ndarray) -> None:
    """Keep the memory of an array that came from `take` and that nothing reads any more."""
    flat = array
    while isinstance(flat.base, np.ndarray):
        flat = flat.base
    with _lock:
        _kept.append(flat)
        while sum(spare.nbytes for spare in _kept) > MOST_BYTES:
            _kept.pop(0)


def release() -> None:
    """Give everything that is kept back to the operating system."""
    with _lock:
        _kept.clear()
