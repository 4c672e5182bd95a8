"""What a claim's conditions come to over the logs, in exact figures: for the lab's eyes alone.

A condition on all rows is about totals, one on every group about each group's figures. Nothing is a float: a mean is
the fraction that it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from zkcompliance.card import reading, types
from zkcompliance.card.types import Type
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.arrays import Array
from zkcompliance.claim.meaning.core import Groups, Requirement, Rows, Value
from zkcompliance.claim.meaning.evaluate import Evaluator
from zkcompliance.claim.meaning.sentences import phrase
from zkcompliance.quantities import exact_beside

_KINDS = {"sum": "total", "min": "smallest", "max": "largest"}


@dataclass(frozen=True)
class Figure:
    """A value that a condition is about. of: what it is, in words; type: of the value."""

    of: str
    type: Type
    value: int

    @property
    def text(self) -> str:
        return exact_beside(reading.show(self.type, self.value), self.value)


@dataclass(frozen=True)
class Mean:
    """total / size: the mean of a value over the rows of a group, which has some."""

    of: str
    type: Type
    total: int
    size: int

    @property
    def exact(self) -> str:
        """In the unit of the rows: a whole number, or `3500000/9`."""
        return str(Fraction(self.total, self.size))

    @property
    def text(self) -> str:
        whole, rest = divmod(self.total, self.size)
        shown = reading.show(self.type, whole)
        return exact_beside(shown, whole) if not rest else f"≈{shown.removeprefix('≈')} ({self.exact})"


@dataclass(frozen=True)
class Group:
    """keys: name, type and value of what its rows have in common; size: how many rows it has."""

    keys: tuple[tuple[str, Type, int], ...]
    size: int
    figures: tuple[Figure, ...]
    means: tuple[Mean, ...]


@dataclass(frozen=True)
class Column:
    """What each group has: a key, or a figure, of which `mean` says whether it is a total that a mean is made of."""

    name: str
    type: Type
    values: Array
    mean: str = ""


@dataclass(frozen=True)
class GroupsFound:
    """The groups that conditions are about, in the order in which they come first. of: what their rows are."""

    of: str
    keys: tuple[Column, ...]
    figures: tuple[Column, ...]
    sizes: Array

    @property
    def by(self) -> tuple[str, ...]:
        """The names of their keys."""
        return tuple(key.name for key in self.keys)

    def __len__(self) -> int:
        return len(self.sizes)

    def __iter__(self) -> Iterator[Group]:
        for at, size in enumerate(self.sizes.tolist()):
            yield Group(
                tuple((key.name, key.type, int(key.values[at])) for key in self.keys),
                size,
                tuple(Figure(each.name, each.type, int(each.values[at])) for each in self.figures),
                tuple(Mean(each.mean, each.type, int(each.values[at]), size) for each in self.figures if each.mean),
            )


def totals(requirements: Sequence[Requirement], evaluator: Evaluator) -> tuple[Figure, ...]:
    """The sums, counts, and least and greatest values over rows that conditions compare."""
    found = {
        node: Figure(_words(node), node.type, int(evaluator.value(node)))
        for requirement in requirements
        for part in conjuncts(requirement.value)
        if every_row(part) is None
        for node in core.walk(part)
        if isinstance(node, core.Aggregate) and node.by is None
    }
    return tuple(found.values())


def groups(requirements: Sequence[Requirement], evaluator: Evaluator) -> tuple[GroupsFound, ...]:
    """Of each kind of groups of which sums, or least or greatest values are compared, every group."""
    compared: dict[Groups, dict[Value, core.Aggregate]] = {}
    for requirement in requirements:
        for part in conjuncts(requirement.value):
            rows = every_row(part)
            if rows is None or not isinstance(rows.frame, Groups) or rows.where is None:
                continue
            found = compared.setdefault(rows.frame, {})
            found |= {node: node for node in core.walk(rows.where) if _of_group(node, rows.frame)}
    return tuple(_found(of, list(nodes.values()), evaluator) for of, nodes in compared.items() if nodes)


def conjuncts(value: Value) -> Iterator[Value]:
    """The parts of a condition that all have to hold."""
    if isinstance(value, core.And) and not value.said:
        yield from conjuncts(value.a)
        yield from conjuncts(value.b)
    else:
        yield value


def every_row(part: Value) -> Rows | None:
    """Of a condition on every row, the rows on which it does not hold: it says that there are none."""
    match part:
        case core.Compare(op="==", a=core.Aggregate(kind="count", by=None) as counted, b=core.Const(value=0)):
            return counted.rows
    return None


def _of_group(node: Value, of: Groups) -> bool:
    """Whether it is a figure of one of these groups, which its size is not: every group has that."""
    return isinstance(node, core.Aggregate) and node.by == of and node.arg is not None


def _found(of: Groups, nodes: list[core.Aggregate], evaluator: Evaluator) -> GroupsFound:
    grouping = evaluator.grouping(of)
    keys = [core.Key(of, place, type=key.type, range=key.range, frame=of) for place, key in enumerate(of.keys)]
    return GroupsFound(
        _words(of.rows),
        tuple(Column(_key_name(key), key.type, evaluator.value(key)) for key in keys),
        tuple(Column(_name(node), node.type, evaluator.value(node), _mean(node)) for node in nodes),
        np.bincount(grouping.codes, minlength=grouping.size),
    )


def _name(node: core.Aggregate) -> str:
    """What a figure of a group is, in words."""
    if node.said or node.arg is None:
        return _words(node)
    return f"the {_KINDS[node.kind]} of {_argument(node.arg)}"


def _mean(node: core.Aggregate) -> str:
    """What the mean is of that a total belongs to; "" for what is no total of a value."""
    if node.kind != "sum" or node.said or node.arg is None or node.arg.type.kind != types.NUMBER:
        return ""
    return f"the mean of {_argument(node.arg)}"


def _argument(value: Value) -> str:
    """What of each row a figure is made of: the name that the claim gives it, where it does."""
    return value.called or _words(value)


def _words(value: Value | Rows) -> str:
    """A node in words, without what the names in them stand for: the claim's own text has that."""
    return phrase(value).partition("; “")[0]


def _key_name(key: Value) -> str:
    """The column that a key is of, or the whole of it in words."""
    while isinstance(key, core.Key):
        key = key.groups.keys[key.index]
    columns = list(dict.fromkeys(each.name for each in core.walk(key) if isinstance(each, core.Column)))
    return columns[0] if len(columns) == 1 else _words(key)
