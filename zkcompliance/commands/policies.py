"""`zkcompliance policies [POLICY]`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from zkcompliance.commands.console import print_json, print_table, print_text
from zkcompliance.commands.options import claim_file_option, complete_policies, json_option

if TYPE_CHECKING:
    from zkcompliance.policy.model import Policy


@click.command("policies")
@click.argument("name", metavar="[POLICY]", required=False, shell_complete=complete_policies)
@click.option("--source", is_flag=True, help="Print the policy's file as it is: a beginning for your own.")
@claim_file_option
@json_option
def command(name: str | None, source: bool, claim_files: tuple[str, ...], as_json: bool) -> None:
    """List the ready-made policies, or show what one asks: its name, NAME@VERSION, or a .toml file."""
    from zkcompliance.policy import catalogue

    if name is None:
        if source or claim_files:
            raise click.UsageError("--source and --claim-file go with the name of a policy")
        _list(as_json)
        return
    policy = catalogue.load(name, claim_files)
    if source:
        click.echo(policy.text.decode(), nl=False)
        return
    show(policy, as_json)


def show(policy: Policy, as_json: bool) -> None:
    """What a policy asks, in words; also what `explain` prints of it."""
    from zkcompliance.policy import catalogue
    from zkcompliance.report import policy as words

    said = words.describe(policy)
    error = catalogue.refusal(policy, int(time.time()))
    if as_json:
        print_json({**said, "in_force": error is None})
        return
    print_text("\n".join(words.lines(said)))
    if error is not None:
        print_text(f"\nNOT IN FORCE now: {error.message}")


def _list(as_json: bool) -> None:
    from zkcompliance.policy import catalogue
    from zkcompliance.report import policy as words

    found = [catalogue.load(name) for name in catalogue.names()]
    now = int(time.time())
    standing = [catalogue.refusal(policy, now) is None for policy in found]
    if as_json:
        given = [
            {
                "policy": p.label, "title": p.title, "jurisdiction": p.jurisdiction, "sha256": p.digest.hex(),
                "valid_from": words.day(p.valid_from), "valid_until": words.day(p.valid_until), "in_force": valid,
                "checked": None if p.checked is None else words.day(p.checked),
                "requirements": [each.name for each in p.requirements], "logs": list(p.logs),
            }
            for p, valid in zip(found, standing, strict=True)
        ]  # fmt: skip
        print_json({"policies": given})
        return
    rows = [
        (
            p.label, p.title, f"{words.day(p.valid_from)} to {words.day(p.valid_until)}{'' if valid else ', not now'}",
            "-" if p.checked is None else words.day(p.checked), ", ".join(p.logs),
        )
        for p, valid in zip(found, standing, strict=True)
    ]  # fmt: skip
    print_table("", ("policy", "asks", "in force", "checked", "logs"), rows)
