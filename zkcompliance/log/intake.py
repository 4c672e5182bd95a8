"""Rows from whatever a lab already holds: mappings, arrays, pandas, Polars, Arrow, and streams of any of them.

Nothing of these libraries is imported unless an object can only be read through Arrow's own; they are told apart by
what they can do. Everything is cut into pieces of at most `CHUNK_ROWS` rows, so memory stays bounded however long a
stream is. The rules of `schemas.encode_rows` hold for values, with these added:

    datetime64                   UTC, as numpy has it; whole seconds
    datetime, pandas Timestamp   must carry a time zone; whole seconds (Arrow and Polars times become these)
    Decimal                      a whole number
    NaN, NA, NaT in a text, enum or bool column, NaT and NA anywhere: missing
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from zkcompliance import schemas
from zkcompliance.errors import SchemaError, UsageError
from zkcompliance.log.pending import CHUNK_ROWS
from zkcompliance.schemas import Column, Schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TEXTUAL = ("id", "enum", "bool")
_HELP = "append a list of dicts, a dict of columns, a numpy structured array, or a pandas, Polars or Arrow table"

Piece = Mapping[str, Any]


def chunks(schema: Schema, data: object) -> Iterator[NDArray[np.uint32]]:
    """Rows in any of the forms above as limbs (width, n), n ≤ CHUNK_ROWS, in order.

    SchemaError names row (from 1, counted over the whole stream) and column, never a value; UsageError when the form is
    not known.
    """
    first = 1
    for piece in _pieces(data):
        columns = {str(name): values for name, values in piece.items()}
        plain = {name: _plain(schema.column(name), values, first) for name, values in columns.items()}
        encoded = schemas.encode_columns(schema, plain, first)
        first += encoded.shape[1]
        yield encoded


def _pieces(data: Any) -> Iterator[Piece]:
    """Columns of at most CHUNK_ROWS values each."""
    table = _table(data)
    if table is not None:
        yield from table
    elif isinstance(data, Mapping):
        yield from _row_pieces([data])
    elif isinstance(data, Iterable) and not isinstance(data, (str, bytes)):
        yield from _row_pieces(data)
    else:
        raise UsageError(f"rows cannot be taken from a {type(data).__name__}", help=_HELP)


def _row_pieces(source: Iterable[Any]) -> Iterator[Piece]:
    """Pieces of a stream of rows, or of tables, or of both."""
    batch: list[Mapping[str, object]] = []

    def flush() -> Iterator[Piece]:
        if batch:
            names = dict.fromkeys(name for row in batch for name in row)
            yield {name: [row.get(name) for row in batch] for name in names}
            batch.clear()

    for item in source:
        table = _table(item)
        if table is not None:
            yield from flush()
            yield from table
        elif isinstance(item, Mapping):
            batch.append(item)
            if len(batch) == CHUNK_ROWS:
                yield from flush()
        else:
            raise UsageError(f"rows cannot be taken from a {type(item).__name__}", help=_HELP)
    yield from flush()


def _table(data: Any) -> Iterator[Piece] | None:
    """The pieces of an object that is a table, None when it is none."""
    if isinstance(data, Mapping):
        columnar = bool(data) and all(_is_column(values) for values in data.values())
        return _slices(data, _length(data)) if columnar else None
    if getattr(getattr(data, "dtype", None), "names", None):
        rows = data.reshape(-1)
        return _slices({name: rows[name] for name in data.dtype.names}, len(rows))
    if hasattr(data, "iloc") and hasattr(data, "columns"):  # pandas
        return _cut(len(data), lambda a, b: {name: data.iloc[a:b, i] for i, name in enumerate(data.columns)})
    if hasattr(data, "to_dict") and hasattr(data, "height"):  # Polars
        return _cut(data.height, lambda a, b: data.slice(a, b - a).to_dict(as_series=False))
    if hasattr(data, "to_pydict") and hasattr(data, "num_rows"):  # an Arrow table or record batch
        return _cut(data.num_rows, lambda a, b: data.slice(a, b - a).to_pydict())
    for method, module, function in (
        ("__arrow_c_stream__", "pyarrow", "RecordBatchReader.from_stream"),
        ("__dataframe__", "pyarrow.interchange", "from_dataframe"),
    ):
        if hasattr(data, method) and not hasattr(data, "__next__"):
            return _through_arrow(data, module, function)
    return None


def _through_arrow(data: Any, module: str, function: str) -> Iterator[Piece]:
    try:
        reader: Any = importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"a {type(data).__name__} is read through pyarrow, which is not installed",
            help='pip install "zkcompliance[arrow]"',
        ) from error
    for name in function.split("."):
        reader = getattr(reader, name)
    table = reader(data)
    return _pieces(table)


def _is_column(values: Any) -> bool:
    return hasattr(values, "__len__") and hasattr(values, "__getitem__") and not isinstance(values, (str, bytes))


def _length(columns: Mapping[str, Any]) -> int:
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise SchemaError("columns differ in length")
    return lengths.pop()


def _slices(columns: Mapping[str, Any], length: int) -> Iterator[Piece]:
    return _cut(length, lambda a, b: {name: values[a:b] for name, values in columns.items()})


def _cut(length: int, piece: Callable[[int, int], Piece]) -> Iterator[Piece]:
    for start in range(0, length, CHUNK_ROWS):
        yield piece(start, min(length, start + CHUNK_ROWS))


def _plain(column: Column, values: Any, first: int) -> Sequence[object]:
    """Values as `schemas.encode_columns` takes them."""
    array = getattr(values, "dtype", None)
    if getattr(array, "kind", None) == "M":
        return _seconds(column, values, first)
    listed: list[object] = values.tolist() if hasattr(values, "tolist") else list(values)
    kinds = set(map(type, listed))
    if kinds <= {int, str, bool, type(None)}:
        return listed
    return [_one(column, value, row) for row, value in enumerate(listed, first)]


def _seconds(column: Column, values: Any, first: int) -> list[int | None]:
    """datetime64 (numpy, or a pandas column of it) as UTC seconds."""
    import numpy as np

    zoned = getattr(values.dtype, "tz", None) is not None  # a pandas column: its array would hold objects
    times: NDArray[np.datetime64] = np.asarray(values, dtype="datetime64[ns]" if zoned else None)
    whole = times.astype("datetime64[s]")
    missing = np.isnat(times)
    bad = np.flatnonzero((whole != times) & ~missing)
    if bad.size:
        raise SchemaError(f"row {first + int(bad[0])}, column {column.name}: is not a whole second")
    seconds: list[int | None] = whole.astype(np.int64).tolist()
    return [None if gone else value for value, gone in zip(seconds, missing.tolist(), strict=True)]


def _one(column: Column, value: Any, row: int) -> object:
    """One value that is not a plain int, text, bool or None."""
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, float) and value != value and column.type in _TEXTUAL:
        return None
    if isinstance(value, Decimal):
        if value != value.to_integral_value():
            raise SchemaError(f"row {row}, column {column.name}: is not whole")
        return int(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise SchemaError(f"row {row}, column {column.name}: is a time without a zone")
        if value.microsecond or getattr(value, "nanosecond", 0):
            raise SchemaError(f"row {row}, column {column.name}: is not a whole second")
        since = value.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        return since.days * 86400 + since.seconds
    if getattr(getattr(value, "dtype", None), "kind", None) == "M":
        return _seconds(column, value.reshape(1) if hasattr(value, "reshape") else value, row)[0]
    return value
