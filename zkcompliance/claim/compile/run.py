"""The witness: what every column, unknown and derived public is, by running the compiler's steps on given tables.

The compiler records, in order, how to fill what it makes. All segments of a log are one array, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zkcompliance.claim.compile.terms import RADIX, Term, Wide
from zkcompliance.claim.meaning.brackets import Bracket
from zkcompliance.stark.air.program import Op
from zkcompliance.stark.field.babybear import P

Array = np.ndarray


@dataclass
class Rows:
    """A table of the program: `log` (columns, rows of all segments), the segments' lengths and brackets (none for a
    private table), witness columns so far, and terms that were worked out; all of them uint32 below p, since that is
    half of what the int64 that they are reckoned in would take."""

    log: Array | None
    lengths: list[int]
    brackets: list[Bracket] = field(default_factory=list)
    witness: dict[int, Array] = field(default_factory=dict)
    known: dict[Term, Array] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.lengths)

    def starts(self) -> list[int]:
        """The first row of each segment."""
        return [sum(self.lengths[:i]) for i in range(len(self.lengths))]

    def segments(self) -> list[slice]:
        return [slice(start, start + n) for start, n in zip(self.starts(), self.lengths, strict=True)]


Lies = Mapping[tuple[int, int], Callable[[Array], Array]]  # what a dishonest prover puts in place of a column


class Run:
    """The values of one proof: of every table's columns, of publics (aux ones as they are found), of unknowns."""

    def __init__(self, logs: list[Rows], publics: dict[int, int], lies: Lies | None = None) -> None:
        self.lies = lies or {}
        self.tables: dict[int, Rows] = dict(enumerate(logs))
        self.publics = publics
        self.unknowns: dict[int, int] = {}
        self.sums: dict[tuple[int, int], int] = {}
        self.orders: dict[int, Array] = {}  # of each private table of moved rows: which they are
        self.tuples: dict[int, tuple[Array, Array]] = {}  # of sums by key: rows in order, and where each sum begins

    def told(self, key: tuple[int, int], honest: Array) -> Array:
        """The honest values, or the lie that a test tells in their place."""
        return self.lies[key](honest) if key in self.lies else honest

    def put(self, table: int, column: int, values: Array) -> None:
        """Fill a witness column (or tell a lie in its place: tests do)."""
        honest = values.astype(np.int64) % P
        told = self.told((table, column), honest)
        self.tables[table].witness[column] = (honest if told is honest else told % P).astype(np.uint32)

    def value(self, table: int, e: Term) -> Array:
        """(rows of all segments,) int64: the integers in [lo, hi] that e is mod p. table −1: one row of publics."""
        raw = self._field(table, e)
        if e.op == Op.CONST or e.lo == 0:
            return raw
        if e.lo < 0:
            return np.asarray(raw - P * (raw >= e.lo + P))
        return e.lo + (raw - e.lo) % P

    def integers(self, table: int, w: Wide) -> Array:
        """(rows,) integers: int64 where these fit it, otherwise Python's."""
        limbs = [self.value(table, limb) for limb in w.limbs]
        size = sum(int(np.abs(limb).max(initial=0)) << 16 * j for j, limb in enumerate(limbs))
        small = size < 1 << 62
        integers = np.zeros(len(limbs[0]), np.int64 if small else object)
        for j, limb in enumerate(limbs):
            integers += limb << min(16 * j, 62) if small else limb.astype(object) << 16 * j
        return integers

    def total(self, table: int, selector: Term, limbs: tuple[Term, ...]) -> int:
        """The sum selector·Σ 2^(16j)·limb_j over all rows."""
        chosen = self.value(table, selector)
        return sum(int((self.value(table, limb) * chosen).sum()) << 16 * j for j, limb in enumerate(limbs))

    def _field(self, table: int, e: Term) -> Array:
        rows = self.tables[table] if table >= 0 else Rows(None, [1])
        if table >= 0 and e in rows.known:
            return rows.known[e].astype(np.int64)
        if e.op == Op.CONST:
            values = np.full(rows.total, e.a, np.int64)
        elif e.op == Op.LOG and rows.log is not None:
            values = rows.log[e.a].astype(np.int64)
        elif e.op == Op.WIT:
            values = rows.witness[e.a].astype(np.int64)
        elif e.op == Op.NEXT:
            values = np.concatenate([np.roll(rows.witness[e.a][s], -1) for s in rows.segments()]).astype(np.int64)
        elif e.op == Op.PUBLIC:
            values = np.full(rows.total, self.publics[e.a] >> 16 * e.b & 0xFFFF, np.int64)
        elif e.op in (Op.FIRST, Op.LAST):
            values = np.zeros(rows.total, np.int64)
            values[[s.start if e.op == Op.FIRST else s.stop - 1 for s in rows.segments()]] = 1
        elif e.op == Op.ORDINAL:
            values = np.repeat(np.arange(len(rows.lengths)), rows.lengths)
        elif e.op in (Op.NOT_BEFORE, Op.NOT_AFTER):
            ends = [bracket[e.op == Op.NOT_AFTER] >> 16 * e.a & 0xFFFF for bracket in rows.brackets]
            values = np.repeat(np.array(ends, np.int64), rows.lengths)
        elif e.op == Op.BUCKET:
            values = np.concatenate([np.arange(n) % max(1, n >> 14) for n in rows.lengths])
        else:
            a, b = self._field(table, e.a), self._field(table, e.b)
            values = (a + b if e.op == Op.ADD else a - b if e.op == Op.SUB else a * b) % P
            if table >= 0:  # what is read off is read off again; what was reckoned is kept
                rows.known[e] = values.astype(np.uint32)
        return values


Step = Callable[[Run], None]


def split(values: Array, limbs: int) -> list[Array]:
    """16-bit limbs of integers (an array of int64 or of Python's) modulo 2^(16·limbs)."""
    most = 16 * limbs if values.dtype == object else 63
    return [np.asarray(values >> min(16 * j, most) & 0xFFFF, np.int64) for j in range(limbs)]


def packed(limbs: list[Array]) -> list[Array]:
    """Columns of 16-bit values, most significant first, three to an int64: the same order, and as distinct."""
    words = []
    for start in range(0, len(limbs), 3):
        word = np.zeros_like(limbs[start])
        for limb in limbs[start : start + 3]:
            word = word * RADIX + limb
        words.append(word)
    return words


def carried(limbs: list[Array], out: int) -> list[Array]:
    """The `out` 16-bit digits of Σ 2^(16j)·limb_j modulo 2^(16·out), rounding carries down."""
    digits: list[Array] = []
    carry: Any = 0
    for j in range(out):
        total = (limbs[j] if j < len(limbs) else np.zeros_like(limbs[0])) + carry
        digits.append(total % RADIX)
        carry = total >> 16
    return digits
