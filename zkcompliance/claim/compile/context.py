"""Where values live: the rows of a table, or publics that follow from the claim's parameters.

A gadget asks its context for fresh values and adds constraints; it works the same on rows of a log, rows of a private
table, and publics. `Board` holds all that a program is made of until it is lowered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from zkcompliance.claim.compile.errors import cannot
from zkcompliance.claim.compile.run import Run, Step
from zkcompliance.claim.compile.terms import HALF, ONE, RADIX, Term, const, in_field, is_zero, leaf
from zkcompliance.stark.air.program import Equation, Kind, Lookup, Op, Public, Unknown
from zkcompliance.stark.field.babybear import P
from zkcompliance.stark.field.vector import batch_inverse

POOL = 32  # limbs of one public
MAX_DEGREE = 3  # of a constraint, every column and selector counting 1
Fill = Callable[[Run], list[np.ndarray]]


@dataclass(frozen=True)
class Message:
    """An interaction that is not lowered yet. lookup: the number of a public table; bus: of a general bus."""

    values: tuple[Term, ...]
    lookup: int | None = None
    bus: int | None = None
    multiplicity: Term | None = None
    bound: int = 1
    name: str = "16 bits"


@dataclass
class Board:
    """The program in the making, and the steps that fill it."""

    publics: list[Public] = field(default_factory=list)
    lookups: dict[Lookup, int] = field(default_factory=dict)
    buses: list[int] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    unknowns: list[Unknown] = field(default_factory=list)
    equations: list[Equation] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def lookup(self, rows: Lookup) -> int:
        return self.lookups.setdefault(rows, len(self.lookups))

    def bus(self, width: int) -> int:
        """A new general bus."""
        self.buses.append(width)
        return len(self.buses) - 1


class Context:
    """What gadgets need. `number`: of the table whose rows it is about, −1 for publics."""

    board: Board
    number: int

    def __init__(self, board: Board, number: int) -> None:
        self.board = board
        self.number = number
        self.constraints: list[tuple[str, Kind, Term]] = []
        self.products: dict[Term, Term] = {}  # columns that are the value of an expression
        self._flat: dict[int, Term] = {}  # the column of each shape of expression that has one
        self._shapes: dict[Term, int] = {}
        self._numbers: dict[tuple[Op, int, int], int] = {}

    def limbs(self, count: int, name: str, fill: Fill) -> list[Term]:
        """Fresh values, each known to be in [0, 2^16)."""
        raise NotImplementedError

    def free(self, name: str, fill: Callable[[Run], np.ndarray], lo: int = -HALF, hi: int = HALF) -> Term:
        """A fresh value that nothing binds yet; lo, hi: what the constraints that follow imply."""
        raise NotImplementedError

    def require_16_bits(self, *values: Term, name: str = "16 bits") -> None:
        raise NotImplementedError

    def zero(self, name: str, e: Term, kind: Kind = Kind.EVERY) -> None:
        """e is 0 on the rows of `kind`."""
        if is_zero(e):
            return
        names = {known for known, _, _ in self.constraints}
        numbered = name[:200]
        at = 1
        while numbered in names:
            at += 1
            numbered = f"{name[:200]} ({at})"
        self.constraints.append((numbered, kind, e))

    def flat(self, e: Term, name: str = "a product") -> Term:
        """The same value with degree at most 1: a column of its own if need be."""
        if e.degree <= 1:
            return e
        shape = self._shape(e)
        if shape not in self._flat:
            column = self.free(name, lambda run: run.value(self.number, e), e.lo, e.hi)
            self.zero(name, column - e)
            self.products[column] = e
            self._flat[shape] = column
        known = self._flat[shape]
        return known if (known.lo, known.hi) == (e.lo, e.hi) else known.within(max(known.lo, e.lo), min(known.hi, e.hi))

    def _shape(self, e: Term) -> int:
        """A number that equal expressions have in common, whatever is known of their values."""
        if e not in self._shapes:
            operation = e.op in (Op.ADD, Op.SUB, Op.MUL)
            key = (e.op, self._shape(e.a), self._shape(e.b)) if operation else (e.op, e.a, e.b)
            self._shapes[e] = self._numbers.setdefault(key, len(self._numbers))
        return self._shapes[e]

    def times(self, a: Term, b: Term) -> Term:
        """a·b, of degree at most 2."""
        a, b = self.factors(a, b)
        return a * b

    def selection(self, a: Term, b: Term) -> Term:
        """a·b of two bits in a column of its own: of degree at most 3, the constraint needs no other."""
        product = a * b if a.degree + b.degree <= MAX_DEGREE else self.times(a, b)
        return self.flat(product.within(0, 1), "selected")

    def factors(self, a: Term, b: Term) -> tuple[Term, Term]:
        """The two as they are where their product has degree at most 2, else in columns of their own."""
        return (self.flat(a), self.flat(b)) if a.degree + b.degree > 2 else (a, b)

    def member(self, e: Term, lo: int, hi: int, name: str, kind: Kind = Kind.EVERY) -> Term:
        """e is one of lo … hi (few), on the rows of `kind`: Π (e − v) = 0."""
        product = ONE
        for v in range(lo, hi + 1):
            factor = (e - const(v)).within(lo - v, hi - v)
            product = product * factor
        self.zero(name, product, kind)
        return e.within(lo, hi)

    def below(self, e: Term, count: int) -> Term:
        """e, of 16 bits already, is in [0, count)."""
        if count < RADIX:
            self.require_16_bits(const(count - 1) - e, name="below a bound")
        return e.within(0, min(count, RADIX) - 1)

    def invertible(self, ds: list[Term], name: str) -> Term:
        """1 where every d is 0, else 0: r·d = 0 and Σ w·d = 1 − r.

        The weights w are free columns u_a, and products u_a·u_b of two that differ: if some d is not 0, there are u
        with Σ w·d = 1; if all are 0, there are none. So k columns serve k·(k + 1)/2 values.
        """
        here = self.number
        ds = [self.flat(d) for d in ds]

        def equal(run: Run) -> np.ndarray:
            return np.asarray(np.logical_and.reduce([run.value(here, d) == 0 for d in ds]).astype(np.int64))

        r = self.free(f"{name}: equal", equal, 0, 1)
        count = next(k for k in range(1, len(ds) + 1) if k * (k + 1) >= 2 * len(ds))
        pairs = list(combinations(range(count), 2))

        def fill(run: Run) -> list[np.ndarray]:
            return _factors([run.value(here, d) % P for d in ds], run.value(here, r) == 1, count, pairs)

        factors = self.together(count, f"{name}: inverse", fill)
        weights = [*factors, *(in_field(factors[a], factors[b]) for a, b in pairs)]
        total = r - 1
        for d, weight in zip(ds, weights[: len(ds)], strict=True):
            self.zero(f"{name}: equal means equal", in_field(r, d))
            total = (total + in_field(weight, d)).within(-HALF, HALF)
        self.zero(f"{name}: unequal means unequal", total)
        return r

    def together(self, count: int, name: str, fill: Fill, lo: int = -HALF, hi: int = HALF) -> list[Term]:
        """Fresh values as of `free`, which are filled by one function."""
        columns: list[Term] = []
        kept: dict[int, list[np.ndarray]] = {}

        def one(run: Run, j: int) -> np.ndarray:
            if j == 0:
                kept[id(run)] = fill(run)
            values = kept[id(run)][j]
            if j == count - 1:
                del kept[id(run)]
            return values

        for j in range(count):
            columns.append(self.free(name, lambda run, j=j: one(run, j), lo, hi))  # type: ignore[misc]
        return columns


def _factors(ds: list[np.ndarray], equal: np.ndarray, count: int, pairs: list[tuple[int, int]]) -> list[np.ndarray]:
    """u with Σ w·d = 1 where some d is not 0, else 0: the first such d has weight 1/d, by its own u, or by a pair of
    which the first is 1; no other weight counts, as all d before it are 0, and all other u."""
    first = np.full(len(equal), len(ds))
    own = np.ones(len(equal), np.uint32)
    for j, d in reversed(list(enumerate(ds))):
        first = np.where(d != 0, j, first)
        own = np.where(d != 0, d, own).astype(np.uint32)
    first[equal] = len(ds)
    inverse = batch_inverse(own).astype(np.int64)
    factors = [np.where(first == a, inverse, 0) for a in range(count)]
    for j, (a, b) in enumerate(pairs, count):
        here = first == j
        factors[a][here], factors[b][here] = 1, inverse[here]
    return factors


class Table(Context):
    """The rows of a log (slot number `log`) or of a private table (log None)."""

    def __init__(self, board: Board, log: int | None) -> None:
        super().__init__(board, len(board.tables))
        board.tables.append(self)
        self.log = log
        self.witness = 0
        self.columns: list[str] = []  # what each witness column is for
        self.messages: list[Message] = []
        self.sums: list[tuple[str, Term, tuple[Term, ...]]] = []
        self.short: set[int] = set()  # log columns of 16-bit values, which the base of the union asks for
        self._ranged: set[int] = set()  # witness columns that are asked for

    def free(self, name: str, fill: Callable[[Run], np.ndarray], lo: int = -HALF, hi: int = HALF) -> Term:
        number = self.witness
        self.witness += 1
        self.columns.append(name)

        def step(run: Run) -> None:
            run.put(self.number, number, fill(run))

        self.board.steps.append(step)
        return leaf(Op.WIT, number, 0, hi, lo)

    def limbs(self, count: int, name: str, fill: Fill) -> list[Term]:
        columns = self.unchecked(count, name, fill)
        self.require_16_bits(*columns, name=name)
        return columns

    def unchecked(self, count: int, name: str, fill: Fill) -> list[Term]:
        """Limbs whose range other constraints imply."""
        return self.together(count, name, fill, 0, RADIX - 1)

    def require_16_bits(self, *values: Term, name: str = "16 bits") -> None:
        for value in values:
            if value.op == Op.LOG:
                self.short.add(value.a)
                continue
            if value.op != Op.WIT or value.a not in self._ranged:
                self.messages.append(Message((value,), name=name))
            if value.op == Op.WIT:
                self._ranged.add(value.a)

    def asked(self, e: Term) -> bool:
        """Whether a verifier sees by an ask, or by those of its factors, that a value is in [0, 2^16).

        What other constraints say of it does not count.
        """
        if e in self.products:
            e = self.products[e]
        if e.op == Op.MUL:
            return self.asked(e.a) and self.asked(e.b)
        if e.op in (Op.CONST, Op.PUBLIC):
            return e.lo >= 0 and e.hi < RADIX
        ranged = (e.op == Op.WIT and e.a in self._ranged) or (e.op == Op.LOG and e.a in self.short)
        return ranged or any(
            message.lookup is not None and any((v.op, v.a) == (e.op, e.a) for v in message.values)
            for message in self.messages
        )

    def require_in(self, rows: Lookup, *values: Term) -> None:
        """The tuple is a row of the public table."""
        self.messages.append(Message(values, lookup=self.board.lookup(rows), name="a public table"))

    def send(self, bus: int, multiplicity: Term, *values: Term, name: str, bound: int = 1) -> None:
        """Put the tuple on a general bus; |multiplicity| ≤ bound."""
        self.messages.append(Message(values, bus=bus, multiplicity=multiplicity, bound=bound, name=name))

    def next_row(self, column: Term) -> Term:
        """A witness column in the next row (the first row's in a segment's last)."""
        return leaf(Op.NEXT, column.a, 0, column.hi, column.lo)

    def ahead(self, e: Term) -> Term:
        """A witness column in the next row; anything else is the same on every row, and itself."""
        return self.next_row(e) if e.op == Op.WIT else e


class Publics(Context):
    """Values that follow from the parameters: they are publics themselves, checked by constraints of degree 0."""

    def __init__(self, board: Board) -> None:
        super().__init__(board, -1)
        self._pool = self._room = 0
        self.pools: set[int] = set()  # publics whose limbs belong to several values

    def limbs(self, count: int, name: str, fill: Fill) -> list[Term]:
        """Limbs of publics that several values share."""
        limbs = []
        for _ in range(count):
            if self._room == 0:
                self._pool, self._room = self.derived("derived", 16, lambda run: 0), POOL
                self.pools.add(self._pool)
            limb = POOL - self._room
            known = self.board.publics[self._pool]
            self.board.publics[self._pool] = Public(known.name, 16 * (limb + 1), reveal=True)
            self._room -= 1
            limbs.append(leaf(Op.PUBLIC, self._pool, limb))

        def step(run: Run) -> None:
            for e, value in zip(limbs, fill(run), strict=True):
                told = run.told((-1, POOL * e.a + e.b), np.asarray(value))
                run.publics[e.a] |= (int(told[0]) & 0xFFFF) << 16 * e.b

        self.board.steps.append(step)
        return limbs

    def own(self, count: int, name: str, fill: Fill) -> list[Term]:
        """All the limbs of one public of its own."""

        def whole(run: Run) -> int:
            told = [run.told((-1, POOL * number + j), np.asarray(v)) for j, v in enumerate(fill(run))]
            return sum((int(v[0]) & 0xFFFF) << 16 * j for j, v in enumerate(told))

        number = self.derived(name, 16 * count, whole)
        return [leaf(Op.PUBLIC, number, j) for j in range(count)]

    def bit(self, name: str, fill: Callable[[Run], np.ndarray]) -> Term:
        """A public of its own that is 0 or 1, which every table knows of it."""

        def whole(run: Run) -> int:
            return int(run.told((-1, POOL * number), np.asarray(fill(run)))[0])

        number = self.derived(name, 1, whole)
        return leaf(Op.PUBLIC, number, 0, 1)

    def free(self, name: str, fill: Callable[[Run], np.ndarray], lo: int = -HALF, hi: int = HALF) -> Term:
        raise cannot("an equality of public values alone is not supported")

    def derived(self, name: str, bits: int, fill: Callable[[Run], int]) -> int:
        """A new public that the prover states; what it must be, constraints say."""
        number = len(self.board.publics)
        taken = {public.name for public in self.board.publics}
        numbered, at = name, 1
        while numbered in taken:
            at += 1
            numbered = f"{name} ({at})"
        self.board.publics.append(Public(numbered, bits, reveal=True))

        def step(run: Run) -> None:
            run.publics[number] = fill(run) % (1 << bits)

        self.board.steps.append(step)
        return number

    def require_in(self, rows: Lookup, *values: Term) -> None:
        """The tuple is a row of the public table: the first table's rows all ask for it."""
        self.board.tables[0].require_in(rows, *values)

    def require_16_bits(self, *values: Term, name: str = "16 bits") -> None:
        for value in values:
            (copy,) = self.limbs(1, "a checked public", lambda run, v=value: [run.value(-1, v)])  # type: ignore[misc]
            self.zero("a public in its range", copy - value)
