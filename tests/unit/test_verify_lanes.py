"""Many elements in one integer against one at a time, at the ends of what a lane may hold."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

import pytest

from zkcompliance import limits
from zkcompliance.verify.field import Ext, P, mul, total
from zkcompliance.verify.lanes import Lanes, narrow

RNG = random.Random(11)
LARGEST = (1 << 79) - 1  # of a lane
ENDS = [0, 1, P - 1, P, P + 1, 2 * P - 1, (1 << 48) - 1, 1 << 48, (1 << 62) - 1, LARGEST - P, LARGEST]


def in_lanes(values: list[int]) -> int:
    return sum(value << 96 * i for i, value in enumerate(values))


def element() -> Ext:
    a, b, c, d, e, f = (RNG.randrange(P) for _ in range(6))
    return (a, b, c, d, e, f)


def test_a_lane_holds_what_is_added_up() -> None:
    """Every column of a query at one point, and a constant."""
    assert limits.MAX_COLUMNS * (P - 1) ** 2 + P <= LARGEST


def near() -> Iterator[int]:
    """Multiples of p, and what is beside them, where a quotient that is too large or too small would show."""
    for bits in range(31, 80):
        multiple = (RNG.getrandbits(bits) & LARGEST) // P * P
        yield from (max(0, multiple - 1), multiple, min(LARGEST, multiple + 1))


def test_reduced() -> None:
    values = [*ENDS, *near(), *(RNG.getrandbits(79) for _ in range(500))]
    lanes = Lanes(len(values))
    found = lanes.integers(in_lanes(values))
    assert [value % P for value in found] == [value % P for value in values]
    assert max(found) < 1 << 32


@pytest.mark.parametrize("skipped", [0, 4, 8])
@pytest.mark.parametrize("count", [1, 2, 80])
def test_columns(count: int, skipped: int) -> None:
    rows = [[RNG.getrandbits(32) for _ in range(skipped)] + [RNG.randrange(P) for _ in range(5)] for _ in range(count)]
    lanes = Lanes(count)
    data = b"".join(struct.pack(f"<{skipped + 5}I", *row) for row in rows)
    found = lanes.columns(data, skipped)
    assert found == [in_lanes([row[column] for row in rows]) for column in range(skipped, skipped + 5)]
    assert lanes.below_p(found)
    for value in (P, P + 1, (1 << 31) - 1, 1 << 31, (1 << 32) - 1):
        for at in {0, count - 1}:
            assert not lanes.below_p([*found[:2], found[2] | (1 << 32) - 1 << 96 * at, *found[3:]])
            assert not lanes.below_p([found[0], lanes.elements([*[0] * at, value, *[P - 1] * (count - at - 1)])])
    assert lanes.below_p([lanes.ones * (P - 1), 0])


def test_products_added_up() -> None:
    """As many as points there can be, of coefficients as large as they can be."""
    count, most = 3, 200
    top = [(1 << 32) - 1] * 6
    pairs = [([element() for _ in range(count)], [element() for _ in range(count)]) for _ in range(5)]
    lanes = Lanes(count)

    def wide(elements: list[Ext]) -> list[int]:
        return lanes.wide(lanes.elements(part) for part in zip(*elements, strict=True))

    for i in range(count):
        sums = sum(wide(a)[i] * wide(b)[i] for a, b in pairs)
        assert narrow(sums) == total(mul(a[i], b[i]) for a, b in pairs)
    assert narrow(wide(pairs[0][0])[1]) == pairs[0][0][1]
    large = sum(value << 128 * k for k, value in enumerate(top))
    reduced: Ext = ((2**32 - 1) % P,) * 6
    assert narrow(most * large * large * (P - 1)) == tuple(most * (P - 1) * c % P for c in mul(reduced, reduced))
