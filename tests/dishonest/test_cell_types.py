"""What an accepted proof says of each type of cell: the table of docs/spec/log.md, held against programs.

For each type a claim is compiled that reads such a column, in each way in which a claim can, or does not read it. The
dishonest sealer commits to any field elements, in a row and in padding; a cell is within what the page says if and only
if there is a true trace.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import zkcompliance
from tests.kit.catalogue_claims import compiled as of_catalogue
from tests.kit.catalogue_claims import definition as in_catalogue
from tests.kit.catalogue_claims import examples, inputs
from tests.kit.compiled_trial import Trial, padded, proved_by_anyone, trial, unsealed
from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.claim import catalogue
from zkcompliance.claim.compile import Compiled, compile_claim
from zkcompliance.claim.language import LogTable, base, claim, lookup, require, reveal, same_rows
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.language.expr import Expr
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.errors import BalanceMismatch
from zkcompliance.schemas import Column, Schema
from zkcompliance.stark.field.babybear import P
from zkcompliance.verify.verifier import verify_bundle

PAGE = Path(zkcompliance.__file__).parents[1] / "docs" / "spec" / "log.md"
CELLS = Schema(
    "cells",
    (
        Column("moment", "time"),
        Column("work", "flop"),
        Column("number", "count"),
        Column("share", "ppm"),
        Column.share("grade"),
        Column("name", "id"),
        Column("kind", "enum", ("a", "b", "c")),
        Column("truth", "bool"),
        Column("zero", "count"),
    ),
)
OF_TYPE = {column.type_text.partition("(")[0]: column.name for column in CELLS.columns[:-1]}
TYPES = sorted(OF_TYPE)
REAL, PADDING, REAL_ROWS = 1, 5, 3


class Cells(LogTable, schema=CELLS):
    """Rows with a column of each type; `zero` is 0 on all of them."""


def read(table: LogTable, name: str) -> Expr:
    column = CELLS.column(name)
    return table[name] if column.missing is None else table[name].or_else(column.missing)


def condition(value: Expr, kind: str) -> Expr:
    """Some condition on a value of each type."""
    literals = {"ppm": "50%", "ppm?": "50%", "id": "x", "enum": "b"}
    if kind == "bool":
        return value
    return value == literals[kind] if kind in ("id", "enum") else value <= literals.get(kind, 70_000)


def by_condition(t: LogTable, o: LogTable, kind: str) -> None:
    require("a", t.every(condition(read(t, OF_TYPE[kind]), kind) | (t.zero == 0)))


def by_selection(t: LogTable, o: LogTable, kind: str) -> None:
    require("a", t.where(condition(read(t, OF_TYPE[kind]), kind)).count() <= 10)


def by_key(t: LogTable, o: LogTable, kind: str) -> None:
    require("a", t.group_by(read(t, OF_TYPE[kind])).count() <= 10)


def by_row_before(t: LogTable, o: LogTable, kind: str) -> None:
    value = read(t, OF_TYPE[kind])
    require("a", t.every((value == value.previous(default={"enum": "a", "id": "", "bool": True}.get(kind, 0)))
                         | (t.zero == 0)))  # fmt: skip


def by_lookup(t: LogTable, o: LogTable, kind: str) -> None:
    value = read(t, OF_TYPE[kind])
    default = {"enum": "a", "id": "", "bool": False}.get(kind, 0)
    rows = t.where(t.zero == 1)  # none
    wanted = rows[OF_TYPE[kind]] if CELLS.column(OF_TYPE[kind]).missing is None else read(rows, OF_TYPE[kind])
    require("a", o.every(condition(lookup(o.zero, rows.zero, wanted, default=default), kind) | (o.zero == 0)))
    require("b", t.every(condition(value, kind) | (t.zero == 0)))


def by_total(t: LogTable, o: LogTable, kind: str) -> None:
    """A total that three rows never pass; what has no total is counted."""
    value = read(t, OF_TYPE[kind])
    most = {"flop": 1 << 98, "count": 1 << 34, "ppm": 4 * 10**6, "ppm?": 4 * 10**6}
    require("a", value.sum() <= most[kind] if kind in most else condition(value, kind).count() <= 10)


def by_reveal(t: LogTable, o: LogTable, kind: str) -> None:
    value = read(t, OF_TYPE[kind])
    reveal("r", condition(value, kind).count())
    require("a", t.every(t.zero == 0))


def by_same_rows(t: LogTable, o: LogTable, kind: str) -> None:
    """The side that is checked."""
    require("a", same_rows(read(t.where(t.zero == 1), OF_TYPE[kind]), read(o.where(o.zero == 1), OF_TYPE[kind])))


WAYS: dict[str, Callable[[LogTable, LogTable, str], None]] = {
    way.__name__: way
    for way in (
        by_condition, by_selection, by_key, by_row_before, by_lookup, by_total, by_reveal, by_same_rows,
    )
}  # fmt: skip


def unread(t: LogTable, o: LogTable, kind: str) -> None:
    require("a", t.every(t.zero == 0))


def other_side(t: LogTable, o: LogTable, kind: str) -> None:
    """The side of `same_rows` that need not be checked, for rows that are not compared."""
    require("a", same_rows(read(o.where(o.zero == 1), OF_TYPE[kind]), read(t.where(t.zero == 1), OF_TYPE[kind])))


@functools.cache
def made(way: Callable[[LogTable, LogTable, str], None], kind: str) -> tuple[ClaimDefinition, Compiled]:
    def body(cells: Cells, other: Cells) -> None:
        """Something that holds whatever the column has."""
        way(cells, other, kind)
        require("few", other.count() <= 10)

    definition = claim("cells")(body)
    return definition, compile_claim(definition)


def table(name: str = "zero", row: int = 0, limbs: tuple[int, ...] = (0, 0)) -> np.ndarray:
    """Three real rows of zeros and five of padding, with these limbs in one cell."""
    cells = np.zeros((CELLS.width, 8), np.uint32)
    cells[0, :REAL_ROWS] = 1
    cells[list(CELLS.limbs(name)), row] = limbs
    return cells


def cells_of(name: str) -> list[tuple[int, ...]]:
    """Limbs at the edges of a type and past them, one limb at a time and all together."""
    column = CELLS.column(name)
    edges = {0, 1, column.largest, column.largest + 1, (1 << 16 * column.limbs) - 1}
    found = {tuple(value >> 16 * j & 0xFFFF for j in range(column.limbs)) for value in edges}
    for limb, value in itertools.product(range(column.limbs), (65535, 65536, 1 << 20, P - 1)):
        found.add(tuple(value if j == limb else 0 for j in range(column.limbs)))
    return sorted(found)


def true_trace(compiled: Compiled, cells: np.ndarray) -> bool:
    """Whether the honest prover's witness is one."""
    try:
        return trial(compiled, {"cells": [cells], "other": [table()]}, {}).failures() == []
    except (ArithmeticError, ValueError, IndexError):  # no witness can be filled in for what is in no type
        return False


