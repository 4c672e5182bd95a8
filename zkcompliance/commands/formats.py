"""`zkcompliance formats`."""

from __future__ import annotations

import click

from zkcompliance.commands.console import print_json, print_table
from zkcompliance.commands.options import json_option


@click.command("formats")
@json_option
def command(as_json: bool) -> None:
    """List the input formats of `seal`, with the formula that each uses and its options."""
    from zkcompliance.importers import FORMATS

    if as_json:
        print_json(
            {
                "formats": [
                    {
                        "name": i.name,
                        "title": i.title,
                        "formula": i.formula,
                        "schemas": list(i.schemas),
                        "options": dict(i.options),
                    }
                    for i in FORMATS.values()
                ]
            }
        )
        return
    rows = [
        (
            i.name,
            i.title,
            ", ".join(i.schemas) or "any",
            i.formula,
            "\n".join(f"{n}: {d}" for n, d in i.options.items()),
        )
        for i in FORMATS.values()
    ]
    print_table("", ("format", "reads", "schema", "formula", "options (--set)"), rows)
