"""`zkcompliance archive FILE … -o CASE.zip` and `zkcompliance archive verify CASE.zip`."""

from __future__ import annotations

import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from zkcompliance.commands import console
from zkcompliance.commands.deciding import deciding_options
from zkcompliance.commands.options import json_option
from zkcompliance.quantities import number_of


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
    zkcompliance archive FILE FILE … --joint CAP.toml -o CASE.zip      of several labs under one cap
    zkcompliance archive FILE FILE … --streak --policy P … -o CASE.zip of consecutive periods
    zkcompliance archive verify CASE.zip                               come to the same verdict again
    """


@command.command("make")
@click.argument("files", metavar="FILE …", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path), help="The archive to write.")
@click.option(
    "--joint", type=click.Path(path_type=Path), metavar="CAP.toml",
    help="The joint file of a cap over several labs: FILE is then given once for each lab.",
)  # fmt: skip
@click.option("--streak", is_flag=True, help="FILEs are of consecutive periods, and judged as streak does.")
@click.option(
    "--signed", multiple=True, type=click.Path(path_type=Path), metavar="VERDICT",
    help="A signed verdict on these files, to be kept with them; again for each.",
)  # fmt: skip
@click.option(
    "--signed-key", "signed_keys", multiple=True, type=click.Path(path_type=Path), metavar="PEM",
    help="The public key of whoever signed one; again for each.",
)  # fmt: skip
@deciding_options
@json_option
def make(
    files: tuple[Path, ...],
    output: Path,
    joint: Path | None,
    streak: bool,
    signed: tuple[Path, ...],
    signed_keys: tuple[Path, ...],
    as_json: bool,
    **asked: Any,
) -> int:
    """Verify a proof FILE as `verify` does, and file it with all that the verdict rests on.

    With --joint several labs' FILEs as `verify --joint` does, with --streak those of consecutive periods as `streak`
    does. The archive is made whatever the verdict is, and says it; the exit status is that of the verdict. A model is
    kept by its digests, not its files. What --state remembers is not kept. A signed verdict is kept where it says no
    more than these files give.
    """
    from zkcompliance.archive import judging
    from zkcompliance.archive.case import gather, gather_joint, gather_streak
    from zkcompliance.decide import Request
    from zkcompliance.errors import UsageError
    from zkcompliance.outputs import Outputs, kinds
    from zkcompliance.standalone.build import archive

    if (joint is not None and streak) or (len(files) > 1 and joint is None and not streak):
        raise UsageError(
            "one FILE, or several with either --joint or --streak, make a case", help="zkcompliance archive --help"
        )
    request, clock = Request(**asked), int(time.time())
    more = [each for each in (joint, *signed, *signed_keys) if each is not None]
    outputs = Outputs({output: kinds.ARCHIVE}, read=[*files, *more, *request.reads()], closed=request.model())
    with console.progress() as report:
        if joint is not None:
            case = gather_joint(files, joint, asked, clock=clock)
        elif streak:
            case = gather_streak(files, asked, clock=clock, progress=report)
        else:
            case = gather(files[0], asked, clock=clock, progress=report)
        data, found = judging.make(case.kept_with(signed, signed_keys), archive(), clock=clock, progress=report)
    outputs.write({output: data})
    said = {"archive": str(output), "sha256": sha256(data).hexdigest(), "bytes": len(data)}
    if as_json:
        console.print_json({"outcome": found.outcome, "accepted": found.accepted, **said})
    else:
        console.print_fields(found.sentence, {name: str(each) for name, each in said.items()})
    return 0 if found.error is None else console.report_error(found.error)


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
    from zkcompliance.standalone.build import archive as verifier

    data = read(archive, limits.MAX_ARCHIVE_BYTES)
    with console.progress() as report:
        found = judging.again(data, verifier(), clock=int(time.time()), progress=report)
    judged = found.judged
    own = "the one" if found.same else "of another release, or another program, and not the one"
    said = {
        "archive": f"{found.files} files, each as it was filed", "sha256": sha256(data).hexdigest(),
        "verifier": f"zkcompliance-verify.pyz in it is {own} that this installation makes",
    }  # fmt: skip
    if found.unlike:
        said["texts"] = (
            f"{' and '.join(found.unlike)} differ{'' if len(found.unlike) > 1 else 's'} from what this installation "
            "writes of this verdict, as those of another release may, and what they say was not checked: the verdict "
            "is the line above"
        )
    if found.signed:
        said["signed"] = f"{number_of(found.signed, 'signed verdict')}, by a key in it, on these files"
    if as_json:
        console.print_json({"outcome": judged.outcome, "accepted": judged.accepted, **said})
    else:
        console.print_fields(f"The same verdict: {judged.sentence}", said)
    return 0 if judged.error is None else console.report_error(judged.error)
