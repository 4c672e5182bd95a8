"""Rows that were opened, as people read them and as an importer reads them again: table, JSON Lines, CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence

from zkcompliance.errors import OpeningsRefused, SchemaError, UsageError
from zkcompliance.openings.check import Shown, evidence_of
from zkcompliance.openings.program import Naming
from zkcompliance.quantities.ids import text_id
from zkcompliance.quantities.times import LAST
from zkcompliance.schemas import Column, decode_rows

FORMS = ("table", "jsonl", "csv")
_COMPUTED = ("=", "+", "-", "@")  # with what a spreadsheet takes a cell for a formula, and runs it
Cells = Mapping[str, str | int | bool]


def rows_of(shown: Shown) -> list[Cells]:
    """Each row by its columns: numbers as they are, moments and shares with their unit, ids by their text where the
    file has it. `seal` takes these values, and makes the same limbs of them.

    OpeningsRefused where a cell is outside its type, which a log that was sealed with other software may hold.
    """
    import numpy as np

    if not shown.rows:
        return []
    limbs = np.ones((shown.schema.width, len(shown.rows)), np.uint32)
    limbs[1:] = np.array(shown.rows, np.uint32).T
    try:
        found = decode_rows(shown.schema, limbs)
    except SchemaError as error:
        raise OpeningsRefused(f"of the rows that are shown, {error.message}: the log holds what no row may") from None
    columns = {column.name: column for column in shown.schema.columns}
    return [{name: _cell(columns[name], value, shown.texts) for name, value in row.items()} for row in found]


def _cell(column: Column, value: object, texts: Mapping[int, str]) -> str | int | bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return texts.get(text_id(value), value) if column.type == "id" and value else value
    number = int(value)  # type: ignore[call-overload]
    if column.type == "ppm":
        return f"{number} ppm"
    return _moment(number) if column.type == "time" and number != column.default and number <= LAST else number


def _moment(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def named(shown: Shown) -> list[str]:
    """How each row is named: its number in the log, from 1 as importers count, or the FLOP before it."""
    if shown.naming is Naming.FLOP:
        return [f"after {name} FLOP" for name in shown.names]
    return [f"row {name + 1}" for name in shown.names]


def as_text(shown: Shown, form: str) -> str:
    """The rows in one of FORMS. UsageError for a text that CSV would hand to a spreadsheet as a formula: texts are the
    lab's, and who opens the file is somebody else."""
    rows = rows_of(shown)
    if form == "jsonl":
        return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    names = [column.name for column in shown.schema.columns]
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(names)
        if any(str(row[name]).startswith(_COMPUTED) for row in rows for name in names):
            raise UsageError(
                "a text in these rows begins with =, +, - or @, which a spreadsheet takes for a formula: as CSV they "
                "are not written",
                help="--rows-as jsonl  # has them as they are; or --rows-as table, to read them",
            )
        writer.writerows([_text(row[name]) for name in names] for row in rows)
        return out.getvalue()
    return "".join(_lines(shown, rows))


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lines(shown: Shown, rows: Sequence[Cells]) -> list[str]:
    """A block for each row: a column a line, those that say nothing left out."""
    made = []
    for name, row, limbs in zip(named(shown), rows, shown.rows, strict=True):
        number = evidence_of(shown.schema, limbs)
        beside = " (in this file)" if number in shown.pieces else " (not in this file)" if number else ""
        cells = {each: _text(value) for each, value in row.items() if value != ""}
        if number:
            cells["evidence"] += beside
        made.append(f"{name}\n" + "".join(f"  {each:<20}{value}\n" for each, value in cells.items()))
    return made
