"""Degrees of a table's constraints, counted by the verifier itself (docs/spec/air.md).

One walk serves two uses: true degrees, which fix the number of quotient chunks, and algebraic degrees, for the
soundness of the out-of-domain check. They differ in what a column counts.
"""

from __future__ import annotations

from typing import NamedTuple

from zkcompliance.verify.profile import Profile, degree_bound
from zkcompliance.verify.program import ADD, CONST, EVERY, LOG, SUB, TRANSITION, Table


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
        if node.op == CONST:
            nodes.append(0)
        elif node.op == LOG:
            nodes.append(weights.log)
        elif node.op < ADD:
            nodes.append(weights.column)
        elif node.op <= SUB:
            nodes.append(max(nodes[node.a], nodes[node.b]))
        else:
            nodes.append(nodes[node.a] + nodes[node.b])
    result: list[int] = []
    for constraint in table.constraints:
        if constraint.kind == EVERY:
            selector = 0
        elif constraint.kind == TRANSITION:
            selector = weights.transition
        else:
            selector = weights.periodic
        result.append(nodes[constraint.node] + selector)
    denominators = iter([max(nodes[i] for i in interaction.nodes) for interaction in table.interactions])
    products = [sum(next(denominators) for _ in range(size)) for size in table.groups]
    result.extend(weights.column + product for product in products[:-1])  # φ_e·Π D_i
    result.append(weights.periodic + weights.column)  # L_0·acc
    linear = [weights.periodic + nodes[s.selector] + nodes[limb] for s in table.sums for limb in s.limbs]
    result.append(max(weights.periodic + weights.column, *linear, 0) + products[-1])  # w·blind is always there
    return result


def chunk_count(profile: Profile, kappa: int, coefficients: int) -> int:
    """The smallest c ≥ 1 with (c − 1)·t + d ≥ coefficients, t = d − 128."""
    d = degree_bound(kappa)
    t = d - profile.chunk_blind
    return 1 + max(0, -(-(coefficients - d) // t))
