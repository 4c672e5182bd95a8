"""`zkcompliance note new|accept|take`: notes of a joint cap between two labs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import json_option

_joint = click.option(
    "--joint", required=True, type=click.Path(path_type=Path), metavar="CAP.toml", help="The joint file of the cap."
)


def _says(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what a note says."""
    for option in (
        click.option("--empty", is_flag=True, help="In place of these three: the log is new, and has no note yet."),
        click.option("--flop", metavar="AMOUNT", help="How much, such as 3e24."),
        click.option("--to", "taker", metavar="LAB", help="The lab that gets it."),
        click.option("--from", "giver", metavar="LAB", help="The lab that gives, as the joint file calls it."),
    ):
        function = option(function)
    return function


@click.group("note")
def command() -> None:
    """Give a part of an allowance to another lab, by a note in a log that both hold and both sign.

    \b
    zkcompliance note new LOG …      by the lab that seals the log: write the note, and hand the log over
    zkcompliance note accept COPY …  by the other lab: check what it says, and sign
    zkcompliance note take LOG …     by the first again: take that signature
    """


@command.command("new")
@click.argument("log", type=click.Path(path_type=Path), metavar="LOG")
@_joint
@click.option("--key", required=True, type=click.Path(path_type=Path), help="The private key of the note log.")
@_says
@click.option(
    "--copy", "place", required=True, type=click.Path(path_type=Path), metavar="FOLDER",
    help="The copy for the other lab: a new folder, or the one that was made for it before.",
)  # fmt: skip
@click.option(
    "--share", metavar="N/D", default="1/2", show_default=True,
    help="Which part of the proofs that are left goes along.",
)  # fmt: skip
@json_option
def new_command(
    log: Path,
    joint: Path,
    key: Path,
    giver: str | None,
    taker: str | None,
    flop: str | None,
    empty: bool,
    place: Path,
    share: str,
    as_json: bool,
) -> None:
    """Write a note into LOG, seal it, and hand LOG over to the other lab.

    LOG is made when it is new; its key is one of a note log of the joint file. The note counts when the other lab has
    signed it too (`note accept`), and its signature is in LOG (`note take`); until then no other is written. Killed,
    the same call goes on where it was.
    """
    from zkcompliance.notes import api

    with console.progress() as report:
        console.warm_up(report)
        made = api.new_note(
            log, joint, key=key, to=place, giver=giver, taker=taker, amount=flop, empty=empty, share=share,
            progress=report,
        )  # fmt: skip
    if as_json:
        console.print_json(
            {
                "log": str(log), "origin": made.log.origin, "segments": len(made.log.segments), "serial": made.serial,
                "note": _document(made.note), "copy": str(made.place), "to_be_accepted_by": made.other,
            }
        )  # fmt: skip
        return
    console.print_fields(
        f"note {made.serial}" if made.note else "a log without a note",
        {
            "log": f"{log} ({made.log.origin})",
            **({"says": str(made.note)} if made.note else {}),
            "copy": str(made.place),
            "next": f"{made.other} takes the copy: zkcompliance note accept {made.place.name} …",
        },
    )


@command.command("accept")
@click.argument("copy", type=click.Path(path_type=Path), metavar="COPY")
@_joint
@click.option("--key", required=True, type=click.Path(path_type=Path), help="This lab's private cosigner's key.")
@click.option(
    "--state", required=True, type=click.Path(path_type=Path), metavar="FILE",
    help="What this key signed; made when new. Keep it with the key.",
)  # fmt: skip
@click.option("--serial", type=click.IntRange(1, 2**31 - 1), help="Which number the note has in the log.")
@_says
@click.option(
    "--earlier", multiple=True, type=click.Path(path_type=Path), metavar="FOLDER",
    help="A copy that was handed over before, whose segments COPY lacks; again for each.",
)  # fmt: skip
@json_option
def accept_command(
    copy: Path,
    joint: Path,
    key: Path,
    state: Path,
    serial: int | None,
    giver: str | None,
    taker: str | None,
    flop: str | None,
    empty: bool,
    earlier: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Check COPY, which the other lab handed over, and sign it, where its newest note says what was agreed.

    What was agreed is given here, and not taken from COPY. Everything that `receive` checks is checked; then that the
    log goes on from what this key signed before, by this one note, of this cap. Give the file `checkpoint` of COPY
    back: the other lab needs it for `note take`.
    """
    from zkcompliance.notes import api

    with console.progress() as report:
        console.warm_up(report)
        done = api.accept_note(
            copy, joint, key=key, state=state, serial=serial, giver=giver, taker=taker, amount=flop, empty=empty,
            earlier=earlier, progress=report,
        )  # fmt: skip
    newest = done.notes[-1] if done.notes else None
    if as_json:
        console.print_json(
            {
                "copy": str(copy), "origin": done.log.origin, "segments": len(done.log.segments),
                "serial": len(done.notes), "note": _document(newest), "answer": str(done.answer),
                "to_be_taken_by": done.other,
            }
        )  # fmt: skip
        return
    console.print_fields(
        f"accepted: note {len(done.notes)}" if newest else "accepted: a log without a note",
        {
            "log": f"{copy} ({done.log.origin})",
            **({"says": str(newest)} if newest else {}),
            "next": f"{done.other} takes the signature: zkcompliance note take LOG {done.answer} …",
        },
    )


@command.command("take")
@click.argument("log", type=click.Path(path_type=Path), metavar="LOG")
@click.argument("answer", type=click.Path(path_type=Path), metavar="CHECKPOINT")
@_joint
@json_option
def take_command(log: Path, answer: Path, joint: Path, as_json: bool) -> None:
    """Put the other lab's signature on the checkpoint of LOG; CHECKPOINT is that file of the copy that it accepted.

    From then on the note is accepted, and LOG may be proved over, or get the next one.
    """
    from zkcompliance.notes import api

    taken = api.take_note(log, joint, answer)
    if as_json:
        console.print_json({"log": str(log), "origin": taken.origin, "segments": len(taken.segments)})
        return
    console.print_fields("signed by both", {"log": f"{log} ({taken.origin})", "segments": str(len(taken.segments))})


def _document(said: Any) -> dict[str, str] | None:
    return None if said is None else {"from": said.giver, "to": said.taker, "flop": str(said.amount)}
