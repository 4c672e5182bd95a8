"""What verbs print with: results on stdout, notes and progress on stderr, bars only on a terminal."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from zkcompliance.edge.ending import say
from zkcompliance.edge.screen import drawing, facts, hanging
from zkcompliance.edge.shown import INDENT, cells, columns, error_lines, folded, folded_command, one_line
from zkcompliance.errors import ZkComplianceError
from zkcompliance.progress import Progress, silent

NARROW = 18  # columns that each column of a table needs to be read
MOST_NAME = 40  # columns of names in a list; a longer one has a line of its own


def clean(text: str) -> str:
    """Text of our own lines with nothing in it that could steer a terminal; what is a name has no line end here."""
    return "\n".join(map(one_line, text.split("\n")))


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON document on stdout. Quantities in it are decimal strings."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=True))


def print_text(text: str) -> None:
    """Lines on stdout; those that a terminal has no room for continue behind spaces."""
    width = columns(sys.stdout)
    for line in clean(text).split("\n"):
        indent = len(line) - len(line.lstrip(" ")) + 2
        for part in folded(line, width, indent):
            click.echo(part)


def note(text: str) -> None:
    """A remark on stderr, or lost where that takes none; of several lines, those that follow stand behind spaces.

    A line end may be one of a name's, and no name begins a line.
    """
    width = columns(sys.stderr)
    first, *more = clean(text).split("\n")
    lines = [first, *(" " * INDENT + each.lstrip(" ") for each in more)]
    for number, line in enumerate(lines):
        command = folded_command(line, width, " ") if width is not None and number and cells(line) > width else []
        for part in command or folded(line, width, 2 * INDENT):
            say(part)


def report_error(error: ZkComplianceError) -> int:
    """One line that says what and why, one with the remedy, on stderr; the exit status."""
    say(error_lines(error, columns(sys.stderr)))
    return error.exit_status


def print_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on stdout: columns that fold on a terminal, whole lines elsewhere; on a narrow one, row by row."""
    with drawing(sys.stdout) as screen:
        if title:
            hanging(screen, title)
        widest = max((cells(row[0]) for row in rows), default=0)
        if screen.width >= max(NARROW * len(headings), widest + NARROW * (len(headings) - 1)):
            from rich import box
            from rich.table import Table
            from rich.text import Text

            table = Table(box=box.SIMPLE_HEAD)
            for heading in headings:
                table.add_column(heading, overflow="fold", no_wrap=heading == headings[0])  # names stay whole
            for row in rows:
                table.add_row(*(Text(one_line(cell), overflow="fold") for cell in row))
            screen.draw(table)
            return
    for row in rows:
        pairs = zip(headings[1:], row[1:], strict=True)
        print_fields(f"{headings[0]} {row[0]}", {heading: cell for heading, cell in pairs if cell}, "bold")


def print_fields(title: str, fields: Mapping[str, str], style: str = "") -> None:
    """A titled list of name and value on stdout; a value may have several lines."""
    widest = max((cells(name) for name in fields), default=0)
    with drawing(sys.stdout) as screen:
        hanging(screen, title, style)
        for name, value in fields.items():
            first, *more = clean(value).split("\n")
            facts(screen, [(name, first, ""), *(("", line, "") for line in more)], min(widest, MOST_NAME))


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """A Progress that draws one bar per stage on stderr when that is a terminal, and is silent otherwise."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),  # a log's name is in it
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(clean(stage), total=total or None)
            bars.update(tasks[stage], completed=done, total=total or None)

        yield report


def warm_up(report: Progress) -> None:
    """Load the proof engine, or compile it if this machine has none that fits, with a note: up to a minute, once."""
    from zkcompliance.prove import engine

    engine.warm_up(report, note)
