"""The shape of a proof, all from the statement and its programs: instances, degrees, heights, schedule.

Every limit on the verifier's work is checked here and in what is called from here, before a byte of the proof is read
(docs/spec/air.md, buses.md, union.md, fri.md). The verifier counts degrees itself: true ones fix the number of quotient
chunks, algebraic ones the soundness.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zkcompliance import limits
from zkcompliance.errors import ParametersRejected
from zkcompliance.verify.codec import at_most
from zkcompliance.verify.field import P
from zkcompliance.verify.layout import Layout, buckets
from zkcompliance.verify.program import (
    ADD,
    BUCKET,
    COLUMNS,
    EVERY,
    IS_FIRST,
    IS_LAST,
    LOG,
    MUL,
    ORDINAL,
    RANGE_BUS,
    SUB,
    TRANSITION,
    UNIT,
    Program,
    Table,
)
from zkcompliance.verify.statement import Profile, Statement, code_degree, degree_bound
from zkcompliance.verify.union import Instance, Merged, unite

FINAL_LOG2 = 8  # folding ends at this capacity or less


class Weights(NamedTuple):
    """What one factor adds: a log column; a witness or extension column; a periodic or public one, L_0, L_{N−1}."""

    log: int
    column: int
    periodic: int
    transition: int = 1


ALGEBRAIC = Weights(1, 1, 1)


def true_weights(profile: Profile, k: int, kappa: int) -> Weights:
    """deg LOG = d(κ) − 257, columns N + mask − 1, periodic and selectors N − 1."""
    rows = 1 << k
    return Weights(degree_bound(kappa) - profile.reserve - 1, rows + profile.mask - 1, rows - 1)


def constraint_degrees(merged: Merged, weights: Weights) -> list[int]:
    """Numerator degrees of an instance's constraints in order, those of its buses (docs/spec/buses.md) after others."""
    degrees = [_node_degrees(part.table, weights) for part in merged.parts]
    result: list[int] = []
    linear = [0]
    for part, nodes in zip(merged.parts, degrees, strict=True):
        for constraint in part.table.constraints:
            if constraint.kind == EVERY:
                selector = 0
            elif constraint.kind == TRANSITION:
                selector = weights.transition
            else:
                selector = weights.periodic
            result.append(nodes[constraint.node] + selector)
        linear += [
            weights.periodic + nodes[item.selector] + nodes[limb] for item in part.table.sums for limb in item.limbs
        ]
    groups = list(_group_degrees(merged, degrees))
    result.extend(max(weights.column + product, numerator) for product, numerator in groups[:-1])  # φ_e·Π D_i
    result.append(weights.periodic + weights.column)  # L_0·acc
    product, numerator = groups[-1]
    step = max(weights.periodic + weights.column, *linear)  # w·blind is always there, and V·tallies is as high
    result.append(max(step + product, numerator))
    return result


def _node_degrees(table: Table, weights: Weights) -> list[int]:
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
        else:  # CONST, PUBLIC, ORDINAL, NOT_BEFORE, NOT_AFTER
            nodes.append(0)
    return nodes


