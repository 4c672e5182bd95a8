"""`zkcompliance log retire LOG`, `zkcompliance log restored LOG`."""

from __future__ import annotations

from pathlib import Path

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import json_option


@click.group("log")
def command() -> None:
    """What becomes of a log folder: one whose rows went on elsewhere, or one put back from a backup."""


@command.command("retire")
@click.argument("path", type=click.Path(path_type=Path), metavar="LOG")
@json_option
def retire_command(path: Path, as_json: bool) -> None:
    """Remove rows, seeds and ledgers of a generation that a later one has taken over.

    Only once the newest generation is whole, every commitment of which is computed again, and the lineage from here to
    there verifies. What is public stays.
    """
    from zkcompliance.prove.retire import retire

    with console.progress() as report:
        console.warm_up(report)
        after = retire(path, progress=report)
    if as_json:
        console.print_json({"log": str(path), "retired": True, "successor": str(after.path), "origin": after.origin})
        return
    console.print_fields("retired", {"log": str(path), "the rows are in": f"{after.path} ({after.origin})"})


@command.command("restored")
@click.argument("path", type=click.Path(path_type=Path), metavar="LOG")
@json_option
def restored_command(path: Path, as_json: bool) -> None:
    """Say that LOG was put back from a backup: its ledgers may have forgotten proofs that left since.

    From then on nothing is sealed in it or proved over it before `refresh`, which seals every row again. The proofs of
    that use units that `prove` never spends, so they are safe, unless a refresh or compact of this generation has left
    since the backup: then do not refresh, and go on in the folder that it made. Over a copy that was handed over
    nothing is proved any more.
    """
    from zkcompliance.log.layout import Layout
    from zkcompliance.log.received import is_received
    from zkcompliance.log.restored import mark
    from zkcompliance.log.successor import how_to_refresh

    mark(path)
    copy = is_received(Layout(path))
    next_step = "ask who handed it over for the next generation" if copy else how_to_refresh(path)
    if as_json:
        console.print_json({"log": str(path), "restored": True})
        return
    console.print_fields(
        "marked as restored",
        {
            "log": str(path),
            "next": next_step,
        },
    )
