"""The one-file verifier's argument parser: an option is given once, errors are ours, and nothing leaves on its own."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from typing import NoReturn

from zkcompliance.errors import UsageError


class Helped(Exception):
    """The help or the version was asked for, and printed."""


class Parser(argparse.ArgumentParser):
    """Knows no abbreviations. help_line: the remedy of every error."""

    def __init__(self, help_line: str, **options: str) -> None:
        super().__init__(allow_abbrev=False, **options)  # type: ignore[arg-type]
        self._help_line = help_line

    def error(self, message: str) -> NoReturn:
        """An argument that makes no sense is an error like every other."""
        raise UsageError(message, help=self._help_line)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """After the help or the version: errors do not come here."""
        raise Helped(message or "")

    def refuse_repeated(self, options: Iterable[str]) -> None:
        """UsageError where one of these, each NAME or NAME=VALUE, is there twice and holds one value, or is a flag."""
        meant = {text: action for action in self._actions for text in action.option_strings}
        given = Counter(meant[name] for each in options if (name := each.partition("=")[0]) in meant)
        for action, times in given.items():
            if times > 1 and not isinstance(action, argparse._AppendAction):
                name = max(action.option_strings, key=len)
                raise UsageError(f"{name} is given {times} times, and can be given once", help=self._help_line)
