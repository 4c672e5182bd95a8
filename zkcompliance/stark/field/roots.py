"""Tables of roots of unity for the transform kernels, laid out as ntt_kernels.py describes."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.field.babybear import P, inv, root_of_unity
from zkcompliance.stark.field.jit import kernel
from zkcompliance.stark.field.ntt_kernels import SMALLEST
from zkcompliance.stark.field.scalar import montgomery
from zkcompliance.stark.field.scalar import mul as scalar_mul
from zkcompliance.stark.field.vector_lanes import scale
from zkcompliance.stark.field.width import LANES, LOG_LANES

U32 = npt.NDArray[np.uint32]
KEPT_LOG2 = 14  # 128 KiB with all layers


@lru_cache(maxsize=8)
def subgroup_tables(log_size: int, inverse: bool) -> tuple[U32, U32]:
    """(main, tail) for the shift 1; below 2^SMALLEST entries main has every layer and tail is empty."""
    half = np.empty(max(1 << log_size >> 1, 1), np.uint64)  # entry b is omega_{2 * 2^l}^bitrev_l(b) for every 2^l > b
    half[0] = montgomery([1])[0]
    for layer in range(log_size - 1):
        root = root_of_unity(layer + 2)
        h = 1 << layer
        half[h : 2 * h] = half[:h] * np.uint64(inv(root) if inverse else root) % np.uint64(P)
    entries = half.astype(np.uint32)
    layers = log_size if log_size < SMALLEST else log_size - LOG_LANES
    main = np.zeros(1 << layers, np.uint32)
    for layer in range(layers):
        main[1 << layer : 2 << layer] = entries[: 1 << layer]
    if layers == log_size:
        return main, np.zeros((0, LANES - 1, LANES), np.uint32)
    squares = (1 << log_size) // LANES**2
    tail = np.empty((squares, LANES - 1, LANES), np.uint32)
    for t in range(LOG_LANES):
        blocks = entries[: squares * LANES << t].reshape(squares, LANES, 1 << t)
        tail[:, (1 << t) - 1 : (2 << t) - 1] = blocks.transpose(0, 2, 1)
    return main, tail


@kernel("u4[:] u4[:] u4[:] u4[:] u4[:] u4[:]")
def _shift(main: U32, tail: U32, factors: U32, rows: U32, new_main: U32, new_tail: U32) -> None:
    """Layer l of main times factors[l], entry [:, j] of tail times rows[j]."""
    for layer in range(factors.shape[0]):
        for i in range(1 << layer, 2 << layer):
            if i < main.shape[0]:
                new_main[i] = scalar_mul(main[i], factors[layer])
    for square in range(tail.shape[0] // (rows.shape[0] * LANES)):
        for j in range(rows.shape[0]):
            i = (square * rows.shape[0] + j) * LANES
            scale(tail, i, rows[j], new_tail, i)


def coset_tables(log_size: int, shift: int, inverse: bool) -> tuple[U32, U32]:
    """(main, tail) for the coset shift * <omega>, to be read only; the shift is not zero mod p.

    Small ones are kept: a proof of a small log asks for each of its tables five times. Of large ones the latest are:
    what lies on a coset is extended one part after the other.
    """
    return (_kept if log_size <= KEPT_LOG2 else _latest)(log_size, shift, inverse)


def _made(log_size: int, shift: int, inverse: bool) -> tuple[U32, U32]:
    main, tail = subgroup_tables(log_size, inverse)
    if shift % P == 1:
        return main, tail
    s = inv(shift) if inverse else shift
    powers = montgomery([pow(s, 1 << (log_size - layer - 1), P) for layer in range(log_size)])
    layers = main.shape[0].bit_length() - 1
    deepest = range(LANES - 1) if tail.size else range(0)
    rows = np.array([powers[log_size - LOG_LANES + (j + 1).bit_length() - 1] for j in deepest], np.uint32)
    new_main, new_tail = np.zeros_like(main), np.empty_like(tail)
    _shift(main, tail.reshape(-1), powers[:layers], rows, new_main, new_tail.reshape(-1))
    return new_main, new_tail


_kept, _latest = lru_cache(maxsize=64)(_made), lru_cache(maxsize=2)(_made)
