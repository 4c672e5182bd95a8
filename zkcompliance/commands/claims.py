"""`zkcompliance claims`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zkcompliance.commands.console import print_json, print_table
from zkcompliance.commands.options import json_option

if TYPE_CHECKING:
    from zkcompliance.card.parameter import Parameter


@click.command("claims")
@json_option
def command(as_json: bool) -> None:
    """List the claims there are, with their parameters; `explain CLAIM` says more."""
    from zkcompliance.claim import catalogue

    found = [catalogue.load(name) for name in catalogue.names()]
    if as_json:
        print_json(
            {
                "claims": [
                    {
                        "id": claim.id, "version": claim.version, "title": claim.title,
                        "digest": claim.program_digest.hex(),
                        "logs": {slot: schema.name for slot, schema in claim.slots.items()},
                        "params": [_param(p) for p in claim.params],
                    }
                    for claim in found
                ]
            }
        )  # fmt: skip
        return
    rows = [
        (f"{claim.id}@{claim.version}", claim.title, ", ".join(p.name for p in claim.params), ", ".join(claim.slots))
        for claim in found
    ]
    print_table("", ("claim", "says", "parameters", "logs"), rows)


def _param(param: Parameter) -> dict[str, object]:
    return {"name": param.name, "kind": param.kind, "required": param.default is None, "doc": param.doc}
