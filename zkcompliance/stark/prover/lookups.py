"""The extension columns of one instance: its fractions, group by group, and the accumulator (docs/spec/buses.md)."""

from __future__ import annotations

import numpy as np

from zkcompliance.errors import ProofRefused
from zkcompliance.stark.air.machine import Rows, execute
from zkcompliance.stark.air.shape import Layout
from zkcompliance.stark.air.weights import FIRST, LAST, WEIGHTS, Challenges, column_code
from zkcompliance.stark.field import vector, workspace
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.prover.quotient import periodic_tables

ROWS_AT_ONCE = 1 << 15  # so that numerators, denominators and their inverses stay in the last cache


def extension_columns(
    layout: Layout,
    number: int,
    challenges: Challenges,
    log: np.ndarray | None,
    witness: np.ndarray,
    weights: np.ndarray | None,
) -> tuple[np.ndarray, Ext]:
    """(6·groups, N) and the terminal: φ of each group but the last, then the sums of all of them before each row.

    log (w, N) or None, witness (columns, N) on trace rows; weights: W or V on trace rows (6, N), of an instance that
    has them. ProofRefused where a denominator is 0.
    """
    instance = layout.instances[number]
    groups, rows = len(instance.air.groups), instance.rows
    public = workspace.take(WEIGHTS + (0 if weights is None else 6), rows)
    public[:WEIGHTS] = 0
    public[FIRST, 0] = public[LAST, -1] = 1
    if weights is not None:
        public[WEIGHTS:] = weights
    none = np.zeros((1, 1), np.uint32)
    sources = (none if log is None else np.ascontiguousarray(log), witness, none, public)
    following = np.arange(1, rows + 1, dtype=np.int32) % np.int32(rows)
    trace = Rows(sources, following, periodic_tables(layout, number, challenges.delta), (0, 0, 0))
    code = column_code(layout, number, challenges).pack()
    columns = workspace.take(6 * groups, rows)
    found = workspace.take(12 * groups + 6, min(rows, ROWS_AT_ONCE))
    for first in range(0, rows, ROWS_AT_ONCE):
        execute(code, trace, found, first)
        total = found[12 * groups :]
        own = slice(first, first + found.shape[1])
        for group in range(groups):
            numerator, denominator = found[12 * group : 12 * group + 6], found[12 * group + 6 : 12 * group + 12]
            try:
                part = vector.ext_mul(numerator, vector.ext_batch_inverse(denominator, in_place=True))
            except ZeroDivisionError:
                raise ProofRefused("a challenge met a looked-up value; try again") from None
            vector.accumulate(list(total), part)
            if group < groups - 1:
                columns[6 * group : 6 * group + 6, own] = part
        columns[-6:, own] = total
    _, last = vector.ext_cumsum(columns[-6:], in_place=True)
    a0, a1, a2, a3, a4, a5 = (int(x) for x in last)
    return columns, (a0, a1, a2, a3, a4, a5)
