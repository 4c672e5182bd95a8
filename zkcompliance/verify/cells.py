"""The layout of cells and linear identities: which cell and which identity stands for what (docs/spec/buses.md).

Only public shapes enter. Nothing is unrolled before the number of cells is known to be within its limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from zkcompliance import limits
from zkcompliance.errors import ParametersRejected
from zkcompliance.verify.program import ONE_TERM, PUBLIC_TERM, SUM_TERM, UNKNOWN_TERM, Equation, Program
from zkcompliance.verify.reader import at_most
from zkcompliance.verify.statement import Statement
from zkcompliance.verify.table import PRIVATE_TABLE, Table

MAX_DIGIT_WEIGHT = (1 << 13) - 2
BUCKET_LOG2 = 14  # rows of a bucket, so that its sum of 16-bit limbs is below p
CARRY_OFFSET = 1 << 13


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
