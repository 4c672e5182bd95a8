"""What a proof reveals of a masked column, as linear functionals of its mask, and exact ranks mod p."""

from __future__ import annotations

import numpy as np

from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field.babybear import P, inv
from zkcompliance.stark.field.extension import Ext


def at_base_point(x: int, rows: int, h: int) -> np.ndarray:
    """(1, h): Z_H(x)·x^i, the mask's part of the column's value at x in F."""
    factor = (pow(x, rows, P) - 1) % P
    found = np.empty(h, np.int64)
    for i in range(h):
        found[i] = factor
        factor = factor * x % P
    return found[None]


def at_extension_point(z: Ext, rows: int, h: int) -> np.ndarray:
    """(6, h): the six coefficients of Z_H(z)·z^i."""
    power = ext.sub(ext.power(z, rows), ext.ONE)
    found = np.empty((6, h), np.int64)
    for i in range(h):
        found[:, i] = power
        power = ext.mul(power, z)
    return found


def rank(matrix: np.ndarray) -> int:
    """Exactly, by elimination mod p."""
    work = matrix.astype(np.int64) % P
    done = 0
    for column in range(work.shape[1]):
        if done == work.shape[0]:
            break
        pivots = np.flatnonzero(work[done:, column])
        if not pivots.size:
            continue
        pivot = done + int(pivots[0])
        if pivot != done:
            work[[done, pivot]] = work[[pivot, done]]
        work[done] = work[done] * inv(int(work[done, column])) % P
        below = np.flatnonzero(work[done + 1 :, column]) + done + 1
        work[below] = (work[below] - work[below, column][:, None] * work[done] % P) % P
        done += 1
    return done
