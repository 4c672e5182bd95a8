"""The compression function of SHA-256 as LLVM code, for many messages at once.

Two ways to the same result. On vectors, every 32-bit operation is one on a message per lane, as LLVM does not vectorise
a plain loop over messages; it splits the vectors where the processor's registers are narrower. With AVX-512 the logic
of three words is one instruction, there are registers for two vectors of messages, whose rounds hide each other's
latency, and nothing is faster. Without it, but with SHA instructions (x86 SHA-NI), `compress` runs these on two
messages at a time, for the same reason.
"""

from collections.abc import Iterator
from math import isqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from zkcompliance.stark.field.jit import cgutils, cpu_has, emitter, ir, kernel, types

WIDE = cpu_has("avx512f")
NATIVE = cpu_has("sha") and not WIDE
_LANES = 16  # messages in a vector
_TURNS = 2 if WIDE else 1  # vectors whose rounds are taken in turns
BATCH = _LANES * _TURNS  # messages worked on together: a column of the arrays and a lane of a vector each

U32 = npt.NDArray[np.uint32]

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_QUAD = ir.VectorType(_I32, 4)
_VECTOR = ir.VectorType(_I32, _LANES)


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
_START = np.array([isqrt(prime << 64) & 0xFFFFFFFF for prime in _PRIMES[:8]], np.uint32)


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
        return ir.Constant(_VECTOR, [c] * _LANES)

    def sum(self, first: Any, *others: Any) -> Any:
        for x in others:
            first = self.b.add(first, x)
        return first

    def shift(self, x: Any, n: int) -> Any:
        return self.b.lshr(x, self.constant(n))

    def rotate(self, x: Any, n: int) -> Any:
        return self.b.or_(self.shift(x, n), self.b.shl(x, self.constant(32 - n)))

    def _logic(self, x: Any, y: Any, z: Any, table: int) -> Any:
        """AVX-512: bit 4 x + 2 y + z of the table, for every bit of the words."""
        kind = ir.FunctionType(_VECTOR, [_VECTOR, _VECTOR, _VECTOR, _I32])
        function = cgutils.get_or_insert_function(self.b.module, kind, "llvm.x86.avx512.pternlog.d.512")
        return self.b.call(function, [x, y, z, ir.Constant(_I32, table)])

    def xor(self, x: Any, y: Any, z: Any) -> Any:
        return self._logic(x, y, z, 0x96) if WIDE else self.b.xor(self.b.xor(x, y), z)

    def choice(self, e: Any, f: Any, g: Any) -> Any:
        """f where e is set, g elsewhere."""
        return self._logic(e, f, g, 0xCA) if WIDE else self.b.xor(self.b.and_(self.b.xor(f, g), e), g)

    def majority(self, a: Any, b: Any, c: Any) -> Any:
        if WIDE:
            return self._logic(a, b, c, 0xE8)
        return self.b.or_(self.b.and_(a, b), self.b.and_(self.b.or_(a, b), c))

    def rotations(self, x: Any, i: int, j: int, k: int) -> Any:
        return self.xor(self.rotate(x, i), self.rotate(x, j), self.rotate(x, k))

    def mixed(self, x: Any, i: int, j: int, k: int) -> Any:
        return self.xor(self.rotate(x, i), self.rotate(x, j), self.shift(x, k))

    def round(self, state: list[Any], keyed: Any) -> list[Any]:
        """The state (a, …, h) after a round; keyed: the word of the schedule plus the round's constant."""
        a, b, c, d, e, f, g, h = state
        # what the newest word, e, has no part in first: it is the last to be known
        t1 = self.sum(keyed, h, self.choice(e, f, g), self.rotations(e, 6, 11, 25))
        t2 = self.b.add(self.rotations(a, 2, 13, 22), self.majority(a, b, c))
        return [self.b.add(t1, t2), a, b, c, self.b.add(d, t1), e, f, g]

    def scheduled(self, w16: Any, w15: Any, w7: Any, w2: Any) -> Any:
        """A word of the schedule from those 16, 15, 7 and 2 before it."""
        return self.sum(w16, self.mixed(w15, 7, 18, 3), w7, self.mixed(w2, 17, 19, 10))


class _Schedule:
    """The 64 words of a message's schedule, in memory of their own: registers are too few."""

    def __init__(self, builder: Any) -> None:
        self.b = builder
        self.words = cgutils.alloca_once(builder, ir.ArrayType(_VECTOR, 64))

    def _slot(self, r: Any) -> Any:
        return self.b.gep(self.words, [ir.Constant(_I64, 0), r])

    def load(self, r: Any, before: int = 0) -> Any:
        return self.b.load(self._slot(self.b.sub(r, ir.Constant(_I64, before))))

    def store(self, value: Any, r: Any) -> None:
        self.b.store(value, self._slot(r))


