"""What the challenges make of cells and identities: the weight of each cell, and the constants (docs/spec/buses.md).

Identity q has weight δ^(q+1). W_r = Σ_q δ^(q+1)·(coefficient of cell r in identity q), and −1/D, −2^16/D for the two
halves of the multiplicity of a public tuple with fingerprint D.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul as times

from zkcompliance.errors import LookupRejected
from zkcompliance.verify.field import ZERO, Ext, add, batch_inverse, mul, pack, powers, scale, sub, unpack
from zkcompliance.verify.program import PUBLIC_TERM, SUM_TERM, UNKNOWN_TERM, Equation, Lookup, Program
from zkcompliance.verify.shape import BUCKET_LOG2, CARRY_OFFSET, EquationPlace, Layout

_DIGIT = 1 << 16


@dataclass(frozen=True, slots=True)
class LookupChallenges:
    """a and the powers of β make fingerprints; δ^(q+1) weighs identity q."""

    a: Ext
    beta: list[Ext]  # β^0 … β^W for the widest bus
    delta: list[Ext]  # δ^0 … δ^(number of identities)

    def fingerprint(self, values: Sequence[Ext], bus: int) -> Ext:
        """D = a − Σ β^j·v_j − (bus + 1)·β^W."""
        result = sub(self.a, scale(self.beta[len(values)], bus + 1))
        for power, value in zip(self.beta[: len(values)], values, strict=True):
            result = sub(result, mul(power, value))
        return result


def lookup_challenges(a: Ext, beta: Ext, delta: Ext, program: Program, layout: Layout) -> LookupChallenges:
    return LookupChallenges(a, powers(beta, max(program.bus_widths) + 1), powers(delta, layout.identities + 1))


def weigh(
    program: Program, layout: Layout, publics: Sequence[int], challenges: LookupChallenges
) -> tuple[list[Ext], Ext]:
    """(W_0 … W_{M−1}, Σ_q δ^(q+1)·κ_q); raises LookupRejected if a public row's fingerprint is zero."""
    delta = challenges.delta
    weights: list[Ext] = [ZERO] * layout.cells
    constant = ZERO
    _sum_weights(weights, program, layout, delta)
    for equation, place in zip(program.equations, layout.equations, strict=True):
        for term in equation.terms:
            if term.kind == UNKNOWN_TERM:
                for j in range(program.unknowns[term.a].limbs):
                    cell = layout.unknowns[term.a] + j
                    weights[cell] = add(weights[cell], scale(delta[place.first_identity + j + 1], 4 * term.coefficient))
        _carry_weights(weights, place, delta)
        for e, value in enumerate(_constants(equation, place.digits, publics)):
            constant = add(constant, scale(delta[place.first_identity + e + 1], value))
    for number, (lookup, first) in enumerate(zip(program.lookups, layout.lookups, strict=True)):
        _lookup_weights(weights, lookup, first, 1 + number, publics, challenges)
    return weights, constant


def _sum_weights(weights: list[Ext], program: Program, layout: Layout, delta: list[Ext]) -> None:
    """A and B of identity q: −δ^(q+1) and −2^14·δ^(q+1), and what equations add, alike in all buckets of a limb."""
    in_equations: dict[tuple[int, int], list[Ext]] = {}  # (table, sum) → for each digit j, Σ C·δ^(its identity + 1)
    for equation, where in zip(program.equations, layout.equations, strict=True):
        for term in equation.terms:
            if term.kind == SUM_TERM:
                limbs = len(program.tables[term.a].sums[term.b].limbs)
                digits = in_equations.setdefault((term.a, term.b), [ZERO] * (limbs + 1))
                for j in range(limbs + 1):
                    digits[j] = add(digits[j], scale(delta[where.first_identity + j + 1], term.coefficient))
    for key, places in layout.sums.items():
        limbs = len(program.tables[key[0]].sums[key[1]].limbs)
        digits = in_equations.get(key, [ZERO] * (limbs + 1))
        for place in places:
            for j in range(limbs):
                at_a, at_b = scale(digits[j], 4), digits[j + 1]  # 4·C·(A + 2^14·B) = 4·C·A + 2^16·C·B
                for q in range(place.first + j * place.buckets, place.first + (j + 1) * place.buckets):
                    weights[2 * q] = sub(at_a, delta[q + 1])
                    weights[2 * q + 1] = sub(at_b, scale(delta[q + 1], 1 << BUCKET_LOG2))


def _carry_weights(weights: list[Ext], place: EquationPlace, delta: list[Ext]) -> None:
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
    base = sub(challenges.a, scale(challenges.beta[lookup.width], bus + 1))
    packed = [pack(power) for power in challenges.beta[: lookup.width]]
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
