"""The segments of a log that a proof is about: all of them, or a range where the claim's slot takes one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from zkcompliance.log import merkle
from zkcompliance.log.store import SealedLog, Segment
from zkcompliance.stark.statement import OPEN, StatementLog

Brackets = Mapping[str, Sequence[tuple[int, int]]]  # by origin, of each segment that is proved over, if any is not open


@dataclass(frozen=True)
class Part:
    """The segments first … last of a log (0 ≤ first ≤ last < its size)."""

    log: SealedLog
    first: int
    last: int

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        return self.log.segments[self.first : self.last + 1]

    def same_as(self, other: Part) -> bool:
        """Whether both are the same segments of one checkpoint."""
        mine, theirs = self.log.checkpoint_body, other.log.checkpoint_body
        return (mine, self.first, self.last) == (theirs, other.first, other.last)

    def stated(self, brackets: Brackets) -> StatementLog:
        """As the statement names it."""
        everything = [segment.entry.encode() for segment in self.log.segments]
        hashes = merkle.range_proof(self.first, self.last, everything)
        entries = tuple(segment.entry for segment in self.segments)
        said = tuple(brackets.get(self.log.origin, ()))
        return StatementLog(self.log.checkpoint_body.encode(), entries, self.first, tuple(hashes), said)


def of_slot(parts: Iterable[Part], brackets: Brackets) -> list[tuple[int, int]]:
    """The brackets of all segments of these logs, in their order."""
    return [pair for part in parts for pair in brackets.get(part.log.origin, (OPEN,) * len(part.segments))]


def part_of(log: SealedLog | Part) -> Part:
    """All of a log that has at least one segment; a part as it is."""
    return log if isinstance(log, Part) else Part(log, 0, max(0, len(log.segments) - 1))


def in_statement_order(parts: Iterable[Part]) -> list[Part]:
    """In ascending order of their origins, compared as bytes."""
    return sorted(parts, key=lambda part: part.log.origin.encode())
