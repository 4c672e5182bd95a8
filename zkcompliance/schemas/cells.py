"""Cells to limbs and back: the array side of `zkcompliance.schemas`, column by column.

Every value becomes a range-checked Python int before any array sees it; arrays silently wrap. Messages never repeat a
value.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zkcompliance import limits, quantities
from zkcompliance.errors import SchemaError, UsageError
from zkcompliance.quantities import Exact, Number, Refused, Typed, UnitNotStated
from zkcompliance.schemas.shape import LIMB_BITS, Column, Rule, Schema, Value, text_id

_STATE_UNIT = "seal with --unit COLUMN=fraction, or append with units={'COLUMN': 'fraction'} (or percent, or ppm)"
_NUMBERS = ("time", "flop", "count", "ppm")
_FEW = 16  # rows for which calls of numpy take longer than their limbs one by one
_DIGITS = 40  # of a plain decimal text; longer ones take the slow way, and are refused there


@dataclass(frozen=True)
class Reading:
    """How the cells of a table are read. units: column → the unit of its bare numbers; latest: the last second that a
    time may have, but for deadlines (None: any); any_second: whether ints are times from 0 on, as in examples."""

    units: Mapping[str, str]
    latest: int | None = None
    any_second: bool = False

    @classmethod
    def of(
        cls, schema: Schema, units: Mapping[str, str] | None = None, now: int | None = None, any_second: bool = False
    ) -> Reading:
        """now: the clock of whoever seals, UTC seconds. UsageError for a unit of a column that has none."""
        for name, unit in (units or {}).items():
            shares = [column.name for column in schema.columns if column.type == "ppm"]
            if name not in shares:
                raise UsageError(
                    f"{name[:64]!r} is no share of schema {schema.label}, and has no unit to state: "
                    f"its shares are {', '.join(shares) or 'none'}",
                    help=f"zkcompliance schemas {schema.name}",
                )
            if unit not in quantities.UNITS:
                raise UsageError(
                    f"the unit of {name} is one of {', '.join(quantities.UNITS)}, not {unit[:40]!r}",
                    help=f"say seal --unit {name}=fraction, or units={{'{name}': 'fraction'}} (or percent, or ppm)",
                )
        return cls(dict(units or {}), None if now is None else now + limits.MAX_ROW_AHEAD_SECONDS, any_second)


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, str) and value == "")


def parser(column: Column, reading: Reading) -> Callable[[object], int]:
    """The function that makes one value of a column an int within its range, or raises Refused or SchemaError."""
    choices = {name: index for index, name in enumerate(column.choices)}
    unit = reading.units.get(column.name)

    def number(value: object) -> int:
        if column.type == "ppm":
            return quantities.read_share(value, unit, rounded=True)
        if column.type != "time":
            return quantities.read_whole(value)
        if column.default is not None and type(value) in (int, str, Exact) and str(value) == str(column.default):
            return int(column.default)  # the time that means: missing
        moment = quantities.read_time(value, any_second=reading.any_second)
        if not moment and not isinstance(value, int):
            raise Refused("is the first second of 1970, which is what a clock shows that was not set")
        return moment

    def parse(value: object) -> int:
        if _missing(value):
            if column.stored_missing is None:
                raise Refused("is missing")
            return column.stored_missing
        match column.type:
            case "id":
                return text_id(_named(value))
            case "enum":
                if not isinstance(value, str) or value not in choices:
                    raise Refused(f"is none of {', '.join(column.choices)}")
                return choices[value]
            case "bool":
                return quantities.read_truth(value)
        found = number(value)
        if found < 0:
            raise Refused("is negative")
        if found > column.largest:
            raise Refused(f"is over the largest {column.type}, {column.largest}")
        return found

    return parse


def _named(value: object) -> str:
    if not isinstance(value, str) or isinstance(value, (Number, Typed)):
        raise Refused("is not a text")
    if why := quantities.fault_of(value):
        raise Refused(f"{why}, or give the digest of the text: 0x and 32 hex digits")
    return value


def _plain_numbers(column: Column, values: Sequence[object], reading: Reading) -> list[int] | None:
    """The quick way, without a call per cell: all ints, or all decimal texts, and all in range. Otherwise None."""
    if column.type not in _NUMBERS:
        return None
    kinds = set(map(type, values))
    low, high = 0, column.largest
    if kinds == {Exact}:
        numbers = [int(value) for value in values if isinstance(value, Exact)]
    elif column.type == "ppm":
        return None
    elif kinds == {int}:
        numbers = list(values)  # type: ignore[arg-type]
        if column.type == "time" and not reading.any_second:
            low, high = quantities.FIRST, quantities.LAST
    elif kinds == {str} and column.type != "time":
        texts: list[str] = list(values)  # type: ignore[arg-type]
        if not all(map(str.isdecimal, texts)) or not all(map(str.isascii, texts)) or max(map(len, texts)) > _DIGITS:
            return None
        if any(text[0] == "0" and text != "0" for text in texts):
            return None
        numbers = list(map(int, texts))
    else:
        return None
    return numbers if min(numbers) >= low and max(numbers) <= high else None


def _numbers(column: Column, values: Sequence[object], first_row: int, reading: Reading) -> list[int]:
    numbers = _plain_numbers(column, values, reading)
    if numbers is None:
        parse = parser(column, reading)
        if len(values) > 1:  # one is never met again
            parse = functools.lru_cache(maxsize=1 << 14, typed=True)(parse)
        try:
            numbers = [parse(value) for value in values]
        except (Refused, SchemaError, TypeError):
            raise _first_fault(column, values, first_row, reading) from None
    if column.type == "time" and not column.deadline and reading.latest is not None:
        _refuse_future(column, numbers, first_row, reading.latest)
    return numbers


def _first_fault(column: Column, values: Sequence[object], first_row: int, reading: Reading) -> SchemaError:
    """The error that names the first row of a column that cannot be read."""
    parse = parser(column, reading)
    for number, value in enumerate(values, first_row):
        try:
            parse(value)
        except UnitNotStated as refused:
            return _fault(column, number, refused.why, _STATE_UNIT)
        except Refused as refused:
            return _fault(column, number, refused.why, refused.help)
        except SchemaError as error:
            return _fault(column, number, error.message, error.help)
    return SchemaError(f"column {column.name}: holds a value that is no text or number")


def _fault(column: Column, row: int, why: str, help: str) -> SchemaError:
    remedy = help.replace("COLUMN", column.name)
    return SchemaError(f"row {row}, column {column.name}: {why}", help=remedy or None)


def _refuse_future(column: Column, numbers: Sequence[int], first_row: int, latest: int) -> None:
    """SchemaError for the first time after `latest` that is not what a missing value is."""
    if max(numbers, default=0) <= latest:
        return
    for row, number in enumerate(numbers, first_row):
        if number > latest and number != column.default:
            raise _fault(column, row, "lies over a day in the future: is the clock of this machine right?", "date -u")


def _to_limbs(numbers: list[int], limbs: int, out: NDArray[np.uint32]) -> None:
    """Write range-checked ints as limbs into out, zeros of shape (limbs, rows)."""
    if not any(numbers):
        return
    if limbs == 1:
        out[0] = numbers
        return
    if len(numbers) > _FEW and (limbs <= 4 or max(numbers) < 1 << 64):
        words = np.array(numbers, dtype=np.uint64)
        for index in range(min(limbs, 4)):
            out[index] = (words >> np.uint64(LIMB_BITS * index)) & np.uint64(0xFFFF)
        return
    size = 2 * limbs
    data = b"".join([number.to_bytes(size, "little") for number in numbers])
    out[:] = np.frombuffer(data, dtype="<u2").reshape(len(numbers), limbs).T


def encode(
    schema: Schema, columns: Mapping[str, Sequence[object]], first_row: int, reading: Reading
) -> NDArray[np.uint32]:
    """See `zkcompliance.schemas.encode_columns`."""
    for name in columns:
        schema.column(name)
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise SchemaError("columns differ in length" if lengths else "no columns")
    rows = lengths.pop()
    out = np.zeros((schema.width, rows), dtype=np.uint32)
    out[0] = 1
    compared = {column.name for rule in schema.rules for column in (rule.low, rule.high)}
    kept: dict[str, list[int]] = {}
    for column in schema.columns:
        values = columns.get(column.name)
        if values is None:
            if rows and column.default is None:
                raise SchemaError(f"row {first_row}, column {column.name}: is missing")
            numbers = [column.stored_missing or 0] * rows
        else:
            numbers = _numbers(column, values, first_row, reading)
        where = schema.limbs(column.name)
        _to_limbs(numbers, column.limbs, out[where.start : where.stop])
        if column.name in compared:
            kept[column.name] = numbers
    for rule in schema.rules:
        _require(rule, kept[rule.low.name], kept[rule.high.name], first_row)
    return out


def _require(rule: Rule, low: list[int], high: list[int], first_row: int) -> None:
    """SchemaError for the first row that breaks the rule."""
    for number, (a, b) in enumerate(zip(low, high, strict=True), first_row):
        if a > b and a != rule.low.missing and b != rule.high.missing:
            raise SchemaError(f"row {number}, column {rule.high.name}: is less than {rule.low.name}")


def _show(column: Column, number: int) -> Value:
    if column.type == "id":
        return quantities.show_id(number) if number else ""
    if column.type == "enum":
        return column.choices[number]
    if column.optional and number == column.default:
        return ""
    return bool(number) if column.type == "bool" else Exact(number)


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
        raise SchemaError(f"schema {schema.label}: want uint32 limbs of shape ({schema.width}, rows)")
    if columns.size and (int(columns[0].max()) > 1 or int(columns.max()) > 0xFFFF):
        raise SchemaError(f"schema {schema.label}: act or a limb is out of range")
