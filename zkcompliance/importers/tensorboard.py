"""TensorBoard event files: one row per logged value of a cumulative token or FLOP scalar.

Scalars are 32-bit floats, unless whoever logs asks for doubles: from 2^24 on they are rounded, and it is stated what is
taken then. Other summaries (images, histograms, texts) are passed over; a summary of the tag that is no scalar is
refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import BinaryIO

from zkcompliance.errors import ImporterError
from zkcompliance.importers import cumulative, protobuf, settings
from zkcompliance.importers.mlflow_model import Point
from zkcompliance.importers.model import Importer, Row
from zkcompliance.importers.tensorboard_records import records
from zkcompliance.schemas import Schema

FORMULA = (
    "flop = the increase of flop_tag "
    + cumulative.FORMULA.format(tokens="tokens_tag")
    + ". Scalars are floats of 24 significant bits (doubles: 53), exact below 2^24; above, `rounded` says what is "
    "taken: up, the largest count that is written so, or nearest, the number as it stands"
)
_VERSION = b"brain.Event:2"
_LATEST = 1 << 32  # seconds: past any time that a row may have
# numbers of fields: Event, Summary.Value, TensorProto
_WALL_TIME, _STEP, _FILE_VERSION, _SUMMARY = 1, 2, 3, 5
_VALUE = 1
_TAG, _SIMPLE, _TENSOR, _OTHERS = 1, 2, 8, (3, 4, 5, 6)
_DTYPE, _CONTENT = 1, 4
_FLOAT, _DOUBLE, _INT32, _INT64 = 1, 2, 3, 9
_VALUES = {5: _FLOAT, 6: _DOUBLE, 7: _INT32, 10: _INT64}
_WIDTH = {_FLOAT: 4, _DOUBLE: 8, _INT32: 4, _INT64: 8}


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the compute schema, in the order in which the values were logged."""
    count = cumulative.Count.of(options, "tag", name)
    rounded = settings.choice(options, "rounded", ("refuse", "nearest", "up"), "refuse")
    found = records(file, cut=settings.choice(options, "cut", ("refuse", "accept"), "refuse") == "accept")
    first = next(found, None)
    if first is None:
        raise ImporterError("is empty: an event file begins with its version")
    began, _, events = _event(first, "record 1")
    if events.get(_FILE_VERSION) != [_VERSION]:
        raise ImporterError("record 1: is not the version brain.Event:2, which event files begin with")
    start = math.floor(began * 1000)
    points = _points(found, count.name, rounded)
    yield from count.rows(points, start, (str(began), count.name))


def _points(found: Iterator[bytes], tag: str, rounded: str) -> Iterator[Point]:
    for number, data in enumerate(found, 2):
        where = f"record {number}"
        time, step, event = _event(data, where)
        for summary in event.get(_SUMMARY, ()):
            for part, value in protobuf.fields(protobuf.of_bytes(summary, where), where):
                if (
                    part == _VALUE
                    and (amount := _scalar(protobuf.of_bytes(value, where), tag, rounded, where)) is not None
                ):
                    if step < 0:
                        raise ImporterError(f"{where}, step: is negative")
                    yield Point(step, math.ceil(time * 1000), amount, where)


def _event(data: bytes, where: str) -> tuple[Fraction, int, dict[int, list[protobuf.Value]]]:
    """(wall time in seconds, step, all fields by number) of an event."""
    time, step = Fraction(), 0
    rest: dict[int, list[protobuf.Value]] = {}
    for number, value in protobuf.fields(data, where):
        if number == _WALL_TIME:
            seconds = protobuf.real(value, where)
            if not 0 <= seconds < _LATEST:
                raise ImporterError(f"{where}, wall_time: is no time")
            time = Fraction(seconds)
        elif number == _STEP:
            step = protobuf.integer(value, where)
        else:
            rest.setdefault(number, []).append(value)
    return time, step, rest


def _scalar(data: bytes, tag: str, rounded: str, where: str) -> int | None:
    """The count that a value of this tag is; None for one of another tag."""
    simple: float | None = None
    tensor: bytes | None = None
    other, is_it = False, False
    for number, value in protobuf.fields(data, where):
        if number == _TAG:
            is_it = protobuf.of_bytes(value, where) == tag.encode()
        elif number == _SIMPLE:
            simple = protobuf.real(value, where)
        elif number == _TENSOR:
            tensor = protobuf.of_bytes(value, where)
        other = other or number in _OTHERS
    if not is_it:
        return None
    here = f"{where}, value"
    if other or (simple is None) == (tensor is None):
        raise ImporterError(f"{here}: is no scalar, and a cumulative count is one")
    if tensor is not None:
        return _of_tensor(tensor, rounded, here)
    return cumulative.unrounded(float(simple or 0), 24, rounded, here)


def _of_tensor(data: bytes, rounded: str, where: str) -> int:
    """The one number that a tensor holds: a float, a double, or a whole number of 32 or 64 bits."""
    dtype = 0
    content = b""
    values: list[tuple[int, protobuf.Value]] = []
    for number, value in protobuf.fields(data, where):
        if number == _DTYPE:
            dtype = protobuf.integer(value, where)
        elif number == _CONTENT:
            content = protobuf.of_bytes(value, where)
        elif number in _VALUES:
            values.append((_VALUES[number], value))
    if dtype not in _WIDTH:
        raise ImporterError(f"{where}: is a tensor of no number that is counted: float, double, int32 or int64")
    if content:
        values.append(
            (dtype, content if dtype in (_FLOAT, _DOUBLE) else int.from_bytes(content, "little", signed=True))
        )
        if len(content) != _WIDTH[dtype]:
            raise ImporterError(f"{where}: is a tensor of several numbers, or of none")
    if len(values) != 1 or values[0][0] != dtype:
        raise ImporterError(f"{where}: is a tensor of several numbers, or of none")
    (_, value) = values[0]
    if dtype in (_FLOAT, _DOUBLE):
        if not isinstance(value, bytes) or len(value) != _WIDTH[dtype]:
            raise ImporterError(f"{where}: is a tensor of several numbers, or of none")
        return cumulative.unrounded(protobuf.real(value, where), 24 if dtype == _FLOAT else 53, rounded, where)
    return _whole(value, where)


def _whole(value: protobuf.Value, where: str) -> int:
    """A whole number ≥ 0 of a tensor: a varint, or packed as one."""
    if isinstance(value, bytes):
        packed = list(protobuf.fields(b"\x08" + value, where))
        if len(packed) != 1:
            raise ImporterError(f"{where}: is a tensor of several numbers, or of none")
        (_, value) = packed[0]
    amount = protobuf.integer(value, where)
    if amount < 0:
        raise ImporterError(f"{where}: is negative")
    return amount


IMPORTER = Importer(
    "tensorboard",
    "TensorBoard event files",
    FORMULA,
    read,
    ("compute",),
    {
        **cumulative.named("tag"),
        "rounded": "refuse (default) counts that floats have rounded; or what is taken: up or nearest",
        **cumulative.RESUMED,
        "cut": "refuse (default) or accept a file that ends inside a record, as of a run that was killed",
        **settings.COMPUTE,
        **settings.DEVICES,
    },
    columns=settings.ROW,
)
