"""`zkcompliance verify FILE --policy P` or `verify FILE --claim C --param k=v --log-key PUB`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import (
    complete_claims,
    complete_policies,
    json_option,
    param_option,
    subject_option,
)


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--policy", metavar="POLICY", shell_complete=complete_policies,
    help="What must be proved: a ready-made policy, or a .toml file.",
)  # fmt: skip
@click.option("--claim", metavar="CLAIM", shell_complete=complete_claims, help="The one claim that must be proved.")
@param_option
@click.option("--log-key", "log_keys", multiple=True, metavar="[LOG=]PUB", help="The public key file of a log.")
@subject_option
@click.option("--context", help="The reference or nonce that the proof must be bound to.")
@click.option("--trust", type=click.Path(path_type=Path), help="A C2SP tlog-policy: who must have cosigned.")
@click.option(
    "--state", type=click.Path(path_type=Path), help="A file that remembers the newest checkpoint of each log."
)
@click.option("--at", metavar="TIME", help="Judge as of this time, such as 2026-08-02; now if it is not given.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "oscal", "sarif", "junit"]), default="text",
    help="What to print the verdict as.",
)  # fmt: skip
@json_option
def command(
    file: Path,
    policy: str | None,
    claim: str | None,
    params: tuple[str, ...],
    log_keys: tuple[str, ...],
    subject: str | None,
    context: str | None,
    trust: Path | None,
    state: Path | None,
    at: str | None,
    form: str,
    as_json: bool,
) -> int:
    """Verify a proof FILE against a policy, or against one claim, its parameters and the public key of its log.

    Exit status 0 accepted, 1 rejected or a requirement not met, 2 not a proof file, 3 when --state shows that the log
    was forked or rolled back (the evidence is written to STATE.evidence), 4 when --policy (or --claim) or a --log-key
    is missing: then it only says what the proof shows.
    """
    from zkcompliance import report
    from zkcompliance.policy.file import read_proof
    from zkcompliance.policy.request import Request
    from zkcompliance.report import terminal

    if as_json and form not in ("text", "json"):
        raise click.UsageError(f"--json and --format {form} are two formats")
    asked = Request(policy, claim, params, log_keys, subject, context, trust, state, at)
    began = time.monotonic()
    verdict = asked.decide(read_proof(file), clock=int(time.time()))
    seconds = time.monotonic() - began
    if as_json or form != "text":
        click.echo(report.write(verdict, "json" if as_json else form), nl=False)
    else:
        terminal.show(verdict, sys.stdout, seconds=seconds)
    error = next((each.error for each in verdict.findings if each.error is not None), None)
    return 0 if error is None else console.report_error(error)
