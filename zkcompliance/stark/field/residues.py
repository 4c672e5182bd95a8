"""Residues of polynomials of F modulo X^8 − y: what a few runs of eight positions of their codewords need.

Eight consecutive positions of a coset, in bit-reversed order, are the eight roots of X^8 − y for one y. So the values
there come from the residue's eight coefficients, Σ_i c_(8i + j)·y^i, without a transform.

With n near the polynomial's length, and many y that have one power y^(n/8) = c^4, as those of one coset do, each of
them is a root of X^(n/4) − r for one of four r: c, −c, ic, −ic. What the polynomial is modulo these four takes two
layers of the transform, and of four sums of n coefficients each y needs one of n/4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.field import vector_lanes
from zkcompliance.stark.field.arrays import u32_array
from zkcompliance.stark.field.babybear import P, root_of_unity
from zkcompliance.stark.field.jit import kernel
from zkcompliance.stark.field.ntt_lanes import TURNS, forward2_turns
from zkcompliance.stark.field.ntt_rows import add_scaled, copy_entries
from zkcompliance.stark.field.parallel import run, split
from zkcompliance.stark.field.residue_lanes import STEP, step
from zkcompliance.stark.field.scalar import montgomery
from zkcompliance.stark.field.sum_lanes import settle
from zkcompliance.stark.field.width import LANES

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

RUN = 8
TILE = 1024  # coefficients; of every point, so many powers stay in the second-level cache
ROWS = 4  # polynomials for which a point's powers are read once
QUARTERS = 4


class Plan(NamedTuple):
    """Points in families: those of family f stand in `order` from starts[f] to starts[f + 1] − 1.

    size: n, or 0 where polynomials are not taken modulo anything first, and all points are one family. For a family
    roots has what two layers of the transform take, and wraps has c^4, in Montgomery form; parts: for each point in
    order, which of the four r is its own.
    """

    size: int
    order: list[int]
    starts: I64
    roots: U32
    wraps: U32
    parts: I64


def _plan(points: list[int], d: int) -> Plan:
    """How polynomials of d coefficients are taken modulo X^8 − y for these y: by families where that is less work."""
    size = 1 << max(0, (d - 1).bit_length() - 1)
    size *= 2 if d > size + size // 4 else 1
    families: dict[int, list[int]] = {}
    for at, y in enumerate(points):
        families.setdefault(pow(y, size // RUN, P), []).append(at)
    if size < QUARTERS * TILE or QUARTERS * len(families) > len(points):
        everything = np.array([0, len(points)], np.int64)
        none = np.zeros((1, 3), np.uint32)
        return Plan(0, list(range(len(points))), everything, none, none[0, :1], np.zeros(len(points), np.int64))
    order = [at for members in families.values() for at in members]
    starts = np.cumsum([0, *(len(members) for members in families.values())])
    fourth = root_of_unity(2)
    roots, parts = [], []
    for members in families.values():
        own = [pow(points[at], size // QUARTERS // RUN, P) for at in members]
        c = own[0]
        roots += [c * c, c, fourth * c]
        parts += [[c, P - c, fourth * c % P, (P - fourth) * c % P].index(each) if c else 0 for each in own]
    return Plan(size, order, starts, montgomery(roots).reshape(-1, 3), montgomery(list(families)), np.array(parts))


@kernel
def _gather(source: U32, first: int, d: int, at: int, size: int, wrap: np.uint32, out: U32, start: int) -> None:
    """out[start + i] = c_(at + i) + c_(at + i + size)·wrap, i < TILE, of d < 2·size coefficients c from `first` on.

    size 0: c_(at + i) alone.
    """
    whole = min(max(d - at, 0), TILE)
    copy_entries(source, first + at, out, start, whole)
    for i in range(start + whole, start + TILE):
        out[i] = 0
    if size and at + size < d:
        add_scaled(source, first + at + size, wrap, out, start, min(d - at - size, TILE))


@kernel("u4[:,:] i8 i8[:] u4[:,:] u4[:] i8[:] u4[:,:] u4[:] u4[:,:,:] i8 i8")
def _residues(
    coeffs: U32,
    size: int,
    starts: I64,
    roots: U32,
    wraps: U32,
    parts: I64,
    powers: U32,
    steps: U32,
    out: U32,
    lo: int,
    hi: int,
) -> None:
    """Sums over l' of out[g, row, l'], l' = l mod 8, are the coefficients of X^l of row mod X^8 - y_g; lo <= row < hi.

    By Horner's rule over tiles from the last one down. out: zeros at first; powers[g, i] = y_g^(i // 8) for i < TILE,
    steps[g] = y_g^(TILE / 8), both in Montgomery form; the rest as Plan says, and points in its order.
    """
    d, count = coeffs.shape[1], QUARTERS if size else 1
    length = size // QUARTERS if size else d
    source, flat, lanes = coeffs.reshape(-1), powers.reshape(-1), out.reshape(-1)
    taken, made = np.empty(ROWS * QUARTERS * TILE, np.uint32), np.empty(ROWS * QUARTERS * TILE, np.uint32)
    low, high = np.empty(LANES, np.uint64), np.empty(LANES, np.uint64)
    for block in range(lo, hi, ROWS):
        rows = min(ROWS, hi - block)
        for base in range((length - 1) // TILE * TILE, -1, -TILE):
            for family in range(starts.shape[0] - 1):
                for r in range(rows):
                    at = r * QUARTERS * TILE
                    if family == 0 or base < d - size:  # otherwise it is there already
                        for quarter in range(count):
                            place = quarter * length + base
                            first = (block + r) * d
                            _gather(source, first, d, place, size, wraps[family], taken, at + quarter * TILE)
                    if size:
                        three = (roots[family, 0], roots[family, 1], roots[family, 2])
                        for i in range(at, at + TILE, TURNS * LANES):
                            forward2_turns(taken, i, made, i, TILE, three)
                for g in range(starts[family], starts[family + 1]):
                    for r in range(rows):
                        low[:], high[:] = 0, 0
                        at = (r * QUARTERS + parts[g]) * TILE
                        for i in range(0, TILE, STEP * LANES):
                            step(made if size else taken, at + i, flat, g * TILE + i, low, high)
                        place = (g * coeffs.shape[0] + block + r) * LANES
                        vector_lanes.scale(lanes, place, steps[g], lanes, place)
                        settle(low, high, 0, lanes, place)


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
    w, d = coeffs.shape
    plan = _plan(points, d)
    sorted_points = [points[at] for at in plan.order]
    powers = _powers(np.array(sorted_points, np.uint64), TILE // RUN) << np.uint64(32)
    powers = np.repeat((powers % np.uint64(P)).astype(np.uint32), RUN, axis=1)
    steps = montgomery([pow(y, TILE // RUN, P) for y in sorted_points])
    out = np.zeros((len(points), w, LANES), np.uint32)
    fixed = (coeffs, plan.size, plan.starts, plan.roots, plan.wraps, plan.parts, powers, steps, out)
    run(_residues, [(*fixed, lo, hi) for lo, hi in split(w)])
    found = np.empty((len(points), w, RUN), np.uint32)
    found[plan.order] = out.reshape(len(points), w, LANES // RUN, RUN).sum(axis=2, dtype=np.uint64) % np.uint64(P)
    return found


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
