"""LogUp: the fractions of a table's rows, its extension columns, and what ties them together (docs/spec/buses.md)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zkcompliance.stark.air.machine import Code, Reg
from zkcompliance.stark.air.program import Interaction, Op
from zkcompliance.stark.air.shape import Instance, Layout
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.extension import Ext

# the sources that code reads
LOG, WITNESS, EXTENSION, PUBLIC = range(4)

# rows of the public source on the trace and on cosets: L_0, L_{N−1}, then the weights of the weighed column if any
FIRST, LAST, WEIGHTS = range(3)

# periodic rows: the blind's weights, the buckets' weights, the bucket's number
BLIND_WEIGHT, BUCKET_WEIGHT, BUCKET = 0, 6, 12


@dataclass(frozen=True)
class Challenges:
    """a, β for fingerprints, δ for linear identities."""

    a: Ext
    beta: Ext
    delta: Ext


def fingerprint(values: list[int], bus: int, challenges: Challenges) -> Ext:
    """D = a − Σ β^j·v_j − (s + 1)·β^W."""
    powers = ext.powers(challenges.beta, len(values) + 1)
    total = challenges.a
    for value, power in zip([*values, bus + 1], powers, strict=True):
        total = ext.sub(total, ext.scale(power, value))
    return total


class NodeCode:
    """Registers of a table's nodes, written on demand; what is the same on every row is worked out here."""

    def __init__(self, code: Code, instance: Instance) -> None:
        self.code = code
        self.air = instance.air
        self._regs: dict[int, Reg] = {}
        self._constants: dict[int, int | None] = {}

    def constant(self, node: int) -> int | None:
        """The value of a node that columns and selectors have no part in, or None."""
        if node not in self._constants:
            op, a, b = self.air.nodes[node]
            value: int | None = a if op == Op.CONST else None
            if op in (Op.ADD, Op.SUB, Op.MUL):
                x, y = self.constant(a), self.constant(b)
                if x is not None and y is not None:
                    value = (x + y if op == Op.ADD else x - y if op == Op.SUB else x * y) % P
                elif op == Op.MUL and 0 in (x, y):
                    value = 0
            self._constants[node] = value
        return self._constants[node]

    def reg(self, node: int) -> Reg:
        if node not in self._regs:
            self._regs[node] = self._written(node)
        return self._regs[node]

    def _written(self, node: int) -> Reg:
        code, value = self.code, self.constant(node)
        if value is not None:
            return code.const(value)
        op, a, b = self.air.nodes[node]
        if op == Op.LOG:
            return code.load(LOG, a)
        if op == Op.WIT:
            return code.load(WITNESS, a)
        if op == Op.NEXT:
            return code.next(WITNESS, a)
        if op in (Op.ADD, Op.SUB) and self.constant(b) == 0:
            return self.reg(a)
        if op == Op.ADD:
            return self.reg(b) if self.constant(a) == 0 else code.add(self.reg(a), self.reg(b))
        if op == Op.SUB:
            return code.sub(self.reg(a), self.reg(b))
        if op == Op.MUL:
            for factor, other in ((a, b), (b, a)):
                if self.constant(factor) == 1:
                    return self.reg(other)
            return code.mul(self.reg(a), self.reg(b))
        if op == Op.BUCKET:
            return code.periodic(BUCKET)
        # FIRST or LAST: what is a constant of a part is CONST in the union
        return code.load(PUBLIC, FIRST if op == Op.FIRST else LAST)


def group_fractions(
    nodes: NodeCode, challenges: Challenges, factors: list[Ext] | None = None
) -> list[tuple[Reg, Reg] | None]:
    """For each group the sum of its fractions as (numerator, product of denominators); None for an empty group.

    factors: of each group, what both are multiplied by (1 if not given); it costs nothing, being in the constants.
    """
    air = nodes.air
    powers = ext.powers(challenges.beta, 2 + max((len(i.nodes) for i in air.interactions), default=0))
    result: list[tuple[Reg, Reg] | None] = []
    start = 0
    for number, size in enumerate(air.groups):
        factor = ext.ONE if factors is None else factors[number]
        group = air.interactions[start : start + size]
        start += size
        total: tuple[Reg, Reg] | None = None
        single = [i for i in group if i.multiplicity is None and len(i.nodes) == 1]
        plain = [i for i in single if i.bus == single[0].bus]
        if plain:
            constant = ext.sub(challenges.a, ext.scale(powers[1], plain[0].bus + 1))
            total = _single_fractions(nodes, [i.nodes[0] for i in plain], constant, factor)
            factor = ext.ONE
        for interaction in group:
            if interaction in plain:
                continue
            total = _add_fraction(nodes, total, interaction, challenges.a, powers, factor)
            factor = ext.ONE
        result.append(total)
    return result


def _single_fractions(nodes: NodeCode, values: list[int], constant: Ext, factor: Ext) -> tuple[Reg, Reg]:
    """Σ 1/(c − v) over Π (c − v): with the elementary symmetric polynomials e_k of the values, all in F, the product is
    Σ (−1)^k·e_k·c^(m − k), and the numerator is its derivative in c."""
    code = nodes.code
    symmetric: list[Reg] = []  # e_1, e_2, …
    for value in map(nodes.reg, values):
        shifted = [value, *(code.mul(e, value) for e in symmetric)]
        symmetric = [code.add(e, more) for e, more in zip(symmetric, shifted[:-1], strict=True)] + shifted[-1:]
    count = len(values)
    powers = [ext.mul(factor, power) for power in ext.powers(constant, count + 1)]
    numerator = code.ext_const(ext.scale(powers[count - 1], count))
    product = code.ext_const(powers[count])
    for k, e in enumerate(symmetric, 1):
        sign = P - 1 if k % 2 else 1
        product = code.add(product, code.scale(e, ext.scale(powers[count - k], sign)))
        if k < count:
            scaled = ext.scale(powers[count - k - 1], sign * (count - k) % P)
            numerator = code.add(numerator, code.scale(e, scaled))
    return numerator, product


