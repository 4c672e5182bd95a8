"""The intrinsic of `residues.py`: products summed lane by lane, reduced late as in `sum_lanes.py`."""

from typing import Any

from zkcompliance.stark.field.jit import emitter, ir, types
from zkcompliance.stark.field.simd import I64, Emitter, wide
from zkcompliance.stark.field.sum_lanes import GROUP, Totals
from zkcompliance.stark.field.width import LANES

STEP = 16  # vectors in a step


def _step(typing_context: Any, x: Any, i: Any, y: Any, j: Any, low: Any, high: Any) -> Any:
    """low and high += the words of sums of x[i + v LANES + l] * y[j + v LANES + l], v < STEP, apart for every lane l.

    y has each of its entries at least twice, at an even place and the next: what is even of a vector is odd too.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        xs, ys = e.pointer(x, args[0]), e.pointer(y, args[2])
        lows: list[list[Any]] = [[], []]
        highs: list[list[Any]] = [[], []]
        for first in range(0, STEP, GROUP):
            terms = []
            for v in range(first, first + GROUP):
                offset = ir.Constant(I64, v * LANES)
                even, _ = e.halves(e.load(ys, builder.add(args[3], offset)))
                terms.append(e.products(e.halves(e.load(xs, builder.add(args[1], offset))), (even, even)))
            for half, s in enumerate(e.total(terms)):
                lows[half].append(builder.and_(s, wide(2**32 - 1)))
                highs[half].append(builder.lshr(s, wide(32)))
        for words, total, array in ((lows, low, args[4]), (highs, high, args[5])):
            for half, values in enumerate(words):
                Totals(e, total, array).add(ir.Constant(I64, half * (LANES // 2)), *values)
        return context.get_dummy_value()

    return types.void(x, types.int64, y, types.int64, low, high), codegen


step = emitter(_step)
