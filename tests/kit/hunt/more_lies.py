"""Lies about rows in private tables: absence and membership, the extremes of groups, answers from other rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from tests.kit.hunt.traces import Case, Lie, at
from zkcompliance.stark.field.babybear import P


def private_tables(case: Case) -> Iterator[Lie]:
    for table in case.compiled.board.tables:
        number, names = table.number, table.columns
        yield from places(number, names)
        yield from equal_flags(number, names)
        yield from sides(number, names)
        yield from group_extremes(number, names)
        yield from parts_of_one_value(number, names)


def places(table: int, names: list[str]) -> Iterator[Lie]:
    """The number of a row in digits that are too large or negative; numbers that begin at 1."""
    columns = [column for column, name in enumerate(names) if name == "place"]
    for low, high in zip(columns[::2], columns[1::2], strict=True):
        yield {(table, low): at(by=1)}, None
        for row, sign in itertools.product((2, 7), (1, -1)):
            yield {(table, low): at(row, by=-sign << 16), (table, high): at(row, by=sign)}, None


def equal_flags(table: int, names: list[str]) -> Iterator[Lie]:
    """Keys or limbs that are said to be the same on two rows: one of them, or all."""
    for row, what in itertools.product((0, 1, 2), ("equal so far", "equal limbs")):
        flags = {c: name for c, name in enumerate(names) if name.endswith(f": {what}")}
        for gadget in set(flags.values()):
            yield {(table, c): at(row, to=(1,)) for c, name in flags.items() if name == gadget}, None
        for c in flags:
            yield {(table, c): at(row, to=(1,))}, None


def sides(table: int, names: list[str]) -> Iterator[Lie]:
    """Two rows, of the set or asking, that are both neither, or change places."""
    for column, name in enumerate(names):
        for row in range(6 if name in ("of the set", "in the set") else 0):
            for to in ((0, 1), (1, P - 1), (1, 1)):
                yield {(table, column): at(row, row + 1, to=to)}, None


def group_extremes(table: int, names: list[str]) -> Iterator[Lie]:
    """A group's largest or least that no row has, that some row passes, or that two rows have a part of."""
    for row, had in itertools.product((0, 1, 2), (c for c, name in enumerate(names) if name == "had so far")):
        yield {(table, had): at(row, by=1)}, None
    for kind in ("max", "min"):
        limbs = [c for c, name in enumerate(names) if name == f"{kind} of the group"]
        slack = [c for c, name in enumerate(names) if name == f"{kind} of the group bounds each row: slack"]
        for hit in (c for c, name in enumerate(names) if name == "attains it" and limbs):
            for first_row, size in itertools.product(range(5), (1, 2, 3)):
                rows = range(first_row, first_row + size)
                for amount in (4, -4, 1, -1):
                    moved = {(table, limbs[0]): at(*rows, by=amount)}
                    yield moved, None
                    yield {**moved, (table, hit): at(*rows, to=(0,) * size)}, None
                    for row in rows:
                        below = {(table, c): at(row, to=(P - 4 if c == slack[0] else 0,)) for c in slack}
                        yield {**moved, **below}, None
                if size == 2:
                    for parts in ((2, P - 1), (P - 1, 2)):
                        yield {(table, hit): at(*rows, to=parts)}, None


def parts_of_one_value(table: int, names: list[str]) -> Iterator[Lie]:
    """Limbs of one value of which one is 2^16 too large and the next 1 too small, or the other way."""
    for a, (name, after) in enumerate(itertools.pairwise(names)):
        if name == after and name in ("digits", "add", "aggregate", "sum so far"):
            for rows, sign in itertools.product(((7,), (-1,), ()), (1, -1)):  # no row after the last one carries on
                yield {(table, a): at(*rows, by=sign << 16), (table, a + 1): at(*rows, by=-sign)}, None
        if name in ("add", "aggregate"):
            yield {(table, a): at(by=1)}, None
