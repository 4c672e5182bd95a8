"""`metrics.csv` of Lightning's CSVLogger: one row per logged value of a cumulative token or FLOP column.

The file holds steps and metrics, but no dates: start and end of the run are options, and every row has that interval.
Lines without a value in the column (validation) are passed over. Values are logged every few steps, so that the last
one is not the end: how many steps there were is an option, and those after the last value are a row more, at the mean
pace of all before. Refused: steps that run backwards, values that decrease, values that are not whole, a last line
without its line end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import BinaryIO

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.csv_records import records
from zkcompliance.importers.exact import ceil, whole
from zkcompliance.importers.json_stream import decode
from zkcompliance.importers.model import Importer, Row
from zkcompliance.quantities import parse_integer, parse_time
from zkcompliance.schemas import Schema

FORMULA = (
    "flop = 6 × parameters × the increase of tokens_column, a cumulative count, between logged values, method "
    "architecture; or the increase of flop_column, method measured. The first value counts in full; the n steps after "
    "the last value, up to the stated number of steps, are one row more of ceil(last value × n / steps until then); "
    "start and end are stated, and every row has the whole interval"
)


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the compute schema, in the order of the steps."""
    stated = settings.Compute.of(options, settings.stem(name))
    column, factor, method = _formula(options)
    if "start" not in options or "end" not in options:
        raise UsageError(
            "start and end are needed: the file holds no dates",
            help="add --set start=2025-08-02T12:00:00Z --set end=2025-08-03T12:00:00Z",
        )
    start, end = parse_time(options["start"]), parse_time(options["end"])
    if end < start:
        raise UsageError("end is before start")
    if "steps" not in options:
        raise UsageError(
            "steps is needed: values are logged every few steps, and no line says how many came after the last one",
            help="add --set steps=N, the number of optimiser steps of the run: trainer.global_step at its end",
        )
    steps = parse_integer(options["steps"])
    before = total = logged = 0
    for number, row in _lines(file, column):
        step = _number(row["step"], f"line {number}, column step")
        if step < before:
            raise ImporterError(f"line {number}, column step: runs backwards")
        if step >= steps:
            raise ImporterError(
                f"line {number}, column step: is over the stated number of steps, which are counted from 0",
                help="give all of them with --set steps=N: trainer.global_step at the end of the run",
            )
        before = step
        if row[column] == "":
            continue
        logged = step + 1
        amount = _number(row[column], f"line {number}, value")
        if amount < total:
            raise ImporterError(f"line {number}, value: decreases, and a cumulative column is wanted")
        yield stated.row(start, end, factor * (amount - total), method)
        total = amount
    if logged < steps:
        if not logged:
            raise ImporterError(
                f"column {column}: holds no value", help="name another with --set tokens_column or flop_column"
            )
        yield stated.row(start, end, factor * ceil(Fraction(total * (steps - logged), logged)), method)


def _formula(options: Mapping[str, str]) -> tuple[str, int, str]:
    """(column, factor of its increases, method)."""
    if ("flop_column" in options) == ("tokens_column" in options):
        raise UsageError("name one column: flop_column, or tokens_column with parameters", help="zkcompliance formats")
    if ("tokens_column" in options) != ("parameters" in options):
        raise UsageError("tokens_column and parameters go together", help="zkcompliance formats")
    if "flop_column" in options:
        return options["flop_column"], 1, "measured"
    return options["tokens_column"], 6 * parse_integer(options["parameters"]), "architecture"


def _lines(file: BinaryIO, column: str) -> Iterator[tuple[int, dict[str, str]]]:
    lines = records(file, whole=True)
    _, header = next(lines, (0, []))
    for name in ("step", column):
        if header.count(name) != 1:
            raise ImporterError(f"header: column {name} is not there, or there twice")
    for at, cells in lines:
        if len(cells) != len(header):
            raise ImporterError(f"line {at}: {len(cells)} cells, not {len(header)}")
        yield at, dict(zip(header, cells, strict=True))


def _number(text: str, where: str) -> int:
    """The digits of a JSON number, 320.0 too, as an int."""
    try:
        value = decode(text.encode())
    except ImporterError:
        raise ImporterError(f"{where}: is not a number") from None
    return whole(value, where)


IMPORTER = Importer(
    "lightning",
    "metrics.csv of Lightning's CSVLogger",
    FORMULA,
    read,
    ("compute",),
    {
        "start": "when training began, e.g. 2025-08-02T12:00:00Z; needed",
        "end": "when it ended; needed",
        "steps": "how many optimiser steps the run had, trainer.global_step at its end; needed",
        "tokens_column": "a cumulative count of tokens, with `parameters`, e.g. tokens_seen",
        "parameters": "of the model, e.g. 7e9",
        "flop_column": "a cumulative count of FLOP",
        **settings.COMPUTE,
        **settings.DEVICES,
    },
    columns=settings.ROW,
)
