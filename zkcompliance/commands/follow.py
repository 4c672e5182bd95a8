"""`zkcompliance seal FILE --follow`: a file of lines that something writes, sealed as it grows."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path

import click
from click.core import ParameterSource

from zkcompliance import schemas
from zkcompliance.errors import UsageError
from zkcompliance.quantities import parse_seconds

EVERY = "1 h"
_TAKEN = {
    "inputs", "schema_name", "format_name", "settings", "fields", "choices", "same", "times", "zone", "path",
    "key_path", "profile", "follow", "every", "beacon",
}  # fmt: skip
_HELP = "zkcompliance seal --help"


def follow(
    context: click.Context,
    inputs: tuple[str, ...],
    schema_name: str | None,
    format_name: str | None,
    settings: Mapping[str, str],
    path: Path,
    key: Path,
    every: str | None,
) -> int:
    """Seal what is new of the one input, every so often and when a signal has come; the exit status.

    A run that goes on is one whose last step is left for later: `running=accept` is said for formats that have it.
    UsageError for what does not go with --follow, and for formats of which a file does not grow line by line.
    """
    from zkcompliance import importers
    from zkcompliance.commands.reading import fed
    from zkcompliance.commands.watch import run
    from zkcompliance.edge.pairs import pairs
    from zkcompliance.live.plan import Files, Log, Plan

    for parameter in context.command.params:
        name = parameter.name or ""
        given = context.get_parameter_source(name) not in (ParameterSource.DEFAULT, None)
        if given and name not in _TAKEN:
            raise UsageError(f"{parameter.opts[0]} does not go with --follow: leave one of them out", help=_HELP)
    if len(inputs) != 1:
        raise UsageError("--follow reads one file", help="several files: zkcompliance watch --help")
    chosen = importers.by_name(format_name) if format_name else importers.guess(inputs[0])
    growing = [name for name, each in importers.FORMATS.items() if each.grows]
    if not chosen.grows:
        raise UsageError(
            f"--follow reads files that grow line by line: {', '.join(growing)}; not {chosen.name}",
            help="other files, again and again: zkcompliance watch --help",
        )
    asked = context.params
    schema = schemas.by_name(schema_name or fed([chosen]))
    rules = importers.Rules.of(asked["choices"], pairs(asked["same"], "--same"), {}, asked["times"], asked["zone"])
    importer = importers.mapped(chosen, pairs(asked["fields"], "--map"), schema, rules)
    options = dict(settings)
    if "running" in importer.options:
        options.setdefault("running", "accept")
    importer.check(schema, options)
    seconds = parse_seconds(every or EVERY)
    if not 1 <= seconds < 1 << 31:
        raise UsageError("--every is at least a second", help="--every 10min")
    file = Path(inputs[0]).absolute()
    source = Files(file.name, seconds, importer, options, file.parent, glob.escape(file.name))
    beacon = None if asked["beacon"] is None else asked["beacon"].absolute()
    log = Log(path.absolute(), key, schema, asked["profile"] or "standard", (source,), beacon)
    return run(Plan(None, (log,)), once=False, last=True)
