"""Terms: expressions over the field that know the integers they stand for, and wide integers made of them.

Every term has an interval: on every row of any trace that meets the constraints, its value mod p is that of an
integer in [lo, hi]. No interval passes p/2 in magnitude, so that a difference that is 0 mod p is 0: an operation that
could pass it raises `TooWide`, and the gadget that asked for it must carry first. Terms are no nodes of a table yet:
`lower` makes them so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from zkcompliance.stark.air.builder import NodeRef, TableBuilder
from zkcompliance.stark.air.program import Op
from zkcompliance.stark.field.babybear import P

HALF = P // 2
RADIX = 1 << 16


class TooWide(ArithmeticError):
    """A term here could pass p/2 and wrap."""


@dataclass(frozen=True, eq=False)
class Term:
    """One value per row. degree: with every column and selector counting 1."""

    op: Op
    a: Any
    b: Any
    lo: int
    hi: int
    degree: int

    def __post_init__(self) -> None:
        if self.lo < -HALF or self.hi > HALF:
            raise TooWide(f"a value from {self.lo} to {self.hi} does not fit the field")

    @property
    def size(self) -> int:
        """The largest magnitude."""
        return max(-self.lo, self.hi)

    def __add__(self, other: Term | int) -> Term:
        o = lift(other)
        if is_zero(o):
            return self
        if is_zero(self):
            return o
        if self.op == o.op == Op.CONST:
            return const(self.a + o.a)
        return Term(Op.ADD, self, o, self.lo + o.lo, self.hi + o.hi, max(self.degree, o.degree))

    def __sub__(self, other: Term | int) -> Term:
        o = lift(other)
        if is_zero(o):
            return self
        if self.op == o.op == Op.CONST:
            return const(self.a - o.a)
        return Term(Op.SUB, self, o, self.lo - o.hi, self.hi - o.lo, max(self.degree, o.degree))

    def __mul__(self, other: Term | int) -> Term:
        o = lift(other)
        for x, y in ((self, o), (o, self)):
            if x.op == Op.CONST and x.a in (0, 1):
                return y if x.a else ZERO
        corners = [x * y for x in (self.lo, self.hi) for y in (o.lo, o.hi)]
        if self.op == o.op == Op.CONST:
            return const(self.a * o.a)
        return Term(Op.MUL, self, o, min(corners), max(corners), self.degree + o.degree)

    def __rsub__(self, other: int) -> Term:
        return const(other) - self

    __radd__, __rmul__ = __add__, __mul__

    def __bool__(self) -> bool:
        raise TypeError("a term has no truth value")

    def within(self, lo: int, hi: int) -> Term:
        """The same value, known (by a constraint) to be in [lo, hi]."""
        return self if self.op == Op.CONST else replace(self, lo=lo, hi=hi)


def const(value: int) -> Term:
    return Term(Op.CONST, value, 0, value, value, 0)  # a: the value


def lift(value: Term | int) -> Term:
    return const(value) if isinstance(value, int) else value


def in_field(a: Term, b: Term) -> Term:
    """a·b as an element of F alone, for inverses: no integer is meant, and its interval says nothing."""
    return Term(Op.MUL, a, b, 0, 0, a.degree + b.degree)


ZERO, ONE = const(0), const(1)


def is_zero(e: Term) -> bool:
    return e.op == Op.CONST and e.a == 0


def leaf(op: Op, a: int = 0, b: int = 0, hi: int = RADIX - 1, lo: int = 0) -> Term:
    """A column, a selector, a limb of a public or of a bracket.

    A limb of a bracket counts as a column here, though it has degree 0: it differs from segment to segment, so that
    what moves rows elsewhere must copy it.
    """
    return Term(op, a, b, lo, hi, 0 if op in (Op.PUBLIC, Op.ORDINAL) else 1)


def lower(e: Term, table: TableBuilder) -> NodeRef:
    """The node of the table that e is."""
    if e.op == Op.CONST:
        return table.lift(e.a)
    if e.op in (Op.ADD, Op.SUB, Op.MUL):
        a, b = lower(e.a, table), lower(e.b, table)
        return table.node(e.op, a.index, b.index)
    return table.node(e.op, e.a, e.b)


@dataclass(frozen=True)
class Wide:
    """The integer Σ_j 2^(16j)·limb_j, in [lo, hi]; limbs may be signed and larger than 16 bits."""

    limbs: tuple[Term, ...]
    lo: int
    hi: int

    @property
    def normal(self) -> bool:
        """Every limb is in [0, 2^16): the digits are determined by the value."""
        return all(limb.lo >= 0 and limb.hi < RADIX for limb in self.limbs)

    @property
    def constant(self) -> int | None:
        """Its value, if it is the same in every program run."""
        if all(limb.op == Op.CONST for limb in self.limbs):
            return sum(int(limb.a) << 16 * j for j, limb in enumerate(self.limbs))
        return None

    def limb(self, j: int) -> Term:
        return self.limbs[j] if j < len(self.limbs) else ZERO


def wide(limbs: list[Term] | tuple[Term, ...], lo: int | None = None, hi: int | None = None) -> Wide:
    """lo, hi: what is known besides the limbs' own intervals."""
    kept = list(limbs)
    while len(kept) > 1 and is_zero(kept[-1]):
        kept.pop()
    low = sum(limb.lo << 16 * j for j, limb in enumerate(kept))
    high = sum(limb.hi << 16 * j for j, limb in enumerate(kept))
    return Wide(tuple(kept), low if lo is None else max(lo, low), high if hi is None else min(hi, high))


def digits(value: int) -> Wide:
    """A constant; of a negative one all digits are negative."""
    sign, rest = (-1, -value) if value < 0 else (1, value)
    limbs: list[Term] = []
    while rest or not limbs:
        limbs.append(const(sign * (rest % RADIX)))
        rest //= RADIX
    return wide(limbs)


def limbs_for(hi: int) -> int:
    """16-bit limbs that hold 0 … hi."""
    return max(1, -(-hi.bit_length() // 16))


def add(a: Wide, b: Wide) -> Wide:
    n = max(len(a.limbs), len(b.limbs))
    return wide([a.limb(j) + b.limb(j) for j in range(n)], a.lo + b.lo, a.hi + b.hi)


def sub(a: Wide, b: Wide) -> Wide:
    n = max(len(a.limbs), len(b.limbs))
    return wide([a.limb(j) - b.limb(j) for j in range(n)], a.lo - b.hi, a.hi - b.lo)
