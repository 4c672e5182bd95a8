"""Programs and expressions: canonical bytes, the digest, shared nodes."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from tests.kit import support
from tests.kit.support import CLAIM
from zkcompliance.stark.air.builder import TableBuilder
from zkcompliance.stark.air.program import Kind, Lookup, Op, PublicBit
from zkcompliance.verify.program import decode_program


def test_both_sides_read_the_same_bytes() -> None:
    decoded = decode_program(CLAIM.program_bytes)
    assert decoded.encode() == CLAIM.program_bytes
    assert decoded.digest == CLAIM.program_digest == sha256(CLAIM.program_bytes).digest()


def test_one_digest_for_every_limit_and_log_size() -> None:
    a = support.prover([support.seal(support.table(support.ROWS))])
    b = support.prover([support.seal(support.table([], 5), "b")], {"limit": 7, "phases": 1})
    assert support.only(a.statement).program.digest == support.only(b.statement).program.digest


def test_equal_expressions_share_a_node() -> None:
    table = TableBuilder()
    x, y = table.log_column(3), table.witness_column()
    assert (x + y).index == (x + y).index and (x * 2).index == (x * 2).index
    assert (x - y).index != (y - x).index
    assert table.next_row(y).index == table.next_row(y).index != y.index


def test_constants_are_reduced() -> None:
    table = TableBuilder()
    assert table.lift(-1).index == table.lift(support.P - 1).index


def test_expressions_have_no_truth() -> None:
    with pytest.raises(TypeError):
        bool(TableBuilder().log_column(0))


def test_built_tables_list_their_columns() -> None:
    table = TableBuilder()
    a, b = table.witness_column(), table.witness_column()
    table.require_zero("grows", table.next_row(b) - a, Kind.TRANSITION)
    table.require_16_bits(table.log_column(5), table.log_column(2))
    air = table.build((0,))
    assert (
        air.log_columns == air.short == (2, 5)
        and not air.interactions
        and air.next_columns == (1,)
        and air.witness == 2
    )
    assert [op for op, _, _ in air.nodes].count(Op.NEXT) == 1


def test_lookup_values() -> None:
    lookup = Lookup(((7, PublicBit(0, 3)), (PublicBit(1, 0), 9)))
    assert lookup.values((8, 1)) == [(7, 1), (1, 9)]
    assert lookup.values((7, 0)) == [(7, 0), (0, 9)]
    assert lookup.width == 2


def test_every_part_is_in_the_digest() -> None:
    """A change of any field of the program is another digest."""
    base = CLAIM.program
    (row,) = base.tables
    (total,) = row.sums
    (equation,) = base.equations
    others = [
        replace(base, claim="x"),
        replace(base, version=2),
        replace(base, publics=(replace(base.publics[0], bits=111), base.publics[1])),
        replace(base, publics=(replace(base.publics[0], reveal=True), base.publics[1])),
        replace(base, logs=(replace(base.logs[0], name="x"),)),
        replace(base, logs=(replace(base.logs[0], schema_digest=bytes(32)),)),
        replace(base, logs=(replace(base.logs[0], width=65),)),
        replace(base, lookups=()),
        replace(base, lookups=(Lookup(base.lookups[0].rows[:-1]),)),
        replace(base, tables=(replace(row, witness=2),)),
        replace(base, tables=(replace(row, groups=(1, 0)),)),
        replace(base, tables=(replace(row, short=row.short[1:]),)),
        replace(base, tables=(replace(row, interactions=()),)),
        replace(base, tables=(replace(row, sums=(replace(total, limbs=total.limbs[::-1]),)),)),
        replace(base, tables=(replace(row, sums=(replace(total, selector=0),)),)),
        replace(base, unknowns=(replace(base.unknowns[0], limbs=6),)),
        replace(base, equations=(replace(equation, terms=equation.terms[1:]),)),
        replace(base, equations=(replace(equation, name="x"),)),
    ]
    digests = {program.digest for program in (base, *others)}
    assert len(digests) == len(others) + 1
