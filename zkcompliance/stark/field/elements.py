"""Element-wise arithmetic on vectors of F and E, canonical uint32 arrays: any shape for F, (6, n) for E.

Every function raises ValueError for arrays of other types or of shapes that do not fit together.
"""

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.field import ext_kernels, extension, kernels, workspace
from zkcompliance.stark.field.arrays import FEW_BASE, FEW_EXT, ext_array, ext_constant, pad, plain, u32_array
from zkcompliance.stark.field.babybear import P, root_of_unity
from zkcompliance.stark.field.extension import DEGREE, Ext
from zkcompliance.stark.field.parallel import run, split
from zkcompliance.stark.field.scalar import montgomery
from zkcompliance.stark.field.width import LANES

U32 = npt.NDArray[np.uint32]


def _pair(a: U32, b: U32) -> tuple[U32, U32, U32]:
    if a.dtype != np.uint32 or b.dtype != np.uint32 or a.shape != b.shape:
        raise ValueError(f"expected uint32 arrays of one shape, got {a.dtype} {a.shape} and {b.dtype} {b.shape}")
    return plain(a).reshape(-1), plain(b).reshape(-1), workspace.take(a.size)


def mul(a: U32, b: U32) -> U32:
    """a * b, entry by entry."""
    x, y, out = _pair(a, b)
    run(kernels.multiply, [(x, y, out, lo, hi) for lo, hi in split(out.size, FEW_BASE)])
    return out.reshape(a.shape)


def mul_rows(a: U32, b: U32) -> U32:
    """Every row of a (w, n) times b (n,), entry by entry."""
    a, b = u32_array(a, 2), u32_array(b, 1)
    if a.shape[1] != b.size:
        raise ValueError(f"rows of {a.shape[1]} entries times {b.size}")
    out, ranges = workspace.take(*a.shape), split(b.size, FEW_BASE)
    run(kernels.multiply, [(x, b, y, lo, hi) for x, y in zip(a, out, strict=True) for lo, hi in ranges])
    return out


def add(a: U32, b: U32) -> U32:
    """a + b."""
    x, y, out = _pair(a, b)
    run(kernels.add, [(x, y, out, lo, hi) for lo, hi in split(out.size, FEW_BASE)])
    return out.reshape(a.shape)


def accumulate(totals: list[U32], rows: U32, *, begin: bool = False) -> None:
    """totals[r] += rows[r], in place, for vectors (n,) and rows (w, n); totals[r] := rows[r] where they begin."""
    ranges = split(rows.shape[1], FEW_BASE)
    if begin:
        for total, row in zip(totals, rows, strict=True):
            total[:] = row
        return
    run(kernels.add, [(t, row, t, lo, hi) for t, row in zip(totals, rows, strict=True) for lo, hi in ranges])


def sub(a: U32, b: U32) -> U32:
    """a - b."""
    x, y, out = _pair(a, b)
    run(kernels.sub, [(x, y, out, lo, hi) for lo, hi in split(out.size, FEW_BASE)])
    return out.reshape(a.shape)


def scale(a: U32, c: int) -> U32:
    """c * a for an int c (reduced mod p)."""
    x, _, out = _pair(a, a)
    constant = montgomery([c % P])[0]
    run(kernels.scale, [(x, constant, out, 0, lo, hi) for lo, hi in split(out.size, FEW_BASE)])
    return out.reshape(a.shape)


def add_constant(a: U32, c: int) -> U32:
    """a + c for an int c (reduced mod p)."""
    x, _, out = _pair(a, a)
    run(kernels.add_constant, [(x, np.uint32(c % P), out, lo, hi) for lo, hi in split(out.size, FEW_BASE)])
    return out.reshape(a.shape)


def coset_points(k: int, shift: int) -> U32:
    """(2^k,): shift * omega^bitrev(p) at position p, omega of order 2^k; by doubling."""
    out = workspace.take(1 << k)
    out[0] = shift % P
    for bit in range(k):
        constant = montgomery([pow(root_of_unity(k), 1 << (k - 1 - bit), P)])[0]
        run(kernels.scale, [(out, constant, out, 1 << bit, lo, hi) for lo, hi in split(1 << bit, FEW_BASE)])
    return out


