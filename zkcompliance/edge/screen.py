"""Drawing, the same for every verb and verdict: fits the terminal, by rich; elsewhere whole lines and no colour.

However narrow a terminal is, nothing is left out and no name begins a line: what does not fit continues behind spaces,
and columns that have no room stand one below the other. rich takes long to import, and draws tables: lines without
colour are written without it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING

from zkcompliance.edge.shown import cells, columns, folded, one_line

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PIPE = 160  # columns where there is no terminal
ROOM = 20  # columns that a value needs beside its name
LEAST = 12  # columns of the narrowest terminal that is drawn for

Fact = tuple[str, str, str]  # name, value, style of the value
Span = tuple[str, str]  # a part of a line, and its style


class Screen:
    """What is drawn on, line by line: in colour on a terminal that has it. `width`: columns."""

    def __init__(self, file: IO[str], width: int) -> None:
        self.width, self._file, self._drawn = width, file, ""
        self._console = self._rich() if file.isatty() else None

    def _rich(self) -> Console:
        from rich.console import Console

        return Console(file=self._file, width=self.width, height=100, highlight=False, emoji=False, markup=False)

    def line(self, *spans: Span) -> None:
        """One line, which is not folded."""
        if self._console is None:
            self._drawn += "".join(text for text, _ in spans) + "\n"
            return
        from rich.text import Text

        with self._console.capture() as drawn:
            self._console.print(Text.assemble(*spans), soft_wrap=True)
        self._drawn += drawn.get()

    def draw(self, table: RenderableType) -> None:
        """Something of rich's."""
        console = self._console or self._rich()
        with console.capture() as drawn:
            console.print(table)
        self._drawn += drawn.get()

    def show(self) -> None:
        """Write it all, without the spaces that fill lines up."""
        for line in self._drawn.split("\n")[:-1]:
            self._file.write(f"{line.rstrip()}\n")
        self._file.flush()


@contextlib.contextmanager
def drawing(file: IO[str], width: int | None = None) -> Iterator[Screen]:
    """A screen whose lines reach the file at the end. width: columns, else the terminal's."""
    screen = Screen(file, max(LEAST, width or columns(file) or PIPE))
    yield screen
    screen.show()


def hanging(screen: Screen, text: str, style: str = "", *, lead: str = "", word: tuple[str, str] = ("", "")) -> None:
    """One line, which continues behind two spaces more than `lead` begins with.

    word: a word, a colon and a space that stand before the text, and the style of the word.
    """
    first, said = word
    indent = len(lead) - len(lead.lstrip(" ")) + 2
    for number, line in enumerate(folded(f"{lead}{first}{one_line(text)}", screen.width, indent)):
        if number:
            screen.line((line, style))
            continue
        begins = len(lead) + len(first)
        ends = max(len(lead), begins - 2)  # without the colon and the space
        screen.line(
            (line[: len(lead)], ""), (line[len(lead) : ends], said), (line[ends:begins], ""), (line[begins:], style)
        )


def facts(screen: Screen, pairs: Sequence[Fact], name_width: int, name_style: str = "dim") -> None:
    """Names and values: side by side, and where a name or a value has no room for that, one below the other."""
    for name, value, style in pairs:
        if cells(name) > name_width or screen.width < name_width + ROOM + 4:
            if name:
                hanging(screen, name, name_style, lead="  ")
            hanging(screen, value, style, lead="    ")
        else:
            _beside(screen, name.ljust(name_width + len(name) - cells(name)), value, style, name_style)


def _beside(screen: Screen, name: str, value: str, style: str, name_style: str) -> None:
    indent = 2 + cells(name) + 1
    for number, line in enumerate(folded(one_line(value), screen.width - indent, 0)):
        shown = one_line(name) if number == 0 else " " * cells(name)
        screen.line(("  ", ""), (shown, name_style), (" ", ""), (line, style))
