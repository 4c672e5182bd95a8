"""Parquet files, Arrow IPC files and Arrow IPC streams: columns named as in the schema. Needs the extra `arrow`.

Integers, texts, booleans, whole decimals and timestamps of whole seconds are exact. Floats are taken in columns of
shares alone, by their shortest decimal, where the column's unit is stated. A timestamp without a zone is what some
clock showed, and is refused as a text without one is. `fixed_size_binary(16)` is an id's digest. Rows come batch by
batch.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from zkcompliance import limits
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.fields import AS_COLUMN, Fields
from zkcompliance.importers.model import BATCH_ROWS, Importer, Row
from zkcompliance.quantities import LAST, Exact, Typed
from zkcompliance.schemas import Schema

if TYPE_CHECKING:
    from zkcompliance.importers.model import Batch
    from zkcompliance.schemas.columnar import Encoder

_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
FORMULA = "columns are taken as they stand; nothing is computed"


def _read(fields: Fields, file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows in order. ImporterError names row and column; the libraries' own messages are not passed on."""
    arrow = _library()
    first = 1
    for batch in _guarded(arrow, file):
        yield from _rows(arrow, batch, schema, fields, first)
        first += batch.num_rows


def _columns(fields: Fields, file: BinaryIO, encoder: Encoder) -> Iterator[Batch]:
    """The same rows, as limbs where whole columns could be read (`arrow_columns`), a batch of the file at a time.

    Where one could not be, its rows and those behind it are read until some BATCH_ROWS of the file end where a batch
    does: so what is wrong is found in the order in which `read` gives its rows, BATCH_ROWS at a time.
    """
    from zkcompliance.importers import arrow_columns

    arrow, schema, first = _library(), encoder.schema, 1
    held: list[Row] = []
    for batch in _guarded(arrow, file):
        names = _names(batch.schema, schema, fields)
        cells = None if held or not batch.num_rows else arrow_columns.cells(arrow, batch, names, schema)
        limbs = None if cells is None else encoder.encode(batch.num_rows, cells)
        if limbs is not None:
            yield limbs
        else:
            held += _rows(arrow, batch, schema, fields, first)
            begin = first + batch.num_rows - len(held)
            while len(held) >= (size := BATCH_ROWS - (begin - 1) % BATCH_ROWS):
                yield held[:size]
                held, begin = held[size:], begin + size
        first += batch.num_rows
    if held:
        yield held


def _library() -> Any:
    try:
        return importlib.import_module("pyarrow")
    except ImportError:
        raise UsageError("pyarrow is not installed", help="pip install 'zkcompliance[arrow]'") from None


def _rows(arrow: Any, batch: Any, schema: Schema, fields: Fields, first: int) -> Iterator[Row]:
    """The rows of a batch, the first of which has the number `first`."""
    places = _names(batch.schema, schema, fields)
    kinds = {column.name: column.type for column in schema.columns}
    columns = [_cells(arrow, batch.column(i), name, kinds[name], first) for i, name in places]
    names = [name for _, name in places]
    for cells in zip(*columns, strict=True):
        yield dict(zip(names, cells, strict=True))


def _guarded(arrow: Any, file: BinaryIO) -> Iterator[Any]:
    """Batches of at most BATCH_ROWS rows. Whatever the library raises becomes an ImporterError without its text."""
    batches = _batches(arrow, file)
    while True:
        try:
            batch = next(batches, None)
        except (arrow.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError):
            raise ImporterError("is damaged, or not Parquet or Arrow") from None
        if batch is None:
            return
        yield batch


