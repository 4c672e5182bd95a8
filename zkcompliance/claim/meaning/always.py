"""Conditions that are the same whatever the rows are: they ask nothing, or leave nothing to ask about.

A comparison a op b is decided where the range of a − b is on one side of 0. a − b is read as Σ c·x + k over what it is
made of, so that what stands on both sides falls out: x ≤ x + 5 is decided.

A condition made by `&`, `|` and `~` is the same everywhere where it is so at every point that can matter: of each
Σ c·x that it compares, the integers beside each bound and both ends of its range, all of them together; of every other
condition, 0 and 1. What it is made of is taken to vary freely: more is possible here than with real rows, so that
nothing is called constant that is not. What has over `_MOST_POINTS` points is not asked.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import NamedTuple

from zkcompliance.card import types
from zkcompliance.claim.meaning import core, ranges
from zkcompliance.claim.meaning.core import Value
from zkcompliance.claim.meaning.ranges import Range
from zkcompliance.claim.meaning.source import refuse

_MOST_POINTS, _MOST_PARTS = 4096, 64
_HOLDS: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_Terms = frozenset[tuple[Value, int]]


class _Linear(NamedTuple):
    """Σ coefficient · value + constant."""

    terms: Mapping[Value, int]
    constant: int

    def span(self) -> Range:
        low = high = self.constant
        for value, factor in self.terms.items():
            ends = value.range[0] * factor, value.range[1] * factor
            low, high = low + min(ends), high + max(ends)
        return low, high


class _Test(NamedTuple):
    """Whether Σ c·x (of `terms`) + `constant` is op 0, or among `members`."""

    terms: _Terms
    constant: int
    op: str
    members: tuple[int, ...] = ()

    def at(self, value: int) -> bool:
        moved = value + self.constant
        return moved in self.members if self.op == "in" else _HOLDS[self.op](moved, 0)

    def edges(self) -> Iterator[int]:
        """Values beside which the answer may change."""
        for bound in self.members if self.op == "in" else (0,):
            yield from (bound - self.constant + step for step in (-1, 0, 1))


_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def decided(op: str, span: Range) -> bool | None:
    """Whether `difference op 0` holds of all integers of the span, or of none; None: of some."""
    low, high = span
    match op:
        case ">" | ">=":
            return decided(_TURNED[op], (-high, -low))
        case "<":
            return True if high < 0 else False if low >= 0 else None
        case "<=":
            return True if high <= 0 else False if low > 0 else None
    same = True if low == high == 0 else None if low <= 0 <= high else False
    return same if op == "==" or same is None else not same


def compared(op: str, a: Value, b: Value) -> bool | None:
    """Whether a op b is decided by what the two sides can be."""
    apart, own = _minus(_linear(a), _linear(b)).span(), ranges.sub(a.range, b.range)
    return decided(op, (max(apart[0], own[0]), min(apart[1], own[1])))


def check(*values: Value) -> None:
    """Refuses, at its line, a condition of several parts that is the same whatever the rows are."""
    for part in core.walk(*values):
        if isinstance(part, core.And | core.Or) and (found := _constant(part)) is not None:
            answer = "true" if found else "false"
            raise refuse(
                f"a condition here is always {answer}, whatever the rows are: it says nothing, or of no row",
                "remedy: leave out what the rest of it, or the where before it, has said or excluded",
                part.line,
            )


def _constant(root: Value) -> bool | None:
    """The value of a condition at every point that can matter, if there is one."""
    parts = _parts(root)
    if len(parts) > _MOST_PARTS:
        return None
    tests = {part: test for part in parts if (test := _test(part)) is not None}
    free = [part for part in parts if part not in tests and not _made_of_truths(part)]
    points: dict[_Terms, set[int]] = {}
    for test in tests.values():
        low, high = _Linear(dict(test.terms), 0).span()
        known = points.setdefault(test.terms, {low, high})
        known |= {edge for edge in test.edges() if low <= edge <= high}
    if prod(map(len, points.values())) << len(free) > _MOST_POINTS:
        return None
    found: set[int] = set()
    for place in itertools.product(*points.values()):
        at = dict(zip(points, place, strict=True))
        for bits in itertools.product((0, 1), repeat=len(free)):
            known_bits = dict(zip(free, bits, strict=True))
            known_bits |= {part: int(test.at(at[test.terms])) for part, test in tests.items()}
            found.add(_value(parts, known_bits))
            if len(found) > 1:
                return None
    return bool(found.pop())


def _value(parts: list[Value], known: dict[Value, int]) -> int:
    """Of the last of the parts, each of which comes after those that it is made of."""
    for part in parts:
        match part:
            case core.And():
                known[part] = known[part.a] & known[part.b]
            case core.Or():
                known[part] = known[part.a] | known[part.b]
            case core.Not():
                known[part] = 1 - known[part.a]
            case core.Compare() if _made_of_truths(part):
                known[part] = int((known[part.a] == known[part.b]) == (part.op == "=="))
    return known[parts[-1]]


def _parts(root: Value) -> list[Value]:
    """The truth values that a condition is made of by `&`, `|`, `~`, `==`, each after its parts."""
    found: dict[Value, None] = {}
    stack = [(root, False)]
    while stack:
        part, done = stack.pop()
        if done:
            found.setdefault(part)
        elif part not in found:
            stack.append((part, True))
            if _made_of_truths(part):
                stack += [(each, False) for each in core.children(part)]
        if len(found) > _MOST_PARTS:
            break
    return list(found)


def _made_of_truths(part: Value) -> bool:
    truths = isinstance(part, core.Compare) and part.op in ("==", "!=") and part.a.type == types.TRUTH
    return truths or isinstance(part, core.And | core.Or | core.Not)


def _test(part: Value) -> _Test | None:
    """What a comparison, or a membership in a set of literals, asks of a sum; None: it is another condition."""
    members: tuple[int, ...] = ()
    if isinstance(part, core.Compare) and not _made_of_truths(part):
        made, op = _minus(_linear(part.a), _linear(part.b)), part.op
    elif isinstance(part, core.IsIn) and not isinstance(part.members, core.Param):
        made, op, members = _linear(part.value), "in", part.members
    elif isinstance(part, core.Const):
        made, op = _Linear({}, part.value), "!="
    else:
        return None
    if any(factor > 0 for factor in made.terms.values()) or op == "in":
        return _Test(frozenset(made.terms.items()), made.constant, op, members)
    turned = frozenset((value, -factor) for value, factor in made.terms.items())
    return _Test(turned, -made.constant, _TURNED[op])


def _linear(value: Value) -> _Linear:
    """A value as a sum; one of over `_MOST_PARTS` parts, counted as often as they stand in it, is a part itself."""
    terms: dict[Value, int] = {}
    constant = steps = 0
    stack = [(value, 1)]
    while stack:
        steps += 1
        if steps > 2 * _MOST_PARTS:
            return _Linear({value: 1}, 0)
        part, factor = stack.pop()
        match part:
            case core.Const():
                constant += factor * part.value
            case core.Add():
                stack += [(part.a, factor), (part.b, factor)]
            case core.Sub():
                stack += [(part.a, factor), (part.b, -factor)]
            case core.Mul(a=core.Const() as number, b=other) | core.Mul(a=other, b=core.Const() as number):
                stack.append((other, factor * number.value))
            case _:
                terms[part] = terms.get(part, 0) + factor
    return _Linear({part: factor for part, factor in terms.items() if factor}, constant)


def _minus(a: _Linear, b: _Linear) -> _Linear:
    terms = dict(a.terms)
    for value, factor in b.terms.items():
        terms[value] = terms.get(value, 0) - factor
    return _Linear({value: factor for value, factor in terms.items() if factor}, a.constant - b.constant)
