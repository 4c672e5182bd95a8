"""`zkcompliance timestamp LOG --request FILE`, `--reply FILE` or `--url URL`."""

from __future__ import annotations

from pathlib import Path

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import json_option
from zkcompliance.errors import UsageError
from zkcompliance.outputs import Outputs, kinds


@click.command("timestamp")
@click.argument("log", type=click.Path(path_type=Path), metavar="LOG")
@click.option("--request", "request", type=click.Path(path_type=Path), help="Write what to send to an authority.")
@click.option("--reply", type=click.Path(path_type=Path), help="Take the authority's reply, and keep it in LOG.")
@click.option("--url", metavar="URL", help="Send it to this authority, and keep the reply: http:// or https://")
@json_option
def command(log: Path, request: Path | None, reply: Path | None, url: str | None, as_json: bool) -> None:
    """Have an authority (RFC 3161) state that LOG's newest checkpoint is there: its rows are then no younger.

    Offline in two steps: --request writes the file that is sent, by whoever has a network; --reply takes what comes
    back. The reply is kept in LOG, and `prove` brings it along where a policy believes its authority. Do it soon after
    each seal: only what is dated can be shown to have been sealed in time.
    """
    from zkcompliance.attest import stamping
    from zkcompliance.log import open_log

    given = [name for name, value in (("--request", request), ("--reply", reply), ("--url", url)) if value is not None]
    if len(given) != 1:
        raise UsageError(
            "one of --request, --reply and --url says what is to be done", help="zkcompliance timestamp --help"
        )
    opened = open_log(log)
    if request is not None:
        outputs = Outputs({request: kinds.STAMP_REQUEST}, closed=[log])
        outputs.write({request: stamping.request(opened)})
        _tell("time-stamp request written", {"request": str(request), "segments": opened.checkpoint.size}, as_json)
        return
    data = stamping.read_reply(reply) if reply is not None else stamping.asked(opened, str(url))
    size, path = stamping.keep(opened, data)
    _tell("time stamp kept", {"log": str(log), "segments": size, "file": str(path)}, as_json)


def _tell(title: str, fields: dict[str, str | int], as_json: bool) -> None:
    if as_json:
        console.print_json(fields)
        return
    console.print_fields(title, {name: str(value) for name, value in fields.items()})
