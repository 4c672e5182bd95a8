"""The shapes of one statement: instances, heights, degrees, chunk counts, cells (docs/spec/air.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from zkcompliance.errors import ParametersRejected
from zkcompliance.limits import MAX_SEGMENTS
from zkcompliance.stark.air.cells import BUCKET_ROWS_LOG2, Cells, CellsShape, buckets_of, is_tall, place_cells
from zkcompliance.stark.air.program import RANGE_BUS, Kind, Node, Op, TableAir
from zkcompliance.stark.air.union import Member, Part, deal_ranges, members_of, parts_of
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.profiles import CHUNK_BLIND, RESERVE, Profile, code_degree, degree_bound
from zkcompliance.stark.statement import Statement

LEAST_OWN_HEIGHT = 13  # of a private table where no instance has its height
WORTH_A_HEIGHT = 1 << 24  # values that a height of its own saves


@dataclass(frozen=True)
class Instance:
    """A segment, a private table, or the cells table. The last witness column is the blind.

    `member`: what it is put together of; None for the cells table. `weighed`: the witness column that a weight for each
    row multiplies in Lin: v of the cells table, the tallies of tall sums.
    """

    air: TableAir
    k: int
    kappa: int
    mask: int
    entry: Entry | None = None
    member: Member | None = None
    weighed: int | None = None

    @property
    def buckets(self) -> int:
        """G = max(1, N/2^14)."""
        return buckets_of(self.k)

    @property
    def rows(self) -> int:
        return 1 << self.k

    @property
    def witness_columns(self) -> int:
        return self.air.witness + 1

    @property
    def unread_columns(self) -> list[int]:
        """The columns of its segment that no LOG node reads, ascending; none of a table without a log."""
        read = set(self.air.log_columns)
        return [] if self.entry is None else [c for c in range(self.entry.width) if c not in read]

    @property
    def witness_degree(self) -> int:
        return self.rows + self.mask - 1

    @property
    def log_degree(self) -> int:
        return degree_bound(self.kappa) - RESERVE - 1

    @cached_property
    def node_degrees(self) -> tuple[int, ...]:
        """The degree in X of every node, from its columns' degrees."""
        return _degrees(self.air.nodes, self.log_degree, self.witness_degree, self.rows - 1)

    @cached_property
    def algebraic_degrees(self) -> tuple[int, ...]:
        """The degree of every node with each column counting 1."""
        return _degrees(self.air.nodes, 1, 1, 1)

    def numerator_degree(self) -> int:
        """Δ: the largest degree of a constraint with its selector, LogUp included."""
        return self._largest(self.node_degrees, self.witness_degree, self.rows - 1)

    def algebraic_degree(self) -> int:
        """The largest degree with every column and selector counting 1."""
        return self._largest(self.algebraic_degrees, 1, 1)

    def _largest(self, degrees: Sequence[int], column: int, public: int) -> int:
        selector = {Kind.EVERY: 0, Kind.FIRST: public, Kind.LAST: public, Kind.TRANSITION: 1}
        numerators = [degrees[c.node] + selector[c.kind] for c in self.air.constraints]
        fractions = [
            (max(degrees[n] for n in i.nodes), 0 if i.multiplicity is None else degrees[i.multiplicity])
            for i in self.air.interactions
        ]
        linear = [public + column]  # blind, W·v in the cells table, V·tallies
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


@lru_cache(maxsize=64)  # a table is tried with many groups, which change no node
def _degrees(nodes: tuple[Node, ...], log: int, witness: int, public: int) -> tuple[int, ...]:
    """Of every node, a column of the log, of the witness and a public one counting so much."""
    degrees: list[int] = []
    for op, a, b in nodes:
        if op in (Op.CONST, Op.PUBLIC, Op.ORDINAL, Op.NOT_BEFORE, Op.NOT_AFTER):
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
    return tuple(degrees)


@dataclass(frozen=True)
class Layout:
    """Everything that follows from a statement's shapes and publics."""

    profile: Profile
    instances: tuple[Instance, ...]
    heights: tuple[int, ...]  # descending
    chunks: tuple[int, ...]  # of each height
    cells: Cells
    table: CellsShape
    lookup_values: tuple[list[tuple[int, ...]], ...]  # of all claims, in order: buses 1, 2, …
    general: int  # general buses, numbered after the lookups; then come range buses but the first, which is 0
    bus_width: int  # of the widest

    def at_height(self, kappa: int) -> list[int]:
        """The numbers of the instances of that height."""
        return [i for i, instance in enumerate(self.instances) if instance.kappa == kappa]

    def degree(self, kappa: int) -> int:
        """d_h: a polynomial of this height that is committed to has fewer coefficients, or as many."""
        return code_degree(kappa, self.heights)

    def is_range(self, bus: int) -> bool:
        return bus in self.table.ranges

    @property
    def general_buses(self) -> range:
        """The numbers of the general buses."""
        return range(len(self.lookup_values) + 1, len(self.lookup_values) + self.general + 1)

    @property
    def domain_log2(self) -> int:
        """log2 of the tallest evaluation domain."""
        return self.heights[0] + self.profile.log_blowup


