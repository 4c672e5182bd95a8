"""Kernels for long sums of products: many base polynomials against few rows of E, reduced late (see sum_lanes.py)."""

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.field import scalar
from zkcompliance.stark.field.jit import kernel
from zkcompliance.stark.field.sum_lanes import GROUP, STEP, combine_step, dot_step, settle
from zkcompliance.stark.field.width import LANES

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
DOT_TILE = 1024  # columns: six rows of powers stay in the first-level cache while the coefficients pass
COMBINE_TILE = 256  # columns: the totals of six rows stay there


@kernel("u4[:,:] u4[:,:] u4[:,:] i8 i8")
def dot(coeffs: U32, powers: U32, out: U32, lo: int, hi: int) -> None:
    """out[c, r] = sum_i coeffs[c, i] * powers[r, i] over columns lo..hi - 1."""
    w, rows, d, n = coeffs.shape[0], powers.shape[0], coeffs.shape[1], powers.shape[1]
    half = LANES // 2
    lows, highs = np.zeros(w * rows * half, np.uint64), np.zeros(w * rows * half, np.uint64)
    x, y = coeffs.reshape(-1), powers.reshape(-1)
    whole = lo + (hi - lo) // (STEP * LANES) * (STEP * LANES)
    for base in range(lo, whole, DOT_TILE):
        end = min(base + DOT_TILE, whole)
        for c in range(w):
            for r in range(rows):
                for i in range(base, end, STEP * LANES):
                    dot_step(x, c * d + i, y, r * n + i, lows, highs, (c * rows + r) * half)
    for c in range(w):
        for r in range(rows):
            low, high = np.uint64(0), np.uint64(0)
            for lane in range(half):
                low += lows[(c * rows + r) * half + lane]
                high += highs[(c * rows + r) * half + lane]
            for i in range(whole, hi):
                s = np.uint64(coeffs[c, i]) * np.uint64(powers[r, i])
                low += s & scalar.LOW
                high += s >> scalar.WORD
            out[c, r] = scalar.joined(low, high)


@kernel("u4[:,:] i8[:] u4[:,:] u4[:,:] i8 i8")
def combine(coeffs: U32, chosen: I64, weights: U32, out: U32, lo: int, hi: int) -> None:
    """out[r, i] += sum_c weights[r, c] * coeffs[chosen[c], i] for lo <= i < hi.

    The weights are in Montgomery form; they have a multiple of GROUP columns, those beyond the polynomials zero.
    """
    w, d = chosen.size, coeffs.shape[1]
    rows, padded = weights.shape
    x, factors, sums = coeffs.reshape(-1), weights.reshape(-1), out.reshape(-1)
    lows, highs = np.empty(rows * COMBINE_TILE, np.uint64), np.empty(rows * COMBINE_TILE, np.uint64)
    for base in range(lo, hi, COMBINE_TILE):
        n = min(COMBINE_TILE, hi - base)
        whole = n - n % LANES
        for i in range(rows * COMBINE_TILE):
            lows[i], highs[i] = 0, 0
        for c in range(0, w, GROUP):
            first, second = chosen[c] * d + base, chosen[min(c + 1, w - 1)] * d + base
            third, fourth = chosen[min(c + 2, w - 1)] * d + base, chosen[min(c + 3, w - 1)] * d + base
            for r in range(rows):
                for i in range(0, whole, LANES):
                    columns = (first + i, second + i, third + i, fourth + i)
                    combine_step(x, columns, factors, r * padded + c, lows, highs, r * COMBINE_TILE + i)
        for r in range(rows):
            for i in range(0, whole, LANES):
                settle(lows, highs, r * COMBINE_TILE + i, sums, r * out.shape[1] + base + i)
            for i in range(base + whole, base + n):
                s = np.uint64(out[r, i])
                for c in range(w):
                    s += np.uint64(scalar.mul(coeffs[chosen[c], i], weights[r, c]))
                out[r, i] = s % scalar.P64
