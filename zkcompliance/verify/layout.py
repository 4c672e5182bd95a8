"""Where sums, unknowns, public tables and equations stand among the cells and the identities (docs/spec/buses.md).

All of it follows from the statement and the programs of its claims. Whether the statement is tall, so that the A and B
of its sums stand in columns of their own and only their totals are cells, is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zkcompliance import limits
from zkcompliance.errors import ParametersRejected
from zkcompliance.verify.codec import at_most
from zkcompliance.verify.program import (
    ONE_TERM,
    PRIVATE_TABLE,
    PUBLIC_TERM,
    SUM_TERM,
    UNKNOWN_TERM,
    Equation,
    Program,
    Table,
)
from zkcompliance.verify.statement import ClaimStatement, Statement

MAX_DIGIT_WEIGHT = (1 << 13) - 2
BUCKET_LOG2 = 14  # rows of a bucket, so that its sum of 16-bit limbs is below p
CARRY_OFFSET = 1 << 13
TALLIED_BUCKETS = 4  # with fewer, A and B of a limb are fewer cells than its totals
TOTALS = 5  # cells of a limb whose A and B are tallies: a0, a1, b0, b1, b2
TOTAL_IDENTITIES = 3  # and the identities that they are in


class SumsPlace(NamedTuple):
    """The sums of one table over one segment, limb by limb: limb i (of all its sums) has the identities of its buckets,
    first + i·buckets … first + (i + 1)·buckets − 1, and the cells of their A and B, from cell + 2·i·buckets.

    Where A and B are tallies, limb i has three identities more, from totals + 3·i, and its cells are TOTALS from
    cell + TOTALS·i.
    """

    first: int
    totals: int  # the identity after those of all buckets
    cell: int
    buckets: int
    tallied: bool


class EquationPlace(NamedTuple):
    """One equation: `digits` identities and digits − 1 for the carries' range; 2·(digits − 1) cells."""

    first_identity: int
    first_cell: int
    digits: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is; of the tuples of tuples the outer one goes by claim."""

    sums: dict[tuple[int, int], tuple[SumsPlace, ...]]  # (claim, table) → one for each segment of its slot, or one
    unknowns: tuple[tuple[int, ...], ...]  # first cell of each
    lookups: tuple[tuple[int, ...], ...]  # first cell of each
    equations: tuple[tuple[EquationPlace, ...], ...]
    cells: int
    identities: int


def buckets(k: int) -> int:
    """G = max(1, N/2^14)."""
    return 1 << max(0, k - BUCKET_LOG2)


def has_tallies(k: int) -> bool:
    """Whether the A and B of a table of 2^k rows are tallies in a tall statement."""
    return buckets(k) >= TALLIED_BUCKETS


def limbs_of(table: Table) -> int:
    """Of all its sums."""
    return sum(len(item.limbs) for item in table.sums)


def table_sizes(statement: Statement, claim: ClaimStatement, table: Table) -> list[int]:
    """log2 of the rows of each segment of a table, in the order of their ORDINAL; a private table counts as one."""
    if table.kind == PRIVATE_TABLE:
        return [claim.private[table.index]]
    return [entry.k for log in claim.slots[table.index] for entry in statement.logs[log].entries]


def is_tall(statement: Statement, programs: Sequence[Program]) -> bool:
    """Whether the A and B of all sums are more than may be cells."""
    count = 0
    for claim, program in zip(statement.claims, programs, strict=True):
        for table in program.tables:
            count += 2 * limbs_of(table) * sum(map(buckets, table_sizes(statement, claim, table)))
    return count > limits.MAX_DIRECT_CELLS


def lay_out(statement: Statement, programs: Sequence[Program], tall: bool) -> Layout:
    """Raises LimitExceeded for too many cells, ParametersRejected for an equation that does not fit the field."""
    terms = sum(len(equation.terms) for program in programs for equation in program.equations)
    at_most(terms, limits.MAX_EQUATION_TERMS, "terms of all equations")
    claims = list(zip(statement.claims, programs, strict=True))
    identities = cells = 0
    sums: dict[tuple[int, int], tuple[SumsPlace, ...]] = {}
    for c, (claim, program) in enumerate(claims):
        for t, table in enumerate(program.tables):
            limbs = limbs_of(table)
            found: list[SumsPlace] = []
            for k in table_sizes(statement, claim, table) if limbs else ():
                totals, tallied = identities + limbs * buckets(k), tall and has_tallies(k)
                found.append(SumsPlace(identities, totals, cells, buckets(k), tallied))
                identities = totals + (TOTAL_IDENTITIES * limbs if tallied else 0)
                cells += limbs * (TOTALS if tallied else 2 * buckets(k))
            sums[c, t] = tuple(found)
    unknowns: list[tuple[int, ...]] = []
    for program in programs:
        first: list[int] = []
        for unknown in program.unknowns:
            first.append(cells)
            cells += unknown.limbs
        unknowns.append(tuple(first))
    lookups: list[tuple[int, ...]] = []
    for program in programs:
        first = []
        for lookup in program.lookups:
            first.append(cells)
            cells += 2 * len(lookup.rows)
        lookups.append(tuple(first))
    equations: list[tuple[EquationPlace, ...]] = []
    for c, program in enumerate(programs):
        where: list[EquationPlace] = []
        counts = [_counts(sums[c, t]) for t in range(len(program.tables))]
        for equation in program.equations:
            digits = _digits(equation, program, counts)
            where.append(EquationPlace(identities, cells, digits))
            identities += 2 * digits - 1
            cells += 2 * digits - 2
        equations.append(tuple(where))
    at_most(cells, limits.MAX_CELLS, "cells")
    return Layout(sums, tuple(unknowns), tuple(lookups), tuple(equations), cells, identities)


def _counts(places: Sequence[SumsPlace]) -> tuple[int, ...]:
    """What limb j of a table's sums weighs at the digits j, j + 1, …, in units of |C|, over all segments.

    Each bucket has 4 (A) and 1 (B); where they are tallies, each segment has 4 (a0), 2 (a1 and b0) and 1 (b1).
    """
    direct = sum(place.buckets for place in places if not place.tallied)
    tallied = sum(place.tallied for place in places)
    weights = (4 * (direct + tallied), direct + 2 * tallied, tallied)
    return weights if tallied else weights[:2]


def _digits(equation: Equation, program: Program, counts: Sequence[tuple[int, ...]]) -> int:
    """The number of base-2^16 digits n; also checks Σ|weight| ≤ 2^13 − 2 at each of them. counts: of each table."""
    weights = [0] * (limits.MAX_EQUATION_DIGITS + 2)
    constant = 0  # K_max
    digits = 1
    for term in equation.terms:
        size = abs(term.coefficient)
        if term.kind == SUM_TERM:
            limbs = len(program.tables[term.a].sums[term.b].limbs)
            for j in range(limbs):
                for above, weight in enumerate(counts[term.a]):
                    weights[j + above] += weight * size
            digits = max(digits, limbs + len(counts[term.a]) - 1)
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
