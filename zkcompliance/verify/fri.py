"""FRI over several heights: the fold, the walk of every query, the final polynomial (docs/spec/fri.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from operator import mul as times

from zkcompliance.errors import FinalPolynomialMismatch, FoldMismatch
from zkcompliance.verify.field import Ext, P, add, bit_reverse, mul, pack, power, root_of_unity, scale, unpack
from zkcompliance.verify.shape import Layer


def fold(elements: Sequence[Ext], beta: Ext, leaf: int, log_leaves: int, arity_log: int) -> Ext:
    """fold(f, β)(y^a) = Σ_{m<a} β^m·f_m(y^a) from the a = 2^arity_log values at leaf `leaf` of 2^log_leaves.

    With y = ω^bitrev(leaf), ω of order a·2^log_leaves: element l is f(y·ω_a^bitrev(l)), and
    f_m = y^−m·(1/a)·Σ_l ω_a^(−m·bitrev(l))·element_l.
    """
    if len(elements) != 1 << arity_log:
        raise FoldMismatch("a leaf does not hold as many elements as the layer folds")
    y_inverse = pow(root_of_unity(log_leaves + arity_log), -bit_reverse(leaf, log_leaves), P)
    packed = [pack(element) for element in elements]
    ratio = scale(beta, y_inverse)
    result = unpack(0)
    for row in reversed(_twiddles(arity_log)):
        result = add(mul(result, ratio), unpack(sum(map(times, row, packed))))
    return scale(result, pow(1 << arity_log, -1, P))


@cache
def _twiddles(arity_log: int) -> tuple[tuple[int, ...], ...]:
    """Row m, column l: ω_a^(−m·bitrev(l)); arity_log is 1, 2 or 3."""
    omega, arity = root_of_unity(arity_log), 1 << arity_log
    return tuple(tuple(pow(omega, -m * bit_reverse(i, arity_log), P) for i in range(arity)) for m in range(arity))


def check_queries(
    layers: Sequence[Layer],
    betas: Sequence[Ext],
    opened: Sequence[Mapping[int, Sequence[Ext]]],
    expected: Mapping[int, Mapping[int, Ext]],
    final: Sequence[Ext],
    log_blowup: int,
) -> None:
    """Walks every query to the final polynomial; raises FoldMismatch or FinalPolynomialMismatch.

    expected[κ][position] is F_h of height κ from the opened rows; opened[r][leaf] are the elements of layer r. Queries
    that have met at a position are walked once from there on.
    """
    current = dict(expected[layers[0].size])
    log_size = layers[0].size + log_blowup
    for number, (layer, beta, leaves) in enumerate(zip(layers, betas, opened, strict=True)):
        arity_log = layer.arity_log
        log_size -= arity_log
        for position, value in current.items():
            if leaves[position >> arity_log][position & ((1 << arity_log) - 1)] != value:
                raise FoldMismatch(f"FRI layer {number} at position {position} is not the fold of the layer before")
        entering = expected[layer.size - arity_log] if layer.rolls_in else None
        factor = power(beta, 1 << arity_log)
        current = {}
        for leaf, elements in leaves.items():
            value = fold(elements, beta, leaf, log_size, arity_log)
            current[leaf] = value if entering is None else add(value, mul(factor, entering[leaf]))
    root = root_of_unity(log_size)
    packed = [pack(coefficient) for coefficient in final]
    for position, value in current.items():
        if _evaluate(packed, pow(root, bit_reverse(position, log_size), P)) != value:
            raise FinalPolynomialMismatch(f"the last fold at position {position} is not the final polynomial's value")


def _evaluate(packed: Sequence[int], x: int) -> Ext:
    """The polynomial with these packed coefficients at x in F."""
    total = 0
    current = 1
    for coefficient in packed:
        total += coefficient * current
        current = current * x % P
    return unpack(total)
