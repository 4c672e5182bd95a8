"""Memory for large arrays that one step of a proof leaves to the next, and one proof to the next.

The first touch of a fresh page costs as much as filling it with a transform, or many times that on a virtual machine
that hands unused pages back. So arrays are cut from a few large blocks, the lowest free place first. An array's place
is free again once nothing refers to it or to a view of it: there is nothing to give back, and nothing to forget. Blocks
that nobody uses are kept up to MOST_BYTES; `release` leaves them to the operating system.
"""

from __future__ import annotations

import math
import threading
import weakref
from dataclasses import dataclass, field

import numpy as np

MOST_BYTES = 2 << 30
LEAST_ENTRIES = 1 << 24  # of a block: 64 MiB, of which only what is used is ever touched
FEW_ENTRIES = 1 << 14  # arrays below 64 KiB are not worth a place in a block
_PAGE = 1 << 10  # entries: arrays begin on a page of their own


@dataclass(eq=False)
class _Block:
    memory: np.ndarray  # flat uint32
    lent: dict[int, tuple[int, weakref.ref[np.ndarray]]] = field(default_factory=dict)  # first → end, the array

    def settle(self) -> None:
        """Forget the arrays that are no more."""
        for first, (_, array) in list(self.lent.items()):
            if array() is None:
                del self.lent[first]

    def gap(self, entries: int) -> int | None:
        """The first place where so many entries are free."""
        at = 0
        for first in sorted(self.lent):
            if first - at >= entries:
                break
            at = self.lent[first][0]
        return at if self.memory.size - at >= entries else None

    def cut(self, at: int, entries: int) -> np.ndarray:
        """A flat array at this place."""
        # a buffer's array, of which every view keeps it alive: views of an array keep only what owns the memory
        array = np.frombuffer(self.memory.data[at : at + entries], np.uint32)
        self.lent[at] = (-(-(at + entries) // _PAGE) * _PAGE, weakref.ref(array))
        return array


_blocks: list[_Block] = []
_lock = threading.Lock()


def take(*shape: int) -> np.ndarray:
    """A C-contiguous uint32 array of this shape with any content."""
    entries = math.prod(shape)
    if entries < FEW_ENTRIES:
        return np.empty(shape, np.uint32)
    with _lock:
        for block in _blocks:
            block.settle()
            at = block.gap(entries)
            if at is not None:
                break
        else:
            block, at = _Block(np.empty(max(entries, LEAST_ENTRIES), np.uint32)), 0
            _blocks.append(block)
        return block.cut(at, entries).reshape(shape)


def zeros(*shape: int) -> np.ndarray:
    """The same with zeros."""
    array = take(*shape)
    array.fill(0)
    return array


def alone(*shape: int) -> np.ndarray:
    """The same for what many of lie side by side, such as the rows of segments: of a block only where it fills one. A
    block of smaller ones serves nothing larger when they are gone."""
    return zeros(*shape) if math.prod(shape) >= LEAST_ENTRIES else np.zeros(shape, np.uint32)


def shrink() -> None:
    """Leave blocks that nobody uses to the operating system while all are more than MOST_BYTES, the oldest first."""
    with _lock:
        for block in list(_blocks):
            block.settle()
            if sum(each.memory.nbytes for each in _blocks) > MOST_BYTES and not block.lent:
                _blocks.remove(block)


def release() -> None:
    """Leave everything to the operating system; arrays that are alive keep their memory."""
    with _lock:
        _blocks.clear()
