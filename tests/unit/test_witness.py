"""Filling a trace: sums, slack, carries, multiplicities, blinds."""

from __future__ import annotations

import numpy as np

from tests.kit import support
from tests.kit.support import FLOP, LIMIT, ROWS, TOTAL
from zkcompliance.stark.air.shape import lay_out
from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.prover.witness import Trace, build_trace, check_trace


def built(tables: int = 1, **changes: object) -> tuple[Prover, Trace]:
    sealed = [support.seal(support.table(ROWS, 3 + i), f"table {i}") for i in range(tables)]
    made = support.prover(sealed, **changes)  # type: ignore[arg-type]
    made.layout = lay_out(made.statement)
    return made, build_trace(made.layout, made.tables, made.private, made.unknowns, Keystream(made.seed))


def test_sums_and_slack() -> None:
    made, trace = built()
    cells = trace.witness[-1][made.layout.table.cells]
    sums = [int(cells[2 * j]) + (int(cells[2 * j + 1]) << 14) for j in range(6)]
    assert sum(s << 16 * j for j, s in enumerate(sums)) == TOTAL
    first, limbs = made.layout.cells.unknowns[0]
    assert sum(int(cells[first + j]) << 16 * j for j in range(limbs)) == LIMIT - 1 - TOTAL


def test_multiplicities() -> None:
    made, trace = built(2)
    table = made.layout.table
    last = (1 << 16) // table.pairs
    m = trace.witness[-1][table.multiplicities(0), :last].T.reshape(-1)
    v = trace.witness[-1][table.cells]
    looked_up = np.concatenate([t.columns[FLOP].reshape(-1) for t in made.tables] + [v])
    assert (m == np.bincount(looked_up, minlength=1 << 16)).all()
    assert int(m.sum()) == 6 * (8 + 16) + (1 << 13)
    first = made.layout.cells.lookups[0]
    counts = v[first : first + 28 : 2] + (v[first + 1 : first + 28 : 2].astype(np.int64) << 16)
    assert counts.sum() == 8 + 16 and counts[0] == 2 + 10  # padding is (0, 0, 0)


def test_blinds_cancel_and_are_fresh() -> None:
    _, trace = built(2)
    total = sum(w[-1].reshape(-1, 8).astype(object).sum(axis=0) for w in trace.witness)
    assert not (total[:6] % support.P).any()
    other = support.prover([support.seal(support.table(ROWS))], name="another")
    layout = lay_out(other.statement)
    again = build_trace(layout, other.tables, other.private, other.unknowns, Keystream(other.seed))
    assert (again.witness[0][-1] != trace.witness[0][-1]).all()


def test_a_changed_cell_is_told() -> None:
    made, trace = built()
    assert check_trace(made.layout, trace) == []
    trace.witness[0][0, 0] = 0
    failures = check_trace(made.layout, trace)
    assert "lookup 0" in "; ".join(map(str, failures[:3]))
