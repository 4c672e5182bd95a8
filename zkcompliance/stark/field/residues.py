"""Residues of polynomials of F modulo X^8 − y: what a few runs of eight positions of their codewords need.

Eight consecutive positions of a coset, in bit-reversed order, are the eight roots of X^8 − y for one y. So the values
there come from the residue's eight coefficients, Σ_i c_(8i + j)·y^i, in one pass over the polynomial, without a
transform; many at once share the pass.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.field import scalar
from zkcompliance.stark.field.arrays import u32_array
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.jit import kernel
from zkcompliance.stark.field.parallel import run
from zkcompliance.stark.field.residue_lanes import STEP, step
from zkcompliance.stark.field.scalar import montgomery
from zkcompliance.stark.field.width import LANES

U32 = npt.NDArray[np.uint32]

RUN = 8
TILE = 4096  # coefficients that stay in the first-level cache while the powers of every point pass


@kernel("u4[:,:] u4[:,:] u4[:] u4[:,:,:] i8")
def _residues(coeffs: U32, powers: U32, steps: U32, out: U32, row: int) -> None:
    """out[g, row, j] = sum_i coeffs[row, 8 i + j] * y_g^i, by Horner's rule over tiles from the last one down.

    powers[g, i] = y_g^(i // 8) for i < TILE; steps[g] = y_g^(TILE / 8) in Montgomery form.
    """
    d, points = coeffs.shape[1], powers.shape[0]
    totals, source, flat = np.empty(2 * LANES, np.uint64), coeffs.reshape(-1), powers.reshape(-1)
    rest = np.zeros(TILE, np.uint32)
    half = LANES // 2
    for g in range(points):
        for j in range(RUN):
            out[g, row, j] = 0
    for base in range((d - 1) // TILE * TILE, -1, -TILE):
        whole = base + TILE <= d
        if not whole:
            for i in range(d - base):
                rest[i] = coeffs[row, base + i]
        for g in range(points):
            totals[:] = 0
            for i in range(0, TILE, STEP * LANES):
                if whole:
                    step(source, row * d + base + i, flat, g * TILE + i, totals)
                else:
                    step(rest, i, flat, g * TILE + i, totals)
            for j in range(RUN):
                low, high = np.uint64(0), np.uint64(0)
                for lane in range(j, LANES, RUN):
                    at = (lane & 1) * LANES + lane // 2
                    low += totals[at]
                    high += totals[at + half]
                out[g, row, j] = scalar.add(scalar.mul(out[g, row, j], steps[g]), scalar.joined(low, high))


def _powers(points: npt.NDArray[np.uint64], count: int) -> npt.NDArray[np.uint64]:
    """(…, count) uint64 of (…): x^i for i < count, a power of two, of each x, by doubling."""
    found, step = np.ones((*points.shape, 1), np.uint64), points[..., None]
    while found.shape[-1] < count:
        found = np.concatenate([found, found * step % np.uint64(P)], axis=-1)
        step = step * step % np.uint64(P)
    return found


def residues(coeffs: U32, points: list[int]) -> U32:
    """(w, d) coefficients to (points, w, 8): those of each polynomial mod X^8 − y, for every y of `points`."""
    coeffs = u32_array(coeffs, 2)
    out = np.empty((len(points), coeffs.shape[0], RUN), np.uint32)
    powers = np.repeat(_powers(np.array(points, np.uint64), TILE // RUN).astype(np.uint32), RUN, axis=1)
    steps = montgomery([pow(y, TILE // RUN, P) for y in points])
    run(_residues, [(coeffs, powers, steps, out, row) for row in range(coeffs.shape[0])])
    return out


def values_on_runs(coeffs: U32, runs: list[list[int]]) -> U32:
    """(runs, w, 8): values of (w, d) coefficients at runs of eight points that have one eighth power each."""
    found = residues(coeffs, [pow(points[0], RUN, P) for points in runs])
    values = np.empty_like(found)
    tables = _powers(np.array(runs, np.uint64), RUN)
    for at, table in enumerate(tables):
        # eight products below 2^62 each would not fit: they are reduced one by one
        terms = found[at].astype(np.uint64)[:, None, :] * table[None] % np.uint64(P)
        values[at] = terms.sum(axis=2) % np.uint64(P)
    return values
