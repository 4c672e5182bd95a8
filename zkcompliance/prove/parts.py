"""The segments of a log that a proof is about: all of them, or a range where the claim's slot takes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from zkcompliance.log import merkle
from zkcompliance.log.store import SealedLog, Segment
from zkcompliance.stark.statement import StatementLog


@dataclass(frozen=True)
class Part:
    """The segments first … last of a log (0 ≤ first ≤ last < its size)."""

    log: SealedLog
    first: int
    last: int

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        return self.log.segments[self.first : self.last + 1]

    def stated(self, slot: str) -> StatementLog:
        """As the statement names it."""
        everything = [segment.entry.encode() for segment in self.log.segments]
        hashes = merkle.range_proof(self.first, self.last, everything)
        entries = tuple(segment.entry for segment in self.segments)
        return StatementLog(slot, self.log.checkpoint_body.encode(), entries, self.first, tuple(hashes))


def part_of(log: SealedLog | Part) -> Part:
    """All of a log that has at least one segment; a part as it is."""
    return log if isinstance(log, Part) else Part(log, 0, max(0, len(log.segments) - 1))


def parts_of(logs: Mapping[str, SealedLog | Part]) -> dict[str, Part]:
    """By slot."""
    return {slot: part_of(log) for slot, log in logs.items()}
