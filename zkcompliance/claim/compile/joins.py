"""Rows of one table in another: membership, lookups, equality of multisets.

A row's bit g may be 1 only if its tuple is among the target's selected rows: a general bus takes g times the tuple from
the asking side and gives it back, as often as the target's row says, with m·(1 − selected) = 0 for that free m. g = 0
proves nothing: so g stands only where it must be 1 (`FrameNodes.hold`, and lookups whose match is required of every row
that asks). Everywhere else a `Merged` table answers both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from zkcompliance.claim.compile import arith
from zkcompliance.claim.compile.asking import Asking, FrameRows
from zkcompliance.claim.compile.batches import Batch
from zkcompliance.claim.compile.errors import cannot
from zkcompliance.claim.compile.merged import SET_ROWS, Merged, SetRows
from zkcompliance.claim.compile.run import Run, packed
from zkcompliance.claim.compile.terms import HALF, ONE, Term, Wide, add, digits, in_field, leaf, sub, wide
from zkcompliance.claim.compile.workshop import Workshop
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.arrays import numbered
from zkcompliance.stark.air.program import Op

Question = tuple[tuple[core.Value, ...], core.Rows, tuple[core.Value, ...]]  # keys, target, its columns


def tuples_of(
    a: Asking,
    left: tuple[core.Value, ...],
    b: Asking,
    right: tuple[core.Value, ...],
    bare: Callable[[core.Value, core.Value], tuple[Wide | None, Wide | None]] = lambda x, y: (None, None),
) -> tuple[list[Term], list[Term]]:
    """The 16-bit limbs of the parts on both sides, as many for each as the longer of the two needs.

    bare: of two parts, those without range checks, whose limbs have 16 bits because something else says so.
    """
    both: tuple[list[Term], list[Term]] = [], []
    for x, y in zip(left, right, strict=True):
        first, second = bare(x, y)
        values = first or a.value(x), second or b.value(y)
        low = min(values[0].lo, values[1].lo, 0)
        if low:
            values = a.value(x), b.value(y)
        sides = [
            arith.normalise(rows.ctx, sub(w, digits(low)) if low else w) for rows, w in zip((a, b), values, strict=True)
        ]
        for rows, w, side in zip((a, b), sides, both, strict=True):
            side += [rows.ctx.flat(w.limb(j)) for j in range(max(len(w.limbs) for w in sides))]
    return both


def _one_row(lookup: core.Lookup, requirements: Sequence[core.Value]) -> bool:
    """Whether no two rows of the target can match: otherwise the prover could choose between them."""
    rows, columns = lookup.target, lookup.columns
    if isinstance(rows.frame, core.Groups):
        named = {key.index for key in columns if isinstance(key, core.Key) and key.groups == rows.frame}
        if named == set(range(len(rows.frame.keys))):
            return True
    return any(
        isinstance(required, core.Chain)
        and required.strict
        and required.rows == rows
        and required.first == required.last == columns
        for required in requirements
    )


def match_required(lookup: core.Lookup, requirements: Sequence[core.Value], values: Sequence[core.Value]) -> bool:
    """Whether a lookup's default is never seen: every row that asks must have a match, and no other row asks.

    Otherwise g = 0, which proves nothing, could put the default where there is a match. values: all that the claim
    requires and reveals. A single value is looked up whether or not there are rows that must find it; and which rows
    must have a match must not depend on what they find.
    """
    if lookup.frame is None:
        return False
    for value in requirements:
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
        if _question(last.a) != _question(lookup):
            continue
        if rest is None or (lookup not in set(core.walk(rest)) and _within(rest, lookup, values)):
            return True
    return False


def _within(asked: core.Value, lookup: core.Lookup, values: Sequence[core.Value]) -> bool:
    """Whether every selection that looks the value up is among the rows `asked`."""
    for part in core.walk(*values):
        among = [rows for rows in core.children(part) if isinstance(rows, core.Rows) and rows.frame == lookup.frame]
        if not among or lookup not in set(core.walk(part)):
            continue
        for rows in among:
            where = rows.where
            while isinstance(where, core.And) and where != asked:
                where = where.a
            if where != asked:
                return False
    return True


class Joins:
    """Every (keys, target, columns) that is asked for, once for each batch; with the values that lookups want of it."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self._both_ways: set[Question] = set()
        self._required: dict[Batch, tuple[Term, dict[core.Lookup, Wide]]] = {}
        self._public: dict[tuple[core.Value, object], Term] = {}
        self._answered: dict[Batch, tuple[Term, dict[core.Lookup, Wide]]] = {}

    def plan(self, lookup: core.Lookup, requirements: Sequence[core.Value], values: Sequence[core.Value]) -> None:
        """A lookup that the claim contains."""
        if not _one_row(lookup, requirements):
            raise cannot("a lookup whose columns are not required to be unique", lookup.line)
        if not match_required(lookup, requirements, values):
            self._both_ways.add(_question(lookup))

    def must_find(self, rows: Asking, node: core.Member) -> Term:
        """g: 1 only on rows whose keys are in the target; for where it must be 1."""
        question = _question(node)
        if question in self._both_ways:
            return self._answer(rows, node)[0]
        return self._require(rows, node, self.workshop.batches.of(node))[0]

    def found(self, rows: Asking, node: core.Member) -> Term:
        """1 on the rows that count whose keys are in the target, 0 on all others."""
        return self._answer(rows, node)[0]

    def value(self, rows: Asking, node: core.Lookup) -> Wide:
        """The target's value where there is a match, the default where there is none."""
        if _question(node) in self._both_ways:
            return self._answer(rows, node)[1][node]
        return self._require(rows, node, self.workshop.batches.of(node))[1][node]

    def _answer(self, rows: Asking, node: core.Member | core.Lookup) -> tuple[Term, dict[core.Lookup, Wide]]:
        batch = self.workshop.batches.of(node)
        if batch in self._answered:
            return self._answered[batch]
        asked, given, chosen, target = self._sides(rows, node)
        defaults: list[tuple[Term, int]] = []
        theirs: list[Term] = []
        lows: dict[core.Lookup, tuple[int, int]] = {}
        for lookup in _lookups(batch):
            low = min(target.value(lookup.value).lo, rows.value(lookup.default).lo, 0)
            w = _digits(target, lookup.value, low)
            default = self.workshop.publics.shifted(lookup.default, low)
            n = max(len(w.limbs), len(default.limbs))
            theirs += [target.ctx.flat(w.limb(j)) for j in range(n)]
            defaults += [(default.limb(j), w.limb(j).hi) for j in range(n)]
            lows[lookup] = (low, n)
        there = target.ctx.number

        def columns(run: Run) -> list[np.ndarray]:
            rows_of_it = np.flatnonzero(run.value(there, chosen))
            return [run.value(there, e)[rows_of_it] for e in (*given, *theirs)]

        def send(bus: int) -> None:
            target.ctx.send(bus, chosen, *given, *theirs, name=SET_ROWS)

        source = SetRows(len(given) + len(theirs), send, columns)
        merged = Merged(rows.ctx, rows.act, asked, source, defaults)
        values: dict[core.Lookup, Wide] = {}
        at = 0
        for lookup, (low, n) in lows.items():
            w = wide(merged.values[at : at + n])
            values[lookup] = add(w, digits(low)) if low else w
            at += n
        self._answered[batch] = merged.found, values
        return self._answered[batch]

    def in_public(self, rows: Asking, node: core.IsIn) -> Term:
        """1 where the value is in a public set: constants, or the used places of a parameter."""
        key = (node.value, node.members)
        if key not in self._public:
            w = rows.value(node.value)
            low = min(w.lo, 0)
            if isinstance(node.members, core.Param):
                members = self._places(node.members, low)
            else:
                members = [(ONE, digits(member - low)) for member in node.members if member >= low]
            w = arith.normalise(rows.ctx, sub(w, digits(low)) if low else w)
            n = max([len(w.limbs), *(len(member.limbs) for _, member in members)])
            asked = [rows.ctx.flat(w.limb(j)) for j in range(n)]
            self._public[key] = Merged(rows.ctx, rows.act, asked, self._stated(members, n)).found
        return self._public[key]

    def _places(self, param: core.Param, low: int) -> list[tuple[Term, Wide]]:
        """Of each place: 1 if it is used (its top limb, which has one bit), and its member less `low`."""
        places = []
        for number in self.workshop.publics.numbers[param.name]:
            n = param.type.width // 16
            member = wide([leaf(Op.PUBLIC, number, j) for j in range(n)])
            if low:
                member = arith.normalise(self.workshop.public_context, sub(member, digits(low)), "a member")
            places.append((leaf(Op.PUBLIC, number, n, 1), member))
        return places

    def _stated(self, members: list[tuple[Term, Wide]], n: int) -> SetRows:
        """Members that the first row of single values puts on the bus."""
        first = leaf(Op.FIRST, 0, 0, 1)
        ctx = self.workshop.singles.table

        def send(bus: int) -> None:
            for used, member in members:
                ctx.send(bus, (first * used).within(0, 1), *(member.limb(j) for j in range(n)), name=SET_ROWS)

        def columns(run: Run) -> list[np.ndarray]:
            used = [member for flag, member in members if run.value(-1, flag)[0] == 1]
            return [np.array([run.value(-1, member.limb(j))[0] for member in used], np.int64) for j in range(n)]

        return SetRows(n, send, columns)

    def _sides(self, rows: Asking, node: core.Member | core.Lookup) -> tuple[list[Term], list[Term], Term, FrameRows]:
        target = self.workshop.rows_of(node.target.frame)
        asked, given = tuples_of(rows, node.keys, target, node.columns)
        return asked, given, target.selected(node.target), target

    def _require(
        self, rows: Asking, node: core.Member | core.Lookup, batch: Batch
    ) -> tuple[Term, dict[core.Lookup, Wide]]:
        """A batch of the node's question."""
        if batch in self._required:
            return self._required[batch]
        asked, given, chosen, target = self._sides(rows, node)
        here, there = rows.ctx.number, target.ctx.number
        act = rows.act

        kept: dict[int, np.ndarray] = {}

        def has_match(run: Run) -> np.ndarray:
            """Whether there is a match; for the columns that follow it is kept which."""
            find(run)
            return (kept[id(run)] >= 0).astype(np.int64)

        def find(run: Run) -> None:
            kept.clear()
            kept[id(run)] = _match(
                [run.value(here, e) for e in asked],
                run.value(here, act) == 1,
                [run.value(there, e) for e in given],
                np.flatnonzero(run.value(there, chosen)),
            )

        def match(run: Run) -> np.ndarray:
            return kept[id(run)]

        if batch.first is batch:
            g = rows.ctx.free("found", has_match, 0, 1)
            rows.ctx.zero("found is 0 or 1", g * (g - 1))
        else:  # the bit of the first batch, which the claim requires to be 1
            g = self._require(rows, node, batch.first)[0]
            rows.ctx.board.steps.append(find)
        values: dict[core.Lookup, Wide] = {}
        brought: list[Term] = []
        theirs: list[Term] = []
        for lookup in _lookups(batch):
            low = min(target.value(lookup.value).lo, 0)
            w = _digits(target, lookup.value, low)
            default = self.workshop.publics.shifted(lookup.default, min(low, rows.value(lookup.default).lo))
            mine: list[Term] = []
            for j, limb in enumerate(target.ctx.flat(limb) for limb in w.limbs):
                d = default.limb(j)

                def fill(run: Run, limb: Term = limb, d: Term = d) -> np.ndarray:
                    at = match(run)
                    return np.where(at >= 0, run.value(there, limb)[np.maximum(at, 0)], run.value(here, d))

                v = rows.ctx.free("looked up", fill, min(limb.lo, d.lo), max(limb.hi, d.hi))
                rows.ctx.zero("the default where nothing is found", (1 - g) * (v - d))
                mine.append(v)
                theirs.append(limb)
            brought += mine
            values[lookup] = add(wide(mine, 0), digits(low)) if low else wide(mine, 0)

        def times(run: Run) -> np.ndarray:
            at = kept.pop(id(run))
            return np.bincount(at[at >= 0], minlength=run.tables[there].total)

        m = target.ctx.free("how often it is asked for", times, -HALF, HALF)
        target.ctx.zero("only rows of the target are found", in_field(m, 1 - chosen))
        bus = self.workshop.board.bus(len(asked) + len(brought))
        rows.ctx.send(bus, g, *asked, *brought, name="found rows")
        target.ctx.send(bus, 0 - m, *given, *theirs, name="found rows")
        self._required[batch] = g, values
        return g, values


