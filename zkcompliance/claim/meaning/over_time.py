"""The meaning of what looks back in time, on whole columns at once: states at a time, running sums, sums in a window.

A sum over rows is the difference of two prefix sums over all of them, exact: Python ints where they may pass 62 bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.arrays import Array, ascending, numbered
from zkcompliance.claim.meaning.core import Frame, Rows, Value
from zkcompliance.claim.meaning.frames import Frames, dtype_of


@dataclass(frozen=True)
class Timeline:
    """`rows`: indices of some rows in ascending order of (`keys`, `time`), ties in the order of their frame."""

    frame: Frame
    rows: Array
    keys: tuple[Value, ...]
    time: Value


@dataclass(frozen=True)
class Found:
    """Of each row that asks. last: the place in a timeline of the last row that is not after its (keys, time), or −1;
    first: that of the first row that has its keys, past the end where none has. The last has its keys if last ≥ first.
    """

    last: Array
    first: Array


class OverTime(Frames):
    """What the three nodes are worth."""

    def as_of(self, node: core.AsOf) -> Any:
        """An array over the node's frame, or an int."""
        line = self._timeline(node.target, node.columns, node.order)
        found = self._ask(line, node.keys, node.at, node.frame)
        has = found.last >= found.first
        answers = np.full(len(has), self.value(node.default), dtype_of(node))
        answers[has] = self._column(node.value, line.frame)[line.rows[found.last[has]]]
        return int(answers[0]) if node.frame is None else answers

    def window(self, node: core.Window) -> Array:
        """Up to the last row that is not after t, less up to the last one that is not after t − length."""
        frame = node.rows.frame
        line = self._timeline(node.rows, node.per, node.at)
        ranged = (node.at.range[0] - node.length.range[1], node.at.range[1] - node.length.range[0])
        begin = core.Sub(node.at, node.length, type=node.at.type, range=ranged, frame=frame)
        here, before = (self._ask(line, node.per, at, frame) for at in (node.at, begin))
        prefix = _prefix_sums(self._column(node.arg, frame)[line.rows].astype(dtype_of(node)))
        low, high = np.maximum(before.last + 1, here.first), here.last + 1
        nothing = high <= low
        return np.where(nothing, 0, prefix[np.where(nothing, 0, high)] - prefix[np.where(nothing, 0, low)])

    def running(self, node: core.Running) -> Array:
        """Along the rows in their order, from the first with the same keys."""
        frame = node.rows.frame
        size = self.length(frame)
        order, first = np.arange(size), np.zeros(size, np.int64)
        if node.rows.order or node.per:
            order = ascending(self._words(((*node.per, *node.rows.order), frame, order))[0])
        if node.per and size:
            (codes,) = numbered(self._words((node.per, frame, order))[0])
            first = np.maximum.accumulate(np.where(np.append(True, codes[1:] != codes[:-1]), np.arange(size), 0))
        counted = np.where(self._mask(node.rows), self._column(node.arg, frame), 0).astype(dtype_of(node))
        prefix = _prefix_sums(counted[order])
        result = np.empty_like(counted)
        result[order] = prefix[1:] - prefix[first]
        return result

    def _timeline(self, rows: Rows, keys: tuple[Value, ...], time: Value) -> Timeline:
        chosen = self.selected(rows)
        (words,) = self._words(((*keys, time), rows.frame, chosen))
        return Timeline(rows.frame, chosen[ascending(words)], keys, time)

    def _ask(self, line: Timeline, keys: tuple[Value, ...], time: Value, frame: Frame | None) -> Found:
        """keys and time, on each row of the frame (of None on the one), held against the timeline's."""
        size, count = self._size(frame), len(line.rows)
        asking = np.arange(size)
        mine, theirs = self._words(((*keys, time), frame, asking), ((*line.keys, line.time), line.frame, line.rows))
        asks = np.arange(count + size) >= count  # of equal ones the timeline's come first
        order = ascending([*(np.concatenate([y, x]) for x, y in zip(mine, theirs, strict=True)), asks])
        asks = asks[order]
        last = np.empty(size, np.int64)
        last[order[asks] - count] = (np.cumsum(~asks) - 1)[asks]
        if not keys:
            return Found(last, np.zeros(size, np.int64))
        asked, known = numbered(*self._words((keys, frame, asking), (line.keys, line.frame, line.rows)))
        first = np.full(count + size, count)
        first[known[::-1]] = np.arange(count)[::-1]
        return Found(last, first[asked])


def _prefix_sums(values: Array) -> Array:
    """The sum of the first i values, at i."""
    return np.concatenate([np.zeros(1, values.dtype), np.cumsum(values, dtype=values.dtype)])