class _Bounded:
    """A file of which no more is read at once than a batch may have, whatever lengths stand in it."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        if not 0 <= size <= limits.MAX_ARROW_READ_BYTES:
            raise OSError("a part is longer than any may be")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def close(self) -> None:
        """The file stays open for whoever opened it."""


def _batches(arrow: Any, file: BinaryIO) -> Iterator[Any]:
    head, bounded = settings.head(file, 6), _Bounded(file)
    if head[:4] == b"PAR1":
        parquet = importlib.import_module("pyarrow.parquet").ParquetFile(
            bounded,
            thrift_string_size_limit=1 << 24,
            thrift_container_size_limit=1 << 20,
            page_checksum_verification=True,
        )
        for group in range(parquet.metadata.num_row_groups):
            if parquet.metadata.row_group(group).total_byte_size > limits.MAX_ARROW_GROUP_BYTES:
                raise ImporterError(f"row group {group + 1}: is too large")
        yield from parquet.iter_batches(batch_size=BATCH_ROWS)
        return
    ipc = importlib.import_module("pyarrow.ipc")
    if head == b"ARROW1":
        opened = ipc.open_file(bounded)
        loaded = (opened.get_batch(index) for index in range(opened.num_record_batches))
    else:
        loaded = iter(ipc.open_stream(bounded))
    for batch in loaded:
        batch.validate(full=True)
        if batch.nbytes > limits.MAX_ARROW_GROUP_BYTES:
            raise ImporterError("a record batch is too large")
        for start in range(0, batch.num_rows, BATCH_ROWS):
            yield batch.slice(start, BATCH_ROWS)


def _names(table: Any, schema: Schema, fields: Fields) -> list[tuple[int, str]]:
    """The place and column of each field that is taken. ImporterError for one that is unknown, doubled or missing."""
    names: list[str] = table.names
    known = {column.name for column in schema.columns}
    found: list[tuple[int, str]] = []
    for place, name in enumerate(names):
        column = fields.column(name, known)
        if column is None:
            if fields.mapped:
                continue
            raise ImporterError(f"schema {schema.label} has no column {name[:64]!r}", help=AS_COLUMN)
        if names.count(name) > 1:
            raise ImporterError(f"column {name} is there twice")
        found.append((place, column))
    fields.finish()
    there = {column for _, column in found} | fields.given
    for each in schema.columns:
        if each.default is None and each.name not in there:
            raise ImporterError(f"column {each.name} is missing", help=AS_COLUMN)
    return found


def _cells(arrow: Any, array: Any, name: str, column: str, first: int) -> list[object]:
    """A column's values as `schemas.encode_rows` takes them; `column`: its type in the schema.

    ImporterError names the row of a value that is not exact.
    """
    types, kind = arrow.types, array.type
    where = f"column {name}"
    if types.is_dictionary(kind):
        values = _cells(arrow, array.dictionary, name, column, first)
        return [None if index is None else values[index] for index in array.indices.to_pylist()]
    if types.is_integer(kind) or types.is_boolean(kind) or types.is_null(kind):
        return list(array.to_pylist())
    if types.is_timestamp(kind):
        if column != "time":
            raise ImporterError(f"row {first}, {where}: is a time, and the column holds a {column}")
        if kind.tz is None:
            raise ImporterError(
                f"row {first}, {where}: is a timestamp without a zone, which may be hours off",
                help="# write it with the zone of its clock: in pandas .dt.tz_localize('UTC'), in polars "
                ".dt.replace_time_zone('UTC')",
            )
        per = _PER_SECOND[kind.unit]
        return [_second(cell, per, f"row {row}, {where}") for row, cell in enumerate(array.cast(arrow.int64()), first)]
    if types.is_decimal(kind):
        return list(array.to_pylist())
    if types.is_floating(kind) and column == "ppm":
        return _shortest(array, kind.bit_width)
    if types.is_fixed_size_binary(kind) and kind.byte_width == 16:
        return [None if cell is None else f"0x{cell.hex()}" for cell in array.to_pylist()]
    if types.is_string(kind) or types.is_large_string(kind) or getattr(types, "is_string_view", types.is_string)(kind):
        return [_text(cell, name, row) for row, cell in enumerate(array, first)]
    why = "floating-point numbers are not exact" if types.is_floating(kind) else "its Arrow type is not taken"
    raise ImporterError(f"row {first}, {where}: {why}")


def _shortest(array: Any, bits: int) -> list[object]:
    """Floats as the shortest decimals that their own width reads back."""
    cells = array.to_pylist()
    if bits == 64:
        return list(cells)
    numpy = importlib.import_module("numpy")
    narrow = numpy.float32 if bits == 32 else numpy.float16
    return [None if cell is None else Typed(str(narrow(cell))) for cell in cells]


def _second(cell: Any, per: int, where: str) -> Exact | None:
    """A timestamp, `per` of which are a second, as UTC seconds."""
    if not cell.is_valid:
        return None
    seconds, rest = divmod(cell.as_py(), per)
    if rest:
        raise ImporterError(f"{where}: is not whole: times are whole seconds")
    if seconds <= 0:
        why = "is negative: it lies before 1970" if seconds < 0 else "is 1970-01-01, as a clock shows that was not set"
        raise ImporterError(f"{where}: {why}")
    if seconds > LAST:
        raise ImporterError(f"{where}: is after 2100-01-01T00:00:00Z, the last time that is taken")
    return Exact(seconds)


def _text(cell: Any, name: str, row: int) -> str | None:
    if not cell.is_valid:
        return None
    data = bytes(cell.as_buffer())
    if len(data) > limits.MAX_ARROW_TEXT_BYTES:
        raise ImporterError(f"row {row}, column {name}: is too long")
    return settings.utf8(data, f"row {row}, column {name}")


def importer(fields: Fields) -> Importer:
    """The importer that takes a file's fields so."""
    return Importer(
        "arrow",
        "Parquet or Arrow IPC, columns named as in the schema",
        FORMULA,
        functools.partial(_read, fields),
        batches=functools.partial(_columns, fields),
    )


IMPORTER = importer(Fields())