def _group_degrees(merged: Merged, degrees: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
    """For each group the degrees of Π D_i and of Σ_i m_i·Π_{j≠i} D_j, the latter 0 for no fractions."""
    fractions = iter(  # degrees of m_i and D_i
        [
            (0 if i.multiplicity == UNIT else nodes[i.multiplicity], max(nodes[n] for n in i.nodes))
            for part, nodes in zip(merged.parts, degrees, strict=True)
            for i in part.table.interactions
        ]
    )
    for size in merged.groups:
        group = [next(fractions) for _ in range(size)]
        product = sum(denominator for _, denominator in group)
        yield product, max((product + numerator - denominator for numerator, denominator in group), default=0)


def chunk_count(profile: Profile, d: int, coefficients: int) -> int:
    """The smallest c ≥ 1 with (c − 1)·t + d ≥ coefficients, t = d − 128."""
    t = d - profile.chunk_blind
    return 1 + max(0, -(-(coefficients - d) // t))


class Layer(NamedTuple):
    """A FRI layer of capacity 2^size, folded by 2^arity_log; `rolls_in` if a height enters after the fold."""

    size: int
    arity_log: int
    rolls_in: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything about a proof that is known before it is read."""

    profile: Profile
    programs: tuple[Program, ...]  # of the claims, in order
    publics: tuple[tuple[int, ...], ...]  # of the claims, in order
    instances: tuple[Instance, ...]  # the cells instance last
    heights: tuple[int, ...]  # distinct κ, descending
    chunks: tuple[int, ...]  # quotient chunks of each height
    layers: tuple[Layer, ...]
    final_size: int  # log2 of the capacity after the last fold
    layout: Layout
    algebraic_degree: int
    fractions: int  # over all rows, and the rows of the public tables

    def at_height(self, height: int) -> list[int]:
        """The instances of one height, in order."""
        return [i for i, instance in enumerate(self.instances) if instance.kappa == height]

    def degree(self, height: int) -> int:
        """d_h, the degree bound of the proof's code at this height."""
        return code_degree(height, self.heights)

    @property
    def bus_width(self) -> int:
        """Of the widest bus."""
        return max(width for program in self.programs for width in program.bus_widths)


def shape_of(statement: Statement, programs: Sequence[Program]) -> Shape:
    """Raises ParametersRejected or LimitExceeded. The statement fits the programs (`verifier.check_claim`)."""
    profile = statement.profile
    union = unite(statement, programs)
    instances = union.instances
    _check_buses(programs, instances)
    heights = tuple(sorted({instance.kappa for instance in instances}, reverse=True))
    tables = {(i.merged, i.k, i.kappa) for i in instances}  # segments of a log, and of one size, are alike
    chunks: list[int] = []
    for height in heights:
        coefficients = max(_quotient_coefficients(profile, *table) for table in tables if table[2] == height)
        chunks.append(chunk_count(profile, code_degree(height, heights), coefficients))
        if chunks[-1] > profile.blowup:
            raise ParametersRejected(f"constraints at capacity 2^{height} have too high a degree")
    columns = sum(_columns(instance) for instance in instances) + sum(6 * (c + 1) for c in chunks)
    at_most(columns, limits.MAX_COLUMNS, "opened columns")
    layers, final_size = schedule(heights)
    degree = max(max(constraint_degrees(merged, ALGEBRAIC)) for merged in {instance.merged for instance in instances})
    asks = {merged: sum(1 for _ in merged.interactions()) for merged in {instance.merged for instance in instances}}
    fractions = sum(asks[instance.merged] << instance.k for instance in instances)
    fractions += sum(len(lookup.rows) for program in programs for lookup in program.lookups)
    return Shape(
        profile=profile,
        programs=tuple(programs),
        publics=tuple(claim.publics for claim in statement.claims),
        instances=instances,
        heights=heights,
        chunks=tuple(chunks),
        layers=layers,
        final_size=final_size,
        layout=union.layout,
        algebraic_degree=degree,
        fractions=fractions,
    )


def schedule(heights: tuple[int, ...]) -> tuple[tuple[Layer, ...], int]:
    """Folds of arity 8, smaller where that meets the next height exactly, down to capacity 2^8 or less."""
    layers: list[Layer] = []
    current = heights[0]
    while True:
        below = max((h for h in heights if h < current), default=None)
        if below is None and current <= FINAL_LOG2:
            return tuple(layers), current
        arity_log = 3 if below is None else min(3, current - below)
        layers.append(Layer(current, arity_log, current - arity_log in heights))
        current -= arity_log


def _columns(instance: Instance) -> int:
    width = 0 if instance.entry is None else instance.entry.width
    return width + instance.witness_columns + 6 * instance.extension_columns


def _quotient_coefficients(profile: Profile, merged: Merged, k: int, kappa: int) -> int:
    """Δ − N + 1."""
    return max(constraint_degrees(merged, true_weights(profile, k, kappa))) - (1 << k) + 1


def _check_buses(programs: Sequence[Program], instances: tuple[Instance, ...]) -> None:
    """Multiplicities are numbers mod p: what they may add up to on a lookup or a general bus must stay below p.

    Range buses are dealt out so.
    """
    most: dict[tuple[int, int], int] = {}  # (claim, its bus) → Σ bound·rows
    largest: dict[tuple[int, int, int, int], int] = {}  # (claim, its bus, table, interaction) → that of one segment
    for part, k in ((part, instance.k) for instance in instances[:-1] for part in instance.merged.parts):
        for i, (bus, _, bound, nodes) in enumerate(part.table.interactions):
            if bus == RANGE_BUS:
                continue
            rows = 1 << k
            ops = {part.table.nodes[node].op for node in nodes} if bus > len(programs[part.claim].lookups) else set()
            if BUCKET in ops:
                rows //= buckets(k)  # min(N, 2^14): a tuple lies in one bucket
            if {BUCKET, ORDINAL} <= ops:  # and in one segment of the slot
                at = part.claim, bus, part.number, i
                largest[at] = max(largest.get(at, 0), bound * rows)
            else:
                most[part.claim, bus] = most.get((part.claim, bus), 0) + bound * rows
    for (claim, bus, *_), value in largest.items():
        most[claim, bus] = most.get((claim, bus), 0) + value
    if max(most.values(), default=0) >= P:
        raise ParametersRejected("a bus has so many interactions that its multiplicities could wrap")
