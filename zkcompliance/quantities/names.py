"""Names and other texts that people compare by eye: each is seen as it is, and has one spelling.

Refused: letters that nobody sees (`hidden`), control characters, what moves or joins text, code points that are not
assigned, private or half of a pair, any space but U+0020 between words, and what is not in Unicode's composed form
(NFC): ids are digests of UTF-8, so two spellings of é would be two names that look alike.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right

from zkcompliance.errors import UsageError
from zkcompliance.quantities.hidden import HIDDEN

_FIRST = tuple(first for first, _ in HIDDEN)
_CATEGORIES = {
    "Cc": "a control character", "Cf": "a character that nobody sees", "Cn": "a character that Unicode does not assign",
    "Co": "a private character", "Cs": "half of a surrogate pair", "Zl": "a line separator",
    "Zp": "a paragraph separator", "Zs": "a space other than U+0020",
}  # fmt: skip
_RENAME = "write it without"
_ENDS = f"has a space at its beginning or end: {_RENAME}"
_COMPOSE = "compose it: Python's unicodedata.normalize('NFC', text)"


def fault_of(text: str) -> str:
    """What is wrong with a text as a name, as words behind its place; empty when nothing is.

    The words tell the kind of character and where it stands, never the text. An empty text has no fault here.
    """
    if text.isascii() and text.isprintable():
        return _ENDS if text != text.strip(" ") else ""
    for place, character in enumerate(text, 1):
        if why := hidden(character):
            return f"holds {why} (character {place}, U+{ord(character):04X}): {_RENAME}"
    if text != text.strip():
        return _ENDS
    if not unicodedata.is_normalized("NFC", text):
        return f"is not in Unicode's composed form (NFC): {_COMPOSE}"
    return ""


def check_text(text: str, what: str, most: int) -> str:
    """The text itself; UsageError unless it is a name of 1 … `most` bytes of UTF-8. what: its place, for the error."""
    if not text:
        raise UsageError(f"{what} is empty")
    if len(text) > most:  # before anything walks through it
        raise UsageError(f"{what} is over {most} bytes")
    if why := fault_of(text):
        raise UsageError(f"{what} {why}")
    if len(text.encode()) > most:
        raise UsageError(f"{what} is over {most} bytes")
    return text


def hidden(character: str) -> str:
    """What kind of character it is that no name has; empty: it may stand in one."""
    code = ord(character)
    at = bisect_right(_FIRST, code) - 1
    if at >= 0 and code <= HIDDEN[at][1]:
        return "a character that nobody sees"
    return "" if character == " " else _CATEGORIES.get(unicodedata.category(character), "")
