"""Rows of one table in another: membership, lookups, equality of multisets.

A row's bit g may be 1 only if its tuple is among the target's selected rows: a general bus takes g times the tuple from
the asking side and gives it back, as often as the target's row says, with m·(1 − selected) = 0 for that free m. g = 0
proves nothing: so g stands only where it must be 1 (`FrameNodes.hold`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zkcompliance.claim import core
from zkcompliance.claim.arrays import numbered
from zkcompliance.claim.compile import arith
from zkcompliance.claim.compile.errors import cannot
from zkcompliance.claim.compile.run import Run, packed
from zkcompliance.claim.compile.terms import HALF, E, Wide, digits, in_field, sub, wide

if TYPE_CHECKING:
    from zkcompliance.claim.compile.compiler import Compiler
    from zkcompliance.claim.compile.rows import FrameNodes


def tuple_of(
    rows: FrameNodes, parts: tuple[core.Value, ...], beside: tuple[core.Value, ...], shown: frozenset[int] = frozenset()
) -> list[E]:
    """The parts' 16-bit limbs, as many for each as its range and that of the part beside it need together.

    shown: the numbers of parts whose limbs have 16 bits because something else says so.
    """
    found: list[E] = []
    for number, (part, other) in enumerate(zip(parts, beside, strict=True)):
        low, high = min(part.range[0], other.range[0], 0), max(part.range[1], other.range[1])
        w = rows.bare(part) if number in shown and not low else None
        w = rows.value(part) if w is None else w
        w = arith.normalise(rows.ctx, sub(w, digits(low)) if low else w)
        n = -(-(high - low).bit_length() // 16) or 1
        if len(w.limbs) > n:
            n = len(w.limbs)
        found += [rows.ctx.flat(w.limb(j)) for j in range(n)]
    return found


def require_matches(lookup: core.Lookup, requirements: tuple[core.Requirement, ...]) -> None:
    """A lookup's default is never seen: every row that asks must have a match, and no row beyond those may ask.

    Otherwise g = 0, which proves nothing, could put the default where there is a match.
    """
    for requirement in requirements:
        value = requirement.value
        counted = value.a if isinstance(value, core.Compare) else None
        if not (isinstance(value, core.Compare) and value.op == "==" and isinstance(counted, core.Aggregate)):
            continue
        where = counted.rows.where
        zero = isinstance(value.b, core.Const) and value.b.value == 0 and counted.kind == "count" and counted.by is None
        if where is None or not zero:
            continue
        rest, last = (where.a, where.b) if isinstance(where, core.And) else (None, where)
        if not (isinstance(last, core.Not) and isinstance(last.a, core.Member)):
            continue
        member = last.a
        if (member.keys, member.target, member.columns) != (lookup.keys, lookup.target, lookup.columns):
            continue
        if rest is None or _within(rest, lookup, requirements):
            return
    raise cannot("a lookup whose match is not required of every row that asks is not supported", lookup.line)


def _within(asked: core.Value, lookup: core.Lookup, requirements: tuple[core.Requirement, ...]) -> bool:
    """Whether every selection that looks the value up is among the rows `asked`."""
    for part in core.walk(*(requirement.value for requirement in requirements)):
        rows = getattr(part, "rows", None)
        if not isinstance(rows, core.Rows) or rows.frame != lookup.frame or lookup not in set(core.walk(part)):
            continue
        where = rows.where
        while isinstance(where, core.And) and where != asked:
            where = where.a
        if where != asked:
            return False
    return True


class Joins:
    """Every (keys, target, columns) that is asked for, once."""

    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler
        self._known: dict[tuple[object, ...], tuple[E, Wide | None]] = {}

    def found(self, rows: FrameNodes, node: core.Member | core.Lookup) -> E:
        """g: 1 only on rows whose keys are in the target."""
        values = [known for known in self.compiler.lookups if self._key(rows, known) == self._key(rows, node)]
        return self._ask(rows, values[0] if values else node)[0]

    def value(self, rows: FrameNodes, node: core.Lookup) -> Wide:
        """The target's value where g = 1, the default where g = 0."""
        if not node.matched:
            raise cannot("a lookup with a default is not supported", node.line, "remedy: lookup without default")
        same = [known for known in self.compiler.lookups if self._key(rows, known) == self._key(rows, node)]
        if any(known.value != node.value for known in same):
            raise cannot("two values from one lookup are not supported", node.line)
        value = self._ask(rows, node)[1]
        return value if value is not None else wide([digits(0).limbs[0]])

    def _key(self, rows: FrameNodes, node: core.Member | core.Lookup) -> tuple[object, ...]:
        return node.keys, node.target, node.columns

    def _ask(self, rows: FrameNodes, node: core.Member | core.Lookup) -> tuple[E, Wide | None]:
        key = self._key(rows, node)
        if key in self._known:
            return self._known[key]
        target = self.compiler.rows_of(node.target.frame)
        asked = tuple_of(rows, node.keys, node.columns)
        given = tuple_of(target, node.columns, node.keys)
        if len(asked) != len(given):
            raise cannot("keys and columns of different width", node.line)
        chosen = target.selected(node.target)
        here, there = rows.ctx.number, target.ctx.number
        act = rows.act

        kept: dict[int, np.ndarray] = {}

        def found(run: Run) -> np.ndarray:
            """Whether there is a match; for the columns that follow it is kept which."""
            kept.clear()
            kept[id(run)] = _match(
                [run.value(here, e) for e in asked],
                run.value(here, act) == 1,
                [run.value(there, e) for e in given],
                np.flatnonzero(run.value(there, chosen)),
            )
            return (kept[id(run)] >= 0).astype(np.int64)

        def match(run: Run) -> np.ndarray:
            return kept[id(run)]

        g = rows.ctx.free("found", found, 0, 1)
        rows.ctx.zero("found is 0 or 1", g * (g - 1))
        value: Wide | None = None
        brought: list[E] = []
        theirs: list[E] = []
        if isinstance(node, core.Lookup):
            w = target.value(node.value)
            low = min(w.lo, 0)
            w = arith.normalise(target.ctx, sub(w, digits(low)) if low else w)
            default = rows.value(node.default)
            theirs = [target.ctx.flat(limb) for limb in w.limbs]
            for j, limb in enumerate(theirs):
                d = digits(default.constant - low).limb(j) if default.constant is not None else default.limb(j)

                def fill(run: Run, limb: E = limb, d: E = d) -> np.ndarray:
                    at = match(run)
                    return np.where(at >= 0, run.value(there, limb)[np.maximum(at, 0)], run.value(here, d))

                v = rows.ctx.free("looked up", fill, min(limb.lo, d.lo), max(limb.hi, d.hi))
                rows.ctx.zero("the default where nothing is found", (1 - g) * (v - d))
                brought.append(v)
            value = wide(brought, 0, None)
            if low:
                raise cannot("a lookup of values that may be negative is not supported", node.line)

        def times(run: Run) -> np.ndarray:
            at = kept.pop(id(run))
            return np.bincount(at[at >= 0], minlength=run.tables[there].total)

        m = target.ctx.free("how often it is asked for", times, -HALF, HALF)
        target.ctx.zero("only rows of the target are found", in_field(m, 1 - chosen))
        bus = self.compiler.board.bus(len(asked) + len(brought))
        rows.ctx.send(bus, g, *asked, *brought, name="found rows")
        target.ctx.send(bus, 0 - m, *given, *theirs, name="found rows")
        self._known[key] = (g, value)
        return g, value


