"""The intrinsic of `residues.py`: products summed lane by lane, reduced late as in `sum_lanes.py`."""

from typing import Any

from zkcompliance.stark.field.jit import emitter, ir, types
from zkcompliance.stark.field.simd import I64, WIDE, Emitter, wide
from zkcompliance.stark.field.width import LANES

GROUP = 4  # products in a sum


def _step(typing_context: Any, x: Any, i: Any, y: Any, j: Any, totals: Any) -> Any:
    """totals += the words of sums of x[i + v LANES + l] * y[j + v LANES + l], v < GROUP, apart for every lane l.

    totals: a flat uint64 array of 2 LANES entries: low words and high words of the even lanes, then of the odd ones.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        xs, ys = e.pointer(x, args[0]), e.pointer(y, args[2])
        offsets = [ir.Constant(I64, v * LANES) for v in range(GROUP)]
        terms = [
            e.products(e.halves(e.load(xs, builder.add(args[1], o))), e.halves(e.load(ys, builder.add(args[3], o))))
            for o in offsets
        ]
        base = context.make_array(totals)(context, builder, args[4]).data
        for half, s in enumerate(e.total(terms)):
            for word, value in enumerate((builder.and_(s, wide(2**32 - 1)), builder.lshr(s, wide(32)))):
                place = builder.gep(base, [ir.Constant(I64, (2 * half + word) * (LANES // 2))])
                slot = builder.bitcast(place, WIDE.as_pointer())
                before = builder.load(slot)
                before.align = 8
                builder.store(builder.add(before, value), slot).align = 8
        return context.get_dummy_value()

    return types.void(x, types.int64, y, types.int64, totals), codegen


step = emitter(_step)
