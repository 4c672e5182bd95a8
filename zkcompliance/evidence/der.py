"""DER that is small enough to be held whole: one value after the other, strictly, with lengths in their shortest form.

A value is a tag of one byte and its content. Nothing is decoded that nobody asks for, and nothing is copied twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zkcompliance.errors import MalformedEvidence

BOOLEAN, INTEGER, OCTETS, OID, SEQUENCE, SET = 0x01, 0x02, 0x04, 0x06, 0x30, 0x31
GENERALIZED_TIME = 0x18


def context(number: int, *, constructed: bool = True) -> int:
    """The tag [number] of a context, 0 ≤ number ≤ 30."""
    return (0xA0 if constructed else 0x80) | number


@dataclass(frozen=True, slots=True)
class Value:
    """tag: one byte; content: without tag and length; whole: with them."""

    tag: int
    content: bytes
    whole: bytes

    def inside(self, tag: int, what: str) -> Values:
        """What is in a value of this tag. MalformedEvidence where it has another."""
        if self.tag != tag:
            raise MalformedEvidence(f"{what}: another kind of value is there")
        return Values(self.content, what)

    def bytes(self, tag: int, what: str) -> bytes:
        """The content of a value of this tag. MalformedEvidence where it has another."""
        if self.tag != tag:
            raise MalformedEvidence(f"{what}: another kind of value is there")
        return self.content


class Values:
    """The values of a text of DER, from its start. Every fault is MalformedEvidence and names `what` it is of."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data, self._at, self._what = data, 0, what

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        return self._at == len(self._data)

    @property
    def tag(self) -> int | None:
        """Of the next value; None where nothing is left."""
        return None if self.ended else self._data[self._at]

    def next(self, tag: int | None = None) -> Value:
        """The next value, which has this tag if one is given."""
        start, data = self._at, self._data
        head = data[start : start + 2]
        if len(head) < 2 or head[0] & 0x1F == 0x1F:
            raise MalformedEvidence(f"{self._what}: cut off, or no DER that is read here")
        at, length = start + 2, head[1]
        if length & 0x80:
            width = length & 0x7F
            length = int.from_bytes(data[at : at + width], "big")
            at += width
            if not 1 <= width <= 4 or length < 0x80 or length >> 8 * (width - 1) == 0:
                raise MalformedEvidence(f"{self._what}: a length that is not in its shortest form")
        end = at + length
        if end > len(data):
            raise MalformedEvidence(f"{self._what}: cut off")
        self._at = end
        found = Value(head[0], data[at:end], data[start:end])
        if tag is not None and found.tag != tag:
            raise MalformedEvidence(f"{self._what}: another kind of value is there")
        return found

    def optional(self, tag: int) -> Value | None:
        """The next value if it has this tag."""
        return self.next() if self.tag == tag else None

    def rest(self) -> Iterator[Value]:
        """All that are left."""
        while not self.ended:
            yield self.next()

    def finish(self) -> None:
        """Nothing may be left."""
        if not self.ended:
            raise MalformedEvidence(f"{self._what}: more than belongs there")


def only(data: bytes, tag: int, what: str) -> Values:
    """What is in the one value that a text of DER is."""
    values = Values(data, what)
    found = values.next(tag)
    values.finish()
    return Values(found.content, what)


def dotted(content: bytes, what: str) -> str:
    """An object identifier as `1.2.840.113549`. MalformedEvidence where an arc is not in its shortest form."""
    arcs: list[int] = []
    value, begun = 0, False
    for byte in content:
        if not begun and byte == 0x80:
            raise MalformedEvidence(f"{what}: an object identifier that is not in its shortest form")
        value, begun = value << 7 | byte & 0x7F, True
        if not byte & 0x80:
            arcs.append(value)
            value, begun = 0, False
    if begun or not arcs:
        raise MalformedEvidence(f"{what}: an object identifier that is cut off")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