def _match(asked: list[np.ndarray], real: np.ndarray, given: list[np.ndarray], indices: np.ndarray) -> np.ndarray:
    """For each real row of `asked` the first row of `given`, among these indices, with its tuple; or −1."""
    wanted, codes = numbered(packed([e[real] for e in asked]), packed([e[indices] for e in given]))
    place = np.full(len(wanted) + len(codes), -1, np.int64)
    place[codes[::-1]] = indices[::-1]
    found = np.full(len(real), -1, np.int64)
    found[real] = place[wanted]
    return found


def same_multiset(compiler: Compiler, node: core.SameMultiset) -> None:
    """+1 from the selected rows of a, −1 from those of b, on one bus.

    Every tuple of one side is one of the other: limbs that are checked on one side need no check on the other.
    """
    a, b = compiler.rows_of(node.a.frame), compiler.rows_of(node.b.frame)
    second = frozenset(i for i, part in enumerate(node.right) if b.bare(part) is not None)
    first = frozenset(i for i, part in enumerate(node.left) if a.bare(part) is not None) - second
    left, right = tuple_of(a, node.left, node.right, first), tuple_of(b, node.right, node.left, second)
    if len(left) != len(right):
        raise cannot("tuples of different width", node.line)
    bus = compiler.board.bus(len(left))
    a.ctx.send(bus, a.selected(node.a), *left, name="the same rows")
    b.ctx.send(bus, (0 - b.selected(node.b)).within(-1, 0), *right, name="the same rows")
