"""Drawing by rich, the same for every verb and verdict: fits the terminal; elsewhere whole lines and no colour."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPE = 160  # columns where there is no terminal


@contextlib.contextmanager
def drawing(file: IO[str], width: int | None = None) -> Iterator[Console]:
    """A console whose lines reach the file at the end, without the spaces that fill them up.

    width: columns, else the terminal's.
    """
    from rich.console import Console

    columns = width or (None if file.isatty() else PIPE)
    console = Console(file=file, width=columns, highlight=False, emoji=False, markup=False)
    with console.capture() as drawn:
        yield console
    for line in drawn.get().split("\n")[:-1]:
        file.write(f"{line.rstrip()}\n")
    file.flush()
