"""Parquet files, Arrow IPC files and Arrow IPC streams: columns named as in the schema. Needs the extra `arrow`.

Integers, texts, booleans, whole decimals and timestamps of whole seconds are exact; floating-point columns are
refused. A timestamp without a zone is UTC. `fixed_size_binary(16)` is an id's digest. Rows come batch by batch.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, BinaryIO

from zkcompliance import limits
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.model import Importer, Row
from zkcompliance.schemas import Schema

FORMULA = "columns are taken as they stand; nothing is computed"
_BATCH_ROWS = 8192
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows in order. ImporterError names row and column; the libraries' own messages are not passed on."""
    try:
        arrow = importlib.import_module("pyarrow")
    except ImportError:
        raise UsageError("pyarrow is not installed", help="pip install 'zkcompliance[arrow]'") from None
    first = 1
    for batch in _guarded(arrow, file):
        names = _names(batch.schema, schema)
        columns = [_cells(arrow, batch.column(i), name, first) for i, name in enumerate(names)]
        for cells in zip(*columns, strict=True):
            yield dict(zip(names, cells, strict=True))
        first += batch.num_rows


def _guarded(arrow: Any, file: BinaryIO) -> Iterator[Any]:
    """Batches of at most _BATCH_ROWS rows. Whatever the library raises becomes an ImporterError without its text."""
    batches = _batches(arrow, file)
    while True:
        try:
            batch = next(batches, None)
        except (arrow.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError):
            raise ImporterError("is damaged, or not Parquet or Arrow") from None
        if batch is None:
            return
        yield batch


def _batches(arrow: Any, file: BinaryIO) -> Iterator[Any]:
    head = settings.head(file, 6)
    if head[:4] == b"PAR1":
        parquet = importlib.import_module("pyarrow.parquet").ParquetFile(
            file, thrift_string_size_limit=1 << 24, thrift_container_size_limit=1 << 20, page_checksum_verification=True
        )
        for group in range(parquet.metadata.num_row_groups):
            if parquet.metadata.row_group(group).total_byte_size > limits.MAX_ARROW_GROUP_BYTES:
                raise ImporterError(f"row group {group + 1}: is too large")
        yield from parquet.iter_batches(batch_size=_BATCH_ROWS)
        return
    ipc = importlib.import_module("pyarrow.ipc")
    if head == b"ARROW1":
        opened = ipc.open_file(file)
        loaded = (opened.get_batch(index) for index in range(opened.num_record_batches))
    else:
        loaded = iter(ipc.open_stream(file))
    for batch in loaded:
        batch.validate(full=True)
        if batch.nbytes > limits.MAX_ARROW_GROUP_BYTES:
            raise ImporterError("a record batch is too large")
        for start in range(0, batch.num_rows, _BATCH_ROWS):
            yield batch.slice(start, _BATCH_ROWS)


def _names(found: Any, schema: Schema) -> list[str]:
    """The column names. ImporterError for one that is unknown, doubled or missing."""
    names: list[str] = found.names
    known = {column.name for column in schema.columns}
    for name in names:
        if name not in known:
            raise ImporterError(f"schema {schema.name} has no column {name[:64]!r}")
        if names.count(name) > 1:
            raise ImporterError(f"column {name} is there twice")
    for column in schema.columns:
        if column.default is None and column.name not in names:
            raise ImporterError(f"column {column.name} is missing")
    return names


def _cells(arrow: Any, array: Any, name: str, first: int) -> list[object]:
    """A column's values as int, str, bool or None. ImporterError names the row of a value that is not exact."""
    types, kind = arrow.types, array.type
    if types.is_dictionary(kind):
        values = _cells(arrow, array.dictionary, name, first)
        return [None if index is None else values[index] for index in array.indices.to_pylist()]
    if types.is_integer(kind) or types.is_boolean(kind) or types.is_null(kind):
        return list(array.to_pylist())
    if types.is_timestamp(kind):
        per = _PER_SECOND[kind.unit]
        return [_exact(cell, per, name, row) for row, cell in enumerate(array.cast(arrow.int64()).to_pylist(), first)]
    if types.is_decimal(kind):
        return [_exact(cell, 1, name, row) for row, cell in enumerate(array.to_pylist(), first)]
    if types.is_fixed_size_binary(kind) and kind.byte_width == 16:
        return [None if cell is None else f"0x{cell.hex()}" for cell in array.to_pylist()]
    if types.is_string(kind) or types.is_large_string(kind) or getattr(types, "is_string_view", types.is_string)(kind):
        return [_text(cell, name, row) for row, cell in enumerate(array, first)]
    why = "floating-point numbers are not exact" if types.is_floating(kind) else "its Arrow type is not taken"
    raise ImporterError(f"row {first}, column {name}: {why}")


def _exact(cell: Any, per: int, name: str, row: int) -> int | None:
    if cell is None:
        return None
    amount = Fraction(cell) / per
    if amount.denominator != 1:
        raise ImporterError(f"row {row}, column {name}: is not whole")
    return amount.numerator


def _text(cell: Any, name: str, row: int) -> str | None:
    if not cell.is_valid:
        return None
    data = bytes(cell.as_buffer())
    if len(data) > limits.MAX_ARROW_TEXT_BYTES:
        raise ImporterError(f"row {row}, column {name}: is too long")
    return settings.utf8(data, f"row {row}, column {name}")


IMPORTER = Importer("arrow", "Parquet or Arrow IPC, columns named as in the schema", FORMULA, read)
