"""`zkcompliance withdraw VERDICT… --reason TEXT --sign KEY -o LIST`."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import json_option


@click.command("withdraw")
@click.argument("verdicts", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="VERDICT")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in words for whoever was given the verdict.")
@click.option(
    "--sign", "keys", multiple=True, required=True, type=click.Path(path_type=Path), metavar="KEY",
    help="A private key (PEM) by which the verdicts are signed; again for each.",
)  # fmt: skip
@click.option("--earlier", type=click.Path(path_type=Path), metavar="LIST", help="The list so far, to go on with.")
@click.option(
    "--output", "-o", required=True, type=click.Path(path_type=Path), help="The list to write: new, or an earlier one."
)
@json_option
def command(
    verdicts: tuple[Path, ...], reason: str, keys: tuple[Path, ...], earlier: Path | None, output: Path, as_json: bool
) -> None:
    """Take back signed verdicts of yours: a signed LIST, to be given to whoever recognises them (verify --withdrawn).

    A verdict stays withdrawn, so that a list only grows: go on with the newest by --earlier. A verdict of the same
    proof that you sign later is another, and is not on it. A signed streak is withdrawn as a verdict is; one that you
    judged before goes with a verdict on one of its proofs.
    """
    from zkcompliance.attest.signed import Signed
    from zkcompliance.attest.withdrawn import Withdrawn
    from zkcompliance.outputs import Outputs, kinds
    from zkcompliance.signed import withdraw

    read = [*verdicts, *keys] + ([earlier] if earlier is not None and earlier != output else [])
    outputs = Outputs({output: kinds.WITHDRAWN}, read=read)
    made = withdraw(verdicts, reason=reason, key=keys, earlier=earlier)
    outputs.write({output: made.data})
    named = Withdrawn.decode(Signed.decode(made.data).payload).verdicts
    fields = {"output": str(output), "verdicts": str(len(named)), "sha256": sha256(made.data).hexdigest()}
    if as_json:
        console.print_json(fields | {"withdrawn": {digest.hex(): each.reason for digest, each in named.items()}})
        return
    console.print_fields("list of withdrawn verdicts", fields)
