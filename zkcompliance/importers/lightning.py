"""`metrics.csv` of Lightning's CSVLogger: one row per logged value of a cumulative token or FLOP column.

The file holds steps and metrics, but no dates: start and end of the run are options, and every row has that interval.
Lines without a value in the column (validation) are passed over. Values are logged every few steps, so that the last
one is not the end: how many steps there were is an option, and those after the last value are a row more, at the mean
pace of all before. Of a run that goes on they are left for a later seal. Rows are known again by the step after which
they begin (`run_steps`), whatever the interval is that is stated then. Refused: steps that run backwards, values that
decrease, values that are not whole, a last line without its line end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import BinaryIO, NamedTuple

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.csv_records import records
from zkcompliance.importers.exact import ceil, whole
from zkcompliance.importers.json_stream import decode
from zkcompliance.importers.model import Importer, Row
from zkcompliance.importers.run_steps import INTERVAL, Run, telling
from zkcompliance.quantities import parse_integer, parse_time
from zkcompliance.schemas import Schema

FORMULA = (
    "flop = 6 × parameters × the increase of tokens_column, a cumulative count, between logged values, method "
    "architecture; or the increase of flop_column, method measured. The first value counts in full; the n steps after "
    "the last value, up to the stated number of steps, are one row more of ceil(last value × n / steps until then); "
    "start and end are stated, and every row has the whole interval"
)
_HELP = (
    "where the last stretch of the run was sealed, add --set earlier=N, what --set steps was then; "
    "where another run has this name, name it: --set run=NAME"
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
        raise UsageError("end is before start", help="say --set start=TIME --set end=TIME, the earlier one first")
    steps, earlier = _steps(options)
    run: Run | None = None
    for stretch, first in _stretches(_lines(file, column), column, steps, earlier):
        run = run or Run(stated.run, first)
        row = stated.row(start, end, factor * stretch.amount, method)
        yield run.row(row, stretch.after, aside=INTERVAL, help=_HELP)


def _steps(options: Mapping[str, str]) -> tuple[int | None, list[int]]:
    """The optimiser steps of the run, None of one that goes on, and those that it had at earlier seals, ascending."""
    running = settings.choice(options, "running", ("refuse", "accept"), "refuse") == "accept"
    if running and "steps" in options:
        raise UsageError(
            "steps is the number of a run that has ended, and running=accept says that it goes on",
            help="leave one of them out",
        )
    if not running and "steps" not in options:
        raise UsageError(
            "steps is needed: values are logged every few steps, and no line says how many came after the last one",
            help="add --set steps=N, the number of optimiser steps of the run: trainer.global_step at its end; "
            "while the run goes on: --set running=accept",
        )
    earlier = [parse_integer(text) for text in options["earlier"].split(",")] if "earlier" in options else []
    steps = None if running else parse_integer(options["steps"])
    if earlier != sorted(set(earlier)) or (steps is not None and earlier and earlier[-1] >= steps):
        raise UsageError(
            "earlier: want the steps of earlier seals, each over the one before and under steps",
            help="say it as --set earlier=N,N: what --set steps was at those seals",
        )
    return steps, earlier


class _Stretch(NamedTuple):
    """Steps from `after` on, and what came to the counted column in them."""

    after: int
    amount: int


def _stretches(
    lines: Iterator[tuple[int, dict[str, str]]], column: str, steps: int | None, earlier: list[int]
) -> Iterator[tuple[_Stretch, dict[str, str]]]:
    """The rows' stretches, each with the values of the first line that tell the run from others (`run_steps`).

    One ends at each value, at the end of the run, and where an earlier seal had its end between two values: it was
    sealed at the pace until then, and what comes after it counts what is left of the next value.
    """
    logged = total = reached = given = before = 0
    first: dict[str, str] | None = None

    def paced(until: int) -> _Stretch:
        """The stretch up to `until` steps, past the last value: that of ceil(total × until / logged) in all."""
        nonlocal reached, given
        amount = max(0, ceil(Fraction(total * until, logged)) - given)
        after, reached, given = reached, until, given + amount
        return _Stretch(after, amount)

    for number, row in lines:
        first = telling(row) if first is None else first
        step = _number(row["step"], f"line {number}, column step")
        if step < before:
            raise ImporterError(f"line {number}, column step: runs backwards")
        if steps is not None and step >= steps:
            raise ImporterError(
                f"line {number}, column step: is over the stated number of steps, which are counted from 0",
                help="give all of them with --set steps=N: trainer.global_step at the end of the run",
            )
        before = step
        if row[column] == "":
            continue
        amount = _number(row[column], f"line {number}, value")
        if amount < total:
            raise ImporterError(
                f"line {number}, value: decreases, and a cumulative column is wanted",
                help="name one that is with --set tokens_column=NAME or flop_column=NAME",
            )
        for until in (each for each in earlier if logged and reached < each < step + 1):
            yield paced(until), first
        yield _Stretch(reached, max(0, amount - given)), first
        logged, total = step + 1, amount
        reached, given = logged, max(given, amount)
    if not logged:
        raise ImporterError(
            f"column {column}: holds no value", help="name another with --set tokens_column or flop_column"
        )
    for until in (each for each in (*earlier, steps) if each is not None and reached < each):
        yield paced(until), first or {}


def _formula(options: Mapping[str, str]) -> tuple[str, int, str]:
    """(column, factor of its increases, method)."""
    if ("flop_column" in options) == ("tokens_column" in options):
        raise UsageError(
            "name one column: flop_column, or tokens_column with parameters",
            help="add --set flop_column=NAME; or --set tokens_column=NAME --set parameters=7e9",
        )
    if ("tokens_column" in options) != ("parameters" in options):
        raise UsageError(
            "tokens_column and parameters go together",
            help="add --set parameters=7e9 where there is a tokens_column, and leave it out where there is none",
        )
    if "flop_column" in options:
        return options["flop_column"], 1, "measured"
    return options["tokens_column"], 6 * parse_integer(options["parameters"]), "architecture"


def _lines(file: BinaryIO, column: str) -> Iterator[tuple[int, dict[str, str]]]:
    lines = records(file, whole=True)
    _, header = next(lines, (0, []))
    for name in ("step", column):
        if header.count(name) != 1:
            raise ImporterError(
                f"header: column {name} is not there, or there twice",
                help="name another with --set tokens_column=NAME or flop_column=NAME",
            )
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
        "steps": "how many optimiser steps the run had, trainer.global_step at its end; needed once it has ended",
        "running": "refuse (default) or accept a run that goes on: what came after the last value is left for later",
        "earlier": "what steps was at earlier seals of this run, e.g. 1000,2000, where it ended between two values",
        "tokens_column": "a cumulative count of tokens, with `parameters`, e.g. tokens_seen",
        "parameters": "of the model, e.g. 7e9",
        "flop_column": "a cumulative count of FLOP",
        **settings.COMPUTE,
        **settings.DEVICES,
    },
    columns=settings.ROW,
)
