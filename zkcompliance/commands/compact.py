"""`zkcompliance compact OLD --to NEW --key K -o FILE`."""

from __future__ import annotations

from pathlib import Path

import click

from zkcompliance.commands.options import json_option
from zkcompliance.commands.resealing import reseal


@click.command("compact")
@click.argument("old", type=click.Path(path_type=Path), metavar="OLD")
@click.option("--to", "new", type=click.Path(path_type=Path), required=True, help="The new log's folder.")
@click.option("--key", type=click.Path(path_type=Path), required=True, help="The new log's private key file.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The proof file.")
@click.option("--context", default="", help="A text bound into the proof.")
@json_option
def command(old: Path, new: Path, key: Path, output: Path, context: str, as_json: bool) -> None:
    """Seal the rows of log OLD again as one segment (as many as 2^21 rows need), so that proofs stay small.

    The proof shows, in zero knowledge, that both logs have the same rows in the same order (claim
    rows-unchanged-SCHEMA): who trusts OLD's checkpoint can then trust NEW's. It uses the last of OLD's budget that
    `prove` leaves for it.
    """
    reseal(old, new, key, output, context, as_json, merge=True)