def _lookups(batch: Batch) -> list[core.Lookup]:
    return [node for node in batch.nodes if isinstance(node, core.Lookup)]


def _question(node: core.Member | core.Lookup) -> Question:
    return node.keys, node.target, node.columns


def _digits(target: FrameRows, value: core.Value, low: int) -> Wide:
    """The value less `low` in 16-bit limbs."""
    w = target.value(value)
    return arith.normalise(target.ctx, sub(w, digits(low)) if low else w)


def _match(asked: list[np.ndarray], real: np.ndarray, given: list[np.ndarray], indices: np.ndarray) -> np.ndarray:
    """For each real row of `asked` the first row of `given`, among these indices, with its tuple; or −1."""
    wanted, codes = numbered(packed([e[real] for e in asked]), packed([e[indices] for e in given]))
    place = np.full(len(wanted) + len(codes), -1, np.int64)
    place[codes[::-1]] = indices[::-1]
    matches = np.full(len(real), -1, np.int64)
    matches[real] = place[wanted]
    return matches


def same_multiset(workshop: Workshop, node: core.SameMultiset) -> None:
    """+1 from the selected rows of a, −1 from those of b, on one bus.

    Every tuple of one side is one of the other: limbs that are checked on one side need no check on the other.
    """
    a, b = workshop.rows_of(node.a.frame), workshop.rows_of(node.b.frame)

    def bare(x: core.Value, y: core.Value) -> tuple[Wide | None, Wide | None]:
        second = b.bare(y)
        return (None, second) if second is not None else (a.bare(x), None)

    left, right = tuples_of(a, node.left, b, node.right, bare)
    bus = workshop.board.bus(len(left))
    a.ctx.send(bus, a.selected(node.a), *left, name="the same rows")
    b.ctx.send(bus, (0 - b.selected(node.b)).within(-1, 0), *right, name="the same rows")
