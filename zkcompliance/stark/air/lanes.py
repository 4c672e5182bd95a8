"""Intrinsics of the evaluator: one vector of LANES entries added, subtracted or copied."""

from __future__ import annotations

from typing import Any

from zkcompliance.stark.field.jit import emitter, types
from zkcompliance.stark.field.simd import Emitter


def _binary(name: str) -> Any:
    """out[k..] = x[i..] ± y[j..] mod p, for flat uint32 arrays."""

    def build(typing_context: Any, x: Any, i: Any, y: Any, j: Any, out: Any, k: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            e = Emitter(context, builder)
            a, b = e.load(e.pointer(x, args[0]), args[1]), e.load(e.pointer(y, args[2]), args[3])
            e.store(getattr(e, name)(a, b), e.pointer(out, args[4]), args[5])
            return context.get_dummy_value()

        return types.void(x, types.int64, y, types.int64, out, types.int64), codegen

    return build


def _copy(typing_context: Any, x: Any, i: Any, out: Any, k: Any) -> Any:
    """out[k..] = x[i..]."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        e.store(e.load(e.pointer(x, args[0]), args[1]), e.pointer(out, args[2]), args[3])
        return context.get_dummy_value()

    return types.void(x, types.int64, out, types.int64), codegen


add, sub, copy = emitter(_binary("add")), emitter(_binary("sub")), emitter(_copy)
