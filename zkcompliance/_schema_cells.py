"""Cells to limbs and back: the array side of `zkcompliance.schemas`, column by column.

Every value becomes a range-checked Python int before any array sees it; arrays silently wrap. Messages never repeat a
value.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zkcompliance import quantities
from zkcompliance._schema_model import LIMB_BITS, Column, Schema, Value, text_id
from zkcompliance.errors import SchemaError, UsageError

_DIGITS = 40  # of a plain decimal text; longer ones take the slow way, and are refused there
_PARSERS: dict[str, Callable[[str], int]] = {
    "time": quantities.parse_time, "flop": quantities.parse_integer,
    "count": quantities.parse_integer, "ppm": quantities.parse_ppm,
}  # fmt: skip
_EXPECTED = {
    "time": "a UTC time in whole seconds such as 2025-08-02T12:00:00Z",
    "flop": "an exact whole number such as 1234 or 2.5e25", "count": "an exact whole number such as 1234",
    "ppm": "parts per million or a percentage", "id": "a text", "bool": "true or false",
}  # fmt: skip


def _whole(column: Column, value: object) -> int:
    """An int-like or a text of one number column as a Python int, not yet range-checked. SchemaError otherwise."""
    if isinstance(value, str):
        if value.isdecimal() and value.isascii() and len(value) <= _DIGITS:
            return int(value)
        if value.lstrip().startswith("-"):
            raise SchemaError("is negative")
        try:
            return _PARSERS[column.type](value)
        except UsageError:
            raise SchemaError(f"is not {_EXPECTED[column.type]}") from None
    if isinstance(value, (bool, float)):
        raise SchemaError(f"is a {type(value).__name__}, not {_EXPECTED[column.type]}")
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise SchemaError(f"is not {_EXPECTED[column.type]}") from None


def _parser(column: Column) -> Callable[[object], int]:
    """The function that makes one value of a column an int within its range, or raises SchemaError."""
    choices = {name: index for index, name in enumerate(column.choices)}
    flags = {"true": 1, "false": 0, "1": 1, "0": 0}

    def parse(value: object) -> int:
        if value is None or (isinstance(value, str) and value == ""):
            if column.default is None:
                raise SchemaError("is missing")
            value = column.default
        match column.type:
            case "id":
                if not isinstance(value, str):
                    raise SchemaError("is not a text")
                return text_id(value)
            case "enum":
                if not isinstance(value, str) or value not in choices:
                    raise SchemaError(f"is none of {', '.join(column.choices)}")
                return choices[value]
            case "bool":
                if isinstance(value, str) and value in flags:
                    return flags[value]
                if not isinstance(value, (bool, np.bool_)):
                    raise SchemaError("is not true or false")
                return int(value)
        number = _whole(column, value)
        if number < 0:
            raise SchemaError("is negative")
        if number > column.largest:
            raise SchemaError(f"is over the largest {column.type}, {column.largest}")
        return number

    return parse


def _plain_numbers(column: Column, values: Sequence[object]) -> list[int] | None:
    """The quick way, without a call per cell: all ints, or all decimal texts, and all in range. Otherwise None."""
    if column.type not in _PARSERS:
        return None
    kinds = set(map(type, values))
    if kinds == {int}:
        numbers: list[int] = list(values)  # type: ignore[arg-type]
    elif kinds == {str}:
        texts: list[str] = list(values)  # type: ignore[arg-type]
        if not all(map(str.isdecimal, texts)) or not all(map(str.isascii, texts)) or max(map(len, texts)) > _DIGITS:
            return None
        numbers = list(map(int, texts))
    else:
        return None
    return numbers if min(numbers) >= 0 and max(numbers) <= column.largest else None


def _numbers(column: Column, values: Sequence[object], first_row: int) -> list[int]:
    numbers = _plain_numbers(column, values)
    if numbers is not None:
        return numbers
    parse = functools.lru_cache(maxsize=1 << 14, typed=True)(_parser(column))
    try:
        return [parse(value) for value in values]
    except (SchemaError, TypeError):
        for number, value in enumerate(values, first_row):
            try:
                _parser(column)(value)
            except SchemaError as error:
                raise SchemaError(f"row {number}, column {column.name}: {error.message}", help=error.help) from None
        raise SchemaError(f"column {column.name}: holds a value that is no text or number") from None


def _to_limbs(numbers: list[int], limbs: int, out: NDArray[np.uint32]) -> None:
    """Write range-checked ints as limbs into out, shape (limbs, rows)."""
    if limbs == 1:
        out[0] = numbers
        return
    if limbs <= 4 or max(numbers, default=0) < 1 << 64:
        words = np.array(numbers, dtype=np.uint64)
        out[4:] = 0
        for index in range(min(limbs, 4)):
            out[index] = (words >> np.uint64(LIMB_BITS * index)) & np.uint64(0xFFFF)
        return
    size = 2 * limbs
    data = b"".join([number.to_bytes(size, "little") for number in numbers])
    out[:] = np.frombuffer(data, dtype="<u2").reshape(len(numbers), limbs).T


def encode(schema: Schema, columns: Mapping[str, Sequence[object]], first_row: int) -> NDArray[np.uint32]:
    """See `zkcompliance.schemas.encode_columns`."""
    for name in columns:
        schema.column(name)
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise SchemaError("columns differ in length" if lengths else "no columns")
    rows = lengths.pop()
    out = np.zeros((schema.width, rows), dtype=np.uint32)
    out[0] = 1
    compared = {name for pair in schema.ordered for name in pair}
    kept: dict[str, list[int]] = {}
    for column in schema.columns:
        values = columns.get(column.name)
        if values is None:
            if rows and column.default is None:
                raise SchemaError(f"row {first_row}, column {column.name}: is missing")
            values = [None] * rows
        numbers = _numbers(column, values, first_row)
        where = schema.limbs(column.name)
        _to_limbs(numbers, column.limbs, out[where.start : where.stop])
        if column.name in compared:
            kept[column.name] = numbers
    for low, high in schema.ordered:
        for number, (a, b) in enumerate(zip(kept[low], kept[high], strict=True), first_row):
            if a > b:
                raise SchemaError(f"row {number}, column {high}: is less than {low}")
    return out


def _show(column: Column, number: int) -> Value:
    if column.type == "id":
        return f"0x{number.to_bytes(16, 'little').hex()}" if number else ""
    if column.type == "enum":
        return column.choices[number]
    return bool(number) if column.type == "bool" else number


def decode(schema: Schema, columns: NDArray[np.uint32]) -> list[dict[str, Value]]:
    """See `zkcompliance.schemas.decode_rows`."""
    check_limbs(schema, columns)
    real = columns[:, columns[0] == 1]
    values = []
    for column in schema.columns:
        limbs = [row.tolist() for row in real[schema.limbs(column.name).start : schema.limbs(column.name).stop]]
        numbers = [sum(limb << (LIMB_BITS * i) for i, limb in enumerate(parts)) for parts in zip(*limbs, strict=True)]
        for row, number in enumerate(numbers, 1):
            if number > column.largest:
                raise SchemaError(
                    f"row {row}, column {column.name}: is over the largest {column.type}, {column.largest}"
                )
        values.append([_show(column, number) for number in numbers])
    names = [column.name for column in schema.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def check_limbs(schema: Schema, columns: NDArray[np.uint32]) -> None:
    """SchemaError unless columns is (width, rows) uint32 with `act` 0 or 1 and every limb below 2^16."""
    if columns.ndim != 2 or columns.shape[0] != schema.width or columns.dtype != np.uint32:
        raise SchemaError(f"schema {schema.name}: want uint32 limbs of shape ({schema.width}, rows)")
    if columns.size and (int(columns[0].max()) > 1 or int(columns.max()) > 0xFFFF):
        raise SchemaError(f"schema {schema.name}: act or a limb is out of range")
