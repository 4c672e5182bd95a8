"""Texts that are read once each, for whole columns: against a plain dict, whatever their digests are."""

from __future__ import annotations

import random

import numpy as np
import pytest

from zkcompliance.schemas import known, spans
from zkcompliance.schemas.known import Known
from zkcompliance.schemas.spans import MOST_TEXT, PAD, Spans

TEXTS = [b"", b"a", b"b", b"aa", b"a\0", b"run-1", b"run-11", b"12345678", b"123456789", b"x" * 255, b"x" * 256]


def column(texts: list[bytes]) -> Spans:
    lengths = np.array([len(text) for text in texts], np.int64)
    starts = PAD + np.cumsum(lengths) - lengths
    return Spans(spans.buffer(b"".join(texts)), starts, lengths, bytes.decode)


def plain(text: bytes) -> int:
    return int.from_bytes(text[:8], "big") + (len(text) << 64)


def test_each_text_has_its_number_and_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    draw, read, found = random.Random(1), [], Known()

    def reader(text: bytes) -> int:
        read.append(text)
        return plain(text)

    for most in (1 << 16, 4):  # with few that are remembered, texts are read again, and are the same
        monkeypatch.setattr(known, "_MOST", most)
        for _ in range(60):
            few = draw.sample(TEXTS, draw.randint(1, 5))
            texts = [draw.choice(few) for _ in range(draw.randint(0, 20))]
            numbers = found.numbers(column(texts), reader)
            assert numbers is not None
            low, high = numbers
            both = zip(low.tolist(), high.tolist(), strict=True)
            assert [a + (b << 64) for a, b in both] == [plain(text) for text in texts]
        assert (len(read) == len(set(read))) == (most > 4)


def test_what_is_not_taken() -> None:
    found = Known()
    assert found.numbers(column([b"a", b"b"]), lambda text: None if text == b"b" else 1) is None
    assert found.numbers(column([b"a", b"x" * (MOST_TEXT + 1)]), plain) is None
    assert found.numbers(column([b"b"]), plain) is not None  # what was refused is asked again


@pytest.mark.parametrize("digest", [0, 2**64 - 1])
def test_texts_of_one_digest_are_not_taken_for_each_other(digest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    digested = spans.digested

    def same(cells: Spans) -> object:
        made = digested(cells)
        assert made is not None
        return np.full(len(cells), digest, np.uint64), made[1]

    monkeypatch.setattr(spans, "digested", same)
    for one in TEXTS:
        for other in TEXTS:
            found = Known()
            assert (found.numbers(column([one, other]), plain) is not None) == (one == other)
            assert (found.numbers(column([other]), plain) is not None) == (one == other)
