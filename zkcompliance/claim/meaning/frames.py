"""Frames of rows: how many rows a frame has, which are selected, how they fall into groups, their tuples as words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from zkcompliance.claim.meaning import core
from zkcompliance.claim.meaning.arrays import LIMBS_IN_WORD, Array, cut, numbered
from zkcompliance.claim.meaning.brackets import Brackets
from zkcompliance.claim.meaning.core import Frame, Groups, Log, Rows, Value
from zkcompliance.errors import SchemaError, UsageError
from zkcompliance.schemas import LIMB_BITS

_SMALL = 1 << 62


@dataclass(frozen=True)
class Grouping:
    """`members`: the rows grouped, as indices of their frame; `codes`: the group of each, numbered by first row."""

    members: Array
    codes: Array
    first: Array

    @property
    def size(self) -> int:
        return len(self.first)


class Frames(ABC):
    """Rows of tables: of each log, the (width, N) limbs of its segments, and their brackets. act = 0 is no row."""

    def __init__(
        self, tables: Mapping[str, Sequence[Array]], publics: Mapping[str, int], brackets: Brackets | None = None
    ) -> None:
        self._tables, self._publics, self._brackets = tables, publics, brackets
        self._known: dict[Any, Any] = {}

    @abstractmethod
    def value(self, node: Value) -> Any:
        """An array over the node's frame, or an int."""

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
            (words,) = self._words((groups.keys, groups.rows.frame, members))
            (sorted_codes,) = numbered(words)
            first, codes = np.unique(sorted_codes, return_index=True, return_inverse=True)[1:]
            order = np.argsort(first)
            place = np.empty_like(order)
            place[order] = np.arange(len(order))
            first, codes = first[order], place[codes]
            self._known[groups] = Grouping(members, codes, first)
        return cast(Grouping, self._known[groups])

    def _segments(self, log: Log) -> Sequence[Array]:
        if log.name not in self._tables:
            raise UsageError(f"no log {log.name!r} was given", help="zkcompliance check --help")
        for table in self._tables[log.name]:
            if table.ndim != 2 or table.shape[0] != log.schema.width:
                raise SchemaError(f"log {log.name}: a table of {table.shape} is not of schema {log.schema.label}")
        return self._tables[log.name]

    def _mask(self, rows: Rows) -> Array:
        size = self.length(rows.frame)
        if rows.where is None:
            return np.ones(size, bool)
        return np.broadcast_to(self.value(rows.where), size).astype(bool)

    def _column(self, node: Value, frame: Frame) -> Array:
        """The node's value on every row of the frame, also where it is a single one."""
        values = self.value(node)
        if isinstance(values, np.ndarray):
            return values
        return np.full(self.length(frame), values, dtype_of(node))

    def _words(self, *sides: tuple[tuple[Value, ...], Frame | None, Array]) -> list[list[Array]]:
        """Tuples of values on some rows (indices) of a frame, as columns that sort and compare across the sides."""
        columns: list[list[Array]] = [[] for _ in sides]
        for parts in zip(*(values for values, _, _ in sides), strict=True):
            low, high = min(part.range[0] for part in parts), max(part.range[1] for part in parts)
            count = 0 if not any(map(wide, parts)) else -(-(high - min(low, 0)).bit_length() // 64)
            for part, words, (_, frame, place) in zip(parts, columns, sides, strict=True):
                words += [word[place] for word in self._cut(part, frame, min(low, 0), count)]
        return columns

    def _cut(self, node: Value, frame: Frame | None, low: int, count: int) -> list[Array]:
        """The node less `low` on every row, in `count` words; count 0: as it is, in one int64 column."""
        if count == 0:
            return [np.broadcast_to(self.value(node), self._size(frame))]
        key = ("words", node, frame, low, count)
        if key not in self._known:
            if isinstance(node, core.Column) and low == 0 and wide(node):
                self._known[key] = self._load_words(node, count)
            elif isinstance(node, core.Key) and low == 0:
                leaders = self._leaders(node.groups)
                inner = self._cut(node.groups.keys[node.index], node.groups.rows.frame, low, count)
                self._known[key] = [word[leaders] for word in inner]
            else:
                value = np.broadcast_to(np.asarray(self.value(node), dtype_of(node)), self._size(frame))
                self._known[key] = cut(value.astype(object) - low if low else value, count)
        return cast(list[Array], self._known[key])

    def _load_words(self, node: core.Column, count: int) -> list[Array]:
        """A wide column's words from its limbs, without making Python ints."""
        limbs = node.log.schema.limbs(node.name)
        words = []
        for i in reversed(range(count)):
            word = np.zeros(self.length(node.log), np.uint64)
            for j, limb in enumerate(limbs[LIMBS_IN_WORD * i : LIMBS_IN_WORD * (i + 1)]):
                cells = [table[limb][table[0] == 1] for table in self._segments(node.log)]
                word |= np.concatenate([*cells, np.zeros(0, np.uint32)]).astype(np.uint64) << np.uint64(LIMB_BITS * j)
            words.append(word)
        return words

    def _leaders(self, groups: Groups) -> Array:
        """The first row of each group, as an index of its frame."""
        grouping = self.grouping(groups)
        return grouping.members[grouping.first]

    def _size(self, frame: Frame | None) -> int:
        return 1 if frame is None else self.length(frame)


def wide(node: Value) -> bool:
    return node.range[0] <= -_SMALL or node.range[1] >= _SMALL


def dtype_of(node: Value) -> Any:
    return object if wide(node) else np.int64
