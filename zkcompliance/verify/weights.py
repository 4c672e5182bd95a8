"""What the challenges make of cells, tallies and identities (docs/spec/buses.md).

Identity q has weight δ^(q+1). W_r = Σ_q δ^(q+1)·(coefficient of cell r in identity q), and −1/D, −2^16/D for the two
halves of the multiplicity of a public tuple with fingerprint D; w_r likewise of the rows of an instance's tallies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import mul as times
from typing import NamedTuple

from zkcompliance.errors import LookupRejected
from zkcompliance.verify.field import (
    ZERO,
    Ext,
    Lagrange,
    P,
    Powers,
    add,
    batch_inverse,
    embed,
    lagrange_sum,
    mul,
    pack,
    powers,
    scale,
    sub,
    unpack,
    unpack_product,
)
from zkcompliance.verify.layout import (
    BUCKET_LOG2,
    CARRY_OFFSET,
    TOTAL_IDENTITIES,
    TOTALS,
    EquationPlace,
    Layout,
    SumsPlace,
    buckets,
    limbs_of,
)
from zkcompliance.verify.program import PUBLIC_TERM, SUM_TERM, UNKNOWN_TERM, Equation, Lookup, Program
from zkcompliance.verify.shape import Shape
from zkcompliance.verify.union import Instance, bus_numbers

_DIGIT = 1 << 16


@dataclass(frozen=True, slots=True)
class LookupChallenges:
    """a and the powers of β make fingerprints; δ^(q+1) weighs identity q."""

    a: Ext
    beta: list[Ext]  # β^0 … β^W for the widest bus
    packed: list[int]  # the same, by `pack`
    delta: Powers
    _bases: dict[tuple[int, int], Ext] = field(default_factory=dict)

    def base(self, width: int, bus: int) -> Ext:
        """a − (bus + 1)·β^W, bus as the union numbers it."""
        found = self._bases.get((width, bus))
        if found is None:
            found = self._bases[width, bus] = sub(self.a, scale(self.beta[width], bus + 1))
        return found

    def fingerprint(self, values: Sequence[Ext], bus: int) -> Ext:
        """D = a − Σ β^j·v_j − (bus + 1)·β^W."""
        base = self.base(len(values), bus)
        if len(values) == 1:  # β^0 = 1
            return sub(base, values[0])
        return sub(base, unpack_product(sum(map(times, self.packed, map(pack, values)))))


def lookup_challenges(a: Ext, beta: Ext, delta: Ext, bus_width: int) -> LookupChallenges:
    all_powers = powers(beta, bus_width + 1)
    return LookupChallenges(a, all_powers, list(map(pack, all_powers)), Powers(delta))


def weigh(shape: Shape, challenges: LookupChallenges) -> tuple[list[Ext], Ext]:
    """(W_0 … W_{M−1}, Σ_q δ^(q+1)·κ_q); raises LookupRejected if a public row's fingerprint is zero."""
    layout, delta = shape.layout, challenges.delta
    weights: list[Ext] = [ZERO] * layout.cells
    constant = ZERO
    numbers = bus_numbers(shape.programs)
    for c, (program, publics) in enumerate(zip(shape.programs, shape.publics, strict=True)):
        found = _in_equations(program, layout.equations[c], delta)
        _sum_weights(weights, program, layout, c, found, delta)
        for number, first in enumerate(layout.unknowns[c]):
            for j, weight in enumerate(found[UNKNOWN_TERM, number, 0][: program.unknowns[number].limbs]):
                weights[first + j] = scale(weight, 4)
        for equation, place in zip(program.equations, layout.equations[c], strict=True):
            _carry_weights(weights, place, delta)
            for e, value in enumerate(_constants(equation, place.digits, publics)):
                constant = add(constant, scale(delta[place.first_identity + e + 1], value))
        for number, (lookup, first) in enumerate(zip(program.lookups, layout.lookups[c], strict=True)):
            _lookup_weights(weights, lookup, first, numbers[c][1 + number], publics, challenges)
    return weights, constant


