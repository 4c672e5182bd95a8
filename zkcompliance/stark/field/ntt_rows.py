"""Kernels that transform a range of rows on one coset; threads take different ranges and cosets."""

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.field import vector_lanes
from zkcompliance.stark.field.jit import kernel
from zkcompliance.stark.field.ntt_kernels import SMALLEST, begin, forward, forward_small, inverse, inverse_small
from zkcompliance.stark.field.scalar import add, mul
from zkcompliance.stark.field.width import LANES

U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]


@kernel
def add_scaled(values: U32, source: int, scale: np.uint32, out: U32, start: int, n: int) -> None:
    """out[start..] += values[source..] * scale, n entries of flat arrays."""
    whole = n - n % LANES
    for i in range(0, whole, LANES):
        vector_lanes.scale_add(values, source + i, scale, out, start + i)
    for i in range(whole, n):
        out[start + i] = add(out[start + i], mul(values[source + i], scale))


@kernel
def copy_entries(values: U32, source: int, out: U32, start: int, n: int) -> None:
    """out[start..] = values[source..], n entries of flat arrays."""
    whole = n - n % LANES
    for i in range(0, whole, LANES):
        vector_lanes.copy(values, source + i, out, start + i)
    for i in range(whole, n):
        out[start + i] = values[source + i]


@kernel("u4[:,:] i8 i8 i8 i8 i8 u4[:] u4[:] u4[:] u4[:]")
def evaluate_rows(
    coeffs: U32, lo: int, hi: int, coset: int, cosets: int, log_size: int, wraps: U32, main: U32, tail: U32, out: U32
) -> None:
    """Rows lo..hi - 1 of coeffs (w, d), reduced mod X^m - y with wraps[j] = y^j, transformed to (row, coset) of out."""
    d, m = coeffs.shape[1], 1 << log_size
    source = coeffs.reshape(-1)
    whole = log_size >= SMALLEST and m <= d <= m + (m >> 2)
    for row in range(lo, hi):
        start = (row * cosets + coset) * m
        if whole:
            begun = begin(source, row * d, out, start, log_size, main)
            # residues mod X^h -+ r of a polynomial of fewer coefficients than h are the polynomial itself
            for block in range(1 << begun):
                add_scaled(source, row * d + m, wraps[wraps.shape[0] - 1], out, start + (block * m >> begun), d - m)
            forward(out, start, log_size, begun, main, tail)
            continue
        copy_entries(source, row * d, out, start, min(d, m))
        for i in range(d, m):
            out[start + i] = 0
        for j in range(1, wraps.shape[0]):
            add_scaled(source, row * d + j * m, wraps[j], out, start, min(m, d - j * m))
        if log_size < SMALLEST:
            forward_small(out, start, log_size, main)
        else:
            forward(out, start, log_size, begin(out, start, out, start, log_size, main), main, tail)


@kernel
def _scale_into(values: U32, source: int, scale: np.uint32, out: U32, start: int, m: int) -> None:
    """out[start..] = values[source..] * scale, m entries of flat arrays."""
    whole = m - m % LANES
    for i in range(0, whole, LANES):
        vector_lanes.scale(values, source + i, scale, out, start + i)
    for i in range(whole, m):
        out[start + i] = mul(values[source + i], scale)


@kernel
def _reverse_into(values: U32, source: int, scale: np.uint32, ends: I32, middles: I32, out: U32, start: int) -> None:
    """out[start + bitrev(i)] = values[source + i] * scale, in squares that stay in the cache.

    An index is (high, middle, low) with as many bits in high as in low; ends and middles are their reversals. For one
    middle, the values of all high and low parts are a square of short runs, and so are the places where they go.
    """
    side, count = ends.shape[0], middles.shape[0]
    square = np.empty(side * side, np.uint32)
    for middle in range(count):
        for high in range(side):
            _scale_into(values, source + (high * count + middle) * side, scale, square, high * side, side)
        for low in range(side):
            base = start + (ends[low] * count + middles[middle]) * side
            for i in range(side):
                out[base + i] = square[ends[i] * side + low]


@kernel("u4[:] i8 i8 i8 i8 i8 u4 i4[:] i4[:] u4[:] u4[:] u4[:]")
def interpolate_rows(
    values: U32,
    lo: int,
    hi: int,
    coset: int,
    cosets: int,
    log_size: int,
    scale: np.uint32,
    ends: I32,
    middles: I32,
    main: U32,
    tail: U32,
    out: U32,
) -> None:
    """Rows (row, coset) of flat values (w, cosets, m) for rows lo..hi - 1, times scale, transformed back into out.

    Natural-order values come with the tables of _reverse_into, bit-reversed ones with empty tables.
    """
    m = 1 << log_size
    for row in range(lo, hi):
        start = (row * cosets + coset) * m
        if ends.shape[0]:
            _reverse_into(values, start, scale, ends, middles, out, start)
        else:
            _scale_into(values, start, scale, out, start, m)
        if log_size < SMALLEST:
            inverse_small(out, start, log_size, main)
        else:
            inverse(out, start, log_size, main, tail)


@kernel("u4[:,:,:] u4[:,:] i8 i8")
def combine_rows(values: U32, matrix: U32, lo: int, hi: int) -> None:
    """values[row, :, i] = matrix * values[row, :, i] for lo <= i < hi, in place; the matrix in Montgomery form."""
    w, c, m = values.shape
    flat = values.reshape(-1)
    width = 256
    old, new = np.empty(c * width, np.uint32), np.empty(width, np.uint32)
    for row in range(w):
        for base in range(lo, hi, width):
            n = min(width, hi - base)
            for j in range(c):
                for i in range(n):
                    old[j * width + i] = flat[(row * c + j) * m + base + i]
            for j in range(c):
                _scale_into(old, 0, matrix[j, 0], new, 0, n)
                for other in range(1, c):
                    add_scaled(old, other * width, matrix[j, other], new, 0, n)
                for i in range(n):
                    flat[(row * c + j) * m + base + i] = new[i]
