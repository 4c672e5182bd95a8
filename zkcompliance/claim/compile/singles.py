"""Single values: totals as linear forms; everything else about them on the rows of one small private table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from zkcompliance.claim.compile import arith
from zkcompliance.claim.compile.asking import FrameRows
from zkcompliance.claim.compile.chains import require_chain
from zkcompliance.claim.compile.context import POOL, Table
from zkcompliance.claim.compile.errors import cannot
from zkcompliance.claim.compile.extremes import extreme
from zkcompliance.claim.compile.joins import same_multiset
from zkcompliance.claim.compile.linear import Linear, Quantity, combine, constant
from zkcompliance.claim.compile.nodes import Nodes, short
from zkcompliance.claim.compile.run import Rows, Run, split
from zkcompliance.claim.compile.terms import ONE, Term, Wide, add, const, digits, leaf, limbs_for, sub, wide
from zkcompliance.claim.compile.workshop import Workshop
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.ranges import MAX_ROWS
from zkcompliance.stark.air.program import Kind, Lookup, Op, SummandKind

ASIDE_ROWS = 8
BITS_AT_ONCE = 7  # 4·(2^7 + 5·(2^7 − 1)) is within an equation's weights


class Aside(Nodes):
    """A private table of 2^3 equal rows whose first one is looked at: gadgets on single values."""

    ctx: Table

    def __init__(self, workshop: Workshop) -> None:
        table = Table(workshop.board, None)
        super().__init__(table, workshop.publics)
        self.workshop = workshop

        def step(run: Run) -> None:
            run.tables[table.number] = Rows(None, [ASIDE_ROWS])

        workshop.board.steps.append(step)

    def special(self, node: core.Value) -> bool:
        if isinstance(node, (core.Add, core.Sub)):
            return False
        return super().special(node)

    @property
    def act(self) -> Term:
        """All rows ask alike."""
        return ONE

    def leaf_value(self, node: core.Value) -> Wide:
        if isinstance(node, core.Member):
            return wide([self.workshop.joins.found(self, node)])
        if isinstance(node, core.Lookup):
            return self.workshop.joins.value(self, node)
        if isinstance(node, core.AsOf):
            return self.workshop.states.value(self, node)
        if not isinstance(node, core.Aggregate):
            raise cannot(f"a single {type(node).__name__} cannot be compiled", node.line)
        return self.bring(self.workshop.singles.linear(node), short(node))

    def in_public(self, node: core.IsIn) -> Term:
        return self.workshop.joins.in_public(self, node)

    def bring(self, form: Linear, name: str) -> Wide:
        """The form's value in limbs of the first row: Σ first·limbs + lo = form."""
        n = limbs_for(form.hi - form.lo)
        equations = self.workshop.equations

        def fill(run: Run) -> list[np.ndarray]:
            value = equations.evaluate(run, form) - form.lo
            return split(np.array([value] * ASIDE_ROWS, object), n)

        limbs = self.ctx.limbs(n, name, fill)
        w = wide(limbs, 0, form.hi - form.lo)
        equations.zero(f"{name} brought over", combine(form, self._first(w, name, form.lo), -1))
        return add(w, digits(form.lo)) if form.lo else w

    def take(self, w: Wide, name: str) -> Linear:
        """The first row's value as a linear form."""
        low = w.lo if w.lo < 0 else 0
        w = arith.normalise(self.ctx, sub(w, digits(low)) if low else w, name)
        return self._first(w, name, low)

    def _first(self, w: Wide, name: str, low: int) -> Linear:
        limbs = tuple(self.ctx.flat(limb) for limb in w.limbs)
        form = self.workshop.equations.sum_of(self.ctx, name, leaf(Op.FIRST, 0, 0, 1), limbs, w.lo, w.hi)
        return combine(form, constant(low))


