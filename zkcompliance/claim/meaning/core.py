"""The core of the claim language: a few frozen nodes. All surface vocabulary is written in them; each has one gadget.

**Rows.** A log is the concatenation of its segments in order; its rows are those with act = 1, numbered from 1. Padding
is no row: no node sees it. A missing value is its column's default, put there when the row was sealed.

**Values.** A value node has one integer for each row of its `frame` (a `Log` or `Groups`), or, where `frame` is None, a
single one, which within rows is the same on each. It is `public` if made of constants and parameters alone.
Every integer lies in `range` = (lo, hi) and means what `type` says; a truth value is 0 or 1. A range follows from the
columns' types, which the circuit must itself enforce (a committed cell is not yet known to be within its type).
`line`, `said` (a person's sentence for what sugar built: texts and nodes in turn), `called` (the name that the author
gave it) and `told` (of a column or key that may be missing: that the claim says what then holds) are no part of a
node's meaning or equality.

All arithmetic is over the integers. All nodes are total: on empty logs too they have the value that is stated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from zkcompliance.card.types import COUNT, Type
from zkcompliance.claim.meaning import ranges
from zkcompliance.claim.meaning.node import Base as Base
from zkcompliance.claim.meaning.node import children as children
from zkcompliance.claim.meaning.node import walk as walk
from zkcompliance.claim.meaning.ranges import Range
from zkcompliance.claim.meaning.source import NOWHERE, Line
from zkcompliance.schemas import Schema


@dataclass(frozen=True, eq=False)
class Log(Base):
    """The rows of a log slot, in order."""

    name: str
    schema: Schema = field(repr=False)


@dataclass(frozen=True, eq=False)
class Groups(Base):
    """One row for each distinct tuple of `keys` among `rows`; none when there are no rows.

    Groups have no order of their own: a `Neighbour` or `Running` over them needs an `order`. Their row expressions are
    made of `Key` and of `Aggregate` with by = this.
    """

    rows: Rows
    keys: tuple[Value, ...]


Frame = Log | Groups


@dataclass(frozen=True, eq=False)
class Rows(Base):
    """The rows of `frame` on which `where` is 1 (None: all of them).

    order: (): the frame's own order. Otherwise the rows are read in ascending order of this tuple, ties in the frame's
    own order; only `Neighbour` and `Running` look at it.
    """

    frame: Frame
    where: Value | None = None
    order: tuple[Value, ...] = ()


@dataclass(frozen=True, eq=False)
class Value(Base):
    """One integer per row of `frame`, or one in all (None)."""

    type: Type = field(compare=False, repr=False, kw_only=True)
    range: Range = field(compare=False, repr=False, kw_only=True)
    frame: Frame | None = field(default=None, compare=False, repr=False, kw_only=True)
    public: bool = field(default=False, compare=False, repr=False, kw_only=True)
    line: Line = field(default=NOWHERE, compare=False, repr=False, kw_only=True)
    said: tuple[Any, ...] = field(default=(), compare=False, repr=False, kw_only=True)
    called: str = field(default="", compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, eq=False)
class Const(Value):
    """`value` everywhere. Public."""

    value: int


@dataclass(frozen=True, eq=False)
class Param(Value):
    """The public parameter `name`; of a set, its bit mask or its places (only `IsIn` reads those)."""

    name: str


@dataclass(frozen=True, eq=False)
class Column(Value):
    """Column `name` of the log `frame`, of this row: Σ_j 2^(16j)·limb_j."""

    log: Log
    name: str
    told: bool = field(default=False, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, eq=False)
class Bracket(Value):
    """An end of the bracket of the segment that this row is in: it was sealed not before (`last` false), or not after
    (`last` true), this moment. Whoever states a wider bracket than is true changes both ends the other way."""

    log: Log
    last: bool


@dataclass(frozen=True, eq=False)
class Key(Value):
    """The `index`-th key of this group."""

    groups: Groups
    index: int
    told: bool = field(default=False, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, eq=False)
class Add(Value):
    """a + b."""

    a: Value
    b: Value


@dataclass(frozen=True, eq=False)
class Sub(Value):
    """a − b; may be negative."""

    a: Value
    b: Value


@dataclass(frozen=True, eq=False)
class Mul(Value):
    """a · b."""

    a: Value
    b: Value


@dataclass(frozen=True, eq=False)
class FloorDiv(Value):
    """⌊a / divisor⌋, rounded down (towards −∞) for negative a too; divisor ≥ 2."""

    a: Value
    divisor: int


@dataclass(frozen=True, eq=False)
class Compare(Value):
    """1 if a op b, else 0. op: `<`, `<=`, `==`, `!=`. Ids and truth values have only `==` and `!=`;
    enums have `<` and `<=` by their choices' indices where the type is `ranked`."""

    op: str
    a: Value
    b: Value


@dataclass(frozen=True, eq=False)
class And(Value):
    """a · b, of truth values."""

    a: Value
    b: Value


@dataclass(frozen=True, eq=False)
class Or(Value):
    """a + b − a·b, of truth values."""

    a: Value
    b: Value


@dataclass(frozen=True, eq=False)
class Not(Value):
    """1 − a, of a truth value."""

    a: Value


@dataclass(frozen=True, eq=False)
class Select(Value):
    """`a` where `condition` is 1, `b` where it is 0."""

    condition: Value
    a: Value
    b: Value


