"""How text from outside is shown: escaped, quoted for a shell, folded so that no name begins a line.

File names, and whatever a proof, a note or a policy names, are chosen by others. Shown as they are, a name could steer
a terminal, reorder what stands around it, forge a line of its own, or run as a command when a `help:` line is pasted.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from zkcompliance.errors import ZkComplianceError
from zkcompliance.quantities.hidden import HIDDEN as UNSEEN

HIDDEN = "\ufffd"  # in the place of what is not seen
INDENT = 2  # columns before what continues a line
_UNSEEN = frozenset(chr(c) for first, last in UNSEEN for c in range(first, last + 1))
QUOTE = "'"
_PARTS = re.compile(r"""\$'((?:\\.|[^'\\])*)'|'([^']*)'|"([^"]*)"|([^\s'"])""")  # of a word of a shell's command
_WORD = re.compile(r"""(?:\$'(?:\\.|[^'\\])*'|'[^']*'|"[^"]*"|[^\s'"])+""")
_LETTER = re.compile(r"\\[0-7]{3}|\\.|[^\\]")
_COMMANDS = ("zkcompliance", "openssl", "python3", "chmod", "cp", "rm", "cat", "mv", "sacct")


def visible(character: str) -> bool:
    """Whether a character is seen where it stands, and moves nothing: no control, format or unassigned character."""
    return character.isprintable() and character not in _UNSEEN


def one_line(text: str) -> str:
    """Every kind of white space as a space, everything that is not seen as U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if c.isspace() else c if visible(c) else HIDDEN for c in text)


def escaped(text: str) -> str:
    """On one line too, with line ends as `\\n`, so that what was one name is seen to be one."""
    return one_line(text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t"))


def quoted(argument: str | Path, before: str = "") -> str:
    """One argument of a shell's command, whatever is in it; never taken for an option.

    before: what stands in front of it in the same argument, such as `compute=`. What is not seen is written by its
    bytes, in the form $'\\x1b' that bash, zsh, ksh and POSIX.1-2024 read.
    """
    text = str(argument)
    if not before and text.startswith("-") and text != "-":
        text = f"./{text}" if isinstance(argument, Path) else text
    whole = before + text
    if all(visible(c) for c in whole):
        return shlex.quote(whole)
    return "$'" + "".join(_in_quotes(c) for c in whole) + "'"


def _in_quotes(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if visible(character):
        return character
    # Octal, three digits each: a hexadecimal escape may go on into the digits that follow it.
    return "".join(f"\\{byte:03o}" for byte in _bytes(character))


def _bytes(character: str) -> bytes:
    """Of a name's character: a byte that is no UTF-8 is kept by Python as half of a surrogate pair."""
    try:
        return character.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return character.encode("utf-8", "surrogatepass")


def command(*words: str | Path) -> str:
    """A command for a `help:` line: each word quoted, a Path that begins with a dash too."""
    return " ".join(quoted(word) for word in words)


def cells(text: str) -> int:
    """Columns that a text takes on a terminal: two for wide letters, none for marks that join the one before."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def columns(file: IO[str]) -> int | None:
    """Of the terminal that a file is; None where it is none, and lines stay whole."""
    return max(12, _terminal()) if file.isatty() else None


def _terminal() -> int:
    """Columns of the terminal, as shutil finds them, which is imported where there is one."""
    import shutil

    return shutil.get_terminal_size().columns


def folded(text: str, width: int | None, indent: int = INDENT) -> list[str]:
    """One line of text in lines of at most `width` columns, broken at spaces, else where it must be.

    All but the first begin with `indent` spaces, so that nothing in the text begins a line. None: one line.
    """
    if width is None or cells(text) <= width:
        return [text]
    lead = " " * min(indent, width // 2)
    if len(text) - len(text.lstrip(" ")) > len(lead):
        text = lead + text.lstrip(" ")
    lines, line, empty = [], "", True
    for word in _words(text, width - len(lead)):
        if not empty and cells(line) + cells(word.rstrip(" ")) > width:
            lines.append(line.rstrip(" "))
            line, word, empty = lead, word.lstrip(" "), True
        line += word
        empty = empty and not word.strip(" ")
    return [*lines, line.rstrip(" ")]


def _words(text: str, most: int) -> Iterator[str]:
    """Words with the spaces after them; those of more than `most` columns in pieces."""
    word = ""
    for c in text:
        if word and ((word[-1] == " " and c != " ") or cells(word) + cells(c) > most):
            yield word
            word = ""
        word += c
    yield word


def error_lines(error: ZkComplianceError, width: int | None = None) -> str:
    """`error[code]: …` and `help: …`, each on a line of its own, what continues them indented.

    A message of several lines is one only where its class says so (`lines`); in any other a line end was in a name.
    """
    first, *more = error.message.split("\n") if error.lines else [escaped(error.message)]
    out = folded(f"error[{error.code}]: {one_line(first)}", width)
    out += [f"  {part}" for line in more for part in folded(one_line(line), width and width - INDENT)]
    return "\n".join([*out, *_help(one_line(escaped(error.help)), width)])


def _help(text: str, width: int | None) -> list[str]:
    """A command that is folded stays one command where it is pasted, and its remark a remark."""
    line = f"help: {text}"
    if width is None or cells(line) <= width:
        return [line]
    return folded_command(text, width, "help:") or folded(line, width)


def folded_command(text: str, width: int, lead: str) -> list[str]:
    """A command of ours, behind `lead` and a space, in lines that a shell reads as the same words; else nothing.

    A word that no line has room for is quoted piece by piece: what continues it begins with a quote, since a space
    would make two words of one name, and another thing of each.
    """
    said, mark, remark = text.strip(" ").partition("  # ")
    words: list[str] = _WORD.findall(said)
    if said.partition(" ")[0] not in _COMMANDS or " ".join(words) != said:
        return []
    room = width - 2  # for what continues it
    lines, line = [], lead
    for word in words:
        if cells(line) + 1 + cells(word) <= room:
            line += f" {word}"
            continue
        lines.append(f"{line} \\")
        pieces = [word] if INDENT + cells(word) <= room else _pieces(word, room - INDENT)
        *whole, line = [" " * INDENT + pieces[0], *pieces[1:]]
        lines += [f"{piece}\\" for piece in whole]
    told = [f"  # {part.strip()}" for part in folded(remark, width - 4, 0)] if mark else []
    return [*lines, line, *told]


def _pieces(word: str, room: int) -> list[str]:
    """A word of a shell's command as several, each in quotes of its own and of at most `room` columns."""
    pieces: list[str] = []
    piece = inside = ""
    for quote, letter in _letters(word):
        more = letter if quote == inside else f"{piece and QUOTE}{quote}{letter}"
        if piece and cells(piece) + cells(more) >= room:
            pieces.append(piece + QUOTE)
            piece, more = "", quote + letter
        piece, inside = piece + more, quote
    return [*pieces, piece + QUOTE]


def _letters(word: str) -> Iterator[tuple[str, str]]:
    """Each letter of a word as it stands between quotes, and which quote that is."""
    for ansi, single, double, bare in _PARTS.findall(word):
        yield from (("$'", letter) for letter in _LETTER.findall(ansi))
        yield from ((QUOTE, letter) for letter in single + bare)
        yield from ((("$'", "\\'") if letter == QUOTE else (QUOTE, letter)) for letter in double)
