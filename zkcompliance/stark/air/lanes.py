"""Intrinsics of the evaluator: one vector of LANES entries added, subtracted, or summed up of products."""

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


def _dot(add: bool) -> Any:
    """out[k..] = (out[j..] +) Σ_l x[i[l]..]·c[l] / 2^32, l < 4, in flat arrays; c: a tuple in Montgomery form.

    Four products of canonical entries are below 4·p² < 2^33·p < 2^64: they are reduced together.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        xs, out = e.pointer(signature.args[0], args[0]), e.pointer(signature.args[3], args[3])
        terms = []
        for term in range(4):
            start, word = builder.extract_value(args[1], term), builder.extract_value(args[2], term)
            terms.append(e.products(e.halves(e.load(xs, start)), e.spread(word)[0]))
        value = e.reduce(e.reducible(e.total(terms)))
        if add:
            value = e.add(e.load(out, args[5]), value)
        e.store(value, out, args[4])
        return context.get_dummy_value()

    def build(typing_context: Any, x: Any, i: Any, c: Any, out: Any, k: Any) -> Any:
        return types.void(x, i, c, out, types.int64), codegen

    def build_add(typing_context: Any, x: Any, i: Any, c: Any, out: Any, k: Any, j: Any) -> Any:
        return types.void(x, i, c, out, types.int64, types.int64), codegen

    return build_add if add else build


add, sub = emitter(_binary("add")), emitter(_binary("sub"))
dot, dot_add = emitter(_dot(False)), emitter(_dot(True))
