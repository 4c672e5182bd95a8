"""The shapes of one statement: instances, heights, degrees, chunk counts, cells (docs/spec/air.md)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from zkcompliance.errors import ParametersRejected
from zkcompliance.limits import MAX_CAPACITY_LOG2, MAX_SEGMENTS
from zkcompliance.stark.air.cells import BUCKET_ROWS_LOG2, Cells, cells_air, place_cells
from zkcompliance.stark.air.program import Kind, Op, TableAir
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.profiles import CHUNK_BLIND, RESERVE, Profile, degree_bound
from zkcompliance.stark.statement import Statement

CELLS_KAPPA = 16


@dataclass(frozen=True)
class Instance:
    """One table over one segment (or, table None, the cells table). The last witness column is the blind."""

    air: TableAir
    k: int
    kappa: int
    mask: int
    table: int | None = None
    segment: int = 0
    entry: Entry | None = None
    publics: tuple[int, ...] = ()

    @property
    def buckets(self) -> int:
        """G = max(1, N/2^14)."""
        return 1 << max(0, self.k - BUCKET_ROWS_LOG2)

    @property
    def rows(self) -> int:
        return 1 << self.k

    @property
    def witness_columns(self) -> int:
        return self.air.witness + 1

    @property
    def witness_degree(self) -> int:
        return self.rows + self.mask - 1

    @property
    def log_degree(self) -> int:
        return degree_bound(self.kappa) - RESERVE - 1

    @cached_property
    def node_degrees(self) -> list[int]:
        """The degree in X of every node, from its columns' degrees."""
        return self._degrees(self.log_degree, self.witness_degree, self.rows - 1)

    @cached_property
    def algebraic_degrees(self) -> list[int]:
        """The degree of every node with each column counting 1."""
        return self._degrees(1, 1, 1)

    def _degrees(self, log: int, witness: int, public: int) -> list[int]:
        degrees: list[int] = []
        for op, a, b in self.air.nodes:
            if op in (Op.CONST, Op.PUBLIC, Op.ORDINAL):
                degrees.append(0)
            elif op in (Op.FIRST, Op.LAST, Op.BUCKET):
                degrees.append(public)
            elif op == Op.LOG:
                degrees.append(log)
            elif op in (Op.WIT, Op.NEXT):
                degrees.append(witness)
            elif op == Op.MUL:
                degrees.append(degrees[a] + degrees[b])
            else:
                degrees.append(max(degrees[a], degrees[b]))
        return degrees

    def numerator_degree(self) -> int:
        """Δ: the largest degree of a constraint with its selector, LogUp included."""
        return self._largest(self.node_degrees, self.witness_degree, self.rows - 1)

    def algebraic_degree(self) -> int:
        """The largest degree with every column and selector counting 1."""
        return self._largest(self.algebraic_degrees, 1, 1)

    def _largest(self, degrees: list[int], column: int, public: int) -> int:
        selector = {Kind.EVERY: 0, Kind.FIRST: public, Kind.LAST: public, Kind.TRANSITION: 1}
        numerators = [degrees[c.node] + selector[c.kind] for c in self.air.constraints]
        fractions = [
            (max(degrees[n] for n in i.nodes), 0 if i.multiplicity is None else degrees[i.multiplicity])
            for i in self.air.interactions
        ]
        linear = [public + column]  # blind, and W·v in the cells table
        for total in self.air.sums:
            linear += [public + degrees[total.selector] + degrees[limb] for limb in total.limbs]
        start = 0
        for number, size in enumerate(self.air.groups):
            group = fractions[start : start + size]
            start += size
            product = sum(d for d, _ in group)
            last = number == len(self.air.groups) - 1
            numerators.append(product + (max(column, public, *linear) if last else column))
            numerators += [product - d + m for d, m in group]
        numerators.append(public + column)  # first row of acc
        return max(numerators)


