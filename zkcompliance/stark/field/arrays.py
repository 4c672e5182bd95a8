"""Checks and conversions of the arrays and constants that go into the kernels."""

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.field.babybear import NONRESIDUE
from zkcompliance.stark.field.extension import DEGREE, Ext
from zkcompliance.stark.field.scalar import montgomery
from zkcompliance.stark.field.width import LANES

U32 = npt.NDArray[np.uint32]
FEW_BASE, FEW_EXT = 1 << 18, 1 << 14  # entries of F and of E for which another thread is not worth starting


def plain(a: U32) -> U32:
    """The array, or a copy if it is not C-contiguous, aligned and writable: numba compiles again for other kinds."""
    return np.require(a, np.uint32, ["C", "A", "W"])


def u32_array(a: U32, dimensions: int) -> U32:
    """`plain(a)`, checked for its type and dimensions."""
    if a.dtype != np.uint32 or a.ndim != dimensions:
        raise ValueError(f"expected a uint32 array of {dimensions} dimensions, got {a.dtype} {a.shape}")
    return plain(a)


def ext_array(a: U32) -> U32:
    """`plain(a)`, checked to be (6, n)."""
    a = u32_array(a, 2)
    if a.shape[0] != DEGREE:
        raise ValueError(f"expected {DEGREE} rows, got {a.shape}")
    return a


def check_accumulator(acc: U32, d: int) -> None:
    """ValueError unless d columns can be added to acc (6, d') in place."""
    unfit = acc.dtype != np.uint32 or acc.ndim != 2 or acc.shape[0] != DEGREE
    if unfit or not (acc.flags.c_contiguous and acc.flags.writeable):
        raise ValueError("the accumulator must be a C-contiguous writable (6, n) uint32 array")
    if acc.shape[1] < d:
        raise ValueError(f"{d} columns do not fit in an accumulator of {acc.shape[1]}")


def ext_constant(s: Ext) -> U32:
    """(12,): the coefficients of s and their products by 31, in Montgomery form."""
    return montgomery([*s, *(NONRESIDUE * x for x in s)])


def pad(a: U32, n: int = LANES) -> U32:
    """A copy with n columns, zero beyond those of a: kernels work on whole vectors, or on whole batches of them."""
    padded = np.zeros((a.shape[0], n), np.uint32)
    padded[:, : a.shape[1]] = a
    return padded
