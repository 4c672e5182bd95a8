"""How fractions share extension columns: fewer columns cost more quotient chunks (docs/adr/0004)."""

from __future__ import annotations

from dataclasses import replace

from zkcompliance.stark.air.program import Interaction, TableAir
from zkcompliance.stark.air.shape import Instance, chunk_count
from zkcompliance.stark.air.union import base
from zkcompliance.stark.profiles import STANDARD, degree_bound

K = 17  # the shape that costs are compared at
MOST_CHUNKS = 4  # what every profile allows


def chunks_of(table: TableAir, k: int = K, kappa: int = K) -> int:
    """Quotient chunks of a table of 2^k rows with the capacity 2^κ."""
    return chunk_count(degree_bound(kappa), [Instance(table, k, kappa, STANDARD.mask)])


def grouped(tables: list[TableAir]) -> list[TableAir]:
    """The tables with their interactions dealt to the cheapest groups, as if all had the height of one log:
    6·(extension columns) + 6·(chunks) is least, the bases' chunks counted in. Fractions with dearer tuples come first.
    """
    best: tuple[int, list[TableAir]] | None = None
    for most in range(base_chunks(tables), MOST_CHUNKS + 1):
        dealt = [_deal(table, _ordered(table), most) for table in tables]
        fitting = [table for table in dealt if table is not None and chunks_of(table) <= most]
        if len(fitting) == len(tables):
            cost = 6 * sum(len(table.groups) for table in fitting) + 6 * most
            if best is None or cost < best[0]:
                best = (cost, fitting)
    if best is None:
        raise OverflowError("constraints of too high a degree")
    return best[1]


def base_chunks(tables: list[TableAir]) -> int:
    """What the asks for short columns need, of the log that has most of them: at least 1."""
    logs = {table.log for table in tables} - {None}
    short = [{column for table in tables if table.log == log for column in table.short} for log in logs]
    bases = [base(sorted(columns), tallies=False) for columns in short]
    return max([1, *(chunks_of(replace(made, groups=(*made.groups, 0))) for made in bases)])


def _ordered(table: TableAir) -> tuple[Interaction, ...]:
    degrees = Instance(table, K, K, STANDARD.mask).node_degrees
    return tuple(sorted(table.interactions, key=lambda i: -max([degrees[n] for n in i.nodes], default=0)))


def _deal(table: TableAir, order: tuple[Interaction, ...], most: int) -> TableAir | None:
    """First fit from the front; what remains at the end goes beside acc."""

    def fits(part: tuple[Interaction, ...], last: bool) -> bool:
        groups = (len(part),) if last else (len(part), 0)
        sums = table.sums if last else ()
        return chunks_of(replace(table, interactions=part, groups=groups, constraints=(), sums=sums)) <= most

    groups: list[tuple[Interaction, ...]] = []
    rest = order
    while not fits(rest, True):
        size = 0
        while size < len(rest) and fits(rest[: size + 1], False):
            size += 1
        if size == 0:
            return None
        groups.append(rest[:size])
        rest = rest[size:]
    # the front group may be taken smaller so that the last is as full as it can be: the count of groups is the same
    interactions = tuple(i for group in (*groups, rest) for i in group)
    return replace(table, interactions=interactions, groups=(*map(len, groups), len(rest)))
