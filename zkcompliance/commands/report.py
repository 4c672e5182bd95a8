"""`zkcompliance report FILE -o OUT.html`."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from zkcompliance.commands import console
from zkcompliance.commands.deciding import decide, deciding_options, leave
from zkcompliance.commands.options import json_option
from zkcompliance.outputs import Outputs, kinds


@click.command("report")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path), help="The page to write.")
@deciding_options
@json_option
def command(file: Path, output: Path, as_json: bool, **asked: Any) -> int:
    """Verify a proof FILE as `verify` does, and write the verdict as one self-contained HTML page.

    The page is written whatever the verdict is, and says it; the exit status is that of `verify`. A file that cannot be
    judged at all leaves no page.
    """
    from zkcompliance import report
    from zkcompliance.policy.request import Request
    from zkcompliance.report import words

    request = Request(**asked)
    outputs = Outputs({output: kinds.PAGE}, read=[file, *request.reads()], closed=request.model())
    verdict = decide(file, asked)
    page = report.write(verdict, "html").encode()
    outputs.write({output: page})
    if as_json:
        document = {"outcome": words.outcome(verdict), "accepted": verdict.accepted}
        console.print_json({**document, "output": str(output), "sha256": sha256(page).hexdigest()})
    else:
        console.print_fields(words.sentence(verdict), {"page": str(output), "sha256": sha256(page).hexdigest()})
    return leave(verdict)
