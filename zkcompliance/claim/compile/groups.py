"""Groups: the grouped rows in order of their keys; a group is its last row there, and aggregates run along.

Groups that are only counted and summed have no copy of each row, but one row for each bucket of each segment that the
key is in, and its sums (`by_key`): fewer rows wherever a key has many.

same = 1 where the next row is of the same group. A running value obeys x' = same·x + …, also from the last row to the
first, where same = 0 starts it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zkcompliance.claim.compile import arith
from zkcompliance.claim.compile.by_key import NAME, SumsByKey, limbs_of
from zkcompliance.claim.compile.nodes import short
from zkcompliance.claim.compile.ordered import Ordered
from zkcompliance.claim.compile.private import MOST_PRIVATE_ROWS
from zkcompliance.claim.compile.rows import FrameNodes
from zkcompliance.claim.compile.run import Run, carried, split
from zkcompliance.claim.compile.sums import sums
from zkcompliance.claim.compile.terms import HALF, ONE, Term, Wide, add, digits, in_field, limbs_for, sub, wide
from zkcompliance.claim.compile.workshop import Workshop
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.ranges import MAX_ROWS
from zkcompliance.stark.air.program import Op
from zkcompliance.stark.field.babybear import P


class GroupRows(FrameNodes):
    """One row per group: act = used − same."""

    def __init__(self, workshop: Workshop, frame: core.Groups, ordered: Ordered, extreme: core.Value | None) -> None:
        super().__init__(workshop, ordered.ctx, frame)
        self.groups, self.ordered, self.extreme = frame, ordered, extreme
        self.same = ordered.same[len(frame.keys) - 1]
        self._act: Term | None = None
        self._counts: Term | None = None

    @property
    def act(self) -> Term:
        if self._act is None:
            self._act = (self.ordered.used - self.same).within(0, 1)
        return self._act

    def leaf_value(self, node: core.Value) -> Wide:
        if isinstance(node, core.Key):
            key = self.groups.keys[node.index]
            low = min(0, self.ordered.source.value(key).lo)
            copied = self.ordered.keys[node.index]
            return add(copied, digits(low)) if low else copied
        if isinstance(node, core.Aggregate) and node.by == self.groups:
            return self._aggregate(node)
        return super().leaf_value(node)

    def _aggregate(self, node: core.Aggregate) -> Wide:
        if node.kind == "count" or node.arg is None:
            return wide([self._count()])
        low = min(0, self.ordered.source.value(node.arg).lo)
        copied = self.ordered.copy(node.arg)
        if node.kind == "sum":
            total = self._sum(copied, short(node))
            shift = arith.multiply(self.ctx, wide([self._count()]), digits(low)) if low else None
            return add(total, shift) if shift is not None else total
        if node.arg != self.extreme:
            bound = self._bound(copied, node.kind)
            return add(bound, digits(low)) if low else bound
        if node.kind == "min":
            copied = self._first(copied)
        return add(copied, digits(low)) if low else copied

    def _count(self) -> Term:
        """c' = used' + same·c."""
        if self._counts is None:
            self._counts = self._running(self.ordered.used, "number so far", MOST_PRIVATE_ROWS)
        return self._counts

    def _running(self, x: Term, name: str, hi: int) -> Term:
        c = self.ctx.free(name, lambda run: self._along(run, x), 0, hi)
        ahead = self.next(x)
        self.ctx.zero(name, self.ctx.next_row(c) - (ahead + self.same * c).within(0, hi))
        return c

    def next(self, e: Term) -> Term:

        return self.ctx.next_row(e) if e.op == Op.WIT else e

    def _along(self, run: Run, x: Term) -> np.ndarray:
        """Running totals within groups."""
        here = self.ctx.number
        values = run.value(here, x)
        total = np.cumsum(values)
        starts = np.append(True, run.value(here, self.same)[:-1] == 0)
        at = np.maximum.accumulate(np.where(starts, np.arange(len(values)), 0))
        return np.asarray(total - (total - values)[at])

    def _sum(self, x: Wide, name: str) -> Wide:
        """One column where the total fits the field; otherwise limbs S' = same·S + x', carried."""
        if len(x.limbs) == 1 and x.hi * MOST_PRIVATE_ROWS <= HALF:
            return wide([self._running(x.limbs[0], name, x.hi * MOST_PRIVATE_ROWS)])
        hi = x.hi * MOST_PRIVATE_ROWS
        n = limbs_for(hi)

        def fill(run: Run) -> list[np.ndarray]:
            if hi < 1 << 62:
                parts = [self._along(run, limb) for limb in x.limbs]  # below 2^37 each
                return carried(parts, n)
            values = sum((self._along(run, limb).astype(object) << 16 * j for j, limb in enumerate(x.limbs)), 0)
            return split(values, n)  # type: ignore[arg-type]

        total = self.ctx.limbs(n, name, fill)
        kept = [self.ctx.flat(self.same * limb, f"{name}: kept") for limb in total]
        given = [kept[j] + (self.ctx.next_row(x.limbs[j]) if j < len(x.limbs) else 0) for j in range(n)]
        arith.chain(self.ctx, given, [self.ctx.next_row(limb) for limb in total], name, (0, 0))
        return wide(total, 0, hi)

    def _bound(self, x: Wide, kind: str) -> Wide:
        """The largest (least) m of a group: the same on its rows, ≥ (≤) each one's x, and one of its rows has it."""
        name = f"{kind} of the group"
        table, n = self.ordered, len(x.limbs)

        def limb(j: int) -> Callable[[Run, np.ndarray], np.ndarray]:
            return lambda run, order: np.array([int(v) >> 16 * j & 0xFFFF for v in self._best(run, x, kind)], np.int64)

        m = wide([table.column(name, x.limb(j).hi, limb(j)) for j in range(n)], 0, x.hi)
        for part in m.limbs:
            self.ctx.zero(f"{name} is the same on its rows", self.same * (self.ctx.next_row(part) - part))
        arith.require_at_least_zero(self.ctx, sub(m, x) if kind == "max" else sub(x, m), f"{name} bounds each row")
        hit = table.column("attains it", 1, lambda run, order: self._hit(run, x, m))
        self.ctx.zero(f"a row has the {name}: 0 or 1", hit * (hit - 1))
        for j in range(n):
            self.ctx.zero(f"the {name} is had", hit * (m.limb(j) - x.limb(j)))
        had = self._running(hit, "had so far", MOST_PRIVATE_ROWS)
        self.ctx.zero(f"one row has the {name}", self.act * (had - 1))
        return m

    def _starts(self, run: Run) -> np.ndarray:
        """The first rows of the groups, among the used rows."""
        size = len(run.orders[self.ctx.number])
        return np.flatnonzero(np.append(True, run.value(self.ctx.number, self.same)[:-1] == 0)[:size])

    def _best(self, run: Run, x: Wide, kind: str) -> np.ndarray:
        """The group's largest (least), on each used row."""
        size, starts = len(run.orders[self.ctx.number]), self._starts(run)
        if not size:
            return np.zeros(0, np.int64)
        values = run.integers(self.ctx.number, x)[:size]
        best = (np.maximum if kind == "max" else np.minimum).reduceat(values, starts)
        return np.asarray(np.repeat(best, np.diff(np.append(starts, size))))

    def _hit(self, run: Run, x: Wide, m: Wide) -> np.ndarray:
        """The first row of each group that has m; the group's first if none has."""
        size, starts = len(run.orders[self.ctx.number]), self._starts(run)
        hits = np.zeros(size, np.int64)
        if size:
            has = (run.integers(self.ctx.number, x) == run.integers(self.ctx.number, m))[:size].astype(bool)
            first = np.minimum.reduceat(np.where(has, np.arange(size), size), starts)
            hits[np.where(first < size, first, starts)] = 1
        return hits

    def _first(self, x: Wide) -> Wide:
        """f' = same·f + (1 − same)·x': the first value of the group."""
        firsts = []
        here = self.ctx.number
        for limb in x.limbs:

            def fill(run: Run, limb: Term = limb) -> np.ndarray:
                values = run.value(here, limb)
                starts = np.append(True, run.value(here, self.same)[:-1] == 0)
                at = np.maximum.accumulate(np.where(starts, np.arange(len(values)), 0))
                return values[at]

            f = self.ctx.free("first of the group", fill, 0, limb.hi)
            ahead = self.ctx.next_row(limb)
            self.ctx.zero("first of the group", self.ctx.next_row(f) - ahead - self.same * (f - ahead))
            firsts.append(f)
        return wide(firsts, 0, x.hi)


