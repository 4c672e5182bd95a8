"""The largest or smallest value of a log's selected rows, the same on every row of every segment."""

from __future__ import annotations

import numpy as np

from zkcompliance.claim.compile import arith
from zkcompliance.claim.compile.asking import FrameRows
from zkcompliance.claim.compile.linear import Linear, combine, constant
from zkcompliance.claim.compile.run import Run
from zkcompliance.claim.compile.terms import digits, sub, wide
from zkcompliance.claim.compile.workshop import Workshop
from zkcompliance.claim.meaning import core


def extreme(workshop: Workshop, rows: FrameRows, node: core.Aggregate) -> Linear:
    """The largest (smallest) value m of the selected rows, or `empty`.

    m is the same on all rows, ≥ (≤) every selected value; one row `hit` has it, or else `hit` is the beginning with
    m = empty and no row is selected: Σ hit = 1, and rows·[empty] = 0. All less `low` where values may be negative.
    m's limbs need no range check of their own: on some row they are the limbs of x or of `empty`, which have 16 bits on
    every row, and they are the same on all rows.
    """
    if node.arg is None or node.empty is None:
        raise ArithmeticError("an extreme without a value")
    ctx, thread, here = rows.ctx, rows.thread, rows.ctx.number
    equations = workshop.equations
    selected = rows.selected(node.rows)
    low = min(rows.value(node.arg).lo, workshop.publics.value(node.empty).lo, 0)
    w = rows.value(node.arg)
    x = arith.normalise(ctx, sub(w, digits(low)) if low else w)
    empty = workshop.publics.shifted(node.empty, low)
    n = max(len(x.limbs), len(empty.limbs))
    best = np.max if node.kind == "max" else np.min

    def best_limbs(run: Run) -> list[np.ndarray]:
        chosen = np.flatnonzero(run.value(here, selected))
        values = run.integers(here, x)[chosen]
        m = int(best(values)) if len(chosen) else int(run.integers(here, empty)[0])
        return [np.full(run.tables[here].total, m >> 16 * j & 0xFFFF, np.int64) for j in range(n)]

    limbs = ctx.unchecked(n, node.kind, best_limbs)
    m = wide(limbs, min(x.lo, empty.lo), max(x.hi, empty.hi))
    thread.everywhere(node.kind, limbs)
    d = sub(m, x) if node.kind == "max" else sub(x, m)
    ctx.zero(f"{node.kind} bounds every row", selected * (1 - arith.at_least_zero(ctx, d, node.kind)))

    def first_hit(run: Run) -> np.ndarray:
        chosen = run.value(here, selected) == 1
        same = chosen & (run.integers(here, x) == run.integers(here, m))
        hits = np.zeros(len(chosen), np.int64)
        if chosen.any():
            hits[int(np.argmax(same if same.any() else chosen))] = 1
        return hits

    hit = ctx.free("has it", first_hit, 0, 1)
    ctx.zero(f"one row has the {node.kind}: 0 or 1", hit * (hit - 1))
    ctx.zero(f"the row that has the {node.kind} is selected", hit * (1 - selected))
    for j in range(n):
        ctx.zero(f"the {node.kind} is had", hit * (m.limb(j) - x.limb(j)))
    none = thread.none(selected)
    for j in range(n):
        ctx.zero("empty has its value", none * (m.limb(j) - empty.limb(j)))
    begin = thread.beginning
    hits = equations.sum_of(ctx, f"rows with the {node.kind}", hit, (digits(1).limbs[0],), 0, 1)
    nothing = equations.sum_of(ctx, "empty", begin, (none,), 0, 1)
    equations.zero(f"a row has the {node.kind}", combine(combine(hits, nothing), constant(1), -1))
    return combine(equations.sum_of(ctx, node.kind, begin, tuple(limbs), m.lo, m.hi), constant(low))
