"""Whole columns to limbs at once: the fast twin of `zkcompliance.schemas.cells`.

It encodes what it is sure of exactly as `cells.encode` does, and says None where any cell is in doubt, or is to be
refused: then the careful way decides, which alone makes errors. A column is one of

    Spans     texts or bare JSON values in a buffer (`zkcompliance.schemas.spans`)
    Whole     integers that are read already, as a typed file holds them
    Few       different values, and which of them each row has
    Mixed     some rows' cells each, of rows that were written in different ways

Texts of which there is no vectorised reader are read once each by the very function that reads them one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zkcompliance.errors import SchemaError
from zkcompliance.quantities import FIRST, LAST, MILLION, UNITS, Refused
from zkcompliance.schemas import spans
from zkcompliance.schemas.cells import Reading, parser
from zkcompliance.schemas.known import Known
from zkcompliance.schemas.shape import Column, Schema
from zkcompliance.schemas.spans import U64, Flags, Places, Spans, Wide

_MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Whole:
    """Numbers of a typed file. present: whether there is a value (None: in every row). exact: with no unit or range
    left to ask, as `quantities.Exact`; otherwise plain integers."""

    low: U64
    high: U64
    present: Flags | None = None
    exact: bool = False

    def __len__(self) -> int:
        return len(self.low)


@dataclass(frozen=True)
class Mixed:
    """Parts of a column with the rows that they are of; a row that no part has is missing its value."""

    parts: Sequence[tuple[Places, Spans]]


@dataclass(frozen=True)
class Few:
    """Values as `schemas.encode_columns` takes them, and the number of each row's among them."""

    values: Sequence[object]
    numbers: Places

    def __len__(self) -> int:
        return len(self.numbers)


Cells = Spans | Whole | Few | Mixed


