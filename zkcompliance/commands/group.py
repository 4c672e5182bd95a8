"""`zkcompliance VERB`: verbs are imported when they are run, errors become one line, a help line and an exit status."""

from __future__ import annotations

import importlib
import io
import sys
import time
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from zkcompliance import start
from zkcompliance.commands.once import refuse_repeated
from zkcompliance.edge.ending import status_of
from zkcompliance.errors import InternalError, UsageError, ZkComplianceError
from zkcompliance.version import VERSION

VERBS = {
    "demo": "the whole story on a real log: seal, prove, verify, then tampered cases, each refused",
    "keygen": "make an Ed25519 signing key for a log",
    "seal": "import rows, append them to a log as a committed segment, sign a new checkpoint",
    "watch": "seal what is new of files, Prometheus and sacct, on a schedule",
    "check": "does a claim hold? in plain text, locally, without a proof",
    "prove": "prove a claim, or all that a policy asks, over sealed logs in zero knowledge",
    "verify": "verify a proof against a policy, or against a claim, its parameters and the log's key",
    "streak": "hold proofs of consecutive periods against a policy and against each other, no period left out",
    "request": "ask a lab for a proof, or for rows that are drawn by lot, in one signed file",
    "desk": "keep requests, the proofs and verdicts that came of them, and names for keys, in one file",
    "open": "show rows of a log in full: those that are named, or that a request draws",
    "report": "verify, and write the verdict as one page that can be filed",
    "countersign": "sign another's signed verdict too, or have a signature of it dated by an authority",
    "archive": "verify, and file proof, policy, keys, verdict and verifier for years; open such a file again",
    "timestamp": "have an authority (RFC 3161) date a log's newest checkpoint",
    "roll-up": "seal the groups of a log's rows, with proofs that they are, to prove over them alone",
    "refresh": "go on with a log's rows under fresh secrets, with proofs that they are the same",
    "compact": "go on with a log's rows in fewer segments, with proofs that they are the same",
    "hand-over": "hand a log's rows and a share of its budget over, for another party to prove over",
    "receive": "check a log that was handed over, and take it",
    "note": "give a part of an allowance to another lab, in a log that both sign, under a joint cap",
    "cosign": "have a log's checkpoint cosigned by witnesses",
    "witness": "cosign checkpoints of others' logs, over HTTP, each only if it extends what was signed before",
    "log": "retire a log folder whose rows went on elsewhere, or mark one put back from a backup",
    "explain": "a claim, a policy, a proof file or an error code, in words",
    "fsck": "check a log folder",
    "devices": "have GPUs answer a nonce over a log's checkpoint, and keep what they answered",
    "evidence": "check evidence of a forked or rolled-back log, and say what it shows",
    "claims": "list the claims there are",
    "policies": "list the ready-made policies, or show what one asks",
    "schemas": "list the log schemas, or show one",
    "formats": "list the input formats, with the formula of each",
}
FOR_SHELLS = {"completion": "print a script that completes words in bash, zsh or fish"}
HIDDEN = ("complete",)  # asked by those scripts


class VerbGroup(click.Group):
    """A group whose commands are `zkcompliance.commands.<verb>.command`, imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*VERBS, *FOR_SHELLS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in (*VERBS, *FOR_SHELLS, *HIDDEN):
            return None
        command = importlib.import_module(f"zkcompliance.commands.{cmd_name.replace('-', '_')}").command
        if not isinstance(command, click.Command):
            raise InternalError(f"verb {cmd_name} has no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs from the tables above, without importing any."""
        with formatter.section("Verbs"):
            formatter.write_dl([*VERBS.items(), *FOR_SHELLS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb, its arguments looked through for what is given twice."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            refuse_repeated(command, ctx, rest)
        return name, command, rest

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> NoReturn:
        """Run, and leave with the exit status; every error ends as `error[code]: …` and a `help:` line on stderr.

        In place of click's own `main`, which lets the environment ask for a completion and leave with 0, and which
        leaves with 1 when a pipe breaks.
        """
        arguments = list(sys.argv[1:] if args is None else args)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # a letter that the terminal lacks changes no verdict
        name = options.get("prog_name", "zkcompliance")
        sys.exit(status_of(lambda: _run(self, name, arguments), lambda error: _report(error, arguments)))


def _run(group: click.Group, name: str, arguments: list[str]) -> int:
    """What the verb returns; click's own errors as ours, and none of the statuses that click would leave with."""
    try:
        with group.make_context(name, list(arguments)) as context:
            status = group.invoke(context)
    except click.exceptions.Exit as done:  # after --help and --version
        status = done.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        status = UsageError.exit_status
    except click.ClickException as error:
        where = getattr(error, "ctx", None)
        help_line = f"{where.command_path} --help" if where else "zkcompliance --help"
        raise UsageError(error.format_message(), help=help_line) from error
    except click.Abort as error:
        raise KeyboardInterrupt from error
    return status if isinstance(status, int) else 0


def _report(error: ZkComplianceError, arguments: list[str]) -> int:
    from zkcompliance.commands.console import print_json, report_error

    if next((each for each in arguments if not each.startswith("-")), "") == "verify":
        _say(error, arguments)
    elif "--json" in arguments:
        print_json({"error": {"code": error.code, "message": error.message, "help": error.help}})
    return report_error(error)


def _say(error: ZkComplianceError, arguments: list[str]) -> None:
    """The document that `verify` was asked for, where its command line could not be read or it broke."""
    from zkcompliance.report import refused, write

    form = refused.form_of(arguments)
    if form != "text":
        verdict = refused.verdict(error, file=None, at=refused.at_of(arguments), clock=int(time.time()))
        click.echo(write(verdict, form), nl=False)


@click.group(cls=VerbGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION)  # of the code that runs: what is installed beside it may be another
def cli() -> None:
    """Seal AI training logs, prove claims over them in zero knowledge, and verify the proofs.

    Exit status: 0 accepted or holds; 1 rejected or does not hold; 2 usage or malformed input, or an output that cannot
    be written; 3 evidence of a forked log; 4 nothing to decide it by; 70 internal error.
    """


def run() -> NoReturn:
    """The command line, in a process of its own that start.py has settled."""
    start.not_dumpable()
    sys.modules["yaml"] = None  # type: ignore[assignment]  # or numba would take .numba_config.yaml of this folder
    warnings.filterwarnings("ignore", "A Numba config file is found")  # nor is there anything to say of it
    cli.main(prog_name="zkcompliance")