def powers(c: int, n: int) -> U32:
    """(n,): 1, c, ..., c^(n - 1)."""
    out = workspace.take(n)
    out[:1] = 1
    m = 1
    while m < n:
        constant, count = montgomery([pow(c, m, P)])[0], min(m, n - m)
        run(kernels.scale, [(out, constant, out, m, lo, hi) for lo, hi in split(count, FEW_BASE)])
        m += count
    return out


def batch_inverse(a: U32) -> U32:
    """(n,): 1 / a; ZeroDivisionError when an entry is zero."""
    a = u32_array(a, 1)
    out = workspace.take(a.size)
    if not all(run(kernels.invert, [(a, out, lo, hi) for lo, hi in split(a.size, FEW_BASE)])):
        raise ZeroDivisionError("zero has no inverse in F")
    return out


def ext_mul(a: U32, b: U32) -> U32:
    """(6, n) * (6, n) in E, column by column."""
    a, b = ext_array(a), ext_array(b)
    n = a.shape[1]
    if n != b.shape[1]:
        raise ValueError(f"{n} and {b.shape[1]} columns")
    if n < LANES:
        return ext_mul(pad(a), pad(b))[:, :n].copy()
    out = workspace.take(*a.shape)
    run(ext_kernels.multiply, [(a, b, out, lo, hi) for lo, hi in split(n, FEW_EXT, LANES)])
    return out


def ext_scale(a: U32, s: Ext) -> U32:
    """s * a for an element s of E."""
    a = ext_array(a)
    n = a.shape[1]
    if n < LANES:
        return ext_scale(pad(a), s)[:, :n].copy()
    out, constant = workspace.take(*a.shape), ext_constant(s)
    run(ext_kernels.scale, [(a, constant, out, 0, lo, hi) for lo, hi in split(n, FEW_EXT, LANES)])
    return out


def ext_from_base(col: U32, s: Ext) -> U32:
    """(6, n): s * col for a vector col (n,) of F."""
    col = u32_array(col, 1)
    n = col.size
    out = workspace.take(DEGREE, n)
    flat, constants = out.reshape(-1), montgomery(s)
    ranges = split(n, FEW_BASE)
    run(kernels.scale, [(col, constants[r], flat, r * n, lo, hi) for lo, hi in ranges for r in range(DEGREE)])
    return out


def ext_batch_inverse(a: U32, *, in_place: bool = False) -> U32:
    """(6, n): 1 / a; ZeroDivisionError when a column is zero. in_place: in a itself, which is spoilt by the error."""
    a = ext_array(a)
    out = a if in_place else workspace.take(*a.shape)
    if not all(run(ext_kernels.invert, [(a, out, lo, hi) for lo, hi in split(a.shape[1], FEW_EXT, ext_kernels.TILE)])):
        raise ZeroDivisionError("zero has no inverse in E")
    return out


def ext_powers(s: Ext, n: int) -> U32:
    """(6, n): 1, s, ..., s^(n - 1), by doubling."""
    first = np.array(extension.powers(s, min(n, LANES)), np.uint32).reshape(-1, DEGREE).T
    if n <= LANES:
        return np.ascontiguousarray(first)
    out = workspace.take(DEGREE, n)
    out[:, :LANES] = first
    m = LANES
    while m + LANES <= n:
        count = min(m, (n - m) // LANES * LANES)
        constant = ext_constant(extension.power(s, m))
        run(ext_kernels.scale, [(out, constant, out, m, lo, hi) for lo, hi in split(count, FEW_EXT, LANES)])
        m += count
    ext_kernels.scale(out, ext_constant(extension.power(s, n - LANES)), out, n - LANES, 0, LANES)
    return out


def ext_cumsum(a: U32, *, in_place: bool = False) -> tuple[U32, U32]:
    """(w, n): the sums of the entries before each one along its row, and the totals (w,); in_place: in a itself."""
    a = u32_array(a, 2)
    prefix, totals = a if in_place else workspace.take(*a.shape), np.empty(a.shape[0], np.uint32)
    run(kernels.prefix_sums, [(a, prefix, totals, r, r + 1) for r in range(a.shape[0])])
    return prefix, totals