class Encoder:
    """Encodes pieces of one table, and remembers what texts mean. texts: where the texts of ids are gathered."""

    def __init__(self, schema: Schema, reading: Reading, texts: set[str] | None = None) -> None:
        self.schema, self._reading, self._kept = schema, reading, texts
        self._parsers = {column.name: parser(column, reading) for column in schema.columns}
        self._known: dict[tuple[str, bool], Known] = {}

    def encode(self, rows: int, columns: Mapping[str, Cells]) -> NDArray[np.uint32] | None:
        """Limbs (width, rows) as `schemas.encode_columns` gives them for the same cells, None where that is in doubt.

        Names are those of columns of the schema. An absent column is a missing value in every row.
        """
        schema = self.schema
        out = np.empty((schema.width, rows), np.uint32)
        out[0] = 1
        kept: dict[str, Wide] = {}
        compared = {column.name for rule in schema.rules for column in (rule.low, rule.high)}
        for column in schema.columns:
            found = self._numbers(column, rows, columns.get(column.name))
            if found is None or self._future(column, found):
                return None
            where = schema.limbs(column.name)
            _to_limbs(found, out[where.start : where.stop])
            if column.name in compared:
                kept[column.name] = found
        for rule in schema.rules:
            small, large = kept[rule.low.name], kept[rule.high.name]
            (low, high), (low_of_large, high_of_large) = small, large
            broken = (high > high_of_large) | (high == high_of_large) & (low > low_of_large)
            if (broken & ~_is(small, rule.low.missing) & ~_is(large, rule.high.missing)).any():
                return None
        return out

    def _numbers(self, column: Column, rows: int, cells: Cells | None) -> Wide | None:
        if isinstance(cells, Spans):
            return self._texts(column, cells) if len(cells) == rows else None
        if isinstance(cells, Whole):
            return self._whole(column, cells) if len(cells) == rows else None
        if isinstance(cells, Few):
            return self._few(column, cells) if len(cells) == rows else None
        missing = np.ones(rows, np.bool_)
        low, high = np.zeros(rows, np.uint64), np.zeros(rows, np.uint64)
        for at, part in () if cells is None else cells.parts:
            found = self._texts(column, part)
            if found is None:
                return None
            low[at], high[at] = found
            missing[at] = False
        return self._with_missing(column, (low, high), missing)

    def _with_missing(self, column: Column, found: Wide, missing: Flags) -> Wide | None:
        """The numbers, with what a missing value is where there is none."""
        if not missing.any():
            return found
        number = self._parsed(column, None)
        if number is None:
            return None
        low, high = found
        return np.where(missing, np.uint64(number & _MASK), low), np.where(missing, np.uint64(number >> 64), high)

    def _parsed(self, column: Column, value: object) -> int | None:
        """A value as the careful way reads it, None where it is refused there."""
        if isinstance(value, (dict, list)):
            return None
        if self._kept is not None and column.type == "id" and isinstance(value, str):
            self._kept.add(str(value))
        try:
            return self._parsers[column.name](value)
        except (Refused, SchemaError, TypeError):
            return None

    def _texts(self, column: Column, cells: Spans) -> Wide | None:
        found, sure = self._plain(column, cells)
        if sure is None:
            return self._read_once(column, cells)
        if sure.all():
            return found
        rest = ~sure
        others = self._read_once(column, cells.take(rest))
        if others is None:
            return None
        low, high = found
        low[rest], high[rest] = others
        return low, high

    def _plain(self, column: Column, cells: Spans) -> tuple[Wide, Flags | None]:
        """What a vectorised reader is sure of; None where the type has no such reader."""
        match column.type:
            case "flop" | "count":
                return spans.digits(cells, column.largest)
            case "ppm":
                return spans.shares(cells, self._reading.units.get(column.name))
            case "time" if not self._reading.any_second:
                (low, high), sure = spans.digits(cells, LAST)
                sure &= low >= FIRST
                if not sure.all():
                    (seconds, _), written = spans.moments(cells)
                    low, sure = np.where(sure, low, seconds), sure | written
                return (low, high), sure
        nothing = np.zeros(0, np.uint64)
        return (nothing, nothing), None

    def _read_once(self, column: Column, cells: Spans) -> Wide | None:
        """Each text that there is, read once."""

        def read(raw: bytes) -> int | None:
            try:
                return self._parsed(column, cells.value(raw))
            except (ValueError, RecursionError):
                return None

        return self._known.setdefault((column.name, cells.bare), Known()).numbers(cells, read)

    def _few(self, column: Column, cells: Few) -> Wide | None:
        found: list[int] = []
        for value in cells.values:
            number = self._parsed(column, value)
            if number is None:
                return None
            found.append(number)
        return _wide(found, cells.numbers)

    def _whole(self, column: Column, cells: Whole) -> Wide | None:
        low, high = cells.low, cells.high
        missing = np.zeros(len(cells), np.bool_) if cells.present is None else ~cells.present
        scale, smallest, largest = 1, 0, column.largest
        if not cells.exact:
            match column.type:
                case "ppm":
                    unit = self._reading.units.get(column.name)
                    scale = UNITS[unit or "ppm"]
                    largest = MILLION // scale if unit else 0  # a number that says no unit is taken where it is 0
                case "time" if not self._reading.any_second:
                    smallest, largest = FIRST, LAST
                case "id" | "enum" | "bool":
                    return None
        fits = (low >= smallest) & spans.at_most((low, high), largest)
        if column.type == "time" and isinstance(column.default, int):
            fits |= (low == column.default) & (high == 0)
        if not (fits | missing).all():
            return None
        return self._with_missing(column, (low * np.uint64(scale), high), missing)

    def _future(self, column: Column, found: Wide) -> bool:
        """Whether a time lies after the latest that may be, and is not what a missing value is."""
        latest = self._reading.latest
        if column.type != "time" or column.deadline or latest is None:
            return False
        low, _ = found
        late = low > latest
        if isinstance(column.default, int):
            late &= low != column.default
        return bool(late.any())


def _is(found: Wide, number: int | None) -> Flags:
    """Whether each is this number; none is None."""
    low, high = found
    if number is None:
        return np.zeros(len(low), np.bool_)
    same: Flags = (low == np.uint64(number & _MASK)) & (high == np.uint64(number >> 64))
    return same


def _wide(found: list[int], numbers: Places) -> Wide:
    """Each row's number, of those found."""
    low = np.array([number & _MASK for number in found], np.uint64)
    high = np.array([number >> 64 for number in found], np.uint64)
    return low[numbers], high[numbers]


def _to_limbs(found: Wide, out: NDArray[np.uint32]) -> None:
    """Numbers as 16-bit limbs, least significant first, into out (limbs, rows)."""
    low, high = (np.ascontiguousarray(part, "<u8").view("<u2").reshape(-1, 4) for part in found)
    for limb in range(len(out)):
        out[limb] = low[:, limb] if limb < 4 else high[:, limb - 4]
