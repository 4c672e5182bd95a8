"""Intrinsics for element-wise arithmetic on vectors of LANES elements.

Flat operands are flat uint32 arrays with a start index each. Rows of E vectors are rows of a (6, n) array, with a start
column each.
"""

from typing import Any

from zkcompliance.stark.field.babybear import NONRESIDUE, P
from zkcompliance.stark.field.extension import DEGREE
from zkcompliance.stark.field.jit import cgutils, emitter, ir, types
from zkcompliance.stark.field.simd import I64, Emitter, Factor, Halves

R_SQUARED = (1 << 64) % P


def _copy(typing_context: Any, x: Any, i: Any, out: Any, k: Any) -> Any:
    """out[k..] = x[i..]."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        e.store(e.load(e.pointer(x, args[0]), args[1]), e.pointer(out, args[2]), args[3])
        return context.get_dummy_value()

    return types.void(x, types.int64, out, types.int64), codegen


def _soon(typing_context: Any, x: Any, i: Any) -> Any:
    """x[i] is read soon: its line is fetched into the caches, and nothing waits for it. i may be any number.

    Of columns that lie far apart a processor does not foresee which entries are read next.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word, e = ir.IntType(32), Emitter(context, builder)
        place = builder.gep(e.pointer(x, args[0]), [args[1]])
        kind = ir.FunctionType(ir.VoidType(), [place.type, word, word, word])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [place, *(ir.Constant(word, c) for c in (0, 3, 1))])  # to read, into every cache, data
        return context.get_dummy_value()

    return types.void(x, types.int64), codegen


def _multiply(typing_context: Any, x: Any, i: Any, y: Any, j: Any, out: Any, k: Any) -> Any:
    """out[k..] = x[i..] * y[j..]."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        a, b = e.load(e.pointer(x, args[0]), args[1]), e.load(e.pointer(y, args[2]), args[3])
        product = e.mul(e.reduce(e.products(e.halves(a), e.halves(b))), e.constant(R_SQUARED))
        e.store(product, e.pointer(out, args[4]), args[5])
        return context.get_dummy_value()

    return types.void(x, types.int64, y, types.int64, out, types.int64), codegen


def _scale(accumulate: bool) -> Any:
    """out[k..] = (or +=) x[i..] * c for a uint32 scalar c in Montgomery form."""

    def build(typing_context: Any, x: Any, i: Any, c: Any, out: Any, k: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            e = Emitter(context, builder)
            value = e.mul(e.load(e.pointer(x, args[0]), args[1]), e.spread(args[2]))
            pointer = e.pointer(out, args[3])
            if accumulate:
                value = e.add(e.load(pointer, args[4]), value)
            e.store(value, pointer, args[4])
            return context.get_dummy_value()

        return types.void(x, types.int64, types.uint32, out, types.int64), codegen

    return build


def _rows(e: Emitter, array_type: Any, array: Any, column: Any) -> list[Any]:
    """The vectors of rows 0..5 of an E vector, from a column on."""
    pointer, n = e.pointer(array_type, array), e.columns(array_type, array)
    return [e.load(pointer, e.at(column, n, r)) for r in range(DEGREE)]


def _store_rows(e: Emitter, values: list[Any], array_type: Any, array: Any, column: Any) -> None:
    pointer, n = e.pointer(array_type, array), e.columns(array_type, array)
    for r, value in enumerate(values):
        e.store(value, pointer, e.at(column, n, r))


def _convolve(e: Emitter, x: list[Halves], y: list[Halves], wrapped: list[Halves]) -> list[Any]:
    """The six coefficients of x * y / 2^32 in E; wrapped holds 31 * y for the coefficients beyond u^5.

    With M = 2^32 p, four products are below 2 M, and below M once M is subtracted where it can be; so again with the
    other two, whose sum is below M. 2 M < 2^64, and what is below M is reduced once.
    """
    result = []
    for k in range(DEGREE):
        factors = [y[k - i] if i <= k else wrapped[k - i + DEGREE] for i in range(DEGREE)]
        terms = [e.products(a, b) for a, b in zip(x, factors, strict=True)]
        total = e.reducible(e.total(terms[:4]))
        result.append(e.reduce(e.reducible(e.total([total, *terms[4:]]))))
    return result


def _ext_multiply(typing_context: Any, x: Any, i: Any, y: Any, j: Any, out: Any, k: Any) -> Any:
    """out[:, k..] = x[:, i..] * y[:, j..] in E."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        a = [e.halves(v) for v in _rows(e, x, args[0], args[1])]
        b = _rows(e, y, args[2], args[3])
        scaled = [e.halves(e.mul(v, e.constant(R_SQUARED))) for v in b]
        wrapped = [e.halves(e.mul(v, e.constant(NONRESIDUE * R_SQUARED % P))) for v in b]
        _store_rows(e, _convolve(e, a, scaled, wrapped), out, args[4], args[5])
        return context.get_dummy_value()

    return types.void(x, types.int64, y, types.int64, out, types.int64), codegen


