"""JSON Lines: one object per line, members named as the schema's columns.

Numbers keep the text they were written with: an integer in exponent form is exact, a fraction is refused, NaN and
Infinity are not JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import BinaryIO, NoReturn

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers.model import Importer, Row
from zkcompliance.quantities import MAX_DIGITS, parse_integer
from zkcompliance.schemas import Schema

FORMULA = "members are taken as they stand; nothing is computed"
MAX_LINE_BYTES = 1 << 20


class _Refused(Exception):
    pass


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _Refused("a number is absurdly long")
    return int(text)


def _fraction(text: str) -> int:
    """1e18 and 2.50e3 are whole numbers; 0.5 and 1e-3 are not."""
    if text.startswith("-"):
        raise _Refused("a number is negative")
    try:
        return parse_integer(text)
    except UsageError:
        raise _Refused(
            "a number is not whole: quantities are exact, shares are parts per million or a text such as 30%"
        ) from None


def _constant(text: str) -> NoReturn:
    raise _Refused(f"{text} is not a number")


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise _Refused("a member is there twice")
    return row


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """One row per line; blank lines are refused. Numbers become exact ints."""
    decoder = json.JSONDecoder(
        parse_int=_integer, parse_float=_fraction, parse_constant=_constant, object_pairs_hook=_members
    )
    known = {column.name for column in schema.columns}
    number = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise ImporterError(f"row {number}: a line is longer than {MAX_LINE_BYTES} bytes")
        try:
            row = decoder.decode(line.decode())
        except UnicodeDecodeError:
            raise ImporterError(f"row {number}: is not UTF-8") from None
        except _Refused as error:
            raise ImporterError(f"row {number}: {error}") from None
        except json.JSONDecodeError as error:
            raise ImporterError(f"row {number}, character {error.colno}: is not JSON: {error.msg}") from None
        except RecursionError:
            raise ImporterError(f"row {number}: is nested too deeply") from None
        if not isinstance(row, dict):
            raise ImporterError(f"row {number}: is not an object")
        for member, value in row.items():
            if member not in known:
                raise ImporterError(f"row {number}: schema {schema.name} has no column {member[:64]!r}")
            if isinstance(value, (dict, list)):
                raise ImporterError(f"row {number}, column {member}: is not a single value")
        yield row


IMPORTER = Importer("jsonl", "JSON Lines, one object per row", FORMULA, read)
