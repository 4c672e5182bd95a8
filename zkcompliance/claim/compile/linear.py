"""Single values as linear forms over sums, unknowns and publics, and the equations between them.

A weight in an equation is small (docs/spec/buses.md): a larger multiple is built up in unknowns, 8 bits at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from zkcompliance.claim.compile.context import Board, Table
from zkcompliance.claim.compile.run import Run
from zkcompliance.claim.compile.terms import Term, limbs_for
from zkcompliance.stark.air.program import Equation, Summand, SummandKind, Unknown

Quantity = tuple[SummandKind, int, int]  # a sum, an unknown, a public or 1: its kind and its numbers
SMALL = 255  # of a coefficient of an unknown
MOST_SUMS = 4  # in one equation: each weighs 5·buckets in a digit
MAX_LIMBS = 32


@dataclass(frozen=True)
class Linear:
    """Σ coefficient·(sum | unknown | public) + constant, in [lo, hi]."""

    terms: tuple[tuple[Quantity, int], ...]
    constant: int
    lo: int
    hi: int


def constant(value: int) -> Linear:
    return Linear((), value, value, value)


def combine(a: Linear, b: Linear, factor: int = 1) -> Linear:
    """a + factor·b."""
    coefficients = dict(a.terms)
    for key, coefficient in b.terms:
        coefficients[key] = coefficients.get(key, 0) + factor * coefficient
    terms = tuple((key, coefficient) for key, coefficient in coefficients.items() if coefficient)
    low, high = sorted((factor * b.lo, factor * b.hi))
    return Linear(terms, a.constant + factor * b.constant, a.lo + low, a.hi + high)


class Equations:
    """Sums, unknowns and equations of the program."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self._sums: dict[tuple[int, Term, tuple[Term, ...]], Quantity] = {}
        self._multiples: dict[tuple[Quantity, int], Quantity] = {}

    def sum_of(self, table: Table, name: str, selector: Term, limbs: tuple[Term, ...], lo: int, hi: int) -> Linear:
        """The total of selector·limbs over all rows; the selector is 0 or 1, the limbs have 16 bits."""
        at = (table.number, selector, limbs)
        if at not in self._sums:
            taken = {known for known, _, _ in table.sums}
            while name in taken:
                name += "+"
            self._sums[at] = (SummandKind.SUM, table.number, len(table.sums))
            table.sums.append((name, selector, limbs))
        return Linear(((self._sums[at], 1),), 0, lo, hi)

    def evaluate(self, run: Run, form: Linear) -> int:
        return form.constant + sum(c * self._term(run, key) for key, c in form.terms)

    def _term(self, run: Run, key: Quantity) -> int:
        kind, a, b = key
        if kind == SummandKind.UNKNOWN:
            return run.unknowns[a]
        if kind == SummandKind.PUBLIC:
            return run.publics[a]
        if (a, b) not in run.sums:
            _, selector, limbs = self.board.tables[a].sums[b]
            run.sums[a, b] = run.total(a, selector, limbs)
        return run.sums[a, b]

    def unknown(self, name: str, form: Linear) -> Quantity:
        """A private integer ≥ 0 whose value is the form's in honest proofs; an equation must say so."""
        return self.private(name, form.hi, lambda run: self.evaluate(run, form))

    def private(self, name: str, hi: int, value: Callable[[Run], int]) -> Quantity:
        """A private integer ≥ 0 with limbs for 0 … hi, that honest proofs fill by `value`; equations say what it is."""
        limbs = limbs_for(max(0, hi))
        if limbs > MAX_LIMBS:
            raise ValueError("a single value of more than 512 bits")
        number = len(self.board.unknowns)
        taken = {known.name for known in self.board.unknowns}
        numbered, at = name[:200], 1
        while numbered in taken:
            at += 1
            numbered = f"{name[:200]} ({at})"
        self.board.unknowns.append(Unknown(numbered, limbs))

        def step(run: Run) -> None:
            honest = np.array([value(run)], object)
            run.unknowns[number] = int(run.told((-2, number), honest)[0])

        self.board.steps.append(step)
        return SummandKind.UNKNOWN, number, 0

    def at_least_zero(self, name: str, form: Linear) -> None:
        """form ≥ 0: form − slack = 0."""
        if form.lo >= 0:
            return
        slack = self.unknown(f"{name}: slack", form)
        self.zero(name, combine(form, Linear(((slack, 1),), 0, 0, 0), -1))

    def zero(self, name: str, form: Linear) -> None:
        """form = 0 over the integers."""
        many = sum(key[0] == SummandKind.SUM for key, _ in form.terms) > MOST_SUMS
        terms: list[tuple[Quantity, int]] = []
        for key, coefficient in form.terms:
            if key[0] == SummandKind.SUM and (many or abs(coefficient) != 1):
                key = self._copy(key)
            if (key[0] == SummandKind.UNKNOWN and abs(coefficient) > SMALL) or abs(coefficient) >= 1 << 28:
                key, coefficient = self._multiple(key, abs(coefficient)), 1 if coefficient > 0 else -1
            terms.append((key, coefficient))
        if abs(form.constant) >= 1 << 28:
            value = abs(form.constant)
            terms.append((self._constant(value), 1 if form.constant > 0 else -1))
            self.emit(name, terms, 0)
        else:
            self.emit(name, terms, form.constant)

    def divide(self, name: str, form: Linear, divisor: int) -> Linear:
        """⌊form / divisor⌋: form = divisor·(q + ⌊lo/divisor⌋) + r with q, r ≥ 0 and r ≤ divisor − 1."""
        low, high = form.lo // divisor, form.hi // divisor
        q = self.private(name, high - low, lambda run: self.evaluate(run, form) // divisor - low)
        r = self.private(f"{name}: remainder", divisor - 1, lambda run: self.evaluate(run, form) % divisor)
        quotient, rest = Linear(((q, 1),), low, low, high), Linear(((r, 1),), 0, 0, divisor - 1)
        below = combine(constant(divisor - 1), replace(rest, hi=(1 << 16 * limbs_for(divisor - 1)) - 1), -1)
        self.at_least_zero(f"{name}: remainder below the divisor", below)
        self.zero(f"{name} times divisor plus remainder", combine(combine(form, quotient, -divisor), rest, -1))
        return quotient

    def emit(self, name: str, terms: list[tuple[Quantity, int]], value: int) -> None:
        summands = [Summand(kind, coefficient, a, b) for (kind, a, b), coefficient in terms]
        if value or not summands:
            summands.append(Summand(SummandKind.ONE, value or 1))
            if not value:  # 0 = 0
                return
        taken = {known.name for known in self.board.equations}
        numbered, at = name[:200], 1
        while numbered in taken:
            at += 1
            numbered = f"{name[:200]} ({at})"
        self.board.equations.append(Equation(numbered, tuple(summands)))

    def _copy(self, key: Quantity) -> Quantity:
        """An unknown with the value of a sum or a public."""
        if (key, 1) not in self._multiples:
            copy = self.unknown("a total", Linear(((key, 1),), 0, 0, self._bound(key)))
            self.emit("a total", [(key, 1), (copy, -1)], 0)
            self._multiples[key, 1] = copy
        return self._multiples[key, 1]

    def _bound(self, key: Quantity) -> int:
        kind, a, b = key
        if kind == SummandKind.SUM:
            rows = 27  # log2 of the most rows of a log, rounded up
            return (1 << 16 * len(self.board.tables[a].sums[b][2]) + rows) - 1
        if kind == SummandKind.PUBLIC:
            return (1 << self.board.publics[a].bits) - 1
        return (1 << 16 * self.board.unknowns[a].limbs) - 1

    def _multiple(self, key: Quantity, factor: int) -> Quantity:
        """An unknown that is factor·key: for each byte y of the factor, highest first, t' = 2^8·t + y·key."""
        if (key, factor) in self._multiples:
            return self._multiples[key, factor]
        base = key if key[0] == SummandKind.UNKNOWN else self._copy(key)
        rest = factor >> 8
        terms = [(base, factor & 0xFF)] if factor & 0xFF else []
        if rest:
            terms.append((self._multiple(base, rest), 256))
        form = Linear(((base, factor),), 0, 0, factor * self._bound(base))
        multiple = self.unknown("a multiple", form)
        self.emit("a multiple", [*terms, (multiple, -1)], 0)
        self._multiples[key, factor] = multiple
        return multiple

    def _constant(self, value: int) -> Quantity:
        """An unknown that is the constant, digit by digit."""
        at: Quantity = (SummandKind.ONE, 0, 0)
        if (at, value) in self._multiples:
            return self._multiples[at, value]
        unknown = self.unknown("a constant", constant(value))
        low = value & 0xFF
        rest = value >> 8
        terms = [(self._constant(rest), 256), (unknown, -1)] if rest else [(unknown, -1)]
        self.emit("a constant", terms, low)
        self._multiples[at, value] = unknown
        return unknown
