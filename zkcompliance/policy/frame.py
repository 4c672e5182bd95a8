"""The frame of a policy bundle: where each proof and each lineage lies. None of them is read here.

A policy bundle is several proof files in one (docs/spec/policy.md).

    "zkcd" ‖ u16(2) ‖ u16 count (1 … 64) ‖ count × (u32 length ‖ bundle bytes)
    ‖ u8 lineages ‖ lineages × (u32 length ‖ lineage bytes)
"""

from __future__ import annotations

from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.edge.steady import Source, Span
from zkcompliance.errors import MalformedBundle
from zkcompliance.verify.codec import at_most, u16

MAGIC = b"zkcd"
_HEAD = MAGIC + u16(2)


@dataclass(frozen=True)
class Frame:
    """Where the proofs lie, at least one, and where the lineages."""

    proofs: tuple[Span, ...]
    lineages: tuple[Span, ...]


def framed(source: Source) -> bool:
    """Whether it begins as a policy bundle does."""
    return source.read(0, len(MAGIC)) == MAGIC


def frame_of(source: Source) -> Frame:
    """MalformedBundle or LimitExceeded; every stretch is in the file, and all of the file is in one."""
    at_most(source.size, limits.MAX_POLICY_BUNDLE_BYTES, "policy bundle")
    cursor = _Cursor(source)
    if cursor.take(len(_HEAD)).read() != _HEAD:
        raise cursor.fail("a policy bundle expected")
    count = at_most(cursor.number(2), limits.MAX_POLICY_PROOFS, "proofs of a policy bundle")
    if count == 0:
        raise cursor.fail("a policy bundle without proofs")
    proofs = tuple(cursor.take(at_most(cursor.number(4), limits.MAX_BUNDLE_BYTES, "bundle")) for _ in range(count))
    more = at_most(cursor.number(1), limits.MAX_POLICY_LOGS, "lineages")
    lineages = tuple(cursor.take(cursor.number(4)) for _ in range(more))
    if left := cursor.left:
        raise cursor.fail(f"{left} bytes too many")
    return Frame(proofs, lineages)


class _Cursor:
    """Goes over a source from its start; every shortage is a MalformedBundle."""

    def __init__(self, source: Source) -> None:
        self._source, self._at = source, 0

    @property
    def left(self) -> int:
        return self._source.size - self._at

    def fail(self, what: str) -> MalformedBundle:
        return MalformedBundle(f"{what} (before byte {self._at})")

    def take(self, count: int) -> Span:
        """The next `count` bytes, which are there."""
        if count > self.left:
            raise self.fail(f"{count} bytes expected, {self.left} left")
        span = Span(self._source, self._at, count)
        self._at += count
        return span

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size).read(), "little")
