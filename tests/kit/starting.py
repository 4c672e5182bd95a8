"""Starts a command line as a user does: not isolated, so that it has to see to that itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

LONG = pytest.mark.long
# What both programs do by the same code is tried with one of them at every commit, and with the other now and then.
MOSTLY_INSTALLED = pytest.mark.parametrize("verify", ["installed", pytest.param("one file", marks=LONG)], indirect=True)
MOSTLY_ONE_FILE = pytest.mark.parametrize("verify", [pytest.param("installed", marks=LONG), "one file"], indirect=True)


def seldom(*values: object) -> list[Any]:
    """Values of a parameter that are tried with -m long."""
    return [pytest.param(value, marks=LONG) for value in values]


ROOT = Path(__file__).parents[2]
CLEAN = {"PATH": "/usr/bin:/bin"}


@dataclass(frozen=True)
class Started:
    """A program and what it is always given."""

    words: tuple[str, ...]

    def run(self, *arguments: object, env: Mapping[str, str] | None = None, **options: Any) -> Any:
        """The process after its end; output as bytes. env: beside a PATH."""
        options = {"capture_output": True, "timeout": 120, "stdin": subprocess.DEVNULL, **options}
        return subprocess.run(
            [*self.words, *map(str, arguments)], env={**CLEAN, **(env or {})}, check=False, **options
        )  # fmt: skip

    def start(self, *arguments: object, **options: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*self.words, *map(str, arguments)], env=CLEAN, **options)


def installed(*words: str) -> Started:
    """The script that an installer writes, but for its name."""
    script = "import sys; from zkcompliance.commands.main import main; sys.exit(main())"
    return Started((sys.executable, "-c", script, *words))


def one_file(pyz: Path) -> Started:
    return Started((sys.executable, str(pyz)))
