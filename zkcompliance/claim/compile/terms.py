"""Field expressions that know the integers they stand for, and wide integers made of them.

Every expression has an interval: on every row of any trace that meets the constraints, its value mod p is that of an
integer in [lo, hi]. No interval passes p/2 in magnitude, so that a difference that is 0 mod p is 0: an operation that
could pass it raises `TooWide`, and the gadget that asked for it must carry first. Expressions are no nodes of a table
yet: `lower` makes them so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from zkcompliance.stark.air import expr as air
from zkcompliance.stark.air.program import Op
from zkcompliance.stark.field.babybear import P

HALF = P // 2
RADIX = 1 << 16


class TooWide(ArithmeticError):
    """An expression here could pass p/2 and wrap."""


@dataclass(frozen=True, eq=False)
class E:
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

    def __add__(self, other: E | int) -> E:
        o = lift(other)
        if is_zero(o):
            return self
        if is_zero(self):
            return o
        if self.op == o.op == Op.CONST:
            return const(self.a + o.a)
        return E(Op.ADD, self, o, self.lo + o.lo, self.hi + o.hi, max(self.degree, o.degree))

    def __sub__(self, other: E | int) -> E:
        o = lift(other)
        if is_zero(o):
            return self
        if self.op == o.op == Op.CONST:
            return const(self.a - o.a)
        return E(Op.SUB, self, o, self.lo - o.hi, self.hi - o.lo, max(self.degree, o.degree))

    def __mul__(self, other: E | int) -> E:
        o = lift(other)
        for x, y in ((self, o), (o, self)):
            if x.op == Op.CONST and x.a in (0, 1):
                return y if x.a else ZERO
        corners = [x * y for x in (self.lo, self.hi) for y in (o.lo, o.hi)]
        if self.op == o.op == Op.CONST:
            return const(self.a * o.a)
        return E(Op.MUL, self, o, min(corners), max(corners), self.degree + o.degree)

    def __rsub__(self, other: int) -> E:
        return const(other) - self

    __radd__, __rmul__ = __add__, __mul__

    def __bool__(self) -> bool:
        raise TypeError("an expression has no truth value")

    def within(self, lo: int, hi: int) -> E:
        """The same value, known (by a constraint) to be in [lo, hi]."""
        return self if self.op == Op.CONST else replace(self, lo=lo, hi=hi)


def const(value: int) -> E:
    return E(Op.CONST, value, 0, value, value, 0)  # a: the value


def lift(value: E | int) -> E:
    return const(value) if isinstance(value, int) else value


def in_field(a: E, b: E) -> E:
    """a·b as an element of F alone, for inverses: no integer is meant, and its interval says nothing."""
    return E(Op.MUL, a, b, 0, 0, a.degree + b.degree)


ZERO, ONE = const(0), const(1)


def is_zero(e: E) -> bool:
    return e.op == Op.CONST and e.a == 0


def leaf(op: Op, a: int = 0, b: int = 0, hi: int = RADIX - 1, lo: int = 0) -> E:
    """A column, a selector or a limb of a public."""
    return E(op, a, b, lo, hi, 0 if op in (Op.PUBLIC, Op.ORDINAL) else 1)


def lower(e: E, table: air.TableBuilder) -> air.Expr:
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

    limbs: tuple[E, ...]
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

    def limb(self, j: int) -> E:
        return self.limbs[j] if j < len(self.limbs) else ZERO


def wide(limbs: list[E] | tuple[E, ...], lo: int | None = None, hi: int | None = None) -> Wide:
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
    found: list[E] = []
    while rest or not found:
        found.append(const(sign * (rest % RADIX)))
        rest //= RADIX
    return wide(found)


def limbs_for(hi: int) -> int:
    """16-bit limbs that hold 0 … hi."""
    return max(1, -(-hi.bit_length() // 16))


def add(a: Wide, b: Wide) -> Wide:
    n = max(len(a.limbs), len(b.limbs))
    return wide([a.limb(j) + b.limb(j) for j in range(n)], a.lo + b.lo, a.hi + b.hi)


def sub(a: Wide, b: Wide) -> Wide:
    n = max(len(a.limbs), len(b.limbs))
    return wide([a.limb(j) - b.limb(j) for j in range(n)], a.lo - b.hi, a.hi - b.lo)
