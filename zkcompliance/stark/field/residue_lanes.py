"""The intrinsic of `residues.py`: products summed lane by lane, reduced late as in `sum_lanes.py`."""

from typing import Any

from zkcompliance.stark.field.jit import emitter, ir, types
from zkcompliance.stark.field.simd import I64, Emitter, wide
from zkcompliance.stark.field.sum_lanes import GROUP, Totals
from zkcompliance.stark.field.width import LANES

STEP = 16  # vectors in a step


def _step(typing_context: Any, x: Any, i: Any, y: Any, j: Any, totals: Any) -> Any:
    """totals += the words of sums of x[i + v LANES + l] * y[j + v LANES + l], v < STEP, apart for every lane l.

    y has each of its entries at least twice, at an even place and the next: what is even of a vector is odd too.
    totals: a flat uint64 array of 2 LANES entries: low words and high words of the even lanes, then of the odd ones.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        xs, ys = e.pointer(x, args[0]), e.pointer(y, args[2])
        words: list[list[Any]] = [[], [], [], []]
        for first in range(0, STEP, GROUP):
            terms = []
            for v in range(first, first + GROUP):
                offset = ir.Constant(I64, v * LANES)
                even, _ = e.halves(e.load(ys, builder.add(args[3], offset)))
                terms.append(e.products(e.halves(e.load(xs, builder.add(args[1], offset))), (even, even)))
            for half, s in enumerate(e.total(terms)):
                words[2 * half].append(builder.and_(s, wide(2**32 - 1)))
                words[2 * half + 1].append(builder.lshr(s, wide(32)))
        found = Totals(e, totals, args[4])
        for number, values in enumerate(words):
            found.add(ir.Constant(I64, number * (LANES // 2)), *values)
        return context.get_dummy_value()

    return types.void(x, types.int64, y, types.int64, totals), codegen


step = emitter(_step)
