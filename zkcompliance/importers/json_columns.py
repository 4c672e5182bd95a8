"""The members of many lines of JSON at once, where the lines are alike but for their values.

A line is seen as texts that stay the same, such as `{"start": ` and `, "run": "`, with values between them. The first
line that is not accounted for gives a pattern, and all lines of that pattern are compared with it byte for byte. Every
quotation mark begins or ends a text, since no backslash stands before one: so where the texts that stay the same are
found, a line is JSON exactly if each value is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from zkcompliance import limits
from zkcompliance.importers.pieces import Piece
from zkcompliance.schemas.columnar import Mixed
from zkcompliance.schemas.spans import PAD, Flags, Places, Spans, same

_MOST_PATTERNS = 16
_QUOTE, _BACKSLASH, _LINE_END = b'"\\\n'
_STEP = re.compile(rb' *(?P<sign>[{,]) *"(?P<name>[^"]*)" *: *(?:"(?P<text>[^"]*)"|(?P<bare>[^\s,:{}\[\]"]+))')
_END = re.compile(rb" *} *")


class _Value(NamedTuple):
    """A member. before: the bytes from the last value's end to this one's beginning; opened: how many quotation marks
    of its line come before its value, its own first included; bare: as in `Spans`."""

    name: str
    before: bytes
    opened: int
    bare: bool


class _Pattern(NamedTuple):
    values: list[_Value]
    end: bytes  # from the last value's end to the line's


def cells(piece: Piece, known: frozenset[str], value: Callable[[bytes], object]) -> dict[str, Mixed | Spans] | None:
    """The values of each member; None where the lines have to be read one by one.

    known: the names that a member may have; value: what a bare value is, ValueError where it is none that is taken.
    """
    data, starts, ends = piece.data, piece.starts, piece.ends
    text = piece.text
    if int(np.count_nonzero(text < 0x20)) != len(ends) or not piece.is_utf8():
        return None
    if int((ends - starts).max()) >= limits.MAX_ROW_BYTES:
        return None
    escapes = np.flatnonzero(data == _BACKSLASH)
    if len(escapes) and ((data[escapes + 1] == _QUOTE) | (data[escapes + 1] == _BACKSLASH)).any():
        return None
    quotes = np.flatnonzero(data == _QUOTE)
    first = np.searchsorted(quotes, starts)
    counts = np.searchsorted(quotes, ends) - first
    left = np.ones(len(starts), np.bool_)
    parts: dict[str, list[tuple[Places, Spans]]] = {}
    for _ in range(_MOST_PATTERNS):
        if not left.any():
            return {name: _joined(each, len(starts)) for name, each in parts.items()}
        one = int(np.argmax(left))
        pattern = _pattern(data[starts[one] : ends[one]].tobytes(), known)
        if pattern is None:
            return None
        rows = np.flatnonzero(left & (counts == counts[one]))
        found, fits = _matched(piece, pattern, quotes, first, rows, value)
        if not fits[0]:  # the line that gave it
            return None
        for name, spans in found.items():
            parts.setdefault(name, []).append((rows[fits], spans.take(fits)))
        left[rows[fits]] = False
    return None


def _joined(parts: list[tuple[Places, Spans]], rows: int) -> Mixed | Spans:
    """A column's parts, as one where all rows are of one pattern."""
    at, found = parts[0]
    return found if len(parts) == 1 and len(at) == rows else Mixed(parts)


def _pattern(line: bytes, known: frozenset[str]) -> _Pattern | None:
    """What stays the same in lines such as this one; None where it is not a flat object of known members."""
    values: list[_Value] = []
    at = ended = quotes = 0
    while step := _STEP.match(line, at):
        name, bare = step["name"].decode(), step["text"] is None
        again = any(name == value.name for value in values)
        if name not in known or again or (step["sign"] == b"{") != (not values):
            return None
        begin, end = step.span("bare" if bare else "text")
        values.append(_Value(name, line[ended:begin], quotes + (2 if bare else 3), bare))
        quotes += 2 if bare else 4
        at, ended = step.end(), end
    return _Pattern(values, line[ended:]) if values and _END.fullmatch(line, at) else None


def _matched(
    piece: Piece, pattern: _Pattern, quotes: Places, first: Places, rows: Places, value: Callable[[bytes], object]
) -> tuple[dict[str, Spans], Flags]:
    """The values of these lines, which have as many quotation marks as the pattern, and which lines are of it.

    quotes: where they all stand; first: the number of each line's first one.
    """
    data, stops, mine = piece.data, piece.ends[rows], first[rows]
    at = piece.starts[rows]
    fits = np.ones(len(rows), np.bool_)
    found: dict[str, Spans] = {}
    following = [*(each.before for each in pattern.values[1:]), pattern.end]
    for each, after in zip(pattern.values, following, strict=True):
        fits &= _stands(piece, at, each.before, stops)
        begin = at + len(each.before)
        if not each.bare:
            end = quotes[mine + each.opened]
        elif after is pattern.end:
            end = stops - len(after)
        else:
            end = quotes[mine + each.opened] - after.index(b'"')
        fits &= end - begin >= each.bare
        found[each.name] = Spans(data, begin, end - begin, value if each.bare else _text, each.bare)
        at = np.where(fits, end, PAD)
    return found, fits & (at + len(pattern.end) == stops) & _stands(piece, at, pattern.end, stops)


def _stands(piece: Piece, at: Places, text: bytes, stops: Places) -> Flags:
    """Whether the text stands at each place, and its line is long enough for it."""
    room = at + len(text) <= stops
    return room & same(piece.data, np.where(room, at, PAD), text)


def _text(raw: bytes) -> object:
    return json.loads(b'"%b"' % raw) if b"\\" in raw else raw.decode()
