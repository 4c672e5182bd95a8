"""The cells of many records of CSV at once, where each record is one line and nothing about it is odd."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zkcompliance import limits
from zkcompliance.importers.pieces import Piece
from zkcompliance.schemas.spans import Flags, Places, Spans

_COMMA, _QUOTE, _RETURN, _LINE_END = b',"\r\n'


def cells(piece: Piece, names: Sequence[str | None]) -> dict[str, Spans] | None:
    """The cells under each name but None, quotation marks around them left out; None where `csv_records` has to read.

    That is: lines that are empty, too long or of another number of cells; a line end or a quotation mark in a cell; a
    carriage return that ends no line; NUL characters; what is not UTF-8.
    """
    data, starts, ends = piece.data, piece.starts, piece.ends
    text = piece.text
    if (text == 0).any() or not piece.is_utf8() or int((ends - starts).max()) >= limits.MAX_ROW_BYTES:
        return None
    ends_here = ends
    returns = np.flatnonzero(data == _RETURN)
    if len(returns):
        if (data[returns + 1] != _LINE_END).any():
            return None
        ends_here = ends - (data[ends - 1] == _RETURN)
    if (starts == ends_here).any():
        return None
    separators = np.flatnonzero((data == _COMMA) | (data == _LINE_END))
    quotes = np.flatnonzero(data == _QUOTE)
    if len(quotes):
        outside = _outside(piece, quotes, separators)
        if outside is None:
            return None
        separators = separators[outside]
    if len(separators) != len(ends) * len(names):
        return None
    table = separators.reshape(len(ends), len(names))
    if (table[:, -1] != ends).any():
        return None
    found: dict[str, Spans] = {}
    first = starts
    for position, name in enumerate(names):
        last = ends_here if position == len(names) - 1 else table[:, position]
        quoted = data[first] == _QUOTE if len(quotes) else np.zeros(len(first), np.bool_)
        if name is not None:
            found[name] = Spans(data, first + quoted, last - first - 2 * quoted, _text)
        first = table[:, position] + 1
    return found


def _outside(piece: Piece, quotes: Places, separators: Places) -> Flags | None:
    """Which separators lie outside quotation marks; None unless these come in pairs around whole cells of one line."""
    data = piece.data
    if len(quotes) % 2:
        return None
    begins, closes = quotes[::2], quotes[1::2]
    before, behind = data[begins - 1], data[closes + 1]
    first = begins == piece.starts[0]
    if not (first | (before == _COMMA) | (before == _LINE_END)).all():
        return None
    if not ((behind == _COMMA) | (behind == _LINE_END) | (behind == _RETURN)).all():
        return None
    outside = np.searchsorted(quotes, separators) % 2 == 0
    return None if (data[separators[~outside]] == _LINE_END).any() else outside


def _text(raw: bytes) -> object:
    return raw.decode()