Within = Callable[[tuple[int, ...]], bool]


def integer(limbs: tuple[int, ...]) -> int | None:
    """Σ 2^(16j)·limb_j; None where a limb has more than 16 bits."""
    return None if max(limbs) >> 16 else sum(limb << 16 * j for j, limb in enumerate(limbs))


def meant(said: str, column: Column) -> Within:
    """What the page says of a cell, as a test of its limbs."""
    if said == "anything":
        return lambda limbs: True
    if said == "an index into its list":
        top = len(column.choices) - 1
    elif said == "0 or 1":
        top = 1
    else:
        bound = re.fullmatch(r"0 … (?:2\^([0-9]+) − 1|([0-9,]+))", said)
        assert bound is not None, said
        top = (1 << int(bound[1])) - 1 if bound[1] else int(bound[2].replace(",", ""))
    return lambda limbs: (value := integer(limbs)) is not None and value <= top


def page() -> dict[str, tuple[str, str]]:
    """type → what the page says of a column that is read, and of one that is not."""
    section = PAGE.read_text("utf-8").partition("## What an accepted proof says of a cell")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| ([a-z?]+) \| (.+?) \| (.+?) \|$", section, re.MULTILINE)
    return {kind: (whole, none) for kind, whole, none in lines if kind != "cell"}


def test_the_page_has_every_type() -> None:
    assert sorted(page()) == sorted(["act", *TYPES])
    assert set(OF_TYPE) == {c.type_text.partition("(")[0] for schema in schemas.CATALOGUE for c in schema.columns}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("way", WAYS)
def test_a_cell_that_is_read_is_within_its_type(way: str, kind: str) -> None:
    _, compiled = made(WAYS[way], kind)
    name = OF_TYPE[kind]
    within = meant(page()[kind][0], CELLS.column(name))
    for row, limbs in itertools.product((REAL, PADDING), cells_of(name)):
        assert true_trace(compiled, table(name, row, limbs)) is within(limbs), (row, limbs)


@pytest.mark.parametrize("kind", TYPES)
def test_no_other_witness_takes_a_cell_for_one_of_its_type(kind: str) -> None:
    """Each private column of the log's rows is 0 or 1 on that row, alone and in pairs: no trace is true."""
    _, compiled = made(by_condition, kind)
    name = OF_TYPE[kind]
    within = meant(page()[kind][0], CELLS.column(name))
    columns = range(compiled.board.tables[0].witness)
    false = [limbs for limbs in cells_of(name) if not within(limbs)]
    for limbs in {*false[:3], *false[-3:]}:
        given = {"cells": [table(name, REAL, limbs)], "other": [table()]}
        for some in [*((c,) for c in columns), *itertools.combinations(columns, 2)][:40]:
            for values in itertools.product((0, 1), repeat=len(some)):
                lies = {(0, c): lie(to) for c, to in zip(some, values, strict=True)}
                assert trial(compiled, given, {}, lies=lies).failures()


