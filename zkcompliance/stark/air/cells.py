"""The built-in cells table, and the cells and linear identities of a statement (docs/spec/air.md, buses.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from zkcompliance import limits
from zkcompliance.errors import ParametersRejected
from zkcompliance.stark.air.builder import TableBuilder
from zkcompliance.stark.air.program import Equation, Kind, SummandKind, TableAir
from zkcompliance.stark.air.union import Part
from zkcompliance.stark.statement import StatementClaim

BUCKET_ROWS_LOG2 = 14  # rows added up in one bucket: 2^14·(2^16 − 1) < p
HIGH_SHIFT = 14  # a bucket's sum is A + 2^14·B with A, B of 16 bits
SCALE = 4  # equations are multiplied by it, so that 2^14·B falls on a digit
CARRY_OFFSET = 1 << 13
RANGE_LOG2 = 16
RANGE_SIZE = 1 << RANGE_LOG2
FRACTIONS_IN_GROUP = 3  # of the cells table
TALL_CELLS = 5  # of one limb of a tall sum: a0, a1, b0, b1, b2
TALL_BUCKETS = 4  # of fewer, A and B take less than the totals, and are cells in a tall statement too
TOP_SHIFT = 9  # b2 = 2^9·b1 has 16 bits, so b1 < 2^7


@dataclass(frozen=True)
class CellsShape:
    """A cells table of 2^kappa rows: `pairs` values a row, with a multiplicity each for every range bus."""

    kappa: int
    ranges: tuple[int, ...]  # the numbers of the range buses, in order; v asks on the last

    @property
    def pairs(self) -> int:
        """2^e, e = max(0, 16 − κ)."""
        return 1 << max(0, RANGE_LOG2 - self.kappa)

    def multiplicities(self, number: int) -> slice:
        """The columns m_{r,0} … of range bus `number`."""
        return slice(1 + number * self.pairs, 1 + (number + 1) * self.pairs)

    @property
    def cells(self) -> int:
        """The column v."""
        return 1 + len(self.ranges) * self.pairs

    def air(self) -> TableAir:
        """Columns t, m_{r,i}, v: the row with t has the values 2^e·t + i, and one cell."""
        table = TableBuilder()
        t = table.witness_column()
        m = [[table.witness_column() for _ in range(self.pairs)] for _ in self.ranges]
        v = table.witness_column()
        after, last = table.next_row(t), RANGE_SIZE // self.pairs - 1
        table.require_zero("the range table starts at 0", t, Kind.FIRST)
        table.require_zero("the range table grows by 0 or 1", (after - t) * (after - t - 1), Kind.TRANSITION)
        table.require_zero(f"the range table ends at {last}", t - last, Kind.LAST)
        values = [t if self.pairs == 1 else t * self.pairs + i for i in range(self.pairs)]
        for bus, columns in zip(self.ranges, m, strict=True):
            for column, value in zip(columns, values, strict=True):
                table.interact(bus, table.lift(0) - column, value)
        table.interact(self.ranges[-1], None, v)
        whole, left = divmod(len(self.ranges) * self.pairs + 1, FRACTIONS_IN_GROUP)
        return table.build((FRACTIONS_IN_GROUP,) * whole + (left,) * (left > 0))


@dataclass
class Identity:
    """Σ coefficient·cell + Σ coefficient·tally + constant (+ a sum over a table's rows) = 0 in F, true over the
    integers by its bounds. tallies: (instance, row, coefficient)."""

    name: str
    cells: list[tuple[int, int]] = field(default_factory=list)
    constant: int = 0
    tallies: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class SumPlace:
    """A sum over one segment. Bucket b of limb j has identity first_identity + j·buckets + b, and A, B at twice that
    from first_tally on, where they are tallies, or else from first_cell on.

    `sum` counts in the program's table, `position` among all sums of the instance. With tallies, limb j has the cells
    first_cell + 5·j …
    """

    claim: int
    table: int
    sum: int
    instance: int
    position: int
    limbs: int
    buckets: int
    first_identity: int
    first_cell: int
    first_tally: int | None = None


@dataclass(frozen=True)
class EquationPlace:
    """The carry cells of one equation, digit e at first_cell + 2e (u) and + 2e + 1 (4u)."""

    first_identity: int
    first_cell: int
    digits: int


@dataclass
class Cells:
    """Every cell of a statement, in order, and every linear identity; unknowns, lookups, chains: claim by claim."""

    identities: list[Identity] = field(default_factory=list)
    count: int = 0
    sums: list[SumPlace] = field(default_factory=list)
    unknowns: list[tuple[int, int]] = field(default_factory=list)  # first cell and limbs of each
    lookups: list[int] = field(default_factory=list)
    chains: list[EquationPlace] = field(default_factory=list)

    def take(self, cells: int) -> int:
        """The first of that many further cells; ParametersRejected where there is no room."""
        first = self.count
        self.count += cells
        if self.count > limits.MAX_CELLS:
            raise ParametersRejected(f"the statement needs more than {limits.MAX_CELLS} cells")
        return first


def buckets_of(k: int) -> int:
    """G = max(1, N/2^14)."""
    return 1 << max(0, k - BUCKET_ROWS_LOG2)


def is_tall(parts: Sequence[Part]) -> bool:
    """Whether A and B of all sums are too many to be cells."""
    count = sum(2 * len(total.limbs) * buckets_of(part.k) for part in parts for total in part.air.sums)
    return count > limits.MAX_DIRECT_CELLS


def place_cells(claims: Sequence[StatementClaim], parts: Sequence[Part], *, tall: bool) -> Cells:
    """Lay out cells and identities. Raises ParametersRejected where a bound does not hold."""
    cells = Cells()
    tallies: dict[int, int] = {}  # of each instance, how many of its rows are taken
    positions: dict[int, int] = {}  # of each instance, how many of its sums are placed
    for part in parts:
        _place_sums(cells, part, tallies, positions, tall=tall)
    firsts = []
    for claim in claims:
        firsts.append(len(cells.unknowns))
        cells.unknowns += [(cells.take(unknown.limbs), unknown.limbs) for unknown in claim.program.unknowns]
    cells.lookups = [cells.take(2 * len(lookup.rows)) for claim in claims for lookup in claim.program.lookups]
    for number, (claim, first) in enumerate(zip(claims, firsts, strict=True)):
        sums = [place for place in cells.sums if place.claim == number]
        for equation in claim.program.equations:
            _place_equation(cells, claim, equation, sums, first)
    return cells


def _place_sums(cells: Cells, part: Part, tallies: dict[int, int], positions: dict[int, int], *, tall: bool) -> None:
    """A + 2^14·B of each limb and bucket; where they are tallies, their totals over the buckets too."""
    buckets, instance = buckets_of(part.k), part.instance
    tall = tall and buckets >= TALL_BUCKETS
    places = []
    for number, total in enumerate(part.air.sums):
        limbs = len(total.limbs)
        size = limbs * buckets
        position = positions.get(instance, 0)
        positions[instance] = position + 1
        row = tallies.get(instance, 0) if tall else None
        first = cells.take(TALL_CELLS * limbs if tall else 2 * size)
        where = (part.claim, part.table, number, instance, position, limbs, buckets)
        places.append(SumPlace(*where, len(cells.identities), first, row))
        high = -(1 << HIGH_SHIFT)
        if row is None:
            cells.identities += [
                Identity(total.name, [(first + 2 * i, -1), (first + 2 * i + 1, high)]) for i in range(size)
            ]
            continue
        tallies[instance] = row + 2 * size
        if tallies[instance] > 1 << part.k:
            raise ParametersRejected(f"the sums over an instance of 2^{part.k} rows need more tallies than it has rows")
        cells.identities += [
            Identity(total.name, tallies=[(instance, row + 2 * i, -1), (instance, row + 2 * i + 1, high)])
            for i in range(size)
        ]
    cells.sums += places
    for place, total in zip(places, part.air.sums, strict=True):
        if place.first_tally is not None:
            for limb in range(place.limbs):
                cells.identities += _totals(place, place.first_tally, limb, total.name)


def _totals(place: SumPlace, row: int, limb: int, name: str) -> list[Identity]:
    """Σ A = a0 + 2^14·a1; Σ B = b0 + 2^16·b1; b2 = 2^9·b1."""
    a0 = place.first_cell + TALL_CELLS * limb
    a1, b0, b1, b2 = range(a0 + 1, a0 + TALL_CELLS)
    rows = [row + 2 * (limb * place.buckets + b) for b in range(place.buckets)]
    low = [(place.instance, a, 1) for a in rows]
    high = [(place.instance, a + 1, 1) for a in rows]
    return [
        Identity(f"{name}, limb {limb}, low", [(a0, -1), (a1, -(1 << HIGH_SHIFT))], tallies=low),
        Identity(f"{name}, limb {limb}, high", [(b0, -1), (b1, -RANGE_SIZE)], tallies=high),
        Identity(f"{name}, limb {limb}, top", [(b2, 1), (b1, -(1 << TOP_SHIFT))]),
    ]


def _sum_digits(place: SumPlace) -> list[tuple[int, int, int]]:
    """(digit, cell, weight of it in 4·sum)."""
    if place.first_tally is None:
        found = []
        for i in range(place.limbs * place.buckets):
            limb, a = i // place.buckets, place.first_cell + 2 * i
            found += [(limb, a, SCALE), (limb + 1, a + 1, 1)]
        return found
    starts = [(limb, place.first_cell + TALL_CELLS * limb) for limb in range(place.limbs)]
    return [
        each
        for limb, a in starts
        for each in ((limb, a, SCALE), (limb + 1, a + 1, 1), (limb + 1, a + 2, 1), (limb + 2, a + 3, 1))
    ]


def _place_equation(
    cells: Cells, claim: StatementClaim, equation: Equation, sums: Sequence[SumPlace], unknowns: int
) -> None:
    """Digit by digit in radix 2^16: Σ weight·cell + K_e + carry in − 2^16·carry out = 0. sums: of the claim; unknowns:
    before its own."""
    digits: dict[int, list[tuple[int, int]]] = {}
    constant = bound = 0
    for term in equation.terms:
        scaled = SCALE * term.coefficient
        if term.kind == SummandKind.SUM:
            for place in sums:
                if (place.table, place.sum) == (term.a, term.b):
                    for digit, cell, weight in _sum_digits(place):
                        digits.setdefault(digit, []).append((cell, weight * term.coefficient))
        elif term.kind == SummandKind.UNKNOWN:
            first, limbs = cells.unknowns[unknowns + term.a]
            for limb in range(limbs):
                digits.setdefault(limb, []).append((first + limb, scaled))
        elif term.kind == SummandKind.PUBLIC:
            constant += scaled * claim.publics[term.a]
            bound += abs(scaled) * ((1 << claim.program.publics[term.a].bits) - 1)
        else:
            constant += scaled
            bound += abs(scaled)
    count = max(1 + max(digits, default=-1), -(-bound.bit_length() // 16), 1)
    if count > limits.MAX_EQUATION_DIGITS:
        raise ParametersRejected(f"{equation.name}: {count} digits, over {limits.MAX_EQUATION_DIGITS}")
    chain = EquationPlace(len(cells.identities), cells.take(2 * (count - 1)), count)
    cells.chains.append(chain)
    sign = -1 if constant < 0 else 1
    for e in range(count):
        terms = digits.get(e, [])
        if sum(abs(weight) for _, weight in terms) > CARRY_OFFSET - 2:
            raise ParametersRejected(f"{equation.name}: the weights at digit {e} are too large for its carry")
        identity = Identity(f"{equation.name}, digit {e}", list(terms), sign * (abs(constant) >> 16 * e & 0xFFFF))
        if e > 0:
            identity.cells.append((chain.first_cell + 2 * (e - 1), 1))
            identity.constant -= CARRY_OFFSET
        if e < count - 1:
            identity.cells.append((chain.first_cell + 2 * e, -RANGE_SIZE))
            identity.constant += RANGE_SIZE * CARRY_OFFSET
        cells.identities.append(identity)
    cells.identities += [
        Identity(f"{equation.name}, carry {e}", [(chain.first_cell + 2 * e, -4), (chain.first_cell + 2 * e + 1, 1)])
        for e in range(count - 1)
    ]
