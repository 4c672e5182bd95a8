"""Kernels that transform a range of rows on one coset; threads take different ranges and cosets."""

import numpy as np
import numpy.typing as npt

from zkcompliance.field.jit import kernel
from zkcompliance.field.ntt_kernels import SMALLEST, forward, forward_small, inverse, inverse_small
from zkcompliance.field.scalar import add, mul

U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]


@kernel
def evaluate_rows(
    coeffs: U32, lo: int, hi: int, coset: int, cosets: int, log_size: int, wraps: U32, main: U32, tail: U32, out: U32
) -> None:
    """Rows lo..hi - 1 of coeffs (w, d), reduced mod X^m - y with wraps[j] = y^j, transformed into (row, coset) of out."""
    d, m = coeffs.shape[1], 1 << log_size
    for row in range(lo, hi):
        start = (row * cosets + coset) * m
        for i in range(min(d, m)):
            out[start + i] = coeffs[row, i]
        for i in range(d, m):
            out[start + i] = 0
        for j in range(1, wraps.shape[0]):
            for i in range(min(m, d - j * m)):
                out[start + i] = add(out[start + i], mul(coeffs[row, j * m + i], wraps[j]))
        if log_size < SMALLEST:
            forward_small(out, start, log_size, main)
        else:
            forward(out, start, log_size, main, tail)


@kernel
def interpolate_rows(
    values: U32,
    lo: int,
    hi: int,
    coset: int,
    cosets: int,
    log_size: int,
    scale: np.uint32,
    order: I32,
    main: U32,
    tail: U32,
    out: U32,
) -> None:
    """Rows (row, coset) of values (w * cosets, m) for rows lo..hi - 1, times scale, transformed back into out.

    order is empty for bit-reversed values, or the permutation to read the values with.
    """
    m = 1 << log_size
    for row in range(lo, hi):
        source = row * cosets + coset
        start = source * m
        if order.shape[0]:
            for i in range(m):
                out[start + i] = mul(values[source, order[i]], scale)
        else:
            for i in range(m):
                out[start + i] = mul(values[source, i], scale)
        if log_size < SMALLEST:
            inverse_small(out, start, log_size, main)
        else:
            inverse(out, start, log_size, main, tail)


@kernel
def combine_rows(values: U32, matrix: U32, lo: int, hi: int) -> None:
    """values[row, :, i] = matrix * values[row, :, i] for lo <= i < hi, in place; the matrix in Montgomery form."""
    w, c = values.shape[0], values.shape[1]
    width = 64
    old = np.empty((c, width), np.uint32)
    for row in range(w):
        for base in range(lo, hi, width):
            n = min(width, hi - base)
            for j in range(c):
                for i in range(n):
                    old[j, i] = values[row, j, base + i]
            for j in range(c):
                for i in range(n):
                    values[row, j, base + i] = mul(old[0, i], matrix[j, 0])
                for other in range(1, c):
                    for i in range(n):
                        values[row, j, base + i] = add(values[row, j, base + i], mul(old[other, i], matrix[j, other]))
