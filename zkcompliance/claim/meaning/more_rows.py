"""Whether more rows in a log only make a claim harder: then a policy may leave open how many logs fill the slot.

For every node: can its value rise, can it fall, when rows are added to the log? That is said of what is there before
and after: of a row and of a group that was there, of a single value. Rows that are added join selections, groups and
totals. A requirement that cannot rise was true before where it is true after; if none can, adding rows never turns
false to true. What is not known to stay is taken to move either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.core import Log, Value


class Moves(NamedTuple):
    """What adding rows can do to a value; to rows, groups and logs: that some join (rise), that some go (fall)."""

    rise: bool
    fall: bool

    @property
    def any(self) -> bool:
        return self.rise or self.fall

    @property
    def turned(self) -> Moves:
        """Of what falls where this rises."""
        return Moves(self.fall, self.rise)

    def beside(self, *others: Moves) -> Moves:
        """Of what rises where any of them does, and falls where any does."""
        every = (self, *others)
        return Moves(any(each.rise for each in every), any(each.fall for each in every))


STAYS, EITHER = Moves(False, False), Moves(True, True)


def only_harder(log: Log, required: Sequence[Value]) -> bool:
    """True only if no rows that are added to the log turn the claim from false to true, whatever its other logs and its
    parameters are. required: the values of all its requirements.
    """
    known: dict[object, Moves] = {}
    for part in core.walk(*required):  # each after all that it is made of
        known[part] = part_moves(part, log, known)
    return not any(known[value].rise for value in required)


def part_moves(part: object, log: Log, known: dict[object, Moves]) -> Moves:
    """Of a node; `known` has those that it is made of."""
    match part:
        case core.Log():
            return Moves(part == log, False)
        case core.Groups():
            return _either(_all(part.keys, known)) or known[part.rows]
        case core.Rows():
            return known[part.frame].beside(known[part.where] if part.where is not None else STAYS)
        case core.Const() | core.Param() | core.Column() | core.Bracket():
            return STAYS
        case core.Key():
            return _either(_all(part.groups.keys, known)) or STAYS
        case core.Add() | core.And() | core.Or():
            return known[part.a].beside(known[part.b])
        case core.Sub():
            return known[part.a].beside(known[part.b].turned)
        case core.Mul():
            return _product(part, known)
        case core.FloorDiv():
            return known[part.a]
        case core.Not():
            return known[part.a].turned
        case core.Compare():
            return _comparison(part, known)
        case core.Select():
            return _choice(part, known)
        case core.Member():
            return _either(_all((*part.keys, *part.columns), known)) or known[part.target]
        case core.Aggregate():
            return _aggregate(part, known)
        case core.Running():
            return _either(_all((*part.per, *part.rows.order), known)) or _sum(part.arg, known[part.rows], known)
        case core.Window():
            return _either(_all((*part.per, part.at, part.length), known)) or _sum(part.arg, known[part.rows], known)
        case core.Chain():
            return _either(_all((*part.first, *part.last), known)) or known[part.rows].turned
    # Neighbour, Lookup, AsOf, IsIn, SameMultiset: they stay where all that they are made of does
    return _either(_all(core.children(part), known)) or STAYS


def _all(parts: Iterable[object], known: dict[object, Moves]) -> Moves:
    return STAYS.beside(*(known[part] for part in parts))


def _either(moves: Moves) -> Moves | None:
    """EITHER if there is any move; None if there is none."""
    return EITHER if moves.any else None


def _product(node: core.Mul, known: dict[object, Moves]) -> Moves:
    """a·b rises with both where neither is negative; with one where the other stays, the other way if that is."""
    a, b = known[node.a], known[node.b]
    if node.a.range[0] >= 0 and node.b.range[0] >= 0:
        return a.beside(b)
    for factor, moved in ((node.a, b), (node.b, a)):
        if not known[factor].any and factor.range[0] >= 0:
            return moved
        if not known[factor].any and factor.range[1] <= 0:
            return moved.turned
    return _either(a.beside(b)) or STAYS


def _comparison(node: core.Compare, known: dict[object, Moves]) -> Moves:
    a, b = known[node.a], known[node.b]
    if node.op in ("<", "<="):
        return b.beside(a.turned)
    for value, moved, other in ((node.a, a, node.b), (node.b, b, node.a)):
        if isinstance(other, core.Const) and other.value in value.range:  # an end of what the value can be
            equal = moved.turned if other.value == value.range[0] else moved
            return equal if node.op == "==" else equal.turned
    return _either(a.beside(b)) or STAYS


def _choice(node: core.Select, known: dict[object, Moves]) -> Moves:
    """A condition that moves changes from one value to the other: up if the one is never below the other."""
    condition, chosen = known[node.condition], known[node.a].beside(known[node.b])
    if node.a.range[0] >= node.b.range[1]:
        return chosen.beside(condition)
    if node.a.range[1] <= node.b.range[0]:
        return chosen.beside(condition.turned)
    return _either(condition) or chosen


def _aggregate(node: core.Aggregate, known: dict[object, Moves]) -> Moves:
    """A count rises with the rows, a sum of what is never negative and a maximum too, a minimum falls. Over no rows a
    maximum is `empty`, from which it rises only if that is never above a row's.
    """
    rows = known[node.rows]
    if node.by is not None and (moved := _either(_all(node.by.keys, known))):
        return moved
    if node.arg is None:
        return rows
    arg, (low, high) = known[node.arg], node.arg.range
    if node.kind == "sum":
        return _sum(node.arg, rows, known)
    if rows.any and node.empty is not None:
        most = node.empty.range[1] <= low if node.kind == "max" else node.empty.range[0] >= high
        if not most:
            return EITHER
    return (rows if node.kind == "max" else rows.turned).beside(arg)


def _sum(arg: Value, rows: Moves, known: dict[object, Moves]) -> Moves:
    """Of a sum of arg over rows: it rises with them if arg is never negative, and falls if it is never positive."""
    low, high = arg.range
    if low >= 0:
        return rows.beside(known[arg])
    return (_either(rows) or STAYS if high > 0 else rows.turned).beside(known[arg])
