"""Kernels on vectors of E, (6, n) canonical uint32 arrays, of which every thread takes its own columns lo..hi - 1.

The out-of-place kernels work on whole vectors, of which the last may overlap the one before it: they need hi >= LANES.
A constant of E comes as (12,): its six coefficients and their products by 31, in Montgomery form.
"""

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.field import scalar, vector_lanes
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.jit import kernel
from zkcompliance.stark.field.kernels import invert as invert_flat
from zkcompliance.stark.field.width import LANES

U32 = npt.NDArray[np.uint32]
R_TO_MINUS_1 = np.uint32(pow(2**32, -1, P))  # the Montgomery form of 2^-64
TILE = 512  # columns worked on at once: 6 rows of 2 kB stay in the first-level cache


@kernel("u4[:,:] u4[:,:] u4[:,:] i8 i8")
def multiply(a: U32, b: U32, out: U32, lo: int, hi: int) -> None:
    """out = a * b."""
    for i in range(lo, hi, LANES):
        at = min(i, hi - LANES)
        vector_lanes.ext_multiply(a, at, b, at, out, at)


@kernel("u4[:,:] u4[:] u4[:,:] i8 i8 i8")
def scale(a: U32, s: U32, out: U32, offset: int, lo: int, hi: int) -> None:
    """out[:, offset + i] = s * a[:, i]."""
    for i in range(lo, hi, LANES):
        at = min(i, hi - LANES)
        vector_lanes.ext_scale(a, at, s, out, offset + at)


@kernel("u4[:,:] u4[:] u4[:,:] i8 i8")
def scale_add(a: U32, s: U32, out: U32, lo: int, hi: int) -> None:
    """out += s * a on columns lo..hi - 1, hi - lo a multiple of LANES; out may have more columns than a."""
    for i in range(lo, hi, LANES):
        vector_lanes.ext_scale_add(a, i, s, out, i)


@kernel("u4[:,:] u4[:,:] i8 i8 -> b1")
def invert(a: U32, out: U32, lo: int, hi: int) -> bool:
    """out = 1 / a; False when some column of a is zero.

    1 / a = (A - u B) T / N(a) as in vector_lanes.ext_norm, whose T and N(a) are short of factors 2^96 and 2^160.
    """
    conjugate, cofactor = np.empty((6, TILE), np.uint32), np.zeros((6, TILE), np.uint32)
    norms, inverses = np.empty(TILE, np.uint32), np.empty(TILE, np.uint32)
    for base in range(lo, hi, TILE):
        n = min(TILE, hi - base)
        for r in range(6):
            for i in range(TILE):
                conjugate[r, i] = a[r, base + i] if i < n else r == 0
        for i in range(0, TILE, LANES):
            vector_lanes.ext_norm(conjugate, i, cofactor, norms)
        if not invert_flat(norms, inverses, 0, TILE):
            return False
        for i in range(0, TILE, LANES):
            vector_lanes.scale(inverses, i, R_TO_MINUS_1, inverses, i)
        for r in range(1, 6, 2):
            for i in range(TILE):
                conjugate[r, i] = scalar.sub(np.uint32(0), conjugate[r, i])
        for i in range(0, TILE, LANES):
            vector_lanes.ext_multiply(conjugate, i, cofactor, i, conjugate, i)
        flat = conjugate.reshape(-1)
        for r in range(6):
            for i in range(0, TILE, LANES):
                vector_lanes.multiply(flat, r * TILE + i, inverses, i, flat, r * TILE + i)
            for i in range(n):
                out[r, base + i] = conjugate[r, i]
    return True


