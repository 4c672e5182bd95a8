"""The compression function of SHA-256 as LLVM code, for many messages at once.

Two ways to the same result. Where the processor has SHA instructions (x86 SHA-NI), `compress` runs them on two messages
at a time, which hides their latency. Elsewhere every 32-bit operation is one on a vector with a message per lane, as
LLVM does not vectorise a plain loop over messages; it splits the vectors where the processor's registers are narrower.
"""

from math import isqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.field.jit import cgutils, cpu_has, emitter, ir, kernel, types

LANES = 16
BATCH = 128  # messages worked on together, in arrays with a column each: their blocks stay in the first-level cache
NATIVE = cpu_has("sha")

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_QUAD = ir.VectorType(_I32, 4)
_VECTOR = ir.VectorType(_I32, LANES)


def _cube_root(n: int) -> int:
    """floor(n^(1/3)), by bisection."""
    low, high = 0, 1 << (n.bit_length() // 3 + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**3 <= n else (low, middle)
    return low


# FIPS 180-4: the first 32 bits of the fractional parts of the square and cube roots of the first primes
_PRIMES = [n for n in range(2, 312) if all(n % d for d in range(2, isqrt(n) + 1))]
_ROUNDS = [_cube_root(prime << 96) & 0xFFFFFFFF for prime in _PRIMES]
START = np.array([isqrt(prime << 64) & 0xFFFFFFFF for prime in _PRIMES[:8]], np.uint32)


class _Rows:
    """A (rows, BATCH) uint32 array, read and written as vectors of one row from column `lane` on."""

    def __init__(self, context: Any, builder: Any, array_type: Any, array: Any, lane: Any, vector: Any) -> None:
        self.b, self.vector = builder, vector
        self.pointer = builder.gep(context.make_array(array_type)(context, builder, array).data, [lane])

    def _slot(self, row: int) -> Any:
        return self.b.bitcast(self.b.gep(self.pointer, [ir.Constant(_I64, row * BATCH)]), self.vector.as_pointer())

    def load(self, row: int) -> Any:
        value = self.b.load(self._slot(row))
        value.align = 4
        return value

    def store(self, row: int, value: Any) -> None:
        self.b.store(value, self._slot(row)).align = 4


class _Words:
    """Operations on 32-bit words in every lane."""

    def __init__(self, builder: Any) -> None:
        self.b = builder

    def constant(self, c: int) -> Any:
        return ir.Constant(_VECTOR, [c] * LANES)

    def sum(self, first: Any, *others: Any) -> Any:
        for x in others:
            first = self.b.add(first, x)
        return first

    def shift(self, x: Any, n: int) -> Any:
        return self.b.lshr(x, self.constant(n))

    def rotate(self, x: Any, n: int) -> Any:
        return self.b.or_(self.shift(x, n), self.b.shl(x, self.constant(32 - n)))

    def rotations(self, x: Any, i: int, j: int, k: int) -> Any:
        return self.b.xor(self.b.xor(self.rotate(x, i), self.rotate(x, j)), self.rotate(x, k))

    def mixed(self, x: Any, i: int, j: int, k: int) -> Any:
        return self.b.xor(self.b.xor(self.rotate(x, i), self.rotate(x, j)), self.shift(x, k))


def _lanes(typing_context: Any, state: Any, message: Any, lane: Any) -> Any:
    """The compression of the messages in LANES columns from `lane` on, a message per lane of the vectors."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        v = _Words(builder)
        states = _Rows(context, builder, state, args[0], args[2], _VECTOR)
        words = _Rows(context, builder, message, args[1], args[2], _VECTOR)
        start = [states.load(i) for i in range(8)]
        w = [words.load(i) for i in range(16)]
        a, b, c, d, e, f, g, h = start
        for r in range(64):
            i = r % 16
            if r >= 16:
                s0, s1 = v.mixed(w[(i + 1) % 16], 7, 18, 3), v.mixed(w[(i + 14) % 16], 17, 19, 10)
                w[i] = v.sum(w[i], s0, w[(i + 9) % 16], s1)
            choice = builder.xor(builder.and_(builder.xor(f, g), e), g)
            majority = builder.or_(builder.and_(a, b), builder.and_(builder.or_(a, b), c))
            t1 = v.sum(h, v.rotations(e, 6, 11, 25), choice, v.constant(_ROUNDS[r]), w[i])
            t2 = builder.add(v.rotations(a, 2, 13, 22), majority)
            a, b, c, d, e, f, g, h = builder.add(t1, t2), a, b, c, builder.add(d, t1), e, f, g
        for i, value in enumerate((a, b, c, d, e, f, g, h)):
            states.store(i, builder.add(start[i], value))
        return context.get_dummy_value()

    return types.void(state, message, types.int64), codegen


def _quad(typing_context: Any, state: Any, message: Any, lane: Any) -> Any:
    """The compression of the messages in columns lane..lane + 3, with the processor's SHA instructions."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        b = builder
        states = _Rows(context, builder, state, args[0], args[2], _QUAD)
        words = _Rows(context, builder, message, args[1], args[2], _QUAD)

        def pick(x: Any, y: Any, *lanes: int) -> Any:
            return b.shuffle_vector(x, y, ir.Constant(_QUAD, lanes))

        def transpose(x: list[Any]) -> list[Any]:
            low = [pick(x[i], x[i + 2], 0, 4, 1, 5) for i in (0, 1)]
            high = [pick(x[i], x[i + 2], 2, 6, 3, 7) for i in (0, 1)]
            return [pick(y[0], y[1], *lanes) for y in (low, high) for lanes in ((0, 4, 1, 5), (2, 6, 3, 7))]

        def instruction(name: str, *operands: Any) -> Any:
            kind = ir.FunctionType(_QUAD, [_QUAD] * len(operands))
            return b.call(cgutils.get_or_insert_function(b.module, kind, f"llvm.x86.{name}"), operands)

        # the instructions hold the state as (F, E, B, A) and (H, G, D, C), lowest entry first
        start = [transpose([states.load(i) for i in rows]) for rows in ((5, 4, 1, 0), (7, 6, 3, 2))]
        abef, cdgh = list(start[0]), list(start[1])
        w = [transpose([words.load(4 * q + i) for i in range(4)]) for q in range(4)]
        for pair in ((0, 1), (2, 3)):
            for r in range(16):
                constants = ir.Constant(_QUAD, _ROUNDS[4 * r : 4 * r + 4])
                for m in pair:  # two chains at a time hide most of the latency and still fit in the registers
                    if r >= 4:
                        w0, w1, w2, w3 = (w[(r + i) % 4][m] for i in range(4))
                        partial = b.add(instruction("sha256msg1", w0, w1), pick(w2, w3, 1, 2, 3, 4))
                        w[r % 4][m] = instruction("sha256msg2", partial, w3)
                    keyed = b.add(w[r % 4][m], constants)
                    cdgh[m] = instruction("sha256rnds2", cdgh[m], abef[m], keyed)
                    abef[m] = instruction("sha256rnds2", abef[m], cdgh[m], pick(keyed, keyed, 2, 3, 2, 3))
        for before, after, rows in zip(start, (abef, cdgh), ((5, 4, 1, 0), (7, 6, 3, 2)), strict=True):
            sums = [b.add(x, y) for x, y in zip(before, after, strict=True)]
            for row, value in zip(rows, transpose(sums), strict=True):
                states.store(row, value)
        return context.get_dummy_value()

    return types.void(state, message, types.int64), codegen


_compress_lanes, _compress_quad = emitter(_lanes), emitter(_quad)


@kernel
def compress(state: npt.NDArray[np.uint32], message: npt.NDArray[np.uint32], count: int) -> None:
    """state (8, BATCH) := the compression of state and one block of big-endian words, message (16, BATCH).

    Of the first `count` columns; up to LANES - 1 more may change too.
    """
    if NATIVE:
        for lane in range(0, count, 4):
            _compress_quad(state, message, lane)
    else:
        for lane in range(0, count, LANES):
            _compress_lanes(state, message, lane)
