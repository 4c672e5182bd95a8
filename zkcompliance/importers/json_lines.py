"""JSON Lines: one object per line, members named as the schema's columns.

Numbers with a point or an exponent keep the text they were written with, so that 2.5e24 and 0.1 are what they say; NaN
and Infinity are not JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from zkcompliance import limits
from zkcompliance.errors import ImporterError
from zkcompliance.importers.csv_records import Readable
from zkcompliance.importers.fields import AS_COLUMN, Fields
from zkcompliance.importers.json_members import too_deep
from zkcompliance.importers.json_stream import RefusedJson, once_each
from zkcompliance.importers.model import Importer, Row
from zkcompliance.quantities import MAX_DIGITS, Number, Refused, read_whole
from zkcompliance.schemas import Schema

if TYPE_CHECKING:
    from zkcompliance.importers.model import Batch
    from zkcompliance.schemas.columnar import Encoder, Mixed
    from zkcompliance.schemas.spans import Spans

FORMULA = "members are taken as they stand; nothing is computed"
_EXACT = ("flop", "count")  # the types whose numbers are whole


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise RefusedJson("a number is absurdly long")
    if text == "-0":
        raise RefusedJson("a number is -0: write 0")
    return int(text)


def _written(text: str) -> Number:
    if len(text) > MAX_DIGITS:
        raise RefusedJson("a number is absurdly long")
    if text.startswith("-"):
        raise RefusedJson("a number is negative, or is -0")
    return Number(text)


def _constant(text: str) -> NoReturn:
    raise RefusedJson(f"{text} is not a number")


_DECODER = json.JSONDecoder(
    parse_int=_integer, parse_float=_written, parse_constant=_constant, object_pairs_hook=once_each
)


def importer(fields: Fields) -> Importer:
    """The importer that takes a file's fields so."""

    def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
        """One row per line; blank lines are refused. Numbers become exact ints."""
        yield from _rows(file, schema, fields, 1)
        fields.finish()

    def batches(file: BinaryIO, encoder: Encoder) -> Iterator[Batch]:
        """The same rows, BATCH_ROWS at a time, as limbs where whole columns could be read (`json_columns`)."""
        from zkcompliance.importers import json_columns, pieces

        source, schema = pieces.Pieces(file), encoder.schema
        names = fields.names(column.name for column in schema.columns)

        def cells(piece: pieces.Piece) -> dict[str, Mixed | Spans] | None:
            found = json_columns.cells(piece, frozenset(names), _bare)
            if found is None:
                return None
            fields.met(found)
            return {names[name]: each for name, each in found.items()}

        yield from pieces.batches(source, encoder, cells, lambda first: _rows(source, schema, fields, first))
        fields.finish()

    return Importer("jsonl", "JSON Lines, one object per row", FORMULA, read, batches=batches, grows=True)


def _bare(raw: bytes) -> object:
    """A value without quotation marks; ValueError where it is none, or none that is taken."""
    try:
        return _DECODER.decode(raw.decode())
    except RefusedJson as error:
        raise ValueError("is not taken") from error


def _rows(file: Readable, schema: Schema, fields: Fields, first: int) -> Iterator[Row]:
    """Lines as rows; first: the number of the next one."""
    known = {column.name: column.type for column in schema.columns}
    number = first - 1
    while line := file.readline(limits.MAX_ROW_BYTES + 1):
        number += 1
        if len(line) > limits.MAX_ROW_BYTES:
            raise ImporterError(f"row {number}: a line is longer than {limits.MAX_ROW_BYTES} bytes")
        if too_deep(line):
            raise ImporterError(f"row {number}: is nested too deeply")
        try:
            row = _DECODER.decode(line.decode())
        except UnicodeDecodeError:
            raise ImporterError(f"row {number}: is not UTF-8") from None
        except RefusedJson as error:
            raise ImporterError(f"row {number}: {error}") from None
        except json.JSONDecodeError as error:
            raise ImporterError(f"row {number}, character {error.colno}: is not JSON: {error.msg}") from None
        except RecursionError:
            raise ImporterError(f"row {number}: is nested too deeply") from None
        if not isinstance(row, dict):
            raise ImporterError(f"row {number}: is not an object")
        taken: dict[str, object] = {}
        for member, value in row.items():
            column = fields.column(member, known)
            if column is None:
                if fields.mapped:
                    continue
                raise ImporterError(
                    f"row {number}: schema {schema.label} has no column {member[:64]!r}", help=AS_COLUMN
                )
            if isinstance(value, (dict, list)):
                raise ImporterError(f"row {number}, column {column}: is not a single value")
            if isinstance(value, Number) and known[column] in _EXACT:
                _check_whole(value, f"row {number}, column {column}")
            taken[column] = value
        yield taken


def _check_whole(value: Number, where: str) -> None:
    """ImporterError for a number that is not whole, before anything else of its row is looked at."""
    try:
        read_whole(value)
    except Refused as refused:
        raise ImporterError(f"{where}: {refused.why}") from None


IMPORTER = importer(Fields())
