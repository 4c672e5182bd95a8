"""Rows that can be put in an order in which each ends before the next begins; or, of one tuple, before its next value.

The keys' own order does it where both ends are one tuple; otherwise the rows move to a table of their own, in an order
of the prover's choosing that is checked.
"""

from __future__ import annotations

from zkcompliance.claim.compile.ordered import Moved
from zkcompliance.claim.compile.terms import Term
from zkcompliance.claim.compile.workshop import Workshop
from zkcompliance.claim.meaning import core


def require_chain(workshop: Workshop, name: str, node: core.Chain) -> None:
    """first ≤ last on each row; last ≤ (strict: <) the next row's first."""
    if node.first == node.last:
        table = workshop.ordered(node.rows, node.first)
        if node.strict:
            table.ctx.zero(f"{name}: no two are equal", table.same[len(node.first) - 1])
        return
    source = workshop.rows_of(node.rows.frame)
    lows = [min(source.value(a).lo, source.value(b).lo, 0) for a, b in zip(node.first, node.last, strict=True)]
    moved = workshop.moved(node.rows, list(zip((*node.first, *node.last), (*lows, *lows), strict=True)))
    first, last = _aligned(moved, node, lows)
    moved.ascend(moved.used, first, last, "first to last")
    ahead = [[moved.ctx.ahead(limb) for limb in limbs] for limbs in first]
    equal = moved.ascend(moved.more, last, ahead, "last to next first")
    if node.strict:
        moved.ctx.zero(f"{name}: no two meet", equal[-1])


def holds(chain: core.Chain, node: core.Value) -> bool:
    """Whether the chain says, of each of its rows, what a schema's rule asks: none of all rows with not low ≤ high.

    Both ends are tuples that differ in their last part alone, which are low and high.
    """
    match node:
        case core.Compare(
            op="==",
            a=core.Aggregate(
                kind="count", rows=core.Rows(frame=frame, where=core.Not(a=core.Compare(op="<=", a=low, b=high)))
            ),
            b=core.Const(value=0),
        ):
            same = chain.first[:-1]
            return chain.rows == core.Rows(frame) and chain.first == (*same, low) and chain.last == (*same, high)
    return False


def _aligned(moved: Moved, node: core.Chain, lows: list[int]) -> tuple[list[list[Term]], list[list[Term]]]:
    """Both tuples' parts in limbs, most significant first, of equal length part by part."""
    first: list[list[Term]] = []
    last: list[list[Term]] = []
    for a, b, low in zip(node.first, node.last, lows, strict=True):
        x, y = moved.copy(a, low), moved.copy(b, low)
        n = max(len(x.limbs), len(y.limbs))
        first.append([x.limb(j) for j in reversed(range(n))])
        last.append([y.limb(j) for j in reversed(range(n))])
    return first, last
