"""The meaning of core nodes, on whole columns at once and exactly.

A column is an int64 array where its range fits 63 bits and an array of Python ints otherwise; nothing is a float and
nothing wraps. A single value is a Python int.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from zkcompliance.claim import core
from zkcompliance.claim.arrays import Array, ascending, in_order, total, tuples
from zkcompliance.claim.core import Frame, Groups, Log, Rows, Value
from zkcompliance.errors import SchemaError, UsageError
from zkcompliance.schemas import LIMB_BITS

_SMALL = 1 << 62
_COMPARE = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


@dataclass(frozen=True)
class Grouping:
    """`members`: the rows grouped, as indices of their frame; `codes`: the group of each, numbered by first row."""

    members: Array
    codes: Array
    keys: tuple[Array, ...]
    first: Array

    @property
    def size(self) -> int:
        return len(self.first)


class Evaluator:
    """Values of core nodes over tables: of each log, the (width, N) limbs of its segments. act = 0 is no row."""

    def __init__(self, tables: Mapping[str, Sequence[Array]], publics: Mapping[str, int]) -> None:
        self._tables, self._publics = tables, publics
        self._known: dict[Any, Any] = {}

    def value(self, node: Value) -> Any:
        """An array over the node's frame, or an int."""
        if node not in self._known:
            for part in core.walk(node):
                if isinstance(part, Value) and part not in self._known:
                    self._known[part] = self._compute(part)
        return self._known[node]

    def length(self, frame: Frame) -> int:
        """The number of rows of a frame."""
        if isinstance(frame, Groups):
            return self.grouping(frame).size
        return sum(int(np.count_nonzero(table[0])) for table in self._segments(frame))

    def selected(self, rows: Rows) -> Array:
        """The indices of the rows, ascending."""
        return np.flatnonzero(self._mask(rows))

    def grouping(self, groups: Groups) -> Grouping:
        """How the rows fall into groups."""
        if groups not in self._known:
            members = self.selected(groups.rows)
            keys = [self._column(key, groups.rows.frame)[members] for key in groups.keys]
            seen: dict[Any, int] = {}
            codes = np.fromiter((seen.setdefault(key, len(seen)) for key in tuples(keys)), np.int64, count=len(members))
            first = np.full(len(seen), len(members), np.int64)
            np.minimum.at(first, codes, np.arange(len(members)))
            self._known[groups] = Grouping(members, codes, tuple(key[first] for key in keys), first)
        return cast(Grouping, self._known[groups])

    def chain_faults(self, node: core.Chain) -> Array:
        """Rows of the frame that keep a chain from holding: out of order with a neighbour, or with first > last."""
        rows = self.selected(node.rows)
        first = [self._column(part, node.rows.frame)[rows] for part in node.first]
        last = [self._column(part, node.rows.frame)[rows] for part in node.last]
        wrong = ~in_order(first, last, strict=False)
        order = ascending([*first, *last], len(rows))
        ahead, behind = order[:-1], order[1:]
        bad = ~in_order([part[ahead] for part in last], [part[behind] for part in first], node.strict)
        wrong[ahead[bad]] = True
        wrong[behind[bad]] = True
        return rows[wrong]

    def multiset_faults(self, node: core.SameMultiset) -> tuple[Array, Array]:
        """Rows of the two frames whose tuple occurs more often on their side than on the other."""
        sides = []
        for rows, parts in ((node.a, node.left), (node.b, node.right)):
            indices = self.selected(rows)
            sides.append((indices, list(tuples([self._column(part, rows.frame)[indices] for part in parts]))))
        counts = [Counter(each) for _, each in sides]
        more = [counts[0] - counts[1], counts[1] - counts[0]]
        left, right = (
            indices[np.fromiter((each in excess for each in found), bool, count=len(found))]
            for (indices, found), excess in zip(sides, more, strict=True)
        )
        return left, right

    def _segments(self, log: Log) -> Sequence[Array]:
        if log.name not in self._tables:
            raise UsageError(f"no log {log.name!r} was given", help="zkcompliance check --help")
        for table in self._tables[log.name]:
            if table.ndim != 2 or table.shape[0] != log.schema.width:
                raise SchemaError(f"log {log.name}: a table of {table.shape} is not of schema {log.schema.name}")
        return self._tables[log.name]

    def _mask(self, rows: Rows) -> Array:
        size = self.length(rows.frame)
        if rows.where is None:
            return np.ones(size, bool)
        return np.broadcast_to(self.value(rows.where), size).astype(bool)

    def _column(self, node: Value, frame: Frame) -> Array:
        """The node's value on every row of the frame, also where it is a single one."""
        found = self.value(node)
        if isinstance(found, np.ndarray):
            return found
        return np.full(self.length(frame), found, object if _wide(node) else np.int64)

    def _compute(self, node: Value) -> Any:
        match node:
            case core.Const():
                return node.value
            case core.Param():
                return self._publics[node.name]
            case core.Column():
                return self._load(node)
            case core.Key():
                return self.grouping(node.groups).keys[node.index]
            case core.Add() | core.Sub() | core.Mul():
                a, b = self._pair(node, node.a, node.b)
                return a + b if isinstance(node, core.Add) else a - b if isinstance(node, core.Sub) else a * b
            case core.FloorDiv():
                return self.value(node.a) // node.divisor
            case core.Compare():
                a, b = self._pair(node, node.a, node.b)
                return _bits(_COMPARE[node.op](a, b))
            case core.And():
                return self.value(node.a) & self.value(node.b)
            case core.Or():
                return self.value(node.a) | self.value(node.b)
            case core.Not():
                return 1 - self.value(node.a)
            case core.Select():
                a, b = self._pair(node, node.a, node.b)
                condition, dtype = self.value(node.condition), object if _wide(node) else np.int64
                if isinstance(condition, np.ndarray):
                    return np.where(condition.astype(bool), np.asarray(a, dtype), np.asarray(b, dtype))
                chosen = a if condition else b
                if node.frame is None or isinstance(chosen, np.ndarray):
                    return chosen
                return np.full(self.length(node.frame), chosen, dtype)
            case core.IsIn():
                return self._is_in(node)
            case core.Neighbour():
                return self._neighbour(node)
            case core.Member() | core.Lookup():
                return self._join(node)
            case core.Aggregate():
                return self._aggregate(node) if node.by is None else self._by_group(node, node.by)
            case core.Chain():
                return int(len(self.chain_faults(node)) == 0)
            case core.SameMultiset():
                return int(not any(len(side) for side in self.multiset_faults(node)))
        raise TypeError(f"no meaning for {type(node).__name__}")

    def _pair(self, node: Value, *parts: Value) -> list[Any]:
        """Operands as arrays of Python ints if any of them, or the result, may pass 63 bits."""
        found = [self.value(part) for part in parts]
        if not _wide(node) and not any(_wide(part) for part in parts):
            return found
        return [each.astype(object) if isinstance(each, np.ndarray) else each for each in found]

    def _load(self, node: core.Column) -> Array:
        limbs, column = node.log.schema.limbs(node.name), node.log.schema.column(node.name)
        dtype = object if _wide(node) else np.int64
        parts = []
        for table in self._segments(node.log):
            act, words = table[0] == 1, []
            for at in range(limbs.start, limbs.stop, 3):
                word = np.zeros(int(act.sum()), np.int64)
                for j, limb in enumerate(range(at, min(at + 3, limbs.stop))):
                    word |= table[limb][act].astype(np.int64) << LIMB_BITS * j
                words.append(word.astype(dtype))
            value = words[-1]
            for word in reversed(words[:-1]):
                value = value * (1 << 3 * LIMB_BITS) + word
            parts.append(value)
        found = np.concatenate(parts) if parts else np.zeros(0, dtype)
        if len(found) and found.max() > column.largest:
            raise SchemaError(f"log {node.log.name}: column {column.name} holds a value outside its type")
        return found

    def _is_in(self, node: core.IsIn) -> Any:
        value = self.value(node.value)
        if isinstance(node.members, core.Param):
            mask = self.value(node.members)
            if isinstance(value, int):
                return mask >> value & 1
            table = np.array([mask >> i & 1 for i in range(len(node.members.type.choices))], np.int64)
            return table[value]
        members = set(node.members)
        if isinstance(value, int):
            return int(value in members)
        return np.fromiter((each in members for each in value.tolist()), np.int64, count=len(value))

    def _neighbour(self, node: core.Neighbour) -> Array:
        frame = node.rows.frame
        arg, default = self._column(node.arg, frame), self.value(node.default)
        size = len(arg)
        keys = [self._column(key, frame) for key in node.rows.order]
        order = ascending(keys, size) if keys else np.arange(size)
        if node.step > 0:
            order = order[::-1]
        chosen = self._mask(node.rows)[order]
        seen = np.maximum.accumulate(np.where(chosen, np.arange(size), -1)) if size else np.zeros(0, np.int64)
        before = np.concatenate([np.full(min(size, 1), -1), seen[:-1]])
        result = np.full(size, default, object if _wide(node) else np.int64)
        has = before >= 0
        result[order[has]] = arg[order[before[has]]]
        return result

    def _join(self, node: core.Member | core.Lookup) -> Any:
        rows = self.selected(node.target)
        columns = [self._column(part, node.target.frame)[rows] for part in node.columns]
        asked = [self.value(key) for key in node.keys]
        single = node.frame is None
        size = 1 if node.frame is None else self.length(node.frame)
        keys = tuples([each if isinstance(each, np.ndarray) else np.full(size, each, object) for each in asked])
        if isinstance(node, core.Member):
            known = set(tuples(columns))
            found = np.fromiter((key in known for key in keys), np.int64, count=size)
        else:
            values = self._column(node.value, node.target.frame)[rows].tolist()
            table = dict(zip(reversed(list(tuples(columns))), reversed(values), strict=True))
            default = self.value(node.default)
            found = np.array([table.get(key, default) for key in keys], object if _wide(node) else np.int64)
        return int(found[0]) if single else found

    def _aggregate(self, node: core.Aggregate) -> int:
        rows = self.selected(node.rows)
        if node.arg is None:
            return len(rows)
        values = self._column(node.arg, node.rows.frame)[rows]
        if node.kind == "sum":
            return total(values)
        if not len(rows):
            return cast(int, self.value(cast(Value, node.empty)))
        return int(values.min() if node.kind == "min" else values.max())

    def _by_group(self, node: core.Aggregate, groups: Groups) -> Array:
        grouping = self.grouping(groups)
        if node.arg is None:
            return np.bincount(grouping.codes, minlength=grouping.size).astype(np.int64)
        values = self._column(node.arg, groups.rows.frame)[grouping.members]
        if _wide(node):
            values = values.astype(object)
        if node.kind == "sum":
            result = np.full(grouping.size, 0, values.dtype)
            np.add.at(result, grouping.codes, values)
            return result
        result = values[grouping.first]
        (np.minimum if node.kind == "min" else np.maximum).at(result, grouping.codes, values)
        return result


def _wide(node: Value) -> bool:
    return node.range[0] <= -_SMALL or node.range[1] >= _SMALL


def _bits(found: Any) -> Any:
    return found.astype(np.int64) if isinstance(found, np.ndarray) else int(found)
