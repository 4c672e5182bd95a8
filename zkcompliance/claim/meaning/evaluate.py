"""The meaning of core nodes, on whole columns at once and exactly.

A column is an int64 array where its range fits 63 bits and an array of Python ints otherwise; nothing is a float and
nothing wraps. A single value is a Python int.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from zkcompliance.card import places
from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.arrays import Array, ascending, in_order, numbered, total
from zkcompliance.claim.meaning.brackets import of_slot
from zkcompliance.claim.meaning.core import Groups, Value
from zkcompliance.claim.meaning.frames import dtype_of, wide
from zkcompliance.claim.meaning.over_time import OverTime
from zkcompliance.errors import SchemaError
from zkcompliance.schemas import LIMB_BITS

_SMALL = 1 << 62
_COMPARE = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


class Evaluator(OverTime):
    """Values of core nodes over tables: of each log, the (width, N) limbs of its segments. act = 0 is no row."""

    def value(self, node: Value) -> Any:
        """An array over the node's frame, or an int."""
        if node not in self._known:
            stack = [node]
            while stack:
                parts = [part for part in _operands(stack[-1]) if part not in self._known]
                if parts:
                    stack.extend(parts)
                else:
                    part = stack.pop()
                    self._known[part] = self._compute(part)
        return self._known[node]

    def chain_faults(self, node: core.Chain) -> Array:
        """Rows of the frame that keep a chain from holding: out of order with a neighbour, or with first > last."""
        rows = self.selected(node.rows)
        frame = node.rows.frame
        first, last = self._words((node.first, frame, rows), (node.last, frame, rows))
        if node.strict and node.first == node.last:
            (codes,) = numbered(first)
            return rows[np.bincount(codes)[codes] > 1]
        wrong = ~in_order(first, last, strict=False)
        order = ascending([*first, *last])
        ahead, behind = order[:-1], order[1:]
        bad = ~in_order([part[ahead] for part in last], [part[behind] for part in first], node.strict)
        wrong[ahead[bad]] = True
        wrong[behind[bad]] = True
        return rows[wrong]

    def multiset_faults(self, node: core.SameMultiset) -> tuple[Array, Array]:
        """Rows of the two frames whose tuple occurs more often on their side than on the other."""
        places = [self.selected(node.a), self.selected(node.b)]
        sides = self._words((node.left, node.a.frame, places[0]), (node.right, node.b.frame, places[1]))
        codes = numbered(*sides)
        size = max((int(code.max()) + 1 for code in codes if len(code)), default=0)
        left, right = (np.bincount(code, minlength=size) for code in codes)
        return places[0][(left > right)[codes[0]]], places[1][(right > left)[codes[1]]]

    def _compute(self, node: Value) -> Any:
        match node:
            case core.Const():
                return node.value
            case core.Param():
                return self._publics[node.name]
            case core.Column():
                return self._load(node)
            case core.Bracket():
                return self._bracket(node)
            case core.Key():
                return self._column(node.groups.keys[node.index], node.groups.rows.frame)[self._leaders(node.groups)]
            case core.Add() | core.Sub() | core.Mul():
                a, b = self._pair(node, node.a, node.b)
                return a + b if isinstance(node, core.Add) else a - b if isinstance(node, core.Sub) else a * b
            case core.FloorDiv():
                a = self.value(node.a)
                if isinstance(a, np.ndarray) and node.divisor >= _SMALL:  # which no int64 is divided by
                    return (a.astype(object) // node.divisor).astype(dtype_of(node))
                return a // node.divisor
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
                condition, dtype = self.value(node.condition), dtype_of(node)
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
            case core.AsOf():
                return self.as_of(node)
            case core.Running():
                return self.running(node)
            case core.Window():
                return self.window(node)
            case core.Aggregate():
                return self._aggregate(node) if node.by is None else self._by_group(node, node.by)
            case core.Chain():
                return int(len(self.chain_faults(node)) == 0)
            case core.SameMultiset():
                return int(not any(len(side) for side in self.multiset_faults(node)))
        raise TypeError(f"no meaning for {type(node).__name__}")

    def _pair(self, node: Value, *parts: Value) -> list[Any]:
        """Operands as arrays of Python ints if any of them, or the result, may pass 63 bits."""
        operands = [self.value(part) for part in parts]
        if not wide(node) and not any(wide(part) for part in parts):
            return operands
        return [operand.astype(object) if isinstance(operand, np.ndarray) else operand for operand in operands]

    def _load(self, node: core.Column) -> Array:
        limbs, column = node.log.schema.limbs(node.name), node.log.schema.column(node.name)
        dtype = dtype_of(node)
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
        cells = np.concatenate(parts) if parts else np.zeros(0, dtype)
        if len(cells) and cells.max() > column.largest:
            raise SchemaError(f"log {node.log.name}: column {column.name} holds a value outside its type")
        return cells

    def _bracket(self, node: core.Bracket) -> Array:
        segments = self._segments(node.log)
        ends = [bracket[node.last] for bracket in of_slot(self._brackets, node.log.name, len(segments))]
        return np.repeat(np.array(ends, np.int64), [int(np.count_nonzero(table[0])) for table in segments])

    def _is_in(self, node: core.IsIn) -> Any:
        value = self.value(node.value)
        if isinstance(node.members, core.Param) and node.members.type.of is not None:
            members = set(places.members(self.value(node.members), node.members.type.width))
        elif isinstance(node.members, core.Param):
            mask = self.value(node.members)
            if isinstance(value, int):
                return mask >> value & 1
            table = np.array([mask >> i & 1 for i in range(len(node.members.type.choices))], np.int64)
            return table[value]
        else:
            members = set(node.members)
        if isinstance(value, int):
            return int(value in members)
        return np.fromiter((each in members for each in value.tolist()), np.int64, count=len(value))

    def _neighbour(self, node: core.Neighbour) -> Array:
        frame = node.rows.frame
        arg, default = self._column(node.arg, frame), self.value(node.default)
        size = len(arg)
        order, first = np.arange(size), np.zeros(size, np.int64)
        if node.rows.order or node.per:
            order = ascending(self._words(((*node.per, *node.rows.order), frame, order))[0])
        if node.step > 0:
            order = order[::-1]
        if node.per:  # of each row in this order, the first one with its keys
            (codes,) = numbered(self._words((node.per, frame, order))[0])
            changes = np.append(True, codes[1:] != codes[:-1])[:size]
            first = np.maximum.accumulate(np.where(changes, np.arange(size), 0)) if size else first
        chosen = self._mask(node.rows)[order]
        seen = np.maximum.accumulate(np.where(chosen, np.arange(size), -1)) if size else np.zeros(0, np.int64)
        before = np.concatenate([np.full(min(size, 1), -1), seen[:-1]])
        result = np.full(size, default, dtype_of(node))
        has = before >= first
        result[order[has]] = arg[order[before[has]]]
        return result

    def _join(self, node: core.Member | core.Lookup) -> Any:
        rows = self.selected(node.target)
        size = self._size(node.frame)
        asked, columns = self._words((node.keys, node.frame, np.arange(size)), (node.columns, node.target.frame, rows))
        codes, known = numbered(asked, columns)
        place = np.full(size + len(rows), -1)
        place[known[::-1]] = np.arange(len(rows))[::-1]
        match = place[codes]
        if isinstance(node, core.Member):
            answers = (match >= 0).astype(np.int64)
        else:
            values = self._column(node.value, node.target.frame)[rows]
            answers = np.full(size, self.value(node.default), dtype_of(node))
            answers[match >= 0] = values[match[match >= 0]]
        return int(answers[0]) if node.frame is None else answers

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
        if wide(node):
            values = values.astype(object)
        if node.kind == "sum":
            result = np.full(grouping.size, 0, values.dtype)
            np.add.at(result, grouping.codes, values)
            return result
        result = values[grouping.first]
        (np.minimum if node.kind == "min" else np.maximum).at(result, grouping.codes, values)
        return result


def _operands(node: Value) -> list[Value]:
    """What a node's value is made of in the same row: known first, so that a long expression is no deep recursion."""
    if isinstance(node, (core.Add, core.Sub, core.Mul, core.Compare, core.And, core.Or)):
        return [node.a, node.b]
    if isinstance(node, core.Select):
        return [node.condition, node.a, node.b]
    return [node.a] if isinstance(node, (core.FloorDiv, core.Not)) else []


def _bits(truth: Any) -> Any:
    return truth.astype(np.int64) if isinstance(truth, np.ndarray) else int(truth)
