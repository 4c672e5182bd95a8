"""`zkcompliance open --log LOG --rows 3,17 -o rows.zkp`, or `open --log LOG --request r.toml --beacon round.json`."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import json_option
from zkcompliance.errors import UsageError
from zkcompliance.quantities import number_of

if TYPE_CHECKING:
    from zkcompliance.evidence.beacon import Round
    from zkcompliance.log.store import SealedLog
    from zkcompliance.prove.opening import Opened
    from zkcompliance.request.file import Request

_RANGE = re.compile(r"([0-9]{1,10})(?:-([0-9]{1,10}))?")
_HELP = "zkcompliance open --help"
_MOST_NAMED = 1000


@click.command("open")
@click.option("--log", "-l", type=click.Path(path_type=Path), required=True, help="The sealed log.")
@click.option("--rows", metavar="ROWS", help="Which rows, counted from 1, such as 3,17 or 1-20.")
@click.option(
    "--segments", metavar="FIRST-LAST",
    help="With --rows: only these segments, from 0, whose rows are then counted; all, if not given.",
)  # fmt: skip
@click.option("--request", type=click.Path(path_type=Path), help="A request, which says how many rows are drawn.")
@click.option("--beacon", type=click.Path(path_type=Path), help="The round that draws them, a file as drand gives it.")
@click.option(
    "--although-late", is_flag=True,
    help="Answer a request that was not received here before its round: its asker could have chosen the rows.",
)  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file of opened rows.")
@json_option
def command(
    log: Path,
    rows: str | None,
    segments: str | None,
    request: Path | None,
    beacon: Path | None,
    although_late: bool,
    output: Path | None,
    as_json: bool,
) -> None:
    """Show rows of a LOG in full, with a proof that they are its rows, and nothing else of it.

    Either the rows that are named, or those that a request draws. Give a request first without --beacon, as soon as it
    is there: that it was received before its round is noted in the log's folder, and when to come back is said. What is
    shown is every column of these rows, the texts that the log keeps behind their ids, and the evidence that they name.
    A proof like any other is spent of each segment that is named.
    """
    from zkcompliance.log.store import SealedLog

    if (rows is None) == (request is None):
        raise UsageError("what is to be opened: --rows, or --request", help=_HELP)
    if request is None and (beacon is not None or although_late):
        raise UsageError("--beacon and --although-late go with --request", help=_HELP)
    if rows is None and segments is not None:
        raise UsageError("--segments goes with --rows: a request draws from all of the log", help=_HELP)
    sealed = SealedLog.open(log)
    if request is not None and beacon is None:
        _receive(sealed, request, output, as_json)
        return
    if output is None:
        raise UsageError("give the file of opened rows a name: -o rows.zkp", help=_HELP)
    _write(sealed, rows, segments, request, beacon, although_late, output, as_json)


def _write(
    log: SealedLog,
    rows: str | None,
    segments: str | None,
    request: Path | None,
    beacon: Path | None,
    although_late: bool,
    output: Path,
    as_json: bool,
) -> None:
    from zkcompliance.openings.answers import read_request
    from zkcompliance.outputs import Outputs, kinds
    from zkcompliance.prove.opening import answer, open_rows

    read = [path for path in (request, beacon) if path is not None]
    outputs = Outputs({output: kinds.OPENED}, read=read, closed=[log.path])
    with console.progress() as report:
        console.warm_up(report)
        if rows is not None:
            first, last = _range(segments, "--segments") if segments is not None else (0, len(log.segments) - 1)
            numbers = [number - 1 for number in _numbers(rows)]
            opened = open_rows(log, numbers, segments=(first, last), now=int(time.time()), progress=report)
        elif request is not None and beacon is not None:
            asked, of = read_request(request), _round(beacon)
            _refuse_late(log, asked, although_late)
            opened = answer(log, asked, of, now=int(time.time()), progress=report)
    outputs.write({output: opened.data})
    _tell(opened, output, as_json)


def _numbers(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        first, last = _range(part.strip(), "--rows")
        if last - first >= _MOST_NAMED or len(found) > _MOST_NAMED:
            raise UsageError(f"--rows names at most {_MOST_NAMED} rows", help=_HELP)
        found += range(first, last + 1)
    return found


def _range(text: str, option: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(text)
    if match is None or int(match[2] or match[1]) < int(match[1]):
        raise UsageError(f"{option} is numbers and ranges, such as 3,17 or 1-20", help=_HELP)
    return int(match[1]), int(match[2] or match[1])


def _round(path: Path) -> Round:
    from zkcompliance.edge import regular
    from zkcompliance.evidence.beacon import read_round
    from zkcompliance.limits import MAX_BEACON_FILE_BYTES

    try:
        with regular.open_given(path) as file:
            return read_round(file.read(MAX_BEACON_FILE_BYTES + 1))
    except OSError as error:
        raise UsageError(f"{path}: {regular.reason(error)}", help=_HELP) from error


def _receive(log: SealedLog, path: Path, output: Path | None, as_json: bool) -> None:
    """Note that the request is here, and say when its round is."""
    from zkcompliance.evidence.beacon import moment
    from zkcompliance.log import asked as asked_rows
    from zkcompliance.log.layout import Layout
    from zkcompliance.openings.answers import read_request
    from zkcompliance.quantities import show_time

    if output is not None:
        raise UsageError("what is drawn follows from the round: give it, --beacon FILE", help=_HELP)
    asked = read_request(path)
    _check_about(log, asked)
    rows = asked.openings
    at = asked_rows.note(Layout(log.path), asked.digest, int(time.time()))
    when = moment(rows.beacon, rows.round)
    fields = {
        "request": asked.digest.hex(), "asker": asked.asker.text, "received": show_time(at),
        "round": f"{rows.round} of {rows.beacon.name}, published {show_time(when)}",
        "answer by": show_time(asked.answer_by),
    }  # fmt: skip
    if as_json:
        console.print_json({**fields, "in_time": at < when})
        return
    console.print_fields("received" if at < when else "received, after its round was published", fields)


def _check_about(log: SealedLog, asked: Request) -> None:
    rows, there = asked.openings, log.checkpoint
    if (rows.origin, rows.size, rows.root) != (there.origin, there.size, there.root):
        raise UsageError(
            f"the request is of {rows.origin} at {number_of(rows.size, 'segment')}, and {log.path} is {there.origin} "
            f"at {there.size}: open the folder as it was then",
            help=_HELP,
        )


def _refuse_late(log: SealedLog, asked: Request, although_late: bool) -> None:
    """UsageError for a request that was not here before its round, unless the lab answers it all the same."""
    from zkcompliance.evidence.beacon import moment
    from zkcompliance.log import asked as asked_rows
    from zkcompliance.log.layout import Layout
    from zkcompliance.quantities import show_time

    at = asked_rows.when(Layout(log.path), asked.digest)
    published = moment(asked.openings.beacon, asked.openings.round)
    if although_late or (at is not None and at < published):
        return
    came = "is not noted as received" if at is None else f"was received on {show_time(at)}"
    raise UsageError(
        f"the request {came}, and its round was published on {show_time(published)}: whoever asks could have chosen "
        "the rows by trying requests",
        help="zkcompliance open --log LOG --request FILE  # as soon as it comes; or add --although-late",
    )


def _tell(opened: Opened, output: Path, as_json: bool) -> None:
    shown = opened.shown
    left = {} if shown.total is None else {"drawn from": f"{shown.total:,} {'FLOP' if shown.flop else 'rows'}"}
    if as_json:
        console.print_json(
            {
                "openings": str(output), "bytes": shown.size, "sha256": shown.sha256.hex(), "rows": len(shown.rows),
                "texts": len(shown.texts), "evidence": len(shown.pieces),
                **({} if shown.total is None else {"total": str(shown.total)}),
            }
        )  # fmt: skip
        return
    console.print_fields(
        f"opened {number_of(len(shown.rows), 'row')}",
        {
            "file": f"{output} ({shown.size:,} bytes)", "of": shown.log.origin, **left,
            "texts": str(len(shown.texts)), "evidence": str(len(shown.pieces)),
        },
    )  # fmt: skip