def _round_constant(builder: Any, r: Any) -> Any:
    """The constant of round r in every lane, from a table."""
    kind = ir.ArrayType(_I32, 64)
    table = builder.module.globals.get("sha256_rounds")
    if table is None:
        table = ir.GlobalVariable(builder.module, kind, "sha256_rounds")
        table.linkage, table.global_constant = "internal", True
        table.initializer = ir.Constant(kind, _ROUNDS)
    word = builder.load(builder.gep(table, [ir.Constant(_I64, 0), r]))
    none = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(none, word, ir.Constant(_I32, 0))
    return builder.shuffle_vector(first, none, ir.Constant(_VECTOR, [0] * _LANES))


def _lanes(typing_context: Any, before: Any, message: Any, state: Any) -> Any:
    """The compression of the messages in all BATCH columns, a message per lane of the vectors.

    First the schedule, then the rounds, eight in a row: together, or more of them, are more values than there are
    registers for, and more code than the processor's decoded instructions have room for. Each step is emitted for one
    vector after the other: it waits for the one before it, and a processor does not look far enough ahead for the next
    message's.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        b, v, turns = builder, _Words(builder), range(_TURNS)

        def rows(array_type: Any, array: Any) -> list[_Rows]:
            lanes = [ir.Constant(_I64, turn * _LANES) for turn in turns]
            return [_Rows(context, b, array_type, array, lane, _VECTOR) for lane in lanes]

        def eight(first: int) -> Iterator[list[Any]]:
            """A loop over the steps from `first` to 63 in eights: each time the numbers of its steps."""
            begin, end, step = (ir.Constant(_I64, r) for r in (first, 64, 8))
            with cgutils.for_range_slice(b, begin, end, step) as (begun, _):
                yield [b.add(begun, ir.Constant(_I64, i)) for i in range(8)]

        schedules, words = [_Schedule(b) for _ in turns], rows(message, args[1])
        for r in range(16):
            for turn in turns:
                schedules[turn].store(words[turn].load(r), ir.Constant(_I64, r))
        for steps in eight(16):
            for r in steps:
                for turn in turns:
                    word = v.scheduled(*(schedules[turn].load(r, n) for n in (16, 15, 7, 2)))
                    schedules[turn].store(word, r)
        start = [[states.load(i) for i in range(8)] for states in rows(before, args[0])]
        kept = [[cgutils.alloca_once_value(b, value) for value in each] for each in start]
        for steps in eight(0):
            now = [[b.load(place) for place in places] for places in kept]
            for r in steps:
                for turn in turns:
                    now[turn] = v.round(now[turn], b.add(schedules[turn].load(r), _round_constant(b, r)))
            for places, values in zip(kept, now, strict=True):
                for place, value in zip(places, values, strict=True):
                    b.store(value, place)
        for out, old, places in zip(rows(state, args[2]), start, kept, strict=True):
            for i in range(8):
                out.store(i, b.add(old[i], b.load(places[i])))
        return context.get_dummy_value()

    return types.void(before, message, state), codegen


def _quad(typing_context: Any, before: Any, message: Any, state: Any, lane: Any) -> Any:
    """The compression of the messages in columns lane..lane + 3, with the processor's SHA instructions."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        b = builder
        states = _Rows(context, builder, before, args[0], args[3], _QUAD)
        words = _Rows(context, builder, message, args[1], args[3], _QUAD)
        out = _Rows(context, builder, state, args[2], args[3], _QUAD)

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
        for old, new, rows in zip(start, (abef, cdgh), ((5, 4, 1, 0), (7, 6, 3, 2)), strict=True):
            sums = [b.add(x, y) for x, y in zip(old, new, strict=True)]
            for row, value in zip(rows, transpose(sums), strict=True):
                out.store(row, value)
        return context.get_dummy_value()

    return types.void(before, message, state, types.int64), codegen


_compress_lanes, _compress_quad = emitter(_lanes), emitter(_quad)


@kernel
def start_state() -> U32:
    """(8, BATCH): the state that every message starts from."""
    state = np.empty((8, BATCH), np.uint32)
    for i in range(8):
        state[i, :] = _START[i]
    return state


@kernel
def compress(before: U32, message: U32, state: U32) -> None:
    """state := the compression of the state `before`, both (8, BATCH), and a block of big-endian words (16, BATCH)."""
    if NATIVE:
        for lane in range(0, BATCH, 4):
            _compress_quad(before, message, state, lane)
    else:
        _compress_lanes(before, message, state)
