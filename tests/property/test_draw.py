"""The draw: as likely to find what is there as a sample without repetition is, and nobody's choice."""

from __future__ import annotations

import hashlib
import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkcompliance import limits
from zkcompliance.errors import LimitExceeded
from zkcompliance.openings.draw import draw, holding

SEEDS = 10_000


def seed(number: int) -> bytes:
    return hashlib.sha256(b"draws of the tests" + number.to_bytes(4, "little")).digest()


def missed(total: int, bad: int, drawn: int) -> float:
    """Hypergeometric: that none of the bad is among those that are drawn."""
    return math.comb(total - bad, drawn) / math.comb(total, drawn)


def test_one_in_a_hundred_is_found_as_often_as_it_must_be() -> None:
    """300 of 1,000 rows, 10 of them doctored, over 10,000 seeds: within 4 σ; and each row is drawn as often."""
    total, drawn = 1000, 300
    found, counts = 0, Counter[int]()
    for number in range(SEEDS):
        names = draw(seed(number), total, drawn)
        found += names[0] < 10
        if number < 1000:
            counts.update(names)
    expected = 1 - missed(total, 10, drawn)
    assert abs(found - SEEDS * expected) <= 4 * math.sqrt(SEEDS * expected * (1 - expected))
    share = drawn / total
    sigma = math.sqrt(1000 * share * (1 - share))
    assert all(abs(counts[row] - 1000 * share) <= 5.5 * sigma for row in range(total))


def test_a_large_log_is_found_out_with_ninety_five_in_a_hundred() -> None:
    """The figure of the pages: 300 rows find 1 % of doctored ones in 95 of 100 draws, however long the log."""
    assert 1 - missed(10**7, 10**5, 300) == pytest.approx(0.951, abs=0.001)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**124), st.integers(0, 40))
def test_it_is_a_set_of_what_is_there(seed: bytes, below: int, count: int) -> None:
    names = draw(seed, below, count)
    assert names == sorted(set(names)) == draw(seed, below, count) and len(names) == min(below, count)
    assert all(0 <= name < below for name in names)


@given(st.lists(st.integers(0, 9), max_size=12), st.data())
def test_units_are_held_by_the_rows_that_have_them(flop: list[int], data: st.DataObject) -> None:
    """Against the plain way: a list with each row's number, as often as it has FLOP."""
    before = [sum(flop[:number]) for number in range(len(flop) + 1)]
    plain = [number for number, weight in enumerate(flop) for _ in range(weight)]
    units = data.draw(st.lists(st.integers(0, before[-1] - 1), unique=True)) if plain else []
    assert holding(units, before) == sorted({plain[unit] for unit in units})


def test_a_draw_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_DRAWS", 5)
    assert draw(bytes(32), 4, 0) == []
    with pytest.raises(LimitExceeded):
        draw(bytes(32), 2**64, 6)


def test_known_draws() -> None:
    """Frozen: what was drawn once is drawn for ever."""
    assert draw(bytes(32), 1000, 8) == KNOWN
    assert draw(bytes(32), 3, 300) == [0, 1, 2] and draw(bytes(32), 0, 300) == []


KNOWN = [200, 369, 405, 407, 621, 680, 703, 874]
