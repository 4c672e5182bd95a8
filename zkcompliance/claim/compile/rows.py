"""Rows of a log: its columns, each enforced within its type, and which rows count."""

from __future__ import annotations

import numpy as np

from zkcompliance.claim.compile import arith
from zkcompliance.claim.compile.context import Table
from zkcompliance.claim.compile.errors import cannot
from zkcompliance.claim.compile.linear import combine, constant
from zkcompliance.claim.compile.neighbours import Place, neighbour, place_of
from zkcompliance.claim.compile.nodes import Nodes, choice_of, chosen, short
from zkcompliance.claim.compile.run import Run, split
from zkcompliance.claim.compile.running import running
from zkcompliance.claim.compile.terms import RADIX, Term, Wide, add, digits, leaf, limbs_for, sub, wide
from zkcompliance.claim.compile.thread import Thread
from zkcompliance.claim.compile.windows import window
from zkcompliance.claim.compile.workshop import Workshop
from zkcompliance.claim.meaning import core
from zkcompliance.schemas import Column
from zkcompliance.stark.air.program import Lookup, Op

BRACKET_LIMBS = 3  # 16 bits each: its ends are UTC seconds below 2^48
PPM_TOP = 1_000_000 // RADIX  # 15: the high limb of 100 %, and of what stands for a missing share


