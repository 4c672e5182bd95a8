"""W&B run files (`run-ID.wandb`): one row per logged value of a cumulative token or FLOP metric.

Every run writes one, offline or not. Values are JSON: W&B writes whole numbers below 2^63 with their digits, and all
others as doubles, with a point or an exponent; from 2^53 on these are rounded, and it is stated what is taken then. A
run that was killed has no record of its end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import BinaryIO

from zkcompliance.errors import ImporterError
from zkcompliance.importers import cumulative, protobuf, settings
from zkcompliance.importers.exact import number, whole
from zkcompliance.importers.json_stream import decode
from zkcompliance.importers.mlflow_model import Point
from zkcompliance.importers.model import Importer, Row
from zkcompliance.importers.wandb_records import records
from zkcompliance.schemas import Schema

FORMULA = (
    "flop = the increase of flop_metric "
    + cumulative.FORMULA.format(tokens="tokens_metric")
    + ". Whole numbers below 2^63 are exact; W&B writes others as doubles, exact below 2^53; above, `rounded` says "
    "what is taken: up, the largest count that is written so, or nearest. run = W&B's run id, unless set; times are "
    "those of the log (_timestamp), the first row's start that of the run"
)
# numbers of fields: Record, HistoryRecord, HistoryItem, HistoryStep, RunRecord, Timestamp
_HISTORY, _RUN, _EXIT = 2, 17, 18
_ITEM, _AT_STEP = 1, 2
_KEY, _NESTED, _INTEGER, _NUMBER, _JSON = 1, 2, 5, 6, 16
_TYPED = (3, 4, 7, 8)  # nothing, true or false, a text, other JSON
_NUM = 1
_ID, _PROJECT, _FIRST_STEP, _START, _RESUMED, _FORKED = 1, 3, 14, 17, 18, 22
_SECONDS, _NANOSECONDS = 1, 2


@dataclass
class _File:
    """What has been met of the file."""

    ended: bool = False


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the compute schema, in the order in which the values were logged."""
    count = cumulative.Count.of(options, "metric", "")
    rounded = settings.choice(options, "rounded", ("refuse", "nearest", "up"), "refuse")
    running = settings.choice(options, "running", ("refuse", "accept"), "refuse") == "accept"
    met = _File()
    found = _records(records(file, cut=running))
    project, identity, start, goes_on = _run(found, "base" in options)
    if "run" not in options:
        count = replace(count, stated=replace(count.stated, run=identity))
    run: tuple[str | int, ...] = (project, identity)
    if count.base and not goes_on:  # W&B, offline, did not know that it goes on, and counts its steps from 0 again
        run = (*run, start)
    yield from count.rows(_points(found, count.name, rounded, met), start, run)
    if not met.ended and not running:
        raise ImporterError(
            "has no record of the run's end: it goes on, or was killed",
            help="copy the file when the run has ended; of a run that was killed: --set running=accept",
        )


def _records(found: Iterator[bytes]) -> Iterator[tuple[str, int, bytes]]:
    """(what messages call it, kind, data) of each record that is of a run, its history or its end."""
    for position, data in enumerate(found, 1):
        where = f"record {position}"
        for kind, value in protobuf.fields(data, where):
            if kind in (_HISTORY, _RUN, _EXIT):
                yield where, kind, protobuf.of_bytes(value, where)


def _run(found: Iterator[tuple[str, int, bytes]], based: bool) -> tuple[str, str, int, bool]:
    """(project, id, start in milliseconds, whether it goes on from an earlier one) of the run, which comes before its
    history."""
    where, kind, data = next(found, ("", 0, b""))
    if kind != _RUN:
        raise ImporterError("holds no run before its history")
    project, identity, start, goes_on = "", "", Fraction(), False
    for part, value in protobuf.fields(data, where):
        if part == _ID:
            identity = protobuf.text(value, where)
        elif part == _PROJECT:
            project = protobuf.text(value, where)
        elif part == _START:
            start = _timestamp(protobuf.of_bytes(value, where), where)
        elif part in (_FIRST_STEP, _RESUMED, _FORKED):
            goes_on = goes_on or protobuf.integer(value, where) != 0
    if not identity or not start:
        raise ImporterError(f"{where}: the run has no id or no start")
    if goes_on and not based:
        raise ImporterError(
            f"{where}: the run goes on from an earlier one, whose values its count may have",
            help="add --set base=N, the count at which it goes on; 0 if it began anew",
        )
    return project, identity, math.floor(start * 1000), goes_on


