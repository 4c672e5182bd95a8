"""Number-theoretic transforms on subgroups and cosets of F, and low-degree extension of many columns at once.

A coset evaluation of size m = 2^k is bit-reversed: entry p is the value at shift * omega_m^bitrev(p).
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.field import workspace
from zkcompliance.stark.field.arrays import u32_array
from zkcompliance.stark.field.babybear import TWO_ADICITY, P, inv
from zkcompliance.stark.field.ntt_rows import combine_rows, evaluate_rows, interpolate_rows
from zkcompliance.stark.field.parallel import cores, run, split
from zkcompliance.stark.field.roots import coset_tables
from zkcompliance.stark.field.scalar import montgomery

U32 = npt.NDArray[np.uint32]
MOST_COSETS = 16
_SIDE = 6  # bits of the low and the high part of an index in a bit reversal: squares of 2^6 runs of 2^6 entries
_FEW_ENTRIES = 1 << 17  # a thread is not worth starting for fewer


def _log2(n: int) -> int:
    k = n.bit_length() - 1
    if n < 1 or n != 1 << k or k > TWO_ADICITY:
        raise ValueError(f"{n} is not a power of two of at most 2^{TWO_ADICITY}")
    return k


def _check_shifts(shifts: list[int]) -> None:
    if any(s % P == 0 for s in shifts):
        raise ValueError("the shift of a coset must not be zero")


@lru_cache(maxsize=8)
def bit_reverse_indices(k: int) -> npt.NDArray[np.int64]:
    """(2^k,) int64: entry i is i with its k bits reversed. Read-only."""
    indices = np.zeros(1 << k, np.int64)
    for bit in range(k):
        h = 1 << bit
        indices[h : 2 * h] = indices[:h] + (1 << (k - 1 - bit))
    indices.flags.writeable = False
    return indices


def _row_ranges(rows: int, entries: int) -> list[tuple[int, int]]:
    return split(rows, least=max(1, _FEW_ENTRIES // max(entries, 1)), parts=min(rows, 64))


def interpolate(rows: U32) -> U32:
    """(w, n): natural-order values on <omega_n> to natural-order coefficients, n = 2^k; ValueError for another n."""
    rows = u32_array(rows, 2)
    k = _log2(rows.shape[1])
    out = workspace.take(*rows.shape)
    main, tail = coset_tables(k, 1, True)
    side = min(_SIDE, k // 2)
    ends, middles = (bit_reverse_indices(bits).astype(np.int32) for bits in (side, k - 2 * side))
    constants = (0, 1, k, montgomery([inv(1 << k)])[0], ends, middles, main, tail.reshape(-1), out.reshape(-1))
    run(interpolate_rows, [(rows.reshape(-1), lo, hi, *constants) for lo, hi in _row_ranges(*rows.shape)])
    return out


def _inverse_on_cosets(values: U32, shifts: list[int], out: U32) -> None:
    """(w, c, 2^k) to (w, c, 2^k): per coset, the coefficients of the polynomial mod X^(2^k) - shift^(2^k).

    out may be the array of the values.
    """
    _check_shifts(shifts)
    w, c, m = values.shape
    k = _log2(m)
    scale, none = montgomery([inv(m)])[0], np.zeros(0, np.int32)
    source, flat = values.reshape(-1), out.reshape(-1)
    for first, group in _groups(w, shifts):
        calls = []
        tables = run(coset_tables, [(k, shift, True) for shift in group])
        for i, (main, tail) in enumerate(tables, first):
            constants = (i, c, k, scale, none, none, main, tail.reshape(-1), flat)
            calls += [(source, lo, hi, *constants) for lo, hi in _row_ranges(w, m)]
        run(interpolate_rows, calls)


def _groups(rows: int, shifts: list[int]) -> list[tuple[int, list[int]]]:
    """The shifts, with the index of the first, in groups that have work for every core (a coset's tables are large)."""
    size = max(1, -(-2 * cores() // max(rows, 1)))
    return [(i, shifts[i : i + size]) for i in range(0, len(shifts), size)]


def evaluate_cosets(coeffs: U32, log_size: int, shifts: list[int], out: U32 | None = None) -> U32:
    """(w, d) natural-order coefficients, any d, to their values (w, len(shifts), 2^log_size) on the cosets.

    out, if given, is a C-contiguous uint32 array of that shape, which is filled and returned.
    ValueError for a zero shift, a size above 2^27 or an unfit array.
    """
    coeffs = u32_array(coeffs, 2)
    _check_shifts(shifts)
    if not 0 <= log_size <= TWO_ADICITY:
        raise ValueError(f"a coset of 2^{log_size} points: 0 <= log_size <= {TWO_ADICITY}")
    (w, d), c, m = coeffs.shape, len(shifts), 1 << log_size
    if out is None:
        out = workspace.take(w, c, m)
    elif out.shape != (w, c, m) or out.dtype != np.uint32 or not out.flags.c_contiguous:
        raise ValueError(f"out must be a C-contiguous uint32 array of shape {(w, c, m)}")
    flat = out.reshape(-1)
    for first, group in _groups(w, shifts):
        calls = []
        tables = run(coset_tables, [(log_size, shift, False) for shift in group])
        for i, (shift, (main, tail)) in enumerate(zip(group, tables, strict=True), first):
            wraps = montgomery([pow(shift, m * j, P) for j in range(max(1, -(-d // m)))])
            constants = (i, c, log_size, wraps, main, tail.reshape(-1), flat)
            calls += [(coeffs, lo, hi, *constants) for lo, hi in _row_ranges(w, m)]
        run(evaluate_rows, calls)
    return out


def _inverse_vandermonde(points: list[int]) -> list[list[int]]:
    """The matrix M with sum_l M[j][l] f(points[l]) = f_j, for deg f < len(points); ValueError when points repeat.

    Column l is the Lagrange polynomial prod_{i != l} (X - points[i]) / (points[l] - points[i]).
    """
    columns = []
    for here, x in enumerate(points):
        polynomial, denominator = [1], 1
        for i, y in enumerate(points):
            if i != here:
                polynomial = [(a - y * b) % P for a, b in zip([0, *polynomial], [*polynomial, 0], strict=True)]
                denominator = denominator * (x - y) % P
        if denominator == 0:
            raise ValueError("two cosets are the same")
        columns.append([a * inv(denominator) % P for a in polynomial])
    return [[column[j] for column in columns] for j in range(len(points))]


def interpolate_cosets(values: U32, shifts: list[int], *, in_place: bool = False) -> U32:
    """(w, c, 2^k) bit-reversed values on c <= 16 cosets to (w, c * 2^k): the polynomial of degree < c * 2^k.

    Coset i gives the polynomial mod X^m - y_i, y_i = shifts[i]^m and m = 2^k: sum_j y_i^j f_j for f = sum_j X^(m j) f_j
    with deg f_j < m. So the f_j follow from the inverse of the Vandermonde matrix of the y_i.
    ValueError for a zero shift, equal cosets, too many cosets or a number of shifts that differs from c.
    in_place: the array of the values becomes that of the coefficients.
    """
    values = u32_array(values, 3)
    w, c, m = values.shape
    if c != len(shifts) or not 1 <= c <= MOST_COSETS:
        raise ValueError(f"{len(shifts)} shifts for {c} cosets: both the same and at most {MOST_COSETS}")
    matrix = _inverse_vandermonde([pow(s, m, P) for s in shifts])
    out = values if in_place else workspace.take(w, c, m)
    _inverse_on_cosets(values, shifts, out)
    if c > 1:
        constants = montgomery([x for row in matrix for x in row]).reshape(c, c)
        ranges = split(m, least=max(1, _FEW_ENTRIES // max(w * c, 1)), multiple=64)
        run(combine_rows, [(out, constants, lo, hi) for lo, hi in ranges])
    return out.reshape(w, c * m)
