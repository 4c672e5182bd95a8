"""CSV with a header: one line is one row, columns named as in the schema, in any order."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

from zkcompliance.errors import ImporterError
from zkcompliance.importers.csv_records import Lines, records, records_of
from zkcompliance.importers.fields import AS_COLUMN, Fields
from zkcompliance.importers.model import Importer, Row
from zkcompliance.schemas import Schema

if TYPE_CHECKING:
    from zkcompliance.importers.model import Batch
    from zkcompliance.schemas.columnar import Encoder

FORMULA = "columns are taken as they stand; nothing is computed"


def importer(fields: Fields) -> Importer:
    """The importer that takes a file's fields so."""

    def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
        """Rows as texts. UTF-8 (a byte order mark is allowed), commas, RFC 4180 quoting; blank lines are refused."""
        with contextlib.closing(records(file)) as found:
            yield from _rows(found, _header(found, schema, fields), 1)

    def batches(file: BinaryIO, encoder: Encoder) -> Iterator[Batch]:
        """The same rows, BATCH_ROWS at a time, as limbs where whole columns could be read (`csv_columns`)."""
        from zkcompliance.importers import csv_columns, pieces

        source = pieces.Pieces(file)
        lines = Lines(source)

        def skipped(count: int) -> None:
            lines.number += count

        with contextlib.closing(records_of(lines)) as found:
            header = _header(found, encoder.schema, fields)
            yield from pieces.batches(
                source,
                encoder,
                lambda piece: csv_columns.cells(piece, header),
                lambda first: _rows(found, header, first),
                skipped,
            )

    return Importer("csv", "CSV with a header of column names", FORMULA, read, batches=batches, ends_anywhere=True)


def _rows(found: Iterator[tuple[int, list[str]]], header: list[str | None], first: int) -> Iterator[Row]:
    """Records as rows; first: the number of the next one."""
    for number, (line, cells) in enumerate(found, first):
        if len(cells) != len(header):
            raise ImporterError(f"row {number} (line {line}): {len(cells)} cells, not {len(header)}")
        yield {name: cell for name, cell in zip(header, cells, strict=True) if name is not None}


def _header(found: Iterator[tuple[int, list[str]]], schema: Schema, fields: Fields) -> list[str | None]:
    """The column of each name in the first record, checked; None for one that is left out."""
    _, header = next(found, (0, None))
    if header is None:
        raise ImporterError("is empty: the first line names the columns")
    if len(header) == 1 and any(separator in header[0] for separator in ";|\t"):
        raise ImporterError("header: is one column: cells are separated by commas")
    known = [column.name for column in schema.columns]
    columns = [fields.column(name, known) for name in header]
    fields.finish()
    for position, (name, column) in enumerate(zip(header, columns, strict=True), 1):
        if column is None and not fields.mapped:
            raise ImporterError(
                f"header, column {position}: schema {schema.label} has no column {name[:64]!r}", help=AS_COLUMN
            )
        if column is not None and header.index(name) != position - 1:
            raise ImporterError(f"header, column {position}: {name} is there twice")
    there = {*columns, *fields.given}
    missing = [column.name for column in schema.columns if column.default is None and column.name not in there]
    if missing:
        raise ImporterError(f"header: column {missing[0]} is missing", help=AS_COLUMN)
    return columns


IMPORTER = importer(Fields())