def lay_out(statement: Statement) -> Layout:
    """Instances, heights, chunk counts and cells; ParametersRejected where the statement cannot be proved."""
    profile = statement.profile
    programs = [claim.program for claim in statement.claims]
    entries = [entry for log in statement.logs for entry in log.entries]
    if not 1 <= len(entries) <= MAX_SEGMENTS:
        raise ParametersRejected(f"a proof covers 1 to {MAX_SEGMENTS} segments; compact the log")
    parts = parts_of(statement)
    tall = is_tall(parts)
    cells = place_cells(statement.claims, parts, tall=tall)
    kappa = _cells_kappa(cells.count, [entry.kappa for entry in entries])
    members = members_of(parts, tall=tall)
    lookups, general = sum(len(p.lookups) for p in programs), sum(len(p.buses) for p in programs)
    asks = [(member.asks, 1 << member.parts[0].k) for member in members]
    ranges = [RANGE_BUS if r == 0 else lookups + general + r for r in deal_ranges([*asks, (1, 1 << kappa)])]
    table = CellsShape(kappa, tuple(dict.fromkeys(ranges)))
    present = {kappa, *(entry.kappa for entry in entries)}
    instances: list[Instance] = []
    for number, (member, bus) in enumerate(zip(members, ranges[:-1], strict=True)):
        k, entry = member.parts[0].k, entries[number] if number < len(entries) else None
        air, weighed = member.merged(bus), 0 if member.tallies else None
        width = air.witness + 1 + 6 * len(air.groups)
        height = _private_kappa(k, width, profile, present) if entry is None else entry.kappa
        instances.append(Instance(air, k, height, profile.mask, entry, member, weighed))
    instances.append(Instance(table.air(), kappa, kappa, profile.mask, weighed=table.cells))
    heights = tuple(sorted({i.kappa for i in instances}, reverse=True))
    chunks = tuple(chunk_count(code_degree(h, heights), [i for i in instances if i.kappa == h]) for h in heights)
    for count in chunks:
        if count > profile.blowup:
            raise ParametersRejected(f"constraints of this degree need {count} quotient chunks, over {profile.blowup}")
    _check_bus_bounds(parts)
    values = tuple(lookup.values(claim.publics) for claim in statement.claims for lookup in claim.program.lookups)
    widest = max(
        [1, *(lookup.width for p in programs for lookup in p.lookups), *(w for p in programs for w in p.buses)]
    )
    return Layout(profile, tuple(instances), heights, chunks, cells, table, values, general, widest)


def _cells_kappa(cells: int, segments: list[int]) -> int:
    """κ_c: the smallest among the segments with a row for each cell, or else the smallest with that."""
    needed = max(0, cells - 1).bit_length()
    return min((kappa for kappa in segments if kappa >= needed), default=needed)


def chunk_count(d: int, instances: Sequence[Instance]) -> int:
    """c_Q: the smallest c with (c − 1)·t + d coefficients enough for every instance's quotient, t = d − 128."""
    needed = max(i.numerator_degree() - i.rows + 1 for i in instances)
    return max(1, 1 - (d - needed) // (d - CHUNK_BLIND)) if needed > d else 1


def _private_kappa(k: int, width: int, profile: Profile, present: set[int]) -> int:
    """The smallest height that is there anyway and holds 2^k rows with their mask, or else the smallest that does.

    A height of its own, 13 at least, has trees of its own: the table takes it where `width` base columns have at least
    2^24 values less there (docs/adr/0017).
    """
    needed = (1 << k) + profile.mask
    every = range(6, profile.max_capacity + 1)
    least = next((kappa for kappa in every if needed <= degree_bound(kappa)), None)
    if least is None:
        raise ParametersRejected(f"a private table of 2^{k} rows is too large")
    for kappa in sorted(present):
        if needed <= degree_bound(kappa):
            own = max(least, LEAST_OWN_HEIGHT)
            return own if width * ((1 << kappa) - (1 << own)) >= WORTH_A_HEIGHT else kappa
    return least


def _check_bus_bounds(parts: Sequence[Part]) -> None:
    """No multiplicity can wrap: on every lookup and general bus bound × rows, over all interactions, is below p.

    On a general bus a tuple with BUCKET is of one bucket; one with BUCKET and ORDINAL of one bucket of one segment, so
    that the segments of a slot count once. Instances are dealt to range buses so that it holds there.
    """
    totals: dict[tuple[int, int, int, int], dict[int, int]] = {}  # of an interaction on a bus, by segment
    for part in parts:
        for number, interaction in enumerate(part.air.interactions):
            if interaction.bus == RANGE_BUS:
                continue
            general = interaction.bus > part.numbers.lookups
            ops = {part.air.nodes[node][0] for node in interaction.nodes} if general else set()
            rows = min(1 << part.k, 1 << BUCKET_ROWS_LOG2) if Op.BUCKET in ops else 1 << part.k
            once = {Op.BUCKET, Op.ORDINAL} <= ops
            found = totals.setdefault((part.claim, interaction.bus, part.table, number), {})
            key = part.segment if not once else 0
            found[key] = max(found.get(key, 0), interaction.bound * rows)
    buses: dict[tuple[int, int], int] = {}
    for (claim, bus, _, _), by_segment in totals.items():
        buses[claim, bus] = buses.get((claim, bus), 0) + sum(by_segment.values())
    if any(total >= P for total in buses.values()):
        raise ParametersRejected("more lookups on one bus than the field has elements")