class FrameNodes(Nodes):
    """The rows of a log or of groups: `act` is 1 on those that count."""

    ctx: Table

    def __init__(self, workshop: Workshop, ctx: Table, frame: core.Frame) -> None:
        super().__init__(ctx, workshop.publics)
        self.workshop = workshop
        self.frame = frame
        self._selected: dict[core.Value | None, Term] = {}
        self._thread: Thread | None = None
        self._digits: dict[tuple[core.Value, int], Wide] = {}  # less a bound

    @property
    def act(self) -> Term:
        raise NotImplementedError

    def selected(self, rows: core.Rows) -> Term:
        """1 on the rows that count and meet `where`, else 0; degree 1."""
        where = rows.where
        if where not in self._selected:
            self._selected[where] = self._select(where)
        return self._selected[where]

    def _select(self, where: core.Value | None) -> Term:
        if where is None:
            return self.act
        if isinstance(where, core.And):
            both = core.Rows(self.frame, where.a)
            first = self.selected(both)
            return self.ctx.selection(first, self.truth(where.b))
        return self.ctx.selection(self.act, self.truth(where))

    def forbid(self, name: str, rows: core.Rows) -> None:
        """No row that counts meets `where`."""
        where = rows.where
        if where is None:
            self.ctx.zero(name, self.act)
        elif isinstance(where, core.And):
            self._never(name, self.selected(core.Rows(self.frame, where.a)), where.b)
        else:
            self._never(name, self.act, where)

    def _never(self, name: str, selected: Term, bad: core.Value) -> None:
        if isinstance(bad, core.Not):
            self.hold(name, selected, bad.a)
        elif isinstance(bad, core.Or):
            self._never(name, selected, bad.a)
            self._never(name, selected, bad.b)
        else:
            self.ctx.zero(name, self.ctx.times(selected, self.truth(bad)))

    def hold(self, name: str, selected: Term, good: core.Value) -> None:
        """`good` is 1 on the selected rows. A membership here needs no proof of its absence."""
        if isinstance(good, core.And):
            self.hold(name, selected, good.a)
            self.hold(name, selected, good.b)
        elif isinstance(good, core.Not):
            self._never(name, selected, good.a)
        elif isinstance(good, core.Member) and not _private_single(good):  # a single one belongs to its own row
            self.ctx.zero(name, self.ctx.times(selected, 1 - self.workshop.joins.must_find(self, good)))
        else:
            self.ctx.zero(name, self.ctx.times(selected, 1 - self.truth(good)))

    def bare(self, node: core.Value) -> Wide | None:
        """A log column's limbs without their range checks, if they need no other check; None of any other value."""
        return None

    def digits_of(self, node: core.Value, low: int | None = None) -> Wide:
        """A value in 16-bit limbs of degree 1, less `low`: unless stated its least, or 0 if that is above."""
        w = self.value(node)
        low = min(w.lo, 0) if low is None else low
        if (node, low) not in self._digits:
            w = arith.normalise(self.ctx, sub(w, digits(low)) if low else w)
            self._digits[node, low] = wide([self.ctx.flat(limb) for limb in w.limbs], w.lo, w.hi)
        return self._digits[node, low]

    @property
    def thread(self) -> Thread:
        """What crosses segments."""
        if self._thread is None:
            self._thread = Thread(self.ctx)
        return self._thread

    def finish(self) -> None:
        """Last constraints, once all is known that is used."""
        if self._thread is not None:
            self._thread.finish()

    def _compile(self, node: core.Value) -> Wide:
        if node.frame not in (None, self.frame):
            raise cannot("a value of the rows of another table", node.line)
        return super()._compile(node)

    def is_leaf(self, node: core.Value) -> bool:
        return _private_single(node) or super().is_leaf(node)

    def special(self, node: core.Value) -> bool:
        return not _private_single(node) and super().special(node)

    def leaf_value(self, node: core.Value) -> Wide:
        if _private_single(node):
            return self._everywhere(node)
        match node:
            case core.Neighbour():
                return self._neighbour(node)
            case core.Member():
                return wide([self.workshop.joins.found(self, node)])
            case core.Lookup():
                return self.workshop.joins.value(self, node)
            case core.AsOf():
                return self.workshop.states.value(self, node)
            case core.Running():
                return running(self.workshop, self, node)
            case core.Window():
                return window(self.workshop, self, node)
        raise cannot(f"{type(node).__name__} cannot be used on rows", node.line)

    def _everywhere(self, node: core.Value) -> Wide:
        """A single value of rows, on each row: columns that are the same on all rows, and the value on the first."""
        form, equations = self.workshop.singles.linear(node), self.workshop.equations
        low, name = min(form.lo, 0), short(node)
        n = limbs_for(form.hi - low)

        def fill(run: Run) -> list[np.ndarray]:
            parts = split(np.array([equations.evaluate(run, form) - low], object), n)
            return [np.repeat(part, run.tables[self.ctx.number].total) for part in parts]

        limbs = self.ctx.limbs(n, name, fill)
        self.thread.everywhere(name, limbs)
        there = equations.sum_of(self.ctx, name, self.thread.beginning, tuple(limbs), 0, form.hi - low)
        equations.zero(f"{name} on every row", combine(combine(form, constant(low), -1), there, -1))
        w = wide(limbs, 0, form.hi - low)
        return add(w, digits(low)) if low else w

    def in_public(self, node: core.IsIn) -> Term:
        return self.workshop.joins.in_public(self, node)

    def _neighbour(self, node: core.Neighbour) -> Wide:
        if node.rows.order or node.per or isinstance(self.frame, core.Groups):
            return neighbour(self.workshop, self, node)
        selected, arg = self.selected(node.rows), self.value(node.arg)
        default = self.value(node.default)
        step = self.thread.previous if node.step < 0 else self.thread.following
        return step(selected, arg, default)


def _private_single(node: core.Value) -> bool:
    """One value for all rows that is not public: a total."""
    return node.frame is None and not node.public


