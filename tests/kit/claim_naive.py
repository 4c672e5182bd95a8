"""The meaning of the core nodes, once more: one row at a time, in plain Python, straight from their docstrings."""

from __future__ import annotations

import functools
from collections import Counter
from itertools import pairwise
from typing import Any

from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.core import Frame, Groups, Log, Rows, Value


class Naive:
    """rows: of each log, its rows as integers by column; brackets: of each log, that of each row's segment."""

    def __init__(
        self,
        rows: dict[str, list[dict[str, int]]],
        publics: dict[str, int],
        brackets: dict[str, list[tuple[int, int]]] | None = None,
    ) -> None:
        self.rows, self.publics, self.brackets = rows, publics, brackets or {}
        self.at = functools.cache(self._at)
        self.groups = functools.cache(self._groups)

    def frame(self, frame: Frame) -> range:
        return range(len(self.rows[frame.name]) if isinstance(frame, Log) else len(self.groups(frame)))

    def selected(self, rows: Rows) -> list[int]:
        return [i for i in self.frame(rows.frame) if rows.where is None or self.at(rows.where, i)]

    def _groups(self, groups: Groups) -> list[tuple[tuple[int, ...], list[int]]]:
        found: dict[tuple[int, ...], list[int]] = {}
        for i in self.selected(groups.rows):
            found.setdefault(tuple(self.at(key, i) for key in groups.keys), []).append(i)
        return list(found.items())

    def _at(self, node: Value, i: int) -> int:
        def here(part: Any) -> int:
            return self.at(part, i)

        match node:
            case core.Const():
                return node.value
            case core.Param():
                return self.publics[node.name]
            case core.Column():
                return self.rows[node.log.name][i][node.name]
            case core.Bracket():
                first, last = self.brackets[node.log.name][i] if node.log.name in self.brackets else (0, 2**48 - 1)
                return last if node.last else first
            case core.Key():
                return self.groups(node.groups)[i][0][node.index]
            case core.Add():
                return here(node.a) + here(node.b)
            case core.Sub():
                return here(node.a) - here(node.b)
            case core.Mul():
                return here(node.a) * here(node.b)
            case core.FloorDiv():
                return here(node.a) // node.divisor
            case core.Compare():
                a, b = here(node.a), here(node.b)
                return int({"<": a < b, "<=": a <= b, "==": a == b, "!=": a != b}[node.op])
            case core.And():
                return here(node.a) * here(node.b)
            case core.Or():
                return max(here(node.a), here(node.b))
            case core.Not():
                return 1 - here(node.a)
            case core.Select():
                return here(node.a) if here(node.condition) else here(node.b)
            case core.IsIn():
                if isinstance(node.members, core.Param) and node.members.type.of is not None:
                    width, rest = node.members.type.width, self.publics[node.members.name]
                    used = set()
                    while rest:
                        used.add(rest % 2 ** (width + 1))
                        rest //= 2 ** (width + 1)
                    return int(here(node.value) + 2**width in used)
                if isinstance(node.members, core.Param):
                    return self.publics[node.members.name] >> here(node.value) & 1
                return int(here(node.value) in node.members)
            case core.Neighbour():
                order = sorted(self.frame(node.rows.frame), key=lambda j: ([self.at(k, j) for k in node.rows.order], j))
                place = order.index(i)
                before = order[:place][::-1] if node.step < 0 else order[place + 1 :]
                chosen = set(self.selected(node.rows))
                mine = [here(part) for part in node.per]
                beside = (j for j in before if j in chosen and [self.at(part, j) for part in node.per] == mine)
                return next((self.at(node.arg, j) for j in beside), here(node.default))
            case core.Member() | core.Lookup():
                keys = [here(key) for key in node.keys]
                found = [j for j in self.selected(node.target) if [self.at(c, j) for c in node.columns] == keys]
                if isinstance(node, core.Member):
                    return int(bool(found))
                return self.at(node.value, found[0]) if found else here(node.default)
            case core.AsOf():
                keys, at = [here(key) for key in node.keys], here(node.at)
                latest = None
                for j in self.selected(node.target):
                    order = self.at(node.order, j)
                    among = [self.at(c, j) for c in node.columns] == keys and order <= at
                    if among and (latest is None or order >= self.at(node.order, latest)):
                        latest = j
                return here(node.default) if latest is None else self.at(node.value, latest)
            case core.Running():
                order = sorted(self.frame(node.rows.frame), key=lambda j: ([self.at(k, j) for k in node.rows.order], j))
                so_far = [j for j in order[: order.index(i) + 1] if j in self.selected(node.rows)]
                mine = [here(part) for part in node.per]
                return sum(self.at(node.arg, j) for j in so_far if [self.at(part, j) for part in node.per] == mine)
            case core.Window():
                total, mine, end = 0, [here(part) for part in node.per], here(node.at)
                for j in self.selected(node.rows):
                    if [self.at(part, j) for part in node.per] == mine:
                        total += self.at(node.arg, j) * (end - here(node.length) < self.at(node.at, j) <= end)
                return total
            case core.Aggregate():
                members = self.selected(node.rows) if node.by is None else self.groups(node.by)[i][1]
                if node.arg is None:
                    return len(members)
                values = [self.at(node.arg, j) for j in members]
                if node.kind == "sum":
                    return sum(values)
                if not values and node.empty is not None:
                    return here(node.empty)
                return min(values) if node.kind == "min" else max(values)
            case core.Chain():
                first = {j: [self.at(part, j) for part in node.first] for j in self.selected(node.rows)}
                last = {j: [self.at(part, j) for part in node.last] for j in first}
                order = sorted(first, key=lambda j: (first[j], last[j]))
                kept = all(last[a] < first[b] if node.strict else last[a] <= first[b] for a, b in pairwise(order))
                return int(kept and all(first[j] <= last[j] for j in first))
            case core.SameMultiset():
                left = Counter(tuple(self.at(part, j) for part in node.left) for j in self.selected(node.a))
                right = Counter(tuple(self.at(part, j) for part in node.right) for j in self.selected(node.b))
                return int(left == right)
        raise AssertionError(type(node).__name__)
