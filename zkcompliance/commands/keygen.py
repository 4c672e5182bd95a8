"""`zkcompliance keygen ORIGIN -o FILE`."""

from __future__ import annotations

from pathlib import Path

import click

from zkcompliance.commands.console import print_fields, print_json
from zkcompliance.commands.options import json_option


@click.command("keygen")
@click.argument("origin")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The private key file, made 0600.")
@json_option
def command(origin: str, output: Path, as_json: bool) -> None:
    """Make an Ed25519 signing key for the log ORIGIN, a name such as lab.example/compute.

    The private key goes to FILE, the public one (for those who verify) to FILE.pub. Nothing is overwritten.
    """
    from zkcompliance.log import keys

    public = keys.generate(output, origin)
    if as_json:
        print_json(
            {"origin": origin, "private": str(output), "public": str(keys.public_path(output)), "vkey": public.text}
        )
        return
    print_fields(
        f"key of {origin}",
        {
            "private": f"{output} (keep it)",
            "public": f"{keys.public_path(output)} (give it to those who verify)",
            "vkey": public.text,
        },
    )
