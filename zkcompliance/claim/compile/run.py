"""The witness: what every column, unknown and derived public is, by running the compiler's steps on given tables.

The compiler records, in order, how to fill what it makes. All segments of a log are one array, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zkcompliance.claim.compile.terms import RADIX, Term, Wide
from zkcompliance.claim.meaning.brackets import Bracket
from zkcompliance.stark.air.program import Op
from zkcompliance.stark.field import workspace
from zkcompliance.stark.field.babybear import P

Array = np.ndarray
ROWS_AT_ONCE = 1 << 15  # so that what a term is made of stays in the cache, and is never as long as the log


class Joined:
    """The columns of several segments (columns, rows each), one after the other: each is joined when it is read."""

    def __init__(self, segments: Sequence[Array]) -> None:
        self._segments = segments
        self._columns: dict[int, Array] = {}

    def __getitem__(self, column: int) -> Array:
        if column not in self._columns:
            self._columns[column] = np.concatenate([segment[column] for segment in self._segments])
        return self._columns[column]


@dataclass
class Rows:
    """A table of the program: `log`, each column over the rows of all segments, the segments' lengths and brackets
    (none for a private table), and witness columns so far; all of them uint32 below p, since that is half of what the
    int64 that they are reckoned in would take."""

    log: Array | Joined | None
    lengths: list[int]
    brackets: list[Bracket] = field(default_factory=list)
    witness: dict[int, Array] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.lengths)

    def starts(self) -> list[int]:
        """The first row of each segment."""
        return [sum(self.lengths[:i]) for i in range(len(self.lengths))]

    def segments(self) -> list[slice]:
        return [slice(start, start + n) for start, n in zip(self.starts(), self.lengths, strict=True)]

    def segment_of(self, part: slice) -> Array:
        """The number of the segment of each of these rows."""
        ends = np.cumsum(self.lengths)
        return np.searchsorted(ends, np.arange(part.start, part.stop), side="right")

    def following(self, part: slice) -> Array:
        """The row after each of these, which after a segment's last row is its first one."""
        after = np.arange(part.start + 1, part.stop + 1)
        for start, n in zip(self.starts(), self.lengths, strict=True):
            if part.start < start + n <= part.stop:
                after[start + n - 1 - part.start] = start
        return after


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
        kept = workspace.take(len(told))
        kept[:] = honest if told is honest else told % P
        self.tables[table].witness[column] = kept

    def value(self, table: int, e: Term) -> Array:
        """(rows of all segments,) int64: the integers in [lo, hi] that e is mod p. table −1: one row of publics."""
        rows = self.tables[table] if table >= 0 else Rows(None, [1])
        values = np.empty(rows.total, np.int64)
        for first in range(0, rows.total, ROWS_AT_ONCE):
            part = slice(first, min(first + ROWS_AT_ONCE, rows.total))
            raw = self._field(rows, e, part, {})
            if e.op != Op.CONST and e.lo < 0:
                raw = raw - P * (raw >= e.lo + P)
            elif e.op != Op.CONST and e.lo > 0:
                raw = e.lo + (raw - e.lo) % P
            values[part] = raw
        return values

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

    def _field(self, rows: Rows, e: Term, part: slice, known: dict[Term, Array]) -> Array:
        """The element of the field that e is on some rows, below p (a constant: what it is). known: what is worked out
        of these rows."""
        if e in known:
            return known[e]
        count = part.stop - part.start
        if e.op == Op.CONST:
            values = np.full(count, e.a, np.int64)
        elif e.op == Op.LOG and rows.log is not None:
            values = rows.log[e.a][part].astype(np.int64)
        elif e.op == Op.WIT:
            values = rows.witness[e.a][part].astype(np.int64)
        elif e.op == Op.NEXT:
            values = rows.witness[e.a][rows.following(part)].astype(np.int64)
        elif e.op == Op.PUBLIC:
            values = np.full(count, self.publics[e.a] >> 16 * e.b & 0xFFFF, np.int64)
        elif e.op in (Op.FIRST, Op.LAST):
            values = np.zeros(count, np.int64)
            ends = np.array([s.start if e.op == Op.FIRST else s.stop - 1 for s in rows.segments()]) - part.start
            values[ends[(ends >= 0) & (ends < count)]] = 1
        elif e.op == Op.ORDINAL:
            values = rows.segment_of(part)
        elif e.op in (Op.NOT_BEFORE, Op.NOT_AFTER):
            ends = np.array([bracket[e.op == Op.NOT_AFTER] >> 16 * e.a & 0xFFFF for bracket in rows.brackets], np.int64)
            values = ends[rows.segment_of(part)]
        elif e.op == Op.BUCKET:
            buckets = np.array([max(1, n >> 14) for n in rows.lengths])
            own = rows.segment_of(part)
            values = (np.arange(part.start, part.stop) - np.array(rows.starts())[own]) % buckets[own]
        else:
            a, b = self._field(rows, e.a, part, known), self._field(rows, e.b, part, known)
            values = (a + b if e.op == Op.ADD else a - b if e.op == Op.SUB else a * b) % P
            known[e] = values
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
