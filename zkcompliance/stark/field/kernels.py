"""Kernels on vectors of F: flat canonical uint32 arrays, of which every thread takes its own range lo..hi - 1."""

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.field import scalar, vector_lanes
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.jit import kernel
from zkcompliance.stark.field.width import LANES

U32 = npt.NDArray[np.uint32]
DEPTH = 64  # vectors that share an inversion


@kernel("u4[:] u4[:] u4[:] i8 i8")
def multiply(a: U32, b: U32, out: U32, lo: int, hi: int) -> None:
    """out = a * b for flat arrays."""
    i = lo
    while i + LANES <= hi:
        vector_lanes.multiply(a, i, b, i, out, i)
        i += LANES
    while i < hi:
        out[i] = scalar.mul(scalar.mul(a[i], b[i]), scalar.R_SQUARED)
        i += 1


@kernel("u4[:] u4 u4[:] i8 i8 i8")
def scale(a: U32, c: np.uint32, out: U32, offset: int, lo: int, hi: int) -> None:
    """out[offset + i] = a[i] * c for flat arrays and c in Montgomery form."""
    i = lo
    while i + LANES <= hi:
        vector_lanes.scale(a, i, c, out, offset + i)
        i += LANES
    while i < hi:
        out[offset + i] = scalar.mul(a[i], c)
        i += 1


@kernel("u4[:] u4[:] u4[:] i8 i8")
def add(a: U32, b: U32, out: U32, lo: int, hi: int) -> None:
    """out = a + b for flat arrays."""
    p = np.uint32(scalar.P64)
    for i in range(lo, hi):
        s = np.uint32(a[i] + b[i])
        out[i] = min(s, np.uint32(s - p))


@kernel("u4[:] u4 u4[:] i8 i8")
def add_constant(a: U32, c: np.uint32, out: U32, lo: int, hi: int) -> None:
    """out = a + c for a flat array and a canonical c."""
    p = np.uint32(scalar.P64)
    for i in range(lo, hi):
        s = np.uint32(a[i] + c)
        out[i] = min(s, np.uint32(s - p))


@kernel("u4[:] u4[:] u4[:] i8 i8")
def sub(a: U32, b: U32, out: U32, lo: int, hi: int) -> None:
    """out = a - b for flat arrays."""
    p = np.uint32(scalar.P64)
    for i in range(lo, hi):
        d = np.uint32(a[i] - b[i])
        out[i] = min(d, np.uint32(d + p))


@kernel("u4[:] u4[:] i8 i8 -> b1")
def invert(a: U32, out: U32, lo: int, hi: int) -> bool:
    """out = 1 / a for flat arrays; False when some a[i] is zero.

    DEPTH vectors at a time: their running products, the power p - 2 of the last one, and back.
    """
    size, last = DEPTH * LANES, (DEPTH - 1) * LANES
    x, products = np.empty(size, np.uint32), np.empty(size, np.uint32)
    inverse = np.empty(LANES, np.uint32)
    for base in range(lo, hi, size):
        for i in range(size):
            x[i] = a[base + i] if base + i < hi else 1
        for i in range(LANES):
            products[i] = x[i]
            inverse[i] = 1
        for i in range(LANES, size, LANES):
            vector_lanes.multiply(products, i - LANES, x, i, products, i)
        for i in range(last, size):
            if products[i] == 0:
                return False
        for bit in range(30, -1, -1):
            vector_lanes.multiply(inverse, 0, inverse, 0, inverse, 0)
            if (P - 2) >> bit & 1:
                vector_lanes.multiply(inverse, 0, products, last, inverse, 0)
        for i in range(last, 0, -LANES):
            vector_lanes.multiply(inverse, 0, products, i - LANES, products, i)
            vector_lanes.multiply(inverse, 0, x, i, inverse, 0)
        for i in range(LANES):
            products[i] = inverse[i]
        for i in range(min(size, hi - base)):
            out[base + i] = products[i]
    return True


@kernel("u4[:,:] u4[:,:] u4[:] i8 i8")
def prefix_sums(a: U32, out: U32, totals: U32, lo: int, hi: int) -> None:
    """Rows lo..hi - 1: out[r, i] = a[r, 0] + ... + a[r, i - 1], totals[r] = the sum of row r; out may be a."""
    for row in range(lo, hi):
        total = np.uint64(0)
        for i in range(a.shape[1]):
            x = a[row, i]
            out[row, i] = total
            total = scalar.add(total, x)
        totals[row] = total