def _ext_multiply_base(typing_context: Any, x: Any, i: Any, y: Any, j: Any, out: Any, k: Any) -> Any:
    """out[:, k..] = x[:, i..] * y[j..] for y in F."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        b = e.factor(e.mul(e.load(e.pointer(y, args[2]), args[3]), e.constant(R_SQUARED)))
        _store_rows(e, [e.mul(v, b) for v in _rows(e, x, args[0], args[1])], out, args[4], args[5])
        return context.get_dummy_value()

    return types.void(x, types.int64, y, types.int64, out, types.int64), codegen


def _ext_scale(accumulate: bool) -> Any:
    """out[:, k..] = (or +=) x[:, i..] * s; the flat constant s (12,) is s_0..s_5, 31 s_0..31 s_5 in Montgomery form."""

    def build(typing_context: Any, x: Any, i: Any, s: Any, out: Any, k: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            e = Emitter(context, builder)
            a = [e.halves(v) for v in _rows(e, x, args[0], args[1])]
            pointer = e.pointer(s, args[2])
            words = [e.b.load(e.b.gep(pointer, [ir.Constant(I64, r)])) for r in range(2 * DEGREE)]
            factors: list[Factor] = [e.spread(word) for word in words]
            halves = [factor[0] for factor in factors]
            values = _convolve(e, a, halves[:DEGREE], halves[DEGREE:])
            if accumulate:
                values = [e.add(u, v) for u, v in zip(_rows(e, out, args[3], args[4]), values, strict=True)]
            _store_rows(e, values, out, args[3], args[4])
            return context.get_dummy_value()

        return types.void(x, types.int64, s, out, types.int64), codegen

    return build


def _ext_norm(typing_context: Any, x: Any, i: Any, cofactor: Any, norm: Any) -> Any:
    """With a = A + u B over K = F[v] / (v^3 - 31), v = u^2: a (A - u B) = A^2 - v B^2 = C in K, and C * T = N(a) in F.

    cofactor[0::2, i..] = T / 2^96 (odd rows untouched), norm[i..] = N(a) / 2^160: every product loses a factor 2^32.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        a = _rows(e, x, args[0], args[1])

        def dot(*pairs: tuple[Any, Any]) -> Any:
            terms = [e.products(e.halves(y), e.halves(z)) for y, z in pairs]
            return e.reduce(terms[0] if len(terms) == 1 else e.plus(*terms))

        def wrap(y: Any) -> Any:
            return e.mul(y, e.constant((NONRESIDUE << 32) % P))

        def square(y: list[Any]) -> list[Any]:
            twice = [e.add(z, z) for z in y]
            c3, c4 = dot((twice[1], y[2])), dot((y[2], y[2]))
            c0, c1, c2 = dot((y[0], y[0])), dot((twice[0], y[1])), dot((y[1], y[1]), (twice[0], y[2]))
            return [e.add(c0, wrap(c3)), e.add(c1, wrap(c4)), c2]

        even, odd = square(a[0::2]), square(a[1::2])
        c = [e.sub(y, z) for y, z in zip(even, [wrap(odd[2]), odd[0], odd[1]], strict=True)]
        t = [
            e.sub(dot((c[0], c[0])), wrap(dot((c[1], c[2])))),
            e.sub(wrap(dot((c[2], c[2]))), dot((c[0], c[1]))),
            e.sub(dot((c[1], c[1])), dot((c[0], c[2]))),
        ]
        n, pointer = e.columns(cofactor, args[2]), e.pointer(cofactor, args[2])
        for r, value in enumerate(t):
            e.store(value, pointer, e.at(args[1], n, 2 * r))
        value = e.add(dot((c[0], t[0])), wrap(dot((c[2], t[1]), (c[1], t[2]))))
        e.store(value, e.pointer(norm, args[3]), args[1])
        return context.get_dummy_value()

    return types.void(x, types.int64, cofactor, norm), codegen


copy, soon = emitter(_copy), emitter(_soon)
multiply, scale, scale_add = emitter(_multiply), emitter(_scale(False)), emitter(_scale(True))
ext_multiply, ext_scale, ext_scale_add = emitter(_ext_multiply), emitter(_ext_scale(False)), emitter(_ext_scale(True))
ext_norm, ext_multiply_base = emitter(_ext_norm), emitter(_ext_multiply_base)
