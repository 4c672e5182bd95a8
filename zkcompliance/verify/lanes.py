"""Many elements of F in one integer, 96 bits apart: a sum, or a product with one element, is that of all of them.

A lane stays below 2^79 until it is reduced: 2^14 products of two elements, added up, and one element fit. Elements of
E, one to a lane, are six such integers, u^0 first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct

from zkcompliance.verify.field import NONRESIDUE, Ext, P

_LANE = 96
_BYTES, _WORDS = _LANE // 8, _LANE // 32
_FOLD, _SHIFT, _ESTIMATE = 48, 28, 64
_FOLDED, _RECIPROCAL = pow(2, _FOLD, P), (1 << _ESTIMATE) // P
_WIDE = 128  # bits from one coefficient to the next where products in E are added up
_WIDE_WORDS = 6 * _WIDE // 32
_COEFFICIENT, _LOW = (1 << _WIDE) - 1, (1 << 6 * _WIDE) - 1


class Lanes:
    """Integers of `count` lanes."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._integers = Struct("<" + f"I{_BYTES - 4}x" * count)
        self.ones = self.elements([1] * count)

    def elements(self, values: Sequence[int]) -> int:
        """`count` integers below 2^32."""
        return int.from_bytes(self._integers.pack(*values), "little")

    def integers(self, vector: int) -> tuple[int, ...]:
        """The elements one by one, each below 2^32."""
        return self._integers.unpack(self._reduced(vector))

    def columns(self, rows: bytes, skipped: int) -> list[int]:
        """Of a table of `count` rows of u32 each column but the first `skipped`."""
        words = memoryview(rows).cast("I")  # moved and never read: their bytes keep their order
        width = len(words) // self._count
        lanes = bytearray(_BYTES * self._count)
        spread = memoryview(lanes).cast("I")[::_WORDS]
        result: list[int] = []
        for column in range(skipped, width):
            spread[:] = words[column::width]
            result.append(int.from_bytes(lanes, "little"))
        return result

    def below_p(self, vectors: Iterable[int]) -> bool:
        """Whether all lanes, which are of 32 bits, are elements of F."""
        more, seen = self.ones * ((1 << 32) - P), 0
        for vector in vectors:
            seen |= vector + more
        return not seen & self.ones << 32

    def _reduced(self, vector: int) -> bytes:
        """The same elements, below 2^32: x = h·2^48 + l, then less a multiple of p that is at most one too small."""
        mask = self.ones * ((1 << _FOLD) - 1)
        low = vector & mask
        vector = low + (vector - low >> _FOLD) * _FOLDED  # below 2^63
        quotient = (vector >> _SHIFT & mask) * _RECIPROCAL >> _ESTIMATE - _SHIFT & mask
        return (vector - quotient * P).to_bytes(_BYTES * self._count, "little")

    def wide(self, element: Iterable[int]) -> list[int]:
        """The elements of E one by one, each in one integer, its coefficients WIDE bits apart and below 2^32."""
        spread = bytearray(4 * _WIDE_WORDS * self._count)
        words = memoryview(spread).cast("I")
        for k, vector in enumerate(element):
            words[_WIDE // 32 * k :: _WIDE_WORDS] = memoryview(self._reduced(vector)).cast("I")[::_WORDS]
        size = 4 * _WIDE_WORDS
        return [int.from_bytes(spread[at : at + size], "little") for at in range(0, len(spread), size)]


def narrow(t: int) -> Ext:
    """The element of E whose coefficients, or those of a product of two, stand WIDE bits apart; 31 of them fit in."""
    t = (t & _LOW) + NONRESIDUE * (t >> 6 * _WIDE)
    a, b, c, d, e, f = ((t >> _WIDE * k & _COEFFICIENT) % P for k in range(6))
    return a, b, c, d, e, f
