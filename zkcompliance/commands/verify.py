"""`zkcompliance verify FILE --policy P` or `verify FILE --claim C --param k=v --log-key PUB`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from zkcompliance.commands.deciding import decide, deciding_options, leave
from zkcompliance.commands.options import json_option


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@deciding_options
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "oscal", "sarif", "junit"]), default="text",
    help="What to print the verdict as.",
)  # fmt: skip
@json_option
def command(file: Path, form: str, as_json: bool, **asked: Any) -> int:
    """Verify a proof FILE against a policy, or against one claim, its parameters and the public key of its log.

    Exit status 0 accepted, 1 rejected or a requirement not met, 2 not a proof file, 3 when --state shows that the log
    was forked or rolled back (the evidence is written beside it, as STATE.evidence.…), 4 when --policy (or --claim), a
    --log-key or a --lineage is missing: then it only says what the proof shows.
    """
    from zkcompliance import report
    from zkcompliance.report import terminal

    if as_json and form not in ("text", "json"):
        raise click.UsageError(f"--json and --format {form} are two formats")
    began = time.monotonic()
    verdict = decide(file, asked)
    seconds = time.monotonic() - began
    if as_json or form != "text":
        click.echo(report.write(verdict, "json" if as_json else form), nl=False)
    else:
        terminal.show(verdict, sys.stdout, seconds=seconds)
    return leave(verdict)