class LogRows(FrameNodes):
    """Rows of a log. An enum or act is checked by a lookup that has it anyway, if there is one."""

    def __init__(self, workshop: Workshop, ctx: Table, frame: core.Log) -> None:
        super().__init__(workshop, ctx, frame)
        self.log = frame
        self._unchecked: dict[str, Term] = {}
        self._checked: set[str] = set()
        self._act_checked = False

    @property
    def act(self) -> Term:
        return leaf(Op.LOG, 0, 0, 1)

    def _select(self, where: core.Value | None) -> Term:
        choice = None if where is None else choice_of(where)
        if choice is not None and isinstance(choice[0], core.Column):
            return self._chosen_rows(choice[0], choice[1])
        return super()._select(where)

    def _chosen_rows(self, subject: core.Column, entries: list[int | core.Param]) -> Term:
        """act·[enum in the set]: (enum, act, r) is a row of (m, 0, 0) or (m, 1, bit m); all three are so enforced."""
        bits = self.bits(entries)
        value, act = self.value(subject).limbs[0], self.act
        here = self.ctx.number
        r = self.ctx.free(
            "selected", lambda run: chosen(run, bits, run.value(here, value)) * run.value(here, act), 0, 1
        )
        rows = [*((m, 0, 0) for m in range(len(bits))), *((m, 1, bit) for m, bit in enumerate(bits))]
        self.ctx.require_in(Lookup(tuple(rows)), value, act, r)
        self.checked(subject)
        self._act_checked = True
        return r

    def leaf_value(self, node: core.Value) -> Wide:
        if isinstance(node, core.Column):
            return self._column(node)
        if isinstance(node, core.Bracket):
            op = Op.NOT_AFTER if node.last else Op.NOT_BEFORE
            return wide([leaf(op, limb) for limb in range(BRACKET_LIMBS)], *node.range)
        if isinstance(node, Place):
            return place_of(self.ctx)
        return super().leaf_value(node)

    def bare(self, node: core.Value) -> Wide | None:
        schema = self.log.schema
        if not isinstance(node, core.Column) or node.log != self.log:
            return None
        if schema.column(node.name).type in ("enum", "bool", "ppm"):
            return None
        return wide([leaf(Op.LOG, c) for c in schema.limbs(node.name)], 0, schema.column(node.name).largest)

    def _column(self, node: core.Column) -> Wide:
        schema = self.log.schema
        column = schema.column(node.name)
        limbs = [leaf(Op.LOG, c) for c in schema.limbs(node.name)]
        match column.type:
            case "enum":
                value = limbs[0].within(0, column.largest)
                self._unchecked[node.name] = value
                return wide([value])
            case "bool":
                return wide([self.ctx.member(limbs[0], 0, 1, f"{node.name} is true or false")])
            case "ppm":
                return self._ppm(column, limbs[0], limbs[1])
        self.ctx.require_16_bits(*limbs)
        return wide(limbs, 0, column.largest)

    def _ppm(self, column: Column, low: Term, high: Term) -> Wide:
        """low + 2^16·high ≤ 10^6 (or 10^6 + 1, which is missing): high ≤ 15, and low ≤ rest = 16960 (or 16961) where it
        is 15: low + (2^16 − 1 − rest)·[high = 15] has 16 bits."""
        here, name, rest = self.ctx.number, column.name, column.largest - PPM_TOP * RADIX
        top = self.ctx.free(f"{name} at its top", lambda run: (run.value(here, high) == PPM_TOP).astype("int64"), 0, 1)
        self.ctx.require_in(Lookup(tuple((h, int(h == PPM_TOP)) for h in range(PPM_TOP + 1))), high, top)
        self.ctx.require_16_bits(low, low + top * (RADIX - 1 - rest))
        return wide([low, high.within(0, PPM_TOP)], 0, column.largest)

    def checked(self, subject: core.Value) -> None:
        if isinstance(subject, core.Column):
            self._checked.add(subject.name)

    def finish(self) -> None:
        """Enforce what no lookup has yet."""
        super().finish()
        if not self._act_checked:
            self.ctx.zero("act is 0 or 1", self.act * (self.act - 1))
        for name, value in self._unchecked.items():
            if name not in self._checked:
                count = len(self.log.schema.column(name).choices)
                self.ctx.require_in(Lookup(tuple((m,) for m in range(count))), value)
