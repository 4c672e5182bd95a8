"""Drawing by rich, the same for every verb and verdict: fits the terminal; elsewhere whole lines and no colour.

However narrow a terminal is, nothing is left out and no name begins a line: what does not fit continues behind spaces,
and columns that have no room stand one below the other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING

from zkcompliance.edge.shown import cells, columns, folded, one_line

if TYPE_CHECKING:
    from rich.console import Console

PIPE = 160  # columns where there is no terminal
ROOM = 20  # columns that a value needs beside its name
LEAST = 12  # columns of the narrowest terminal that is drawn for

Fact = tuple[str, str, str]  # name, value, style of the value


@contextlib.contextmanager
def drawing(file: IO[str], width: int | None = None) -> Iterator[Console]:
    """A console whose lines reach the file at the end, without the spaces that fill them up.

    width: columns, else the terminal's.
    """
    from rich.console import Console

    width = max(LEAST, width or columns(file) or PIPE)
    console = Console(file=file, width=width, height=100, highlight=False, emoji=False, markup=False)
    with console.capture() as drawn:
        yield console
    for line in drawn.get().split("\n")[:-1]:
        file.write(f"{line.rstrip()}\n")
    file.flush()


def hanging(console: Console, text: str, style: str = "", *, lead: str = "", word: tuple[str, str] = ("", "")) -> None:
    """One line, which continues behind two spaces more than `lead` begins with.

    word: a word, a colon and a space that stand before the text, and the style of the word.
    """
    from rich.text import Text

    first, said = word
    indent = len(lead) - len(lead.lstrip(" ")) + 2
    for number, line in enumerate(folded(f"{lead}{first}{one_line(text)}", console.width, indent)):
        shown = Text(line)
        begins = len(lead) + len(first) if number == 0 else 0
        shown.stylize(said, len(lead), max(len(lead), begins - 2))  # without the colon and the space
        shown.stylize(style, begins)
        console.print(shown, soft_wrap=True)


def facts(console: Console, pairs: Sequence[Fact], name_width: int, name_style: str = "dim") -> None:
    """Names and values: side by side, and where a name or a value has no room for that, one below the other."""
    for name, value, style in pairs:
        if cells(name) > name_width or console.width < name_width + ROOM + 4:
            if name:
                hanging(console, name, name_style, lead="  ")
            hanging(console, value, style, lead="    ")
        else:
            _beside(console, name.ljust(name_width + len(name) - cells(name)), value, style, name_style)


def _beside(console: Console, name: str, value: str, style: str, name_style: str) -> None:
    from rich.text import Text

    indent = 2 + cells(name) + 1
    for number, line in enumerate(folded(one_line(value), console.width - indent, 0)):
        shown = Text("  ")
        shown.append(one_line(name) if number == 0 else " " * cells(name), style=name_style)
        console.print(shown.append(" ").append(line, style=style), soft_wrap=True)
