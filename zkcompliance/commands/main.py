"""`zkcompliance VERB`: verbs are imported when they are run, errors become one line, a help line and an exit status."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from zkcompliance.errors import InternalError, UsageError, ZkComplianceError

VERBS = {
    "demo": "the whole story on a real log: seal, prove, verify, then tampered cases, each refused",
    "keygen": "make an Ed25519 signing key for a log",
    "seal": "import rows, append them to a log as a committed segment, sign a new checkpoint",
    "check": "does a claim hold? in plain text, locally, without a proof",
    "prove": "prove a claim, or all that a policy asks, over sealed logs in zero knowledge",
    "verify": "verify a proof against a policy, or against a claim, its parameters and the log's key",
    "report": "verify, and write the verdict as one page that can be filed",
    "refresh": "go on with a log's rows under fresh secrets, with proofs that they are the same",
    "compact": "go on with a log's rows in fewer segments, with proofs that they are the same",
    "log": "retire a log folder whose rows went on elsewhere, or mark one put back from a backup",
    "explain": "a claim, a policy, a proof file or an error code, in words",
    "fsck": "check a log folder",
    "evidence": "check evidence of a forked or rolled-back log, and say what it shows",
    "claims": "list the claims there are",
    "policies": "list the ready-made policies, or show what one asks",
    "schemas": "list the log schemas, or show one",
    "formats": "list the input formats, with the formula of each",
}


class VerbGroup(click.Group):
    """A group whose commands are `zkcompliance.commands.<verb>.command`, imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(f"zkcompliance.commands.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise InternalError(f"verb {cmd_name} has no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs from the table above, without importing any."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> NoReturn:
        """Run, and leave with the exit status; every error ends as `error[code]: …` and a `help:` line on stderr."""
        arguments = list(sys.argv[1:] if args is None else args)
        options["standalone_mode"] = False
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # a letter that the terminal lacks changes no verdict
        try:
            status = super().main(arguments, *rest, **options)
            sys.stdout.flush()
        except ZkComplianceError as error:
            status = _report(error, arguments)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            status = UsageError.exit_status
        except click.ClickException as error:
            context = getattr(error, "ctx", None)
            help_line = f"{context.command_path} --help" if context else "zkcompliance --help"
            status = _report(UsageError(error.format_message(), help=help_line), arguments)
        except (click.Abort, KeyboardInterrupt):
            click.echo("interrupted", err=True)
            status = 130
        except BrokenPipeError:
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = 141
        except Exception as error:
            status = _report(InternalError.of(error), arguments)
        sys.exit(status if isinstance(status, int) else 0)


def _report(error: ZkComplianceError, arguments: list[str]) -> int:
    from zkcompliance.commands.console import print_json, report_error

    if "--json" in arguments:
        print_json({"error": {"code": error.code, "message": error.message, "help": error.help}})
    return report_error(error)


@click.group(cls=VerbGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zkcompliance")
def cli() -> None:
    """Seal AI training logs, prove claims over them in zero knowledge, and verify the proofs.

    Exit status: 0 accepted or holds; 1 rejected or does not hold; 2 usage or malformed input; 3 evidence of a forked
    log; 4 nothing to decide it by; 70 internal error.
    """


def main() -> NoReturn:
    """The entry point of the `zkcompliance` script."""
    cli.main(prog_name="zkcompliance")
