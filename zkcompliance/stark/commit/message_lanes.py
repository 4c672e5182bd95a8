"""Intrinsics that set up messages of SHA-256 as `sha256_emit.py` takes them, a vector of LANES messages at once."""

from __future__ import annotations

from typing import Any

from zkcompliance.stark.field.jit import cgutils, emitter, ir, types
from zkcompliance.stark.field.simd import I64, VECTOR, Emitter
from zkcompliance.stark.field.width import LANES


def _swap(typing_context: Any, x: Any, i: Any, out: Any, k: Any) -> Any:
    """out[k..] = x[i..], the four bytes of each word in the opposite order; flat uint32 arrays."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        kind = ir.FunctionType(VECTOR, [VECTOR])
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.bswap.v{LANES}i32")
        value = builder.call(function, [e.load(e.pointer(x, args[0]), args[1])])
        e.store(value, e.pointer(out, args[2]), args[3])
        return context.get_dummy_value()

    return types.void(x, types.int64, out, types.int64), codegen


def _deal(hands: int) -> Any:
    """out[k + step * h + j] = x[i + hands * j + h] for j < LANES and every h < hands, which is 2 or 4."""

    def every_second(b: Any, x: Any, y: Any, first: int) -> Any:
        lanes = ir.Constant(VECTOR, list(range(first, 2 * LANES, 2)))
        return b.shuffle_vector(x, y, lanes)

    def dealt(b: Any, cards: list[Any]) -> list[Any]:
        if len(cards) == 1:
            return cards
        pairs = list(zip(cards[::2], cards[1::2], strict=True))
        even, odd = (dealt(b, [every_second(b, x, y, first) for x, y in pairs]) for first in (0, 1))
        return [hand for both in zip(even, odd, strict=True) for hand in both]

    def build(typing_context: Any, x: Any, i: Any, out: Any, k: Any, step: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            e = Emitter(context, builder)
            source, target = e.pointer(x, args[0]), e.pointer(out, args[2])
            cards = [e.load(source, builder.add(args[1], ir.Constant(I64, h * LANES))) for h in range(hands)]
            for h, hand in enumerate(dealt(builder, cards)):
                e.store(hand, target, e.at(args[3], args[4], h))
            return context.get_dummy_value()

        return types.void(x, types.int64, out, types.int64, types.int64), codegen

    return build


swap, deal_two, deal_four = emitter(_swap), emitter(_deal(2)), emitter(_deal(4))
