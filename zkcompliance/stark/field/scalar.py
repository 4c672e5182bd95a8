"""Scalar arithmetic of F inside kernels, in Montgomery form with R = 2^32, and the constants that kernels take."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.jit import kernel

Word = np.integer[Any]

LOW = np.uint64(2**32 - 1)
WORD = np.uint64(32)
P64 = np.uint64(P)
MINUS_INVERSE = np.uint64(-pow(P, -1, 1 << 32) % (1 << 32))
R_SQUARED = np.uint64((1 << 64) % P)
TWO_TO_32 = np.uint64((1 << 32) % P)


def montgomery(values: Iterable[int]) -> npt.NDArray[np.uint32]:
    """The constants x * 2^32 mod p, as uint32."""
    return np.array([(x << 32) % P for x in values], np.uint32)


@kernel
def reduce(t: np.uint64) -> np.uint64:
    """t / 2^32 mod p for t < 2^32 * p."""
    m = ((t & LOW) * MINUS_INVERSE) & LOW
    r = (t + m * P64) >> WORD
    return r - P64 if r >= P64 else r


@kernel
def joined(low: np.uint64, high: np.uint64) -> np.uint64:
    """low + 2^32 * high mod p, for sums of low and of high words that are whatever fits in 64 bits."""
    high = high % P64 * TWO_TO_32 % P64
    return (high + low % P64) % P64


@kernel
def mul(x: Word, y: Word) -> np.uint64:
    """x * y / 2^32 mod p for x * y < 2^32 * p: x * c when y = c * 2^32 mod p."""
    return reduce(np.uint64(x) * np.uint64(y))


@kernel
def add(x: Word, y: Word) -> np.uint64:
    """x + y mod p."""
    s = np.uint64(x) + np.uint64(y)
    return s - P64 if s >= P64 else s


@kernel
def sub(x: Word, y: Word) -> np.uint64:
    """x - y mod p."""
    d = np.uint64(x) + P64 - np.uint64(y)
    return d - P64 if d >= P64 else d
