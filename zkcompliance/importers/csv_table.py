"""CSV with a header: one line is one row, columns named as in the schema, in any order."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from zkcompliance.errors import ImporterError
from zkcompliance.importers.csv_records import records
from zkcompliance.importers.model import Importer, Row
from zkcompliance.schemas import Schema

FORMULA = "columns are taken as they stand; nothing is computed"


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows as texts. UTF-8 (a byte order mark is allowed), commas, RFC 4180 quoting; blank lines are refused."""
    with contextlib.closing(records(file)) as lines:
        _, header = next(lines, (0, None))
        if header is None:
            raise ImporterError("is empty: the first line names the columns")
        _check_header(header, schema)
        for number, (line, cells) in enumerate(lines, 1):
            if len(cells) != len(header):
                raise ImporterError(f"row {number} (line {line}): {len(cells)} cells, not {len(header)}")
            yield dict(zip(header, cells, strict=True))


def _check_header(header: list[str], schema: Schema) -> None:
    known = [column.name for column in schema.columns]
    if len(header) == 1 and any(separator in header[0] for separator in ";|\t"):
        raise ImporterError("header: is one column: cells are separated by commas")
    for position, name in enumerate(header, 1):
        if name not in known:
            raise ImporterError(f"header, column {position}: schema {schema.label} has no column {name[:64]!r}")
        if header.index(name) != position - 1:
            raise ImporterError(f"header, column {position}: {name} is there twice")
    missing = [column.name for column in schema.columns if column.default is None and column.name not in header]
    if missing:
        raise ImporterError(f"header: column {missing[0]} is missing")


IMPORTER = Importer("csv", "CSV with a header of column names", FORMULA, read)