def _timestamp(data: bytes, where: str) -> Fraction:
    seconds = nanoseconds = 0
    for part, value in protobuf.fields(data, where):
        if part == _SECONDS:
            seconds = protobuf.integer(value, where)
        elif part == _NANOSECONDS:
            nanoseconds = protobuf.integer(value, where)
    if seconds < 0 or not 0 <= nanoseconds < 10**9:
        raise ImporterError(f"{where}, start_time: is no time")
    return seconds + Fraction(nanoseconds, 10**9)


def _points(found: Iterator[tuple[str, int, bytes]], metric: str, rounded: str, met: _File) -> Iterator[Point]:
    for where, kind, data in found:
        if kind == _EXIT:
            met.ended = True
        if kind == _HISTORY and (point := _point(data, metric, rounded, where)) is not None:
            yield point


def _point(data: bytes, metric: str, rounded: str, where: str) -> Point | None:
    """What a step logged of the metric; None for nothing."""
    step = 0
    amount: object = None
    time: object = None
    there = False
    for part, value in protobuf.fields(data, where):
        if part == _ITEM:
            name, worth = _item(protobuf.of_bytes(value, where), where)
            if name == metric:
                if there:
                    raise ImporterError(f"{where}: has the metric twice")
                amount, there = worth, True
            elif name == "_timestamp":
                time = worth
        elif part == _AT_STEP:
            for inner, num in protobuf.fields(protobuf.of_bytes(value, where), where):
                step = protobuf.integer(num, where) if inner == _NUM else step
    if not there:
        return None
    if step < 0:
        raise ImporterError(f"{where}, step: is negative")
    at = math.ceil(1000 * number(time, f"{where}, _timestamp"))
    return Point(step, at, _count(amount, rounded, f"{where}, value"), f"{where}, step {step}")


def _count(value: object, rounded: str, where: str) -> int:
    """The count that a value is: an integer as it stands, or what a double stands for."""
    if isinstance(value, Decimal):
        return cumulative.unrounded(float(value), 53, rounded, where)
    return whole(value, where)


def _item(data: bytes, where: str) -> tuple[str, object]:
    """(name, value) of an item; the names of nested ones are joined by dots."""
    names: list[str] = []
    worth: object = None
    for part, value in protobuf.fields(data, where):
        if part in (_KEY, _NESTED):
            names.append(protobuf.text(value, where))
        elif part == _JSON:
            try:
                worth = decode(protobuf.of_bytes(value, where))
            except ImporterError:
                raise ImporterError(f"{where}: a value is not JSON") from None
        elif part == _INTEGER:
            worth = protobuf.zigzag(value, where)
        elif part == _NUMBER:
            worth = _double(protobuf.real(value, where))
        elif part in _TYPED:
            worth = ""  # of another kind than a number, so that a count that is one is refused
    return ".".join(names), worth


def _double(value: float) -> object:
    """A double as the number that its shortest digits say, as JSON would have it."""
    return decode(repr(value).replace("inf", "Infinity").replace("nan", "NaN").encode())


IMPORTER = Importer(
    "wandb",
    "W&B run files, run-ID.wandb",
    FORMULA,
    read,
    ("compute",),
    {
        **cumulative.named("metric"),
        "rounded": "refuse (default) counts that doubles have rounded; or what is taken: up or nearest",
        **cumulative.RESUMED,
        "running": "refuse (default) or accept a run that has not ended, or was killed",
        **settings.COMPUTE,
        **settings.DEVICES,
    },
    columns=settings.ROW,
)
