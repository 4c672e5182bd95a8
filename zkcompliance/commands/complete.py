"""`zkcompliance complete -- WORD… BEGINNING`: what can follow, for the scripts of `completion`."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete

from zkcompliance.commands.console import clean


@click.command("complete", hidden=True, context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def command(words: tuple[str, ...]) -> None:
    """Print what can stand in place of the last of WORDS: on each line kind, text and help, with tabs between.

    kind: plain; or file, where the shell completes names of files. Nothing of the words is run.
    """
    from zkcompliance.commands.group import cli

    *before, beginning = words or ("",)
    for item in ShellComplete(cli, {}, "zkcompliance", "").get_completions(before, beginning):
        fields = (item.type, item.value, item.help or "")
        click.echo("\t".join(clean(" ".join(str(field).split())) for field in fields))
