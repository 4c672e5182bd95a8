"""Lines that are looked at many at a time, taken, or read one by one: each comes once, in order."""

from __future__ import annotations

import io
import random

import pytest

from zkcompliance.importers import pieces
from zkcompliance.importers.pieces import Piece, Pieces


def lines(piece: Piece) -> list[bytes]:
    return [piece.data[a:b].tobytes() + b"\n" for a, b in zip(piece.starts, piece.ends, strict=True)]


@pytest.mark.parametrize("seed", range(40))
def test_each_line_comes_once(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)
    monkeypatch.setattr(pieces, "BATCH_ROWS", draw.choice([1, 2, 7]))
    monkeypatch.setattr(pieces, "_BLOCK", draw.choice([1, 5, 64]))
    written = [b"x" * draw.choice([0, 1, 3, 30]) + b"\n" for _ in range(draw.randrange(30))]
    if written and draw.randrange(2):
        written[-1] = b"the last one"
    source, found = Pieces(io.BytesIO(b"".join(written))), []
    while True:
        piece = source.piece()
        if piece is not None:
            again = source.piece()
            assert again is not None and lines(again) == lines(piece)  # looking takes nothing
        if piece is not None and draw.randrange(2):
            assert len(piece.ends) <= pieces.BATCH_ROWS
            found += lines(piece)
            source.skip(piece)
        elif line := source.readline(100):
            found.append(line if line.endswith(b"\n") else line + b"\n")
        else:
            break
    assert found == [line if line.endswith(b"\n") else line + b"\n" for line in written]


def test_a_line_is_cut_at_the_limit() -> None:
    source = Pieces(io.BytesIO(b"abcdef\nx"))
    assert [source.readline(3), source.readline(3), source.readline(3), source.readline(3)] == [
        b"abc",
        b"def",
        b"\n",
        b"x",
    ]
    assert source.readline(3) == b"" and source.piece() is None


def test_lines_that_are_too_long_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MOST_BYTES", 10)
    monkeypatch.setattr(pieces, "_BLOCK", 4)
    for data, shown in ((b"123456789\n", True), (b"1234567890\n", False), (b"1234\n1234\n", True), (b"1" * 500, False)):
        source = Pieces(io.BytesIO(data))
        assert (source.piece() is not None) == shown, data
        assert b"".join(iter(lambda: source.readline(1000), b"")) == data  # noqa: B023
