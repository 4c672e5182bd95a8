"""`zkcompliance verify FILE --policy P`, `verify FILE --claim C --param k=v --log-key PUB`, several with `--joint`."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zkcompliance.commands import joined, opened, signed
from zkcompliance.commands.deciding import (
    Signing,
    decide,
    decide_or_say,
    deciding_options,
    keyring_option,
    leave,
    signing_options,
)
from zkcompliance.commands.options import json_option
from zkcompliance.errors import UsageError

if TYPE_CHECKING:
    from zkcompliance.outputs import Outputs


@click.command("verify")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="FILE")
@deciding_options
@keyring_option
@signing_options
@click.option(
    "--joint", type=click.Path(path_type=Path), metavar="CAP.toml",
    help="The joint file of a cap over several labs: FILE is then given once for each lab.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "oscal", "sarif", "junit", "html"]), default="text",
    help="What to print the verdict as.",
)  # fmt: skip
@click.option(
    "--output", "-o", type=click.Path(path_type=Path),
    help="The file to write it to instead of printing it: new, or an earlier one of that format. With --sign: the "
    "signed verdict's, besides what is printed.",
)  # fmt: skip
@click.option(
    "--rows-as", type=click.Choice(["table", "jsonl", "csv"]), default="table",
    help="Of a file of opened rows: what to print or write its rows as.",
)  # fmt: skip
@click.option(
    "--evidence-to", type=click.Path(path_type=Path), help="Of a file of opened rows: a new folder for its evidence."
)
@json_option
def command(
    files: tuple[Path, ...],
    joint: Path | None,
    sign: tuple[Path, ...],
    verifier: str | None,
    sign_as: str,
    keyring: Path | None,
    form: str,
    output: Path | None,
    rows_as: str,
    evidence_to: Path | None,
    as_json: bool,
    **asked: Any,
) -> int:
    """Verify a proof FILE against a policy, or against one claim, its parameters and the public key of its log.

    Of a signed verdict (--sign, countersign) it checks that --attestation-key signed it, and says what it says. Of a
    file of opened rows it checks them against the log's key, and the request that they answer, and prints them, or
    writes them as an importer reads them. With --joint it takes a FILE of each lab, and holds all against the cap.

    Exit status 0 accepted, 1 rejected or a requirement not met, 2 not a proof file, 3 when --state shows that the log
    was forked or rolled back (the evidence is written beside it, as STATE.evidence.…), 4 when --policy (or --claim), a
    --log-key or a --lineage is missing: then it only says what the proof shows.
    """
    from zkcompliance import report
    from zkcompliance.report import refused, terminal

    if joint is not None:
        if output is not None or rows_as != "table" or evidence_to is not None or sign or keyring is not None:
            raise UsageError("--output, --sign, --keyring, --rows-as and --evidence-to do not go with --joint")
        return joined.verify(files, joint, asked, refused.two_formats(form, as_json, "zkcompliance verify --help"))
    if len(files) > 1:
        raise UsageError(
            f"{len(files)} files are given, and one is judged at a time",
            help="zkcompliance verify FILE FILE… --joint CAP.toml  # of several labs under one cap",
        )
    (file,) = files
    if opened.is_opened(file):
        if sign or keyring is not None:
            raise UsageError("--sign and --keyring are of a verdict on a proof, and this is a file of opened rows")
        return opened.verify(file, asked, rows_as, output, evidence_to, as_json or form == "json")
    if signed.is_signed(file):
        if sign or output is not None or form not in ("text", "json"):
            why = "a signed verdict is told as text or JSON, and signed by countersign"
            raise UsageError(f"{why}: --sign, --output and other formats do not go with it")
        return signed.verify(file, asked, as_json or form == "json")
    if rows_as != "table" or evidence_to is not None:
        raise UsageError("--rows-as and --evidence-to are of a file of opened rows", help="zkcompliance open --help")
    form = refused.two_formats(form, as_json, "zkcompliance verify --help")
    signing = Signing.of(sign, verifier, sign_as, output)
    outputs = None if output is None else _outputs(output, form, file, asked, signing, keyring)
    printed = output is None or bool(signing.keys)
    if form != "text":
        verdict = decide_or_say(file, asked, keyring)
        text = report.write(verdict, form)
    else:
        began, said = time.monotonic(), io.StringIO()
        verdict = decide(file, asked, keyring)
        seconds = time.monotonic() - began
        terminal.show(verdict, sys.stdout if printed else said, seconds=seconds)
        text = said.getvalue()
    if printed:
        click.echo(text, nl=False)
    if output is not None and outputs is not None:
        plain = text.encode(errors="backslashreplace")
        outputs.write({output: signing.made(verdict, output) if signing.keys else plain})
    return leave(verdict)


def _outputs(
    output: Path, form: str, file: Path, asked: dict[str, Any], signing: Signing, keyring: Path | None
) -> Outputs:
    from zkcompliance.decide import Request
    from zkcompliance.outputs import Outputs, kinds

    request = Request(**asked)
    kind = kinds.SIGNED_VERDICT if signing.keys else kinds.VERDICTS[form]
    return Outputs(
        {output: kind},
        read=[file, *signing.keys, *([] if keyring is None else [keyring]), *request.reads()],
        closed=request.model(),
    )
