"""The shape of a proof, all from the statement and the program: instances, cells and identities, degrees, schedule.

Every limit on the verifier's work is checked here, before a byte of the proof is read (docs/spec/air.md, buses.md,
fri.md). The verifier counts degrees itself: true ones fix the number of quotient chunks, algebraic ones the soundness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from zkcompliance import limits
from zkcompliance.errors import ParametersRejected
from zkcompliance.verify.codec import at_most
from zkcompliance.verify.field import P
from zkcompliance.verify.program import (
    ADD,
    BUCKET,
    COLUMNS,
    CONST,
    EVERY,
    FIRST,
    IS_FIRST,
    IS_LAST,
    LAST,
    LOG,
    MUL,
    NEXT,
    ONE_TERM,
    PRIVATE_TABLE,
    PUBLIC_TERM,
    RANGE_BUS,
    SUB,
    SUM_TERM,
    TRANSITION,
    UNIT,
    UNKNOWN_TERM,
    WIT,
    Constraint,
    Equation,
    Interaction,
    Node,
    Program,
    Table,
)
from zkcompliance.verify.statement import Entry, Profile, Statement, degree_bound

MAX_DIGIT_WEIGHT = (1 << 13) - 2
BUCKET_LOG2 = 14  # rows of a bucket, so that its sum of 16-bit limbs is below p
CARRY_OFFSET = 1 << 13
FINAL_LOG2 = 8  # folding ends at this capacity or less
MIN_CELLS_LOG2 = 16
CELLS = -1  # in the place of the cells table's number
T, M, V = range(3)  # witness columns of the cells table


class SumPlace(NamedTuple):
    """One sum over one segment: its identities are first … first + limbs·buckets − 1, its cells twice those."""

    first: int
    buckets: int


class EquationPlace(NamedTuple):
    """One equation: `digits` identities and digits − 1 for the carries' range; 2·(digits − 1) cells."""

    first_identity: int
    first_cell: int
    digits: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is. Sums come first in cells and identities alike: identity q has the cells 2q and 2q + 1."""

    sums: dict[tuple[int, int], tuple[SumPlace, ...]]  # (table, sum) → one for each segment, one if private
    unknowns: tuple[int, ...]  # first cell of each
    lookups: tuple[int, ...]  # first cell of each
    equations: tuple[EquationPlace, ...]
    cells: int
    identities: int


def buckets(k: int) -> int:
    """G = max(1, N/2^14)."""
    return 1 << max(0, k - BUCKET_LOG2)


def segment_sizes(statement: Statement, table: Table) -> tuple[int, ...]:
    """log2 of the rows of each segment that the table runs over; a private table counts as one."""
    if table.kind == PRIVATE_TABLE:
        return (statement.private[table.index],)
    return tuple(entry.k for entry in statement.logs[table.index].entries)


def lay_out(statement: Statement, program: Program) -> Layout:
    """Raises LimitExceeded for too many cells, ParametersRejected for an equation that does not fit the field."""
    identities = 0
    sums: dict[tuple[int, int], tuple[SumPlace, ...]] = {}
    for t, table in enumerate(program.tables):
        sizes = segment_sizes(statement, table)
        for s, item in enumerate(table.sums):
            places: list[SumPlace] = []
            for k in sizes:
                places.append(SumPlace(identities, buckets(k)))
                identities += len(item.limbs) * buckets(k)
            sums[t, s] = tuple(places)
    cells = 2 * identities
    unknowns: list[int] = []
    for unknown in program.unknowns:
        unknowns.append(cells)
        cells += unknown.limbs
    lookups: list[int] = []
    for lookup in program.lookups:
        lookups.append(cells)
        cells += 2 * len(lookup.rows)
    equations: list[EquationPlace] = []
    for equation in program.equations:
        digits = _digits(equation, program, sums)
        equations.append(EquationPlace(identities, cells, digits))
        identities += 2 * digits - 1
        cells += 2 * digits - 2
    at_most(cells, limits.MAX_CELLS, "cells")
    return Layout(sums, tuple(unknowns), tuple(lookups), tuple(equations), cells, identities)


def _digits(equation: Equation, program: Program, sums: dict[tuple[int, int], tuple[SumPlace, ...]]) -> int:
    """The number of base-2^16 digits n; also checks Σ|weight| ≤ 2^13 − 2 at each of them."""
    weights = [0] * (limits.MAX_EQUATION_DIGITS + 1)
    constant = 0  # K_max
    digits = 1
    for term in equation.terms:
        size = abs(term.coefficient)
        if term.kind == SUM_TERM:
            limbs = len(program.tables[term.a].sums[term.b].limbs)
            count = sum(place.buckets for place in sums[term.a, term.b])
            for j in range(limbs):
                weights[j] += 4 * size * count
                weights[j + 1] += size * count
            digits = max(digits, limbs + 1)
        elif term.kind == UNKNOWN_TERM:
            limbs = program.unknowns[term.a].limbs
            for j in range(limbs):
                weights[j] += 4 * size
            digits = max(digits, limbs)
        elif term.kind == PUBLIC_TERM:
            constant += 4 * size * ((1 << program.publics[term.a].bits) - 1)
        elif term.kind == ONE_TERM:
            constant += 4 * size
    digits = max(digits, -(-constant.bit_length() // 16))
    at_most(digits, limits.MAX_EQUATION_DIGITS, "digits of an equation")
    if max(weights) > MAX_DIGIT_WEIGHT:
        raise ParametersRejected(f"equation {equation.name}: its weights do not fit the field")
    return digits


# t counts 0 … 65535 from the first row to the last; (t, m) is the range table and v holds the cells.
CELLS_TABLE = Table(
    kind=PRIVATE_TABLE,
    index=0,
    witness=3,
    nodes=(
        Node(WIT, T, 0),
        Node(WIT, V, 0),
        Node(NEXT, T, 0),
        Node(SUB, 2, 0),  # t' − t
        Node(CONST, 1, 0),
        Node(SUB, 3, 4),  # t' − t − 1
        Node(MUL, 3, 5),
        Node(CONST, 65535, 0),
        Node(SUB, 0, 7),  # t − 65535
        Node(WIT, M, 0),
        Node(CONST, 0, 0),
        Node(SUB, 10, 9),  # −m
    ),
    constraints=(
        Constraint("t starts at 0", FIRST, 0),
        Constraint("t stays or counts up", TRANSITION, 6),
        Constraint("t ends at 65535", LAST, 8),
    ),
    interactions=(Interaction(RANGE_BUS, 11, 1, (0,)), Interaction(RANGE_BUS, UNIT, 1, (1,))),  # a bound nobody reads
    groups=(2,),
    sums=(),
)


class Instance(NamedTuple):
    """One table over 2^k rows with capacity 2^κ; `entry` is that of a log table's segment, None for any other."""

    table: Table
    number: int  # of the table in the program, or CELLS
    segment: int  # of its log; 0 for a private table
    entry: Entry | None
    k: int
    kappa: int
    log_columns: tuple[int, ...]  # opened at z, ascending
    next_columns: tuple[int, ...]  # opened at g·z, ascending

    @property
    def witness_columns(self) -> int:
        """The table's own and the blind column, which is the last."""
        return self.table.witness + 1

    @property
    def extension_columns(self) -> int:
        """φ_0 … φ_{G−2} and acc."""
        return len(self.table.groups)

    @property
    def constraint_count(self) -> int:
        return len(self.table.constraints) + len(self.table.groups) + 1


