"""The answer of Prometheus to a `query_range`: series by series, and the readings of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from zkcompliance.errors import ImporterError
from zkcompliance.importers.exact import number
from zkcompliance.importers.json_stream import JsonStream, as_list, as_object, as_text

_LONGEST_TEXT = 40
_VALUE = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|NaN|[+-]Inf")


def series(stream: JsonStream) -> Iterator[tuple[str, dict[str, object]]]:
    """(what messages call it, labels) of each series, whose readings come next in the stream: `readings` takes them.

    ImporterError for an answer that is none of a query_range, partial, or failed.
    """
    status = matrix = False
    for member in stream.members():
        if member == "status":
            status = stream.value() == "success"
        elif member == "warnings" and stream.value():
            raise ImporterError("warnings: Prometheus reported some, so readings may be missing")
        elif member == "data":
            if not status:
                raise ImporterError("status: is not success, or comes after the data")
            for part in stream.members():
                if part == "resultType":
                    matrix = stream.value() == "matrix"
                elif part == "result":
                    if not matrix:
                        raise ImporterError("data.resultType: is not matrix, as of query_range")
                    yield from _results(stream)
    stream.finish()
    if not matrix:
        raise ImporterError("data: is missing")


def _results(stream: JsonStream) -> Iterator[tuple[str, dict[str, object]]]:
    for position in stream.items():
        where = f"series {position + 1}"
        labels: dict[str, object] | None = None
        for part in stream.members():
            if part == "metric":
                labels = as_object(stream.value(), f"{where}, metric")
            elif part == "histograms":
                raise ImporterError(f"{where}: holds histograms")
            elif part == "values":
                if labels is None:
                    raise ImporterError(f"{where}: its values come before its labels")
                yield where, labels


def readings(stream: JsonStream, where: str) -> Iterator[tuple[str, Fraction, Decimal]]:
    """(what messages call it, time, value) of the series that comes next, times increasing; NaN and infinities too."""
    before = Fraction(-1)
    for position in stream.items():
        here = f"{where}, reading {position + 1}"
        pair = as_list(stream.value(), here)
        if len(pair) != 2:
            raise ImporterError(f"{here}: is not a time and a value")
        time = number(pair[0], f"{here}, time")
        if time <= before:
            raise ImporterError(f"{here}, time: is not later than the one before")
        before = time
        text = as_text(pair[1], f"{here}, value")
        try:
            value = Decimal(text) if len(text) <= _LONGEST_TEXT and _VALUE.fullmatch(text) else None
        except InvalidOperation:
            value = None
        if value is None or (value.is_finite() and abs(value.adjusted()) > 2 * _LONGEST_TEXT):
            raise ImporterError(f"{here}, value: is not a number")
        yield here, time, value
