"""`zkcompliance hand-over LOG --to FOLDER --share 1/2`."""

from __future__ import annotations

from pathlib import Path

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import json_option
from zkcompliance.outputs import places
from zkcompliance.quantities import number_of


@click.command("hand-over")
@click.argument("log", type=click.Path(path_type=Path), metavar="LOG")
@click.option("--to", "place", type=click.Path(path_type=Path), required=True, help="The copy's folder.")
@click.option("--share", metavar="N/D", required=True, help="Which part of the proofs that are left goes along.")
@json_option
def command(log: Path, place: Path, share: str, as_json: bool) -> None:
    """Hand LOG over: its rows, seeds and texts, and a part of what is left of its budget, for others to prove over.

    FOLDER is a new folder, or one that LOG was handed over to before: then what was sealed since goes there. A segment
    is handed over once. Who gets FOLDER, by whatever way that is safe for the rows in it, takes it with `receive`,
    proves over it beside their own logs, and seals nothing in it. The share is spent in LOG for good before anything is
    copied, so that both together never prove more than one could. Killed, the same call goes on where it was.
    """
    from zkcompliance.log import moving
    from zkcompliance.prove.handing import hand_over

    if not place.exists():
        places.outside_logs(place)
    with console.progress() as report:
        made = hand_over(moving.newest(log, console.note), place, share, progress=report)
    units = {handed.share.units for handed in made.shares.values()}
    if as_json:
        handed = [
            {"index": index, "share": each.share.id.hex(), "units": each.share.units}
            for index, each in made.shares.items()
        ]
        console.print_json({"log": str(log), "to": str(made.place), "part": made.part, "segments": handed})
        return
    console.print_fields(
        "handed over",
        {
            "log": str(log),
            "to": str(made.place),
            "segments": f"{number_of(len(made.shares), 'segment')}, {min(made.shares)} to {max(made.shares)}",
            "share": f"{made.part} of what was left, {_range(units)} units of each",
            "next": f"zkcompliance receive {made.place.name} --key KEY.pub, by who gets it",
        },
    )


def _range(units: set[int]) -> str:
    low, high = min(units), max(units)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
