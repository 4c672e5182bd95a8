"""`zkcompliance policies [POLICY]`, `policies needs POLICY`, `policies new -o FILE`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zkcompliance.commands.console import print_json, print_table, print_text
from zkcompliance.commands.options import claim_file_option, complete_policies, json_option

if TYPE_CHECKING:
    from zkcompliance.policy.model import Policy


@click.command("policies")
@click.argument("words", metavar="[POLICY | needs POLICY | new]", nargs=-1, shell_complete=complete_policies)
@click.option("--source", is_flag=True, help="Print the policy's file as it is: a beginning for your own.")
@click.option(
    "--oscal", type=click.Choice(["catalog", "profile"]),
    help="Print it as an OSCAL catalog of its requirements, or as the profile that asks for them.",
)  # fmt: skip
@click.option("--output", "-o", type=click.Path(path_type=Path), help="With `new`: where to write the policy file.")
@click.option(
    "--answers",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="With `new`: a TOML file of answers; asks nothing.",
)
@click.option(
    "--answer", "given", multiple=True, metavar="KEY=VALUE", help="With `new`: one answer, such as id=my-policy."
)
@click.option("--promptly", metavar="POLICY", help="With `new`: this policy, and that rows were sealed promptly.")
@click.option(
    "--dated-by", multiple=True, metavar="NAME=KEY.pub",
    help="With --promptly: who dates checkpoints, by a cosigner's key, or ROOT.pem:OID.",
)  # fmt: skip
@click.option("--quorum", type=click.IntRange(1), help="With --promptly: how many of them it takes; default all.")
@click.option("--within", metavar="TIME", help="With --promptly: how soon rows are sealed; default 7 days.")
@claim_file_option
@json_option
def command(
    words: tuple[str, ...],
    source: bool,
    oscal: str | None,
    output: Path | None,
    answers: Path | None,
    given: tuple[str, ...],
    promptly: str | None,
    dated_by: tuple[str, ...],
    quorum: int | None,
    within: str | None,
    claim_files: tuple[str, ...],
    as_json: bool,
) -> None:
    """List the ready-made policies, or show what one asks: its name, NAME@VERSION, or a .toml file.

    `needs POLICY` lists what a lab has to log for it: schemas, columns, the formats that fill them, how often. `new`
    writes a first policy file of your own from questions, or with --promptly one that asks what POLICY asks, and that
    rows were sealed soon after their moment and not before it, as those whom you name and a public beacon date them.
    """
    if promptly is None and (dated_by or quorum is not None or within is not None):
        raise click.UsageError("--dated-by, --quorum and --within go with --promptly")
    if words[:1] == ("new",):
        if len(words) > 1 or source or oscal or output is None:
            raise click.UsageError("`policies new` takes -o FILE, --answers, --answer, --promptly and --claim-file")
        if promptly is not None:
            if answers is not None or given:
                raise click.UsageError(
                    "--promptly adds to a policy that is there: --answers and --answer make a new one"
                )
            from zkcompliance.commands import policy_promptly

            policy_promptly.run(output, promptly, dated_by, quorum, within or "7 days", claim_files)
        else:
            from zkcompliance.commands import policy_new

            policy_new.run(output, answers, given, claim_files)
        _one(str(output), source, None, claim_files, as_json)
        return
    if output is not None or answers is not None or given or promptly is not None:
        raise click.UsageError("-o, --answers, --answer and --promptly go with `policies new`")
    if words[:1] == ("needs",):
        if len(words) != 2 or source or oscal:
            raise click.UsageError("`policies needs` takes one policy: its name, NAME@VERSION, or a .toml file")
        from zkcompliance.commands import policy_needs

        policy_needs.show(words[1], claim_files, as_json)
        return
    if len(words) > 1:
        raise click.UsageError(f"one policy is shown at a time, and these are {len(words)}")
    if oscal and (source or as_json):
        raise click.UsageError("--oscal, --source and --json are three forms of a policy: one is printed at a time")
    _one(words[0] if words else None, source, oscal, claim_files, as_json)


def _one(name: str | None, source: bool, oscal: str | None, claim_files: tuple[str, ...], as_json: bool) -> None:
    from zkcompliance.policy import catalogue

    if name is None:
        if source or oscal or claim_files:
            raise click.UsageError("--source, --oscal and --claim-file go with the name of a policy")
        _list(as_json)
        return
    policy = catalogue.load(name, claim_files)
    if source:
        click.echo(policy.text.decode(), nl=False)
        return
    if oscal:
        from zkcompliance.report import oscal_catalog

        click.echo(oscal_catalog.write(policy, oscal), nl=False)
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
    from zkcompliance.report.words import in_force

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
            p.label, p.title, f"{in_force(p.valid_from, p.valid_until)}{'' if valid else ', not now'}",
            "-" if p.checked is None else words.day(p.checked), ", ".join(p.logs),
        )
        for p, valid in zip(found, standing, strict=True)
    ]  # fmt: skip
    print_table("", ("policy", "asks", "in force", "checked", "logs"), rows)