def instances_of(statement: Statement, program: Program) -> tuple[Instance, ...]:
    """The cells instance last. Raises LimitExceeded where evaluating their constraints would be too much work."""
    at_most(sum(len(segment_sizes(statement, table)) for table in program.tables), limits.MAX_INSTANCES, "instances")
    segments = {entry.kappa for log in statement.logs for entry in log.entries}
    cells = min((kappa for kappa in segments if kappa >= MIN_CELLS_LOG2), default=MIN_CELLS_LOG2)
    steps = _steps(CELLS_TABLE)
    instances: list[Instance] = []
    for number, table in enumerate(program.tables):
        logs, nexts = _used(table, LOG), _used(table, NEXT)
        if table.kind == PRIVATE_TABLE:
            k = statement.private[table.index]
            kappa = private_capacity(statement.profile, k, segments | {cells})
            instances.append(Instance(table, number, 0, None, k, kappa, logs, nexts))
            steps += _steps(table)
            continue
        for segment, entry in enumerate(statement.logs[table.index].entries):
            instances.append(Instance(table, number, segment, entry, entry.k, entry.kappa, logs, nexts))
            steps += _steps(table)
    at_most(steps, limits.MAX_EVALUATIONS, "constraint steps")
    instances.append(Instance(CELLS_TABLE, CELLS, 0, None, cells, cells, (), _used(CELLS_TABLE, NEXT)))
    return tuple(instances)


