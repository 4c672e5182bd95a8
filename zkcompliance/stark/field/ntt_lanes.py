"""Intrinsics of the number-theoretic transform: butterflies on vectors of LANES elements of a flat uint32 array.

Forward butterfly with root r: (a, b) -> (a + r b, a - r b), the residues of a + b X^h mod X^h -+ r. Inverse, up to a
factor 2: (a, b) -> (a + b, (a - b) / r). Roots come in Montgomery form; those of the inverse are given inverted.
"""

from typing import Any, NamedTuple

from zkcompliance.stark.field.jit import emitter, ir, types
from zkcompliance.stark.field.simd import I64, Emitter, Factor
from zkcompliance.stark.field.width import LANES, LOG_LANES

TURNS = 2  # vectors of each part of a block in a step of two layers, whose butterflies are taken in turns


class _Butterfly(NamedTuple):
    """Of the vectors of numbers i and j. lazy: both results of a forward one are below 2p, not p, multiplied next."""

    i: int
    j: int
    root: Factor
    lazy: bool = False


def _butterflies(e: Emitter, inverse: bool, x: list[Any], these: list[_Butterfly]) -> None:
    """Butterflies of vectors in the list x, in place and in turns: no vector is in two of them."""
    if inverse:
        differences = [e.sub_lazy(x[one.i], x[one.j]) for one in these]
        sums = [e.add(x[one.i], x[one.j]) for one in these]
        products = e.mul_all(differences, [one.root for one in these])
        for one, total, product in zip(these, sums, products, strict=True):
            x[one.i], x[one.j] = total, product
        return
    products = e.mul_all([x[one.j] for one in these], [one.root for one in these])
    for one, product in zip(these, products, strict=True):
        a = x[one.i]
        x[one.i] = e.add_lazy(a, product) if one.lazy else e.add(a, product)
        x[one.j] = e.sub_lazy(a, product) if one.lazy else e.sub(a, product)


def _load(e: Emitter, pointer: Any, start: Any, step: Any, count: int) -> list[Any]:
    """The vectors from start, start + step, … on."""
    return [e.load(pointer, e.at(start, step, i)) for i in range(count)]


def _store(e: Emitter, values: list[Any], pointer: Any, start: Any, step: Any) -> None:
    """Store vectors from start, start + step, … on."""
    for i, value in enumerate(values):
        e.store(value, pointer, e.at(start, step, i))


def _layer1(inverse: bool) -> Any:
    def build(typing_context: Any, source: Any, at: Any, data: Any, start: Any, h: Any, root: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            e = Emitter(context, builder)
            x = _load(e, e.pointer(source, args[0]), args[1], args[4], 2)
            _butterflies(e, inverse, x, [_Butterfly(0, 1, e.spread(args[5]))])
            _store(e, x, e.pointer(data, args[2]), args[3], args[4])
            return context.get_dummy_value()

        word, index = types.uint32, types.int64
        return types.void(source, index, data, index, index, word), codegen

    return build


def _layer2(inverse: bool, turns: int = 1) -> Any:
    def build(typing_context: Any, source: Any, at: Any, data: Any, start: Any, q: Any, roots: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            e = Emitter(context, builder)
            taken, made = e.pointer(source, args[0]), e.pointer(data, args[2])
            offsets = [ir.Constant(I64, turn * LANES) for turn in range(turns)]
            x = [v for offset in offsets for v in _load(e, taken, builder.add(args[1], offset), args[4], 4)]
            r, r0, r1 = (e.spread(builder.extract_value(args[5], i)) for i in range(3))
            each = range(0, 4 * turns, 4)
            first = [b for t in each for b in (_Butterfly(t, t + 2, r), _Butterfly(t + 1, t + 3, r, lazy=True))]
            second = [b for t in each for b in (_Butterfly(t, t + 1, r0), _Butterfly(t + 2, t + 3, r1))]
            for layer in (second, first) if inverse else (first, second):
                _butterflies(e, inverse, x, layer)
            for t, offset in zip(each, offsets, strict=True):
                _store(e, x[t : t + 4], made, builder.add(args[3], offset), args[4])
            return context.get_dummy_value()

        index = types.int64
        return types.void(source, index, data, index, index, types.UniTuple(types.uint32, 3)), codegen

    return build


def _tail(inverse: bool) -> Any:
    def build(typing_context: Any, data: Any, start: Any, tail: Any, group: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            e = Emitter(context, builder)
            pointer, roots = e.pointer(data, args[0]), e.pointer(tail, args[2])
            slots = [e.b.add(args[1], ir.Constant(I64, i * LANES)) for i in range(LANES)]
            first = e.b.mul(args[3], ir.Constant(I64, (LANES - 1) * LANES))
            x = e.transpose([e.load(pointer, s) for s in slots])
            for t in reversed(range(LOG_LANES)) if inverse else range(LOG_LANES):
                h = LANES >> (t + 1)
                for j in range(1 << t):
                    root = e.factor(e.load(roots, e.b.add(first, ir.Constant(I64, ((1 << t) - 1 + j) * LANES))))
                    for i in range(2 * h * j, 2 * h * j + h):
                        lazy = i & (h >> 1) != 0  # the second half of a block of the next layer
                        _butterflies(e, inverse, x, [_Butterfly(i, i + h, root, lazy)])
            for value, s in zip(e.transpose(x), slots, strict=True):
                e.store(value, pointer, s)
            return context.get_dummy_value()

        return types.void(data, types.int64, tail, types.int64), codegen

    return build


# source, at, data, start, h, root: a layer on entries at.. and at + h.. of source, into start.. and start + h.. of data
forward1, inverse1 = emitter(_layer1(False)), emitter(_layer1(True))
# source, at, data, start, q, (root, root0, root1): two layers on entries at.., at + q.., at + 2q.., at + 3q.., likewise
forward2, inverse2 = emitter(_layer2(False)), emitter(_layer2(True))
# the same on TURNS vectors from each of these entries on
forward2_turns, inverse2_turns = emitter(_layer2(False, TURNS)), emitter(_layer2(True, TURNS))
# data, start, tail, group: the last LOG_LANES layers on LANES^2 entries, which are LANES blocks of LANES entries
forward_tail, inverse_tail = emitter(_tail(False)), emitter(_tail(True))
