"""`zkcompliance countersign VERDICT --sign KEY -o FILE`, and the time stamps of its signatures."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import json_option
from zkcompliance.errors import UsageError

_HELP = "zkcompliance countersign --help"


@click.command("countersign")
@click.argument("verdict", type=click.Path(path_type=Path), metavar="VERDICT")
@click.option("--sign", "keys", multiple=True, type=click.Path(path_type=Path), help="A private key (PEM) to sign by.")
@click.option("--request", "request", type=click.Path(path_type=Path), help="Write what to send to an authority.")
@click.option("--reply", type=click.Path(path_type=Path), help="Take the authority's reply over a signature.")
@click.option("--url", metavar="URL", help="Ask this authority (RFC 3161) to date a signature: http:// or https://")
@click.option(
    "--signed-by", type=click.Path(path_type=Path), help="The public key (PEM) of the signature that is to be dated."
)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="The file to write: new, or an earlier verdict.")
@json_option
def command(
    verdict: Path,
    keys: tuple[Path, ...],
    request: Path | None,
    reply: Path | None,
    url: str | None,
    signed_by: Path | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Sign a signed VERDICT too, or have a signature of it dated by an authority (RFC 3161).

    By your signature you say all that the verdict says: verify the proof yourself first. It is one statement, whoever
    signs it; who has to have signed is for the policy of whoever takes it over to say.
    """
    from zkcompliance.attest import verdicts
    from zkcompliance.attest.keys import EVERY, PublicKey
    from zkcompliance.attest.stamping import read_reply
    from zkcompliance.outputs import Outputs, kinds
    from zkcompliance.signed import SignedVerdict

    given = [bool(keys), request is not None, reply is not None, url is not None]
    if sum(given) != 1:
        raise UsageError("one of --sign, --request, --reply and --url says what is to be done", help=_HELP)
    if (output is None) == (request is None):
        raise UsageError("-o names the verdict to write, and goes with all but --request", help=_HELP)
    target = output if output is not None else request
    if target is None:
        raise UsageError("no file to write is named", help=_HELP)
    kind = kinds.SIGNED_VERDICT if output is not None else kinds.STAMP_REQUEST
    more = [each for each in (reply, signed_by) if each is not None]
    outputs = Outputs({target: kind}, read=[verdict, *keys, *more])
    data, by = verdicts.read_signed(verdict), None if signed_by is None else PublicKey.load(signed_by, EVERY)
    if keys:
        made = SignedVerdict(data).countersign(*keys).data
    elif request is not None:
        made = verdicts.stamp_request(data, by)
    else:
        answer = read_reply(reply) if reply is not None else verdicts.stamp_asked(data, str(url), by)
        made = verdicts.with_stamp(data, answer)
    outputs.write({target: made})
    fields = {"output": str(target), "sha256": sha256(made).hexdigest()}
    if as_json:
        console.print_json(fields)
        return
    console.print_fields("verdict signed" if keys else "time stamp", fields)