def _add_fraction(
    nodes: NodeCode,
    total: tuple[Reg, Reg] | None,
    interaction: Interaction,
    a: Ext,
    powers: list[Ext],
    factor: Ext,
) -> tuple[Reg, Reg]:
    """total + multiplicity/D over the common denominator; the first fraction takes the factor."""
    code = nodes.code
    constant = ext.sub(a, ext.scale(powers[len(interaction.nodes)], interaction.bus + 1))
    denominator = code.ext_const(ext.mul(factor, constant))
    for node, power in zip(interaction.nodes, powers[: len(interaction.nodes)], strict=True):
        denominator = code.sub(denominator, code.scale(nodes.reg(node), ext.mul(factor, power)))
    weight = None if interaction.multiplicity is None else nodes.reg(interaction.multiplicity)
    if total is None:
        return (code.ext_const(factor) if weight is None else code.scale(weight, factor)), denominator
    numerator, product = total
    part = product if weight is None else code.mul(product, weight)
    return code.add(code.mul(numerator, denominator), part), code.mul(product, denominator)


@lru_cache(maxsize=1)
def identity_weights(delta: Ext, identities: int) -> tuple[Ext, ...]:
    """δ^(q+1) for each linear identity q of a statement; one list serves every instance of a proof."""
    return tuple(ext.powers(delta, identities + 1)[1:])


def linear_terms(nodes: NodeCode, layout: Layout, number: int, challenges: Challenges) -> Reg:
    """Lin + w·blind of an instance."""
    instance, code = layout.instances[number], nodes.code
    blind = code.load(WITNESS, instance.air.witness)
    total = code.mul(code.ext_periodic(BLIND_WEIGHT), blind)
    if instance.weighed is not None:
        weighed = code.load(WITNESS, instance.weighed)
        total = code.add(total, code.mul(code.ext_load(PUBLIC, WEIGHTS), weighed))
    weights = identity_weights(challenges.delta, len(layout.cells.identities))
    buckets: Reg | None = None
    for place in layout.cells.sums:
        if place.instance != number:
            continue
        described = instance.air.sums[place.position]
        row: Reg | None = None
        for j, limb in enumerate(described.limbs):
            term = code.scale(nodes.reg(limb), weights[place.first_identity + j * place.buckets])
            row = term if row is None else code.add(row, term)
        if row is None:
            continue
        part = code.mul(row, nodes.reg(described.selector))
        buckets = part if buckets is None else code.add(buckets, part)
    if buckets is None:
        return total
    return code.add(total, code.mul(buckets, code.ext_periodic(BUCKET_WEIGHT)))


def column_code(layout: Layout, number: int, challenges: Challenges) -> Code:
    """Outputs on trace rows: for each group numerator and denominator (12 rows; empty: 0/1), then Lin + w·blind."""
    code = Code()
    nodes = NodeCode(code, layout.instances[number])
    for group, fraction in enumerate(group_fractions(nodes, challenges)):
        numerator, denominator = fraction or (code.ext_const(ext.ZERO), code.ext_const(ext.ONE))
        code.store(12 * group, numerator)
        code.store(12 * group + 6, denominator)
    code.store(12 * len(nodes.air.groups), linear_terms(nodes, layout, number, challenges))
    return code


def cell_weights(layout: Layout, challenges: Challenges) -> list[Ext]:
    """W_r for each cell: Σ_q δ^(q+1)·coefficient, and for multiplicities −2^(16h)/D. ZeroDivisionError where D = 0."""
    cells = layout.cells
    weights = [ext.ZERO] * cells.count
    powers = identity_weights(challenges.delta, len(cells.identities))
    for identity, power in zip(cells.identities, powers, strict=True):
        for cell, coefficient in identity.cells:
            weights[cell] = ext.add(weights[cell], ext.scale(power, coefficient))
    for lookup, (first, rows) in enumerate(zip(cells.lookups, layout.lookup_values, strict=True)):
        for number, row in enumerate(rows):
            inverse = ext.neg(ext.inv(fingerprint(list(row), 1 + lookup, challenges)))
            weights[first + 2 * number] = ext.add(weights[first + 2 * number], inverse)
            high = ext.scale(inverse, 1 << 16)
            weights[first + 2 * number + 1] = ext.add(weights[first + 2 * number + 1], high)
    return weights


def tally_weights(layout: Layout, challenges: Challenges) -> dict[int, np.ndarray]:
    """(6, N) w_r for each row of the tallies of an instance: Σ_q δ^(q+1)·coefficient; by the instance's number."""
    cells = layout.cells
    found = {
        number: np.zeros((6, instance.rows), np.int64)
        for number, instance in enumerate(layout.instances[:-1])
        if instance.weighed is not None
    }
    if not found:
        return {}
    powers = identity_weights(challenges.delta, len(cells.identities))
    for identity, power in zip(cells.identities, powers, strict=True):
        for instance, row, coefficient in identity.tallies:
            found[instance][:, row] += ext.scale(power, coefficient)
    return {number: (weights % P).astype(np.uint32) for number, weights in found.items()}
