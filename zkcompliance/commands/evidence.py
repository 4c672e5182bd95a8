"""`zkcompliance evidence FILE`."""

from __future__ import annotations

from pathlib import Path

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import json_option
from zkcompliance.edge import regular
from zkcompliance.errors import UsageError


@click.command("evidence")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="What to print it as.")
@json_option
def command(file: Path, form: str, as_json: bool) -> int:
    """Check a FILE of evidence that a log was forked or rolled back, and say what it shows.

    Exit status 0 when the file shows what it says, 1 when its notes do not show it or are not signed by the log's key,
    2 when it is not evidence. Compare the key with the one that you know as the lab's: anybody can accuse a key of
    their own.
    """
    from zkcompliance.log.evidence import MAX_BYTES, Evidence
    from zkcompliance.log.showing import document, lines

    try:
        with regular.open_given(file) as source:
            data = source.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file}: {regular.reason(error)}", help="zkcompliance evidence STATE.evidence.…") from error
    found = Evidence.parse(data)
    if as_json or form == "json":
        console.print_json(document(found, data))
    else:
        for line in lines(found, data):
            console.print_text(line)
    return 0
