"""`zkcompliance receive FOLDER --key KEY.pub`."""

from __future__ import annotations

from pathlib import Path

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import json_option


@click.command("receive")
@click.argument("path", type=click.Path(path_type=Path), metavar="FOLDER")
@click.option("--key", type=click.Path(path_type=Path), required=True, help="The public key of who seals the log.")
@click.option(
    "--earlier", multiple=True, type=click.Path(path_type=Path), metavar="FOLDER",
    help="A copy that was handed over before, whose segments FOLDER lacks; again for each.",
)  # fmt: skip
@json_option
def command(path: Path, key: Path, earlier: tuple[Path, ...], as_json: bool) -> None:
    """Check a copy of a log that was handed over, and take it: from then on it can be proved over.

    KEY.pub is the key of whoever sealed the log, which you know from elsewhere. Its signature, every entry, every row
    against its commitment, the evidence that rows name, the share of the budget and the lineage are checked. Where
    later segments came in a folder of their own, --earlier brings the others, with what is left of their shares; there
    they are not proved over any more.
    """
    from zkcompliance.log.public_keys import load_public
    from zkcompliance.prove.handing import receive

    with console.progress() as report:
        console.warm_up(report)
        taken = receive(path, load_public(key), earlier, progress=report)
    log = taken.log
    left = log.proofs_left()
    if as_json:
        console.print_json(
            {
                "log": str(log.path), "origin": log.origin, "schema": log.schema.label, "key": log.vkey,
                "segments": len(log.segments), "new": taken.new, "brought": taken.brought, "proofs_left": left,
            }
        )  # fmt: skip
        return
    console.print_fields(
        "received",
        {
            "log": f"{log.path} ({log.origin}, {log.schema.label})",
            "sealed by": log.vkey,
            "segments": f"{len(log.segments)}, {taken.new} new, {taken.brought} from earlier copies",
            "proofs left": f"{left} per segment",
        },
    )
