"""Kernels of the number-theoretic transform, in place on 2^k entries of a flat uint32 array.

Forward: the natural-order coefficients f become the values f(s * omega^bitrev(p)) at position p. Layer l splits each of
its 2^l blocks: block b holds f mod X^(2h) - r^2 with h = 2^(k - l - 1) and r = s^h * omega_{2^(l+1)}^bitrev(b), and
becomes f mod X^h - r and f mod X^h + r. So a block has a single root, and a coset costs no more than the subgroup. The
inverse runs the same layers backwards with inverted roots and without the factors 1/2.

Table main holds the root of block b of layer l at 2^l + b, in Montgomery form. The last LOG_LANES layers, whose blocks
are shorter than a vector, work on a transposed square of LANES^2 entries with table tail[square, 2^t - 1 + j, lane]:
the root of block (square * LANES + lane) * 2^t + j of layer k - LOG_LANES + t.
"""

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.field.jit import kernel
from zkcompliance.stark.field.ntt_lanes import (
    TURNS,
    forward1,
    forward2,
    forward2_turns,
    forward_tail,
    inverse1,
    inverse2,
    inverse2_turns,
    inverse_tail,
)
from zkcompliance.stark.field.scalar import add, mul, sub
from zkcompliance.stark.field.width import LANES, LOG_LANES

U32 = npt.NDArray[np.uint32]

# 2^SMALLEST entries are the least that the vector kernels transform: behind what `begin` does, one layer or two, there
# is at least a square of LANES × LANES. With 8 lanes 2^7 entries would leave half a one.
SMALLEST = 2 * LOG_LANES + 1 + LOG_LANES % 2
NEAR, NEARER = 16, 12  # logarithms of the entries that stay in a core's second-level and first-level cache


@kernel
def forward_small(data: U32, start: int, log_size: int, main: U32) -> None:
    """The forward transform of a size below 2^SMALLEST; the table main has every layer."""
    for layer in range(log_size):
        h = 1 << (log_size - layer - 1)
        for block in range(1 << layer):
            root = main[(1 << layer) + block]
            for i in range(start + 2 * h * block, start + 2 * h * block + h):
                t = mul(data[i + h], root)
                a = data[i]
                data[i] = add(a, t)
                data[i + h] = sub(a, t)


@kernel
def inverse_small(data: U32, start: int, log_size: int, main: U32) -> None:
    """The inverse, times 2^log_size, of forward_small; the table has the inverted roots."""
    for layer in range(log_size - 1, -1, -1):
        h = 1 << (log_size - layer - 1)
        for block in range(1 << layer):
            root = main[(1 << layer) + block]
            for i in range(start + 2 * h * block, start + 2 * h * block + h):
                a, b = data[i], data[i + h]
                data[i] = add(a, b)
                data[i + h] = mul(sub(a, b), root)


@kernel
def _forward_pair(data: U32, start: int, log_size: int, layer: int, first: int, last: int, main: U32) -> None:
    """Layers `layer` and `layer` + 1 of blocks first..last - 1."""
    q = 1 << (log_size - layer - 2)
    for block in range(first, last):
        at = (1 << layer) + block
        roots = (main[at], main[2 * at], main[2 * at + 1])
        base = start + 4 * q * block
        if q < TURNS * LANES:
            forward2(data, base, data, base, q, roots)
        else:
            for i in range(base, base + q, TURNS * LANES):
                forward2_turns(data, i, data, i, q, roots)


@kernel
def _inverse_pair(data: U32, start: int, log_size: int, layer: int, first: int, last: int, main: U32) -> None:
    """Layers `layer` + 1 and `layer`, backwards, of blocks first..last - 1."""
    q = 1 << (log_size - layer - 2)
    for block in range(first, last):
        at = (1 << layer) + block
        roots = (main[at], main[2 * at], main[2 * at + 1])
        base = start + 4 * q * block
        if q < TURNS * LANES:
            inverse2(data, base, data, base, q, roots)
        else:
            for i in range(base, base + q, TURNS * LANES):
                inverse2_turns(data, i, data, i, q, roots)


@kernel
def begin(source: U32, at: int, data: U32, start: int, log_size: int, main: U32) -> int:
    """The first layers of the forward transform, of entries at.. of the array source into start.. of data.

    Returns how many these are, one or two, so that an even number is left for `forward`.
    """
    if (log_size - LOG_LANES) % 2:
        h = 1 << (log_size - 1)
        for i in range(0, h, LANES):
            forward1(source, at + i, data, start + i, h, main[1])
        return 1
    q, roots = 1 << (log_size - 2), (main[1], main[2], main[3])
    for i in range(0, q, TURNS * LANES):
        forward2_turns(source, at + i, data, start + i, q, roots)
    return 2


@kernel
def forward(data: U32, start: int, log_size: int, begun: int, main: U32, tail: U32) -> None:
    """What `begin` leaves of the forward transform, 2^log_size >= 2^SMALLEST entries, in blocks that fit in the caches.

    begun: the layers that are done.
    """
    layers, outer = log_size - LOG_LANES, begun
    while outer < layers and log_size - outer > NEAR:
        _forward_pair(data, start, log_size, outer, 0, 1 << outer, main)
        outer += 2
    for near in range(1 << outer):
        middle = outer
        while middle < layers and log_size - middle > NEARER:
            blocks = 1 << (middle - outer)
            _forward_pair(data, start, log_size, middle, near * blocks, (near + 1) * blocks, main)
            middle += 2
        count = 1 << (middle - outer)
        for nearer in range(near * count, (near + 1) * count):
            for inner in range(middle, layers, 2):
                blocks = 1 << (inner - middle)
                _forward_pair(data, start, log_size, inner, nearer * blocks, (nearer + 1) * blocks, main)
            squares = 1 << (log_size - middle - 2 * LOG_LANES)
            for square in range(nearer * squares, (nearer + 1) * squares):
                forward_tail(data, start + square * LANES * LANES, tail, square)


@kernel
def inverse(data: U32, start: int, log_size: int, main: U32, tail: U32) -> None:
    """2^log_size times the inverse of `forward`; both tables have the inverted roots."""
    layers = log_size - LOG_LANES
    outer = layers % 2
    while outer < layers and log_size - outer > NEAR:
        outer += 2
    middle = outer
    while middle < layers and log_size - middle > NEARER:
        middle += 2
    count, squares = 1 << (middle - outer), 1 << (log_size - middle - 2 * LOG_LANES)
    for near in range(1 << outer):
        for nearer in range(near * count, (near + 1) * count):
            for square in range(nearer * squares, (nearer + 1) * squares):
                inverse_tail(data, start + square * LANES * LANES, tail, square)
            for inner in range(layers - 2, middle - 1, -2):
                blocks = 1 << (inner - middle)
                _inverse_pair(data, start, log_size, inner, nearer * blocks, (nearer + 1) * blocks, main)
        for layer in range(middle - 2, outer - 1, -2):
            blocks = 1 << (layer - outer)
            _inverse_pair(data, start, log_size, layer, near * blocks, (near + 1) * blocks, main)
    for layer in range(outer - 2, -1, -2):
        _inverse_pair(data, start, log_size, layer, 0, 1 << layer, main)
    if layers % 2:
        h = 1 << (log_size - 1)
        for i in range(start, start + h, LANES):
            inverse1(data, i, data, i, h, main[1])
