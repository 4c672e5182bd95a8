"""Rows from whatever a lab already holds: mappings, arrays, pandas, Polars, Arrow, and streams of any of them.

Nothing of these libraries is imported unless an object can only be read through Arrow's own; they are told apart by
what they can do. Everything is cut into pieces of at most `CHUNK_ROWS` rows, so memory stays bounded however long a
stream is. The rules of `schemas.encode_rows` hold for values, with these added:

    datetime64                   in a time column alone; UTC, as numpy has it; whole seconds, no bare dates
    datetime, pandas Timestamp   must carry a time zone; whole seconds (Arrow and Polars times become these)
    floats and ints of a share   in the unit that its column states; floats by their shortest decimal
    NaN, NA, NaT in a text, enum or bool column, NaT and NA anywhere: missing
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zkcompliance import schemas
from zkcompliance.errors import SchemaError, UsageError
from zkcompliance.log.pending import CHUNK_ROWS
from zkcompliance.quantities import LAST, Exact, Typed
from zkcompliance.schemas import Column, Schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TEXTUAL = ("id", "enum", "bool")
_HELP = "append a list of dicts, a dict of columns, a numpy structured array, or a pandas, Polars or Arrow table"

Piece = Mapping[str, Any]


def chunks(
    schema: Schema, data: object, *, units: Mapping[str, str] | None = None, now: int | None = None
) -> Iterator[NDArray[np.uint32]]:
    """Rows in any of the forms above as limbs (width, n), n ≤ CHUNK_ROWS, in order; units and now as in `encode_rows`.

    SchemaError names row (from 1, counted over the whole stream) and column, never a value; UsageError when the form is
    not known.
    """
    first = 1
    for piece in _pieces(data):
        columns = {str(name): values for name, values in piece.items()}
        plain = {name: _plain(schema.column(name), values, first) for name, values in columns.items()}
        encoded = schemas.encode_columns(schema, plain, first, units=units, now=now)
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
        narrow = {name for name, kind in getattr(data, "schema", {}).items() if str(kind) == "Float32"}
        return _cut(data.height, lambda a, b: _shortest(data.slice(a, b - a).to_dict(as_series=False), narrow))
    if hasattr(data, "to_pydict") and hasattr(data, "num_rows"):  # an Arrow table or record batch
        narrow = {field.name for field in data.schema if str(field.type) in ("float", "halffloat")}
        return _cut(data.num_rows, lambda a, b: _shortest(data.slice(a, b - a).to_pydict(), narrow))
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


def _shortest(piece: Mapping[str, Any], narrow: set[str]) -> Piece:
    """The cells of these columns, floats of 32 bits or fewer in a Python float each, as their own shortest decimals."""
    import numpy as np

    if not narrow:
        return piece
    return {
        name: [None if cell is None else Typed(str(np.float32(cell))) for cell in cells] if name in narrow else cells
        for name, cells in piece.items()
    }


def _plain(column: Column, values: Any, first: int) -> Sequence[object]:
    """Values as `schemas.encode_columns` takes them."""
    array = getattr(values, "dtype", None)
    kind = getattr(array, "kind", None)
    if kind == "M":
        return _seconds(column, values, first)
    if kind == "m":
        raise SchemaError(f"row {first}, column {column.name}: is a length of time, and no column holds one")
    if kind == "f" and getattr(array, "itemsize", 8) < 8:
        lost = column.type in _TEXTUAL  # NaN in a text, enum or bool column is a missing value
        return [None if lost and value != value else Typed(str(value)) for value in _numpy(values)]
    listed: list[object] = values.tolist() if hasattr(values, "tolist") else list(values)
    kinds = set(map(type, listed))
    if kinds <= {int, str, bool, type(None)}:
        return listed
    return [_one(column, value, row) for row, value in enumerate(listed, first)]


def _numpy(values: Any) -> Any:
    """A column of narrow floats as numpy's own scalars."""
    import numpy as np

    return np.asarray(values)


def _seconds(column: Column, values: Any, first: int) -> list[Exact | None]:
    """datetime64 (numpy, or a pandas column of it) as UTC seconds."""
    import numpy as np

    where = f"column {column.name}"
    if column.type != "time":
        raise SchemaError(f"row {first}, {where}: is a time, and the column holds a {column.type}")
    zoned = getattr(values.dtype, "tz", None) is not None  # a pandas column: its array would hold objects
    times: NDArray[np.datetime64] = np.asarray(values, dtype="datetime64[ns]" if zoned else None)
    missing = np.isnat(times)
    if np.datetime_data(times.dtype)[0] in ("Y", "M", "W", "D") and not missing.all():
        raise SchemaError(f"row {first}, {where}: is a date without a time: convert it to datetime64[s]")
    whole = times.astype("datetime64[s]")
    numbers = whole.astype(np.int64)
    for bad, why in (
        ((whole != times) & ~missing, "is not a whole second"),
        ((numbers < 0) & ~missing, "is before 1970"),
        ((numbers > LAST) & ~missing, "is after 2100-01-01T00:00:00Z, the last time that is taken"),
        ((numbers == 0) & ~missing, "is the first second of 1970, which is what a clock shows that was not set"),
    ):
        if bad.any():
            raise SchemaError(f"row {first + int(np.flatnonzero(bad)[0])}, {where}: {why}")
    return [None if gone else Exact(value) for value, gone in zip(numbers.tolist(), missing.tolist(), strict=True)]


def _one(column: Column, value: Any, row: int) -> object:
    """One value that is not a plain int, text, bool or None."""
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, float) and value != value and column.type in _TEXTUAL:
        return None
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if kind == "M":
        return _seconds(column, value.reshape(1) if hasattr(value, "reshape") else value, row)[0]
    if kind == "m":
        raise SchemaError(f"row {row}, column {column.name}: is a length of time, and no column holds one")
    if kind == "f" and value.dtype.itemsize < 8:
        return Typed(str(value))
    return value
