"""Intrinsics for long sums of products of F, reduced late.

Four products of canonical entries fit in 64 bits. The low and the high words of such sums are added up apart, in uint64
arrays of LANES / 2 (dot) or LANES (combine: first the even, then the odd entries) lanes: below 2^32 additions they fit.
"""

from functools import reduce
from typing import Any

from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.jit import emitter, ir, types
from zkcompliance.stark.field.simd import I64, WIDE, Emitter, wide
from zkcompliance.stark.field.width import LANES

STEP = 8  # vectors in a step of dot
GROUP = 4  # products in a sum


def _index(e: Emitter, start: Any, offset: int) -> Any:
    return e.b.add(start, ir.Constant(I64, offset))


class Totals:
    """A flat uint64 array, read and written in vectors of LANES / 2 entries."""

    def __init__(self, e: Emitter, array_type: Any, array: Any) -> None:
        self.e, self.pointer = e, e.context.make_array(array_type)(e.context, e.b, array).data

    def _slot(self, index: Any) -> Any:
        return self.e.b.bitcast(self.e.b.gep(self.pointer, [index]), WIDE.as_pointer())

    def load(self, index: Any) -> Any:
        value = self.e.b.load(self._slot(index))
        value.align = 8
        return value

    def add(self, index: Any, *values: Any) -> None:
        self.e.b.store(reduce(self.e.b.add, values, self.load(index)), self._slot(index)).align = 8


def _dot(typing_context: Any, x: Any, i: Any, y: Any, j: Any, low: Any, high: Any, k: Any) -> Any:
    """low[k..] and high[k..] += the words of sums of x[i + l] * y[j + l], 0 <= l < STEP * LANES."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        xs, ys = e.pointer(x, args[0]), e.pointer(y, args[2])
        lows, highs = [], []
        for first in range(0, STEP, GROUP):
            offsets = [v * LANES for v in range(first, first + GROUP)]
            factors = [
                (e.halves(e.load(xs, _index(e, args[1], o))), e.halves(e.load(ys, _index(e, args[3], o))))
                for o in offsets
            ]
            for s in e.total([e.products(a, b) for a, b in factors]):
                lows.append(builder.and_(s, wide(2**32 - 1)))
                highs.append(builder.lshr(s, wide(32)))
        Totals(e, low, args[4]).add(args[6], *lows)
        Totals(e, high, args[5]).add(args[6], *highs)
        return context.get_dummy_value()

    return types.void(x, types.int64, y, types.int64, low, high, types.int64), codegen


def _combine(typing_context: Any, x: Any, i: Any, factors: Any, j: Any, low: Any, high: Any, k: Any) -> Any:
    """low[k..] and high[k..] += the words of sum_l x[i[l]..] * factors[j + l], l < GROUP; i is a tuple."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        xs, constants = e.pointer(x, args[0]), e.pointer(factors, args[2])
        words = [builder.load(builder.gep(constants, [_index(e, args[3], v)])) for v in range(GROUP)]
        rows = [builder.extract_value(args[1], v) for v in range(GROUP)]
        terms = [
            e.products(e.halves(e.load(xs, row)), e.spread(word)[0]) for row, word in zip(rows, words, strict=True)
        ]
        for half, s in enumerate(e.total(terms)):
            at = _index(e, args[6], half * LANES // 2)
            Totals(e, low, args[4]).add(at, builder.and_(s, wide(2**32 - 1)))
            Totals(e, high, args[5]).add(at, builder.lshr(s, wide(32)))
        return context.get_dummy_value()

    return types.void(x, i, factors, types.int64, low, high, types.int64), codegen


def _settle(typing_context: Any, low: Any, high: Any, k: Any, out: Any, i: Any) -> Any:
    """out[i..] += low[k..] / 2^32 + high[k..]: the sums of `combine`, whose factors are in Montgomery form."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        lows, highs = (Totals(e, t, array) for t, array in ((low, args[0]), (high, args[1])))
        at = [_index(e, args[2], half * LANES // 2) for half in range(2)]
        lower = e.reduce((lows.load(at[0]), lows.load(at[1])))
        upper = e.mul(e.reduce((highs.load(at[0]), highs.load(at[1]))), e.constant((1 << 64) % P))
        pointer = e.pointer(out, args[3])
        e.store(e.add(e.load(pointer, args[4]), e.add(lower, upper)), pointer, args[4])
        return context.get_dummy_value()

    return types.void(low, high, types.int64, out, types.int64), codegen


dot_step, combine_step, settle = emitter(_dot), emitter(_combine), emitter(_settle)