@dataclass(frozen=True, eq=False)
class IsIn(Value):
    """1 if `value` is in the public set. members: a sorted tuple of distinct ints, or a Param that is a set: of choices
    (bit number `value` of the mask) or of values (a used place holds it, see `places`)."""

    value: Value
    members: tuple[int, ...] | Param


@dataclass(frozen=True, eq=False)
class Neighbour(Value):
    """`arg` at the closest row before (step −1) or after (step 1) this one that is in `rows`; `default` if none is.

    "Before" is strict and in the order of `rows`. Defined on every row of the frame, in `rows` or not. `default` is
    public. per: only rows with the same values of these count.
    """

    rows: Rows
    arg: Value
    step: int
    default: Value
    per: tuple[Value, ...] = ()


@dataclass(frozen=True, eq=False)
class Member(Value):
    """1 if some row of `target` has `columns` = `keys`, else 0. 0 when `target` has no rows."""

    keys: tuple[Value, ...]
    target: Rows
    columns: tuple[Value, ...]


@dataclass(frozen=True, eq=False)
class Lookup(Value):
    """`value` at the row of `target` whose `columns` are `keys`; `default` (public) if there is none.

    Where several rows of `target` match it is the first one's, but a claim never depends on that: it also requires,
    by itself (`Requirement.implied`), that `columns` are unique in `target`, unless they are all the keys of groups.
    matched: the claim also requires (implied too) that every row asking has a match, so `default` is never seen.
    """

    keys: tuple[Value, ...]
    target: Rows
    columns: tuple[Value, ...]
    value: Value
    default: Value
    matched: bool = False


@dataclass(frozen=True, eq=False)
class Aggregate(Value):
    """`sum`, `min` or `max` of `arg` over `rows`, or their `count` (arg: None).

    by None: one value, over all the rows: an empty sum or count is 0, an empty min or max is `empty` (public). by
    Groups: one value per group, over the rows of that group; `rows` is then the groups' own `rows`, no group is empty,
    and `empty` is None.
    """

    kind: str
    rows: Rows
    arg: Value | None
    by: Groups | None = None
    empty: Value | None = None


@dataclass(frozen=True, eq=False)
class AsOf(Value):
    """`value` at the row of `target` whose `columns` are `keys` and whose `order` is the greatest that is ≤ `at`.

    Of several such rows it is the last in the frame's own order (the order of `target` is not looked at); where there
    is none it is `default` (public). `order` is a time or a number, `at` one of the same type.
    """

    keys: tuple[Value, ...]
    at: Value
    target: Rows
    columns: tuple[Value, ...]
    order: Value
    value: Value
    default: Value


@dataclass(frozen=True, eq=False)
class Running(Value):
    """The sum of `arg` over those of `rows` that are this row or come before it, in the order of `rows`.

    Defined on every row of the frame: one that is not in `rows` adds nothing. per: only rows with the same values of
    these count.
    """

    rows: Rows
    arg: Value
    per: tuple[Value, ...] = ()


@dataclass(frozen=True, eq=False)
class Window(Value):
    """The sum of `arg` over those of `rows` on which `at` is in (t − length, t], t being this row's own `at`.

    Defined on every row of the frame, in `rows` or not. length: public, never negative; of 0 no row is in a window.
    per: only rows with the same values of these count. The order of `rows` is not looked at.
    """

    rows: Rows
    arg: Value
    at: Value
    length: Value
    per: tuple[Value, ...] = ()


@dataclass(frozen=True, eq=False)
class SameMultiset(Value):
    """1 if the tuples `left` over the rows `a` and `right` over `b` are equal as multisets.

    Only ever required as it stands: never negated, never in an `or`.
    """

    a: Rows
    left: tuple[Value, ...]
    b: Rows
    right: tuple[Value, ...]


@dataclass(frozen=True, eq=False)
class Chain(Value):
    """1 if every row of `rows` has first ≤ last, and the rows can be put in an order in which each row's `last` is
    ≤ (strict: <) the next row's `first`. Tuples compare lexicographically. 1 for no rows and for one.

    first = last = keys, strict: the keys are unique. first = (key, start), last = (key, end): the half-open intervals
    of each key do not overlap. Only ever required as it stands, like `SameMultiset`.
    """

    rows: Rows
    first: tuple[Value, ...]
    last: tuple[Value, ...]
    strict: bool


@dataclass(frozen=True)
class Requirement:
    """`value` must be 1. implied: asked by a join or by a rule of a schema, not written by the author."""

    name: str
    value: Value
    implied: bool = False


@dataclass(frozen=True)
class Reveal:
    """The prover discloses `value` (≥ 0), exactly or rounded DOWN to `figures` significant decimal figures.

    Rounded down: 0 is 0; x with d digits is ⌊x / 10^e⌋·10^e, e = max(0, d − figures). So R ≤ x < R + 10^e with e read
    off R itself. counts: the log of which it is the number of rows that count.
    """

    name: str
    value: Value
    figures: int | None = None
    counts: Log | None = None


def log_of(frame: Frame) -> Log:
    """The log whose rows the frame's are made of."""
    while isinstance(frame, Groups):
        frame = frame.rows.frame
    return frame


def count_of(rows: Rows, line: Line = NOWHERE) -> Aggregate:
    """The number of rows."""
    return Aggregate("count", rows, None, type=COUNT, range=(0, ranges.MAX_ROWS), line=line)
