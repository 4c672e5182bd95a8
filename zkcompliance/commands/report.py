"""`zkcompliance report FILE -o OUT.html`."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from zkcompliance.commands import console
from zkcompliance.commands.deciding import (
    Signing,
    decide_or_say,
    deciding_options,
    keyring_option,
    leave,
    signing_options,
)
from zkcompliance.commands.options import json_option
from zkcompliance.outputs import Outputs, kinds


@click.command("report")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path), help="The page to write.")
@deciding_options
@keyring_option
@signing_options
@click.option("--verdict", "signed", type=click.Path(path_type=Path), help="With --sign: the signed verdict to write.")
@json_option
def command(
    file: Path,
    output: Path,
    sign: tuple[Path, ...],
    verifier: str | None,
    sign_as: str,
    keyring: Path | None,
    signed: Path | None,
    as_json: bool,
    **asked: Any,
) -> int:
    """Verify a proof FILE as `verify` does, and write the verdict as one self-contained HTML page.

    The page is written whatever the verdict is, and says it, also where nothing could be judged and why; the exit
    status is that of `verify`. Only a command line that cannot be read, or a place that is not free, leaves no page.
    """
    from zkcompliance import report
    from zkcompliance.decide import Request
    from zkcompliance.report import words
    from zkcompliance.report.json_document import document

    request = Request(**asked)
    signing = Signing.of(sign, verifier, sign_as, signed)
    places = {output: kinds.PAGE} | ({signed: kinds.SIGNED_VERDICT} if signed is not None else {})
    outputs = Outputs(
        places, read=[file, *sign, *([] if keyring is None else [keyring]), *request.reads()], closed=request.model()
    )
    verdict = decide_or_say(file, asked, keyring)
    page = report.write(verdict, "html").encode()
    beside = {} if signed is None else {signed: signing.made(verdict, signed)}
    outputs.write({output: page, **beside})
    if as_json:
        whole = document(verdict)
        said = {name: whole[name] for name in ("outcome", "accepted", "error")}
        console.print_json({**said, "output": str(output), "sha256": sha256(page).hexdigest()})
    else:
        console.print_fields(words.sentence(verdict), {"page": str(output), "sha256": sha256(page).hexdigest()})
    return leave(verdict)