class SummedGroups(FrameNodes):
    """One row per group, the last of its key: act = used − same. Of counts and sums alone."""

    def __init__(self, workshop: Workshop, frame: core.Groups, table: SumsByKey) -> None:
        super().__init__(workshop, table.ctx, frame)
        self.groups, self.table = frame, table
        self._act: Term | None = None
        self._counts: Term | None = None

    @property
    def act(self) -> Term:
        if self._act is None:
            self._act = (self.table.used - self.table.same).within(0, 1)
        return self._act

    def leaf_value(self, node: core.Value) -> Wide:
        if isinstance(node, core.Key):
            low = min(0, self.table.source.value(self.groups.keys[node.index]).lo)
            key = self.table.keys[node.index]
            return add(key, digits(low)) if low else key
        if isinstance(node, core.Aggregate) and node.by == self.groups:
            if node.kind == "count" or node.arg is None:
                return wide([self._count()])
            low = min(0, self.table.source.value(node.arg).lo)
            total = self._sum(node.arg)
            shift = arith.multiply(self.ctx, wide([self._count()]), digits(low)) if low else None
            return total if shift is None else add(total, shift)
        return super().leaf_value(node)

    def _starts(self, run: Run) -> np.ndarray:
        """Where a row is the first of its key; unused rows are keys of their own."""
        return np.append(True, run.value(self.ctx.number, self.table.same)[:-1] == 0)

    def _count(self) -> Term:
        """c' = count' + same·c: all rows of all segments at most."""
        if self._counts is None:
            self._counts = self._one("number of the key", self.table.count, MAX_ROWS)
        return self._counts

    def _one(self, name: str, x: Term, hi: int) -> Term:
        """T' = x' + same·T in one column."""
        here = self.ctx.number
        total = self.ctx.free(name, lambda run: sums(self._starts(run), [run.value(here, x) % P], 1)[0], 0, hi)
        ahead = in_field(self.ctx.next_row(x), ONE)  # what it is over the integers its bus and its range say
        self.ctx.zero(name, self.ctx.next_row(total) - (ahead + self.table.same * total).within(0, hi))
        return total

    def _sum(self, arg: core.Value) -> Wide:
        """T' = same·T + Σ_j 2^(16j)·S_j', T in 16-bit limbs unless it fits the field."""
        most = self.table.source.digits_of(arg).hi * MAX_ROWS
        parts, tops = self.table.digits(arg)
        if len(parts) == 1 and most <= HALF:
            return wide([self._one(f"{NAME} so far", parts[0], most)])
        here, n = self.ctx.number, limbs_for(most)

        def fill(run: Run) -> list[np.ndarray]:
            return sums(self._starts(run), [run.value(here, part) % P for part in parts], n)

        total = self.ctx.limbs(n, f"{NAME} so far", fill)
        kept = [self.ctx.flat(self.table.same * limb, f"{NAME}: kept") for limb in total]
        added = limbs_of(list(map(self.ctx.ahead, parts)), list(map(self.ctx.ahead, tops)))
        given = [limb + (added[j] if j < len(added) else 0) for j, limb in enumerate(kept)]
        arith.chain(self.ctx, given, [self.ctx.next_row(limb) for limb in total], f"{NAME} so far", (0, 0))
        return wide(total, 0, most)
