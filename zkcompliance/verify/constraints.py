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
    Powers,
    Selectors,
    add,
    embed,
    mul,
    periodic,
    power,
    selectors,
    sub,
    times_u,
)
from zkcompliance.verify.layout import SumsPlace, buckets
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
    NOT_AFTER,
    ORDINAL,
    PUBLIC,
    SUB,
    TRANSITION,
    UNIT,
    WIT,
)
from zkcompliance.verify.shape import Shape
from zkcompliance.verify.union import Instance, Part
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


def public_columns(k: int, buckets: int, z: Ext, delta: Powers) -> Public:
    """w has period 8 and values 1, u, …, u^5, 0, 0; Γ and BUCKET period G and values δ^0 … δ^(G−1), 0 … G − 1."""
    units = [ONE]
    for _ in range(5):
        units.append(times_u(units[-1]))
    gamma = periodic([delta[b] for b in range(buckets)], k, z)
    bucket = periodic([embed(b) for b in range(buckets)], k, z)
    return Public(selectors(k, z), periodic([*units, ZERO, ZERO], k, z), gamma, bucket)


def instance_constraints(
    shape: Shape,
    instance: Instance,
    opened: Opened,
    public: Public,
    challenges: LookupChallenges,
    terminal: Ext,
    row_weights: Ext,
) -> list[Ext]:
    """selector·C at z for every constraint of the instance, in order; row_weights: see `weights.weigh_rows`."""
    merged = instance.merged
    by_kind = {FIRST: public.selectors.first, LAST: public.selectors.last, TRANSITION: public.selectors.transition}
    result: list[Ext] = []
    fractions: list[tuple[Ext, Ext]] = []
    linear = ZERO
    for part, ordinal in zip(merged.parts, instance.ordinals, strict=True):
        nodes = _nodes(shape, instance, part, ordinal, opened, public)
        for constraint in part.table.constraints:
            value = nodes[constraint.node]
            result.append(value if constraint.kind == EVERY else mul(by_kind[constraint.kind], value))
        for bus, m, _, values in part.table.interactions:
            denominator = challenges.fingerprint([nodes[i] for i in values], instance.bus(part, bus))
            fractions.append((ONE if m == UNIT else nodes[m], denominator))
        if part.table.sums:
            linear = add(linear, _linear(shape.layout.sums[part.claim, part.number][ordinal], part, nodes, challenges))
    linear = mul(public.gamma, linear)
    if merged.weighed is not None:
        linear = add(linear, mul(row_weights, opened.witness[merged.weighed]))
    phis, acc = opened.extension[:-1], opened.extension[-1]
    dealt = iter(fractions)
    for size, phi in zip(merged.groups[:-1], phis, strict=True):
        numerator, denominator = _add_fractions([next(dealt) for _ in range(size)])
        result.append(sub(mul(phi, denominator), numerator))
    result.append(mul(public.selectors.first, acc))
    numerator, denominator = _add_fractions(list(dealt))
    step = sub(sub(opened.acc_next, acc), linear)
    for phi in phis:
        step = sub(step, phi)
    step = sub(step, mul(public.blind, opened.witness[-1]))
    step = add(step, mul(terminal, public.selectors.last))
    result.append(sub(mul(step, denominator), numerator))
    return result


def _nodes(shape: Shape, instance: Instance, part: Part, ordinal: int, opened: Opened, public: Public) -> list[Ext]:
    """The values of a part's nodes: its columns and constants are those of the part."""
    nodes: list[Ext] = []
    for op, a, b in part.table.nodes:
        if op == CONST:
            nodes.append(embed(a))
        elif op == LOG:
            nodes.append(opened.log[a])
        elif op == WIT:
            nodes.append(opened.witness[part.witness + a])
        elif op == NEXT:
            nodes.append(opened.next[part.witness + a])
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
            nodes.append(_limb(shape.publics[part.claim][a], b))
        elif op == ORDINAL:
            nodes.append(embed(ordinal))
        else:
            nodes.append(_limb(instance.bracket[op == NOT_AFTER], a))
    return nodes


def _limb(value: int, number: int) -> Ext:
    """The 16-bit limb of an integer, 0 the least."""
    return embed(value >> 16 * number & 0xFFFF)


def _add_fractions(fractions: Sequence[tuple[Ext, Ext]]) -> tuple[Ext, Ext]:
    """(Σ_i m_i·Π_{j≠i} D_j, Π D_i); (0, 1) for none."""
    numerator, denominator = fractions[0] if fractions else (ZERO, ONE)
    for m, d in fractions[1:]:
        numerator = add(mul(numerator, d), denominator if m == ONE else mul(m, denominator))
        denominator = mul(denominator, d)
    return numerator, denominator


def _linear(place: SumsPlace, part: Part, nodes: Sequence[Ext], challenges: LookupChallenges) -> Ext:
    """Σ_sums selector·Σ_j δ^(q_0+1+j·G)·limb_j; what Lin has of a part is Γ times this."""
    result, identity = ZERO, place.first
    for item in part.table.sums:
        inner = ZERO
        for limb in item.limbs:
            inner = add(inner, mul(challenges.delta[identity + 1], nodes[limb]))
            identity += place.buckets
        result = add(result, mul(nodes[item.selector], inner))
    return result


def check_quotients(
    shape: Shape,
    values: Mapping[Opening, Ext],
    challenges: LookupChallenges,
    terminals: Sequence[Ext],
    row_weights: Sequence[Ext],
    alpha: Ext,
    z: Ext,
) -> None:
    """For each height: Σ α^e·selector·C/Z_H at z = Σ_i z^(t·i)·Q'_i(z)."""
    sizes = {instance.k for instance in shape.instances}
    public = {k: public_columns(k, buckets(k), z, challenges.delta) for k in sizes}
    powers = {count: power(alpha, count) for count in {instance.constraint_count for instance in shape.instances}}
    for number, (height, chunks) in enumerate(zip(shape.heights, shape.chunks, strict=True)):
        composition = ZERO
        for i in reversed(shape.at_height(height)):  # Horner's rule, from the last constraint on
            instance = shape.instances[i]
            opened = Opened(
                {column: values[Opening(SEGMENT, i, column)] for column in instance.merged.log_columns},
                [values[Opening(WITNESS, i, column)] for column in range(instance.witness_columns)],
                {column: values[Opening(WITNESS, i, column, True)] for column in instance.merged.next_columns},
                [values[Opening(EXTENSION, i, column)] for column in range(instance.extension_columns)],
                values[Opening(EXTENSION, i, instance.extension_columns - 1, True)],
            )
            columns = public[instance.k]
            combined = ZERO
            for value in reversed(
                instance_constraints(shape, instance, opened, columns, challenges, terminals[i], row_weights[i])
            ):
                combined = add(mul(combined, alpha), value)
            combined = mul(combined, columns.selectors.inverse_vanishing)
            composition = add(mul(composition, powers[instance.constraint_count]), combined)
        quotient, step = ZERO, power(z, shape.degree(height) - shape.profile.chunk_blind)
        for chunk in reversed(range(chunks)):
            quotient = add(mul(quotient, step), values[Opening(CHUNK, number, chunk)])
        if composition != quotient:
            raise QuotientMismatch(f"the constraints at capacity 2^{height} do not hold at the out-of-domain point")