def lie(to: int) -> Callable[[np.ndarray], np.ndarray]:
    def told(values: np.ndarray) -> np.ndarray:
        values = values.copy()
        values[REAL] = to
        return values

    return told


@pytest.mark.parametrize("kind", TYPES)
def test_a_cell_that_is_not_read_is_anything(kind: str) -> None:
    definition, compiled = made(unread, kind)
    name = OF_TYPE[kind]
    within = meant(page()[kind][1], CELLS.column(name))
    for row, limbs in itertools.product((REAL, PADDING), cells_of(name)):
        cells = table(name, row, limbs)
        assert true_trace(compiled, cells) is within(limbs) is True
        assert interpret(definition, {"cells": [cells], "other": [table()]}, {}).holds


@pytest.mark.parametrize("kind", TYPES)
def test_one_side_of_same_rows_is_checked_where_rows_are_compared(kind: str) -> None:
    """Of the types that the page names: elsewhere anything. A row that is compared is the same as a checked one."""
    _, compiled = made(other_side, kind)
    name = OF_TYPE[kind]
    column = CELLS.column(name)
    bare = kind in ("time", "flop", "count", "id")
    within = meant("anything" if bare else page()[kind][0], column)
    for row, limbs in itertools.product((REAL, PADDING), cells_of(name)):
        assert true_trace(compiled, table(name, row, limbs)) is within(limbs), (row, limbs)
        here, there = table(name, REAL, limbs), table(name, REAL, limbs)
        here[CELLS.limbs("zero")[0], REAL] = there[CELLS.limbs("zero")[0], REAL] = 1
        same = trial(compiled, {"cells": [here], "other": [there]}, {}).failures() == []
        assert same is meant(page()[kind][0], column)(limbs), limbs


@pytest.mark.parametrize("kind", TYPES)
def test_act_is_0_or_1(kind: str) -> None:
    within = meant(page()["act"][0], Column("act", "bool"))
    for way in (unread, *WAYS.values()):
        _, compiled = made(way, kind)
        for row, act in itertools.product((REAL, PADDING), (0, 1, 2, 65535, 65536, P - 1)):
            cells = table()
            cells[0, row] = act
            assert true_trace(compiled, cells) is within((act,)), (way, row, act)


def test_proofs_are_accepted_and_refused_alike() -> None:
    """The real prover and verifier, on a column of each kind and all others anything."""
    _, compiled = made(by_condition, "ppm")
    cells, other = table(), {"other": [table()]}
    kept = {0, *CELLS.limbs("share"), *CELLS.limbs("zero")}
    cells[[c for c in range(CELLS.width) if c not in kept]] = P - 1
    cells[CELLS.limbs("share")[0], PADDING:] = 65535
    verify_bundle(proved_by_anyone(compiled, {"cells": [cells], **other}, {}), program_digests=None)
    for row in (REAL, PADDING):
        over = table("share", row, (16961, 15))
        with pytest.raises(BalanceMismatch):
            verify_bundle(proved_by_anyone(compiled, {"cells": [over], **other}, {}), program_digests=None)


@pytest.mark.parametrize("module", ["training_compute_below", "evals_cadence", "incidents_reported_in_time"])
def test_real_rows_may_stand_anywhere(module: str) -> None:
    """Whatever stands in the padding between them: a claim says the same of them."""
    for example in examples(module):
        tables, publics = inputs(module, example)
        spread = {name: [apart(part) for part in parts] for name, parts in tables.items()}
        assert interpret(in_catalogue(module), spread, publics).failing == example.failing
        case = trial(of_catalogue(module), spread, publics)
        assert (case.failures() == []) is (not example.failing), example.text


def apart(columns: np.ndarray) -> np.ndarray:
    """The real rows, each after one of padding that has another row's cells, and padding to the end."""
    real = columns[:, columns[0] == 1]
    found = np.zeros((real.shape[0], 2 * real.shape[1]), np.uint32)
    found[:, 1::2] = real
    found[1:, ::2] = real[1:, ::-1]
    return padded(found)


def test_rows_that_are_unchanged_are_of_no_type() -> None:
    """Cells are compared as they are; act alone is 0 or 1."""
    unchanged = catalogue.load("rows-unchanged-note")
    note = base(serial=1, cap="c", giver="a", taker="b", amount=1)
    wild = padded(encode_rows(schemas.note, [note(), note(serial=1)]))
    wild[schemas.note.limbs("amount")[2], 0] = P - 1
    wild[schemas.note.limbs("source")[0], 1] = 77
    acting = wild.copy()
    acting[0, 0] = 2
    publics = {"old_segments": 1, "new_segments": 1}
    for old, new, holds in ((wild, wild, True), (acting, acting, False), (wild, padded(wild[:, :1]), False)):
        tables = {"old": [old], "new": [new]}
        found = unchanged.witness(tables, publics)
        sealed = [unsealed(t, schemas.note.digest) for t in (old, new)]
        values = [publics[public.name] for public in unchanged.program.publics]
        case = Trial(unchanged.program, sealed, found.private, found.unknowns, values, (1, 1))
        assert (case.failures() == []) is holds
