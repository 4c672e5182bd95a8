"""Kernels for long sums of products: many base polynomials against few rows of E, with late reductions.

Four products of canonical entries fit in 64 bits; the low and high words of such sums are added up apart.
"""

import numpy as np
import numpy.typing as npt

from zkcompliance.field import scalar
from zkcompliance.field.jit import kernel

U32 = npt.NDArray[np.uint32]
DOT_TILE = 1024  # columns: six rows of powers stay in the first-level cache while the coefficients pass
COMBINE_TILE = 256


@kernel
def dot(coeffs: U32, powers: U32, out: U32, lo: int, hi: int) -> None:
    """out[c, r] = sum_i coeffs[c, i] * powers[r, i] over columns lo..hi - 1."""
    w, rows = coeffs.shape[0], powers.shape[0]
    lows, highs = np.zeros((w, rows), np.uint64), np.zeros((w, rows), np.uint64)
    for base in range(lo, hi, DOT_TILE):
        n = min(DOT_TILE, hi - base)
        q = n // 4
        for c in range(w):
            x0, x1 = coeffs[c, base : base + q], coeffs[c, base + q : base + 2 * q]
            x2, x3 = coeffs[c, base + 2 * q : base + 3 * q], coeffs[c, base + 3 * q : base + 4 * q]
            for r in range(rows):
                y0, y1 = powers[r, base : base + q], powers[r, base + q : base + 2 * q]
                y2, y3 = powers[r, base + 2 * q : base + 3 * q], powers[r, base + 3 * q : base + 4 * q]
                low, high = np.uint64(0), np.uint64(0)
                for i in range(q):
                    s = np.uint64(x0[i]) * np.uint64(y0[i]) + np.uint64(x1[i]) * np.uint64(y1[i])
                    s += np.uint64(x2[i]) * np.uint64(y2[i]) + np.uint64(x3[i]) * np.uint64(y3[i])
                    low += s & scalar.LOW
                    high += s >> scalar.WORD
                for i in range(base + 4 * q, base + n):
                    s = np.uint64(coeffs[c, i]) * np.uint64(powers[r, i])
                    low += s & scalar.LOW
                    high += s >> scalar.WORD
                lows[c, r] += low
                highs[c, r] += high
    for c in range(w):
        for r in range(rows):
            high = highs[c, r] % scalar.P64 * np.uint64((1 << 32) % int(scalar.P64)) % scalar.P64
            out[c, r] = (high + lows[c, r]) % scalar.P64


@kernel
def combine(coeffs: U32, weights: U32, out: U32, lo: int, hi: int) -> None:
    """out[r, i] += sum_c weights[c, r] * coeffs[c, i] for lo <= i < hi; the weights (w, rows) in Montgomery form."""
    w, rows = weights.shape
    lows, highs = np.empty((rows, COMBINE_TILE), np.uint64), np.empty((rows, COMBINE_TILE), np.uint64)
    for base in range(lo, hi, COMBINE_TILE):
        n = min(COMBINE_TILE, hi - base)
        lows[:] = 0
        highs[:] = 0
        for c in range(0, w, 4):
            x0 = coeffs[c, base : base + n]
            x1 = coeffs[min(c + 1, w - 1), base : base + n]
            x2 = coeffs[min(c + 2, w - 1), base : base + n]
            x3 = coeffs[min(c + 3, w - 1), base : base + n]
            for r in range(rows):
                f0 = np.uint64(weights[c, r])
                f1 = np.uint64(weights[c + 1, r]) if c + 1 < w else np.uint64(0)
                f2 = np.uint64(weights[c + 2, r]) if c + 2 < w else np.uint64(0)
                f3 = np.uint64(weights[c + 3, r]) if c + 3 < w else np.uint64(0)
                low, high = lows[r], highs[r]
                for i in range(n):
                    s = np.uint64(x0[i]) * f0 + np.uint64(x1[i]) * f1 + np.uint64(x2[i]) * f2 + np.uint64(x3[i]) * f3
                    low[i] += s & scalar.LOW
                    high[i] += s >> scalar.WORD
        for r in range(rows):
            for i in range(n):
                upper = scalar.reduce(scalar.reduce(highs[r, i]) * scalar.R_SQUARED)
                out[r, base + i] = scalar.add(out[r, base + i], scalar.add(scalar.reduce(lows[r, i]), upper))
