"""Running sums over the rows of a log or of groups: along the log, or along a table in order of other keys.

In the log's own order a sum goes from row to row and from segment to segment: p before each row, t = p + x with it, and
p' = t. Otherwise all rows go to a private table, as for `neighbours`, and with them the sum that each row was given,
which the private table checks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zkcompliance.claim.compile import arith
from zkcompliance.claim.compile.asking import FrameRows
from zkcompliance.claim.compile.neighbours import order_keys
from zkcompliance.claim.compile.ordered import Ordered
from zkcompliance.claim.compile.private import MOST_PRIVATE_ROWS
from zkcompliance.claim.compile.run import Run
from zkcompliance.claim.compile.sums import amounts, columns_for, in_one, largest, require_sums_of_runs, sums
from zkcompliance.claim.compile.terms import Term, Wide, add, digits, wide
from zkcompliance.claim.compile.workshop import Workshop
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.ranges import MAX_ROWS

NAME = "running sum"


def running(workshop: Workshop, rows: FrameRows, node: core.Running) -> Wide:
    """`core.Running` on every row that counts. Of values that may be negative: less their least, counted back in."""
    moved = bool(node.rows.order or node.per) or isinstance(rows.frame, core.Groups)
    added, low = amounts(rows, node.rows, node.arg, moved)
    along = _along_a_table if moved else _along_the_log
    total = along(workshop, rows, node, added)
    if not low:
        return total
    counted = along(workshop, rows, node, wide([rows.selected(node.rows)]))
    return add(total, arith.multiply(rows.ctx, counted, digits(low), f"{NAME}: below 0"))


def _along_a_table(workshop: Workshop, rows: FrameRows, node: core.Running, added: Wide) -> Wide:
    ctx = rows.ctx
    table = workshop.ordered(core.Rows(rows.frame), order_keys(rows.frame, node))
    same = table.same[len(node.per) - 1] if node.per else table.more
    columns, most = columns_for(added, MOST_PRIVATE_ROWS), largest(added, MOST_PRIVATE_ROWS)
    kept: dict[int, list[np.ndarray]] = {}

    def told(run: Run, j: int) -> np.ndarray:
        if j == 0:
            kept[id(run)] = _told(run, table, same, added, columns)
        return kept[id(run)][j] if j < columns - 1 else kept.pop(id(run))[j]

    mine = [ctx.free(NAME, lambda run, j=j: told(run, j), 0, most) for j in range(columns)]  # type: ignore[misc]
    for limb in mine:
        ctx.zero(f"no {NAME} on rows that do not count", (1 - rows.act) * limb)
    if not in_one(added, MOST_PRIVATE_ROWS):
        ctx.require_16_bits(*mine, name=NAME)
    here = [table.limb(limb) for limb in mine]
    require_sums_of_runs(table.ctx, same, wide([table.limb(limb) for limb in added.limbs], 0, added.hi), here, NAME)
    return wide(mine, 0, added.hi * MOST_PRIVATE_ROWS)


def _told(run: Run, table: Ordered, same: Term, added: Wide, columns: int) -> list[np.ndarray]:
    """The honest sums, on the source's rows."""
    source, number = table.source.ctx.number, table.ctx.number
    order = run.orders[number]
    starts = np.append(True, run.value(number, same)[:-1] == 0)[: len(order)]
    found = sums(starts, [run.value(source, limb)[order] for limb in added.limbs], columns)
    answers = [np.zeros(run.tables[source].total, np.int64) for _ in found]
    for answer, part in zip(answers, found, strict=True):
        answer[order] = part
    return answers


def _along_the_log(workshop: Workshop, rows: FrameRows, node: core.Running, added: Wide) -> Wide:
    ctx, here, hi = rows.ctx, rows.ctx.number, added.hi * MAX_ROWS

    def so_far(run: Run, columns: int) -> list[np.ndarray]:
        limbs = [run.value(here, limb) for limb in added.limbs]
        return sums(np.arange(len(limbs[0])) == 0, limbs, columns)

    if in_one(added, MAX_ROWS):
        x = added.limbs[0]
        before = ctx.free(f"{NAME} before", lambda run: so_far(run, 1)[0] - run.value(here, x), 0, hi)
        after = (before + x).within(0, hi)
        rows.thread.carried([before], [after], NAME)
        return wide([after], 0, hi)
    columns = columns_for(added, MAX_ROWS)
    total = ctx.limbs(columns, NAME, lambda run: so_far(run, columns))
    before_it = ctx.unchecked(columns, f"{NAME} before", lambda run: _before(run, here, total))
    given = [limb + added.limb(j) for j, limb in enumerate(before_it)]
    arith.chain(ctx, given, total, NAME, (0, 0))
    rows.thread.carried(before_it, total, NAME)
    return wide(total, 0, hi)


def _before(run: Run, table: int, total: Sequence[Term]) -> list[np.ndarray]:
    """What the sums were one row before, over all segments: 0 before the first."""
    return [np.append(0, run.value(table, limb)[:-1]) for limb in total]
