"""The checker names every requirement that fails, with its row."""

from __future__ import annotations

import numpy as np
import pytest

from tests.kit import support
from tests.kit.support import FLOP, PHASE
from zkcompliance.stark.air.check import Failure
from zkcompliance.stark.air.shape import lay_out
from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.prover.witness import Trace, build_trace, check_trace


@pytest.fixture
def honest_trace() -> tuple[Prover, Trace]:
    made = support.prover([support.seal(support.table(support.ROWS))])
    made.layout = lay_out(made.statement)
    return made, build_trace(made.layout, made.tables, made.private, made.unknowns, Keystream(made.seed))


def failures(made: Prover, trace: Trace) -> list[Failure]:
    return check_trace(made.layout, trace)


def test_an_honest_trace_has_none(honest_trace: tuple[Prover, Trace]) -> None:
    assert failures(*honest_trace) == []


def test_a_limb_of_more_than_16_bits(honest_trace: tuple[Prover, Trace]) -> None:
    made, trace = honest_trace
    trace.tables[0].columns[FLOP[2], 4] = 1 << 16
    found = failures(made, trace)
    trace.tables[0].columns[FLOP[2], 4] = support.table(support.ROWS)[FLOP[2], 4]
    assert Failure("16 bits", 4, 0) in found
    assert str(found[0]) == "16 bits (instance 0, row 4)"


def test_a_row_that_no_public_row_is(honest_trace: tuple[Prover, Trace]) -> None:
    made, trace = honest_trace
    trace.witness[0][0, 6] = 1
    assert {(f.requirement, f.row) for f in failures(made, trace)} >= {("lookup 0", 6)}


def test_cells(honest_trace: tuple[Prover, Trace]) -> None:
    made, trace = honest_trace
    first, _ = made.layout.cells.unknowns[0]
    trace.witness[-1][made.layout.table.cells, first] = 1 << 16
    found = failures(made, trace)
    assert ("a cell has 16 bits", first) in {(f.requirement, f.row) for f in found}
    assert any(f.requirement == "total below the limit, digit 0" and f.row is None for f in found)


@pytest.mark.parametrize(
    ("row", "value", "name", "where"),
    [(0, 1, "starts at 0", 0), (9, 11, "grows by 0 or 1", 8), (8191, 8190, "ends at 8191", 8191)],
)
def test_range_table(honest_trace: tuple[Prover, Trace], row: int, value: int, name: str, where: int) -> None:
    made, trace = honest_trace
    trace.witness[-1][0, row] = value
    assert (f"the range table {name}", where) in {(f.requirement, f.row) for f in failures(made, trace)}


def test_multiplicities_and_blinds(honest_trace: tuple[Prover, Trace]) -> None:
    made, trace = honest_trace
    for column in range(1, 9):  # value 8·77 + column − 1
        trace.witness[-1][column, 77] += 1
        assert [f.row for f in failures(made, trace)] == [77]
        trace.witness[-1][column, 77] -= 1
    trace.witness[0][-1, 3] = (int(trace.witness[0][-1, 3]) + 1) % support.P
    assert [f.requirement for f in failures(made, trace)] == ["the blinds cancel in coefficient 3"]


def test_every_failure_is_reported(honest_trace: tuple[Prover, Trace]) -> None:
    made, trace = honest_trace
    kept = trace.tables[0].columns.copy()
    trace.tables[0].columns[PHASE] = 9
    found = failures(made, trace)
    trace.tables[0].columns[:] = kept
    assert sorted(f.row for f in found if f.requirement == "lookup 0") == list(range(8))
    assert isinstance(found[0].row, int | type(None)) and np.all(kept < support.P)