class Singles:
    """Requirements and reveals."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self._aside: Aside | None = None
        self._known: dict[core.Value, Linear] = {}
        self._brought: dict[Linear, Wide] = {}
        self._selections: set[core.Rows] = set()  # rows that have a column anyway, or are all of a log
        self._summed: set[tuple[core.Rows, core.Value | None]] = set()

    def plan(self, parts: Iterable[core.Base]) -> None:
        """What is asked, before any of it is compiled: every node of the claim."""
        for part in parts:
            if isinstance(part, core.Rows):
                self._selections.add(part)
                while isinstance(part.where, core.And):  # each step of a selection has a column
                    part = replace(part, where=part.where.a)
                    self._selections.add(part)
            elif isinstance(part, core.Aggregate) and part.by is None and part.kind in ("sum", "count"):
                self._summed.add((part.rows, part.arg))

    @property
    def aside(self) -> Aside:
        if self._aside is None:
            self._aside = Aside(self.workshop)
        return self._aside

    @property
    def table(self) -> Table:
        """The rows that `aside` compiles on."""
        return self.aside.ctx

    def linear(self, node: core.Value) -> Linear:
        if node not in self._known:
            self._known[node] = self._linear(node)
        return self._known[node]

    def _linear(self, node: core.Value) -> Linear:
        if isinstance(node, core.Const):
            return constant(node.value)
        if node.public:
            return self._public(node)
        match node:
            case core.Add():
                return combine(self.linear(node.a), self.linear(node.b))
            case core.Sub():
                return combine(self.linear(node.a), self.linear(node.b), -1)
            case core.Mul() if isinstance(node.a, core.Const):
                return combine(constant(0), self.linear(node.b), node.a.value)
            case core.Mul() if isinstance(node.b, core.Const):
                return combine(constant(0), self.linear(node.a), node.b.value)
            case core.Mul():
                for x, y in ((node.a, node.b), (node.b, node.a)):
                    if y.public and isinstance(x, core.Aggregate) and x.kind == "count":
                        return self._total(x, self.workshop.rows_of(x.rows.frame), y)
                    if y.public and not x.public:
                        product = self._times_public(self.linear(x), self.workshop.publics.value(y), short(node))
                        if product is not None:
                            return product
            case core.FloorDiv():
                return self.workshop.equations.divide(short(node), self.linear(node.a), node.divisor)
            case core.Aggregate():
                return self._aggregate(node)
        return self.aside.take(self.aside.value(node), short(node))

    def _public(self, node: core.Value) -> Linear:
        publics = self.workshop.publics
        w = publics.value(node)
        if w.constant is not None:
            return constant(w.constant)
        number, offset = publics.whole(node)
        return Linear((((SummandKind.PUBLIC, number, 0), 1),), offset, w.lo, w.hi)

    def _times_public(self, form: Linear, factor: Wide, name: str) -> Linear | None:
        """form·factor without a product of private digits: Σ_i 2^i·(bit i of the factor ? form : 0), as sums of the
        first row's digits selected by public bits, seven bits to an equation t' = 2^7·t + Σ 2^i·s_i.
        """
        if form.lo < 0 or factor.lo < 0 or factor.hi >> 64:
            return None
        equations, aside = self.workshop.equations, self.aside
        if form not in self._brought:
            self._brought[form] = aside.bring(replace(form, lo=0), name)  # its limbs as they are, of 16 bits
        x = self._brought[form]
        bits = arith.public_bits(self.workshop.public_context, factor, f"{name}: bits")
        first = leaf(Op.FIRST, 0, 0, 1)
        total: Quantity | None = None
        for start in reversed(range(0, len(bits), BITS_AT_ONCE)):
            terms: list[tuple[Quantity, int]] = [] if total is None else [(total, 1 << BITS_AT_ONCE)]
            value = constant(0) if total is None else Linear(((total, 1 << BITS_AT_ONCE),), 0, 0, 0)
            for i, bit in enumerate(bits[start : start + BITS_AT_ONCE]):
                part = equations.sum_of(aside.ctx, f"{name}: bit {start + i}", first * bit, x.limbs, 0, x.hi)
                terms.append((part.terms[0][0], 1 << i))
                value = combine(value, part, 1 << i)
            bound = Linear(value.terms, 0, 0, x.hi * (factor.hi >> start))
            total = equations.unknown(f"{name}: so far", bound)
            equations.emit(f"{name}: so far", [*terms, (total, -1)], 0)
        if total is None:
            return None
        return Linear(((total, 1),), 0, 0, x.hi * factor.hi)

    def _aggregate(self, node: core.Aggregate) -> Linear:
        if node.by is not None:
            raise cannot("an aggregate by group is no single value", node.line)
        if node.kind in ("min", "max"):
            try:
                return extreme(self.workshop, self.workshop.rows_of(node.rows.frame), node)
            except ArithmeticError as error:
                raise cannot(str(error), node.line) from None
        rest = self._others(node)
        if rest is not None:
            every, those = (self.linear(replace(node, rows=part)) for part in rest)
            return replace(combine(every, those, -1), lo=every.lo, hi=every.hi)  # wide enough for any of the rows
        rows = self.workshop.rows_of(node.rows.frame)
        return self._total(node, rows, node.arg)

    def _others(self, node: core.Aggregate) -> tuple[core.Rows, core.Rows] | None:
        """Of a total over rows on which something does not hold: those rows and the ones on which it does, and the
        latter, if they have a column anyway and this makes at most a further count. So these rows need no column."""
        where = node.rows.where
        before, last = (where.a, where.b) if isinstance(where, core.And) else (None, where)
        if not isinstance(last, core.Not) or node.rows.order:
            return None
        every = replace(node.rows, where=before)
        holds = replace(where, b=last.a) if isinstance(where, core.And) else last.a
        those = replace(node.rows, where=holds)
        known = those in self._selections if node.arg is None else (those, node.arg) in self._summed
        return (every, those) if known else None

    def _total(self, node: core.Aggregate, rows: FrameRows, arg: core.Value | None) -> Linear:
        selector = rows.selected(node.rows)
        return self._sum(rows, selector, arg, node)

    def _sum(self, rows: FrameRows, selector: Term, arg: core.Value | None, node: core.Aggregate) -> Linear:
        """Σ selector·arg, term by term where arg is a sum itself."""
        sum_of = self.workshop.equations.sum_of
        name = short(node)
        if arg is None:
            return sum_of(rows.ctx, "count", selector, (ONE,), 0, MAX_ROWS)
        if isinstance(arg, (core.Add, core.Sub)):
            factor = 1 if isinstance(arg, core.Add) else -1
            a, b = self._sum(rows, selector, arg.a, node), self._sum(rows, selector, arg.b, node)
            return combine(a, b, factor)
        if isinstance(arg, core.Const):
            return combine(constant(0), self._sum(rows, selector, None, node), arg.value)
        w = rows.value(arg)
        low = w.lo if w.lo < 0 else 0
        if low:
            w = sub(w, digits(low))
        w = arith.normalise(rows.ctx, w, name)
        limbs = tuple(rows.ctx.flat(limb) for limb in w.limbs)
        form = sum_of(rows.ctx, name, selector, limbs, 0, MAX_ROWS * w.hi)
        return combine(form, self._sum(rows, selector, None, node), low) if low else form

    # Requirements

    def require(self, name: str, node: core.Value) -> None:
        """The node, a truth value, is 1."""
        match node:
            case core.And():
                self.require(name, node.a)
                self.require(name, node.b)
                return
            case core.SameMultiset():
                same_multiset(self.workshop, node)
                return
            case core.Chain():
                require_chain(self.workshop, name, node)
                return
            case core.Compare() if node.op != "!=":
                if not self._none(name, node):
                    self._compare(name, node)
                return
            case core.Const() if node.value == 1:
                return
        aside = self.aside
        aside.ctx.zero(name, 1 - aside.truth(node), Kind.EVERY)

    def _none(self, name: str, node: core.Compare) -> bool:
        """count(rows) == 0: no row is selected, a constraint on each."""
        for x, y in ((node.a, node.b), (node.b, node.a)):
            zero = isinstance(y, core.Const) and y.value == 0
            if node.op == "==" and zero and isinstance(x, core.Aggregate) and x.kind == "count" and x.by is None:
                self.workshop.rows_of(x.rows.frame).forbid(name, x.rows)
                return True
        return False

    def _compare(self, name: str, node: core.Compare) -> None:
        form = combine(self.linear(node.b), self.linear(node.a), -1)
        if node.op == "==":
            self.workshop.equations.zero(name, form)
        else:
            self.workshop.equations.at_least_zero(name, combine(form, constant(int(node.op == "<")), -1))

    # Reveals

    def reveal(self, reveal: core.Reveal, number: int) -> None:
        """R = value, or the value rounded down: R = q·T, T = 10^e, R ≤ value < R + T."""
        form = self.linear(reveal.value)
        equations = self.workshop.equations

        most = (1 << self.workshop.board.publics[number].bits) - 1

        def public(run: Run) -> None:
            honest = rounded(equations.evaluate(run, form), reveal.figures)
            told = run.told((-1, POOL * number), np.array([honest], object))
            run.publics[number] = int(told[0]) & most

        self.workshop.board.steps.append(public)
        shown = Linear((((SummandKind.PUBLIC, number, 0), 1),), 0, 0, most)
        if reveal.figures is None:
            equations.zero(reveal.name, combine(form, shown, -1))
            return
        step = self._step(reveal, number)
        equations.at_least_zero(f"{reveal.name}: not above", combine(form, shown, -1))
        above = combine(combine(combine(shown, step), constant(1), -1), form, -1)
        equations.at_least_zero(f"{reveal.name}: not below", above)

    def _step(self, reveal: core.Reveal, number: int) -> Linear:
        """T as a public, with every constraint between R, T, q and e."""
        ctx = self.workshop.public_context
        figures, bits = reveal.figures or 1, self.workshop.board.publics[number].bits
        most = max(0, len(str((1 << bits) - 1)) - figures)
        n = limbs_for(10**most)

        def exponent(run: Run) -> int:
            return max(0, len(str(run.publics[number])) - figures) if run.publics[number] else 0

        def power(run: Run) -> list[np.ndarray]:
            return split(np.array([10 ** exponent(run)], object), n)

        def quotient(run: Run) -> list[np.ndarray]:
            return split(np.array([run.publics[number] // 10 ** exponent(run)], object), limbs_for(10**figures))

        limbs = ctx.own(n, f"{reveal.name}: step", power)
        (positive,) = ctx.limbs(1, f"{reveal.name}: rounded", lambda run: [np.array([int(exponent(run) > 0)])])
        q = wide(ctx.limbs(limbs_for(10**figures), f"{reveal.name}: figures", quotient))
        rows = [(*(10**e >> 16 * j & 0xFFFF for j in range(n)), int(e > 0)) for e in range(most + 1)]
        ctx.require_in(Lookup(tuple(rows)), *limbs, positive)
        positive = positive.within(0, 1)
        arith.require_at_least_zero(ctx, sub(digits(10**figures - 1), q), f"{reveal.name}: figures at most")
        least = wide([const(limb.a) * positive for limb in digits(10 ** (figures - 1)).limbs])
        arith.require_at_least_zero(ctx, sub(q, least), f"{reveal.name}: figures at least")
        shown = wide([leaf(Op.PUBLIC, number, j, (1 << min(16, bits - 16 * j)) - 1) for j in range(-(-bits // 16))])
        product = arith.multiply(ctx, q, wide(limbs, 1, 10**most), f"{reveal.name}: figures times step")
        arith.require_zero(ctx, sub(product, shown), f"{reveal.name}: figures times step")
        return Linear((((SummandKind.PUBLIC, limbs[0].a, 0), 1),), 0, 1, 10**most)


def rounded(value: int, figures: int | None) -> int:
    """Down to that many significant decimal figures."""
    if figures is None or value <= 0:
        return max(value, 0)
    power = 10 ** max(0, len(str(value)) - figures)
    return int(value // power * power)
