"""The shapes of one statement: instances, heights, degrees, chunk counts, cells (docs/spec/air.md)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from zkcompliance.air.cells import Cells, cells_air, place_cells
from zkcompliance.air.program import Kind, Op, TableAir
from zkcompliance.commit.entry import Entry
from zkcompliance.errors import ParametersRejected
from zkcompliance.field.babybear import P
from zkcompliance.limits import MAX_SEGMENTS
from zkcompliance.profiles import CHUNK_BLIND, RESERVE, Profile, degree_bound
from zkcompliance.statement import Statement

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
        return self._degrees(self.log_degree, self.witness_degree)

    @cached_property
    def algebraic_degrees(self) -> list[int]:
        """The degree of every node with each column counting 1."""
        return self._degrees(1, 1)

    def _degrees(self, log: int, witness: int) -> list[int]:
        degrees: list[int] = []
        for op, a, b in self.air.nodes:
            if op == Op.CONST:
                degrees.append(0)
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
        found = [degrees[c.node] + selector[c.kind] for c in self.air.constraints]
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
            found.append(product + (max(column, public, *linear) if last else column))
            found += [product - d + m for d, m in group]
        found.append(public + column)  # first row of acc
        return max(found)


@dataclass(frozen=True)
class Layout:
    """Everything that follows from a statement's shapes and publics."""

    profile: Profile
    instances: tuple[Instance, ...]
    heights: tuple[int, ...]  # descending
    chunks: tuple[int, ...]  # of each height
    cells: Cells
    lookup_values: tuple[list[tuple[int, ...]], ...]

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
    for number, table in enumerate(program.tables):
        for segment, entry in enumerate(statement.logs[table.log].entries):
            instances.append(Instance(table, entry.k, entry.kappa, profile.mask, number, segment, entry))
    if not 1 <= sum(len(log.entries) for log in statement.logs) <= MAX_SEGMENTS:
        raise ParametersRejected(f"a proof covers 1 to {MAX_SEGMENTS} segments; compact the log")
    kappa = min((i.kappa for i in instances if i.kappa >= CELLS_KAPPA), default=CELLS_KAPPA)
    instances.append(Instance(cells_air(), kappa, kappa, profile.mask))
    heights = tuple(sorted({i.kappa for i in instances}, reverse=True))
    chunks = tuple(_chunks(h, [i for i in instances if i.kappa == h], profile) for h in heights)
    _check_bus_bounds(instances)
    rows = [[entry.k for entry in log.entries] for log in statement.logs]
    cells = place_cells(program, statement.publics, rows)
    if cells.count > instances[-1].rows:
        raise ParametersRejected("more cells than the cells table has rows")
    values = tuple(lookup.values(statement.publics) for lookup in program.lookups)
    return Layout(profile, tuple(instances), heights, chunks, cells, values)


def _chunks(kappa: int, instances: list[Instance], profile: Profile) -> int:
    """c_Q: the smallest c with (c − 1)·t + d coefficients enough for every instance's quotient."""
    d = degree_bound(kappa)
    needed = max(i.numerator_degree() - i.rows + 1 for i in instances)
    chunks = max(1, 1 - (d - needed) // (d - CHUNK_BLIND)) if needed > d else 1
    if chunks > profile.blowup:
        raise ParametersRejected(f"constraints of this degree need {chunks} quotient chunks, over {profile.blowup}")
    return chunks


def _check_bus_bounds(instances: list[Instance]) -> None:
    """No multiplicity can wrap: the lookups on every bus, over all rows, are fewer than p."""
    totals: dict[int, int] = {}
    for instance in instances:
        for interaction in instance.air.interactions:
            totals[interaction.bus] = totals.get(interaction.bus, 0) + instance.rows
    if any(total >= P for total in totals.values()):
        raise ParametersRejected("more lookups on one bus than the field has elements")
