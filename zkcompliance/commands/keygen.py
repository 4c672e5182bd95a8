"""`zkcompliance keygen ORIGIN -o FILE`."""

from __future__ import annotations

from pathlib import Path

import click

from zkcompliance.commands.console import print_fields, print_json
from zkcompliance.commands.options import json_option


@click.command("keygen")
@click.argument("origin")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The private key file, made 0600.")
@click.option(
    "--cosigner",
    type=click.Choice(["ed25519", "ml-dsa-44"]),
    help="A key that cosigns checkpoints of other parties' logs, instead of one that signs a log.",
)
@json_option
def command(origin: str, output: Path, cosigner: str | None, as_json: bool) -> None:
    """Make an Ed25519 signing key for the log ORIGIN, a name such as lab.example/compute.

    The private key goes to FILE, the public one (for those who verify) to FILE.pub. Nothing is overwritten.
    """
    from zkcompliance.log import keys, public_keys
    from zkcompliance.outputs import places

    places.outside_logs(output)
    public = keys.generate(output, origin) if cosigner is None else keys.generate_cosigner(output, origin, cosigner)
    if as_json:
        print_json(
            {
                "origin": origin,
                "private": str(output),
                "public": str(public_keys.public_path(output)),
                "vkey": public.text,
            }
        )
        return
    print_fields(
        f"key of {origin}",
        {
            "private": f"{output} (keep it)",
            "public": f"{public_keys.public_path(output)} (give it to those who verify)",
            "vkey": public.text,
        },
    )
