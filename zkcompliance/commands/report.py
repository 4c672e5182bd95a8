"""`zkcompliance report FILE -o OUT.html`."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from zkcompliance.commands import console
from zkcompliance.commands.deciding import decide_or_say, deciding_options, leave
from zkcompliance.commands.options import json_option
from zkcompliance.outputs import Outputs, kinds


@click.command("report")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path), help="The page to write.")
@deciding_options
@json_option
def command(file: Path, output: Path, as_json: bool, **asked: Any) -> int:
    """Verify a proof FILE as `verify` does, and write the verdict as one self-contained HTML page.

    The page is written whatever the verdict is, and says it, also where nothing could be judged and why; the exit
    status is that of `verify`. Only a command line that cannot be read, or a place that is not free, leaves no page.
    """
    from zkcompliance import report
    from zkcompliance.decide import Request
    from zkcompliance.report import words
    from zkcompliance.report.json_document import document

    request = Request(**asked)
    outputs = Outputs({output: kinds.PAGE}, read=[file, *request.reads()], closed=request.model())
    verdict = decide_or_say(file, asked)
    page = report.write(verdict, "html").encode()
    outputs.write({output: page})
    if as_json:
        whole = document(verdict)
        said = {name: whole[name] for name in ("outcome", "accepted", "error")}
        console.print_json({**said, "output": str(output), "sha256": sha256(page).hexdigest()})
    else:
        console.print_fields(words.sentence(verdict), {"page": str(output), "sha256": sha256(page).hexdigest()})
    return leave(verdict)
