"""`zkcompliance streak FILE FILE … --policy P --log-key PUB`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from zkcompliance.commands import console
from zkcompliance.commands.deciding import Signing
from zkcompliance.commands.options import claim_file_option, complete_policies, json_option, subject_option
from zkcompliance.errors import UsageError


@click.command("streak")
@click.argument("files", metavar="FILE …", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--policy", metavar="POLICY", required=True, shell_complete=complete_policies,
    help="What each period's proof must show: a policy with a calendar.",
)  # fmt: skip
@claim_file_option
@click.option(
    "--log-key", "log_keys", multiple=True, metavar="[LOG=]PUB",
    help="The public key file of a log; again for each log that goes by one name.",
)  # fmt: skip
@subject_option
@click.option(
    "--context", "contexts", multiple=True, help="The reference of a proof; one for each FILE, in their order."
)
@click.option(
    "--drawn", multiple=True, metavar="TIME", help="When that reference was drawn; one for each FILE, in their order."
)
@click.option("--trust", type=click.Path(path_type=Path), help="A C2SP tlog-policy: who must have cosigned.")
@click.option(
    "--roll-up", "roll_ups", multiple=True, type=click.Path(path_type=Path),
    help="The roll-up file of a log: shows for which log it stands.",
)  # fmt: skip
@click.option(
    "--lineage", "lineages", multiple=True, metavar="[LOG=]FILE",
    help="A log's lineage: shows that its generations, sealed again, have the same rows.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "html"]), default="text", help="What to print it as."
)
@click.option(
    "--sign", "sign", multiple=True, type=click.Path(path_type=Path), metavar="KEY",
    help="Sign the streak as a verdict with this private key (PEM), as verify --sign does; again for each.",
)  # fmt: skip
@click.option("--verifier", metavar="URI", help="With --sign: who judges, such as https://regulator.example/v1")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path),
    help="The file to write it to instead of printing it: new, or an earlier one of that format. With --sign: the "
    "signed verdict's, besides what is printed.",
)  # fmt: skip
@json_option
def command(
    files: tuple[Path, ...],
    policy: str,
    claim_files: tuple[str, ...],
    log_keys: tuple[str, ...],
    subject: str | None,
    contexts: tuple[str, ...],
    drawn: tuple[str, ...],
    trust: Path | None,
    roll_ups: tuple[Path, ...],
    lineages: tuple[str, ...],
    form: str,
    sign: tuple[Path, ...],
    verifier: str | None,
    output: Path | None,
    as_json: bool,
) -> int:
    """Hold proof FILEs of consecutive periods of a policy's calendar against the policy, and against each other.

    Each is judged as of the time that it states; no period between the first and the last is without a proof, none has
    two, and each log's checkpoint extends the one before. Only a streak that is accepted is signed.

    Exit status 0 accepted, 1 refused, 2 not a proof file, 3 when the files show that a log was forked or rolled back.
    """
    from zkcompliance import streaks
    from zkcompliance.decide import Request
    from zkcompliance.outputs import Outputs, kinds
    from zkcompliance.report import streak_json, streak_page, streak_text

    if as_json and form not in ("text", "json"):
        raise UsageError("--json and --format name two formats", help="zkcompliance streak --help")
    form = "json" if as_json else form
    request = Request(
        policy=policy, claim_files=claim_files, log_keys=log_keys, subject=subject, trust=trust, roll_ups=roll_ups,
        lineages=lineages,
    )  # fmt: skip
    signing = Signing.of(sign, verifier, "vsa", output)
    outputs = None
    if output is not None:
        kind = kinds.SIGNED_VERDICT if signing.keys else kinds.STREAKS[form]
        outputs = Outputs({output: kind}, read=[*files, *sign, *request.reads()], closed=request.model())
    with console.progress() as report:
        found = streaks.judge(files, request, clock=int(time.time()), contexts=contexts, drawn=drawn, progress=report)
    written = {"json": streak_json.write, "html": streak_page.write, "text": streak_text.write}[form](found)
    if outputs is None or output is None or signing.keys:
        click.echo(written, nl=False)
    if outputs is not None and output is not None and not signing.keys:
        outputs.write({output: written.encode(errors="backslashreplace")})
    if outputs is not None and output is not None and signing.keys and found.accepted:
        outputs.write({output: signing.streak(found, output)})
    return 0 if found.first_error is None else console.report_error(found.first_error)
