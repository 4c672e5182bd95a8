"""A few kernels that are compiled in a second, with every kind of argument and result, and an engine for them alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from zkcompliance.stark.field.jit import kernel
from zkcompliance.stark.native.engine import Engine

ENGINE = Engine((__name__,), ())


@kernel
def _twice(x: Any) -> Any:
    """A part of the others."""
    return 2 * x


@kernel("u4[:] i4[:] i8[:,:] b1[:] u4[:,:,:] u4 i4 i8 b1 -> i8")
def every_kind(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any, i: Any) -> Any:
    """A number that each argument, each entry's place, and each shape has a part in."""
    total = np.int64(0)
    for at in range(a.shape[0]):
        total += np.int64(a[at]) * (at + 1) + np.int64(b[at]) * (at + 2) + (at + 3 if d[at] else 0)
    for row in range(c.shape[0]):
        for at in range(c.shape[1]):
            total += c[row, at] * (7 * row + at)
    flat = e.reshape(-1)
    for at in range(flat.shape[0]):
        total += np.int64(flat[at]) * at + np.int64(e[-1, 0, -1])
    return total + _twice(np.int64(f)) + 3 * np.int64(g) + 5 * h + (11 if i else 0)


@kernel("u4[:] i8 -> b1")
def all_below(a: Any, most: int) -> bool:
    """Whether every entry is below `most`."""
    greatest = np.int64(-1)
    for x in a:
        greatest = max(greatest, np.int64(x))
    return greatest < most


@kernel("u4[:] i8")
def fill_from_a_copy(a: Any, size: int) -> None:
    """a[i] = 2 a[i] + 1, by way of new memory of so many entries, at least as many as a has."""
    copy = np.empty(size, np.uint32)
    for i in range(a.shape[0]):
        copy[i] = _twice(a[i]) + 1
    for i in range(a.shape[0]):
        a[i] = copy[i]


KERNELS: tuple[Any, ...] = (every_kind, all_below, fill_from_a_copy)
for _each in KERNELS:
    _each.engine = ENGINE