def _in_equations(
    program: Program, places: Sequence[EquationPlace], delta: Powers
) -> dict[tuple[int, int, int], list[Ext]]:
    """For each sum and unknown, as (kind, a, b) of its terms, Σ C·δ^(identity + 1) at the digits j = 0, 1, …"""
    highest = {(UNKNOWN_TERM, u, 0): unknown.limbs for u, unknown in enumerate(program.unknowns)}
    for t, table in enumerate(program.tables):
        highest.update({(SUM_TERM, t, s): len(item.limbs) + 2 for s, item in enumerate(table.sums)})
    found = {key: [0] * digits for key, digits in highest.items()}  # packed; at most 2^18 terms fit
    for equation, place in zip(program.equations, places, strict=True):
        packed = [pack(delta[place.first_identity + e + 1]) for e in range(place.digits)]
        for kind, a, b, coefficient in equation.terms:
            if kind in (SUM_TERM, UNKNOWN_TERM):
                sums = found[kind, a, b]
                for j, weight in enumerate(packed[: len(sums)]):
                    sums[j] += coefficient % P * weight
    return {key: [unpack(value) for value in values] for key, values in found.items()}


def _sum_weights(
    weights: list[Ext],
    program: Program,
    layout: Layout,
    claim: int,
    found: dict[tuple[int, int, int], list[Ext]],
    delta: Powers,
) -> None:
    """Of the cells of sums: what their own identities, and what equations say of them."""
    for t, table in enumerate(program.tables):
        limbs = [found[SUM_TERM, t, s][j : j + 3] for s, item in enumerate(table.sums) for j in range(len(item.limbs))]
        for place in layout.sums[claim, t]:
            for i, at in enumerate(limbs):
                if place.tallied:
                    _total_weights(weights, place, i, at, delta)
                else:
                    _bucket_weights(weights, place, i, at, delta)


def _bucket_weights(weights: list[Ext], place: SumsPlace, limb: int, at: Sequence[Ext], delta: Powers) -> None:
    """A and B of a bucket with identity q: −δ^(q+1) and −2^14·δ^(q+1), and alike in all buckets what equations add.

    4·C·(A + 2^14·B) = 4·C·A + 2^16·C·B.
    """
    in_a, in_b = scale(at[0], 4), at[1]
    for bucket in range(limb * place.buckets, (limb + 1) * place.buckets):
        own = delta[place.first + bucket + 1]
        weights[place.cell + 2 * bucket] = sub(in_a, own)
        weights[place.cell + 2 * bucket + 1] = sub(in_b, scale(own, 1 << BUCKET_LOG2))


def _total_weights(weights: list[Ext], place: SumsPlace, limb: int, at: Sequence[Ext], delta: Powers) -> None:
    """a0, a1, b0, b1, b2 of a limb: Σ A − a0 − 2^14·a1 = 0, Σ B − b0 − 2^16·b1 = 0, b2 − 2^9·b1 = 0.

    4·C·(a0 + 2^14·(a1 + b0) + 2^30·b1) = 4·C·a0 + 2^16·C·(a1 + b0) + 2^32·C·b1.
    """
    first = place.totals + TOTAL_IDENTITIES * limb
    of_a, of_b, bound = (delta[first + i + 1] for i in range(TOTAL_IDENTITIES))
    cell = place.cell + TOTALS * limb
    weights[cell] = sub(scale(at[0], 4), of_a)
    weights[cell + 1] = sub(at[1], scale(of_a, 1 << BUCKET_LOG2))
    weights[cell + 2] = sub(at[1], of_b)
    weights[cell + 3] = sub(sub(at[2], scale(of_b, _DIGIT)), scale(bound, 1 << 9))
    weights[cell + 4] = bound


def _carry_weights(weights: list[Ext], place: EquationPlace, delta: Powers) -> None:
    """Cells u_e, u'_e: carry u_e − 2^13 leaves digit e 2^16-fold and enters digit e + 1; u'_e − 4·u_e = 0."""
    for e in range(place.digits - 1):
        leaving = delta[place.first_identity + e + 1]
        entering = delta[place.first_identity + e + 2]
        bounding = delta[place.first_identity + place.digits + e + 1]
        cell = place.first_cell + 2 * e
        weights[cell] = sub(sub(entering, scale(leaving, _DIGIT)), scale(bounding, 4))
        weights[cell + 1] = bounding


def _constants(equation: Equation, digits: int, publics: Sequence[int]) -> list[int]:
    """κ_q of the equation's digit identities: K_e − 2^13·[e > 0] + 2^29·[e < n − 1], K_e the signed digits of K."""
    constant = 0
    for term in equation.terms:
        if term.kind not in (SUM_TERM, UNKNOWN_TERM):
            constant += 4 * term.coefficient * (publics[term.a] if term.kind == PUBLIC_TERM else 1)
    sign = -1 if constant < 0 else 1
    result: list[int] = []
    for e in range(digits):
        digit = sign * (abs(constant) >> 16 * e & (_DIGIT - 1))
        result.append(digit - (CARRY_OFFSET if e > 0 else 0) + (_DIGIT * CARRY_OFFSET if e < digits - 1 else 0))
    return result