@dataclass(frozen=True)
class Layout:
    """Everything that follows from a statement's shapes and publics."""

    profile: Profile
    instances: tuple[Instance, ...]
    heights: tuple[int, ...]  # descending
    chunks: tuple[int, ...]  # of each height
    cells: Cells
    lookup_values: tuple[list[tuple[int, ...]], ...]
    buses: int  # lookups and general buses; bus 0 is the range bus
    bus_width: int  # of the widest

    def at_height(self, kappa: int) -> list[int]:
        """The numbers of the instances of that height."""
        return [i for i, instance in enumerate(self.instances) if instance.kappa == kappa]

    @property
    def domain_log2(self) -> int:
        """log2 of the tallest evaluation domain."""
        return self.heights[0] + self.profile.log_blowup


def lay_out(statement: Statement) -> Layout:
    """Instances, heights, chunk counts and cells; ParametersRejected where the statement cannot be proved."""
    profile, program = statement.profile, statement.program
    instances: list[Instance] = []
    segments = [entry.kappa for log in statement.logs for entry in log.entries]
    kappa = min((k for k in segments if k >= CELLS_KAPPA), default=CELLS_KAPPA)
    sizes = dict(zip(program.private_tables, statement.private, strict=True))
    for number, table in enumerate(program.tables):
        if table.log is None:
            k = sizes[number]
            height = _private_kappa(k, profile, {*segments, kappa})
            instances.append(Instance(table, k, height, profile.mask, number, publics=statement.publics))
            continue
        for segment, entry in enumerate(statement.logs[table.log].entries):
            given = (entry.k, entry.kappa, profile.mask, number, segment, entry, statement.publics)
            instances.append(Instance(table, *given))
    if not 1 <= sum(len(log.entries) for log in statement.logs) <= MAX_SEGMENTS:
        raise ParametersRejected(f"a proof covers 1 to {MAX_SEGMENTS} segments; compact the log")
    instances.append(Instance(cells_air(), kappa, kappa, profile.mask))
    heights = tuple(sorted({i.kappa for i in instances}, reverse=True))
    chunks = tuple(_chunks(h, [i for i in instances if i.kappa == h], profile) for h in heights)
    _check_bus_bounds(instances, len(program.lookups))
    rows = [[i.k for i in instances if i.table == number] for number in range(len(program.tables))]
    cells = place_cells(program, statement.publics, rows)
    if cells.count > instances[-1].rows:
        raise ParametersRejected("more cells than the cells table has rows")
    values = tuple(lookup.values(statement.publics) for lookup in program.lookups)
    buses = len(program.lookups) + len(program.buses)
    widest = max([1, *(lookup.width for lookup in program.lookups), *program.buses])
    return Layout(profile, tuple(instances), heights, chunks, cells, values, buses, widest)


def _chunks(kappa: int, instances: list[Instance], profile: Profile) -> int:
    """c_Q: the smallest c with (c − 1)·t + d coefficients enough for every instance's quotient."""
    d = degree_bound(kappa)
    needed = max(i.numerator_degree() - i.rows + 1 for i in instances)
    chunks = max(1, 1 - (d - needed) // (d - CHUNK_BLIND)) if needed > d else 1
    if chunks > profile.blowup:
        raise ParametersRejected(f"constraints of this degree need {chunks} quotient chunks, over {profile.blowup}")
    return chunks


def _private_kappa(k: int, profile: Profile, present: set[int]) -> int:
    """The smallest height that is there anyway and holds 2^k rows with their mask, or else the smallest that does."""
    needed = (1 << k) + profile.mask
    candidates: list[int] = [*sorted(present), *range(6, MAX_CAPACITY_LOG2 + 1)]
    for kappa in candidates:
        if needed <= degree_bound(kappa):
            return kappa
    raise ParametersRejected(f"a private table of 2^{k} rows is too large")


def _check_bus_bounds(instances: list[Instance], lookups: int) -> None:
    """No multiplicity can wrap: on every bus bound × rows, over all interactions, is below p."""
    totals: dict[int, int] = {}
    for instance in instances:
        for interaction in instance.air.interactions:
            general = interaction.bus > lookups
            bucketed = general and any(instance.air.nodes[node][0] == Op.BUCKET for node in interaction.nodes)
            rows = min(instance.rows, 1 << BUCKET_ROWS_LOG2) if bucketed else instance.rows
            totals[interaction.bus] = totals.get(interaction.bus, 0) + interaction.bound * rows
    if any(total >= P for total in totals.values()):
        raise ParametersRejected("more lookups on one bus than the field has elements")
