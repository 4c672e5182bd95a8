"""Vectors of F in LLVM: the arithmetic from which the intrinsics of this package are put together.

LLVM does not vectorise a plain numba loop over 32 x 32 -> 64 bit products well. Here a vector of LANES field elements
is multiplied as two vectors of LANES / 2 products of 64 bits, its even and its odd entries, without widening shuffles.
"""

from functools import reduce
from typing import Any

from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.jit import ir
from zkcompliance.stark.field.width import LANES, LOG_LANES

MINUS_P_INVERSE = -pow(P, -1, 1 << 32) % (1 << 32)

I16, I32, I64 = ir.IntType(16), ir.IntType(32), ir.IntType(64)
Halves = tuple[Any, Any]  # even and odd entries in 64-bit lanes
Factor = tuple[Halves, Any]  # a vector's halves and its products by -1/p mod 2^32
VECTOR, WIDE = ir.VectorType(I32, LANES), ir.VectorType(I64, LANES // 2)


def vector(c: int) -> Any:
    """The constant c in every lane."""
    return ir.Constant(VECTOR, [c % 2**32] * LANES)


def wide(c: int) -> Any:
    """The 64-bit constant c in every one of the LANES / 2 lanes."""
    return ir.Constant(WIDE, [c] * (LANES // 2))


class Emitter:
    """Emits vector code at the builder's position. Values are vectors of canonical elements unless said otherwise."""

    def __init__(self, context: Any, builder: Any) -> None:
        self.context, self.b = context, builder

    def pointer(self, array_type: Any, array: Any) -> Any:
        """The address of a C-contiguous uint32 array's first entry."""
        return self.b.bitcast(self.context.make_array(array_type)(self.context, self.b, array).data, I32.as_pointer())

    def columns(self, array_type: Any, array: Any) -> Any:
        """The length n of the rows of a two-dimensional array (w, n)."""
        return self.b.extract_value(self.context.make_array(array_type)(self.context, self.b, array).shape, 1)

    def _slot(self, pointer: Any, index: Any) -> Any:
        return self.b.bitcast(self.b.gep(pointer, [index]), VECTOR.as_pointer())

    def load(self, pointer: Any, index: Any) -> Any:
        """The vector of entries index .. index + LANES - 1 (no alignment needed)."""
        value = self.b.load(self._slot(pointer, index))
        value.align = 4
        return value

    def store(self, value: Any, pointer: Any, index: Any) -> None:
        """Store the vector at entries index .. index + LANES - 1."""
        self.b.store(value, self._slot(pointer, index)).align = 4

    def at(self, index: Any, step: Any, times: int) -> Any:
        """index + times * step."""
        return self.b.add(index, self.b.mul(step, ir.Constant(I64, times)))

    def _least(self, x: Any, y: Any) -> Any:
        return self.b.select(self.b.icmp_unsigned("<", x, y), x, y)

    def add(self, x: Any, y: Any) -> Any:
        """x + y."""
        s = self.b.add(x, y)
        return self._least(s, self.b.sub(s, vector(P)))

    def sub(self, x: Any, y: Any) -> Any:
        """x - y."""
        d = self.b.sub(x, y)
        return self._least(d, self.b.add(d, vector(P)))

    def add_lazy(self, x: Any, y: Any) -> Any:
        """x + y, in [0, 2p): good enough to be multiplied."""
        return self.b.add(x, y)

    def sub_lazy(self, x: Any, y: Any) -> Any:
        """x - y + p, in (0, 2p): good enough to be multiplied."""
        return self.b.add(self.b.sub(x, y), vector(P))

    def halves(self, x: Any) -> Halves:
        """The even and the odd entries of a vector, as 64-bit lanes."""
        x = self.b.bitcast(x, WIDE)
        return self.b.and_(x, wide(2**32 - 1)), self.b.lshr(x, wide(32))

    def products(self, x: Halves, y: Halves) -> Halves:
        """The 64-bit products of two halved vectors."""
        return self.b.mul(x[0], y[0]), self.b.mul(x[1], y[1])

    def plus(self, x: Halves, y: Halves) -> Halves:
        """The sums of two pairs of 64-bit halves."""
        return self.b.add(x[0], y[0]), self.b.add(x[1], y[1])

    def total(self, terms: list[Halves]) -> Halves:
        """The sums of pairs of 64-bit halves."""
        return reduce(self.plus, terms)

    def factor(self, y: Any) -> Factor:
        """What `mul` needs of a vector y."""
        return self.halves(y), self.b.mul(y, vector(MINUS_P_INVERSE))

    def spread(self, scalar: Any) -> Factor:
        """The factor with a uint32 scalar in every lane."""
        zero = ir.Constant(I32, 0)
        one = self.b.insert_element(ir.Constant(VECTOR, ir.Undefined), scalar, zero)
        lanes = ir.Constant(ir.VectorType(I32, LANES), [0] * LANES)
        y = self.b.shuffle_vector(one, ir.Constant(VECTOR, ir.Undefined), lanes)
        one = self.b.insert_element(ir.Constant(WIDE, ir.Undefined), self.b.zext(scalar, I64), zero)
        lanes = ir.Constant(ir.VectorType(I32, LANES // 2), [0] * (LANES // 2))
        half = self.b.shuffle_vector(one, ir.Constant(WIDE, ir.Undefined), lanes)
        return (half, half), self.b.mul(y, vector(MINUS_P_INVERSE))

    def constant(self, c: int) -> Factor:
        """The factor with the constant c in every lane."""
        return (wide(c), wide(c)), vector(c * MINUS_P_INVERSE)

    def _highs(self, ts: list[Halves], ms: list[Any]) -> list[Any]:
        """(t + m p) / 2^32 mod p of each t and its m = -t / p mod 2^32: t + m p is a multiple of 2^32, below 2^33 p.

        (With -m in the place of m, LLVM would turn the subtraction into a product by the 64-bit constant -p.)
        """
        by_p = [self.products(self.halves(m), (wide(P), wide(P))) for m in ms]
        us = [self.plus(t, m) for t, m in zip(ts, by_p, strict=True)]
        ds = [self._upper(even, odd) for even, odd in us]
        return [self._least(d, self.b.sub(d, vector(P))) for d in ds]

    def _upper(self, even: Any, odd: Any) -> Any:
        """As one vector the high words of two halves, of which the odd one's low words are 0.

        With AVX-512 it is one instruction, which LLVM does not find: it has two, or a slower one.
        """
        if LANES == 16:
            even, odd = (self.b.bitcast(half, VECTOR) for half in (even, odd))
            kind = ir.FunctionType(VECTOR, [VECTOR, VECTOR, I16])
            places = ir.Constant(I16, 0x5555)  # the even ones, which are the next of `even`; the others are left
            return self.b.asm(kind, "vmovshdup $2, $0 {$3}", "=v,0,v,^Yk", [odd, even, places], False)
        return self.b.bitcast(self.b.or_(self.b.lshr(even, wide(32)), odd), VECTOR)

    def reducible(self, t: Halves) -> Halves:
        """t or t - 2^32 p, below 2^32 p, for 64-bit halves t < 2^33 p, such as a sum of four products."""
        even, odd = (self._least(h, self.b.sub(h, wide(P << 32))) for h in t)
        return even, odd

    def reduce(self, t: Halves) -> Any:
        """t / 2^32 mod p for 64-bit halves t < 2^32 p, a sum of at most two products of canonical entries."""
        return self.reduce_all([t])[0]

    def reduce_all(self, ts: list[Halves]) -> list[Any]:
        """`reduce` of each, in turns as in `mul_all`.

        The low words are multiplied as a vector of 32-bit entries: of a 64-bit product LLVM would pull the factors of t
        into a chain of products longer than 32 bits.
        """
        lanes = ir.Constant(ir.VectorType(I32, LANES), [i - i % 2 + (LANES if i % 2 else 0) for i in range(LANES)])
        words = [[self.b.bitcast(h, VECTOR) for h in t] for t in ts]
        lows = [self.b.shuffle_vector(even, odd, lanes) for even, odd in words]
        return self._highs(ts, [self.b.mul(low, vector(MINUS_P_INVERSE)) for low in lows])

    def mul(self, x: Any, y: Factor) -> Any:
        """x * y / 2^32 for x < 2p; so x * c when y is the factor of c * 2^32 mod p."""
        return self.mul_all([x], [y])[0]

    def mul_all(self, xs: list[Any], ys: list[Factor]) -> list[Any]:
        """`mul` of each x and its y, in turns: each step of all before the next step of any.

        A product is a chain of steps that wait for each other, and a processor does not look far enough ahead for the
        next one's.
        """
        ms = [self.b.mul(x, y[1]) for x, y in zip(xs, ys, strict=True)]
        return self._highs([self.products(self.halves(x), y[0]) for x, y in zip(xs, ys, strict=True)], ms)

    def transpose(self, rows: list[Any]) -> list[Any]:
        """The transpose of LANES vectors, by exchanging bits of the row number with bits of the lane."""
        for bit in (1 << i for i in range(LOG_LANES)):
            keep = [LANES + lane - bit if lane & bit else lane for lane in range(LANES)]
            move = [LANES + lane if lane & bit else lane + bit for lane in range(LANES)]
            new = list(rows)
            for i in range(LANES):
                if i & bit == 0:
                    for target, mask in ((i, keep), (i | bit, move)):
                        indices = ir.Constant(ir.VectorType(I32, LANES), mask)
                        new[target] = self.b.shuffle_vector(rows[i], rows[i | bit], indices)
            rows = new
        return rows
