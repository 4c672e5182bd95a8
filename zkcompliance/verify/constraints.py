"""Every constraint at z, combined with powers of α, against the quotient: the out-of-domain check (docs/spec/air.md).

Each constraint has its selector; an instance's are those of its table and of its buses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from zkcompliance.errors import QuotientMismatch
from zkcompliance.verify.field import (
    ONE,
    ZERO,
    Ext,
    Selectors,
    add,
    embed,
    lagrange_sum,
    mul,
    periodic,
    power,
    selectors,
    sub,
    times_u,
)
from zkcompliance.verify.openings import CHUNK, EXTENSION, SEGMENT, WITNESS, Opening
from zkcompliance.verify.program import (
    ADD,
    BUCKET,
    CONST,
    EVERY,
    FIRST,
    IS_FIRST,
    IS_LAST,
    LAST,
    LOG,
    MUL,
    NEXT,
    PUBLIC,
    SUB,
    UNIT,
    WIT,
)
from zkcompliance.verify.shape import CELLS, Instance, Shape, V, buckets
from zkcompliance.verify.statement import degree_bound
from zkcompliance.verify.weights import LookupChallenges


class Opened(NamedTuple):
    """The values of one instance: log columns by number, witness columns, their next values by number, extension."""

    log: Mapping[int, Ext]
    witness: Sequence[Ext]  # the blind column last
    next: Mapping[int, Ext]
    extension: Sequence[Ext]  # φ_0 … φ_{G−2}, acc
    acc_next: Ext


class Public(NamedTuple):
    """What depends on the number of rows alone: selectors, and the periodic columns w, Γ and BUCKET, at z."""

    selectors: Selectors
    blind: Ext
    gamma: Ext
    bucket: Ext


def public_columns(k: int, buckets: int, z: Ext, delta: Sequence[Ext]) -> Public:
    """w has period 8 and values 1, u, …, u^5, 0, 0; Γ and BUCKET period G and values δ^0 … δ^(G−1), 0 … G − 1."""
    units = [ONE]
    for _ in range(5):
        units.append(times_u(units[-1]))
    gamma = periodic(delta[:buckets], k, z) if len(delta) > buckets else ONE  # too few identities: nobody has a sum
    bucket = periodic([embed(b) for b in range(buckets)], k, z)
    return Public(selectors(k, z), periodic([*units, ZERO, ZERO], k, z), gamma, bucket)


def instance_constraints(
    shape: Shape,
    instance: Instance,
    opened: Opened,
    public: Public,
    challenges: LookupChallenges,
    terminal: Ext,
    cells_column: Ext,
) -> list[Ext]:
    """selector·C at z for every constraint of the instance, in order; `cells_column` is W(z)."""
    table = instance.table
    nodes = _nodes(shape, instance, opened, public)
    by_kind = {FIRST: public.selectors.first, LAST: public.selectors.last}
    result: list[Ext] = []
    for constraint in table.constraints:
        value = nodes[constraint.node]
        if constraint.kind != EVERY:
            value = mul(by_kind.get(constraint.kind, public.selectors.transition), value)
        result.append(value)
    if instance.number == CELLS:
        linear = mul(cells_column, opened.witness[V])
    else:
        linear = _linear(shape, instance, nodes, public.gamma, challenges.delta)
    fractions = iter(
        [
            (ONE if m == UNIT else nodes[m], challenges.fingerprint([nodes[i] for i in values], bus))
            for bus, m, _, values in table.interactions
        ]
    )
    phis, acc = opened.extension[:-1], opened.extension[-1]
    for size, phi in zip(table.groups[:-1], phis, strict=True):
        numerator, denominator = _add_fractions([next(fractions) for _ in range(size)])
        result.append(sub(mul(phi, denominator), numerator))
    result.append(mul(public.selectors.first, acc))
    numerator, denominator = _add_fractions(list(fractions))
    step = sub(sub(opened.acc_next, acc), linear)
    for phi in phis:
        step = sub(step, phi)
    step = sub(step, mul(public.blind, opened.witness[-1]))
    step = add(step, mul(terminal, public.selectors.last))
    result.append(sub(mul(step, denominator), numerator))
    return result


def _nodes(shape: Shape, instance: Instance, opened: Opened, public: Public) -> list[Ext]:
    nodes: list[Ext] = []
    for op, a, b in instance.table.nodes:
        if op == CONST:
            nodes.append(embed(a))
        elif op == LOG:
            nodes.append(opened.log[a])
        elif op == WIT:
            nodes.append(opened.witness[a])
        elif op == NEXT:
            nodes.append(opened.next[a])
        elif op == ADD:
            nodes.append(add(nodes[a], nodes[b]))
        elif op == SUB:
            nodes.append(sub(nodes[a], nodes[b]))
        elif op == MUL:
            nodes.append(mul(nodes[a], nodes[b]))
        elif op == IS_FIRST:
            nodes.append(public.selectors.first)
        elif op == IS_LAST:
            nodes.append(public.selectors.last)
        elif op == BUCKET:
            nodes.append(public.bucket)
        elif op == PUBLIC:
            nodes.append(embed(shape.publics[a] >> 16 * b & 0xFFFF))
        else:
            nodes.append(embed(instance.segment))  # ORDINAL
    return nodes


def _add_fractions(fractions: Sequence[tuple[Ext, Ext]]) -> tuple[Ext, Ext]:
    """(Σ_i m_i·Π_{j≠i} D_j, Π D_i); (0, 1) for none."""
    numerator, denominator = ZERO, ONE
    for m, d in fractions:
        numerator = add(mul(numerator, d), mul(m, denominator))
        denominator = mul(denominator, d)
    return numerator, denominator


def _linear(shape: Shape, instance: Instance, nodes: Sequence[Ext], gamma: Ext, delta: Sequence[Ext]) -> Ext:
    """Lin = Γ·Σ_sums selector·Σ_j δ^(q_0+1+j·G)·limb_j."""
    result = ZERO
    for number, item in enumerate(instance.table.sums):
        place = shape.layout.sums[instance.number, number][instance.segment]
        inner = ZERO
        for j, limb in enumerate(item.limbs):
            inner = add(inner, mul(delta[place.first + 1 + j * place.buckets], nodes[limb]))
        result = add(result, mul(nodes[item.selector], inner))
    return mul(gamma, result)


def check_quotients(
    shape: Shape,
    values: Mapping[Opening, Ext],
    challenges: LookupChallenges,
    terminals: Sequence[Ext],
    weights: Sequence[Ext],
    alpha: Ext,
    z: Ext,
) -> None:
    """For each height: Σ α^e·selector·C/Z_H at z = Σ_i z^(t·i)·Q'_i(z)."""
    cells_column = lagrange_sum(weights, shape.instances[-1].k, z)
    sizes = {instance.k for instance in shape.instances}
    public = {k: public_columns(k, buckets(k), z, challenges.delta) for k in sizes}
    for number, (height, chunks) in enumerate(zip(shape.heights, shape.chunks, strict=True)):
        composition, weight = ZERO, ONE
        for i in shape.at_height(height):
            instance = shape.instances[i]
            opened = Opened(
                {column: values[Opening(SEGMENT, i, column)] for column in instance.log_columns},
                [values[Opening(WITNESS, i, column)] for column in range(instance.witness_columns)],
                {column: values[Opening(WITNESS, i, column, True)] for column in instance.next_columns},
                [values[Opening(EXTENSION, i, column)] for column in range(instance.extension_columns)],
                values[Opening(EXTENSION, i, instance.extension_columns - 1, True)],
            )
            columns = public[instance.k]
            combined = ZERO
            for value in instance_constraints(shape, instance, opened, columns, challenges, terminals[i], cells_column):
                combined = add(combined, mul(weight, value))
                weight = mul(weight, alpha)
            composition = add(composition, mul(combined, columns.selectors.inverse_vanishing))
        quotient, step = ZERO, power(z, degree_bound(height) - shape.profile.chunk_blind)
        for chunk in reversed(range(chunks)):
            quotient = add(mul(quotient, step), values[Opening(CHUNK, number, chunk)])
        if composition != quotient:
            raise QuotientMismatch(f"the constraints at capacity 2^{height} do not hold at the out-of-domain point")
