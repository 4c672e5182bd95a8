"""Degrees of a table's constraints, counted by the verifier itself (docs/spec/air.md).

One walk serves two uses: true degrees, which fix the number of quotient chunks, and algebraic degrees, for the
soundness of the out-of-domain check. They differ in what a column counts.
"""

from __future__ import annotations

from typing import NamedTuple

from zkcompliance.verify.profile import Profile, degree_bound
from zkcompliance.verify.table import (
    ADD,
    BUCKET,
    COLUMNS,
    EVERY,
    IS_FIRST,
    IS_LAST,
    LOG,
    MUL,
    SUB,
    TRANSITION,
    UNIT,
    Interaction,
    Table,
)


class Weights(NamedTuple):
    """What one factor adds: a log column; a witness or extension column; a periodic or public one, L_0, L_{N−1}."""

    log: int
    column: int
    periodic: int
    transition: int = 1


ALGEBRAIC = Weights(1, 1, 1)


def true_weights(profile: Profile, k: int, kappa: int) -> Weights:
    """deg LOG = d − 257, columns N + mask − 1, periodic and selectors N − 1."""
    rows = 1 << k
    return Weights(degree_bound(kappa) - profile.reserve - 1, rows + profile.mask - 1, rows - 1)


def constraint_degrees(table: Table, weights: Weights) -> list[int]:
    """Numerator degrees of the table's constraints in order, those of its buses (docs/spec/buses.md) after its own."""
    nodes: list[int] = []
    for node in table.nodes:
        if node.op in COLUMNS:
            nodes.append(weights.log if node.op == LOG else weights.column)
        elif node.op in (ADD, SUB):
            nodes.append(max(nodes[node.a], nodes[node.b]))
        elif node.op == MUL:
            nodes.append(nodes[node.a] + nodes[node.b])
        elif node.op in (IS_FIRST, IS_LAST, BUCKET):
            nodes.append(weights.periodic)
        else:  # CONST, PUBLIC, ORDINAL
            nodes.append(0)
    result: list[int] = []
    for constraint in table.constraints:
        if constraint.kind == EVERY:
            selector = 0
        elif constraint.kind == TRANSITION:
            selector = weights.transition
        else:
            selector = weights.periodic
        result.append(nodes[constraint.node] + selector)
    groups = _group_degrees(table, nodes)
    result.extend(max(weights.column + product, numerator) for product, numerator in groups[:-1])  # φ_e·Π D_i
    result.append(weights.periodic + weights.column)  # L_0·acc
    linear = [weights.periodic + nodes[s.selector] + nodes[limb] for s in table.sums for limb in s.limbs]
    product, numerator = groups[-1]
    step = max(weights.periodic + weights.column, *linear, 0)  # w·blind is always there
    result.append(max(step + product, numerator))
    return result


def _group_degrees(table: Table, nodes: list[int]) -> list[tuple[int, int]]:
    """For each group the degrees of Π D_i and of Σ_i m_i·Π_{j≠i} D_j, the latter 0 for no fractions."""

    def excess(interaction: Interaction) -> int:
        """What m_i·Π_{j≠i} D_j has above Π D_j."""
        denominator = max(nodes[i] for i in interaction.nodes)
        return (0 if interaction.multiplicity == UNIT else nodes[interaction.multiplicity]) - denominator

    result: list[tuple[int, int]] = []
    start = 0
    for size in table.groups:
        group = table.interactions[start : start + size]
        start += size
        product = sum(max(nodes[i] for i in interaction.nodes) for interaction in group)
        result.append((product, max((product + excess(interaction) for interaction in group), default=0)))
    return result


def chunk_count(profile: Profile, kappa: int, coefficients: int) -> int:
    """The smallest c ≥ 1 with (c − 1)·t + d ≥ coefficients, t = d − 128."""
    d = degree_bound(kappa)
    t = d - profile.chunk_blind
    return 1 + max(0, -(-(coefficients - d) // t))
