"""`zkcompliance roll-up LOG --to ROLLUP --key KEY`."""

from __future__ import annotations

import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import cluster_option, json_option
from zkcompliance.outputs import Outputs, kinds, places
from zkcompliance.quantities import number_of

if TYPE_CHECKING:
    from zkcompliance.prove.rollup import RolledUp


@click.command("roll-up")
@click.argument("log", type=click.Path(path_type=Path), metavar="LOG")
@click.option("--to", "rolled", type=click.Path(path_type=Path), required=True, help="The roll-up's folder.")
@click.option("--key", type=click.Path(path_type=Path), required=True, help="The roll-up's own private key file.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The roll-up file, for whoever verifies.")
@cluster_option
@json_option
def command(log: Path, rolled: Path, key: Path, output: Path | None, cluster: str | None, as_json: bool) -> None:
    """Seal the groups of LOG's rows in a roll-up, with proofs that they are: what is new of it since the last time.

    The roll-up says of all rows that agree in certain columns how many they are, and of some others the sum, the least
    and the greatest. Claims that need no more are proved over it, in a fraction of the time. It is a log of its own,
    under a key of its own; the roll-up file shows which log it stands for. Killed, the next run goes on where it was.
    """
    from zkcompliance.log import keys
    from zkcompliance.prove.cluster import connected
    from zkcompliance.prove.rollup import roll_up

    signer = keys.load_private(key)
    if not rolled.exists():
        places.outside_logs(rolled)
    outputs = None if output is None else Outputs({output: kinds.ROLL_UP}, read=[key], closed=[log, rolled])
    with connected(cluster) if cluster is not None else nullcontext() as executor, console.progress() as report:
        if executor is None:
            console.warm_up(report)
        made = roll_up(log, rolled, signer, context=bound_now(), progress=report, executor=executor)
    if output is not None and outputs is not None:
        outputs.write({output: made.file})
    tell(made, output or made.file, as_json)


def bound_now() -> bytes:
    """What the proofs of a roll-up are bound to: no policy, no subject, the time."""
    from zkcompliance.policy.binding import Binding

    return Binding(None, None, int(time.time()), b"").encode()


def tell(made: RolledUp, file: Path, as_json: bool) -> None:
    """What there is now."""
    of = made.of.checkpoint
    size = file.stat().st_size
    if as_json:
        console.print_json(
            {
                "log": str(made.log.path), "origin": made.log.origin, "schema": made.log.schema.label,
                "segments": len(made.log.segments), "sealed": made.sealed, "proofs": made.proved,
                "of": {"origin": of.origin, "size": of.size, "root": of.root.hex()},
                "rollup": str(file), "bytes": size,
            }
        )  # fmt: skip
        return
    console.print_fields(
        "rolled up" if made.sealed or made.proved else "nothing new to roll up",
        {
            "roll-up": f"{made.log.path} ({made.log.origin})",
            "segments": f"{len(made.log.segments)} in all, {made.sealed} new",
            "stands for": f"{of.origin}, {number_of(of.size, 'segment')}, root {of.root.hex()}",
            "roll-up file": f"{file} ({size:,} bytes, {number_of(made.proved, 'new proof')})",
        },
    )
