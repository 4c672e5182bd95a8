"""The columns of an Arrow batch as they lie in memory, for those types whose values are exact as they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from zkcompliance import limits
from zkcompliance.quantities import LAST, Typed
from zkcompliance.schemas import Schema
from zkcompliance.schemas.columnar import Cells, Few, Mixed, Whole
from zkcompliance.schemas.spans import PAD, Flags, Places, Spans, buffer

_MOST_WORDS = 1 << 16  # of a dictionary, all of which is looked at for each batch
_FLOATS = {16: np.uint16, 32: np.uint32, 64: np.uint64}


def cells(arrow: Any, batch: Any, places: list[tuple[int, str]], schema: Schema) -> dict[str, Cells] | None:
    """Each column's cells, by its place in the batch; None where a column has to be read value by value."""
    found: dict[str, Cells] = {}
    for position, name in places:
        column = _column(arrow, batch.column(position), schema.column(name).type)
        if column is None:
            return None
        found[name] = column
    return found


def _column(arrow: Any, array: Any, column: str) -> Cells | None:
    """column: its type in the schema."""
    types, kind = arrow.types, array.type
    if types.is_null(kind):
        return Mixed(())
    if types.is_string(kind) or types.is_large_string(kind):
        return _texts(arrow, array)
    if types.is_dictionary(kind):
        return _dictionary(arrow, array)
    if types.is_integer(kind) and column in ("time", "flop", "count", "ppm"):
        numbers = _filled(array, 0)
        present = _present(array)
        if (numbers < 0).any():
            return None
        return Whole(numbers.astype(np.uint64), np.zeros(len(numbers), np.uint64), present)
    if types.is_boolean(kind) and column == "bool":
        truths = _filled(array, False).astype(np.uint64)
        return Whole(truths, np.zeros(len(truths), np.uint64), _present(array), exact=True)
    if types.is_timestamp(kind) and column == "time" and kind.tz is not None:
        return _seconds(arrow, array, int(np.timedelta64(1, "s") / np.timedelta64(1, kind.unit)))
    if types.is_decimal128(kind) and kind.scale == 0 and column in ("flop", "count"):
        return _wide(array, exact=False)
    if types.is_fixed_size_binary(kind) and kind.byte_width == 16 and column == "id":
        return _wide(array, exact=True)
    if types.is_floating(kind) and column == "ppm":
        return _floats(array, kind.bit_width)
    return None


def _present(array: Any) -> Flags | None:
    """Which values there are; None: all."""
    if not array.null_count:
        return None
    found: Flags = array.is_valid().to_numpy(zero_copy_only=False)
    return found


def _filled(array: Any, value: object) -> Any:
    """The values as an array of numpy's, with `value` where there is none."""
    return (array.fill_null(value) if array.null_count else array).to_numpy(zero_copy_only=False)


def _seconds(arrow: Any, array: Any, per: int) -> Whole | None:
    """Timestamps, `per` of which are a second, as UTC seconds: whole, after 1970, up to LAST."""
    seconds, rest = np.divmod(_filled(array.cast(arrow.int64()), per), per)
    if rest.any() or (seconds <= 0).any() or (seconds > LAST).any():
        return None
    return Whole(seconds.astype(np.uint64), np.zeros(len(seconds), np.uint64), _present(array), exact=True)


def _wide(array: Any, exact: bool) -> Whole:
    """Values of sixteen bytes; a negative one is, as a number of 128 bits, over every largest."""
    values = np.frombuffer(array.buffers()[1], "<u8").reshape(-1, 2)[array.offset : array.offset + len(array)]
    return Whole(values[:, 0].astype(np.uint64), values[:, 1].astype(np.uint64), _present(array), exact)


def _floats(array: Any, bits: int) -> Few:
    """Each different float once, as it is written shortest at its own width."""
    plain = _filled(array, 0.0)
    present = _present(array)
    different, numbers = np.unique(plain.view(_FLOATS[bits]), return_inverse=True)
    floats = different.view(plain.dtype)
    values: list[object] = floats.tolist() if bits == 64 else [Typed(str(value)) for value in floats]
    if present is not None:
        numbers = np.where(present, numbers, len(values))
        values.append(None)
    return Few(values, numbers)


def _texts(arrow: Any, array: Any) -> Cells | None:
    """Texts where they lie; None where one is too long, is not UTF-8 or holds NUL."""
    _, offsets, data = array.buffers()
    offset_type = np.int64 if arrow.types.is_large_string(array.type) else np.int32
    bounds = np.frombuffer(offsets, offset_type)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    starts, lengths = bounds[:-1] - bounds[0], np.diff(bounds)
    raw = b"" if data is None else memoryview(data)[int(bounds[0]) : int(bounds[-1])]
    if int(lengths.max(initial=0)) > limits.MAX_ARROW_TEXT_BYTES or int(lengths.min(initial=0)) < 0:
        return None
    padded = buffer(raw)
    inside = padded[PAD : PAD + len(raw)]
    starts += PAD
    if not inside.all():
        return None
    if (inside >= 0x80).any():
        try:
            bytes(raw).decode()
        except UnicodeDecodeError:
            return None
        if (padded[starts[lengths > 0]] & 0xC0 == 0x80).any():  # a text that begins inside a letter
            return None
    found = Spans(padded, starts, lengths, _text)
    present = _present(array)
    if present is None:
        return found
    rows: Places = np.flatnonzero(present)
    return Mixed([(rows, found.take(rows))])


def _text(raw: bytes) -> object:
    return raw.decode()


def _dictionary(arrow: Any, array: Any) -> Few | None:
    """Each value of a dictionary of texts that is used, once; all of it is looked at."""
    types, kind = arrow.types, array.type.value_type
    if not (types.is_string(kind) or types.is_large_string(kind)) or len(array.dictionary) > _MOST_WORDS:
        return None
    if len(array.dictionary) and _texts(arrow, array.dictionary) is None:
        return None
    indices = _filled(array.indices, 0).astype(np.int64)
    present = _present(array.indices)
    if present is not None:
        indices = np.where(present, indices, -1)
    used, numbers = np.unique(indices, return_inverse=True)
    return Few([None if index < 0 else array.dictionary[index].as_py() for index in used.tolist()], numbers)
