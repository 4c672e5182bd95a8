"""The code blocks of a page of the documentation, and how they are run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
Block = tuple[str, str, str, str]  # language, option (file, exit) or "", its value, text


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order; page: its path from the root of the checkout."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)(?: (\w+)=(\S+))?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shell(language: str, text: str, folder: Path, first: Path | None = None) -> tuple[int, str]:
    """Run a block with this interpreter's commands and this checkout's package: exit status, and what it printed.

    first: a folder of commands that are found before these.
    """
    arguments = [sys.executable, "-c", text] if language == "python" else ["bash", "-euo", "pipefail", "-c", text]
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    path = path if first is None else f"{first}:{path}"
    done = subprocess.run(
        arguments,
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "CHECKOUT": str(ROOT), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=3600,  # against a block that hangs; on a busy machine a sound one takes many minutes
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def lines(text: str) -> list[str]:
    """Its lines, with single spaces."""
    return [" ".join(line.split()) for line in text.strip().split("\n")]


def run_in_order(page: str, folder: Path, first: Path | None = None) -> set[str]:
    """Run every block, as `shell` does; a text block is part of what the block before it printed. The languages that
    occurred.

    JSON is only shown: who asks compares it with what it is of.
    """
    printed = ""
    languages = set()
    for language, option, value, text in blocks(page):
        languages.add(language)
        if language == "text":
            assert set(lines(text)) <= set(lines(printed)), text + printed
        elif language == "json":
            continue
        elif option == "file":
            (folder / value).write_text(text, encoding="utf-8")
        else:
            status, printed = shell(language, text, folder, first)
            assert status == (int(value) if option == "exit" else 0), text + printed
    return languages