@kernel("u4[:,:] u4[:,:] u4[:,:] i8 i8")
def fold(poly: U32, constants: U32, out: U32, lo: int, hi: int) -> None:
    """out[:, i] = sum_j constants[j] * poly[:, a i + j] for the a constants (a, 12), poly[:, beyond its end] = 0."""
    arity, d = constants.shape[0], poly.shape[1]
    part, total = np.empty((6, TILE), np.uint32), np.empty((6, TILE), np.uint32)
    for base in range(lo, hi, TILE):
        n = min(TILE, hi - base)
        for r in range(6):
            for i in range(TILE):
                total[r, i] = 0
        for j in range(arity):
            present = max(0, min(n, (d - j - arity * base + arity - 1) // arity))
            for r in range(6):
                for i in range(present):
                    part[r, i] = poly[r, arity * (base + i) + j]
                for i in range(present, TILE):
                    part[r, i] = 0
            for i in range(0, n, LANES):
                vector_lanes.ext_scale_add(part, i, constants[j], total, i)
        for r in range(6):
            for i in range(n):
                out[r, base + i] = total[r, i]


@kernel("u4[:,:] u4[:,:] u4[:] u4[:,:] u4[:,:] i8 i8")
def weigh(poly: U32, powers: U32, step: U32, out: U32, carry: U32, lo: int, hi: int) -> None:
    """For tiles of columns from a multiple lo of TILE: out[:, t + i] = powers[:, i] * poly[:, t + i], i < TILE.

    With powers[:, i] = z^i and step = z^TILE, carry (6, LANES) becomes sum_i poly[:, i] z^(i - lo), in every column.
    """
    source, product = np.zeros((6, TILE), np.uint32), np.empty((6, TILE), np.uint32)
    for r in range(6):
        for lane in range(LANES):
            carry[r, lane] = 0
    for base in range(lo + (hi - lo - 1) // TILE * TILE, lo - 1, -TILE):
        n = min(TILE, hi - base)
        for r in range(6):
            for i in range(TILE):
                source[r, i] = poly[r, base + i] if i < n else 0
        for i in range(0, TILE, LANES):
            vector_lanes.ext_multiply(source, i, powers, i, product, i)
        vector_lanes.ext_scale(carry, 0, step, carry, 0)
        for r in range(6):
            total = np.uint64(0)
            for i in range(n):
                total += np.uint64(product[r, i])
                out[r, base + i] = product[r, i]
            total = scalar.add(carry[r, 0], total % scalar.P64)
            for lane in range(LANES):
                carry[r, lane] = total


@kernel("u4[:,:] u4[:,:] u4[:] u4[:,:] i8 i8")
def unweigh(weighted: U32, inverses: U32, step: U32, carry: U32, lo: int, hi: int) -> None:
    """Turns the output of `weigh` into the quotient by X - z, in place.

    Within a tile at t: q_j = z^-(j + 1) (sum_{i > j} z^i poly[:, t + i] + z^TILE q_{t + TILE - 1}). inverses[:, j] is
    z^-(j + 1); carry (6, LANES) is q_{hi - 1} = sum_{i >= hi} poly[:, i] z^(i - hi), from the columns above.
    """
    suffix = np.zeros((6, TILE), np.uint32)
    for base in range(lo + (hi - lo - 1) // TILE * TILE, lo - 1, -TILE):
        n = min(TILE, hi - base)
        vector_lanes.ext_scale(carry, 0, step, carry, 0)
        for r in range(6):
            total = np.uint64(carry[r, 0])
            for i in range(n - 1, -1, -1):
                suffix[r, i] = total
                total = scalar.add(total, weighted[r, base + i])
            for lane in range(LANES):
                carry[r, lane] = total
        for i in range(0, n, LANES):
            vector_lanes.ext_multiply(suffix, i, inverses, i, suffix, i)
        for r in range(6):
            for i in range(n):
                weighted[r, base + i] = suffix[r, i]


@kernel("u4[:,:] i8 u4[:,:] i8 i8")
def deal(values: U32, arity: int, out: U32, lo: int, hi: int) -> None:
    """out[6 j + r, i] = values[r, arity * i + j] for lo <= i < hi and j < arity."""
    for base in range(lo, hi, TILE):
        end = min(base + TILE, hi)
        for r in range(6):
            for j in range(arity):
                for i in range(base, end):
                    out[6 * j + r, i] = values[r, arity * i + j]
