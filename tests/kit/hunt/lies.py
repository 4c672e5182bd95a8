"""Lies of a dishonest prover: columns that are filled falsely, everything after them consistent with the lie."""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from tests.kit.hunt.by_key import sums_by_key
from tests.kit.hunt.more_lies import private_tables
from tests.kit.hunt.traces import Case, Change, Lie, added, at, fixed, part_of, rows_of, shifted, swapped
from zkcompliance.schemas import compute
from zkcompliance.stark.air.program import Op, SummandKind
from zkcompliance.stark.field.babybear import P

WRAP = (P - 1) >> 16  # 2^16·WRAP = −1 in F: limbs that differ by (1, WRAP) carry alike, mod p


def lies(case: Case) -> Iterator[Lie]:
    """False columns, and false cells of the logs: single rows and whole columns, small and large changes."""
    honest = case.honest
    layout = honest.layout()
    changes: list[Change] = [
        lambda v: 1 - v, lambda v: v + 1, lambda v: v - 1, lambda v: v + (1 << 16), lambda v: v - (1 << 16),
        lambda v: 0 * v, lambda v: 0 * v + 1, lambda v: 2 - v, lambda v: v + 5, lambda v: v - 5,
        lambda v: 0 * v + P // 3,
    ]  # fmt: skip
    shapes: dict[int, int] = {}
    for number, instance in enumerate(layout.instances[:-1]):
        table = part_of(instance).table
        shapes[table] = shapes.get(table, 0) + honest.private[number].shape[1]
    for i in range(len(case.compiled.program.unknowns)):
        yield {(-2, i): lambda v: v + 1}, None
    for i, public in enumerate(case.compiled.program.publics):
        for limb in range(public.bits // 16 if public.reveal else 0):
            for amount in (1, -1, 1 << 15, WRAP, P >> 17):
                yield {(-1, 32 * i + limb): lambda v, amount=amount: v + amount}, None
    for table, rows in shapes.items():
        chosen = sorted({0, 1, 2, 3, 7, 8, 9, 15, rows - 1} & set(range(rows)))
        for column in range(honest.program.tables[table].witness):
            for change in changes:
                for part in (*chosen, slice(None), *([[7, 8], [8, 9]] if rows > 8 else [])):

                    def lie(v: np.ndarray, part: object = part, change: Change = change) -> np.ndarray:
                        made = v.copy()
                        made[part] = change(v[part])  # type: ignore[index]
                        return made

                    yield {(table, column): lie}, None
        for first in range(honest.program.tables[table].witness - 1):
            for row in (0, 1, rows - 1):
                for a, b in ((1 << 16, -1), (-(1 << 16), 1), (1, WRAP), (-1, -WRAP)):
                    yield {(table, first): added(row, a), (table, first + 1): added(row, b)}, None
    for name, segments in case.tables.items():
        slot = [log.name for log in case.compiled.program.logs].index(name)
        for column in {a for t in case.compiled.program.tables if t.log == slot for a in t.log_columns}:
            for change in changes:
                for row in (0, 1, 5):
                    spoiled = [s.copy() for s in segments]
                    spoiled[0][column, row] = int(change(spoiled[0][column, row].astype(np.int64))) % P
                    yield {}, {**case.tables, name: spoiled}


def crafted(case: Case) -> Iterator[Lie]:
    """Lies of several columns at once, by what the columns are for."""
    for table in case.compiled.board.tables:
        number = table.number
        named: dict[str, list[int]] = {}
        for column, name in enumerate(table.columns):
            named.setdefault(name, []).append(column)

        def every(change: Change, *names: str, number: int = number, named: dict = named) -> dict:  # type: ignore[type-arg]
            return {(number, c): change for name in names for c in named.get(name, [])}

        yield every(at(7, 8, to=(1, 1)), "where the log ends"), None
        yield every(shifted, "used", "a copy"), None
        yield every(swapped, "a copy"), None
        yield {(number, c): at(1, 2, to=(2, P - 1)) for c in named.get("used", [])}, None
        for c in named.get("compare: equal", []):
            for row in (0, 1):
                yield {(number, c): at(row, to=(1,))}, None
            if "compute" in case.tables and case.publics == {}:  # two ids that differ in one limb only
                spoiled = [s.copy() for s in case.tables["compute"]]
                run, owner = compute.limbs("run"), compute.limbs("owner")
                spoiled[0][list(owner), 1] = spoiled[0][list(run), 1]
                spoiled[0][owner[3], 1] ^= 1
                yield {(number, c): at(1, to=(1,))}, {**case.tables, "compute": spoiled}
        yield every(at(0, 1, to=(1, P - 1)), "used"), None
        for rows in ((5, 6), (6, 7)):
            yield every(at(*rows, to=(1, P - 1)), "found"), None
        yield every(at(5, to=(1,)), "found"), None
        for kind in ("max", "min"):
            limbs = named.get(kind, [])
            for amount in (5, -5, 10, -10):
                for c in limbs[:1]:
                    yield {(number, c): at(by=amount)}, None
                    for row in (2, 3):
                        only = at(*range(8), to=tuple(int(r == row) for r in range(8)))
                        for hit in named["has it"]:
                            yield {(number, c): at(by=amount), (number, hit): only}, None
        for c in named.get("has it", []):
            yield {(number, c): at(1, 3, to=(2, P - 1))}, None
            value = case.publics.get("until", 0)
            nothing = {(number, named["has it"][0]): at(to=(0,))}
            top = {(number, m): at(to=(value >> 16 * j & 0xFFFF,)) for j, m in enumerate(named.get("max", []))}
            yield {(number, named["is empty"][0]): at(to=(1,)), **nothing, **top}, None
            yield {(number, named["is empty"][0]): at(0, to=(1,)), **nothing, **top}, None
        asked = list(named.get("how often it is asked for", []))
        if asked:
            for other in case.compiled.board.tables:
                for g in (c for c, name in enumerate(other.columns) if name == "found"):
                    yield {(number, asked[0]): at(5, to=(1,)), (other.number, g): at(5, to=(1,))}, None
    for name, segments in case.tables.items():
        for source, target in ((0, 1), (1, 0)):
            spoiled = [s.copy() for s in segments]
            spoiled[0][:, target] = spoiled[0][:, source]
            yield {}, {**case.tables, name: spoiled}
    yield from private_tables(case)
    yield from shares(case)
    yield from digits(case)
    yield from carries(case)
    yield from carries_before(case)
    yield from bytes_of(case)
    yield from kept_totals(case)
    yield from kept_sums(case)
    yield from sums_by_key(case)
    yield from segments_apart(case)
    yield from invented_rows(case)
    yield from publics(case)
    yield from unknowns(case)


def shares(case: Case) -> Iterator[Lie]:
    """Shares of utilisation that are a little over 100 %, each limb of 16 bits."""
    low, high = compute.limbs("utilisation")
    for segment in range(len(case.tables.get("compute", []))):
        for row in (0, 1):
            spoiled = [s.copy() for s in case.tables["compute"]]
            spoiled[segment][[low, high], row] = (1_000_005 & 0xFFFF, 1_000_005 >> 16)
            yield {}, {**case.tables, "compute": spoiled}


def digits(case: Case) -> Iterator[Lie]:
    """The same value in digits that are too large or negative: 2^16 more in one, 1 less in the next.

    What is compared with it has not changed: its slack stays what it was.
    """
    for table in case.compiled.board.tables:
        slack = [c for c, name in enumerate(table.columns) if name.endswith(": slack")]
        for c, (name, after) in enumerate(itertools.pairwise(table.columns)):
            if name != after:
                continue
            for row in rows_of(case, table.number, c):
                for step in (1, -1):
                    told = fixed(case, table.number, c, (row, step << 16))
                    told |= fixed(case, table.number, c + 1, (row, -step))
                    yield told, None
                    for other in slack:
                        if other not in (c, c + 1):
                            told |= fixed(case, table.number, other)
                    yield told, None


def carries(case: Case) -> Iterator[Lie]:
    """A carry that is 2^16·c only mod p: 1 more in its digit, 30720 more in it and in the next digit."""
    for table in case.compiled.board.tables:
        for c, name in enumerate(table.columns):
            base, _, number = name.rpartition(", carry ")
            if not base or not number.isdigit():
                continue
            last = max((j for j in range(c) if table.columns[j] in (base, f"{base}: slack")), default=-1)
            first = last
            while first > 0 and table.columns[first - 1] == table.columns[last]:
                first -= 1
            out = first + int(number)
            for row in rows_of(case, table.number, c) if last >= 0 and out < last else ():
                for sign in (1, -1):
                    yield (
                        {
                            **fixed(case, table.number, out, (row, sign)),
                            **fixed(case, table.number, out + 1, (row, sign * WRAP)),
                            **fixed(case, table.number, c, (row, sign * WRAP)),
                        },
                        None,
                    )


def carries_before(case: Case) -> Iterator[Lie]:
    """A digit with its carry that has a column of its own: 2^16 more in it, and with it in the next digit, if any."""
    for table in case.compiled.board.tables:
        for c, name in enumerate(table.columns):
            found = re.fullmatch(r"(.*), carry ([0-9]+), before", name)
            if found is None:
                continue
            outs = [j for j in range(c) if table.columns[j] in (found[1], f"{found[1]}: slack")]
            for row in rows_of(case, table.number, c):
                for step in (1, -1):
                    more = fixed(case, table.number, c, (row, step << 16))
                    yield more, None
                    for out in outs:
                        yield {**more, **fixed(case, table.number, out, (row, step))}, None


EIGHTH = (P - 1) >> 8  # 2^8·EIGHTH = −1 in F: a limb whose high byte is so much more has 1 more in its low byte


def bytes_of(case: Case) -> Iterator[Lie]:
    for table in case.compiled.board.tables:
        for c, name in enumerate(table.columns):
            for row in rows_of(case, table.number, c) if name.endswith(": high byte") else ():
                for amount in (EIGHTH, 2 * EIGHTH, -1):
                    yield fixed(case, table.number, c, (row, amount)), None


def kept_totals(case: Case) -> Iterator[Lie]:
    """A group's total that has 1 too much, as if it had come from the row before."""
    for table in case.compiled.board.tables:
        totals = [c for c, name in enumerate(table.columns) if name == "aggregate"]
        kept = [c for c, name in enumerate(table.columns) if name == "aggregate: kept"]
        for total, own in itertools.product(totals, kept):
            for row in range(3):
                more = fixed(case, table.number, total, (row + 1, 1))
                yield {**more, **fixed(case, table.number, own, (row, 1))}, None


def kept_sums(case: Case) -> Iterator[Lie]:
    """The sum of a row that has 1 too much, as if it had come from the row before in the table of another order."""
    tables = case.compiled.board.tables
    told = [
        (t.number, t.columns.index("running sum")) for t in tables if t.log is not None and "running sum" in t.columns
    ]
    kept = [(t.number, t.columns.index("running sum: kept")) for t in tables if "running sum: kept" in t.columns]
    for (table, total), (ordered, own) in itertools.product(told, kept):
        for row, before in itertools.product(rows_of(case, table, total), range(8)):
            yield {**fixed(case, table, total, (row, 1)), **fixed(case, ordered, own, (before, 1))}, None


def segments_apart(case: Case) -> Iterator[Lie]:
    """States that one segment has otherwise than the other."""
    for table in case.compiled.board.tables:
        for c, name in enumerate(table.columns):
            if len(case.columns[table.number, c]) < 16 or name not in ("the row before", "the row after", "max", "min"):
                continue
            for start, end in ((8, 9), (8, 10), (8, 11), (8, 16), (9, 16), (10, 16), (0, 8), (1, 8), (2, 8)):
                for amount in (1, -1):
                    yield fixed(case, table.number, c, *((row, amount) for row in range(start, end))), None


def invented_rows(case: Case) -> Iterator[Lie]:
    """A private table with one row where there is none, and with none."""
    for table in case.compiled.board.tables:
        own = [c for c, name in enumerate(table.columns) if name in ("used", "a copy")]
        for there in (0, 1):
            row = [there] + [0] * 7
            lie = {(table.number, c): lambda _, row=row: np.array(row, np.int64) for c in own}
            if own and len(case.columns[table.number, own[0]]) == 8:
                yield lie, None


def limb(case: Case, public: int, number: int, amount: int) -> dict[tuple[int, int], Change]:
    value = (case.honest.publics[public] >> 16 * number & 0xFFFF) + amount
    return {(-1, 32 * public + number): lambda _: np.array([value], np.int64)}


def publics(case: Case) -> Iterator[Lie]:
    """Derived publics: digits that agree mod p only, bits that are not 0 or 1 and have the same total."""
    program = case.compiled.program
    for i, public in enumerate(program.publics):
        for j in range(public.bits // 16 - 1 if public.reveal else 0):
            for sign in (1, -1):
                yield {**limb(case, i, j, sign), **limb(case, i, j + 1, sign * WRAP)}, None
    bits: dict[str, list[tuple[int, int]]] = {}
    for constraint in program.tables[0].constraints:
        if (found := re.fullmatch(r"(.*: bits): 0 or 1( [(][0-9]+[)])?", constraint.name)) is not None:
            own = bits.setdefault(found[1], [])
            below = nodes_below(program.tables[0].nodes, constraint.node)
            own.append(next((a, b) for op, a, b in below if op == Op.PUBLIC))
    for own in bits.values():
        value = sum(1 << k for k, (a, b) in enumerate(own) if case.honest.publics[a] >> 16 * b & 0xFFFF)
        for k in range(len(own)):
            if 2 <= value >> k < 1 << 16:
                told = [value >> i & 1 if i < k else value >> k if i == k else 0 for i in range(len(own))]
                keys = [(-1, 32 * a + b) for a, b in own]
                yield {key: lambda _, v=v: np.array([v]) for key, v in zip(keys, told, strict=True)}, None


def nodes_below(nodes: Sequence[tuple[int, int, int]], node: int) -> Iterator[tuple[int, int, int]]:
    op, a, b = nodes[node]
    yield op, a, b
    if op in (Op.ADD, Op.SUB, Op.MUL):
        yield from nodes_below(nodes, a)
        yield from nodes_below(nodes, b)


def unknowns(case: Case) -> Iterator[Lie]:
    """For each equation, unknowns that break it and no other, if there are: a solution of all others."""
    program, honest = case.compiled.program, case.honest.unknowns
    coefficients = []
    for equation in program.equations:
        row = [0] * len(program.unknowns)
        for term in equation.terms:
            if term.kind == SummandKind.UNKNOWN:
                row[term.a] += term.coefficient
        coefficients.append(tuple(row))
    for vector in directions(tuple(coefficients), len(program.unknowns)):
        for sign in (1, -1):
            told = [value + sign * v for value, v in zip(honest, vector, strict=True)]
            if all(0 <= v < 1 << 16 * u.limbs for v, u in zip(told, program.unknowns, strict=True)):
                yield {(-2, i): lambda _, v=v: np.array([v], object) for i, v in enumerate(told)}, None


@functools.lru_cache(maxsize=64)
def directions(rows: tuple[tuple[int, ...], ...], size: int) -> list[list[int]]:
    """The vectors x for which rows·x is 0 but in one row: for each row those that span the solutions of all others."""
    return [
        vector
        for number, row in enumerate(rows)
        for vector in null_space([list(r) for i, r in enumerate(rows) if i != number], size)
        if sum(c * v for c, v in zip(row, vector, strict=True)) != 0
    ]


def null_space(rows: list[list[int]], size: int) -> list[list[int]]:
    """Integer vectors that span the solutions x of rows·x = 0."""
    matrix = [[Fraction(v) for v in row] for row in rows]
    pivots: dict[int, list[Fraction]] = {}
    for row in matrix:
        for column, pivot in pivots.items():
            row = [a - row[column] * b for a, b in zip(row, pivot, strict=True)]
        lead = next((i for i, v in enumerate(row) if v), None)
        if lead is None:
            continue
        row = [v / row[lead] for v in row]
        pivots = {c: [a - p[lead] * b for a, b in zip(p, row, strict=True)] for c, p in pivots.items()}
        pivots[lead] = row
    found = []
    for own in (i for i in range(size) if i not in pivots):
        vector = [Fraction(i == own) for i in range(size)]
        for column, pivot in pivots.items():
            vector[column] = -pivot[own]
        scale = 1
        for v in vector:
            scale = math.lcm(scale, v.denominator)
        found.append([int(v * scale) for v in vector])
    return found