def private_capacity(profile: Profile, k: int, others: set[int]) -> int:
    """The smallest κ of the others where 2^k + mask coefficients fit, or the smallest of all; 21 has room for any k."""
    for candidates in (sorted(others), range(k, limits.MAX_CAPACITY_LOG2 + 1)):
        for kappa in candidates:
            if (1 << k) + profile.mask <= degree_bound(kappa):
                return kappa
    raise ParametersRejected(f"a private table of 2^{k} rows")


def _used(table: Table, op: int) -> tuple[int, ...]:
    return tuple(sorted({node.a for node in table.nodes if node.op == op}))


def _steps(table: Table) -> int:
    """A measure of the work of evaluating the table's constraints at one point."""
    buses = sum(len(interaction.nodes) + 4 for interaction in table.interactions)
    sums = sum(len(item.limbs) + 1 for item in table.sums)
    return len(table.nodes) + 2 * len(table.constraints) + buses + 2 * len(table.groups) + sums + table.witness


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


class Layer(NamedTuple):
    """A FRI layer of capacity 2^size, folded by 2^arity_log; `rolls_in` if a height enters after the fold."""

    size: int
    arity_log: int
    rolls_in: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything about a proof that is known before it is read."""

    profile: Profile
    program: Program
    publics: tuple[int, ...]
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


def shape_of(statement: Statement, program: Program) -> Shape:
    """Raises ParametersRejected or LimitExceeded. The statement fits the program (`verifier.check_program`)."""
    profile = statement.profile
    instances = instances_of(statement, program)  # first: their number bounds the layout's loops
    layout = lay_out(statement, program)
    _check_buses(program, instances)
    heights = tuple(sorted({instance.kappa for instance in instances}, reverse=True))
    chunks: list[int] = []
    for height in heights:
        coefficients = max(_quotient_coefficients(profile, i) for i in instances if i.kappa == height)
        chunks.append(chunk_count(profile, height, coefficients))
        if chunks[-1] > profile.blowup:
            raise ParametersRejected(f"constraints at capacity 2^{height} have too high a degree")
    columns = sum(_columns(instance) for instance in instances) + sum(6 * (c + 1) for c in chunks)
    at_most(columns, limits.MAX_COLUMNS, "opened columns")
    layers, final_size = schedule(heights)
    degree = max(max(constraint_degrees(instance.table, ALGEBRAIC)) for instance in instances)
    fractions = sum(len(instance.table.interactions) << instance.k for instance in instances)
    fractions += sum(len(lookup.rows) for lookup in program.lookups)
    return Shape(
        profile=profile,
        program=program,
        publics=statement.publics,
        instances=instances,
        heights=heights,
        chunks=tuple(chunks),
        layers=layers,
        final_size=final_size,
        layout=layout,
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


def _quotient_coefficients(profile: Profile, instance: Instance) -> int:
    """Δ − N + 1."""
    weights = true_weights(profile, instance.k, instance.kappa)
    return max(constraint_degrees(instance.table, weights)) - (1 << instance.k) + 1


def _check_buses(program: Program, instances: tuple[Instance, ...]) -> None:
    """Multiplicities are numbers mod p: what they may add up to on a bus must stay below p."""
    most = [0] * len(program.bus_widths)
    general = 1 + len(program.lookups)
    for instance in instances[:-1]:
        for bus, _, bound, nodes in instance.table.interactions:
            rows = 1 << instance.k
            if bus >= general and any(instance.table.nodes[i].op == BUCKET for i in nodes):
                rows //= buckets(instance.k)  # min(N, 2^14): a tuple lies in one bucket
            most[bus] += bound * rows
    most[RANGE_BUS] += 1 << instances[-1].k  # v; the fraction at t is the table's side
    if max(most) >= P:
        raise ParametersRejected("a bus has so many interactions that its multiplicities could wrap")
