"""The command line, called in the process of the test."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result

from zkcompliance.commands.main import cli


def run(*arguments: object) -> Result:
    """What a command with these arguments, as text, wrote, and its exit status."""
    return CliRunner().invoke(cli, [str(each) for each in arguments], prog_name="zkcompliance")


def ok(*arguments: object) -> dict:
    """The document of a command that has to succeed."""
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)