def _lookup_weights(
    weights: list[Ext], lookup: Lookup, first: int, bus: int, publics: Sequence[int], challenges: LookupChallenges
) -> None:
    """−1/D and −2^16/D for each row; the values are small, so Σ β^j·v_j is one integer product sum."""
    base = challenges.base(lookup.width, bus)
    packed = challenges.packed[: lookup.width]
    denominators: list[Ext] = []
    for row in lookup.rows:
        values = [entry.a if entry.kind == 0 else publics[entry.a] >> entry.b & 1 for entry in row]
        denominators.append(sub(base, unpack(sum(map(times, packed, values)))))
    if ZERO in denominators:
        raise LookupRejected("a challenge meets a row of a public table")
    for row_number, fraction in enumerate(batch_inverse(denominators)):
        cell = first + 2 * row_number
        weights[cell] = scale(fraction, -1)
        weights[cell + 1] = scale(fraction, -_DIGIT)


def weigh_rows(shape: Shape, weights: Sequence[Ext], delta: Powers, z: Ext) -> list[Ext]:
    """For each instance what Lin has of the column whose rows identities weigh: W(z) of the cells, V(z) of tallies."""
    most: dict[int, int] = {}  # k → limbs of the instance that has most
    for instance in shape.instances:
        if instance.tallies:
            most[instance.k] = max(most.get(instance.k, 0), instance.merged.limbs)
    limbs = {k: _limb_rows(k, count, delta, z) for k, count in most.items()}
    result = [_tallies(shape.layout, i, limbs[i.k], delta) if i.tallies else ZERO for i in shape.instances[:-1]]
    return [*result, lagrange_sum(weights, shape.instances[-1].k, z)]


class _LimbRows(NamedTuple):
    """What the tallies of every limb l weigh, alike in all tables of 2^k rows; m = l·G + b for its buckets b.

    a: Σ_b L_2m(z); b: Σ_b L_(2m+1)(z); before: Σ δ^m·(L_2m(z) + 2^14·L_(2m+1)(z)) over all limbs below l, l = 0 … all.
    """

    a: list[Ext]
    b: list[Ext]
    before: list[Ext]


def _limb_rows(k: int, limbs: int, delta: Powers, z: Ext) -> _LimbRows:
    size = buckets(k)
    rows = Lagrange(2 * size * limbs, k, z)
    packed = [pack(delta[m]) for m in range(size * limbs)]
    result = _LimbRows([], [], [ZERO])
    for start in range(0, size * limbs, size):
        evens, odds = slice(2 * start, 2 * (start + size), 2), slice(2 * start + 1, 2 * (start + size), 2)
        weights = packed[start : start + size]
        result.a.append(rows.combine([embed(sum(factors[evens])) for factors in rows.factors]))
        result.b.append(rows.combine([embed(sum(factors[odds])) for factors in rows.factors]))
        mixed = [
            add(
                unpack(sum(map(times, weights, factors[evens]))),
                scale(unpack(sum(map(times, weights, factors[odds]))), 1 << BUCKET_LOG2),
            )
            for factors in rows.factors
        ]
        result.before.append(add(result.before[-1], rows.combine(mixed)))
    return result


def _tallies(layout: Layout, instance: Instance, rows: _LimbRows, delta: Powers) -> Ext:
    """V(z): of A and B of a bucket with identity q −δ^(q+1) and −2^14·δ^(q+1), and what the totals of its limb add."""
    result = ZERO
    for part, ordinal in zip(instance.merged.parts, instance.ordinals, strict=True):
        limbs = limbs_of(part.table)
        if not limbs:
            continue
        place, below = layout.sums[part.claim, part.number][ordinal], part.limbs
        first = place.first - below * place.buckets  # of the first row: those below have identities of their own before
        own = sub(rows.before[below + limbs], rows.before[below])
        result = sub(result, mul(delta[first + 1], own))
        for i in range(limbs):
            total = place.totals + TOTAL_IDENTITIES * i
            result = add(result, mul(delta[total + 1], rows.a[below + i]))
            result = add(result, mul(delta[total + 2], rows.b[below + i]))
    return result
