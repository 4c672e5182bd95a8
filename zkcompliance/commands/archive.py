"""`zkcompliance archive FILE … -o CASE.zip` and `zkcompliance archive verify CASE.zip`."""

from __future__ import annotations

import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from zkcompliance.commands import console
from zkcompliance.commands.deciding import deciding_options, leave
from zkcompliance.commands.options import json_option


class _MakeOrVerify(click.Group):
    """What is not the word `verify` is a proof file, of which an archive is made."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["make", *args]
        return super().parse_args(ctx, args)


@click.group("archive", cls=_MakeOrVerify)
def command() -> None:
    """Keep a verdict for years: the proof, all that it was held against, and the verifier of the day, in one zip file.

    \b
    zkcompliance archive FILE --policy P --log-key PUB … -o CASE.zip   verify, and file all of it
    zkcompliance archive verify CASE.zip                               come to the same verdict again
    """


@command.command("make")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path), help="The archive to write.")
@deciding_options
@json_option
def make(file: Path, output: Path, as_json: bool, **asked: Any) -> int:
    """Verify a proof FILE as `verify` does, and file it with all that the verdict rests on.

    The archive is made whatever the verdict is, and says it; the exit status is that of `verify`. A model is kept by
    its digests, not its files. What --state remembers is not kept.
    """
    from zkcompliance.archive import judging
    from zkcompliance.archive.case import gather
    from zkcompliance.decide import Request
    from zkcompliance.outputs import Outputs, kinds
    from zkcompliance.report import words
    from zkcompliance.standalone.build import archive

    request, clock = Request(**asked), int(time.time())
    outputs = Outputs({output: kinds.ARCHIVE}, read=[file, *request.reads()], closed=request.model())
    with console.progress() as report:
        case = gather(file, asked, clock=clock, progress=report)
        data, verdict = judging.make(case, archive(), clock=clock, progress=report)
    outputs.write({output: data})
    said = {"archive": str(output), "sha256": sha256(data).hexdigest(), "bytes": len(data)}
    if as_json:
        console.print_json({"outcome": words.outcome(verdict), "accepted": verdict.accepted, **said})
    else:
        console.print_fields(words.sentence(verdict), {name: str(each) for name, each in said.items()})
    return leave(verdict)


@command.command("verify")
@click.argument("archive", type=click.Path(path_type=Path))
@json_option
def verify(archive: Path, as_json: bool) -> int:
    """Hold every file of an archive against its digest, and its verdict against what its files give today.

    Nothing of the archive is run: this installation judges, as of the time of the archive. The exit status is that of
    the verdict, or that of what is wrong with the archive.
    """
    from zkcompliance import limits
    from zkcompliance.archive import judging
    from zkcompliance.policy.proofs import read
    from zkcompliance.report import words
    from zkcompliance.standalone.build import archive as verifier

    data = read(archive, limits.MAX_ARCHIVE_BYTES)
    with console.progress() as report:
        found = judging.again(data, verifier(), clock=int(time.time()), progress=report)
    verdict = found.verdict
    own = "the one that this installation makes" if found.same else "of another release than this installation"
    said = {
        "archive": f"{found.files} files, each as it was filed", "sha256": sha256(data).hexdigest(),
        "verifier": f"zkcompliance-verify.pyz in it is {own}",
    }  # fmt: skip
    if as_json:
        console.print_json({"outcome": words.outcome(verdict), "accepted": verdict.accepted, **said})
    else:
        console.print_fields(f"The same verdict: {words.sentence(verdict)}", said)
    return leave(verdict)
