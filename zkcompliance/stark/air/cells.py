"""The built-in cells table, and the cells and linear identities of a statement (docs/spec/air.md, buses.md)."""

from __future__ import annotations

from dataclasses import dataclass, field

from zkcompliance.errors import ParametersRejected
from zkcompliance.limits import MAX_CELLS, MAX_EQUATION_DIGITS
from zkcompliance.stark.air.builder import TableBuilder
from zkcompliance.stark.air.program import RANGE_BUS, Equation, Kind, Program, SummandKind, TableAir

BUCKET_ROWS_LOG2 = 14  # rows added up in one bucket: 2^14·(2^16 − 1) < p
HIGH_SHIFT = 14  # a bucket's sum is A + 2^14·B with A, B of 16 bits
SCALE = 4  # equations are multiplied by it, so that 2^14·B falls on a digit
CARRY_OFFSET = 1 << 13
RANGE_SIZE = 1 << 16


def cells_air() -> TableAir:
    """Columns t (every value of 16 bits), m (how often each is looked up), v (the cells)."""
    table = TableBuilder()
    t, m, v = (table.witness_column() for _ in range(3))
    after = table.next_row(t)
    table.require_zero("the range table starts at 0", t, Kind.FIRST)
    table.require_zero("the range table grows by 0 or 1", (after - t) * (after - t - 1), Kind.TRANSITION)
    table.require_zero("the range table ends at 65535", t - (RANGE_SIZE - 1), Kind.LAST)
    table.interact(RANGE_BUS, table.lift(0) - m, t)
    table.interact(RANGE_BUS, table.lift(1), v)
    return table.build((2,))


@dataclass
class Identity:
    """Σ coefficient·cell + constant (+ a sum over a table's rows) = 0 in F, true over the integers by its bounds."""

    name: str
    cells: list[tuple[int, int]] = field(default_factory=list)
    constant: int = 0


@dataclass(frozen=True)
class SumPlace:
    """Where a sum over one segment has its cells and identities: bucket b of limb j is at + j·buckets + b."""

    table: int
    sum: int
    segment: int
    limbs: int
    buckets: int
    first_identity: int
    first_cell: int


@dataclass(frozen=True)
class EquationPlace:
    """The carry cells of one equation, digit e at first_cell + 2e (u) and + 2e + 1 (4u)."""

    first_identity: int
    first_cell: int
    digits: int


@dataclass
class Cells:
    """Every cell of a statement, in order, and every linear identity."""

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
        if self.count > MAX_CELLS:
            raise ParametersRejected(f"the statement needs more than {MAX_CELLS} cells")
        return first


def place_cells(program: Program, publics: tuple[int, ...], rows_log2: list[list[int]]) -> Cells:
    """Lay out cells and identities; rows_log2[table][segment] = k.

    Raises ParametersRejected where a bound does not hold.
    """
    cells = Cells()
    for number, table in enumerate(program.tables):
        for position, total in enumerate(table.sums):
            for segment, k in enumerate(rows_log2[number]):
                buckets = 1 << max(0, k - BUCKET_ROWS_LOG2)
                size = len(total.limbs) * buckets
                first = cells.take(2 * size)
                cells.sums.append(
                    SumPlace(number, position, segment, len(total.limbs), buckets, len(cells.identities), first)
                )
                cells.identities += [
                    Identity(total.name, [(first + 2 * i, -1), (first + 2 * i + 1, -(1 << HIGH_SHIFT))])
                    for i in range(size)
                ]
    cells.unknowns = [(cells.take(unknown.limbs), unknown.limbs) for unknown in program.unknowns]
    cells.lookups = [cells.take(2 * len(lookup.rows)) for lookup in program.lookups]
    for equation in program.equations:
        _place_equation(cells, program, equation, publics)
    return cells


def _place_equation(cells: Cells, program: Program, equation: Equation, publics: tuple[int, ...]) -> None:
    """Digit by digit in radix 2^16: Σ weight·cell + K_e + carry in − 2^16·carry out = 0."""
    digits: dict[int, list[tuple[int, int]]] = {}
    constant = bound = 0
    for term in equation.terms:
        scaled = SCALE * term.coefficient
        if term.kind == SummandKind.SUM:
            for place in cells.sums:
                if (place.table, place.sum) != (term.a, term.b):
                    continue
                for i in range(place.limbs * place.buckets):
                    limb = i // place.buckets
                    digits.setdefault(limb, []).append((place.first_cell + 2 * i, scaled))
                    digits.setdefault(limb + 1, []).append((place.first_cell + 2 * i + 1, term.coefficient))
        elif term.kind == SummandKind.UNKNOWN:
            first, limbs = cells.unknowns[term.a]
            for limb in range(limbs):
                digits.setdefault(limb, []).append((first + limb, scaled))
        elif term.kind == SummandKind.PUBLIC:
            constant += scaled * publics[term.a]
            bound += abs(scaled) * ((1 << program.publics[term.a].bits) - 1)
        else:
            constant += scaled
            bound += abs(scaled)
    count = max(1 + max(digits, default=-1), -(-bound.bit_length() // 16), 1)
    if count > MAX_EQUATION_DIGITS:
        raise ParametersRejected(f"{equation.name}: {count} digits, over {MAX_EQUATION_DIGITS}")
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
