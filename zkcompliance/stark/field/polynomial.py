"""Polynomials over F and E by their coefficients: evaluation outside the domain, combination, division and folding.

F polynomials are rows of (w, d) arrays, E polynomials are (6, d), both canonical uint32. ValueError for other arrays.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.field import ext_kernels, extension, sum_kernels, workspace
from zkcompliance.stark.field.arrays import FEW_EXT, check_accumulator, ext_array, ext_constant, pad, u32_array
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.elements import ext_powers
from zkcompliance.stark.field.ext_kernels import TILE
from zkcompliance.stark.field.extension import DEGREE, ZERO, Ext
from zkcompliance.stark.field.parallel import run, split
from zkcompliance.stark.field.sum_lanes import GROUP
from zkcompliance.stark.field.width import LANES

U32 = npt.NDArray[np.uint32]


def dot(coeffs: U32, powers: U32) -> U32:
    """(w, d) coefficients, (6, d) or more powers of a point of E to (w, 6): sum_i coeffs[c, i] * powers[:, i]."""
    coeffs, powers = u32_array(coeffs, 2), ext_array(powers)
    (w, d) = coeffs.shape
    if powers.shape[1] < d:
        raise ValueError(f"{d} coefficients and {powers.shape[1]} powers")
    ranges = split(d, FEW_EXT, sum_kernels.DOT_TILE)
    parts = np.empty((len(ranges), w, DEGREE), np.uint32)
    run(sum_kernels.dot, [(coeffs, powers, part, lo, hi) for part, (lo, hi) in zip(parts, ranges, strict=True)])
    result: U32 = (parts.sum(axis=0, dtype=np.uint64) % np.uint64(P)).astype(np.uint32)
    return result


def combine_into(acc: U32, coeffs: U32, weights: U32, rows: Sequence[int] | None = None) -> None:
    """acc[:, :d] += sum_c weights[c] * coeffs[rows[c], :] for weights (w, 6) and acc (6, d'), d <= d'.

    coeffs has d columns; rows has w numbers of its rows, and is all of them in order where it is not given.
    """
    coeffs, weights = u32_array(coeffs, 2), u32_array(weights, 2)
    (count, d), chosen = coeffs.shape, np.arange(coeffs.shape[0]) if rows is None else np.array(rows, np.int64)
    check_accumulator(acc, d)
    w = chosen.size
    if weights.shape != (w, DEGREE) or not all(0 <= row < count for row in chosen):
        raise ValueError(f"weights of shape {weights.shape} for {w} of {count} polynomials")
    factors = np.zeros((DEGREE, -(-w // GROUP) * GROUP), np.uint32)
    factors[:, :w] = ((weights.T.astype(np.uint64) << np.uint64(32)) % np.uint64(P)).astype(np.uint32)
    ranges = split(d, FEW_EXT, sum_kernels.COMBINE_TILE)
    run(sum_kernels.combine, [(coeffs, chosen, factors, acc, lo, hi) for lo, hi in ranges])


def combine(coeffs: U32, weights: U32) -> U32:
    """(6, d): sum_c weights[c] * coeffs[c, :] for coeffs (w, d) and weights (w, 6)."""
    acc = workspace.zeros(DEGREE, coeffs.shape[-1])
    combine_into(acc, coeffs, weights)
    return acc


def ext_combine_into(acc: U32, poly: U32, weight: Ext) -> None:
    """acc[:, :d] += weight * poly for poly (6, d) and acc (6, d'), d <= d'."""
    poly = ext_array(poly)
    d = poly.shape[1]
    check_accumulator(acc, d)
    constant, whole = ext_constant(weight), d - d % LANES
    run(ext_kernels.scale_add, [(poly, constant, acc, lo, hi) for lo, hi in split(whole, FEW_EXT, LANES)])
    if whole < d:
        rest = pad(acc[:, whole:d])
        ext_kernels.scale_add(pad(poly[:, whole:]), constant, rest, 0, LANES)
        acc[:, whole:d] = rest[:, : d - whole]


def _as_ext(values: U32) -> Ext:
    a0, a1, a2, a3, a4, a5 = (int(x) for x in values)
    return (a0, a1, a2, a3, a4, a5)


def evaluate_ext(poly: U32, z: Ext) -> Ext:
    """sum_i poly[:, i] * z^i = sum_r u^r * (sum_i poly[r, i] * z^i)."""
    poly = ext_array(poly)
    rows = dot(poly, ext_powers(z, poly.shape[1]))
    total = ZERO
    for r in reversed(range(DEGREE)):
        total = extension.add(extension.mul(total, (0, 1, 0, 0, 0, 0)), _as_ext(rows[r]))
    return total


def divide_linear(poly: U32, z: Ext, *, in_place: bool = False) -> U32:
    """(6, d): the quotient of poly(X) - poly(z) by X - z; its top coefficient is 0. in_place: in poly itself.

    q_j = sum_{i > j} poly_i z^(i - j - 1) is z^-(j + 1) times a sum of weighted coefficients, so no product waits for
    another. The exponents start again in every tile of TILE columns: two short tables of powers are enough.
    """
    poly = ext_array(poly)
    d = poly.shape[1]
    out = poly if in_place else workspace.take(*poly.shape)
    if z == ZERO:
        out[:, : d - 1] = poly[:, 1:]
        out[:, d - 1] = 0
        return out
    inverse = extension.inv(z)
    weights, step = ext_powers(z, TILE), ext_constant(extension.power(z, TILE))
    inverses = np.ascontiguousarray(ext_powers(inverse, TILE + 1)[:, 1:])
    ranges = split(d, FEW_EXT, TILE)
    values = [np.zeros((DEGREE, LANES), np.uint32) for _ in ranges]
    calls = list(zip(values, ranges, strict=True))
    run(ext_kernels.weigh, [(poly, weights, step, out, value, lo, hi) for value, (lo, hi) in calls])
    carry = ZERO
    for value, (lo, hi) in reversed(calls):
        own = _as_ext(value[:, 0])
        value[:] = np.array(carry, np.uint32)[:, None]
        carry = extension.add(own, extension.mul(carry, extension.power(z, hi - lo)))
    run(ext_kernels.unweigh, [(out, inverses, step, value, lo, hi) for value, (lo, hi) in calls])
    return out


def fold(poly: U32, a: int, beta: Ext) -> U32:
    """(6, ceil(d / a)): column i is sum_{j < a} beta^j * poly[:, a i + j], missing columns being 0; a is 2, 4 or 8."""
    poly = ext_array(poly)
    if a not in (2, 4, 8):
        raise ValueError(f"folding by {a}: 2, 4 or 8")
    constants = np.array([ext_constant(power) for power in extension.powers(beta, a)])
    out = workspace.take(DEGREE, -(-poly.shape[1] // a))
    run(ext_kernels.fold, [(poly, constants, out, lo, hi) for lo, hi in split(out.shape[1], FEW_EXT // a)])
    return out


def deal(values: U32, out: U32) -> None:
    """out (6 a, n / a): row 6 j + r has the entries j, a + j, … of row r of the values (6, n)."""
    values = ext_array(values)
    arity, rest = divmod(out.shape[0], DEGREE)
    if rest or out.dtype != np.uint32 or out.shape[1] * arity != values.shape[1] or not out.flags.c_contiguous:
        raise ValueError(f"{values.shape} dealt into {out.dtype} {out.shape}")
    run(ext_kernels.deal, [(values, arity, out, lo, hi) for lo, hi in split(out.shape[1], FEW_EXT, TILE)])
